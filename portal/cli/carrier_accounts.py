"""`portal carriers accounts`, `check` and `rekey`: accounts with carriers, their credentials kept encrypted."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from gettext import gettext as _
from typing import Any

import click

from portal.cli.context import CliContext
from portal.domain.carrier_accounts import AccountRef, choose
from portal.errors import NotFound
from portal.settings import environment
from portal.usecases.carriers import accounts as use_case
from portal.usecases.carriers.check import trouble_with
from portal.usecases.carriers.overview import AccountView, list_accounts
from portal.usecases.deps import Deps
from portal.usecases.pushes import endpoints
from portal.usecases.shops import find_shop

ACTOR = "cli"


@click.group()
def accounts() -> None:
    """Accounts with carriers: the installation's and the shops'."""


@accounts.command("list")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def list_(context: CliContext, as_json: bool) -> None:
    """Every account, and how calls with it go."""
    views = list_accounts(context.deps())
    if as_json:
        click.echo(json.dumps([_row(view) for view in views], ensure_ascii=False, indent=2))
        return
    for view in views:
        whose = view.shop_name or _("whole installation")
        click.echo(f"{view.key:<18} {view.carrier:<16} {whose:<24} {_said(view)}")
    if not views:
        click.echo(_("There is no account yet; `portal carriers accounts add CODE` keeps one."))


def _row(view: AccountView) -> dict[str, Any]:
    names = (name for name in AccountView.__slots__ if name != "carrier_name")
    values = ((name, getattr(view, name)) for name in names)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values}


def _said(view: AccountView) -> str:
    used = f"{view.calls_today}" if view.calls_per_day is None else f"{view.calls_today}/{view.calls_per_day}"
    calls = _("%(used)s calls today") % {"used": used}
    if view.state == "active":
        return f"{_('active')}, {calls}" + (f", {_stretch(view)}" if view.stretched else "")
    reason = f" ({view.reason})" if view.reason else ""
    until = f" {_('until')} {view.until:%Y-%m-%d %H:%M} UTC" if view.until else ""
    return f"{view.state}{reason}{until}, {calls}"


def _stretch(view: AccountView) -> str:
    words = _("%(parcels)s parcels, each asked about every %(now)s h instead of %(usual)s h")
    hours = {"now": f"{view.stretched_seconds / 3600:.1f}", "usual": f"{view.usual_seconds / 3600:.1f}"}
    return words % ({"parcels": view.open_parcels} | hours)


_shop = click.option("--shop", help="The shop's short name; without it the account is the whole installation's.")
_day = click.option("--calls-per-day", type=click.IntRange(min=1), help="The contract's quota for a day of UTC.")
_second = click.option("--calls-per-second", type=click.FloatRange(min=0, min_open=True), help="The contract's pace.")
_address = click.option("--base-url", help="Instead of the carrier's production address: a sandbox.")
_settings = click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="What is not secret.")
_stdin = click.option("--stdin", is_flag=True, help="Read lines of NAME=VALUE from standard input, do not ask.")
_from_env = click.option("--from-env", is_flag=True, help="Take PORTAL_CARRIER_<CODE>_<NAME> from the environment.")
_more = click.option("--also", multiple=True, metavar="NAME", help="Ask for this credential, too: one for labels.")


@accounts.command("add")
@click.argument("code")
@_shop
@click.option("--name", default="", help="What staff call it.")
@_address
@_day
@_second
@_settings
@_stdin
@_from_env
@_more
@click.pass_obj
def add(context: CliContext, /, code: str, shop: str | None, **given: Any) -> None:
    """Keep an account. Credentials are asked for, never options: those would stand in the shell's history."""
    deps = context.deps()
    new = use_case.NewAccount(
        carrier=code,
        credentials=_credentials(deps, code, given),
        shop_id=find_shop(deps, slug=shop).id if shop else None,
        name=given["name"],
        base_url=given["base_url"],
        settings=_pairs(given["settings"]),
        calls_per_day=given["calls_per_day"],
        calls_per_second=given["calls_per_second"],
    )
    ref = use_case.add_account(deps, new, actor=ACTOR)
    click.echo(_("Kept account %(key)s for %(name)s. Try it: %(command)s") % _next(ref, shop))


def _next(ref: AccountRef, shop: str | None) -> dict[str, str]:
    tail = f" --shop {shop}" if shop else ""
    return {"key": ref.key, "name": ref.name, "command": f"portal carriers check {ref.adapter}{tail}"}


