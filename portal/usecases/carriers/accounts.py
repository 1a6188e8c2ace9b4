"""Accounts with carriers as people manage them: added, changed, paused, taken away, sealed anew. Real time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sqlalchemy import Update, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from carriers.base import AdapterInfo
from portal.db.tables.carrier_accounts import AccountState, CarrierAccount
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.domain.carrier_accounts import ENVIRONMENT, AccountRef
from portal.domain.words import N_
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.carriers import pace
from portal.usecases.carriers.stored import ref_of, seal, unseal
from portal.usecases.deps import Deps
from portal.usecases.staff import audit

NO_ACCOUNT = N_("There is no such account.")
NO_CARRIER = N_("No carrier has this code.")
TAKEN = N_("There is an account for this carrier and shop already.")
BAD_ADDRESS = N_("The address must begin with https://, or with http:// on this machine.")
BAD_QUOTA = N_("A pace and a quota are greater than zero.")
FROM_ENVIRONMENT = N_("This account comes from the environment; it is changed and taken away there.")
_HERE = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What somebody typed. Its representation shows no credentials."""

    carrier: str
    credentials: Mapping[str, str] = field(repr=False)
    shop_id: int | None = None
    name: str = ""
    base_url: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    calls_per_day: int | None = None
    calls_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What of an account is to be changed; None leaves it as it is."""

    credentials: Mapping[str, str] | None = field(default=None, repr=False)
    name: str | None = None
    base_url: str | None = None
    settings: Mapping[str, str] | None = None
    calls_per_day: int | None = None
    calls_per_second: float | None = None


def add_account(deps: Deps, new: NewAccount, *, actor: str) -> AccountRef:
    """Keep an account, its credentials sealed. Raises InvalidInput that names the field, Conflict where there is one."""
    info = _info(deps, new.carrier)
    credentials = {name: value for name, value in new.credentials.items() if value}
    _check(info, credentials, new.base_url, new.calls_per_day, new.calls_per_second)
    try:
        with deps.sessions.write_system() as session:
            row = CarrierAccount(
                shop_id=new.shop_id,
                carrier=new.carrier,
                name=new.name.strip()[:80] or info.name,
                base_url=new.base_url or None,
                settings=dict(new.settings),
                kid="",
                sealed=b"",
                calls_per_day=new.calls_per_day,
                calls_per_second=new.calls_per_second,
                version=1,
                created_at=deps.wall(),
                changed_at=deps.wall(),
            )
            session.add(row)
            session.flush()  # the credentials are bound to the row's id
            row.kid, row.sealed = seal(deps.keyring, row.id, credentials)
            ref = ref_of(row, info)
            _ask_again(session, deps, ref)
            _audit(session, deps, actor, "account_added", ref)
    except IntegrityError:
        raise Conflict(TAKEN) from None
    return ref


def change_account(deps: Deps, key: str, changes: Changes, *, actor: str) -> AccountRef:
    """Change an account. New credentials end a pause that refused ones brought about. Raises NotFound, InvalidInput."""
    with deps.sessions.write_system() as session:
        row = _row(session, key)
        info = _info(deps, row.carrier)
        credentials = unseal(deps.keyring, row)
        if changes.credentials is not None:
            credentials |= {name: value for name, value in changes.credentials.items() if value}
        _check(info, credentials, changes.base_url, changes.calls_per_day, changes.calls_per_second)
        row.kid, row.sealed = seal(deps.keyring, row.id, credentials)
        for name in ("name", "base_url", "settings", "calls_per_day", "calls_per_second"):
            value = getattr(changes, name)
            if value is not None:
                setattr(row, name, value)
        row.version += 1
        row.changed_at = deps.wall()
        ref = ref_of(row, info)
        _ask_again(session, deps, ref)
        _audit(session, deps, actor, "account_changed", ref)
    return ref


def remove_account(deps: Deps, key: str, *, actor: str) -> None:
    """Forget an account and its credentials. Its parcels are asked about with another one, if there is one."""
    with deps.sessions.write_system() as session:
        row = _row(session, key)
        ref = ref_of(row, _info(deps, row.carrier))
        session.execute(delete(AccountState).where(AccountState.account == key))
        session.delete(row)
        _audit(session, deps, actor, "account_removed", ref)


def pause_account(deps: Deps, key: str, *, actor: str) -> None:
    """Ask nothing with this account until it is resumed; its parcels keep their place. Raises NotFound."""
    ref = find_account(deps, key)
    with deps.sessions.write_system() as session:
        state = pace.state_of(session, ref)
        if state.paused_at is None:
            state.paused_at, state.paused_reason, state.paused_by = deps.wall(), "staff", actor
            _audit(session, deps, actor, "account_paused", ref)


def resume_account(deps: Deps, key: str, *, actor: str) -> None:
    """Ask with it again, whatever it was left alone for. Raises NotFound."""
    ref = find_account(deps, key)
    with deps.sessions.write_system() as session:
        pace.resume(pace.state_of(session, ref))
        _ask_again(session, deps, ref)
        _audit(session, deps, actor, "account_resumed", ref)


def wanted_credentials(deps: Deps, carrier: str) -> tuple[str, ...]:
    """The names of the credentials without which a carrier cannot be asked. Raises InvalidInput for no carrier."""
    return _info(deps, carrier).credential_names


def find_account(deps: Deps, key: str) -> AccountRef:
    """An account by its key. Raises NotFound."""
    found = next((account for account in deps.carriers.accounts() if account.key == key), None)
    if found is None:
        raise NotFound(NO_ACCOUNT)
    return found


def rekey(deps: Deps) -> int:
    """Seal everything with the newest key that is not yet. Returns how many rows; may be stopped and begun again."""
    with deps.sessions.read_system() as session:
        old = session.scalars(select(CarrierAccount.id).where(CarrierAccount.kid != deps.keyring.newest)).all()
    for account_id in old:
        with deps.sessions.write_system() as session:
            row = session.get(CarrierAccount, account_id, with_for_update=True)
            if row is not None:
                row.kid, row.sealed = seal(deps.keyring, row.id, unseal(deps.keyring, row))
    return len(old)


def _row(session: Session, key: str) -> CarrierAccount:
    if key.startswith(ENVIRONMENT):
        raise InvalidInput(FROM_ENVIRONMENT, "account")
    row = session.get(CarrierAccount, int(key), with_for_update=True) if key.isascii() and key.isdigit() else None
    if row is None:
        raise NotFound(NO_ACCOUNT)
    return row


def _info(deps: Deps, carrier: str) -> AdapterInfo:
    if not deps.carriers.has_adapter(carrier):
        raise InvalidInput(NO_CARRIER, "carrier")
    return deps.carriers.info(carrier)


def _check(
    info: AdapterInfo,
    credentials: Mapping[str, str],
    base_url: str | None,
    calls_per_day: int | None,
    calls_per_second: float | None,
) -> None:
    for name in info.credential_names:
        if not credentials.get(name):
            raise InvalidInput(f"The credential {name} is missing.", name)
    if base_url:
        parts = urlsplit(base_url)
        if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE)):
            raise InvalidInput(BAD_ADDRESS, "base_url")
    if (calls_per_day is not None and calls_per_day < 1) or (calls_per_second is not None and calls_per_second <= 0):
        raise InvalidInput(BAD_QUOTA, "calls_per_day")


def _ask_again(session: Session, deps: Deps, ref: AccountRef) -> None:
    """Parcels that were put off because nobody could be asked need not wait any longer."""
    waiting = select(Shipment.id).where(Shipment.last_error == "auth")
    if not ref.aggregator:
        waiting = waiting.where(Shipment.carrier == ref.adapter)
    if ref.shop_id is not None:
        waiting = waiting.where(Shipment.shop_id == ref.shop_id)
    statement: Update = update(PollQueueEntry).where(PollQueueEntry.shipment_id.in_(waiting))
    session.execute(statement.values(next_poll_at=deps.clock()), execution_options={"synchronize_session": False})


def _audit(session: Session, deps: Deps, actor: str, action: str, ref: AccountRef) -> None:
    audit.record(
        session,
        deps,
        actor=actor,
        action=action,
        subject=f"account {ref.key}",
        shop_id=ref.shop_id,
        details={"carrier": ref.adapter},
    )
