"""`portal config`: a shop's settings, between files and the database. The newest version is in force."""

from __future__ import annotations

from pathlib import Path

import click

from portal.cli.context import CliContext
from portal.domain.toml_text import dumps
from portal.settings import read_toml
from portal.usecases.shops import apply_config, doubts, export_config


@click.group()
def config() -> None:
    """Apply and export shops' settings."""


@config.command("apply")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--shop", "slug", required=True, help="The shop's short name.")
@click.option("--force", is_flag=True, help="Also over a newer version that was made in the browser.")
@click.pass_obj
def apply(context: CliContext, file: Path, slug: str, force: bool) -> None:
    """Put the settings of FILE into force, as a new version."""
    shop, changed = apply_config(context.deps(), slug, read_toml(file), force=force)
    done = "is in force" if changed else "was in force already; nothing changed"
    click.echo(f"Version {shop.config_version} of {shop.slug}'s settings {done}.")
    for doubt in doubts(shop.config):
        click.echo(f"Look at this: {doubt}.", err=True)


@config.command("export")
@click.option("--shop", "slug", required=True, help="The shop's short name.")
@click.pass_obj
def export(context: CliContext, slug: str) -> None:
    """Print the settings in force as TOML."""
    click.echo(dumps(export_config(context.deps(), slug)), nl=False)
