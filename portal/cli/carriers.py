"""`portal carriers`: what the carriers' adapters know, without a network and without a database.

The JSON that `list`, `detect`, `parse` and `classify` print is read by other programs: its shape is part of the product.
"""

from __future__ import annotations

import base64
import binascii
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from email.utils import format_datetime
from gettext import gettext as _
from pathlib import Path
from typing import Any

import click

from carriers import numbers, wire
from carriers.base import Adapter, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from portal.cli import carriers_classify
from portal.cli.json_lines import json_object, lines, unreadable
from portal.cli.lazy import LazyGroup

Adapters = Callable[[], Mapping[str, Adapter]]
Clock = Callable[[], datetime]


class _Carriers(LazyGroup):
    later = {
        "check": ("portal.cli.carrier_accounts", "check", "Try a carrier's credentials."),
        "accounts": ("portal.cli.carrier_accounts", "accounts", "Accounts of the installation and of shops."),
        "pushes": ("portal.cli.carrier_pushes", "pushes", "Addresses for carriers' pushes."),
        "rekey": ("portal.cli.carrier_accounts", "rekey", "Seal credentials anew with the newest key."),
        "replay": ("portal.cli.carrier_answers", "replay", "Read kept answers again with today's tables."),
        "held": ("portal.cli.carrier_answers", "held", "Answers that wait for a person."),
        "unmapped": ("portal.cli.carrier_answers", "unmapped", "Codes that no table knows."),
    }


def make_group(adapters: Adapters, configured: Callable[[], set[str]], clock: Clock | None = None) -> click.Group:
    """The command group. `adapters` by code; `configured` gives the codes whose credentials are present.

    `clock` (aware UTC) is only read for an answer whose Retry-After is a date and which has no Date header.
    """

    @click.group("carriers", cls=_Carriers)
    def group() -> None:
        """The carriers: which there are, whose a number is, what an answer means; accounts with them."""

    @group.command("list")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    def list_(as_json: bool) -> None:
        """List the carriers."""
        _print_list(list(adapters().values()), configured(), as_json)

    @group.command("detect")
    @click.argument("number")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    def detect(number: str, as_json: bool) -> None:
        """Tell which carriers a tracking number can belong to."""
        _print_detected(number, as_json)

    @group.command("parse")
    @click.argument("code", required=False)
    @click.argument("file", required=False)
    @click.option("--http-status", type=click.IntRange(100, 599), default=200, show_default=True)
    @click.option("--content-type", default="application/json", show_default=True)
    @click.option("--number", help="The tracking number that was asked for.")
    @click.option("--jsonl", metavar="FILE", help="Read many answers, one JSON object a line; - is standard input.")
    def parse(**given: Any) -> None:
        """Read a carrier's answer from FILE and print what it says as JSON."""
        for line in _parsed(adapters(), clock, **given):
            click.echo(json.dumps(line))

    carriers_classify.add_to(group)
    return group


def _print_list(adapters: list[Adapter], configured: set[str], as_json: bool) -> None:
    rows = [_row(adapter, configured) for adapter in adapters]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        state = _("configured") if row["configured"] else _("not configured")
        click.echo(f"{row['code']:<16} {row['name']:<10} {state}")


def _row(adapter: Adapter, configured: set[str]) -> dict[str, Any]:
    info = adapter.info
    return {
        "code": info.code,
        "name": info.name,
        "country": info.country,
        "track": True,
        "batch": info.batch,
        "push": info.push,
        "labels": info.labels,
        "void": info.void,
        "aggregator": info.aggregator,
        "push_proof": info.push_proof.value if info.push else None,
        "subscribes": info.subscribes.value if info.subscribes else None,
        "label_formats": [one.value for one in info.label_formats],
        "label_countries": list(info.label_countries),
        "label_recovery": info.label_recovery.value if info.labels else None,
        "qr": info.qr,
        "calls_per_day": info.calls_per_day,
        "formats": list(dict.fromkeys((*info.formats, *numbers.format_ids(info.code)))),
        "configured": info.code in configured,
    }


def _print_detected(number: str, as_json: bool) -> None:
    found = numbers.detect(number)
    rows = [
        {"carrier": one.carrier, "format": one.format, "checksum_valid": one.checksum_valid, "rank": one.rank}
        for one in found
    ]
    if as_json:
        click.echo(json.dumps({"number": number, "candidates": rows}))
        return
    words = {True: _("check digit right"), False: _("check digit wrong"), None: _("no check digit")}
    for one in found:
        click.echo(f"{one.rank:>2}  {one.carrier:<16} {one.format:<24} {words[one.checksum_valid]}")
    if not found:
        click.echo(_("No known format fits this number."))


