"""Shoppers, staff, carriers and the worker act in any order, each as often as they like: what always holds (field: e.5).

Real use cases on a real database. What each of them may refuse is refused with Conflict or InvalidInput; nothing else may
come out of it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from carriers.errors import CarrierError, ErrorKind
from portal.db.engine import make_engine
from portal.db.session import Sessions
from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.return_money import AGAINST_PAID, ReturnMoneyEntry
from portal.db.tables.returns import Return, ReturnEvent, ReturnItem, ReturnItemEntry
from portal.db.tables.shipments import Shipment
from portal.domain.returns.inspection import Look
from portal.domain.returns.states import MACHINES
from portal.errors import Conflict, InvalidInput
from portal.platforms.refunds import MoneyRecovery
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.desk import Receipt, receive
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.follow_parcel import follow_parcel
from portal.usecases.returns.inspect import inspect
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.payout import decline, pay, was_not_paid, was_paid
from portal.usecases.returns.submit import submit
from portal.usecases.shops import create_shop
from tests.support.doubles import Clock, FakeCarriers, FakeRefunds, MailBin, make_deps
from tests.support.factory import Factory, shop_document

EXAMPLES = 150 if os.environ.get("DOORSTEP_LONG") else 8
STEPS = 25
QUANTITIES = (3, 2)
FAULTS = ("none", "none", "lost", "refused", "throttled", "unreached")
Snapshot = dict[str, Any]


class Machine(RuleBasedStateMachine):
    """One order, its returns, and everybody around them."""

    template: ClassVar[Path]
    met: ClassVar[Counter[str]]

    @initialize(
        when=st.sampled_from(["scan", "arrival", "inspection"]),
        fee=st.sampled_from([0, 700]),
        four_eyes=st.sampled_from([0, 5_000]),
        automatic=st.booleans(),
        keyed=st.booleans(),
        total=st.sampled_from([17_999, 15_001]),
    )
    def open_shop(self, when: str, fee: int, four_eyes: int, automatic: bool, keyed: bool, total: int) -> None:
        self.folder = tempfile.mkdtemp()
        path = Path(self.folder) / "portal.sqlite3"
        shutil.copy(self.template, path)
        self.engine = make_engine(f"sqlite:///{path}")
        self.clock = Clock()
        self.platform = FakeRefunds(how=MoneyRecovery.NATIVE_KEY if keyed else MoneyRecovery.LIST_FIRST)
        self.deps = make_deps(Sessions(self.engine), self.clock, FakeCarriers(), MailBin(), refunds=self.platform)
        payout = {"when": when, "automatic": automatic, "four_eyes_above_minor": four_eyes, "hold_at_score": 0}
        returns = {"fee_minor": fee, "credit_bonus_percent": 10, "payout": payout, "limits": {"per_order": 0}}
        self.shop = create_shop(self.deps, "juniper", shop_document(returns=returns))
        make = Factory(self.deps, self.shop)
        now = self.clock.now
        prices = (3_333, 4_000)
        lines = [{"quantity": n, "unit_price_minor": price} for n, price in zip(QUANTITIES, prices, strict=True)]
        self.order = make.order(
            lines=lines, total_minor=total, shipping_minor=0, delivered_at=now, handed_over_at=now, external_id="1001"
        )
        self.keys = 0
        self.again: Callable[[], object] | None = None
        self.closed: dict[int, Snapshot] = {}
        self.send_back((2, 0), credit=False, fault=False)

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.met.update(event.to_state for event in self.read(ReturnEvent) if event.machine == "money")
            self.engine.dispose()
            shutil.rmtree(self.folder)

    def read(self, table: Any) -> list[Any]:
        with self.deps.sessions.read(self.shop.id) as session:
            return list(session.scalars(select(table).order_by(table.id)))

    def key(self) -> str:
        self.keys += 1
        return f"form-key-{self.keys:06d}"

    def do(self, act: Callable[[], object]) -> None:
        """Act, and remember what was done. A refusal changes nothing."""
        before = self.snapshot()
        try:
            act()
        except (Conflict, InvalidInput):
            assert self.snapshot() == before
            self.again = None
        else:
            self.again = act

    def snapshot(self) -> Snapshot:
        """Everything that money and goods depend on."""
        rows = [
            (row.id, row.decision, row.parcel, row.money, row.due_minor, row.credit_code, tuple(row.flags))
            for row in self.read(Return)
        ]
        lines = [(line.units_returning, line.given_back_minor) for line in self.read(OrderLine)]
        orders = [(order.refunded_minor, order.credited_minor) for order in self.read(Order)]
        tables = (ReturnEvent, ReturnItemEntry, ReturnMoneyEntry)
        return {"rows": rows, "lines": lines, "orders": orders, "counts": [len(self.read(table)) for table in tables]}

    def pick(self, n: int) -> Return | None:
        found = self.read(Return)
        return found[n % len(found)] if found else None

    def items(self, row: Return) -> list[ReturnItem]:
        return [item for item in self.read(ReturnItem) if item.return_id == row.id]

    # The shopper.

    @rule(units=st.tuples(st.integers(0, 3), st.integers(0, 2)), credit=st.booleans(), fault=st.booleans())
    def send_back(self, units: tuple[int, int], credit: bool, fault: bool) -> None:
        lines = self.read(OrderLine)
        reason = "defective" if fault else "changed_mind"
        choices = tuple(Choice(line.id, n, reason) for line, n in zip(lines, units, strict=True) if n)
        key = offer(self.deps, self.shop, self.order.public_id).form_key
        asked = ReturnRequest(self.order.public_id, choices, "store_credit" if credit else "refund")
        self.do(lambda: submit(self.deps, self.shop, asked, key))

    @rule(n=st.integers(0, 9))
    def call_off(self, n: int) -> None:
        if row := self.pick(n):
            public_id = row.public_id
            self.do(lambda: cancel(self.deps, self.shop, public_id))

    # Staff.

    @rule(n=st.integers(0, 9), came=st.integers(0, 3), missing=st.integers(0, 2))
    def check_in(self, n: int, came: int, missing: int) -> None:
        if row := self.pick(n):
            found = {item.id: Receipt(came, missing) for item in self.items(row)}
            key = self.key()
            self.do(lambda: receive(self.deps, row.id, 3, found, key))

    @rule(n=st.integers(0, 9), good=st.booleans())
    def look_at(self, n: int, good: bool) -> None:
        if row := self.pick(n):
            kind = {"grade": "a", "next": "restock"} if good else {"acceptance": "rejected", "note": "worn"}
            looks = [Look(item.id, 1, **kind) for item in self.items(row)[:1]]
            key = self.key()
            self.do(lambda: inspect(self.deps, row.id, 3, looks, key))

    @rule(n=st.integers(0, 9), staff=st.integers(3, 4), what=st.sampled_from([pay, pay, pay, decline]))
    def let_go(self, n: int, staff: int, what: Any) -> None:
        if row := self.pick(n):
            key = self.key()
            self.do(lambda: what(self.deps, row.id, staff, key))

    @rule(n=st.integers(0, 9))
    def settle_a_doubt(self, n: int) -> None:
        """A person looks at the platform, and says what is true."""
        if row := self.pick(n):
            mine = [e for e in self.read(Effect) if e.subject == f"return {row.id}" and e.state == "manual"]
            paid = any(key == effect.key for effect in mine for key, _ in self.platform.paid)
            key = self.key()
            self.do(lambda: (was_paid if paid else was_not_paid)(self.deps, row.id, 3, key))

    @rule(n=st.integers(0, 9), staff=st.integers(3, 4))
    def carry_on(self, n: int, staff: int) -> None:
        """What is usually next: everything came, it is paid, and the platform does it."""
        if not (row := self.pick(n)):
            return
        key = self.key()
        if row.decision == "approved" and row.money == "quoted":
            whole = {item.id: Receipt(item.quantity) for item in self.items(row)}
            self.do(lambda: receive(self.deps, row.id, staff, whole, key))
        elif row.money in ("due", "failed"):
            self.do(lambda: pay(self.deps, row.id, staff, key))
            self.work("none")

    # The carrier and the worker.

    @rule(n=st.integers(0, 9), status=st.sampled_from(["in_transit", "delivered"]))
    def scan(self, n: int, status: str) -> None:
        parcels = [parcel for parcel in self.read(Shipment) if parcel.direction == "return"]
        if not parcels:
            return

        def act() -> None:
            with self.deps.sessions.write(self.shop.id) as session:
                parcel = session.get_one(Shipment, parcels[n % len(parcels)].id)
                parcel.status, parcel.last_scan_at = status, self.clock.now
                follow_parcel(session, self.deps, self.shop, parcel, self.clock.now)

        self.do(act)

    @rule(fault=st.sampled_from(FAULTS))
    def work(self, fault: str) -> None:
        self.platform.lose_answer = fault == "lost"
        self.platform.pay_error = {
            "refused": CarrierError(ErrorKind.BAD_REQUEST, "no"),
            "throttled": CarrierError(ErrorKind.RATE_LIMITED, "slow down", retry_after=5),
            "unreached": CarrierError(ErrorKind.SERVER_ERROR, "nothing came back"),
        }.get(fault)
        run_effects(self.deps)
        self.again = None

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.clock.advance(hours=hours)
        self.again = None

    @precondition(lambda self: getattr(self, "again", None) is not None)
    @rule()
    def the_same_again(self) -> None:
        """A double click, a page sent twice, a scan told twice."""
        before = self.snapshot()
        assert self.again is not None
        with suppress(Conflict, InvalidInput):
            self.again()
        assert self.snapshot() == before

    # What always holds.

    @invariant()
    def units_are_counted_once(self) -> None:
        if not hasattr(self, "order"):
            return
        counts: dict[int, Counter[str]] = defaultdict(Counter)
        for entry in self.read(ReturnItemEntry):
            counts[entry.return_item_id][entry.kind] += entry.quantity
        freed = {row.id for row in self.read(Return) if row.decision in ("cancelled", "rejected")}
        held: Counter[int] = Counter()
        for item in self.read(ReturnItem):
            told = counts[item.id]
            late = max(0, told["received"] + told["not_received"] - item.quantity)  # given up, and came after all
            ended = told["received"] + told["not_received"] - late + told["removed"] + told["kept"]
            assert ended <= told["requested"] == item.quantity
            assert told["received"] <= item.quantity
            assert told["restocked"] + told["disposed"] + told["rejected"] <= told["received"]
            held[item.order_line_id] += 0 if item.return_id in freed else item.quantity
        for line in self.read(OrderLine):
            assert line.units_returning == held[line.id] <= line.quantity  # closing frees none, calling off all

    @invariant()
    def no_money_is_above_what_was_paid(self) -> None:
        if not hasattr(self, "order"):
            return
        given: Counter[int] = Counter()
        for entry in self.read(ReturnMoneyEntry):
            if entry.kind in AGAINST_PAID:
                given[entry.order_line_id] += -entry.amount_minor if entry.undone else entry.amount_minor
        for line in self.read(OrderLine):
            assert line.given_back_minor == given[line.id] <= (line.paid_minor or 0)
        (order,) = self.read(Order)
        out = Counter({"refund": 0, "credit": 0})
        for effect in self.read(Effect):
            if effect.kind in out and effect.state not in ("rejected", "voided"):
                out[effect.kind] += effect.amount_minor
        bonus = sum((-1 if e.undone else 1) * e.amount_minor for e in self.read(ReturnMoneyEntry) if e.kind == "bonus")
        failed = any(row.money == "failed" for row in self.read(Return))  # entered, and not on its way at the moment
        assert order.refunded_minor + order.credited_minor <= order.total_minor
        assert failed or (out["refund"], out["credit"] - bonus) == (order.refunded_minor, order.credited_minor)

    @invariant()
    def the_platform_pays_each_intent_once(self) -> None:
        if not hasattr(self, "order"):
            return
        keys = [key for key, _ in self.platform.paid]
        assert len(keys) == len(set(keys))
        known = {effect.key: effect for effect in self.read(Effect)}
        assert all(known[key].state not in ("rejected", "voided") for key in keys)
        assert sum(amount for _, amount in self.platform.paid) <= self.order.total_minor

    @invariant()
    def what_is_closed_moves_no_more_money(self) -> None:
        if not hasattr(self, "order"):
            return
        entries = Counter(entry.return_id for entry in self.read(ReturnMoneyEntry))
        effects = Counter(effect.subject for effect in self.read(Effect) if effect.kind in ("refund", "credit"))
        for row in self.read(Return):
            now = {"money": row.money, "entries": entries[row.id], "effects": effects[f"return {row.id}"]}
            if row.decision in ("resolved", "cancelled"):
                assert self.closed.setdefault(row.id, now) == now

    @invariant()
    def every_step_is_one_of_its_machine_and_none_is_left_out(self) -> None:
        if not hasattr(self, "order"):
            return
        at: dict[tuple[int, str], str] = {}
        for event in self.read(ReturnEvent):
            if event.machine not in MACHINES:
                continue
            before = at.get((event.return_id, event.machine), event.from_state)
            assert event.from_state == before
            assert event.to_state in MACHINES[event.machine][before] or event.to_state == before == "paid"
            at[event.return_id, event.machine] = event.to_state
        for row in self.read(Return):
            for machine in ("decision", "parcel", "money"):
                assert at.get((row.id, machine), getattr(row, machine)) == getattr(row, machine)


@pytest.mark.timeout(3_600)
def test_whatever_happens_in_whatever_order_the_machines_hold(sqlite_template: Path) -> None:
    Machine.template, Machine.met = sqlite_template, Counter()
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)
    )
    assert {"quoted", "due", "paid"} <= set(Machine.met)  # the steps led to money at all
