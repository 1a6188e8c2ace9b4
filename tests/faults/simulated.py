"""A carrier and a clock that are both played: lost requests, late landings, lost replies, kills and sleeps, by a seed.

The worker's code is the real one. What it is held to: however it goes, a return never has two labels at the carrier.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from carriers.base import AdapterInfo, Recovery
from carriers.errors import CarrierError, ErrorKind
from carriers.model import BoughtLabel, Label, LabelDocument, LabelRequest
from tests.support.doubles import Clock, FakeCarriers

DEADLINE = 15.0  # seconds a call may take
LANDING_LAG = 40.0  # seconds after its deadline at which a request may still land: no real carrier gives a bound
_numbers = count(1)  # of all schedules: no two parcels have the same
SETTLE = 60  # seconds to wait before a doubt is looked up: more than both together


class Killed(BaseException):
    """Stands for SIGKILL: nothing that catches errors catches this."""


@dataclass
class Sale:
    """A label that the carrier has sold, or will have."""

    number: str
    reference: str
    lands_at: datetime
    voided: bool = False


@dataclass
class Chances:
    """How often each fault comes, far more often than in life."""

    lost_request: float = 0.10
    late_landing: float = 0.05
    lost_reply: float = 0.10
    gateway_page: float = 0.05
    refused_connection: float = 0.05
    lost_look_up: float = 0.10
    no_file: float = 0.05
    kill: float = 0.12
    sleep: float = 0.06


@dataclass
class SimulatedCarrier(FakeCarriers):
    """Sells labels to whoever asks, and to the same reference twice unless it is a carrier that does not."""

    clock: Clock = field(default_factory=Clock)
    chance: random.Random = field(default_factory=random.Random)
    chances: Chances = field(default_factory=Chances)
    capability: Recovery = Recovery.FIND_BY_REFERENCE
    settle: int = SETTLE
    sales: list[Sale] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)

    def info(self, code: str) -> AdapterInfo:
        return AdapterInfo(
            code=code,
            name=code.upper(),
            country="US",
            labels=True,
            void=True,
            label_recovery=self.capability,
            settle_seconds=self.settle,
        )

    def create_label(self, code: str, request: LabelRequest, *, key: str, shop_id: int | None = None) -> Label:
        self.clock.advance(seconds=self.chance.uniform(0.1, 2.0))
        if self._happens("refused_connection"):
            raise CarrierError(ErrorKind.SERVER_ERROR, "no connection", sent=False)
        if self._happens("lost_request"):
            self._wait()
        if self._happens("late_landing"):
            self._sell(request.reference, after=DEADLINE + self.chance.uniform(0.0, LANDING_LAG))
            self._wait()
        sale = self._sell(request.reference)
        if self._happens("lost_reply"):
            self._wait()
        if self._happens("gateway_page"):
            raise CarrierError(ErrorKind.MALFORMED, "a gateway's page")
        document = b"" if self._happens("no_file") else b"%PDF-1.4"
        return Label(code, sale.number, document, cost_minor=500, currency="USD")

    def find_label(self, code: str, request: LabelRequest, *, key: str, shop_id: int | None = None) -> Label | None:
        self.clock.advance(seconds=self.chance.uniform(0.1, 2.0))
        if self.capability is Recovery.NONE:
            raise CarrierError(ErrorKind.NOT_SUPPORTED, "cannot be looked up", sent=False)
        if self._happens("lost_look_up"):
            self._wait()
        found = [s for s in self._landed() if s.reference == request.reference]
        return Label(code, found[0].number, b"%PDF-1.4") if found else None

    def fetch_label(self, code: str, label: BoughtLabel, *, shop_id: int | None = None) -> LabelDocument:
        if self._happens("lost_look_up"):
            self._wait()
        return LabelDocument(b"%PDF-1.4")

    def void_label(self, code: str, label: BoughtLabel, *, shop_id: int | None = None) -> None:
        if self._happens("lost_look_up"):
            self._wait()
        for sale in self._landed():
            if sale.number == label.tracking_number:
                sale.voided = True

    def live(self, references: set[str]) -> list[Sale]:
        """The labels sold under some references that nobody gave back, whenever they land."""
        return [sale for sale in self.sales if sale.reference in references and not sale.voided]

    def happens(self, fault: str) -> bool:
        return self._happens(fault)

    def _happens(self, fault: str) -> bool:
        found = self.chance.random() < float(getattr(self.chances, fault))
        self.faults[fault] = self.faults.get(fault, 0) + found
        return found

    def _wait(self) -> None:
        self.clock.advance(seconds=DEADLINE)
        raise CarrierError(ErrorKind.SERVER_ERROR, "no answer before the deadline")

    def _landed(self) -> list[Sale]:
        return [sale for sale in self.sales if sale.lands_at <= self.clock.real and not sale.voided]

    def _sell(self, reference: str, after: float = 0.0) -> Sale:
        """Sell; the second of one key or one unique reference is the first, in whichever order they land."""
        lands_at = self.clock.real + timedelta(seconds=after)
        if self.capability in (Recovery.NATIVE_KEY, Recovery.UNIQUE_REFERENCE):
            for sale in self.sales:
                if sale.reference == reference and not sale.voided:
                    sale.lands_at = min(sale.lands_at, lands_at)
                    return sale
        sale = Sale(f"9400100000000{next(_numbers):09d}", reference, lands_at)
        self.sales.append(sale)
        return sale


@dataclass
class Crashes:
    """The crash points of one schedule: at each, the process may be killed, or sleep while another works on."""

    carrier: SimulatedCarrier
    meanwhile: Callable[[], object] = lambda: None
    asleep: bool = False
    # Here no transaction is open, so that another worker can go on while this one sleeps.
    SLEEPY = frozenset({"label.after_intent", "label.after_submitted", "label.after_reply"})

    def __call__(self, point: str) -> None:
        if not point.startswith("label."):
            return
        if self.carrier.happens("kill"):
            raise Killed
        if point in self.SLEEPY and not self.asleep and self.carrier.happens("sleep"):
            self.asleep = True
            self.carrier.clock.advance(seconds=self.carrier.chance.uniform(30, 400))
            try:
                self.meanwhile()
            finally:
                self.asleep = False