def _parsed(
    adapters: Mapping[str, Adapter],
    clock: Clock | None,
    code: str | None,
    file: str | None,
    http_status: int,
    content_type: str,
    number: str | None,
    jsonl: str | None,
) -> Iterator[dict[str, Any]]:
    if jsonl is not None:
        if code is not None:
            raise click.UsageError(_("Give either CODE and FILE, or --jsonl."))
        for line in lines(jsonl):
            yield _from_line(adapters, clock, line)
        return
    if code is None or file is None:
        raise click.UsageError(_("Give a carrier's CODE and a FILE with its answer, or --jsonl."))
    answer = RawAnswer(http_status, content_type, _content(file))
    yield _read(adapters, code, answer, number, push=False)


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise click.ClickException(unreadable(file, error)) from None


def _from_line(adapters: Mapping[str, Adapter], clock: Clock | None, line: bytes) -> dict[str, Any]:
    try:
        asked = json_object(line)
    except ValueError as error:
        return _bad(None, str(error))
    carrier = asked.get("carrier")
    if not isinstance(carrier, str) or not carrier:
        return _bad(None, _("The line names no carrier."))
    try:
        answer = RawAnswer(_status(asked), _words(asked, "content_type"), _body(asked), _headers(asked, clock))
        number, push = _words(asked, "number") or None, _is_push(asked)
    except ValueError as error:
        return _bad(carrier, str(error))
    return _read(adapters, carrier, answer, number, push=push)


def _bad(carrier: str | None, message: str) -> dict[str, Any]:
    answer: dict[str, Any] = wire.answer_object(carrier, error=CarrierError(ErrorKind.BAD_REQUEST, message))
    return answer


def _status(asked: Mapping[str, Any]) -> int:
    value = asked.get("http_status")
    if value is None:
        return 200
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 100 <= value <= 599:
        raise ValueError(_("http_status is not an HTTP status."))
    return value


def _words(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is not None and not isinstance(value, str):
        raise ValueError(_("%(field)s is not a text.") % {"field": name})
    return value or ""


def _body(asked: Mapping[str, Any]) -> bytes:
    """`body` as text, or `body_base64`; a body given as JSON is written as such."""
    encoded, body = asked.get("body_base64"), asked.get("body")
    if encoded is not None:
        try:
            return base64.b64decode(encoded, validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise ValueError(_("body_base64 is not base64.")) from None
    if body is None and "body" not in asked:
        raise ValueError(_("The line has no body."))
    if body is None or isinstance(body, str):
        return (body or "").encode("utf-8", "replace")
    return json.dumps(body).encode()


def _headers(asked: Mapping[str, Any], clock: Clock | None) -> dict[str, str]:
    given = asked.get("headers")
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ValueError(_("headers is not an object."))
    headers = {str(name): str(value) for name, value in given.items() if value is not None}
    if clock is not None and "date" not in {name.lower() for name in headers}:
        headers["Date"] = format_datetime(clock(), usegmt=True)
    return headers


def _is_push(asked: Mapping[str, Any]) -> bool:
    kind = asked.get("kind")
    if kind not in (None, "", "push", "answer", "poll", "tracking"):
        raise ValueError(_("kind is neither answer nor push."))
    return kind == "push"


def _read(
    adapters: Mapping[str, Adapter], code: str, answer: RawAnswer, number: str | None, *, push: bool
) -> dict[str, Any]:
    adapter = adapters.get(code)
    if adapter is None:
        message = _("No carrier has the code %(code)s.") % {"code": code}
        return wire.answer_object(code, error=CarrierError(ErrorKind.UNKNOWN_CARRIER, message))
    try:
        results = adapter.parse_push(answer) if push else adapter.parse(answer, [number] if number else [])
    except CarrierError as error:
        return wire.answer_object(code, error=error)
    except Exception:
        # An adapter that stumbles must not take the other lines with it; its answer is kept by whoever sent it.
        message = _("The adapter could not read this answer.")
        return wire.answer_object(code, error=CarrierError(ErrorKind.MALFORMED, message))
    return wire.answer_object(code, results)
