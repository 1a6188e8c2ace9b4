"""Random schedules of buying labels, in virtual time: no return ever has two (reliability: D1, F02, F05, G1).

200 schedules every time, 10,000 in `make test-long`, spread over every way in which a carrier can be asked again. The
same schedules with the ledger switched off, or with too short a wait, buy labels twice: the test can see.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from carriers.base import Recovery
from carriers.errors import CarrierError
from carriers.model import Address, LabelRequest
from portal.db.engine import make_engine
from portal.db.session import Sessions
from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import LabelRow, Return
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.submit import submit
from portal.usecases.shops import create_shop
from tests.faults.simulated import DEADLINE, Chances, Crashes, Killed, SimulatedCarrier
from tests.support.doubles import MailBin, make_deps
from tests.support.factory import Factory, shop_document

SCHEDULES = 10_000 if os.environ.get("DOORSTEP_LONG") else 200
CAPABILITIES = tuple(Recovery)
RETURNS = 2  # in a schedule
STEPS = 40
SLICES = 4  # of the schedules of one capability, so that they share the machine's cores
PLACE = Address("Ada Example", "12 Elm Street", "Albany", "12207", "US", region="NY")


@dataclass
class Stage:
    """One database for all schedules of a test; each has its own returns, carrier and clock."""

    sessions: Sessions
    shop: ShopRef
    deps: Deps
    made: int = 0
    count: Any = field(default_factory=lambda: itertools.count(1))

    def returns(self, deps: Deps) -> list[int]:
        """Returns whose labels are intended and not bought."""
        found = []
        make = Factory(deps, self.shop, self.count)
        for _ in range(RETURNS):
            self.made += 1
            now = deps.clock()
            order: Order = make.order(
                number=f"S-{self.made}",
                public_id=f"schedule-{self.made:020d}",
                delivered_at=now - timedelta(days=2),
                handed_over_at=now - timedelta(days=5),
                placed_at=now - timedelta(days=6),
            )
            given = offer(deps, self.shop, order.public_id)
            choice = Choice(given.eligible[0].line_id, 1, "changed_mind")
            public_id = submit(deps, self.shop, ReturnRequest(order.public_id, (choice,), "refund"), given.form_key)
            with self.sessions.read(self.shop.id) as session:
                found.append(session.scalars(select(Return.id).where(Return.public_id == public_id)).one())
        return found

    def references(self, return_id: int) -> set[str]:
        with self.sessions.read(self.shop.id) as session:
            return set(session.scalars(select(Effect.key).where(Effect.subject == f"return {return_id}")))

    def states(self, return_id: int) -> list[str]:
        with self.sessions.read(self.shop.id) as session:
            return list(session.scalars(select(Effect.state).where(Effect.subject == f"return {return_id}")))

    def labels(self, return_id: int) -> int:
        with self.sessions.read(self.shop.id) as session:
            live = select(LabelRow.id).where(LabelRow.return_id == return_id, LabelRow.voided_at.is_(None))
            return len(session.scalars(live).all())


@pytest.fixture
def stage(sqlite_template: Path, tmp_path: Path) -> Iterator[Stage]:
    path = tmp_path / "schedules.sqlite3"
    shutil.copy(sqlite_template, path)
    engine = make_engine(f"sqlite:///{path}")
    carrier = SimulatedCarrier()
    deps = make_deps(Sessions(engine), carrier.clock, carrier, MailBin())
    document = shop_document() | {"labels": {"per_day": 10**9, "per_customer": 10**9, "per_return": 10**9}}
    yield Stage(deps.sessions, create_shop(deps, "juniper", document), deps)
    engine.dispose()


def worker(stage: Stage, carrier: SimulatedCarrier, crash: Callable[[str], None]) -> Deps:
    """A worker's dependencies: the carrier, its clock, and tokens that no other schedule has."""
    token = lambda: f"{carrier.chance.getrandbits(128):032x}"  # noqa: E731
    return replace(
        stage.deps,
        carriers=carrier,
        clock=carrier.clock.business,
        wall=carrier.clock.wall,
        crash=crash,
        token=token,
    )


