"""The desk: what came, what is paid, and never twice (reliability: T33, T34, F28)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnItem, ReturnItemEntry
from portal.db.tables.shipments import Shipment
from portal.db.tables.staff import AuditRow
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import desk as returns_desk
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.desk import Receipt, find_return, list_returns, receive
from portal.usecases.returns.documents import label_pdf, label_qr
from portal.usecases.returns.follow_parcel import follow_parcel
from portal.usecases.returns.payout import pay
from portal.usecases.returns.view import order_of_return, view_return
from portal.usecases.shops import apply_config
from tests.support.factory import shop_document
from tests.usecases.returns.conftest import Desk

ANN, BOB = 3, 4


def scan(deps: Deps, desk: Desk, status: str, substatus: str | None = None) -> None:
    """What ingest does: write the parcel's state down and let the return follow."""
    with deps.sessions.write(desk.shop.id) as session:
        parcel = session.scalars(select(Shipment).where(Shipment.direction == "return")).one()
        parcel.status, parcel.substatus, parcel.last_scan_at = status, substatus, deps.clock()
        follow_parcel(session, deps, desk.shop, parcel, deps.clock())


def all_came(desk: Desk, return_id: int) -> dict[int, Receipt]:
    return {item.id: Receipt(item.quantity) for item in desk.all(ReturnItem) if item.return_id == return_id}


def test_the_return_follows_its_parcel_step_by_step(deps: Deps, desk: Desk) -> None:
    public_id = desk.with_label(desk.order())
    seen = []
    for status, substatus in [
        ("info_received", None),
        ("in_transit", None),
        ("exception", "Exception_013"),
        ("in_transit", None),
        ("delivered", None),
        ("in_transit", None),
    ]:
        scan(deps, desk, status, substatus)
        seen.append(desk.returned(public_id).parcel)
    assert seen == ["label_ready", "in_transit", "lost", "in_transit", "delivered_to_us", "delivered_to_us"]


def test_a_parcel_that_moves_can_no_longer_be_called_off(deps: Deps, desk: Desk) -> None:
    order = desk.order()
    public_id = desk.with_label(order)
    scan(deps, desk, "in_transit")
    assert not view_return(deps, desk.shop, public_id).can_cancel
    with pytest.raises(Conflict):
        cancel(deps, desk.shop, public_id)
    assert desk.line(order).units_returning == 1


def test_a_scan_of_a_return_that_was_called_off_changes_nothing(deps: Deps, desk: Desk) -> None:
    public_id = desk.with_label(desk.order())
    cancel(deps, desk.shop, public_id)
    scan(deps, desk, "delivered")
    assert desk.returned(public_id).parcel == "void"


def test_from_the_parcel_to_the_money_the_page_tells_the_whole_story(
    deps: Deps, desk: Desk, reload: Callable[[Order], Order]
) -> None:
    order = desk.order({"quantity": 2, "unit_price_minor": 4_000})
    public_id = desk.with_label(order, 2)
    return_id = desk.returned(public_id).id

    def said() -> tuple[str, str]:
        page = view_return(deps, desk.shop, public_id)
        return page.parcel, page.money.state

    steps = [said()]
    for status in ("in_transit", "delivered"):
        scan(deps, desk, status)
        steps.append(said())
    got = receive(deps, return_id, ANN, all_came(desk, return_id), "form 1")
    assert (got.parcel, got.money, got.due_minor, got.can_pay) == ("delivered_to_us", "due", 8_000, True)
    steps.append(said())
    paid = pay(deps, return_id, ANN, "form 2")
    assert (paid.decision, paid.money, paid.can_pay) == ("resolved", "paid", False)
    page = view_return(deps, desk.shop, public_id)
    assert [*steps, said()] == [
        ("label_ready", "quoted"),
        ("in_transit", "quoted"),
        ("delivered_to_us", "quoted"),
        ("delivered_to_us", "due"),
        ("delivered_to_us", "paid"),
    ]
    assert page.money.paid_at == deps.clock()
    assert reload(order).refunded_minor == 8_000
    assert [m.event for m in desk.all(OutboxMessage)] == ["return_label_ready", "return_received", "refund"]
    assert [(e.provider, e.state, e.amount_minor) for e in desk.effects("refund")] == [("recorded", "succeeded", 8_000)]
    with deps.sessions.read_system() as session:
        actions = [(row.actor, row.action) for row in session.scalars(select(AuditRow).order_by(AuditRow.id))]
    assert actions == [("shopper", "return.submit"), ("staff 3", "return.receive"), ("staff 3", "return.pay")]


