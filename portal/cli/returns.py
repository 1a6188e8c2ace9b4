"""`portal returns`: decisions on returns, looked at again."""

from __future__ import annotations

from collections.abc import Iterable

import click

from portal.cli.context import CliContext
from portal.cli.return_policy import policy
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
