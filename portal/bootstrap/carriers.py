"""The carriers of this installation: adapters with their accounts. Light to import: the command line starts with it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, cast

from carriers import registry
from carriers.base import (
    Account,
    Adapter,
    AdapterInfo,
    AggregatorAdapter,
    LabelAdapter,
    PushAdapter,
    PushTarget,
    RawAnswer,
    SubscribingAdapter,
)
from carriers.errors import CarrierError, ErrorKind
from carriers.model import BoughtLabel, Label, LabelDocument, LabelRequest, TrackingResult
from carriers.numbers import valid_for
from portal.bootstrap.recorder import Recorder
from portal.domain.carrier_accounts import ENVIRONMENT, AccountRef, choose
from portal.errors import ConfigError

if TYPE_CHECKING:
    from carriers.http import CarrierHttp
    from portal.usecases.carriers.stored import StoredAccounts
    from portal.usecases.deps import Asked, Subscribed

all_adapters = registry.all_adapters
LABEL_SECONDS = 45.0  # for all calls of a purchase, or of what is done to a label: less than its lease


@dataclass(frozen=True, slots=True)
class EnvironmentAccounts:
    """The installation's accounts whose credentials stand in the environment, by code, with what else is set of them.

    `guarded` is off where nobody minds that many parcels end at once: in the demo, where days can be jumped over.
    """

    accounts: Mapping[str, Account] = field(default_factory=dict)
    paces: Mapping[str, float] = field(default_factory=dict)
    quotas: Mapping[str, int] = field(default_factory=dict)
    guarded: bool = True


@dataclass(frozen=True, slots=True)
class _Reached:
    """A carrier with an account and its way out."""

    adapter: Adapter
    account: Account
    http: CarrierHttp


class CarrierBook:
    """The carriers of this installation (`portal.usecases.deps.Carriers`). Safe for many threads.

    `stored` are the accounts in the database; `secret` keys the marks of those in the environment.
    """

    def __init__(
        self, environment: EnvironmentAccounts, stored: StoredAccounts | None = None, *, secret: bytes = b""
    ) -> None:
        self._adapters = registry.all_adapters()
        self._environment, self._stored, self._secret = environment, stored, secret
        self._ways: dict[tuple[str, str, float], CarrierHttp] = {}
        self._lock = threading.Lock()
        for code in environment.accounts:
            self._adapter(code)

    def _adapter(self, code: str) -> Adapter:
        if code not in self._adapters:
            raise CarrierError(ErrorKind.UNKNOWN_CARRIER, f"No adapter has the code {code!r}.", sent=False)
        return self._adapters[code]

    def info(self, code: str) -> AdapterInfo:
        from carriers import directory  # not needed to read an answer on the command line

        if code in self._adapters:
            return self._adapters[code].info
        found = directory.entry(code)
        if found is None:
            raise CarrierError(ErrorKind.UNKNOWN_CARRIER, f"No carrier has the code {code!r}.", sent=False)
        return AdapterInfo(found.code, found.name, found.country, found.formats, tracking_link=found.link)

    def has_adapter(self, code: str) -> bool:
        return code in self._adapters

    def reachable(self, shop_id: int | None) -> set[str]:
        from carriers import directory

        mine = [a for a in self.accounts() if shop_id is None or a.shop_id in (shop_id, None)]
        found = {account.adapter for account in mine if not account.aggregator}
        return found | set(directory.entries()) if any(account.aggregator for account in mine) else found

    def configured(self) -> set[str]:
        return {account.adapter for account in self.accounts()}

    def accounts(self) -> list[AccountRef]:
        from portal.usecases.carriers.stored import ref_of

        found = [self._of_environment(code) for code in self._environment.accounts]
        rows = self._stored.rows() if self._stored is not None else []
        known = (row for row in rows if row.carrier in self._adapters)  # a package with an adapter may have gone
        return found + [ref_of(row, self._adapters[row.carrier].info) for row in known]

    def _of_environment(self, code: str) -> AccountRef:
        info, env = self._adapters[code].info, self._environment
        account = env.accounts[code]
        said = repr((account.base_url, sorted(account.credentials.items()))).encode()
        return AccountRef(
            key=ENVIRONMENT + code,
            adapter=code,
            name=info.name,
            aggregator=info.aggregator,
            calls_per_second=env.paces.get(code, info.calls_per_second),
            calls_per_day=env.quotas.get(code, info.calls_per_day),
            mark=blake2b(said, key=self._secret[:64], digest_size=8).hexdigest(),
            guarded=env.guarded,
        )

    def _reach(self, ref: AccountRef) -> _Reached:
        from carriers.http import CarrierHttp  # not needed to read an answer on the command line

        adapter = self._adapter(ref.adapter)
        account = self.open(ref)
        name = (ref.key, ref.mark, ref.calls_per_second)
        with self._lock:
            if name not in self._ways:
                # Connections, tokens and pace of an account are its own: one that hangs holds nothing of the others.
                self._ways = {kept: way for kept, way in self._ways.items() if kept[0] != ref.key}
                self._ways[name] = CarrierHttp(ref.adapter, calls_per_second=ref.calls_per_second)
            return _Reached(adapter, account, self._ways[name])

    def open(self, ref: AccountRef) -> Account:
        """The way in. Raises CarrierError(auth) for an account that is gone or cannot be opened."""
        try:
            if ref.key.startswith(ENVIRONMENT):
                found = self._environment.accounts.get(ref.adapter)
            else:
                found = self._stored.open(ref.key, self._adapter(ref.adapter).info) if self._stored else None
        except ConfigError as error:  # until a person has seen to it nothing can be done, as with a wrong password
            raise CarrierError(ErrorKind.AUTH, str(error), sent=False) from None
        if found is None:
            raise CarrierError(ErrorKind.AUTH, f"The account for {ref.adapter} is gone.", sent=False)
        return found

    def track(self, account: AccountRef, carrier: str, numbers: Sequence[str]) -> Asked:
        from portal.usecases.deps import Asked

        try:
            reached = self._reach(account)
        except CarrierError as error:
            return Asked([], error, calls=0)
        http = Recorder(reached.http)
        try:
            if account.adapter == carrier:
                return Asked(reached.adapter.track(http, reached.account, numbers), calls=http.calls)
            aggregator = cast(AggregatorAdapter, reached.adapter)
            return Asked(aggregator.track_for(http, reached.account, carrier, numbers), calls=http.calls)
        except CarrierError as error:
            return Asked([], error, http.keepable(reached.account), http.calls)

    def parse(self, adapter: str, answer: RawAnswer, numbers: Sequence[str], *, push: bool) -> list[TrackingResult]:
        found = self._adapter(adapter)
        return found.parse_push(answer) if push else found.parse(answer, numbers)

    def label_account(self, code: str, shop_id: int | None) -> str:
        ref = self._label_account(code, shop_id)
        return f"{ref.key} {ref.mark}" if ref else ""

    def _label_account(self, code: str, shop_id: int | None) -> AccountRef | None:
        return choose([a for a in self.accounts() if a.adapter == code], shop_id, code)

    def _labels(self, code: str, shop_id: int | None) -> tuple[LabelAdapter, _Reached]:
        adapter = self._adapter(code)
        ref = self._label_account(code, shop_id)
        if ref is None:
            raise CarrierError(ErrorKind.AUTH, f"{code} has no account here (docs/operations.md).", sent=False)
        if not adapter.info.labels:
            raise CarrierError(ErrorKind.NOT_SUPPORTED, f"{code} makes no labels here.", sent=False)
        return cast(LabelAdapter, adapter), self._reach(ref)

    def create_label(self, code: str, request: LabelRequest, *, key: str, shop_id: int | None = None) -> Label:
        adapter, reached = self._labels(code, shop_id)
        return adapter.create_label(reached.http.within(LABEL_SECONDS), reached.account, request, key=key)

    def find_label(self, code: str, request: LabelRequest, *, key: str, shop_id: int | None = None) -> Label | None:
        adapter, reached = self._labels(code, shop_id)
        return adapter.find_label(reached.http.within(LABEL_SECONDS), reached.account, request, key=key)

    def fetch_label(self, code: str, label: BoughtLabel, *, shop_id: int | None = None) -> LabelDocument:
        adapter, reached = self._labels(code, shop_id)
        return adapter.fetch_label(reached.http.within(LABEL_SECONDS), reached.account, label)

    def void_label(self, code: str, label: BoughtLabel, *, shop_id: int | None = None) -> None:
        adapter, reached = self._labels(code, shop_id)
        adapter.void_label(reached.http.within(LABEL_SECONDS), reached.account, label)

    def verify_push(self, code: str, push: RawAnswer, secret: str, now: datetime) -> bool:
        return self._pushes(code).verify_push(push, secret, now)

    def push_id(self, code: str, push: RawAnswer) -> str | None:
        return self._pushes(code).push_id(push)

    def subscribe(self, account: AccountRef, numbers: Sequence[str], target: PushTarget) -> Subscribed:
        from portal.usecases.deps import Subscribed

        try:
            reached = self._reach(account)
        except CarrierError as error:
            return Subscribed(None, error, calls=0)
        http = Recorder(reached.http)
        adapter = cast(SubscribingAdapter, self._pushes(account.adapter))
        try:
            return Subscribed(adapter.subscribe(http, reached.account, numbers, target), calls=http.calls)
        except CarrierError as error:
            return Subscribed(None, error, http.calls)

    def _pushes(self, code: str) -> PushAdapter:
        adapter = self._adapter(code)
        if not adapter.info.push:
            raise CarrierError(ErrorKind.NOT_SUPPORTED, f"{code} sends no pushes.", sent=False)
        return cast(PushAdapter, adapter)

    def number_is_valid(self, code: str, number: str) -> bool | None:
        return valid_for(code, number)


_SETTINGS = {"base_url", "calls_per_second", "calls_per_day", "settings"}


def carrier_accounts(config: Mapping[str, Any], environ: Mapping[str, str]) -> EnvironmentAccounts:
    """Accounts from `carriers.toml` and the environment; a carrier without all its credentials is left out.

    Raises ConfigError that names the setting.
    """
    known = registry.all_adapters()
    accounts: dict[str, Account] = {}
    paces: dict[str, float] = {}
    quotas: dict[str, int] = {}
    for code, table in config.items():
        if code not in known:
            raise ConfigError(f"carriers.toml: no carrier has the code {code!r}; known: {', '.join(sorted(known))}")
        if unknown := set(table) - _SETTINGS:
            raise ConfigError(f"carriers.toml: [{code}] has an unknown setting {min(unknown)!r}")
        info = known[code].info
        prefix = f"PORTAL_CARRIER_{code}_".upper()
        found = {k.removeprefix(prefix).lower(): v for k, v in environ.items() if k.startswith(prefix) and v}
        if all(found.get(name) for name in info.credential_names):
            settings = {str(k): str(v) for k, v in table.get("settings", {}).items()}
            accounts[code] = Account(table.get("base_url") or info.production_url, found | settings)
        if "calls_per_second" in table:
            paces[code] = float(table["calls_per_second"])
        if "calls_per_day" in table:
            quotas[code] = int(table["calls_per_day"])
    return EnvironmentAccounts(accounts, paces, quotas)
