"""What policies know of an order, and that it costs the same to know it however much there was before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnItem, ReturnItemEntry
from portal.domain.returns.config import ReturnLists, ReturnPolicyConfig
from portal.domain.returns.model import OrderFacts
from portal.usecases.deps import Deps
from portal.usecases.returns import facts_past, rows
from portal.usecases.returns.facts import order_facts
from portal.usecases.returns.judged import judge_order, judge_orders
from tests.support.factory import Factory
from tests.usecases.returns.conftest import Desk


@pytest.fixture
def know(deps: Deps, desk: Desk) -> Any:
    def read(order: Order, config: ReturnPolicyConfig | None = None) -> OrderFacts:
        with deps.sessions.read(desk.shop.id) as session:
            row = session.get_one(Order, order.id)
            return order_facts(session, row, rows.lines_of(session, row), config or ReturnPolicyConfig(), deps.clock())

    return read


def test_an_order_is_known_with_its_lines_and_its_customer(deps: Deps, desk: Desk, make: Factory, know: Any) -> None:
    customer = make.customer(
        tags=["loyal"], loyalty_tier="gold", is_vip=True, orders_count=9, ltv_minor=77_000, email="ada@mail.example"
    )
    line = dict(sku="LS", product_ref="linen", vendor="Weaver", tags=["summer"], unit_price_minor=4_000, quantity=2)
    order = desk.order(
        line,
        customer=customer,
        discount_codes=["HELLO"],
        discount_minor=500,
        tags=["app"],
        service_level="express",
        source="shopify",
    )
    found = know(order, ReturnPolicyConfig(lists=ReturnLists(allow_emails=("ADA@mail.example",))))
    assert (found.number, found.channel, found.currency) == (order.number, "shopify", "USD")
    assert (found.discount_codes, found.discount_minor, found.tags) == (("HELLO",), 500, ("app",))
    assert (found.service_level, found.returns_so_far, found.placed_at) == ("express", 0, order.placed_at)
    (known,) = found.lines
    assert (known.sku, known.product_ref, known.vendor, known.tags) == ("LS", "linen", "Weaver", ("summer",))
    who = found.customer
    assert (who.is_vip, who.tier, who.tags, who.orders_placed, who.value_minor) == (True, "gold", ("loyal",), 9, 77_000)
    assert who.lists == ("allow_emails",)


def test_past_returns_count_as_long_as_the_shop_says_and_not_when_called_off(
    deps: Deps, desk: Desk, make: Factory, know: Any
) -> None:
    customer, other = make.customer(), make.customer()
    past = [desk.order({"quantity": 2, "sku": "LS"}, customer=customer) for _ in range(5)]
    states: tuple[dict[str, Any], ...] = (
        {},
        {"decision": "cancelled"},
        {"kind": "withdrawal"},
        {"submitted_at": deps.clock() - timedelta(days=40)},
    )
    for order, changes in zip(past, states, strict=False):
        desk.submit(order, 1)
        _change(deps, desk, **changes)
    desk.submit(desk.order(customer=other))
    config = ReturnPolicyConfig()
    found = know(past[4], config).customer
    assert (found.returns_placed, found.units_returned) == (2, {"LS": 2})
    assert know(past[0], config).returns_so_far == 1
    assert know(past[4], _days(30)).customer.returns_placed == 1
    assert know(desk.order(customer=make.customer())).customer.units_returned == {}


def test_returns_that_went_wrong_and_things_that_were_kept_are_told(
    deps: Deps, desk: Desk, make: Factory, know: Any
) -> None:
    customer = make.customer()
    for kinds in (["received"], ["not_received"], ["wrong_item", "rejected"], ["kept", "kept"]):
        desk.submit(desk.order({"quantity": 2}, customer=customer), 2)
        _write_entries(deps, desk, kinds)
    found = know(desk.order(customer=customer)).customer
    assert (found.returns_placed, found.returns_wrong, found.items_kept) == (4, 2, 2)


def test_days_on_which_the_parcel_was_late_or_stuck_are_counted(
    deps: Deps, desk: Desk, make: Factory, know: Any
) -> None:
    now = deps.clock()
    on_time = make.order(handed_over_at=now - timedelta(days=8), delivered_at=now - timedelta(days=4))
    assert know(on_time).lines[0].stuck_days == 0
    late = make.order(
        handed_over_at=now - timedelta(days=8),
        delivered_at=now - timedelta(days=4),
        promised_on=(now - timedelta(days=6)).date(),
    )
    assert know(late).lines[0].stuck_days == 2
    missing = make.order(handed_over_at=now - timedelta(days=8), promised_on=(now - timedelta(days=6)).date())
    assert know(missing).lines[0].stuck_days == 6

    moving = make.order()
    parcel = make.shipment(moving, shipped_at=now - timedelta(days=9), delivered_at=now - timedelta(days=1))
    assert know(moving).lines[0].stuck_days == 0
    _trouble(deps, desk, moving.id, parcel.id, "R05", now - timedelta(days=6), now - timedelta(days=3))
    _trouble(deps, desk, moving.id, parcel.id, "R13", now - timedelta(days=4), None)
    _trouble(deps, desk, moving.id, parcel.id, "R12", now - timedelta(days=9), None)  # an address the shopper gave
    assert know(moving).lines[0].stuck_days == 5


def test_it_costs_the_same_questions_with_and_without_a_past(deps: Deps, desk: Desk, make: Factory, know: Any) -> None:
    customer = make.customer()
    first = desk.order({"quantity": 2}, customer=customer)
    for n in range(3):
        desk.submit(desk.order({"quantity": 2, "sku": f"S{n}"}, customer=customer), 2)
    with _counted(deps) as few:
        know(first)
    for n in range(6):
        desk.submit(desk.order({"quantity": 2, "sku": f"T{n}"}, {"sku": "U"}, customer=customer), 2, 1)
    with _counted(deps) as many:
        know(first)
    assert len(few) == len(many) <= 10


def test_several_orders_of_a_customer_are_judged_as_each_alone_and_with_no_more_questions(
    deps: Deps, desk: Desk, make: Factory
) -> None:
    customer = make.customer()
    orders = [desk.order({"sku": f"S{n}", "quantity": 2}, {"sku": "X"}, customer=customer) for n in range(4)]
    desk.submit(orders[0], 1, 1)
    for n, order in enumerate(orders[:3]):
        make.shipment(order, shipped_at=deps.clock() - timedelta(days=n + 3), queued=False)
    with deps.sessions.read(desk.shop.id) as session:
        mine = [session.get_one(Order, order.id) for order in orders]
        alone = [judge_order(session, desk.shop, order, deps.clock()) for order in mine]
        together = judge_orders(session, desk.shop, mine, deps.clock())
        assert [one.facts for one in together] == [one.facts for one in alone]
        assert [one.verdicts for one in together] == [one.verdicts for one in alone]
        assert together[1].facts.customer.units_returned == {"X": 1}
    with deps.sessions.read(desk.shop.id) as session, _counted(deps) as for_two:
        judge_orders(session, desk.shop, [session.get_one(Order, order.id) for order in orders[:2]], deps.clock())
    with deps.sessions.read(desk.shop.id) as session, _counted(deps) as for_four:
        judge_orders(session, desk.shop, [session.get_one(Order, order.id) for order in orders], deps.clock())
    assert len(for_four) - 4 == len(for_two) - 2  # but for the orders themselves


def test_only_the_newest_returns_are_looked_at(
    deps: Deps, desk: Desk, make: Factory, know: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts_past, "MOST", 2)
    customer = make.customer()
    for _ in range(3):
        desk.submit(desk.order(customer=customer))
    assert know(desk.order(customer=customer)).customer.returns_placed == 2


def _days(days: int) -> ReturnPolicyConfig:
    from portal.domain.returns.config import ReturnLimits

    return ReturnPolicyConfig(limits=ReturnLimits(customer_days=days))


def _change(deps: Deps, desk: Desk, **changes: Any) -> None:
    with deps.sessions.write(desk.shop.id) as session:
        row = session.get_one(Return, desk.all(Return)[-1].id)
        for name, value in changes.items():
            setattr(row, name, value)


def _write_entries(deps: Deps, desk: Desk, kinds: list[str]) -> None:
    item = desk.all(ReturnItem)[-1]
    with deps.sessions.write(desk.shop.id) as session:
        for kind in kinds:
            values = dict(shop_id=desk.shop.id, return_item_id=item.id, kind=kind, quantity=1)
            session.add(ReturnItemEntry(**values, at=deps.clock(), actor="staff 1"))


def _trouble(deps: Deps, desk: Desk, order_id: int, parcel_id: int, rule: str, since: Any, closed: Any) -> None:
    with deps.sessions.write(desk.shop.id) as session:
        session.add(
            DeliveryException(
                shop_id=desk.shop.id,
                subject_kind="shipment",
                subject_id=str(parcel_id),
                shipment_id=parcel_id,
                order_id=order_id,
                rule=rule,
                rule_version=1,
                severity="medium",
                state="open" if closed is None else "cleared",
                message_key=rule,
                cause="-",
                since=since,
                due_at=deps.clock(),
                opened_at=since,
                closed_at=closed,
            )
        )


@contextmanager
def _counted(deps: Deps) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            found.append(statement)

    event.listen(deps.sessions.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(deps.sessions.engine, "before_cursor_execute", note)
