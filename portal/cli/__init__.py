"""The command `portal`. A command's module is imported when it is called, so that small ones start at once."""

from __future__ import annotations

import sys

import click

from portal.cli.context import make_context
from portal.cli.lazy import LazyGroup
from portal.errors import PortalError

# name: (module, attribute, one line of help)
COMMANDS = {
    "run": ("portal.cli.serve", "run", "Web and worker in one process, on SQLite."),
    "web": ("portal.cli.serve", "web", "The web pages."),
    "worker": ("portal.cli.serve", "worker", "Polling, delivery exceptions, messages."),
    "db": ("portal.cli.db", "db", "Migrate the database."),
    "shops": ("portal.cli.shops", "shops", "Create, list and report on shops."),
    "config": ("portal.cli.config", "config", "Apply and export shops' settings."),
    "staff": ("portal.cli.staff", "staff", "Staff accounts."),
    "orders": ("portal.cli.orders", "orders", "Import orders."),
    "catalogue": ("portal.cli.catalogue", "catalogue", "What a shop sells and has in stock, for exchanges."),
    "returns": ("portal.cli.returns", "returns", "Return policies and what they decided."),
    "carriers": ("portal.cli.wiring", "carriers", "Carriers: numbers, answers, accounts, unknown codes."),
    "lab": ("portal.cli.lab", "lab", "Loopback carriers for trying things out."),
    "demo": ("portal.cli.demo", "demo", "Two shops, four carriers and parcels on the move."),
    "doctor": ("portal.cli.doctor", "doctor", "Check configuration, database, carriers and mail."),
}


class _Portal(LazyGroup):
    later = COMMANDS


@click.group(cls=_Portal)
@click.version_option("0.1.0", prog_name="Doorstep")
@click.pass_context
def portal(ctx: click.Context) -> None:
    """Doorstep: tracking, returns and a queue of parcels in trouble, for shops that host it themselves."""
    ctx.obj = ctx.obj or make_context()


def main() -> int:
    """Entry point. What the portal refuses on purpose is one line on standard error, and exit code 1."""
    try:
        portal(standalone_mode=True)
    except PortalError as error:
        click.echo(f"portal: {error}", err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
