"""Is this installation able to do its work, and if not, what to do about it. Plain values in, lines out."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from portal.db.engine import check_sqlite, sqlite_driver
from portal.db.session import Sessions
from portal.db.tables.carrier_accounts import AccountState
from portal.db.tables.operations import JobHeartbeat
from portal.db.tables.shops import Shop, ShopConfigVersion
from portal.domain.carrier_accounts import ENVIRONMENT, AccountRef
from portal.domain.shop_config import ShopConfig
from portal.errors import PortalError

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, how it stands, and what to do when it does not."""

    name: str
    state: str
    message: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SettingsFacts:
    """What the settings say, without the secrets themselves."""

    env: str
    secret_is_default: bool
    secret_length: int
    public_url: str
    refusal: str  # why production would refuse to start, empty when it would not


def check_settings(facts: SettingsFacts) -> Iterator[Check]:
    """The secret and the public address."""
    if facts.refusal:
        yield Check("settings", FAIL, "this installation refuses to start", facts.refusal)
    else:
        yield Check("settings", OK, f"{facts.env}, {facts.public_url or 'no public address'}")
    if facts.secret_is_default:
        remedy = (
            'Set SECRET_KEY before real orders come in: python -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
        yield Check("secret", WARN if facts.env != "production" else FAIL, "the default secret is in use", remedy)
    elif facts.secret_length < 32:
        yield Check("secret", WARN, "the secret is short", "Make SECRET_KEY 32 characters or longer.")
    else:
        yield Check("secret", OK, "set")
    if facts.env == "development" and not facts.public_url:
        remedy = "Set PORTAL_PUBLIC_URL to the https:// address that shoppers use, and PORTAL_ENV=production."
        yield Check("address", WARN, "links in messages lead to this machine only", remedy)


def check_database(sessions: Sessions, at_head: Callable[[], bool]) -> Iterator[Check]:
    """Reachable, at the newest migration, and a SQLite that is safe to share."""
    if sessions.engine.dialect.name == "sqlite":
        yield _sqlite_version()
    try:
        with sessions.read_system() as session:
            session.execute(select(1))
        migrated = at_head()
    except SQLAlchemyError as error:
        remedy = "Check DATABASE_URL, that the server runs, and that this machine may reach it."
        yield Check("database", FAIL, f"cannot be reached ({type(error).__name__})", remedy)
        return
    yield Check("database", OK, f"reachable, {sessions.engine.dialect.name}")
    if migrated:
        yield Check("migrations", OK, "at the newest")
    else:
        yield Check("migrations", FAIL, "the database is not at the newest migration", "Run `portal db upgrade`.")


def _sqlite_version() -> Check:
    version = sqlite_driver().sqlite_version_info
    said = ".".join(map(str, version))
    try:
        check_sqlite(version)
    except PortalError as error:
        return Check("sqlite", FAIL, f"version {said}", str(error))
    return Check("sqlite", OK, f"version {said}")


def check_carriers(
    known: Mapping[str, tuple[str, ...]],
    named: Iterable[str],
    configured: Iterable[str],
    call: Callable[[str], str] | None = None,
) -> Iterator[Check]:
    """Carriers by code: `known` with the names of their credentials, those `named` in config/carriers.toml, and those
    `configured`. `call` asks a carrier for real and returns what is wrong, empty when nothing is."""
    ready = set(configured)
    for code in named:
        if code not in known:
            remedy = f"Correct config/carriers.toml; known carriers are {', '.join(sorted(known))}."
            yield Check(f"carrier {code}", FAIL, "no adapter has this code", remedy)
        elif code not in ready:
            wanted = ", ".join(f"PORTAL_CARRIER_{code}_{name}".upper() for name in known[code])
            yield Check(f"carrier {code}", WARN, "no credentials, so its parcels are not polled", f"Set {wanted}.")
        elif call is not None and (trouble := call(code)):
            yield Check(f"carrier {code}", FAIL, trouble, "Check the credentials and the address of this carrier.")
        else:
            yield Check(f"carrier {code}", OK, "answers" if call is not None else "credentials are there")
    if not ready:
        yield Check("carriers", WARN, "no carrier is configured", "Give at least one its credentials.")


def check_accounts(
    sessions: Sessions, accounts: Iterable[AccountRef], opens: Callable[[AccountRef], str]
) -> Iterator[Check]:
    """Accounts kept in the database, and any that is paused. `opens` says what is wrong with one, empty when nothing is."""
    with sessions.read_system() as session:
        paused = {
            s.account: s for s in session.scalars(select(AccountState).where(AccountState.paused_at.is_not(None)))
        }
    for ref in accounts:
        name, state = f"account {ref.key}", paused.get(ref.key)
        if state is not None and state.mark in ("", ref.mark):
            why = "its credentials were refused" if state.paused_reason == "auth" else "staff paused it"
            remedy = f"`portal carriers check {ref.adapter}`, then `portal carriers accounts resume {ref.key}`."
            yield Check(name, WARN, f"{ref.adapter}: paused, {why}", remedy)
        elif ref.key.startswith(ENVIRONMENT):
            continue
        elif trouble := opens(ref):
            yield Check(name, FAIL, f"{ref.adapter}: {trouble}", f"`portal carriers accounts change {ref.key}`.")
        else:
            yield Check(name, OK, f"{ref.adapter}, {ref.name}")


def check_mail(where: str, connect: Callable[[], str]) -> Check:
    """`connect` signs in to the mail server and returns what is wrong, empty when nothing is."""
    trouble = connect()
    if trouble:
        remedy = "Check PORTAL_SMTP_HOST, _PORT, _USER, _PASSWORD and _TLS. Messages wait in the outbox until it works."
        return Check("mail", FAIL, f"{where}: {trouble}", remedy)
    return Check("mail", OK, f"{where} takes messages")


def check_jobs(sessions: Sessions, ages: Mapping[str, timedelta], now: datetime) -> Iterator[Check]:
    """Heartbeats of the worker's jobs, with the age each may reach. `now` is real time."""
    try:
        with sessions.read_system() as session:
            beats = {row.job: row for row in session.scalars(select(JobHeartbeat))}
    except SQLAlchemyError:
        yield Check("jobs", WARN, "unknown, as the database is", "See the database above.")
        return
    if not beats:
        yield Check(
            "jobs", WARN, "no worker has ever run here", "Start `portal worker`, or `portal run` for all in one."
        )
        return
    for job, age in ages.items():
        beat = beats.get(job)
        if beat is None or beat.ok_at is None or now - beat.ok_at > age:
            since = f"since {beat.ok_at:%Y-%m-%d %H:%M} UTC" if beat is not None and beat.ok_at else "ever"
            why = f" ({beat.error})" if beat is not None and beat.error else ""
            yield Check(
                f"job {job}", WARN, f"did not end well {since}{why}", "Is `portal worker` running? Read its log."
            )
        else:
            yield Check(f"job {job}", OK, "heard of lately")


def check_shops(sessions: Sessions, label_makers: Container[str]) -> Iterator[Check]:
    """Every shop's settings in force: complete, of the right types, colours that can be read, and a carrier for return
    labels that makes some (`label_makers`: the codes of those that do)."""
    try:
        with sessions.read_system() as session:
            newest = select(Shop.slug, ShopConfigVersion.document).join(
                ShopConfigVersion, ShopConfigVersion.shop_id == Shop.id
            )
            found = session.execute(newest.order_by(Shop.slug, ShopConfigVersion.version))
            documents: dict[str, dict[str, Any]] = {row.slug: row.document for row in found}
    except SQLAlchemyError:
        yield Check("shops", WARN, "unknown, as the database is", "See the database above.")
        return
    if not documents:
        yield Check("shops", WARN, "there is no shop yet", "Run `portal shops create`.")
    for slug, document in documents.items():
        yield _shop(slug, document, label_makers)


def _shop(slug: str, document: Mapping[str, Any], label_makers: Container[str]) -> Check:
    apply = f"Correct the file and run `portal config apply FILE --shop {slug}`."
    try:
        config = ShopConfig.from_document(document)
    except ValueError as error:
        return Check(f"shop {slug}", FAIL, str(error), apply)
    if not config.warehouse.line1 or not config.warehouse.postal_code:
        return Check(f"shop {slug}", WARN, "the warehouse has no street, so no return label can be made", apply)
    makers = filter(None, (config.returns.label_carrier, *config.labels.carriers.values()))
    if unfit := next((maker for maker in makers if maker not in label_makers), ""):
        found = f"the label carrier {unfit!r} makes no labels here: shoppers send parcels on their own"
        return Check(f"shop {slug}", WARN, found, apply)
    return Check(f"shop {slug}", OK, f"{config.name}, {config.currency}")
