"""A return that the shopper sends with a carrier of their own: registered, told about, watched, received, paid."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from carriers.base import AdapterInfo
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, Status, TrackingResult
from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.effects import Effect
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.returns import LabelRow, ReturnItem
from portal.db.tables.shipments import PollQueueEntry, Shipment, ShipmentLine
from portal.db.tables.staff import AuditRow
from portal.domain.returns.methods import LABEL, OWN_PARCEL
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.compose import Moot, compose
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.desk import Receipt, find_return, list_returns, receive
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.follow_parcel import follow_parcel
from portal.usecases.returns.label_now import buy_label_now
from portal.usecases.returns.offer import offer
from portal.usecases.returns.own_parcel import MAX_CORRECTIONS, carriers_to_choose, name_parcel
from portal.usecases.returns.payout import pay
from portal.usecases.returns.view import view_return
from portal.usecases.shops import apply_config, find_shop
from portal.usecases.tracking.poll import poll_carrier
from tests.support.doubles import Clock, FakeCarriers
from tests.support.factory import Factory, shop_document
from tests.usecases.returns.conftest import Desk

NUMBER = "00340434161094042557"


@dataclass
class Strict(FakeCarriers):
    """Knows no carrier but its own, and has a word on every number."""

    verdict: bool | None = None

    def info(self, code: str) -> AdapterInfo:
        if code not in self.configured():
            raise CarrierError(ErrorKind.UNKNOWN_CARRIER, "no such carrier", sent=False)
        return super().info(code)

    def number_is_valid(self, code: str, number: str) -> bool | None:
        return self.verdict


@pytest.fixture
def order(desk: Desk) -> Order:
    """From Germany, where the shop's carrier sells no labels."""
    return desk.order({"quantity": 2}, ship_country="DE", timezone="Europe/Berlin")


@pytest.fixture
def public_id(desk: Desk, order: Order) -> str:
    return desk.submit(order, 2)


def parcels(desk: Desk) -> list[Shipment]:
    return [parcel for parcel in desk.all(Shipment) if parcel.direction == "return"]


def queued(deps: Deps, desk: Desk) -> list[int]:
    with deps.sessions.read(desk.shop.id) as session:
        return list(session.scalars(select(PollQueueEntry.shipment_id)))


def scan(deps: Deps, desk: Desk, status: str) -> None:
    """What the poller does: write the parcel's state down and let the return follow."""
    with deps.sessions.write(desk.shop.id) as session:
        parcel = session.scalars(select(Shipment).where(Shipment.return_id.is_not(None))).one()
        parcel.status, parcel.last_scan_at = status, deps.clock()
        follow_parcel(session, deps, desk.shop, parcel, deps.clock())


def all_came(desk: Desk) -> dict[int, Receipt]:
    return {item.id: Receipt(item.quantity) for item in desk.all(ReturnItem)}


def test_where_no_label_can_be_made_the_return_stands_without_one(
    deps: Deps, desk: Desk, order: Order, public_id: str, carriers: FakeCarriers
) -> None:
    buy_label_now(deps, desk.shop, public_id)
    assert run_effects(deps) == 0
    row = desk.returned(public_id)
    assert (row.decision, row.method, row.parcel, row.money) == ("approved", "own_parcel", "none", "quoted")
    assert (desk.all(Effect), desk.all(LabelRow), carriers.bought) == ([], [], {})
    assert [(m.event, m.state, m.return_id) for m in desk.all(OutboxMessage)] == [
        ("return_instructions", "queued", row.id)
    ]
    page = view_return(deps, desk.shop, public_id)
    assert (page.parcel, page.wait, page.label, page.tracked) == ("none", None, None, None)
    assert page.can_name
    assert page.can_cancel
    assert not page.is_our_doing


def test_the_way_back_is_said_before_anything_is_chosen(deps: Deps, desk: Desk, order: Order) -> None:
    assert offer(deps, desk.shop, order.public_id).method.code == "own_parcel"
    assert offer(deps, desk.shop, desk.order().public_id).method.code == "label"


@pytest.mark.parametrize("label_carrier", ["", "no such carrier"])
def test_a_shop_without_a_label_carrier_makes_no_labels_for_anybody(deps: Deps, desk: Desk, label_carrier: str) -> None:
    apply_config(deps, "juniper", shop_document(returns={"label_carrier": label_carrier}))
    desk.shop, desk.deps = find_shop(deps, slug="juniper"), replace(deps, carriers=Strict())
    row = desk.returned(desk.submit(desk.order()))
    assert (row.method, row.parcel) == ("own_parcel", "none")
    assert desk.effects() == []


