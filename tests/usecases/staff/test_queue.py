"""The queue puts the right case on top, page by page, at a cost that closed cases do not add to."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from portal.db.queries.staff_queue import QueueFilter, page_statement
from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.messages import OutboxMessage
from portal.domain.triage import queue_key
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.staff.people import StaffUser
from portal.usecases.staff.queue import decode, list_queue
from tests.support.desk import MakeCase
from tests.support.factory import Factory

ALL = QueueFilter()


def _ids(deps: Deps, wanted: QueueFilter = ALL, staff_id: int = 0) -> list[int]:
    return [case.id for case in list_queue(deps, wanted, staff_id=staff_id).cases]


@contextmanager
def counting(deps: Deps) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(deps.sessions.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(deps.sessions.engine, "before_cursor_execute", note)


def test_a_vip_comes_first_then_what_is_due_then_what_weighs_more(deps: Deps, make_case: MakeCase) -> None:
    now = deps.clock()
    later = make_case(due_at=now + timedelta(hours=5), priority=120)
    light = make_case(due_at=now + timedelta(hours=1), priority=10)
    heavy = make_case(due_at=now + timedelta(hours=1), priority=90)
    vip = make_case(due_at=now + timedelta(hours=9), priority=10, is_vip=True)
    assert _ids(deps) == [vip, heavy, light, later]


def _fill(deps: Deps, make: Factory, count: int, state: str = "open") -> None:
    """Many cases of one parcel, each of another rule, with many ties."""
    chance = random.Random(7)
    shipment = make.shipment()
    now = deps.clock()
    rows = [
        {
            "shop_id": make.shop.id,
            "subject_kind": "shipment",
            "subject_id": f"{state}-{n}",
            "shipment_id": shipment.id,
            "order_id": shipment.order_id,
            "carrier": "ups",
            "rule": "R08",
            "rule_version": 1,
            "severity": "high",
            "state": state,
            "inputs": {},
            "limits": {},
            "message_key": "R08",
            "cause": "x",
            "since": now,
            "is_vip": chance.random() < 0.1,
            "priority": chance.choice([10, 30, 60, 85]),
            "priority_points": [],
            "due_at": now + timedelta(hours=chance.randrange(8)),
            "opened_at": now,
        }
        for n in range(count)
    ]
    with deps.sessions.write_system() as session:
        session.execute(insert(DeliveryException), rows)


def test_the_pages_show_every_case_once_in_order(deps: Deps, make: Factory) -> None:
    _fill(deps, make, 230)
    seen, after = [], None
    for _ in itertools.count():
        page = list_queue(deps, ALL, staff_id=0, after=after, size=20)
        seen += list(page.cases)
        after = page.next
        if after is None:
            break
    assert len({case.id for case in seen}) == len(seen) == 230 == page.counts["open"]
    keys = [(*queue_key(case.is_vip, case.due_at, case.priority), case.id) for case in seen]
    assert keys == sorted(keys)


def test_a_case_that_vanishes_between_two_pages_hides_no_other(deps: Deps, make_case: MakeCase) -> None:
    ids = [make_case(due_at=deps.clock() + timedelta(hours=n)) for n in range(6)]
    first = list_queue(deps, ALL, staff_id=0, size=3)
    with deps.sessions.write_system() as session:
        session.get_one(DeliveryException, ids[0]).state = "resolved"
    second = list_queue(deps, ALL, staff_id=0, size=3, after=first.next)
    assert [case.id for case in second.cases] == ids[3:]


@pytest.mark.parametrize(
    "text", [None, "", "x", "1.2.3", "1.2.3.x", "9" * 400, "1.99999999999999999999.1.1", "1.1.1." + "9" * 30]
)
def test_a_position_that_is_not_ours_starts_at_the_top(text: str | None) -> None:
    assert decode(text) is None


def test_each_view_holds_what_it_says_and_the_counts_are_true(
    deps: Deps, make_case: MakeCase, make_staff: Callable[..., StaffUser]
) -> None:
    now, me, you = deps.clock(), make_staff(), make_staff()
    far = now + timedelta(hours=9)
    mine = make_case(due_at=far, claimed_by=me.id)
    theirs = make_case(due_at=far + timedelta(hours=1), claimed_by=you.id)
    vip = make_case(due_at=far, is_vip=True)
    due = make_case(due_at=now + timedelta(minutes=90))
    late = make_case(due_at=now - timedelta(hours=1))
    asleep = make_case(due_at=now, snoozed_until=now + timedelta(hours=1), claimed_by=me.id)
    woken = make_case(due_at=far + timedelta(hours=3), snoozed_until=now)
    make_case(state="resolved", closed_at=now, closed_by="staff")
    make_case(state="cleared", closed_at=now, closed_by="scan")
    expected = {
        "open": [vip, late, due, mine, theirs, woken],
        "mine": [mine],
        "vip": [vip],
        "due": [late, due],
        "unassigned": [vip, late, due, woken],
        "snoozed": [asleep],
    }
    for view, ids in expected.items():
        wanted = QueueFilter(view=view)  # type: ignore[arg-type]
        page = list_queue(deps, wanted, staff_id=me.id)
        assert [case.id for case in page.cases] == ids, view
        assert page.counts == {name: len(found) for name, found in expected.items()}


def test_filters_narrow_the_list_and_its_counts(
    deps: Deps, make_case: MakeCase, make: Factory, other_shop: ShopRef, make_in: Callable[[ShopRef], Factory]
) -> None:
    ups = make_case(make.shipment(carrier="ups"))
    dhl = make_case(make_in(other_shop).shipment(carrier="dhl_unified"), rule="R15", severity="critical")
    for wanted, found in (
        (replace(ALL, carrier="ups"), [ups]),
        (replace(ALL, shop_id=other_shop.id), [dhl]),
        (replace(ALL, rule="R15"), [dhl]),
        (replace(ALL, severity="critical"), [dhl]),
        (replace(ALL, carrier="ups", severity="critical"), []),
    ):
        page = list_queue(deps, wanted, staff_id=0)
        assert [case.id for case in page.cases] == found
        assert page.counts["open"] == len(found)


def test_a_line_says_who_how_much_how_late_and_what_the_customer_knows(
    deps: Deps, make: Factory, make_case: MakeCase, make_staff: Callable[..., StaffUser]
) -> None:
    now = deps.clock()
    ada = make.customer(name="Ada Example", ltv_minor=123_400, orders_count=7)
    order = make.order(ada, total_minor=25_900, service_level="express")
    parcel = make.shipment(order, promised_on=(now - timedelta(days=2)).date(), tracking_number="1ZTEST")
    make_case(parcel, claimed_by=make_staff(name="Noor").id)
    with deps.sessions.write(make.shop.id) as session:
        for n, (state, subject) in enumerate([("sent", "Shipped"), ("sent", "A problem"), ("queued", "Later")]):
            session.add(
                OutboxMessage(
                    shop_id=make.shop.id,
                    key=str(n),
                    event="problem",
                    recipient="a@b.example",
                    locale="en",
                    state=state,
                    subject=subject,
                    order_id=order.id,
                    message_id=f"<{n}@x>",
                    next_attempt_at=now,
                    created_at=now,
                    sent_at=now,
                )
            )
    line = list_queue(deps, ALL, staff_id=0).cases[0]
    assert (line.customer_name, line.customer_value_minor, line.customer_orders) == ("Ada Example", 123_400, 7)
    assert (line.order_total_minor, line.currency, line.service_level) == (25_900, "USD", "express")
    assert (line.tracking_number, line.claimed_name, line.shop_name) == ("1ZTEST", "Noor", "Juniper")
    # The promised day ended at midnight in New York, 05:00 UTC on the 17th: 31 hours ago.
    assert line.late_hours == 31
    assert line.told is not None
    assert line.told.subject == "A problem"


def test_a_feed_that_is_down_is_one_line_above_the_queue(deps: Deps, make_case: MakeCase) -> None:
    feed = make_case(
        subject_kind="feed", subject_id="ups", shop_id=None, shipment_id=None, order_id=None, customer_id=None,
        rule="R29", message_key="R29", severity="system",
    )  # fmt: skip
    page = list_queue(deps, ALL, staff_id=0)
    assert page.cases == ()
    assert page.counts["open"] == 0
    assert [(f.case_id, f.carrier) for f in page.feeds] == [(feed, "ups")]


def test_the_page_costs_the_same_number_of_queries_however_many_cases(deps: Deps, make_case: MakeCase) -> None:
    make_case()
    list_queue(deps, ALL, staff_id=0)  # the shops' settings are kept after the first look
    with counting(deps) as few:
        list_queue(deps, ALL, staff_id=0)
    for _ in range(12):
        make_case()
    with counting(deps) as many:
        list_queue(deps, ALL, staff_id=0)
    assert len(many) == len(few) <= 12


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("after", [None, "1.1795003200000000.60.3"])
def test_the_queues_index_is_walked_and_closed_cases_are_never_touched(
    deps: Deps, make: Factory, after: str | None
) -> None:
    _fill(deps, make, 2_000)
    _fill(deps, make, 2_000, state="cleared")
    statement = page_statement(ALL, deps.clock(), 0, 50, vip=True, after=decode(after))
    sql = str(statement.compile(deps.sessions.engine, compile_kwargs={"literal_binds": True}))
    with deps.sessions.read_system() as session:
        plan = [row[3] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    assert "USING INDEX ix_delivery_exceptions_queue" in plan[0]
    assert not any("TEMP B-TREE" in step or step.startswith("SCAN") for step in plan), plan