@accounts.command("change")
@click.argument("key")
@click.option("--name")
@_address
@_day
@_second
@_settings
@_stdin
@_from_env
@click.option("--credentials", is_flag=True, help="Ask for new credentials.")
@_more
@click.pass_obj
def change(context: CliContext, /, key: str, credentials: bool, **given: Any) -> None:
    """Change an account: new credentials, another quota. What is not named stays."""
    deps = context.deps()
    ref = use_case.find_account(deps, key)
    renew = credentials or given["stdin"] or given["from_env"] or given["also"]
    changes = use_case.Changes(
        credentials=_credentials(deps, ref.adapter, given) if renew else None,
        name=given["name"],
        base_url=given["base_url"],
        settings=_pairs(given["settings"]) if given["settings"] else None,
        calls_per_day=given["calls_per_day"],
        calls_per_second=given["calls_per_second"],
    )
    use_case.change_account(deps, key, changes, actor=ACTOR)
    click.echo(_("Account %(key)s is changed.") % {"key": key})


@accounts.command("remove")
@click.argument("key")
@click.pass_obj
def remove(context: CliContext, key: str) -> None:
    """Forget an account and its credentials."""
    use_case.remove_account(context.deps(), key, actor=ACTOR)
    click.echo(_("Account %(key)s is gone.") % {"key": key})


@accounts.command("pause")
@click.argument("key")
@click.pass_obj
def pause(context: CliContext, key: str) -> None:
    """Ask nothing with an account until it is resumed."""
    use_case.pause_account(context.deps(), key, actor=ACTOR)
    click.echo(_("Account %(key)s is paused; its parcels keep their place.") % {"key": key})


@accounts.command("resume")
@click.argument("key")
@click.pass_obj
def resume(context: CliContext, key: str) -> None:
    """Ask with an account again, whatever it was left alone for."""
    use_case.resume_account(context.deps(), key, actor=ACTOR)
    click.echo(_("Account %(key)s is asked with again.") % {"key": key})


@click.command("check")
@click.argument("code")
@click.option("--shop", help="Try the account that this shop's parcels are asked about with.")
@click.pass_obj
def check(context: CliContext, code: str, shop: str | None) -> None:
    """Try a carrier's credentials with a question that does no harm. Exit code 1, and one line, when they fail."""
    deps = context.deps()
    use_case.wanted_credentials(deps, code)  # refuses a code that no carrier has
    shop_id = find_shop(deps, slug=shop).id if shop else None
    ref = choose([a for a in deps.carriers.accounts() if a.adapter == code], shop_id, code)
    if ref is None:
        raise NotFound(
            _("%(code)s: no account here; `portal carriers accounts add %(code)s` keeps one") % {"code": code}
        )
    trouble = trouble_with(deps.carriers, ref)
    click.echo(
        f"{code}: {trouble}"
        if trouble
        else _("%(code)s: lets us in (account %(key)s)") % {"code": code, "key": ref.key}
    )
    raise SystemExit(1 if trouble else 0)


@click.command("rekey")
@click.pass_obj
def rekey(context: CliContext) -> None:
    """Seal every credential anew with the newest key of PORTAL_KEYRING. May be stopped and begun again."""
    deps = context.deps()
    count = use_case.rekey(deps) + endpoints.rekey(deps)
    click.echo(_("Sealed anew: %(count)s. Keys that were behind the newest may be taken away.") % {"count": count})


def _credentials(deps: Deps, code: str, given: Mapping[str, Any]) -> dict[str, str]:
    if given["stdin"]:
        return _pairs(line.strip() for line in sys.stdin if line.strip())
    if given["from_env"]:
        prefix = f"PORTAL_CARRIER_{code}_".upper()
        found = environment().items()
        return {name.removeprefix(prefix).lower(): value for name, value in found if name.startswith(prefix)}
    wanted: Sequence[str] = (*use_case.wanted_credentials(deps, code), *given["also"])
    return {name: click.prompt(name, hide_input=True) for name in wanted}


def _pairs(lines: Iterable[str]) -> dict[str, str]:
    """NAME=VALUE each. What is wrong is told without its value."""
    found = {}
    for line in lines:
        name, sign, value = line.partition("=")
        if not sign or not name.strip():
            raise click.UsageError(_("Each is NAME=VALUE."))
        found[name.strip().lower()] = value.strip()
    return found
