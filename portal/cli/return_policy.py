"""`portal returns policy`: try a changed return policy, publish it, go back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from portal.cli.context import CliContext
from portal.domain.returns.trial import ORDER, RETURN
from portal.domain.toml_text import dumps
from portal.i18n import Speaker
from portal.usecases.returns.policy_trial import DAYS, MOST_DAYS, check_policy, read_policy, try_policy
from portal.usecases.returns.policy_versions import FILE, history, publish, roll_back
from portal.usecases.shops import export_config, find_shop

_SHOP = click.option("--shop", "slug", required=True, help="The shop's short name.")
_POLICY = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
_KINDS = {
    "allowed": "could go back and could not before",
    "refused": "could not go back and could before",
    "window": "have another last day",
    "review": "would wait for a person",
    "no_review": "would no longer wait for a person",
    "resolution": "are offered something else",
    "sum": "bring another sum",
}


@click.group()
def policy() -> None:
    """A shop's return policy: FILE is TOML, a whole shop's settings with [returns] or that table alone."""


def _read(file: Path) -> dict[str, Any]:
    with click.open_file(str(file), encoding="utf-8") as text:
        return read_policy(text.read())


@policy.command("check")
@_POLICY
@_SHOP
@click.pass_obj
def check(context: CliContext, file: Path, slug: str) -> None:
    """Read FILE as the shop would, and say what does not fit together. The exit code is 1 when it would be refused."""
    _, found = check_policy(context.deps(), slug, _read(file))
    for one in found:
        click.echo(f"{'refused' if one.refused else 'doubt'}: {one.words}")
    if not found:
        click.echo("Everything fits together.")
    if any(one.refused for one in found):
        raise click.exceptions.Exit(1)


@policy.command("try")
@_POLICY
@_SHOP
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=DAYS, show_default=True, help="How far back.")
@click.option("--json", "as_json", is_flag=True, help="Everything that was found, as JSON.")
@click.pass_obj
def try_(context: CliContext, file: Path, slug: str, days: int, as_json: bool) -> None:
    """Try FILE on past returns, and on orders as they stand now, against the policy in force. Changes nothing."""
    deps = context.deps()
    shop = find_shop(deps, slug=slug)
    found = try_policy(deps, shop, _read(file), days=days, progress=_silent if as_json else _progress)
    click.echo(json.dumps(found, indent=2) if as_json else "\n".join(_lines(found)))


def _silent(done: int, of: int) -> None:
    """For output that a program reads."""


def _progress(done: int, of: int) -> None:
    if of:
        click.echo(f"{done} of {of} looked at", err=True)


def _lines(found: dict[str, Any]) -> list[str]:
    speaker = Speaker("en")
    lines = []
    for kind, noun in ((RETURN, "returns"), (ORDER, "orders")):
        sums = ", ".join(_sum(speaker, amount, currency) for currency, amount in found["money"][kind].items())
        what = "to shoppers" if kind == RETURN else "of goods that can go back"
        lines.append(
            f"{found['changed'][kind]} of {found['looked_at'][kind]} {noun} come out otherwise"
            + (f": {sums} {what}" if sums else ".")
        )
        lines += [f"  {count} {_KINDS[name]}" for name, count in sorted(found["kinds"][kind].items())]
    fees = ", ".join(_sum(speaker, amount, currency) for currency, amount in found["fees"].items() if amount)
    if fees:
        lines.append(f"Fees: {fees}.")
    lines.append(f"{found['customers']} customers are affected, {found['vips']} of them VIPs.")
    lines += [f"  {count} by {source}" for source, count in found["sources"].items()]
    lines += [_example(speaker, one) for one in found["examples"][:10]]
    return lines


def _sum(speaker: Speaker, amount: int, currency: str) -> str:
    return ("+" if amount > 0 else "") + speaker.money(amount, currency)


def _example(speaker: Speaker, one: dict[str, Any]) -> str:
    before, after = (speaker.money(one[name], one["currency"]) for name in ("before_minor", "after_minor"))
    vip = " VIP" if one["vip"] else ""
    return f"  {one['name']}{vip}: {', '.join(_KINDS[name] for name in one['changes'])}; {before}, then {after}"


@policy.command("publish")
@_POLICY
@_SHOP
@click.option("--force", is_flag=True, help="Also over a newer version that was made in the browser.")
@click.pass_obj
def publish_(context: CliContext, file: Path, slug: str, force: bool) -> None:
    """Put FILE into force for orders from now on. Earlier orders keep the policy of their date."""
    shop, changed = publish(context.deps(), slug, _read(file), source=FILE, actor="cli", force=force)
    done = "is in force for orders from now on" if changed else "was in force already; nothing changed"
    click.echo(f"The policy of version {shop.config_version} of {shop.slug}'s settings {done}.")


@policy.command("rollback")
@_SHOP
@click.pass_obj
def rollback(context: CliContext, slug: str) -> None:
    """Put the policy before the present one into force again."""
    shop, former = roll_back(context.deps(), slug, source=FILE, actor="cli")
    click.echo(f"The policy of version {former} is in force again, as version {shop.config_version}.")


@policy.command("history")
@_SHOP
@click.pass_obj
def history_(context: CliContext, slug: str) -> None:
    """Every version that changed the policy, the newest first."""
    deps = context.deps()
    for one in history(deps, find_shop(deps, slug=slug)):
        what = ", ".join(one.changed) or "everything as usual"
        now = ", in force" if one.in_force else ""
        click.echo(f"{one.version}  {one.at:%Y-%m-%d %H:%M} UTC  {one.by} ({one.source}): {what}{now}")


@policy.command("show")
@_SHOP
@click.pass_obj
def show(context: CliContext, slug: str) -> None:
    """Print the policy in force as TOML, to change and try."""
    click.echo(dumps({"returns": export_config(context.deps(), slug).get("returns", {})}), nl=False)
