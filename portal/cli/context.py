"""What commands share: settings and dependencies, made when a command first needs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import click

from portal.errors import ConfigError, PortalError

if TYPE_CHECKING:  # commands about carriers need neither a database nor settings, and should start at once
    from portal.settings import Settings
    from portal.usecases.deps import Deps

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CliContext:
    """`settings` and `deps` are made on first use; what is wrong becomes one clear line and exit code 1."""

    settings: Callable[[], Settings]
    deps: Callable[[], Deps]


def make_context() -> CliContext:
    """The context of a real process."""

    @cache
    def settings() -> Settings:
        from portal.settings import load

        return _said(load)

    @cache
    def deps() -> Deps:
        from portal.bootstrap.build import build

        return _said(lambda: _migrated(build(settings())))

    return CliContext(settings, deps)


def _migrated(deps: Deps) -> Deps:
    """A new SQLite file is made ready on the spot; on PostgreSQL somebody decides when to migrate."""
    from portal.db import schema

    engine = deps.sessions.engine
    if engine.dialect.name == "sqlite" and schema.current(engine) is None:
        schema.upgrade(engine)
    elif not schema.at_head(engine):
        raise ConfigError("The database is not at the newest migration. Run `portal db upgrade` first.")
    return deps


def _said(make: Callable[[], T]) -> T:
    try:
        return make()
    except PortalError as error:
        raise click.ClickException(str(error)) from None