def test_store_credit_gives_a_code_and_a_bonus_that_does_not_count_against_the_order(
    deps: Deps, desk: Desk, reload: Callable[[Order], Order]
) -> None:
    apply_config(deps, desk.shop.slug, shop_document(returns={"credit_bonus_percent": 10}))
    order = desk.order({"unit_price_minor": 10_000}, total_minor=10_000, shipping_minor=0, placed_at=deps.clock())
    public_id = desk.with_label(order, resolution="store_credit")
    return_id = desk.returned(public_id).id
    receive(deps, return_id, ANN, all_came(desk, return_id), "a")
    paid = pay(deps, return_id, ANN, "b")
    assert paid.due_minor == 11_000
    assert paid.credit_code is not None
    assert len(paid.credit_code) == 14
    assert reload(order).credited_minor == 10_000
    assert [e.amount_minor for e in desk.effects("credit")] == [11_000]


def test_only_what_came_is_paid_for(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 3, "unit_price_minor": 1_001}, total_minor=3_000, shipping_minor=0)
    return_id = desk.returned(desk.with_label(order, 3)).id
    (item,) = desk.all(ReturnItem)
    part = receive(deps, return_id, ANN, {item.id: Receipt(received=1)}, "first parcel")
    assert (part.money, part.can_receive, part.items[0].open_units) == ("quoted", True, 2)
    rest = receive(deps, return_id, ANN, {item.id: Receipt(received=1, not_received=1)}, "second parcel")
    assert (rest.money, rest.goods_minor, rest.due_minor) == ("due", 2_000, 2_000)
    assert [(e.kind, e.quantity) for e in desk.all(ReturnItemEntry)] == [
        ("requested", 3),
        ("received", 1),
        ("received", 1),
        ("not_received", 1),
    ]


def test_when_nothing_came_the_return_closes_without_money(deps: Deps, desk: Desk) -> None:
    return_id = desk.returned(desk.with_label(desk.order())).id
    (item,) = desk.all(ReturnItem)
    got = receive(deps, return_id, ANN, {item.id: Receipt(not_received=1)}, "k")
    assert (got.decision, got.money, got.can_pay) == ("resolved", "none", False)
    with pytest.raises(Conflict):
        pay(deps, return_id, ANN, "p")


def test_the_same_form_twice_changes_nothing_the_second_time(deps: Deps, desk: Desk) -> None:
    return_id = desk.returned(desk.with_label(desk.order({"quantity": 2}), 2)).id
    came = all_came(desk, return_id)
    assert receive(deps, return_id, ANN, came, "r") == receive(deps, return_id, ANN, came, "r")
    assert pay(deps, return_id, ANN, "p") == pay(deps, return_id, ANN, "p")
    assert len(desk.effects("refund")) == 1
    with deps.sessions.read_system() as session:
        assert len(session.scalars(select(AuditRow).where(AuditRow.actor == "staff 3")).all()) == 2


