"""`portal orders`: import orders, print the template."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

import click
from defusedcsv import csv as safe_csv

from portal.cli.context import CliContext
from portal.errors import ConfigError, InvalidInput
from portal.platforms.mapping import OrderMapping, read_mapping
from portal.platforms.model import Issue
from portal.settings import read_toml
from portal.usecases.import_orders import import_orders
from portal.usecases.importing.tally import ImportReport
from portal.usecases.shops import find_shop

_ON_SCREEN = 20
# Two orders: one in a single parcel, one in two, the second line of which is split between them.
_EXAMPLE = """\
order_number,placed_at,status,customer_id,customer_email,customer_name,customer_phone,customer_tags,loyalty_tier,locale,currency,total,shipping,service_level,promised_on,ship_name,ship_line1,ship_line2,ship_city,ship_region,ship_postal_code,ship_country,line_position,sku,title,variant,product_type,quantity,unit_price,final_sale,weight_grams,carrier,tracking_number,shipped_at,origin_country
J-1001,2026-11-16T09:12:00-05:00,shipped,c-77,ada@mail.example,Ada Example,+1 202 555 0199,vip,gold,en,,54.90,5.90,standard,2026-11-21,Ada Example,12 Elm Street,,Albany,NY,12207,US,1,LS-01,Linen shirt,Blue / M,shirts,1,49.00,no,220,ups,1Z999AA10123456784,2026-11-16T17:30:00-05:00,US
J-1002,2026-11-16T10:40:00-05:00,shipped,c-78,grace@mail.example,Grace Example,,,,en,,141.00,0.00,express,2026-11-18,Grace Example,4 Mill Road,Apt 2,Salem,OR,97301,US,1,WB-02,Wool blanket,,home,1,75.00,no,900,usps,9400100000000000000000,2026-11-16T18:00:00-05:00,US
J-1002,2026-11-16T10:40:00-05:00,shipped,c-78,grace@mail.example,Grace Example,,,,en,,141.00,0.00,express,2026-11-18,Grace Example,4 Mill Road,Apt 2,Salem,OR,97301,US,2,CU-03,Cup,White,home,2,22.00,no,310,usps,9400100000000000000000,2026-11-16T18:00:00-05:00,US
J-1002,2026-11-16T10:40:00-05:00,shipped,c-78,grace@mail.example,Grace Example,,,,en,,141.00,0.00,express,2026-11-18,Grace Example,4 Mill Road,Apt 2,Salem,OR,97301,US,2,CU-03,Cup,White,home,1,22.00,no,310,usps,9400100000000000000017,2026-11-17T08:00:00-05:00,US
"""


@click.group()
def orders() -> None:
    """Import orders."""


@orders.command("template")
@click.option("--headers-only", is_flag=True, help="Only the line with the columns' names.")
def template(headers_only: bool) -> None:
    """Print the columns of our own CSV format, with two orders as an example (docs/import.md explains them)."""
    click.echo(_EXAMPLE.partition("\n")[0] if headers_only else _EXAMPLE, nl=headers_only)


@orders.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--shop", "slug", required=True, help="The shop's short name.")
@click.option("--mapping", "mapping_name", default="template", help="A name in config/imports, or a TOML file.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, store nothing.")
@click.option(
    "--rejects", type=click.Path(path_type=Path, dir_okay=False), help="CSV file for every row of the report."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def import_command(
    context: CliContext,
    path: Path,
    slug: str,
    mapping_name: str,
    dry_run: bool,
    rejects: Path | None,
    as_json: bool,
) -> None:
    """Import orders from PATH, a CSV file or a folder of them.

    The same again changes nothing, a corrected row updates its order. The exit code is 0 when the import ran, even
    with rejected rows, and 1 when the input itself cannot be read.
    """
    mapping = find_mapping(mapping_name, context.settings().config_dir)
    deps = context.deps()
    shop = find_shop(deps, slug=slug)
    with ExitStack() as stack:
        on_issue = stack.enter_context(_rejects_file(rejects)) if rejects else None
        on_progress = stack.enter_context(_progress()) if sys.stderr.isatty() and not as_json else None
        report = import_orders(deps, shop, path, mapping, dry_run=dry_run, on_issue=on_issue, on_progress=on_progress)
    click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2) if as_json else describe(report, rejects))


def find_mapping(name: str, config_dir: Path) -> OrderMapping:
    """A mapping by its name or file. Raises ConfigError that lists the names there are."""
    folder = config_dir / "imports"
    path = Path(name) if name.endswith(".toml") else folder / f"{name}.toml"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.toml")))
        raise ConfigError(f"there is no mapping {name!r}; there are {known}, or name a .toml file")
    return read_mapping(read_toml(path), path.name)


@contextmanager
def _rejects_file(path: Path) -> Iterator[Callable[[Issue], None]]:
    """Every issue as a row. A spreadsheet that opens it runs no formula from somebody's order number."""
    try:
        stream: TextIO = path.open("w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from None
    with stream:
        writer = safe_csv.writer(stream)
        writer.writerow(["severity", "file", "line", "order", "column", "code", "reason"])
        yield lambda i: writer.writerow([i.severity, i.place.file, i.place.line, i.order, i.column, i.code, i.reason])


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, made when the number of orders is known."""
    with ExitStack() as stack:
        bar: list[Any] = []
        seen = [0]

        def move(done: int, total: int) -> None:
            if not bar:
                bar.append(stack.enter_context(click.progressbar(length=total, label="Orders", file=sys.stderr)))
            bar[0].update(done - seen[0])
            seen[0] = done

        yield move


def describe(report: ImportReport, rejects: Path | None = None) -> str:
    """The report for a person: counts, reasons, the first rows."""
    out = io.StringIO()
    o = report.orders
    would = " (dry run: nothing was stored)" if report.dry_run else ""
    print(f"{o['read']} orders read for {report.shop} by the mapping {report.mapping}{would}", file=out)
    print("  " + ", ".join(f"{o[k]} {k}" for k in ("created", "updated", "unchanged", "rejected")), file=out)
    print(
        f"  customers: {report.customers['created']} created, {report.customers['updated']} updated; "
        f"parcels: {report.parcels_created} created",
        file=out,
    )
    for notice in report.notices:
        print(f"  {notice}", file=out)
    for severity, codes in report.reasons.items():
        if codes:
            print(f"{severity}:", file=out)
            print(*(f"  {count:>8}  {code}" for code, count in codes.items()), sep="\n", file=out)
    _list(report, rejects, out)
    return out.getvalue().rstrip("\n")


def _list(report: ImportReport, rejects: Path | None, out: TextIO) -> None:
    worst = sorted(report.listing, key=lambda i: ("rejected", "repaired", "noted").index(i.severity))
    for issue in worst[:_ON_SCREEN]:
        order = f" order {issue.order}:" if issue.order else ""
        column = f" ({issue.column})" if issue.column else ""
        print(f"  {issue.place.file}:{issue.place.line}: {issue.severity}:{order} {issue.reason}{column}", file=out)
    more = len(report.listing) + report.listing_left_out - _ON_SCREEN
    if more > 0:
        where = f"all of them are in {rejects}" if rejects else "--rejects FILE writes all of them"
        print(f"  … and {more} more; {where}", file=out)


def template_columns() -> list[str]:
    """The columns of our own format, in the order in which the template prints them."""
    return next(csv.reader([_EXAMPLE.partition("\n")[0]]))
