"""`portal doctor`: checks configuration, database, carriers and mail, and says what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import click
from sqlalchemy.exc import SQLAlchemyError

from carriers.errors import CarrierError
from portal.bootstrap.build import mailer, make_keyring, make_sessions
from portal.bootstrap.carriers import CarrierBook, EnvironmentAccounts, all_adapters, carrier_accounts
from portal.bootstrap.clock import wall_clock
from portal.cli.context import CliContext
from portal.db.schema import at_head
from portal.db.session import Sessions
from portal.domain.carrier_accounts import AccountRef
from portal.errors import PortalError
from portal.jobs.runner import stale_after
from portal.jobs.schedule import JOBS
from portal.notify.errors import MailError
from portal.settings import DEFAULT_SECRET, Settings, environment, read_toml
from portal.usecases.carriers.check import trouble_with
from portal.usecases.carriers.stored import StoredAccounts
from portal.usecases.doctor import (
    FAIL,
    OK,
    WARN,
    Check,
    SettingsFacts,
    check_accounts,
    check_carriers,
    check_database,
    check_jobs,
    check_mail,
    check_settings,
    check_shops,
)

_MARKS = {OK: "ok  ", WARN: "warn", FAIL: "FAIL"}
_COLOURS = {OK: "green", WARN: "yellow", FAIL: "red"}


@click.command()
@click.option("--online", is_flag=True, help="Also ask each configured carrier about a number that is nobody's.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def doctor(context: CliContext, online: bool, as_json: bool) -> None:
    """Check configuration, database, carriers and mail. Exit code 1 when something fails."""
    checks = list(_checks(context.settings(), online))
    failed = any(check.state == FAIL for check in checks)
    if as_json:
        click.echo(json.dumps({"ok": not failed, "checks": [check.as_json() for check in checks]}, indent=2))
    else:
        for check in checks:
            click.echo(f"{click.style(_MARKS[check.state], fg=_COLOURS[check.state])}  {check.name}: {check.message}")
            if check.remedy and check.state != OK:
                click.echo(f"      → {check.remedy}")
    raise SystemExit(1 if failed else 0)


def _checks(settings: Settings, online: bool) -> Iterator[Check]:
    yield from check_settings(settings_facts(settings))
    try:
        sessions: Sessions | None = make_sessions(settings)
    except PortalError as error:
        sessions = None
        yield Check("database", FAIL, "cannot be used", str(error))
    if sessions is not None:
        engine = sessions.engine
        yield from check_database(sessions, lambda: at_head(engine))
    yield from _carriers(settings, sessions, online)
    yield _mail(settings)
    if sessions is not None:
        ages = {job.name: timedelta(seconds=stale_after(job).total_seconds()) for job in JOBS}
        yield from check_jobs(sessions, ages, wall_clock())
        yield from check_shops(sessions, {code for code, adapter in all_adapters().items() if adapter.info.labels})


def settings_facts(settings: Settings) -> SettingsFacts:
    """What the checks may know of the settings: lengths and verdicts, no secret."""
    secret = settings.secret_key.get_secret_value()
    try:
        settings.check()
        refusal = ""
    except PortalError as error:
        refusal = str(error)
    return SettingsFacts(settings.env, secret == DEFAULT_SECRET, len(secret), settings.public_url, refusal)


def _carriers(settings: Settings, sessions: Sessions | None, online: bool) -> Iterator[Check]:
    known = {code: tuple(adapter.info.credential_names) for code, adapter in all_adapters().items()}
    try:
        document = read_toml(settings.config_dir / "carriers.toml")
    except PortalError as error:
        yield Check("carriers", FAIL, str(error), "Correct config/carriers.toml.")
        return
    mine = {code: table for code, table in document.items() if code in known}
    try:
        accounts = carrier_accounts(mine, environment())
    except PortalError as error:
        yield Check("carriers", FAIL, str(error), "Correct config/carriers.toml.")
        return
    book, found = _book(settings, accounts, sessions)
    by_code = {account.adapter: account for account in found}
    ask = (lambda code: trouble_with(book, by_code[code])) if online else None
    yield from check_carriers(known, document, by_code, ask)
    if sessions is not None and found:
        yield from check_accounts(
            sessions, found, lambda ref: trouble_with(book, ref) if online else _unopened(book, ref)
        )


def _book(
    settings: Settings, accounts: EnvironmentAccounts, sessions: Sessions | None
) -> tuple[CarrierBook, list[AccountRef]]:
    """All accounts, those in the database too where there is one with these tables."""
    if sessions is not None:
        book = CarrierBook(accounts, StoredAccounts(sessions, make_keyring(settings)))
        with suppress(SQLAlchemyError):
            return book, book.accounts()
    book = CarrierBook(accounts)
    return book, book.accounts()


def _unopened(book: CarrierBook, ref: AccountRef) -> str:
    """Why an account's credentials cannot be opened; makes no call."""
    try:
        book.open(ref)
    except CarrierError as error:
        return error.message
    return ""


def _mail(settings: Settings) -> Check:
    def connect() -> str:
        try:
            mailer(settings).check()
        except MailError as error:
            return str(error)
        return ""

    return check_mail(f"{settings.smtp_host}:{settings.smtp_port}", connect)