@pytest.mark.parametrize("action", ["receive", "pay"])
def test_of_many_colleagues_at_once_one_wins_and_the_others_see_the_state(
    deps: Deps, desk: Desk, reload: Callable[[Order], Order], action: str
) -> None:
    order = desk.order({"quantity": 1})
    return_id = desk.returned(desk.with_label(order)).id
    came = all_came(desk, return_id)
    if action == "pay":
        receive(deps, return_id, ANN, came, "r")
    barrier = threading.Barrier(8)
    won: list[int] = []
    lost: list[int] = []

    def act(staff: int) -> None:
        barrier.wait()
        try:
            if action == "pay":
                pay(deps, return_id, staff, f"form {staff}")
            else:
                receive(deps, return_id, staff, came, f"form {staff}")
            won.append(staff)
        except Conflict:
            lost.append(staff)

    threads = [threading.Thread(target=act, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 7)
    with deps.sessions.read_system() as session:
        done = session.scalars(select(AuditRow.actor).where(AuditRow.action == f"return.{action}")).all()
    assert done == [f"staff {won[0]}"]
    assert reload(order).refunded_minor == (4_900 if action == "pay" else 0)


@pytest.mark.parametrize(
    ("receipt", "error"),
    [
        (Receipt(), InvalidInput),
        (Receipt(received=-1), InvalidInput),
        (Receipt(received=3), Conflict),
        (Receipt(received=1, not_received=2), Conflict),
    ],
)
def test_counts_that_cannot_be_are_refused(deps: Deps, desk: Desk, receipt: Receipt, error: type[Exception]) -> None:
    return_id = desk.returned(desk.with_label(desk.order({"quantity": 2}), 2)).id
    (item,) = desk.all(ReturnItem)
    with pytest.raises(error):
        receive(deps, return_id, ANN, {item.id: receipt}, "k")
    with pytest.raises(InvalidInput):
        receive(deps, return_id, ANN, {item.id + 99: Receipt(1)}, "k")
    assert len(desk.all(ReturnItemEntry)) == 1
    assert receive(deps, return_id, ANN, {item.id: Receipt(2)}, "k").money == "due"


def test_an_order_never_gives_back_more_than_its_total(
    deps: Deps, desk: Desk, reload: Callable[[Order], Order]
) -> None:
    order = desk.order({"unit_price_minor": 9_000}, total_minor=9_000, shipping_minor=0, refunded_minor=500)
    return_id = desk.returned(desk.with_label(order)).id
    receive(deps, return_id, ANN, all_came(desk, return_id), "r")
    with pytest.raises(Conflict, match="more than the order's total"):
        pay(deps, return_id, ANN, "p")
    assert reload(order).refunded_minor == 500
    assert find_return(deps, return_id).money == "due"
    assert desk.effects("refund") == []


def test_the_list_shows_every_shops_returns_under_what_they_wait_for(
    deps: Deps, desk: Desk, other_shop: ShopRef, make_in: Callable[[ShopRef], object]
) -> None:
    theirs = Desk(deps, make_in(other_shop))  # type: ignore[arg-type]
    for_label = desk.returned(desk.submit(desk.order(ship_line1=None)))
    coming = desk.returned(desk.submit(desk.order()))
    due = theirs.returned(theirs.submit(theirs.order()))
    from portal.usecases.returns.effects import run_effects

    run_effects(deps)
    receive(deps, due.id, BOB, all_came(theirs, due.id), "r")
    page = list_returns(deps)
    assert page.total == 3
    assert {name: count for name, count in page.counts.items() if count} == {
        "failed": 1,
        "to_inspect": 1,
        "to_pay": 1,
        "on_its_way": 1,
        "open": 3,
    }
    assert page.troubles[for_label.id] == ("label_failed",)
    assert [r.id for r in list_returns(deps, state="to_pay").returns] == [due.id]
    assert [r.id for r in list_returns(deps, shop_id=desk.shop.id, state="open").returns] == [for_label.id, coming.id]
    assert list_returns(deps, state="failed").returns[0].label_trouble == "The order's address has no street."
    assert [list_returns(deps, page=n, size=2).page for n in (1, 2, 9)] == [1, 2, 2]
    with pytest.raises(NotFound):
        list_returns(deps, state="lost")
    with pytest.raises(NotFound):
        find_return(deps, 999)
    assert returns_desk.returns_of_order(deps, due.order_id)[0].shop_slug == "nordlicht"


def test_documents_are_there_while_the_label_is_good_and_only_in_its_shop(
    deps: Deps, desk: Desk, other_shop: ShopRef
) -> None:
    order = desk.order()
    public_id = desk.submit(order)
    with pytest.raises(NotFound):
        label_pdf(deps, desk.shop, public_id)
    cancel(deps, desk.shop, public_id)
    public_id = desk.with_label(order)
    assert label_pdf(deps, desk.shop, public_id).content.startswith(b"%PDF")
    assert label_qr(deps, desk.shop, public_id).filename == f"return-code-{order.number}-R2.png"
    assert order_of_return(deps, desk.shop, public_id) == order.public_id
    for read in (label_pdf, label_qr, view_return, order_of_return):
        with pytest.raises(NotFound):
            read(deps, other_shop, public_id)
    cancel(deps, desk.shop, public_id)
    with pytest.raises(NotFound):
        label_pdf(deps, desk.shop, public_id)


def test_the_page_says_when_the_day_to_send_it_back_has_passed(deps: Deps, desk: Desk) -> None:
    public_id = desk.with_label(desk.order())
    assert not view_return(deps, desk.shop, public_id).is_overdue
    later = deps.clock() + timedelta(days=15)
    from dataclasses import replace

    assert view_return(replace(deps, clock=lambda: later), desk.shop, public_id).is_overdue
    assert len(desk.all(Return)) == 1
