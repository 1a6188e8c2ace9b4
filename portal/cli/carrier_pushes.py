"""`portal carriers pushes`: addresses for carriers' pushes, what to enter at the carrier, and what has come."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from datetime import datetime
from gettext import gettext as _
from typing import Any

import click

from carriers.base import Account, Call, PushProof
from carriers.errors import CarrierError
from portal.cli.context import CliContext
from portal.domain.words import N_
from portal.errors import ConfigError
from portal.usecases.pushes import endpoints as use_case
from portal.usecases.pushes.endpoints import NewEndpoint
from portal.usecases.pushes.orphans import retry_failed
from portal.usecases.pushes.overview import EndpointView, list_endpoints
from portal.usecases.pushes.replay import replay_pushes
from portal.usecases.shops import find_shop

ACTOR = "cli"

# What is left to do at the carrier, by its code.
_AT_THE_CARRIER = {
    "ups": N_(
        "Enter the address as URL and the secret as credential at developer.ups.com, Manage Webhook Credentials. UPS "
        "sends the secret back in the header `credential`. The worker asks for each parcel and renews before 14 days "
        "are over."
    ),
    "easypost": N_(
        "Nothing to enter: the worker makes the webhook and tells EasyPost the secret, which signs each push in the "
        "header `X-Hmac-Signature`."
    ),
    "shippo": N_(
        "Nothing to enter: the worker makes the webhook and enters each parcel. Shippo signs in the header "
        "`Shippo-Auth-Signature` only once a secret is agreed on with it; give that with `pushes secret`. Until then a "
        "push is a hint to ask."
    ),
    "aftership": N_(
        "Enter the address in AfterShip's admin under Webhooks, and give the secret that stands there with `pushes "
        "secret`: it signs each push in the header `aftership-hmac-sha256`. Until then a push is a hint to ask."
    ),
    "17track": N_(
        "Enter the address in 17TRACK's settings under Webhook, and give your API key with `pushes secret`: it signs "
        "each push in the header `sign`. Until then a push is a hint to ask."
    ),
    "cdek": N_("Nothing to enter: the worker subscribes. CDEK signs nothing, so a push is a hint to ask."),
    "karrio": N_(
        "Nothing to enter: the worker makes the webhook. How Karrio signs is not published, so a push is a hint to ask."
    ),
    "dhl_unified": N_(
        "Ask DHL for its Unified Push with this address. DHL first pushes a secret here, with which you activate the "
        "subscription: `pushes last` shows it. DHL signs nothing, so a push is a hint to ask."
    ),
}
_ANYWHERE = N_("Enter the address at the carrier. What is not proven by a secret is a hint to ask.")


@click.group()
def pushes() -> None:
    """Addresses for carriers' pushes."""


@pushes.command("list")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def list_(context: CliContext, as_json: bool) -> None:
    """Every address, and what has come to it. The addresses themselves are not shown again."""
    views = list_endpoints(context.deps())
    if as_json:
        click.echo(json.dumps([_row(view) for view in views], ensure_ascii=False, indent=2))
        return
    for view in views:
        whose = view.shop or _("whole installation")
        click.echo(f"{view.id:>4}  {view.carrier:<14} {whose:<20} {'; '.join(_said(view))}")
    if not views:
        click.echo(_("There is no address for pushes yet; `portal carriers pushes add CODE` makes one."))


def _row(view: EndpointView) -> dict[str, Any]:
    values = ((field.name, getattr(view, field.name)) for field in fields(view))
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values}


def _said(view: EndpointView) -> list[str]:
    """How an address is doing, the good news first."""
    came = _("%(count)s pushes, the last %(moment)s") % {"count": view.good, "moment": _moment(view.last_good_at)}
    said = [came if view.good else _("no push yet")]
    if view.subscribed:
        said.append(_("%(count)s parcels subscribed") % {"count": view.subscribed})
    if view.backlog or view.parked or view.failed:
        words = _("%(backlog)s waiting, %(parked)s without a parcel, %(failed)s unreadable")
        said.append(words % {"backlog": view.backlog, "parked": view.parked, "failed": view.failed})
    if view.refused:
        words = _("%(count)s refused, %(today)s of them today")
        said.append(words % {"count": view.refused, "today": view.refused_today})
    if view.subscribe_error:
        said.append(_("subscribing fails: %(error)s") % {"error": view.subscribe_error})
    if view.silent_since:
        said.append(_("SILENT since %(moment)s") % {"moment": _moment(view.silent_since)})
    return said


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "-"


