"""Doubles for what is outside: a clock that is set by hand, carriers that answer from a table, mail that is kept."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from typing import Any

from carriers.base import AdapterInfo, PushTarget, RawAnswer, Recovery
from carriers.errors import CarrierError, ErrorKind
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest, TrackingResult
from portal.db.session import Sessions
from portal.domain.carrier_accounts import AccountRef
from portal.platforms.refunds import MoneyAsk, MoneyDone, MoneyRecovery
from portal.settings import ROOT, read_toml
from portal.usecases.deps import Asked, Deps, ShopRef, Subscribed
from portal.usecases.keyring import Keyring

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # a Wednesday


@dataclass
class Clock:
    """Business and real time, moved together or apart."""

    now: datetime = NOON
    real: datetime = NOON

    def advance(self, **delta: float) -> datetime:
        step = timedelta(**delta)
        self.now += step
        self.real += step
        return self.now

    def business(self) -> datetime:
        return self.now

    def wall(self) -> datetime:
        return self.real


@dataclass
class FakeCarriers:
    """Answers from tables: `results[number]`, or `fails[code]`. Remembers each call and each label bought."""

    results: dict[str, TrackingResult] = field(default_factory=dict)
    fails: dict[str, CarrierError] = field(default_factory=dict)
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    bought: dict[str, Label] = field(default_factory=dict)  # by key: the carrier's own memory
    wanted: list[LabelRequest] = field(default_factory=list)  # each label that was asked for
    label_error: CarrierError | None = None  # raised before anything is bought
    lose_answer: bool = False  # buy, then fail as if the answer was lost
    voided: list[str] = field(default_factory=list)
    batch: int = 1
    recovery: Recovery = Recovery.FIND_BY_REFERENCE
    void_error: CarrierError | None = None
    void: bool = True
    void_days: int | None = None
    label_countries: tuple[str, ...] = ("US",)
    label_mark: str = "1"  # changes with the account that labels are bought with
    document: bytes = b"%PDF-1.4 fake"  # what comes with a purchase
    qr: bytes = b"\x89PNG fake"  # the code beside it
    format: LabelFormat = LabelFormat.PDF
    fetched: bytes = b"%PDF-1.4 fetched"  # what comes when a file is asked for again
    fetch_error: CarrierError | None = None
    codes: tuple[str, ...] = ("ups", "fedex", "usps", "dhl_unified")
    more_accounts: list[AccountRef] = field(default_factory=list)  # beside the installation's, one a code
    calls_per_second: float = 10_000.0  # a test that is about the pace sets its own
    calls_per_day: int | None = None
    guarded: bool = False  # True: a mass change is held for a person
    used: list[str] = field(default_factory=list)  # the key of the account of each call
    retold: dict[bytes, list[TrackingResult]] = field(default_factory=dict)  # what a kept body means today

    def info(self, code: str) -> AdapterInfo:
        return AdapterInfo(
            code=code,
            name=code.upper(),
            country="US",
            batch=self.batch,
            labels=True,
            void=self.void,
            void_days=self.void_days,
            label_countries=self.label_countries,
            label_recovery=self.recovery,
            settle_seconds=60,
        )

    def has_adapter(self, code: str) -> bool:
        return code in self.codes

    def reachable(self, shop_id: int | None) -> set[str]:
        mine = [a for a in self.accounts() if shop_id is None or a.shop_id in (shop_id, None)]
        brought = {"japan_post", "evri_uk"} if any(a.aggregator for a in mine) else set()
        return {a.adapter for a in mine if not a.aggregator} | brought

    def configured(self) -> set[str]:
        return {account.adapter for account in self.accounts()}

    def accounts(self) -> list[AccountRef]:
        return [self.account(code) for code in self.codes] + self.more_accounts

    def account(self, code: str, **changes: Any) -> AccountRef:
        """The installation's account with a carrier, or one like it."""
        values: dict[str, Any] = dict(
            key=f"env:{code}",
            adapter=code,
            name=code.upper(),
            calls_per_second=self.calls_per_second,
            calls_per_day=self.calls_per_day,
            mark="1",
            guarded=self.guarded,
        )
        return AccountRef(**(values | changes))

    def track(self, account: AccountRef, carrier: str, numbers: Sequence[str]) -> Asked:
        self.asked.append((carrier, tuple(numbers)))
        self.used.append(account.key)
        error = self.fails.get(account.key) or self.fails.get(carrier)
        if error is not None:
            return Asked([], error, RawAnswer(500, "text/html", b"<h1>Sorry</h1>"))
        found = [self.results.get(n) or _unknown(n) for n in numbers]
        body = repr([(r.tracking_number, r.status, r.checkpoints) for r in found]).encode()
        self.retold.setdefault(body, found)
        return Asked([(RawAnswer(200, "application/json", body), found)])

    def parse(self, adapter: str, answer: RawAnswer, numbers: Sequence[str], *, push: bool) -> list[TrackingResult]:
        if answer.body not in self.retold:
            raise CarrierError(ErrorKind.MALFORMED, "not JSON")
        return self.retold[answer.body]

    def label_account(self, code: str, shop_id: int | None) -> str:
        return f"{self.account(code).key} {self.label_mark}"

    def create_label(self, code: str, request: LabelRequest, *, key: str, shop_id: int | None = None) -> Label:
        self.wanted.append(request)
        if self.label_error is not None:
            raise self.label_error
        if key not in self.bought:
            number = f"940010000000000000{len(self.bought):04d}"
            self.bought[key] = Label(code, number, self.document, self.qr, 890, "USD", self.format)
        if self.lose_answer:
            raise CarrierError(ErrorKind.SERVER_ERROR, "connection lost", sent=True)
        return self.bought[key]

    def find_label(self, code: str, request: LabelRequest, *, key: str, shop_id: int | None = None) -> Label | None:
        return self.bought.get(key)

    def fetch_label(self, code: str, label: BoughtLabel, *, shop_id: int | None = None) -> LabelDocument:
        if self.fetch_error is not None:
            raise self.fetch_error
        return LabelDocument(self.fetched)

    def void_label(self, code: str, label: BoughtLabel, *, shop_id: int | None = None) -> None:
        if self.void_error is not None:
            raise self.void_error
        self.voided.append(label.tracking_number)

    def verify_push(self, code: str, push: RawAnswer, secret: str, now: datetime) -> bool:
        raise CarrierError(ErrorKind.NOT_SUPPORTED, "no pushes")

    def subscribe(self, account: AccountRef, numbers: Sequence[str], target: PushTarget) -> Subscribed:
        return Subscribed(None, CarrierError(ErrorKind.NOT_SUPPORTED, "no pushes"), calls=0)

    def push_id(self, code: str, push: RawAnswer) -> str | None:
        return None

    def number_is_valid(self, code: str, number: str) -> bool | None:
        return None