def test_the_message_says_where_to_and_by_when(deps: Deps, desk: Desk, public_id: str) -> None:
    (message,) = desk.all(OutboxMessage)
    letter = compose(deps, desk.shop, message.id)
    row = desk.returned(public_id)
    assert letter.note is not None
    assert (letter.note.rma, letter.note.send_back_by, letter.note.is_our_doing) == (row.rma, row.send_back_by, False)
    assert letter.link.endswith(f"?next=/juniper/returns/{public_id}")
    assert letter.pdf is None


def test_the_message_knows_when_something_was_wrong_on_our_side(deps: Deps, desk: Desk, order: Order) -> None:
    public_id = desk.submit(order, 1, reason="damaged_in_transit")
    (message,) = desk.all(OutboxMessage)
    note = compose(deps, desk.shop, message.id).note
    assert note is not None
    assert note.is_our_doing
    assert view_return(deps, desk.shop, public_id).is_our_doing


def test_where_to_send_it_is_not_told_after_calling_it_off(deps: Deps, desk: Desk, public_id: str) -> None:
    cancel(deps, desk.shop, public_id)
    (message,) = desk.all(OutboxMessage)
    with pytest.raises(Moot):
        compose(deps, desk.shop, message.id)


def test_a_number_that_the_shopper_gives_is_watched_like_a_label(
    deps: Deps, desk: Desk, order: Order, public_id: str
) -> None:
    assert [choice.name for choice in carriers_to_choose(deps, desk.shop)] == ["DHL_UNIFIED", "FEDEX", "UPS", "USPS"]
    name_parcel(deps, desk.shop, public_id, "dhl_unified", " 0034 0434-1610.9404 2557 ")
    (parcel,) = parcels(desk)
    assert (parcel.carrier, parcel.tracking_number, parcel.order_id) == ("dhl_unified", NUMBER, order.id)
    assert (parcel.origin_country, parcel.destination_country, parcel.status) == ("DE", "US", "pending")
    assert queued(deps, desk) == [parcel.id]
    assert [line.quantity for line in desk.all(ShipmentLine)] == [2]
    page = view_return(deps, desk.shop, public_id)
    assert page.tracked is not None
    assert (page.tracked.carrier_name, page.tracked.tracking_number, page.parcel) == ("DHL_UNIFIED", NUMBER, "none")
    shown = find_return(deps, desk.returned(public_id).id)
    assert (shown.method, shown.carrier, shown.tracking_number) == ("own_parcel", "dhl_unified", NUMBER)
    with deps.sessions.read_system() as session:
        trail = session.scalars(select(AuditRow).where(AuditRow.action == "return.parcel")).one()
        assert NUMBER not in str(trail.details)


def test_the_poller_moves_the_return_by_the_scans_of_its_parcel(
    deps: Deps, desk: Desk, public_id: str, carriers: FakeCarriers, clock: Clock
) -> None:
    name_parcel(deps, desk.shop, public_id, "dhl_unified", NUMBER)
    poll_carrier(deps, "dhl_unified")
    assert desk.returned(public_id).parcel == "none"
    clock.advance(days=1)
    seen = Checkpoint(time=clock.now, status=Status.IN_TRANSIT, raw_code="transit", raw_text="On its way")
    carriers.results[NUMBER] = TrackingResult(NUMBER, Status.IN_TRANSIT, checkpoints=(seen,))
    poll_carrier(deps, "dhl_unified")
    page = view_return(deps, desk.shop, public_id)
    assert (page.parcel, page.can_cancel, page.can_name) == ("in_transit", False, False)


