"""`portal carriers classify`: what texts about parcels mean, for carriers without a table of codes."""

from __future__ import annotations

import json
from gettext import gettext as _
from typing import Any

import click

from carriers import wire
from carriers.classify import UNKNOWN, Classified, classify
from carriers.errors import CarrierError, ErrorKind
from portal.cli.json_lines import json_object, lines


def add_to(group: click.Group) -> None:
    """The command as one of `portal carriers`."""

    @group.command("classify")
    @click.argument("text", required=False)
    @click.option("--language", help="The language of TEXT, if it is known (en, de, pt-BR ...).")
    @click.option(
        "--jsonl",
        metavar="FILE",
        help="Read many texts, one JSON object with text and language a line; - is standard input.",
    )
    def classify_(text: str | None, language: str | None, jsonl: str | None) -> None:
        """Tell what a carrier's words about a parcel mean, as JSON; what is not clear is unknown."""
        if (text is None) == (jsonl is None) or (jsonl is not None and language is not None):
            raise click.UsageError(_("Give either a TEXT or --jsonl."))
        if jsonl is None:
            click.echo(json.dumps(_object(classify(text, language))))
            return
        for line in lines(jsonl):
            click.echo(json.dumps(_from_line(line)))


def _from_line(line: bytes) -> dict[str, Any]:
    try:
        asked = json_object(line)
        text, language = asked.get("text"), asked.get("language")
        if text is None:
            raise ValueError(_("The line has no text."))
        if not isinstance(text, str):
            raise ValueError(_("%(field)s is not a text.") % {"field": "text"})
    except ValueError as error:
        return _object(UNKNOWN) | {"error": wire.error_object(CarrierError(ErrorKind.BAD_REQUEST, str(error)))}
    return _object(classify(text, language if isinstance(language, str) else None))  # a hint that is none is no fault


def _object(found: Classified) -> dict[str, Any]:
    return {
        "status": found.status.value if found.status else "unknown",
        "substatus": found.substatus,
        "confidence": found.confidence,
    }
