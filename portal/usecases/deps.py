"""What use cases are given: clocks, chance, the database, carriers, mail. Chosen in `portal.bootstrap`, nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Protocol

from carriers.base import AdapterInfo, RawAnswer
from carriers.model import BoughtLabel, Label, LabelDocument, LabelRequest, TrackingResult
from portal.db.session import Sessions
from portal.domain.shop_config import ShopConfig


class Carriers(Protocol):
    """The carriers this installation can reach. Every call may raise CarrierError."""

    def info(self, code: str) -> AdapterInfo: ...

    def configured(self) -> set[str]: ...

    def track(self, code: str, numbers: Sequence[str]) -> list[tuple[RawAnswer, list[TrackingResult]]]: ...

    def create_label(self, code: str, request: LabelRequest, *, key: str) -> Label: ...

    def find_label(self, code: str, request: LabelRequest, *, key: str) -> Label | None: ...

    def fetch_label(self, code: str, label: BoughtLabel) -> LabelDocument: ...

    def void_label(self, code: str, label: BoughtLabel) -> None: ...

    def number_is_valid(self, code: str, number: str) -> bool | None:
        """False when the check digit is surely wrong, None when no format of the carrier is known."""


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
    public_url: str  # the installation's own address, without a slash at the end
    exception_rules: Mapping[str, Any]  # config/exceptions.toml
    crash: Callable[[str], None] = lambda point: None  # named points at which the fault tests kill the process
    tick_uniform: Callable[[], float] = lambda: 0.0  # -1..1, for jitter


@dataclass(frozen=True, slots=True)
class ShopRef:
    """A shop as use cases and pages carry it: where it is and how it is set."""

    id: int
    slug: str
    host: str | None
    config: ShopConfig
    config_version: int
