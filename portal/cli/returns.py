"""`portal returns`: decisions on returns, looked at again; gift codes that come from elsewhere."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import click

from portal.cli.context import CliContext
from portal.cli.return_policy import policy
from portal.errors import ConfigError
from portal.usecases.returns.gift_codes import import_gift_codes
from portal.usecases.returns.replay import Replayed, replay_all, replay_by_rma
from portal.usecases.shops import find_shop


@click.group()
def returns() -> None:
    """Return policies and what they decided."""


returns.add_command(policy)


@returns.command("replay")
@click.argument("rmas", metavar="[RMA]...", nargs=-1)
@click.option("--shop", "slug", required=True, help="The shop's short name.")
@click.option("--all", "every", is_flag=True, help="Every return of the shop.")
@click.pass_obj
def replay(context: CliContext, rmas: tuple[str, ...], slug: str, every: bool) -> None:
    """Judge returns again, from the facts and by the settings and policies that judged them.

    Names each return, and what comes out otherwise. Changes nothing. The exit code is 1 when anything differs.
    """
    if bool(rmas) == every:
        raise click.UsageError("Name one return or more, or give --all.")
    deps = context.deps()
    shop = find_shop(deps, slug=slug)
    if not _print(replay_all(deps, shop) if every else replay_by_rma(deps, shop, rmas)):
        raise click.exceptions.Exit(1)


@returns.command("gift-codes")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--shop", "slug", required=True, help="The shop's short name.")
@click.pass_obj
def gift_codes(context: CliContext, path: Path, slug: str) -> None:
    """Take in gift codes that the shop prints itself, from PATH: a CSV file with the columns order_number and code.

    A code has 12 letters and digits or more. The same again changes nothing. The exit code is 1 when a row was left out.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not {"order_number", "code"} <= set(rows.fieldnames or ()):
            raise ConfigError(f"{path.name} needs the columns order_number and code in its first line")
        pairs = [(row["order_number"] or "", row["code"] or "") for row in rows]
    deps = context.deps()
    done = import_gift_codes(deps, find_shop(deps, slug=slug), pairs)
    click.echo(f"{done.added} gift codes are new, of {len(pairs)}.")
    left_out = (
        (done.unknown_orders, "there is no such order"),
        (done.too_short, "the code is shorter than 12 letters and digits, so it could be found by trying"),
        (done.taken, "the code belongs to another order"),
    )
    for numbers, why in left_out:
        for number in numbers:
            click.echo(f"row {number}: {why}")
    if any(numbers for numbers, _ in left_out):
        raise click.exceptions.Exit(1)


def _print(found: Iterable[Replayed]) -> bool:
    count = differ = 0
    for one in found:
        count += 1
        differ += not one.same
        settings = ", ".join(map(str, one.config_versions)) or "none"
        said = "the same" if one.same else f"{len(one.differences)} differ"
        click.echo(f"{one.rma}: {one.answers} answers of {one.judged_at:%Y-%m-%d}, settings {settings}: {said}")
        for difference in one.differences:
            place = f"line {difference.line_id}, {difference.where}" if difference.line_id else difference.where
            click.echo(f"  {place}: {difference.then!r}, now {difference.now!r}")
    click.echo(f"{count} returns judged again, {differ} differ.")
    return differ == 0