_stdin = click.option("--secret-from-stdin", is_flag=True, help="Read the secret that the carrier gave.")


@pushes.command("add")
@click.argument("code")
@click.option("--shop", help="The shop's short name; without it the address is for the whole installation.")
@_stdin
@click.pass_obj
def add(context: CliContext, code: str, shop: str | None, secret_from_stdin: bool) -> None:
    """Make a secret address for the pushes of the carrier CODE, and print it once."""
    deps = context.deps()
    whose = find_shop(deps, slug=shop) if shop else None
    secret = _secret() if secret_from_stdin else ""
    made = use_case.create_endpoint(deps, code, whose, secret=secret, actor=ACTOR)
    _print_new(made)


def _print_new(made: NewEndpoint) -> None:
    click.echo(_("Push address %(id)s. It is shown only now: keep it as secret as a password.") % {"id": made.id})
    click.echo(f"  {made.url}")
    if made.ours:
        click.echo(_("Secret, shown only now:"))
        click.echo(f"  {made.secret}")
    click.echo(_(_AT_THE_CARRIER.get(made.carrier, _ANYWHERE)))


def _secret() -> str:
    found = sys.stdin.readline().strip()
    if not found:
        raise ConfigError(_("Standard input holds no secret."))
    return found


@pushes.command("secret")
@click.argument("id_", metavar="ID", type=int)
@_stdin
@click.pass_obj
def secret(context: CliContext, id_: int, secret_from_stdin: bool) -> None:
    """Change the secret of an address. The former one goes on counting for a day."""
    given = _secret() if secret_from_stdin else click.prompt(_("Secret"), hide_input=True)
    use_case.change_secret(context.deps(), id_, given, actor=ACTOR)
    click.echo(_("The secret of address %(id)s is changed. The former one counts for 24 hours more.") % {"id": id_})


@pushes.command("remove")
@click.argument("id_", metavar="ID", type=int)
@click.pass_obj
def remove(context: CliContext, id_: int) -> None:
    """Close an address: what comes to it is nobody's. Take it away at the carrier too."""
    use_case.close_endpoint(context.deps(), id_, actor=ACTOR)
    click.echo(_("Address %(id)s is closed.") % {"id": id_})


@pushes.command("test")
@click.argument("id_", metavar="ID", type=int)
@click.pass_obj
def test(context: CliContext, id_: int) -> None:
    """Send something unproven to an address by its public way, to see that it arrives here. Exit code 1 if it does not.

    It is refused, and counted as such; where only the address proves a push, it is not sent but looked for.
    """
    from carriers.http import CarrierHttp

    found = use_case.find_endpoint(context.deps(), id_)
    method, expected = ("GET", 405) if found.proof is PushProof.PATH else ("POST", 401)
    try:
        answer = CarrierHttp("push test").send(Account(found.url), Call(method, found.url, repeatable=False))
    except CarrierError as error:
        click.echo(_("Nothing answers at the address: %(error)s") % {"error": error.message})
        raise SystemExit(1) from None
    if answer.status == expected:
        click.echo(_("The address can be reached, and answers as it should."))
        return
    words = _("Something else answers at the address: HTTP %(status)s instead of %(expected)s. Look at the proxy.")
    click.echo(words % {"status": answer.status, "expected": expected})
    raise SystemExit(1)


@pushes.command("last")
@click.argument("id_", metavar="ID", type=int)
@click.pass_obj
def last(context: CliContext, id_: int) -> None:
    """Print the newest push that came to an address, as it came. It may hold personal data."""
    click.echo(use_case.last_push(context.deps(), id_), nl=False)


@pushes.command("retry")
@click.argument("code", required=False)
@click.pass_obj
def retry(context: CliContext, code: str | None) -> None:
    """Let the worker try again to read what could not be read, of all carriers or of CODE."""
    count = retry_failed(context.deps(), code)
    click.echo(_("Pushes that the worker reads again: %(count)s.") % {"count": count})


@pushes.command("replay")
@click.argument("code")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="UTC; else all that are kept.")
@click.pass_obj
def replay(context: CliContext, code: str, since: datetime | None) -> None:
    """Read kept pushes of CODE again with today's tables, and correct what was read from them. May be repeated."""
    done = replay_pushes(context.deps(), code, since)
    words = _("Pushes read again: %(pushes)s, unreadable: %(unreadable)s, parcels changed: %(changed)s.")
    click.echo(words % {"pushes": done.pushes, "unreadable": done.unreadable, "changed": done.changed})
