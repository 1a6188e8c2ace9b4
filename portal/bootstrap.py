"""The composition root: the one place that picks clocks, chance, carriers, mail and the database."""

from __future__ import annotations

import os
import random
import secrets
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from carriers import registry
from carriers.base import Account, Adapter, AdapterInfo, LabelAdapter, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.http import CarrierHttp
from carriers.model import Label, LabelRequest, TrackingResult
from carriers.numbers import valid_for
from portal.db.engine import make_engine
from portal.db.session import Sessions
from portal.errors import ConfigError
from portal.notify.channels.smtp import SmtpMailer
from portal.settings import Settings, read_toml
from portal.usecases.deps import Deps


def wall_clock() -> datetime:
    """Real time, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Reached:
    """A carrier with its account and its way out."""

    adapter: Adapter
    account: Account
    http: CarrierHttp


class CarrierBook:
    """The carriers of this installation, by code (`portal.usecases.deps.Carriers`)."""

    def __init__(self, accounts: Mapping[str, Account], paces: Mapping[str, float] | None = None) -> None:
        paces = paces or {}
        self._adapters = registry.all_adapters()
        self._reached: dict[str, _Reached] = {}
        for code, account in accounts.items():
            adapter = self._adapter(code)
            pace = paces.get(code, adapter.info.calls_per_second)
            self._reached[code] = _Reached(adapter, account, CarrierHttp(code, calls_per_second=pace))

    def _adapter(self, code: str) -> Adapter:
        if code not in self._adapters:
            raise CarrierError(ErrorKind.UNKNOWN_CARRIER, f"No adapter has the code {code!r}.", sent=False)
        return self._adapters[code]

    def _reach(self, code: str) -> _Reached:
        self._adapter(code)
        if code not in self._reached:
            raise CarrierError(ErrorKind.AUTH, f"{code} has no credentials here (config/carriers.toml).", sent=False)
        return self._reached[code]

    def _labels(self, code: str) -> tuple[LabelAdapter, _Reached]:
        reached = self._reach(code)
        if not reached.adapter.info.labels:
            raise CarrierError(ErrorKind.NOT_SUPPORTED, f"{code} makes no labels here.", sent=False)
        return cast(LabelAdapter, reached.adapter), reached

    def info(self, code: str) -> AdapterInfo:
        return self._adapter(code).info

    def configured(self) -> set[str]:
        return set(self._reached)

    def track(self, code: str, numbers: Sequence[str]) -> list[tuple[RawAnswer, list[TrackingResult]]]:
        reached = self._reach(code)
        return reached.adapter.track(reached.http, reached.account, numbers)

    def create_label(self, code: str, request: LabelRequest, *, key: str) -> Label:
        adapter, reached = self._labels(code)
        return adapter.create_label(reached.http, reached.account, request, key=key)

    def find_label(self, code: str, request: LabelRequest, *, key: str) -> Label | None:
        adapter, reached = self._labels(code)
        return adapter.find_label(reached.http, reached.account, request, key=key)

    def void_label(self, code: str, tracking_number: str) -> None:
        adapter, reached = self._labels(code)
        adapter.void_label(reached.http, reached.account, tracking_number)

    def number_is_valid(self, code: str, number: str) -> bool | None:
        return valid_for(code, number)


def carrier_accounts(
    config: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[dict[str, Account], dict[str, float]]:
    """Accounts and paces from `carriers.toml` and the environment; a carrier without all its credentials is left out.

    Raises ConfigError that names the setting.
    """
    known = registry.all_adapters()
    accounts: dict[str, Account] = {}
    paces: dict[str, float] = {}
    for code, table in config.items():
        if code not in known:
            raise ConfigError(f"carriers.toml: no carrier has the code {code!r}; known: {', '.join(sorted(known))}")
        unknown = set(table) - {"base_url", "calls_per_second", "settings"}
        if unknown:
            raise ConfigError(f"carriers.toml: [{code}] has an unknown setting {min(unknown)!r}")
        info = known[code].info
        found = {n: environ.get(f"PORTAL_CARRIER_{code}_{n}".upper(), "") for n in info.credential_names}
        if all(found.values()):
            settings = {str(k): str(v) for k, v in table.get("settings", {}).items()}
            accounts[code] = Account(table.get("base_url") or info.production_url, found | settings)
        if "calls_per_second" in table:
            paces[code] = float(table["calls_per_second"])
    return accounts, paces


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


def build(
    settings: Settings, *, clock: Callable[[], datetime] = wall_clock, carriers: CarrierBook | None = None
) -> Deps:
    """Everything that use cases need. Raises ConfigError for what cannot work."""
    settings.check()
    if carriers is None:
        carriers = CarrierBook(*carrier_accounts(read_toml(settings.config_dir / "carriers.toml"), os.environ))
    chance = random.SystemRandom()
    return Deps(
        sessions=make_sessions(settings),
        clock=clock,
        wall=wall_clock,
        token=lambda: secrets.token_urlsafe(18),
        digits=lambda n: "".join(str(secrets.randbelow(10)) for _ in range(n)),
        carriers=carriers,
        mailer=mailer(settings),
        secret=settings.secret_key.get_secret_value().encode(),
        public_url=settings.base_url,
        exception_rules=read_toml(settings.config_dir / "exceptions.toml"),
        crash=crash_points(os.environ),
        tick_uniform=lambda: chance.uniform(-1, 1),
    )
