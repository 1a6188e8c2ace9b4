"""What a message says is read when it is sent, so that it is true then."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.effects import Effect
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import LabelRow, Return, ReturnItem
from portal.db.tables.shipments import ShipmentLine
from portal.notify.letter import Item
from portal.usecases.compose import Moot, compose
from portal.usecases.deps import Deps
from portal.usecases.enqueue import enqueue
from portal.usecases.links import redeem_link
from tests.support.doubles import Clock
from tests.support.factory import Factory


def queue(deps: Deps, make: Factory, order: Order, event: str, **more: Any) -> int:
    with deps.sessions.write(make.shop.id) as session:
        message = enqueue(session, deps, make.shop, event, order, once="1", **more)
        assert message is not None
        return message.id


def add(deps: Deps, make: Factory, *rows: Any) -> None:
    with deps.sessions.write(make.shop.id) as session:
        session.add_all(rows)


def lines_of(deps: Deps, make: Factory, order: Order) -> list[OrderLine]:
    with deps.sessions.read(make.shop.id) as session:
        found = select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
        return list(session.scalars(found))


@pytest.fixture
def order(make: Factory) -> Order:
    return make.order(number="J-1001", locale="de", lines=[{"title": "Linen shirt", "quantity": 2}, {"title": "Belt"}])


def test_the_link_in_a_message_opens_its_order(deps: Deps, make: Factory, order: Order) -> None:
    letter = compose(deps, make.shop, queue(deps, make, order, "link"))
    address, _, token = letter.link.rpartition("/")
    assert address == "https://portal.example/juniper/l"
    assert redeem_link(deps, make.shop, token) == order.public_id


def test_a_code_comes_without_a_link_that_would_make_it_needless(deps: Deps, make: Factory, order: Order) -> None:
    letter = compose(deps, make.shop, queue(deps, make, order, "code", payload={"code": "123456", "minutes": 10}))
    assert (letter.code, letter.minutes, letter.link) == ("123456", 10, "")


def test_a_message_is_in_the_orders_language_and_zone(deps: Deps, make: Factory, order: Order) -> None:
    letter = compose(deps, make.shop, queue(deps, make, order, "link"))
    assert letter.timezone == "America/New_York"
    assert letter.language in {"de", "en"}
    assert letter.items == (Item("Linen shirt", 2), Item("Belt", 1))


def test_a_parcel_of_a_split_order_names_what_is_in_it_and_no_more(deps: Deps, make: Factory, order: Order) -> None:
    first, second = make.shipment(order, eta_on=date(2026, 11, 21)), make.shipment(order)
    belt = lines_of(deps, make, order)[1]
    add(deps, make, ShipmentLine(shop_id=make.shop.id, shipment_id=first.id, order_line_id=belt.id, quantity=1))
    parcel = compose(deps, make.shop, queue(deps, make, order, "shipped", shipment_id=first.id)).parcel
    assert parcel is not None
    assert (parcel.items, parcel.parcels, parcel.carrier) == ((Item("Belt", 1),), 2, "UPS")
    assert (parcel.expected_on, parcel.promised_on) == (date(2026, 11, 21), order.promised_on)
    other = compose(deps, make.shop, queue(deps, make, order, "out_for_delivery", shipment_id=second.id)).parcel
    assert other is not None
    assert other.items == ()


def test_the_only_parcel_holds_the_whole_order(deps: Deps, make: Factory, order: Order) -> None:
    shipment = make.shipment(order)
    parcel = compose(deps, make.shop, queue(deps, make, order, "shipped", shipment_id=shipment.id)).parcel
    assert parcel is not None
    assert [item.title for item in parcel.items] == ["Linen shirt", "Belt"]


def test_a_title_over_several_lines_cannot_pass_for_our_own_words(deps: Deps, make: Factory) -> None:
    order = make.order(lines=[{"title": "Shirt\n\nYour card was declined.\nPay at:\thttps://evil.example"}])
    letter = compose(deps, make.shop, queue(deps, make, order, "link"))
    assert letter.items[0].title == "Shirt Your card was declined. Pay at: https://evil.example"


def case(make: Factory, clock: Clock, shipment_id: int, order_id: int, state: str) -> DeliveryException:
    return DeliveryException(
        shop_id=make.shop.id,
        subject_kind="shipment",
        subject_id=str(shipment_id),
        shipment_id=shipment_id,
        order_id=order_id,
        rule="R08",
        rule_version=1,
        severity="high",
        state=state,
        message_key="R08",
        cause="promise",
        due_at=clock.now,
        opened_at=clock.now,
        since=clock.now,
    )


def test_a_problem_is_told_in_the_words_of_its_rule(deps: Deps, make: Factory, order: Order, clock: Clock) -> None:
    shipment = make.shipment(order)
    payload = {"message_key": "R08.predicted", "inputs": {"eta_on": "2026-11-24", "carrier": "ups"}}
    message = queue(deps, make, order, "problem", shipment_id=shipment.id, payload=payload)
    add(deps, make, case(make, clock, shipment.id, order.id, "open"))
    trouble = compose(deps, make.shop, message).trouble
    assert trouble is not None
    assert trouble.rule == "R08"
    assert "%(eta_on)s" in trouble.shopper_text
    assert trouble.inputs["eta_on"] == "2026-11-24"


def test_a_problem_that_is_over_is_not_told(deps: Deps, make: Factory, order: Order, clock: Clock) -> None:
    shipment = make.shipment(order)
    payload = {"message_key": "R08", "inputs": {"promised_on": "2026-11-17"}}
    message = queue(deps, make, order, "problem", shipment_id=shipment.id, payload=payload)
    add(deps, make, case(make, clock, shipment.id, order.id, "cleared"))
    with pytest.raises(Moot, match="no longer true"):
        compose(deps, make.shop, message)


def returned(deps: Deps, make: Factory, order: Order, clock: Clock, **changes: Any) -> Return:
    values: dict[str, Any] = {
        "shop_id": make.shop.id,
        "public_id": "return-000000000000000001",
        "rma": "RMA-7K2M",
        "order_id": order.id,
        "decision": "approved",
        "resolution": "refund",
        "currency": "USD",
        "goods_minor": 4_900,
        "due_minor": 4_900,
        "policy_version": 1,
        "decision_record": {},
        "send_back_by": (clock.now + timedelta(days=14)).date(),
        "submitted_at": clock.now,
    }
    row = Return(**(values | changes))
    add(deps, make, row)
    line = lines_of(deps, make, order)[0]
    item = ReturnItem(
        shop_id=make.shop.id,
        return_id=row.id,
        order_line_id=line.id,
        quantity=1,
        reason="too_small",
        unit_refund_minor=4_900,
    )
    add(deps, make, item)
    return row


def label_for(deps: Deps, make: Factory, row: Return, clock: Clock, **changes: Any) -> None:
    effect = Effect(
        shop_id=make.shop.id,
        kind="label",
        subject=f"return {row.id}",
        purpose="return",
        key=f"key-{row.id}",
        provider="usps",
        intended_at=clock.now,
    )
    add(deps, make, effect)
    label = LabelRow(
        shop_id=make.shop.id,
        return_id=row.id,
        effect_id=effect.id,
        carrier="usps",
        tracking_number="9400100000000000000001",
        document=b"%PDF-1.4 real",
        qr_png=b"\x89PNG real",
        created_at=clock.now,
        **changes,
    )
    add(deps, make, label)


def test_a_label_message_carries_the_label(deps: Deps, make: Factory, order: Order, clock: Clock) -> None:
    row = returned(deps, make, order, clock)
    label_for(deps, make, row, clock)
    letter = compose(deps, make.shop, queue(deps, make, order, "return_label_ready", return_id=row.id))
    assert (letter.pdf, letter.qr_png) == (b"%PDF-1.4 real", b"\x89PNG real")
    assert letter.note is not None
    assert (letter.note.carrier, letter.note.number) == ("USPS", "9400100000000000000001")
    assert letter.note.items == (Item("Linen shirt", 1),)
    assert letter.link.endswith("?next=/juniper/returns/return-000000000000000001")


def test_a_label_that_was_voided_meanwhile_is_not_sent(deps: Deps, make: Factory, order: Order, clock: Clock) -> None:
    row = returned(deps, make, order, clock)
    label_for(deps, make, row, clock, voided_at=clock.now)
    with pytest.raises(Moot):
        compose(deps, make.shop, queue(deps, make, order, "return_label_ready", return_id=row.id))


def test_a_refund_message_carries_no_label(deps: Deps, make: Factory, order: Order, clock: Clock) -> None:
    row = returned(deps, make, order, clock, resolution="store_credit", credit_code="JUN-1")
    label_for(deps, make, row, clock)
    letter = compose(deps, make.shop, queue(deps, make, order, "refund", return_id=row.id))
    assert letter.pdf is None
    assert letter.note is not None
    assert (letter.note.due_minor, letter.note.credit_code, letter.note.is_credit) == (4_900, "JUN-1", True)


def test_no_message_is_made_of_another_shops_order(deps: Deps, make: Factory, order: Order, other_shop: Any) -> None:
    message = queue(deps, make, order, "link")
    with pytest.raises(Exception, match="No row"):
        compose(deps, other_shop, message)
    with deps.sessions.read_system() as session:
        assert session.get_one(OutboxMessage, message).state == "queued"


def test_how_to_send_it_comes_with_what_is_laid_into_the_parcel_and_the_last_day(
    deps: Deps, make: Factory, clock: Clock
) -> None:
    order = make.order(lines=[{"title": "Linen shirt"}], ship_country="CA")
    row = returned(deps, make, order, clock, method="own_parcel", parcel="none")
    letter = compose(deps, make.shop, queue(deps, make, order, "return_instructions", return_id=row.id))
    assert [paper.filename for paper in letter.papers] == [
        f"packing-slip-{row.rma}.pdf",
        f"customs-invoice-{row.rma}.pdf",
        f"return-{row.rma}.ics",
    ]
    assert letter.papers[0].content.startswith(b"%PDF")
    assert b"BEGIN:VEVENT" in letter.papers[2].content