def play(stage: Stage, seed: int, capability: Recovery, **changes: Any) -> tuple[SimulatedCarrier, list[int]]:
    """One schedule, from its returns until nothing is left to do."""
    carrier = SimulatedCarrier(chance=random.Random(seed), capability=capability, **changes)
    crashes = Crashes(carrier)
    deps = worker(stage, carrier, crashes)
    quiet = replace(deps, crash=lambda _point: None)
    returns = stage.returns(quiet)

    def work(by: Deps) -> None:
        with suppress(Killed):
            run_effects(by)

    crashes.meanwhile = lambda: work(quiet)
    for _ in range(STEPS):
        work(deps)
        carrier.clock.advance(seconds=carrier.chance.uniform(1, 60))
    carrier.chances = Chances(*[0.0] * 9)  # the storm is over: what is left is cleared up
    for _ in range(14):
        work(quiet)
        carrier.clock.advance(minutes=30)
    return carrier, returns


def seeds(part: int) -> range:
    each = SCHEDULES // len(CAPABILITIES)
    return range(part, each, SLICES)


@pytest.mark.parametrize("part", range(SLICES))
@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda one: one.value)
@pytest.mark.timeout(3600)
def test_no_schedule_buys_a_label_twice(stage: Stage, capability: Recovery, part: int) -> None:
    seen: dict[str, int] = {}
    for seed in seeds(part):
        carrier, returns = play(stage, seed, capability)
        for return_id in returns:
            live, states = carrier.live(stage.references(return_id)), stage.states(return_id)
            assert len(live) <= 1, (seed, capability, states)
            assert stage.labels(return_id) <= 1, (seed, capability, states)
            if capability is Recovery.NONE and states[-1] == "manual":
                continue  # a person looks: nothing was bought again on hope
            assert (len(live), stage.labels(return_id)) == (1, 1), (seed, capability, states)
        for fault, times in carrier.faults.items():
            seen[fault] = seen.get(fault, 0) + times
    if len(seeds(part)) >= 100:  # in a few schedules a rare fault may not come up
        assert not {fault for fault, times in seen.items() if not times}


def test_too_short_a_wait_before_the_look_up_is_found(stage: Stage) -> None:
    """A request that lands after the look-up is a second label: the wait is a guard, and this is it missing."""
    twice, often_late = 0, Chances(late_landing=0.4)
    for seed in range(200):
        carrier, returns = play(stage, seed, Recovery.FIND_BY_REFERENCE, settle=1, chances=often_late)
        twice += sum(len(carrier.live(stage.references(one))) > 1 for one in returns)
        if twice:
            return
    raise AssertionError("the schedules do not find a wait that is too short")


def without_a_ledger(carrier: SimulatedCarrier, crash: Callable[[str], None], purchases: int) -> list[set[str]]:
    """Buy, then write down; what is not written down is bought again. References of each purchase."""
    used: list[set[str]] = [set() for _ in range(purchases)]
    saved = [False] * purchases
    for step in range(STEPS):
        for n in range(purchases):
            if saved[n]:
                continue
            reference = f"naive-{n}-{step}"
            used[n].add(reference)
            request = LabelRequest(reference, PLACE, PLACE, 500)
            with suppress(Killed, CarrierError):
                crash("label.after_intent")
                carrier.create_label("usps", request, key=reference)
                crash("label.after_reply")
                saved[n] = True
        carrier.clock.advance(seconds=DEADLINE)
    return used


@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda one: one.value)
def test_without_the_ledger_the_same_faults_buy_labels_twice(capability: Recovery) -> None:
    twice = 0
    for seed in range(200):
        carrier = SimulatedCarrier(chance=random.Random(seed), capability=capability)
        used = without_a_ledger(carrier, Crashes(carrier), RETURNS)
        twice += sum(len(carrier.live(references)) > 1 for references in used)
    assert twice > 40
