"""What use cases are given: clocks, chance, the database, carriers, mail. Chosen in `portal.bootstrap`, nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, Protocol

from carriers.base import AdapterInfo, Answers, PushTarget, RawAnswer, Subscription
from carriers.errors import CarrierError, ErrorKind
from carriers.model import BoughtLabel, Label, LabelDocument, LabelRequest, TrackingResult
from portal.db.session import Sessions
from portal.domain.carrier_accounts import AccountRef
from portal.domain.shop_config import ShopConfig
from portal.platforms.refunds import MoneyAsk, MoneyDone, MoneyRecovery
from portal.usecases.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking a carrier gave: its answers, and the error that ended it, if one did.

    `unread` is the answer behind an error that came of reading it. `calls` were made for it, each counts for a quota.
    """

    answers: Answers
    error: CarrierError | None = None
    unread: RawAnswer | None = None
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Subscribed:
    """What asking for pushes gave: what the carrier agreed to, or the error. `calls` were made for it."""

    subscription: Subscription | None
    error: CarrierError | None = None
    calls: int = 1


class Carriers(Protocol):
    """The carriers this installation can reach.

    What makes a call raises CarrierError, except `track`, which gives it back. A label is bought with the shop's own
    account where it has one, else with the installation's.
    """

    def info(self, code: str) -> AdapterInfo:
        """What is known of a carrier: of its adapter, or of one that only aggregators bring, which can do nothing by
        itself. Raises CarrierError(unknown_carrier)."""

    def has_adapter(self, code: str) -> bool:
        """Whether an account with this carrier can be used."""

    def reachable(self, shop_id: int | None) -> set[str]:
        """The carriers whose parcels can be asked about for a shop (None: for any), through aggregators too."""

    def configured(self) -> set[str]:
        """The codes that some account is for: the installation's or a shop's."""

    def accounts(self) -> list[AccountRef]:
        """Every account there is, with the shops'. One query."""

    def track(self, account: AccountRef, carrier: str, numbers: Sequence[str]) -> Asked:
        """Ask about at most a batch of one carrier's numbers. Raises nothing that comes of the call."""

    def parse(self, adapter: str, answer: RawAnswer, numbers: Sequence[str], *, push: bool) -> list[TrackingResult]:
        """Read a kept answer or push again. No call."""

    def label_account(self, code: str, shop_id: int | None) -> str:
        """Which account a shop's labels of a carrier are bought with, and in which version; empty where there is none.

        Tells nothing of the credentials.
        """

    def create_label(self, code: str, request: LabelRequest, *, key: str, shop_id: int | None = None) -> Label: ...

    def find_label(self, code: str, request: LabelRequest, *, key: str, shop_id: int | None = None) -> Label | None: ...

    def fetch_label(self, code: str, label: BoughtLabel, *, shop_id: int | None = None) -> LabelDocument: ...

    def void_label(self, code: str, label: BoughtLabel, *, shop_id: int | None = None) -> None: ...

    def verify_push(self, code: str, push: RawAnswer, secret: str, now: datetime) -> bool:
        """Whether a push may be believed. Raises CarrierError(auth) for a wrong proof (`carriers.base.PushAdapter`)."""

    def subscribe(self, account: AccountRef, numbers: Sequence[str], target: PushTarget) -> Subscribed:
        """Ask for pushes, about at most a batch of numbers or about the account. Raises nothing that comes of the
        call."""

    def push_id(self, code: str, push: RawAnswer) -> str | None:
        """The carrier's own name for this delivery, None where it has none."""

    def number_is_valid(self, code: str, number: str) -> bool | None:
        """False when the check digit is surely wrong, None when no format of the carrier is known."""


class Refunds(Protocol):
    """The platforms on which shops sold, where one is connected: money goes back the way it came.

    Who calls an effect's provider gives its name (`provider`) again, and the shop. `order` is the platform's own id of
    an order; `key` names the effect. What makes a call raises CarrierError, as carriers do.
    """

    def provider(self, shop: ShopRef, kind: str, order: str | None) -> str | None:
        """The name of who pays a "refund" or issues a "credit" for an order; None: a person does, and confirms it."""

    def recovery(self, shop: ShopRef, provider: str, kind: str) -> MoneyRecovery:
        """How a call whose answer was lost is made safe. Raises CarrierError(unknown_carrier) when it is gone."""

    def account(self, shop: ShopRef, provider: str) -> str:
        """Which account of the platform is used, and in which version. Tells nothing of the credentials."""

    def pay(self, shop: ShopRef, provider: str, ask: MoneyAsk) -> MoneyDone: ...

    def find(self, shop: ShopRef, provider: str, ask: MoneyAsk) -> MoneyDone | None:
        """What an earlier call with this key did, or None when surely nothing."""


class NoRefunds:
    """No platform is connected: a person pays, and writes it down here."""

    def provider(self, shop: ShopRef, kind: str, order: str | None) -> str | None:
        return None

    def recovery(self, shop: ShopRef, provider: str, kind: str) -> MoneyRecovery:
        raise CarrierError(ErrorKind.UNKNOWN_CARRIER, f"No platform is called {provider!r}.", sent=False)

    def account(self, shop: ShopRef, provider: str) -> str:
        return ""

    def pay(self, shop: ShopRef, provider: str, ask: MoneyAsk) -> MoneyDone:
        raise CarrierError(ErrorKind.UNKNOWN_CARRIER, f"No platform is called {provider!r}.", sent=False)

    def find(self, shop: ShopRef, provider: str, ask: MoneyAsk) -> MoneyDone | None:
        raise CarrierError(ErrorKind.UNKNOWN_CARRIER, f"No platform is called {provider!r}.", sent=False)


class Mailer(Protocol):
    """Sends one message. Raises MailRefused, MailUnsure or MailDown (`portal.notify.channels.smtp`)."""

    def send(self, message: EmailMessage) -> None: ...


@dataclass(frozen=True, slots=True)
class Deps:
    """Ports. `clock` is business time (the demo's runs faster); `wall` is real time, for leases, budgets, codes."""

    sessions: Sessions
    clock: Callable[[], datetime]
    wall: Callable[[], datetime]
    token: Callable[[], str]  # 128 random bits or more, URL-safe
    digits: Callable[[int], str]  # random decimal digits
    carriers: Carriers
    mailer: Mailer
    secret: bytes = field(repr=False)  # keys the hashes of tokens, codes and budgets
    keyring: Keyring  # seals what is encrypted at rest
    public_url: str  # the installation's own address, without a slash at the end
    exception_rules: Mapping[str, Any]  # config/exceptions.toml
    refunds: Refunds = field(default_factory=NoRefunds)
    keep_answers: timedelta = timedelta(days=7)  # how long what carriers answered is kept, byte for byte
    keep_pushes: timedelta = timedelta(days=30)  # how long carriers' pushes are kept after they were read
    crash: Callable[[str], None] = lambda point: None  # named points at which the fault tests kill the process
    rest: Callable[[float], None] = lambda seconds: (
        None
    )  # between two pieces of work, so that others get at the database
    tick_uniform: Callable[[], float] = lambda: 0.0  # -1..1, for jitter


@dataclass(frozen=True, slots=True)
class ShopRef:
    """A shop as use cases and pages carry it: where it is and how it is set."""

    id: int
    slug: str
    host: str | None
    config: ShopConfig
    config_version: int
