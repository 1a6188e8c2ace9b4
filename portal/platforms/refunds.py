"""What it takes to give money back through the platform on which a shop sold."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from carriers.base import Account, Http


class MoneyRecovery(StrEnum):
    """How a call whose answer was lost is made safe (reliability: effect ledger)."""

    NATIVE_KEY = "native_key"  # the same key gives the same refund, however often it is asked for
    LIST_FIRST = (
        "list_first"  # what was paid is listed with our key, which is looked for before anything is asked again
    )
    NONE = "none"  # a person has to look


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """What is given back for one line, for the platform's books. `line` is the platform's own id of it."""

    line: str
    quantity: int


@dataclass(frozen=True, slots=True)
class MoneyAsk:
    """One sum to give back. `key` is the idempotency key, and is written into the platform's note of it as well, so that
    it can be looked up. `order` is the platform's own id. `code` is what a store credit is redeemed with."""

    kind: str  # refund or credit
    order: str
    amount_minor: int
    currency: str
    key: str
    note: str  # the number of the return
    lines: tuple[MoneyLine, ...] = ()
    code: str = field(default="", repr=False)

    @property
    def mark(self) -> str:
        """How the platform's note names the effect."""
        return f"{self.note} [{self.key}]"


@dataclass(frozen=True, slots=True)
class MoneyDone:
    """What the platform did. `handle` is its own name for it."""

    handle: str
    amount_minor: int
    currency: str


class RefundPlatform(Protocol):
    """One kind of platform. No state of its own; `http` is the only way out."""

    name: str

    def does(self, kind: str) -> bool:
        """Whether it can pay a "refund" or issue a "credit"."""

    def recovery(self, account: Account, kind: str) -> MoneyRecovery: ...

    def pay(self, http: Http, account: Account, ask: MoneyAsk) -> MoneyDone:
        """Give the money back. The call that pays is never repeated inside.

        Raises CarrierError, with `sent` False or a kind that says so when surely nothing was paid.
        """

    def find(self, http: Http, account: Account, ask: MoneyAsk) -> MoneyDone | None:
        """What an earlier call with this key did; None when surely nothing. Raises CarrierError(not_supported) where
        that cannot be known."""
