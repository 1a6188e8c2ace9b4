"""`portal shops`: create, list and report on shops."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from portal.cli.context import CliContext
from portal.settings import read_toml
from portal.usecases.shop_report import ShopReport, as_of_moment, report_shop
from portal.usecases.shops import create_shop, find_shop, list_shops

# Quiet colours that can be read, for a shop that is made without a file; `portal config apply` changes them.
_LIGHT = {
    "background": "#ffffff",
    "surface": "#f5f5f4",
    "text": "#1c1917",
    "muted": "#57534e",
    "line": "#d6d3d1",
    "accent": "#1e4e8c",
    "on_accent": "#ffffff",
}
_DARK = {
    "background": "#171717",
    "surface": "#212121",
    "text": "#f2f2f2",
    "muted": "#b3b3b3",
    "line": "#3a3a3a",
    "accent": "#9cc4ff",
    "on_accent": "#0b1f3a",
}


@click.group()
def shops() -> None:
    """Create, list and report on shops."""


@shops.command("create")
@click.argument("slug")
@click.option(
    "--from", "source", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Settings as TOML."
)
@click.option("--name", help="What shoppers call it. Without --from these options make a plain shop.")
@click.option("--currency", help="ISO 4217, such as EUR.")
@click.option("--country", help="ISO 3166, such as DE.")
@click.option("--email", help="Where shoppers reach the shop; also the sender of its messages.")
@click.option("--timezone", default="UTC", show_default=True, help="IANA name, such as Europe/Berlin.")
@click.option("--locale", default="en", show_default=True, help="Language: en, de or ar.")
@click.pass_obj
def create(context: CliContext, /, slug: str, source: Path | None, **plain: str | None) -> None:
    """Make the shop SLUG, from a file of settings or from the options."""
    missing = [f"--{name}" for name in ("name", "currency", "country", "email") if not plain[name]]
    if source is None and missing:
        raise click.UsageError(f"Give --from FILE.toml, or {', '.join(missing)}.")
    document = read_toml(source) if source else plain_document(**{k: v or "" for k, v in plain.items()})
    shop = create_shop(context.deps(), slug, document)
    click.echo(f"The shop {shop.slug} ({shop.config.name}) is there: {context.settings().base_url}/{shop.slug}/track")


def plain_document(*, name: str, currency: str, country: str, email: str, timezone: str, locale: str) -> dict[str, Any]:
    """Settings of a shop that has said nothing but where it is. Returns go nowhere until the warehouse has a street."""
    return {
        "name": name,
        "currency": currency.upper(),
        "country": country.upper(),
        "timezone": timezone,
        "locale": locale,
        "brand": {"light": _LIGHT, "dark": _DARK},
        "contact": {"email": email},
        "sender": {"name": name, "address": email, "reply_to": email},
        "warehouse": {
            "name": name,
            "line1": "",
            "city": "",
            "postal_code": "",
            "country": country.upper(),
        },
        "desk": {"timezone": timezone},
    }


@shops.command("list")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def list_command(context: CliContext, as_json: bool) -> None:
    """All shops."""
    found = [
        {
            "slug": s.slug,
            "name": s.config.name,
            "currency": s.config.currency,
            "country": s.config.country,
            "host": s.host,
            "config_version": s.config_version,
        }
        for s in list_shops(context.deps())
    ]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for shop in found:
        click.echo(
            f"{shop['slug']:<20} {shop['name']}  {shop['country']} {shop['currency']}  {shop['host'] or ''}".rstrip()
        )
    if not found:
        click.echo("There is no shop yet; `portal shops create` makes one.")


@shops.command("report")
@click.option("--shop", "slug", required=True, help="The shop's short name.")
@click.option(
    "--as-of",
    metavar="DATE",
    help="Only orders placed before this day (or moment) in the shop's time zone, and the VIPs of then.",
)
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def report(context: CliContext, slug: str, as_of: str | None, as_json: bool) -> None:
    """Orders, customers, deliveries and broken promises of a shop."""
    deps = context.deps()
    shop = find_shop(deps, slug=slug)
    found = report_shop(deps, shop, _moment(as_of, shop.config.timezone) if as_of else None)
    click.echo(json.dumps(found.as_json()) if as_json else describe(found))


def _moment(text: str, timezone: str) -> datetime:
    try:
        return as_of_moment(datetime.fromisoformat(text), timezone)
    except ValueError:
        raise click.BadParameter("write a day as 2026-11-18", param_hint="--as-of") from None


def describe(report: ShopReport) -> str:
    """The report for a person."""
    return "\n".join(
        (
            f"{report.shop}: {report.orders:,} orders of {report.customers:,} customers, {report.vips:,} of them VIPs",
            f"  delivered, with a date   {report.delivered:>10,}",
            f"  late by the minute       {report.late_by_minute:>10,}   {report.share_late_by_minute:.2%}",
            f"  late by the day          {report.late_by_day:>10,}   {report.share_late_by_day:.2%}",
        )
    )
