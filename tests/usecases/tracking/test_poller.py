"""One carrier that hangs holds up nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from carriers.model import Status
from portal.domain.carrier_accounts import AccountRef
from portal.usecases.deps import Asked, Deps
from portal.usecases.tracking.poller import Poller
from tests.support.doubles import Clock, FakeCarriers
from tests.support.factory import Factory
from tests.usecases.tracking.test_poll import moving, row, scan

LONG = 20  # seconds that a test waits at most for what should come at once


@dataclass
class HangingCarriers(FakeCarriers):
    """`hangs` does not answer until `released`."""

    hangs: str = "ups"
    released: threading.Event = field(default_factory=threading.Event)
    hanging: threading.Event = field(default_factory=threading.Event)

    def track(self, account: AccountRef, carrier: str, numbers: Sequence[str]) -> Asked:
        if carrier == self.hangs:
            self.hanging.set()
            assert self.released.wait(LONG)
        return super().track(account, carrier, numbers)


@pytest.fixture
def carriers() -> Iterator[HangingCarriers]:
    hanging = HangingCarriers()
    yield hanging
    hanging.released.set()


@pytest.fixture
def poller() -> Iterator[Poller]:
    made = Poller()
    yield made
    made.stop()


def finished(poller: Poller, carrier: str) -> int:
    return poller.running[f"env:{carrier} {carrier}"].result(LONG)


def test_a_carrier_that_hangs_does_not_hold_up_the_others(
    deps: Deps, make: Factory, carriers: HangingCarriers, poller: Poller, clock: Clock
) -> None:
    stuck = [make.shipment() for _ in range(20)]
    well = make.shipment(carrier="fedex", tracking_number="449044304137821")
    carriers.results[well.tracking_number] = moving(well.tracking_number, scan(3, Status.IN_TRANSIT))
    try:
        poller.tick(deps)
        assert carriers.hanging.wait(LONG)
        assert finished(poller, "fedex") == 1
        assert row(deps, well).status == "in_transit"
        clock.advance(hours=5)
        out = (scan(3, Status.IN_TRANSIT), scan(-4, Status.OUT_FOR_DELIVERY))
        carriers.results[well.tracking_number] = moving(well.tracking_number, *out, status=Status.OUT_FOR_DELIVERY)
        assert poller.tick(deps) == 1  # while the other one still hangs
        assert finished(poller, "fedex") == 1
        assert row(deps, well).status == "out_for_delivery"
        assert threading.active_count() < 40
    finally:
        carriers.released.set()
    assert 1 <= finished(poller, "ups") <= 8 < len(stuck)  # its time was over: the others keep their place


def test_what_hangs_is_not_started_a_second_time(
    deps: Deps, make: Factory, carriers: HangingCarriers, poller: Poller, clock: Clock
) -> None:
    make.shipment()
    poller.tick(deps)
    assert carriers.hanging.wait(LONG)
    first = poller.running
    make.shipment()
    poller.tick(deps)
    assert poller.running == first
    carriers.released.set()
    assert finished(poller, "ups") == 1


def test_a_fault_in_a_poll_is_raised_by_a_later_tick(
    deps: Deps, make: Factory, carriers: HangingCarriers, poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    carriers.released.set()

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("portal.usecases.tracking.poll.ask_all", broken)
    make.shipment()
    poller.tick(deps)
    with pytest.raises(ZeroDivisionError):
        finished(poller, "ups")
    with pytest.raises(ZeroDivisionError):
        poller.tick(deps)
    assert poller.tick(deps) == 0


def test_after_stopping_nothing_new_begins(deps: Deps, make: Factory, carriers: HangingCarriers) -> None:
    carriers.released.set()
    poller = Poller()
    make.shipment()
    poller.stop()
    assert poller.tick(deps) == 0
    assert (carriers.asked, dict(poller.running)) == ([], {})
