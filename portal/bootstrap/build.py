"""Everything that use cases are given, from the settings."""

from __future__ import annotations

import os
import random
import secrets
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from portal.bootstrap.carriers import CarrierBook, EnvironmentAccounts, carrier_accounts
from portal.bootstrap.clock import wall_clock
from portal.bootstrap.platforms import PlatformBook
from portal.db.engine import make_engine
from portal.db.session import Sessions
from portal.notify.channels.smtp import SmtpMailer
from portal.settings import Settings, environment, read_toml
from portal.usecases.carriers.stored import StoredAccounts
from portal.usecases.deps import Deps
from portal.usecases.keyring import Keyring


def crash_points(environ: Mapping[str, str]) -> Callable[[str], None]:
    """The fault tests' hook: PORTAL_CRASH=point kills this process, as the power going would, when it gets there.

    PORTAL_CRASH_ONCE names a file that is made before dying, so that a restarted process lives.
    """
    wanted, once = environ.get("PORTAL_CRASH", ""), environ.get("PORTAL_CRASH_ONCE", "")

    def crash(point: str) -> None:
        if point != wanted or (once and Path(once).exists()):
            return
        if once:
            Path(once).touch()
        os.kill(os.getpid(), signal.SIGKILL)

    return crash if wanted else lambda _point: None


def mailer(settings: Settings) -> SmtpMailer:
    """Mail through the SMTP server of the settings."""
    return SmtpMailer(
        settings.smtp_host,
        settings.smtp_port,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
        tls=settings.smtp_tls,
    )


def make_sessions(settings: Settings) -> Sessions:
    """The database of the settings; a folder for SQLite's file is made when it is missing."""
    url = settings.database_url
    if url.startswith("sqlite:///") and url != "sqlite://" and ":memory:" not in url:
        with suppress(OSError):
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    return Sessions(make_engine(url))


def make_keyring(settings: Settings) -> Keyring:
    """The keys of the settings, newest first."""
    former = settings.keyring.get_secret_value().replace(",", " ").split()
    return Keyring([secret.encode() for secret in (*former, settings.secret_key.get_secret_value())])


def build(
    settings: Settings, *, clock: Callable[[], datetime] = wall_clock, accounts: EnvironmentAccounts | None = None
) -> Deps:
    """Everything that use cases need; `accounts` instead of those of the environment. Raises ConfigError for what
    cannot work."""
    settings.check()
    if accounts is None:
        accounts = carrier_accounts(read_toml(settings.config_dir / "carriers.toml"), environment())
    chance = random.SystemRandom()
    secret = settings.secret_key.get_secret_value().encode()
    sessions, keyring = make_sessions(settings), make_keyring(settings)
    return Deps(
        sessions=sessions,
        clock=clock,
        wall=wall_clock,
        token=lambda: secrets.token_urlsafe(18),
        digits=lambda n: "".join(str(secrets.randbelow(10)) for _ in range(n)),
        carriers=CarrierBook(accounts, StoredAccounts(sessions, keyring), secret=secret),
        mailer=mailer(settings),
        secret=secret,
        keyring=keyring,
        public_url=settings.base_url,
        exception_rules=read_toml(settings.config_dir / "exceptions.toml"),
        keep_answers=timedelta(days=settings.keep_answers_days),
        keep_pushes=timedelta(days=settings.keep_pushes_days),
        refunds=PlatformBook(environment()),
        crash=crash_points(os.environ),
        rest=time.sleep,
        tick_uniform=lambda: chance.uniform(-1, 1),
    )
