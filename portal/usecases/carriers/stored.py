"""The accounts that are kept in the database, opened when a call needs them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from sqlalchemy import select

from carriers.base import Account, AdapterInfo
from portal.db.session import Sessions
from portal.db.tables.carrier_accounts import CarrierAccount
from portal.domain.carrier_accounts import AccountRef
from portal.usecases.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Stored:
    """An account and its way in."""

    ref: AccountRef
    account: Account


def bound_to(account_id: int) -> str:
    """What the sealed credentials of a row are bound to."""
    return f"carrier_accounts {account_id}"


def seal(keyring: Keyring, account_id: int, credentials: dict[str, str]) -> tuple[str, bytes]:
    return keyring.seal(json.dumps(credentials).encode(), bound_to=bound_to(account_id))


def unseal(keyring: Keyring, row: CarrierAccount) -> dict[str, str]:
    """Raises ConfigError (`Keyring.open`)."""
    found: dict[str, str] = json.loads(keyring.open(row.kid, row.sealed, bound_to=bound_to(row.id)))
    return found


def ref_of(row: CarrierAccount, info: AdapterInfo) -> AccountRef:
    """A row as the rest of the program carries it."""
    return AccountRef(
        key=str(row.id),
        adapter=row.carrier,
        name=row.name,
        shop_id=row.shop_id,
        aggregator=info.aggregator,
        calls_per_second=row.calls_per_second or info.calls_per_second,
        calls_per_day=row.calls_per_day or info.calls_per_day,
        mark=str(row.version),
    )


@dataclass(slots=True)
class StoredAccounts:
    """Reads the accounts of the database. Opened ones are kept until their row changes."""

    sessions: Sessions
    keyring: Keyring = field(repr=False)
    _opened: dict[tuple[int, int, bytes], Account] = field(default_factory=dict, repr=False)

    def rows(self) -> list[CarrierAccount]:
        with self.sessions.read_system() as session:
            return list(session.scalars(select(CarrierAccount).order_by(CarrierAccount.id)))

    def open(self, key: str, info: AdapterInfo) -> Account | None:
        """The way in of one account, None when it is gone. Raises ConfigError for one that cannot be opened."""
        with self.sessions.read_system() as session:
            row = session.get(CarrierAccount, int(key))
        if row is None:
            return None
        name = (row.id, row.version, row.sealed)  # SQLite gives an id again when its row is gone
        if name not in self._opened:
            settings = {str(k): str(v) for k, v in row.settings.items()}
            base_url = row.base_url or info.production_url
            self._opened = {kept: a for kept, a in self._opened.items() if kept[0] != row.id}
            self._opened[name] = Account(base_url, unseal(self.keyring, row) | settings)
        return self._opened[name]
