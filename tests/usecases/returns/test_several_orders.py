"""Items of several orders of one shopper in one return: each judged by its own date, under one number."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.db.tables.orders import Order
from portal.db.tables.returns import ReturnOrder
from portal.domain.returns.eligibility import judge
from portal.domain.returns.model import OrderFacts, RequestFacts
from portal.errors import Conflict, InvalidInput, NotFound
from portal.i18n import Speaker
from portal.usecases.deps import Deps
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.desk_read import returns_of_order
from portal.usecases.returns.offer import MOST_ORDERS, ORDERS_A_PAGE, offer, orders_of_shopper
from portal.usecases.returns.offer_views import Choice
from portal.usecases.returns.quotes import quotes
from portal.usecases.returns.records import lines_in, orders_in
from portal.usecases.returns.rows import config_of_version
from portal.usecases.view_order import view_order
from tests.support.doubles import Clock
from tests.usecases.returns.asking import placed_now, policy, request, sent_in
from tests.usecases.returns.conftest import Desk


@pytest.fixture
def two(desk: Desk) -> tuple[Order, Order]:
    """Two orders of one shopper, each with two shirts."""
    ada = desk.make.customer()
    return desk.order(customer=ada), desk.order(customer=ada)


def one_of_each(desk: Desk, *orders: Order) -> tuple[Choice, ...]:
    return tuple(Choice(desk.line_ids(order)[0], 1, "changed_mind") for order in orders)


def test_other_orders_of_the_same_shopper_can_join_newest_first(deps: Deps, desk: Desk) -> None:
    ada = desk.make.customer()
    now = deps.clock()
    first = desk.order(customer=ada, placed_at=now - timedelta(days=9))
    newer = desk.order(customer=ada, placed_at=now - timedelta(days=7))
    older = desk.order(customer=ada, placed_at=now - timedelta(days=8))
    desk.order({"final_sale": True}, customer=ada)
    desk.order(customer=ada, currency="EUR")
    desk.order()
    found = orders_of_shopper(deps, desk.shop, first.public_id)
    assert [(one.public_id, one.units, one.titles) for one in found.orders] == [
        (newer.public_id, 2, ("Linen shirt",)),
        (older.public_id, 2, ("Linen shirt",)),
    ]
    assert found.next_page is None
    assert offer(deps, desk.shop, first.public_id).has_other_orders


def test_many_orders_come_page_by_page(deps: Deps, desk: Desk) -> None:
    ada = desk.make.customer()
    first = desk.order(customer=ada)
    for _ in range(ORDERS_A_PAGE + 1):
        desk.order(customer=ada)
    assert orders_of_shopper(deps, desk.shop, first.public_id).next_page == 2
    last = orders_of_shopper(deps, desk.shop, first.public_id, page=2)
    assert (len(last.orders), last.next_page) == (1, None)


def test_one_return_takes_items_of_both_and_every_order_shows_it(
    deps: Deps, desk: Desk, two: tuple[Order, Order]
) -> None:
    first, second = two
    row = desk.returned(sent_in(desk, request(*one_of_each(desk, second, first), begun=second)))
    assert (row.order_id, row.rma) == (second.id, f"{second.number}-R1")
    assert sorted(one.order_id for one in desk.all(ReturnOrder)) == [first.id, second.id]
    assert [desk.line(order).units_returning for order in two] == [1, 1]
    assert row.goods_minor == sum(sum(line.units) for line in lines_in(row))
    for order in two:
        page = view_order(deps, desk.shop, order.public_id, "full", Speaker("en", order.timezone))
        assert [one.rma for one in page.returns] == [row.rma]
        assert [one.rma for one in returns_of_order(deps, order.id)] == [row.rma]
        assert [one.rma for one in offer(deps, desk.shop, order.public_id).earlier] == [row.rma]


def test_called_off_it_frees_the_units_of_every_order(deps: Deps, desk: Desk, two: tuple[Order, Order]) -> None:
    public_id = sent_in(desk, request(*one_of_each(desk, *two), begun=two[0]))
    cancel(deps, desk.shop, public_id)
    assert [desk.line(order).units_returning for order in two] == [0, 0]


def test_each_order_is_judged_by_the_settings_of_its_own_date_and_can_be_judged_so_again(
    deps: Deps, desk: Desk, clock: Clock
) -> None:
    ada = desk.make.customer()
    before = desk.order(customer=ada, placed_at=deps.clock())
    clock.advance(hours=1)
    policy(
        desk,
        fee_minor=500,
        rules=[{"id": "late", "when": {"return_reason": ["changed_mind"]}, "then": {"fee_minor": 700}}],
    )
    after = placed_now(desk, customer=ada)
    row = desk.returned(sent_in(desk, request(*one_of_each(desk, before, after), begun=before)))
    assert row.fee_minor == 700
    kept = orders_in(row)
    assert [(one.order_id, one.config_version) for one in kept] == [(before.id, 1), (after.id, 2)]
    for one in kept:
        with deps.sessions.read(desk.shop.id) as session:
            config = config_of_version(session, desk.shop.id, one.config_version)
        asked = RequestFacts.from_record(one.asked)
        again = judge(OrderFacts.from_record(one.facts), config, row.submitted_at, asked, one.config_version)
        for verdict in one.verdicts:
            (same,) = [found for found in again if found.line_id == verdict["line_id"]]
            assert {**same.to_record(), "words": [reason.words for reason in same.reasons]} == verdict


def test_a_record_of_former_times_is_read_as_one_order(desk: Desk) -> None:
    order = desk.order()
    row = desk.returned(desk.submit(order))
    (new,) = orders_in(row)
    row.decision_record = {"config_version": 1, "facts": dict(new.facts), "verdicts": [], "units": {}, "quote": {}}
    (old,) = orders_in(row)
    assert (old.order_id, old.config_version, old.facts) == (order.id, 1, dict(new.facts))


def test_an_order_of_somebody_else_does_not_exist(deps: Deps, desk: Desk) -> None:
    mine, theirs = desk.order(), desk.order()
    with pytest.raises(NotFound):
        offer(deps, desk.shop, [mine.public_id, theirs.public_id])
    asked = request(*one_of_each(desk, mine, theirs), begun=mine)
    with pytest.raises(NotFound):
        quotes(deps, desk.shop, asked)
    with pytest.raises(NotFound):
        sent_in(desk, asked)
    assert desk.line(theirs).units_returning == 0


def test_two_currencies_are_two_returns(deps: Deps, desk: Desk) -> None:
    ada = desk.make.customer()
    dollars, euros = desk.order(customer=ada), desk.order(customer=ada, currency="EUR")
    with pytest.raises(Conflict, match="different currencies"):
        sent_in(desk, request(*one_of_each(desk, dollars, euros), begun=dollars))


def test_very_many_orders_or_strange_lines_are_refused(deps: Deps, desk: Desk) -> None:
    ada = desk.make.customer()
    orders = [desk.order(customer=ada) for _ in range(MOST_ORDERS + 1)]
    with pytest.raises(Conflict, match="at most 10"):
        sent_in(desk, request(*one_of_each(desk, *orders), begun=orders[0]))
    with pytest.raises(InvalidInput):
        sent_in(desk, request(Choice(99_999, 1, "changed_mind"), begun=orders[0]))
