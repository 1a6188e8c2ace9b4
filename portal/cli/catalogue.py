"""`portal catalogue`: what a shop sells and has in stock, for exchanges."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TextIO

import click
from defusedcsv import csv as safe_csv

from portal.cli.context import CliContext
from portal.errors import InvalidInput
from portal.platforms.catalogue import COLUMNS
from portal.platforms.model import Issue
from portal.platforms.values import currency_digits
from portal.usecases.catalogue.import_catalogue import CatalogueReport, import_catalogue
from portal.usecases.catalogue.list_catalogue import VariantView, list_catalogue
from portal.usecases.shops import find_shop

_ON_SCREEN = 20
_EXAMPLE = """\
LS-01-M,LS-01,Linen shirt,Blue / M,3,49.00,12,shirts,Fjord,linen; summer,220,yes
LS-01-L,LS-01,Linen shirt,Blue / L,4,49.00,3,shirts,Fjord,linen; summer,230,yes
CU-03,CU-03,Cup,White,,22.00,40,home,,,310,yes
"""


@click.group()
def catalogue() -> None:
    """What a shop sells and has in stock, for exchanges."""


@catalogue.command("template")
def template() -> None:
    """Print the columns, with three variants as an example (docs/import.md explains them)."""
    click.echo(",".join(COLUMNS) + "\n" + _EXAMPLE, nl=False)


@catalogue.command("import")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--shop", "slug", required=True, help="The shop's short name.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, store nothing.")
@click.option(
    "--rejects", type=click.Path(path_type=Path, dir_okay=False), help="CSV file for every row of the report."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def import_command(
    context: CliContext, path: Path, slug: str, dry_run: bool, rejects: Path | None, as_json: bool
) -> None:
    """Import variants from PATH, a CSV file with one row a variant.

    The same again changes nothing. Columns that the file does not have stay as they are, so a file of SKUs and stock is
    enough to bring the stock up to date. The exit code is 0 when the import ran, even with rejected rows.
    """
    deps = context.deps()
    shop = find_shop(deps, slug=slug)
    with ExitStack() as stack:
        on_issue = stack.enter_context(_rejects_file(rejects)) if rejects else None
        report = import_catalogue(deps, shop, path, dry_run=dry_run, on_issue=on_issue)
    click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2) if as_json else _describe(report, rejects))


@catalogue.command("list")
@click.option("--shop", "slug", required=True, help="The shop's short name.")
@click.option("--product", default="", help="The variants of one product alone.")
@click.option(
    "--csv", "as_csv", is_flag=True, help="Print our CSV format; a spreadsheet that opens it runs no formula."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def list_command(context: CliContext, slug: str, product: str, as_csv: bool, as_json: bool) -> None:
    """List what a shop sells, what is in stock, and what of it is promised to somebody."""
    deps = context.deps()
    shop = find_shop(deps, slug=slug)
    found = list_catalogue(deps, shop, product)
    currency = shop.config.currency
    if as_csv:
        writer = safe_csv.writer(sys.stdout)
        writer.writerow(COLUMNS)
        for one in found:
            writer.writerow(_cells(one, currency))
        return
    for one in found:
        click.echo(json.dumps(asdict(one), ensure_ascii=False) if as_json else _line(one, currency))


def _cells(one: VariantView, currency: str) -> list[object]:
    yes = "yes" if one.active else "no"
    texts = [one.sku, one.product, one.title, one.variant, one.size_rank, _price(one, currency), one.stock]
    return [*texts, one.product_type, one.vendor, "; ".join(one.tags), one.weight_grams, yes]


def _price(one: VariantView, currency: str) -> str:
    return str(Decimal(one.price_minor).scaleb(-currency_digits(currency)))


def _line(one: VariantView, currency: str) -> str:
    what = f"{one.title} ({one.variant})" if one.variant else one.title
    promised = f", {one.reserved} of them promised" if one.reserved else ""
    gone = "" if one.active else ", not sold any more"
    return f"{one.sku:<20} {what:<44.44} {_price(one, currency):>9} {currency}  {one.stock} in stock{promised}{gone}"


@contextmanager
def _rejects_file(path: Path) -> Iterator[Callable[[Issue], None]]:
    """Every issue as a row. A spreadsheet that opens it runs no formula from somebody's SKU."""
    try:
        stream: TextIO = path.open("w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from None
    with stream:
        writer = safe_csv.writer(stream)
        writer.writerow(["severity", "line", "sku", "column", "code", "reason"])
        yield lambda i: writer.writerow([i.severity, i.place.line, i.order, i.column, i.code, i.reason])


def _describe(report: CatalogueReport, rejects: Path | None) -> str:
    """The report for a person: counts, reasons, the first rows."""
    counts = report.variants
    would = " (dry run: nothing was stored)" if report.dry_run else ""
    lines = [f"{counts['read']} variants read for {report.shop}{would}"]
    lines.append("  " + ", ".join(f"{counts[name]} {name}" for name in ("created", "updated", "unchanged", "rejected")))
    if report.fell_back:
        lines.append(f"  {report.fell_back} promised exchanges sold out; their shoppers get what they chose instead")
    lines += [f"  {notice}" for notice in report.notices]
    lines += [f"  {count:>8}  {code}" for code, count in report.reasons.items()]
    for issue in report.listing[:_ON_SCREEN]:
        sku = f" {issue.order}:" if issue.order else ""
        column = f" ({issue.column})" if issue.column else ""
        lines.append(f"  {issue.place.file}:{issue.place.line}: {issue.severity}:{sku} {issue.reason}{column}")
    more = len(report.listing) + report.listing_left_out - _ON_SCREEN
    if more > 0:
        where = f"all of them are in {rejects}" if rejects else "--rejects FILE writes all of them"
        lines.append(f"  … and {more} more; {where}")
    return "\n".join(lines)