@dataclass
class FakeRefunds:
    """A platform that remembers what it paid, by our key, and pays the same key twice unless it knows keys."""

    kinds: tuple[str, ...] = ("refund",)
    how: MoneyRecovery = MoneyRecovery.LIST_FIRST
    paid: list[tuple[str, int]] = field(default_factory=list)  # key and amount, one each time
    asks: list[MoneyAsk] = field(default_factory=list)
    pay_error: CarrierError | None = None  # raised before anything is paid
    lose_answer: bool = False  # pay, then fail as if the answer was lost
    find_error: CarrierError | None = None
    mark: str = "1"
    short_by: int = 0  # pays so much less than it was asked for

    def provider(self, shop: ShopRef, kind: str, order: str | None) -> str | None:
        return "shopify" if kind in self.kinds and order else None

    def recovery(self, shop: ShopRef, provider: str, kind: str) -> MoneyRecovery:
        return self.how

    def account(self, shop: ShopRef, provider: str) -> str:
        return self.mark

    def pay(self, shop: ShopRef, provider: str, ask: MoneyAsk) -> MoneyDone:
        self.asks.append(ask)
        if self.pay_error is not None:
            raise self.pay_error
        known = any(key == ask.key for key, _ in self.paid)
        if not (known and self.how is MoneyRecovery.NATIVE_KEY):
            self.paid.append((ask.key, ask.amount_minor - self.short_by))
        if self.lose_answer:
            raise CarrierError(ErrorKind.SERVER_ERROR, "connection lost", sent=True)
        return MoneyDone("refund/1", ask.amount_minor - self.short_by, ask.currency)

    def find(self, shop: ShopRef, provider: str, ask: MoneyAsk) -> MoneyDone | None:
        if self.find_error is not None:
            raise self.find_error
        amount = next((amount for key, amount in self.paid if key == ask.key), None)
        return None if amount is None else MoneyDone("refund/1", amount, ask.currency)


def _unknown(number: str) -> TrackingResult:
    from carriers.model import Status

    error = CarrierError(ErrorKind.NOT_FOUND, "no such number")
    return TrackingResult(number, Status.PENDING, error=error)


@dataclass
class MailBin:
    """Keeps what is sent; raises `error` instead when it is set."""

    sent: list[EmailMessage] = field(default_factory=list)
    error: Exception | None = None

    def send(self, message: EmailMessage) -> None:
        if self.error is not None:
            raise self.error
        self.sent.append(message)


@cache
def _rules() -> dict[str, Any]:
    return read_toml(ROOT / "config" / "exceptions.toml")


def make_deps(sessions: Sessions, clock: Clock, carriers: FakeCarriers, mail: MailBin, **changes: Any) -> Deps:
    """Deps with doubles; tokens and codes count up, so that a test knows them."""
    tokens = itertools.count(1)
    values: dict[str, Any] = dict(
        sessions=sessions,
        clock=clock.business,
        wall=clock.wall,
        token=lambda: f"token-{next(tokens):018d}",
        digits=lambda n: "123456"[:n].ljust(n, "7"),
        carriers=carriers,
        mailer=mail,
        secret=b"a test's secret, long enough for a key",
        keyring=Keyring([b"a test's secret, long enough for a key"]),
        public_url="https://portal.example",
        exception_rules=_rules(),
    )
    return Deps(**(values | changes))
