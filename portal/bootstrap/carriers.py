"""The carriers of this installation: adapters with their accounts. Light to import: the command line starts with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from carriers import registry
from carriers.base import Account, Adapter, AdapterInfo, LabelAdapter, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import BoughtLabel, Label, LabelDocument, LabelRequest, TrackingResult
from carriers.numbers import valid_for
from portal.errors import ConfigError

if TYPE_CHECKING:
    from carriers.http import CarrierHttp

all_adapters = registry.all_adapters


@dataclass(frozen=True, slots=True)
class _Reached:
    """A carrier with its account and its way out."""

    adapter: Adapter
    account: Account
    http: CarrierHttp


class CarrierBook:
    """The carriers of this installation, by code (`portal.usecases.deps.Carriers`)."""

    def __init__(self, accounts: Mapping[str, Account], paces: Mapping[str, float] | None = None) -> None:
        from carriers.http import CarrierHttp  # not needed to read an answer on the command line

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

    def fetch_label(self, code: str, label: BoughtLabel) -> LabelDocument:
        adapter, reached = self._labels(code)
        return adapter.fetch_label(reached.http, reached.account, label)

    def void_label(self, code: str, label: BoughtLabel) -> None:
        adapter, reached = self._labels(code)
        adapter.void_label(reached.http, reached.account, label)

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
        prefix = f"PORTAL_CARRIER_{code}_".upper()
        found = {k.removeprefix(prefix).lower(): v for k, v in environ.items() if k.startswith(prefix) and v}
        if all(found.get(name) for name in info.credential_names):
            settings = {str(k): str(v) for k, v in table.get("settings", {}).items()}
            accounts[code] = Account(table.get("base_url") or info.production_url, found | settings)
        if "calls_per_second" in table:
            paces[code] = float(table["calls_per_second"])
    return accounts, paces
