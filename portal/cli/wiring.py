"""Commands about carriers, given what only the composition root may pick."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from portal.bootstrap.carriers import all_adapters, carrier_accounts
from portal.bootstrap.clock import wall_clock
from portal.cli.carriers import make_group
from portal.errors import PortalError

if TYPE_CHECKING:
    from portal.settings import Settings


def _configured() -> set[str]:
    from portal.settings import environment, load, read_toml  # only `list` needs it

    settings = load()
    found = set(carrier_accounts(read_toml(settings.config_dir / "carriers.toml"), environment()).accounts)
    return found | _stored(settings)


def _stored(settings: Settings) -> set[str]:
    """Carriers of the accounts in the database; none where there is no database yet, which is not made for a list."""
    from sqlalchemy.exc import SQLAlchemyError

    from portal.bootstrap.build import make_keyring, make_sessions
    from portal.usecases.carriers.stored import StoredAccounts

    path = settings.database_url.removeprefix("sqlite:///")
    if path != settings.database_url and not Path(path).exists():
        return set()
    with suppress(SQLAlchemyError, PortalError):
        sessions = make_sessions(settings)
        try:
            return {row.carrier for row in StoredAccounts(sessions, make_keyring(settings)).rows()}
        finally:
            sessions.engine.dispose()
    return set()


carriers = make_group(all_adapters, _configured, wall_clock)
