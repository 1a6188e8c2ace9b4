"""`portal db`: bring the database to the newest migration."""

from __future__ import annotations

import click

from portal.bootstrap.build import make_sessions
from portal.cli.context import CliContext
from portal.db import schema


@click.group()
def db() -> None:
    """Migrate the database."""


@db.command()
@click.pass_obj
def upgrade(context: CliContext) -> None:
    """Run the migrations that are missing. Safe to run at every start."""
    engine = make_sessions(context.settings()).engine
    before = schema.current(engine)
    schema.upgrade(engine)
    after = schema.current(engine)
    click.echo(f"The database is at {after}." + ("" if before == after else f" It was at {before or 'nothing'}."))


@db.command()
@click.pass_obj
def check(context: CliContext) -> None:
    """Say whether the database is at the newest migration; exit code 1 when it is not."""
    engine = make_sessions(context.settings()).engine
    if not schema.at_head(engine):
        raise click.ClickException(f"The database is at {schema.current(engine)}; run `portal db upgrade`.")
    click.echo(f"The database is at {schema.head()}, the newest.")


@db.command()
@click.argument("message")
@click.option("--revision", required=True, help="Number of the new file, such as 0002.")
@click.pass_obj
def revise(context: CliContext, message: str, revision: str) -> None:
    """For developers: write a migration from what the tables say and the database lacks."""
    schema.revise(make_sessions(context.settings()).engine, message, revision)