def test_the_same_number_twice_is_one_parcel(deps: Deps, desk: Desk, public_id: str) -> None:
    threads = [
        threading.Thread(target=name_parcel, args=(deps, desk.shop, public_id, "dhl_unified", NUMBER)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(parcels(desk)) == len(queued(deps, desk)) == 1


def test_a_number_can_be_corrected_and_corrected_back(deps: Deps, desk: Desk, public_id: str) -> None:
    def name(number: str) -> None:
        name_parcel(deps, desk.shop, public_id, "dhl_unified", number)

    name("11111111111")
    name(NUMBER)
    wrong, right = parcels(desk)
    assert (wrong.return_id, wrong.tracking_ended_at) == (None, deps.clock())
    assert queued(deps, desk) == [right.id]
    name("11111111111")
    wrong, right = parcels(desk)
    page = view_return(deps, desk.shop, public_id)
    assert page.tracked is not None
    assert page.tracked.tracking_number == "11111111111"
    assert (wrong.tracking_ended_at, right.return_id) == (None, None)
    assert queued(deps, desk) == [wrong.id]


def test_a_late_answer_about_a_number_that_was_corrected_moves_nothing(deps: Deps, desk: Desk, public_id: str) -> None:
    name_parcel(deps, desk.shop, public_id, "dhl_unified", "11111111111")
    name_parcel(deps, desk.shop, public_id, "dhl_unified", NUMBER)
    with deps.sessions.write(desk.shop.id) as session:
        wrong = session.scalars(select(Shipment).where(Shipment.tracking_number == "11111111111")).one()
        wrong.status = "delivered"
        follow_parcel(session, deps, desk.shop, wrong, deps.clock())
    assert desk.returned(public_id).parcel == "none"


def test_cases_about_a_number_that_was_corrected_are_over(deps: Deps, desk: Desk, public_id: str) -> None:
    name_parcel(deps, desk.shop, public_id, "dhl_unified", "11111111111")
    (wrong,) = parcels(desk)
    with deps.sessions.write(desk.shop.id) as session:
        now = deps.clock()
        session.add(
            DeliveryException(
                shop_id=desk.shop.id,
                subject_kind="shipment",
                subject_id=str(wrong.id),
                shipment_id=wrong.id,
                rule="R03",
                rule_version=1,
                severity="medium",
                state="open",
                opened_at=now,
                due_at=now + timedelta(hours=8),
                priority=10,
                message_key="R03",
                cause="-",
                since=now,
            )
        )
    name_parcel(deps, desk.shop, public_id, "dhl_unified", NUMBER)
    with deps.sessions.read(desk.shop.id) as session:
        case = session.scalars(select(DeliveryException)).one()
        assert (case.state, case.closed_by) == ("cleared", "another number was given")


def test_corrections_have_an_end(deps: Deps, desk: Desk, public_id: str) -> None:
    for n in range(MAX_CORRECTIONS + 1):
        name_parcel(deps, desk.shop, public_id, "dhl_unified", f"1111111111{n}")
    with pytest.raises(Conflict, match="corrected many times"):
        name_parcel(deps, desk.shop, public_id, "dhl_unified", NUMBER)
    assert len(parcels(desk)) == MAX_CORRECTIONS + 1


@pytest.mark.parametrize(
    ("carrier", "number", "field"),
    [
        ("pigeon", NUMBER, "carrier"),
        ("", NUMBER, "carrier"),
        ("dhl_unified", "", "number"),
        ("dhl_unified", "12345", "number"),
        ("dhl_unified", "1" * 41, "number"),
        ("dhl_unified", "NODIGITS", "number"),
        ("dhl_unified", "1234567<b>", "number"),
        ("dhl_unified", "١٢٣٤٥٦٧٨", "number"),
    ],
)
def test_what_is_no_number_of_a_carrier_that_we_know_is_refused_with_its_place(
    deps: Deps, desk: Desk, public_id: str, carrier: str, number: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        name_parcel(deps, desk.shop, public_id, carrier, number)
    assert caught.value.field == field
    assert parcels(desk) == []


def test_a_wrong_check_digit_is_refused(deps: Deps, desk: Desk, public_id: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        name_parcel(replace(deps, carriers=Strict(verdict=False)), desk.shop, public_id, "dhl_unified", NUMBER)
    assert caught.value.field == "number"
    assert parcels(desk) == []


@pytest.mark.parametrize("verdict", [None, True])
def test_a_number_of_a_format_that_nobody_published_is_taken(
    deps: Deps, desk: Desk, public_id: str, verdict: bool | None
) -> None:
    name_parcel(replace(deps, carriers=Strict(verdict=verdict)), desk.shop, public_id, "dhl_unified", NUMBER)
    assert len(parcels(desk)) == 1


def test_the_number_of_the_parcel_that_came_is_not_the_one_that_goes_back(
    deps: Deps, desk: Desk, make: Factory, order: Order, public_id: str
) -> None:
    came = make.shipment(order, carrier="dhl_unified", tracking_number=NUMBER)
    with pytest.raises(InvalidInput) as caught:
        name_parcel(deps, desk.shop, public_id, "dhl_unified", NUMBER)
    assert caught.value.field == "number.outbound"
    assert parcels(desk) == []
    assert [parcel.id for parcel in desk.all(Shipment)] == [came.id]


def test_two_returns_of_an_order_do_not_share_a_number(deps: Deps, desk: Desk, order: Order) -> None:
    first, second = desk.submit(order, 1), desk.submit(order, 1)
    name_parcel(deps, desk.shop, first, "dhl_unified", NUMBER)
    with pytest.raises(InvalidInput) as caught:
        name_parcel(deps, desk.shop, second, "dhl_unified", NUMBER)
    assert caught.value.field == "number.taken"
    page = view_return(deps, desk.shop, first)
    assert page.tracked is not None


def test_another_shop_cannot_name_the_parcel(deps: Deps, desk: Desk, public_id: str, other_shop: ShopRef) -> None:
    with pytest.raises(NotFound):
        name_parcel(deps, other_shop, public_id, "dhl_unified", NUMBER)


def test_a_return_with_a_label_takes_no_other_number(deps: Deps, desk: Desk) -> None:
    public_id = desk.with_label(desk.order())
    with pytest.raises(Conflict):
        name_parcel(deps, desk.shop, public_id, "dhl_unified", NUMBER)
    assert len(parcels(desk)) == 1


def test_it_can_be_called_off_until_the_first_scan(
    deps: Deps, desk: Desk, order: Order, public_id: str, clock: Clock
) -> None:
    name_parcel(deps, desk.shop, public_id, "dhl_unified", NUMBER)
    cancel(deps, desk.shop, public_id)
    row = desk.returned(public_id)
    assert (row.decision, row.parcel, row.money) == ("cancelled", "none", "none")
    assert desk.line(order).units_returning == 0
    assert queued(deps, desk) == []
    scan(deps, desk, "in_transit")
    assert desk.returned(public_id).parcel == "none"
    with pytest.raises(Conflict):
        name_parcel(deps, desk.shop, public_id, "dhl_unified", "11111111111")


def test_after_the_first_scan_it_can_neither_be_called_off_nor_renamed(deps: Deps, desk: Desk, public_id: str) -> None:
    name_parcel(deps, desk.shop, public_id, "dhl_unified", NUMBER)
    scan(deps, desk, "in_transit")
    with pytest.raises(Conflict):
        cancel(deps, desk.shop, public_id)
    with pytest.raises(Conflict):
        name_parcel(deps, desk.shop, public_id, "dhl_unified", "11111111111")
    assert desk.returned(public_id).decision == "approved"


@pytest.mark.parametrize("with_number", [False, True])
def test_staff_receive_and_pay_what_no_carrier_ever_scanned(
    deps: Deps, desk: Desk, public_id: str, with_number: bool, reload: Callable[[Order], Order]
) -> None:
    if with_number:
        name_parcel(deps, desk.shop, public_id, "dhl_unified", NUMBER)
    return_id = desk.returned(public_id).id
    assert list_returns(deps, state="on_its_way").total == 1
    assert list_returns(deps, state="failed").total == 0
    got = receive(deps, return_id, 3, all_came(desk), "a")
    assert (got.parcel, got.money, got.can_pay) == ("delivered_to_us", "due", True)
    page = view_return(deps, desk.shop, public_id)
    assert (page.money.state, page.can_cancel, page.can_name) == ("due", False, False)
    paid = pay(deps, return_id, 3, "b")
    assert (paid.decision, paid.money) == ("resolved", "paid")
    assert [m.event for m in desk.all(OutboxMessage)] == ["return_instructions", "return_received", "refund"]


def test_a_parcel_that_is_not_sent_in_time_is_overdue(deps: Deps, desk: Desk, public_id: str, clock: Clock) -> None:
    clock.advance(days=14)
    assert not view_return(deps, desk.shop, public_id).is_overdue
    clock.advance(days=1)
    assert view_return(deps, desk.shop, public_id).is_overdue


def test_a_label_carrier_without_an_account_makes_no_labels(deps: Deps, desk: Desk, carriers: FakeCarriers) -> None:
    carriers.codes = ("ups",)
    assert offer(deps, desk.shop, desk.order().public_id).method.code == OWN_PARCEL
    carriers.more_accounts.append(carriers.account("usps", key="shop:1", shop_id=desk.shop.id + 1))
    assert offer(deps, desk.shop, desk.order().public_id).method.code == OWN_PARCEL
    carriers.more_accounts.append(carriers.account("usps", key="shop:2", shop_id=desk.shop.id))
    assert offer(deps, desk.shop, desk.order().public_id).method.code == LABEL
