"""What is sent instead: planned when the policy says, confirmed once, and what happens when it cannot be had."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.db.tables.catalogue import Reservation, Variant
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import Return, ReturnEvent, ReturnItem
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.db.tables.staff import AuditRow
from portal.errors import Conflict, InvalidInput
from portal.i18n import Speaker
from portal.usecases.catalogue.lower_stock import lower_stock
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.desk import receive
from portal.usecases.returns.desk_views import Receipt
from portal.usecases.returns.exchange_desk import Sent, confirm_sent, list_exchanges_to_send, sendings_of
from portal.usecases.returns.exchange_fallback import expire_reservations
from portal.usecases.returns.exchange_orders import send_due
from portal.usecases.returns.exchange_stock import GOODS, PART
from portal.usecases.returns.facts import order_facts
from portal.usecases.returns.offer_views import Choice
from portal.usecases.returns.payout import Held, pay
from portal.usecases.shops import create_shop
from portal.usecases.view_order import view_order
from tests.support.doubles import Clock
from tests.support.factory import shop_document
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_exchange_stock import let_go, stock, wish
from tests.usecases.returns.test_label_races import at_once

UPS = "1Z999AA10123456784"


def exchanged(desk: Desk, sku: str = "SKU-1-L", *, worth: int = 4_000, **changes: Any) -> str:
    """A return of one shirt for another, as the submission leaves it."""
    public_id = desk.submit(desk.order())
    wish(desk, public_id, sku)
    change(desk, public_id, resolution="exchange", **changes)
    with desk.deps.sessions.write(desk.shop.id) as session:
        row = rows.return_by_public_id(session, public_id)
        (item,) = [item for item, _ in rows.items_of(session, row)]
        item.exchange_minor = row.exchange_minor = min(worth, row.goods_minor)
        row.due_minor = row.goods_minor - row.fee_minor - row.exchange_minor
    return public_id


def change(desk: Desk, public_id: str, **values: Any) -> None:
    with desk.deps.sessions.write(desk.shop.id) as session:
        session.execute(update(Return).where(Return.public_id == public_id).values(**values))


def scanned(desk: Desk, public_id: str) -> int:
    change(desk, public_id, parcel="in_transit")
    assert send_due(desk.deps) == 1
    return desk.returned(public_id).id


def told(desk: Desk) -> list[str]:
    return [message.event for message in desk.all(OutboxMessage) if message.event.startswith("exchange")]


@pytest.fixture
def in_stock(desk: Desk) -> None:
    desk.make.variant("SKU-1-L", stock=2)


@pytest.mark.usefixtures("in_stock")
class TestSending:
    def test_it_is_to_be_sent_once_the_parcel_is_scanned_and_not_before(self, desk: Desk) -> None:
        public_id = exchanged(desk)
        assert send_due(desk.deps) == 0
        change(desk, public_id, parcel="in_transit")
        assert (send_due(desk.deps), send_due(desk.deps)) == (1, 0)
        (waiting,) = list_exchanges_to_send(desk.deps)
        assert [(item.sku, item.quantity) for item in waiting.items] == [("SKU-1-L", 1)]
        assert (waiting.purpose, waiting.state, waiting.rma) == (GOODS, "to_send", desk.returned(public_id).rma)

    def test_what_waits_for_a_person_is_not_sent(self, desk: Desk) -> None:
        public_id = exchanged(desk)
        change(desk, public_id, parcel="in_transit", held_at=desk.deps.clock())
        assert send_due(desk.deps) == 0

    def test_what_is_held_after_it_was_planned_is_not_sent_before_it_is_released(self, desk: Desk) -> None:
        public_id = exchanged(desk)
        return_id = scanned(desk, public_id)
        change(desk, public_id, held_at=desk.deps.clock())
        assert list_exchanges_to_send(desk.deps) == ()
        with pytest.raises(Held):
            confirm_sent(desk.deps, return_id, 1, "k1", Sent(order_number="X-77"))
        assert stock(desk, "SKU-1-L") == (2, 1)
        change(desk, public_id, held_at=None)
        confirm_sent(desk.deps, return_id, 1, "k2", Sent(order_number="X-77"))
        assert desk.returned(public_id).exchange == "ordered"

    def test_a_rule_for_express_waits_for_nothing(self, desk: Desk) -> None:
        public_id = exchanged(desk)
        with desk.deps.sessions.write(desk.shop.id) as session:
            row = rows.return_by_public_id(session, public_id)
            line = session.scalars(select(ReturnItem.order_line_id)).one()
            verdict = {"line_id": line, "terms": {"exchange_express": True}}
            order = {**row.decision_record["orders"][0], "verdicts": [verdict]}
            row.decision_record = {**row.decision_record, "orders": [order]}
        assert send_due(desk.deps) == 1

    def test_the_order_number_takes_it_out_of_the_stock_and_the_parcel_tells_the_shopper(self, desk: Desk) -> None:
        public_id = exchanged(desk)
        return_id = scanned(desk, public_id)
        confirm_sent(desk.deps, return_id, 1, "k1", Sent(order_number="X-77"))
        assert (desk.returned(public_id).exchange, stock(desk, "SKU-1-L"), told(desk)) == ("ordered", (1, 0), [])
        confirm_sent(desk.deps, return_id, 1, "k2", Sent(carrier="ups", tracking_number=UPS))
        assert (desk.returned(public_id).exchange, stock(desk, "SKU-1-L")) == ("shipped", (1, 0))
        assert told(desk) == ["exchange_shipped"]
        (view,) = sendings_of(desk.deps, return_id)
        assert (view.state, view.order_number, view.tracking_number) == ("sent", "X-77", UPS)
        assert list_exchanges_to_send(desk.deps) == ()
        with pytest.raises(Conflict, match="sent already"):
            confirm_sent(desk.deps, return_id, 1, "k3", Sent(on_its_way=True))

    def test_the_parcel_is_watched_as_one_of_the_order_and_changes_nothing_about_the_purchase(self, desk: Desk) -> None:
        public_id = exchanged(desk)
        confirm_sent(desk.deps, scanned(desk, public_id), 1, "k", Sent(carrier="ups", tracking_number=UPS))
        (parcel,) = [s for s in desk.all(Shipment) if s.tracking_number == UPS]
        assert (parcel.direction, parcel.destination_country) == ("outbound", "US")
        with desk.deps.sessions.read(desk.shop.id) as session:
            assert session.get(PollQueueEntry, parcel.id) is not None
            row = rows.return_by_public_id(session, public_id)
            assert rows.return_parcel(session, row) is None
            order, _ = rows.lock_return(session, row.id)
            config, now = desk.shop.config.returns, desk.deps.clock()
            (line,) = order_facts(session, order, rows.lines_of(session, order), config, now).lines
            assert line.delivered_at == order.delivered_at

    def test_the_same_form_twice_is_one_confirmation(self, desk: Desk) -> None:
        public_id = exchanged(desk)
        return_id = scanned(desk, public_id)
        for _ in range(2):
            confirm_sent(desk.deps, return_id, 1, "k", Sent(carrier="ups", tracking_number=UPS))
        assert stock(desk, "SKU-1-L") == (1, 0)
        assert told(desk) == ["exchange_shipped"]

    def test_sixty_four_confirmations_at_once_take_one_unit_out_of_the_stock(self, desk: Desk) -> None:
        public_id = exchanged(desk)
        return_id = scanned(desk, public_id)
        sent = Sent(carrier="ups", tracking_number=UPS)
        raised = at_once(lambda n: confirm_sent(desk.deps, return_id, 1, f"key {n}", sent))
        assert [type(error) for error in raised] == [Conflict] * 63
        assert stock(desk, "SKU-1-L") == (1, 0)
        assert told(desk) == ["exchange_shipped"]
        assert len([s for s in desk.all(Shipment) if s.tracking_number == UPS]) == 1

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            (Sent(), "number"),
            (Sent(order_number="x" * 101), "order_number"),
            (Sent(carrier="nobody", tracking_number=UPS), "carrier"),
            (Sent(carrier="ups", tracking_number="??"), "number"),
        ],
    )
    def test_what_cannot_be_right_is_refused_and_nothing_changes(self, desk: Desk, sent: Sent, field: str) -> None:
        public_id = exchanged(desk)
        return_id = scanned(desk, public_id)
        with pytest.raises(InvalidInput) as caught:
            confirm_sent(desk.deps, return_id, 1, "k", sent)
        assert caught.value.field == field
        assert stock(desk, "SKU-1-L") == (2, 1)

    def test_the_number_of_the_parcel_that_came_is_not_taken_for_a_new_one(self, desk: Desk) -> None:
        public_id = exchanged(desk)
        order_id = desk.returned(public_id).order_id
        with desk.deps.sessions.read(desk.shop.id) as session:
            order = session.get_one(type(desk.order()), order_id)
        desk.make.shipment(order, tracking_number=UPS)
        with pytest.raises(InvalidInput) as caught:
            confirm_sent(desk.deps, scanned(desk, public_id), 1, "k", Sent(carrier="ups", tracking_number=UPS))
        assert caught.value.field == "number.taken"

    def test_a_return_that_is_called_off_sends_nothing(self, desk: Desk) -> None:
        public_id = exchanged(desk)
        return_id = scanned(desk, public_id)
        let_go(desk, public_id)
        assert list_exchanges_to_send(desk.deps) == ()
        with pytest.raises(Conflict, match="nothing to send"):
            confirm_sent(desk.deps, return_id, 1, "k", Sent(on_its_way=True))


def test_a_missing_part_is_sent_at_once_without_touching_any_stock(desk: Desk) -> None:
    public_id = desk.submit(desk.order(), reason="missing_parts")
    with desk.deps.sessions.write(desk.shop.id) as session:
        session.execute(update(ReturnItem).values(outcome="part", comment="the belt"))
    assert send_due(desk.deps) == 1
    (view,) = list_exchanges_to_send(desk.deps)
    assert (view.purpose, [item.words for item in view.items]) == (PART, ["the belt"])
    confirm_sent(desk.deps, view.return_id, 1, "k", Sent(on_its_way=True), PART)
    assert told(desk) == ["exchange_shipped"]
    assert desk.returned(public_id).exchange == "none"


@pytest.mark.usefixtures("in_stock")
class TestFallback:
    def test_what_is_not_sent_back_in_time_falls_back_and_the_shopper_is_told(self, desk: Desk, clock: Clock) -> None:
        public_id = exchanged(desk, fallback="refund")
        assert expire_reservations(desk.deps) == 0
        clock.advance(days=21)
        assert (expire_reservations(desk.deps), expire_reservations(desk.deps)) == (1, 0)
        row = desk.returned(public_id)
        assert (row.exchange, row.resolution, row.exchange_minor) == ("fallback_used", "refund", 0)
        assert row.due_minor == row.goods_minor - row.fee_minor + row.bonus_minor
        assert (stock(desk, "SKU-1-L"), told(desk)) == ((2, 0), ["exchange_fallback"])
        event = next(e for e in desk.all(ReturnEvent) if e.to_state == "fallback_used")
        assert (event.actor, event.why) == ("exchange", "expired")
        assert "return.exchange_fallback" in [audit.action for audit in desk.all(AuditRow)]

    def test_store_credit_that_was_chosen_in_advance_has_its_bonus(self, desk: Desk, clock: Clock) -> None:
        public_id = exchanged(desk, fallback="store_credit")
        clock.advance(days=21)
        expire_reservations(desk.deps)
        row = desk.returned(public_id)
        assert row.resolution == "store_credit"

    def test_what_is_to_be_sent_does_not_expire(self, desk: Desk, clock: Clock) -> None:
        public_id = exchanged(desk)
        scanned(desk, public_id)
        clock.advance(days=60)
        assert expire_reservations(desk.deps) == 0
        assert desk.returned(public_id).exchange == "reserved"

    def test_of_expiry_and_sending_at_the_same_moment_one_wins(self, desk: Desk, clock: Clock) -> None:
        public_id = exchanged(desk)
        change(desk, public_id, parcel="in_transit")
        clock.advance(days=30)
        assert at_once(lambda n: (send_due if n % 2 else expire_reservations)(desk.deps), 16) == []
        row, waiting = desk.returned(public_id), list_exchanges_to_send(desk.deps)
        assert (row.exchange, len(waiting)) in (("reserved", 1), ("fallback_used", 0))
        assert stock(desk, "SKU-1-L") == ((2, 1) if waiting else (2, 0))
        assert len(told(desk)) == (0 if waiting else 1)

    def test_of_two_things_the_one_that_is_still_kept_is_still_sent(self, desk: Desk, clock: Clock) -> None:
        desk.make.variant("SKU-2-L", product_ref="SKU-2")
        public_id = desk.submit(desk.order({"quantity": 1}, {"quantity": 1, "sku": "SKU-2"}), 1, 1)
        wish(desk, public_id, "SKU-1-L", "SKU-2-L")
        with desk.deps.sessions.write(desk.shop.id) as session:
            first = session.scalars(select(Reservation).order_by(Reservation.id)).first()
            assert first is not None
            first.expires_at = desk.deps.clock() + timedelta(days=1)
        change(desk, public_id, resolution="exchange")
        clock.advance(days=2)
        assert expire_reservations(desk.deps) == 1
        row = desk.returned(public_id)
        assert (row.exchange, row.resolution) == ("reserved", "exchange")
        assert told(desk) == ["exchange_fallback"]


def test_the_lines_of_orders_are_left_alone(desk: Desk) -> None:
    """Sending something instead is no purchase: what was bought and what comes back stay as they are."""
    desk.make.variant("SKU-1-L")
    public_id = exchanged(desk)
    before = [(line.quantity, line.units_returning) for line in desk.all(OrderLine)]
    confirm_sent(desk.deps, scanned(desk, public_id), 1, "k", Sent(on_its_way=True))
    assert [(line.quantity, line.units_returning) for line in desk.all(OrderLine)] == before


class TestToItsEnd:
    """From the submission to the end, through the desk."""

    @pytest.fixture
    def shop(self, deps: Deps) -> ShopRef:
        returns = {"resolutions": ["refund", "store_credit", "exchange"]}
        return create_shop(deps, "juniper", shop_document(returns=returns))

    def ask(self, desk: Desk, *, units: int = 1, sku: str = "SKU-1-L", **more: Any) -> str:
        order = desk.order({"quantity": 2, "product_ref": "SKU-1"}, total_minor=9_800, shipping_minor=0)
        choice = Choice(desk.line_ids(order)[0], units, "changed_mind", exchange_sku=sku)
        return desk.send(order, [choice], "exchange", "key", **{"fallback": "refund"} | more)

    def come(self, desk: Desk, public_id: str, came: int, missing: int = 0) -> None:
        row = desk.returned(public_id)
        (item,) = [one for one in desk.all(ReturnItem) if one.return_id == row.id]
        receive(desk.deps, row.id, 1, {item.id: Receipt(came, missing)}, f"receive {row.id} {came}")

    def test_an_even_swap_is_settled_in_goods_and_done_with_when_it_is_on_its_way(self, desk: Desk) -> None:
        desk.make.variant("SKU-1-L", stock=2)
        public_id = self.ask(desk)
        row = desk.returned(public_id)
        assert (row.exchange, row.exchange_minor, row.due_minor) == ("reserved", 4_900, 0)
        self.come(desk, public_id, 1)
        assert (desk.returned(public_id).decision, desk.returned(public_id).money) == ("approved", "paid")
        assert send_due(desk.deps) == 1
        confirm_sent(desk.deps, row.id, 1, "k", Sent(on_its_way=True))
        row = desk.returned(public_id)
        assert (row.decision, row.exchange, stock(desk, "SKU-1-L")) == ("resolved", "shipped", (1, 0))
        assert "refund" not in [message.event for message in desk.all(OutboxMessage)]

    def test_only_as_many_are_sent_as_came(self, desk: Desk) -> None:
        desk.make.variant("SKU-1-L", stock=2)
        public_id = self.ask(desk, units=2)
        self.come(desk, public_id, 1, 1)
        assert stock(desk, "SKU-1-L") == (2, 1)
        assert send_due(desk.deps) == 1
        (view,) = list_exchanges_to_send(desk.deps)
        assert [item.quantity for item in view.items] == [1]
        confirm_sent(desk.deps, view.return_id, 1, "k", Sent(on_its_way=True))
        assert stock(desk, "SKU-1-L") == (1, 0)
        assert desk.returned(public_id).exchange_minor == 4_900

    def test_nothing_is_sent_when_nothing_came(self, desk: Desk) -> None:
        desk.make.variant("SKU-1-L", stock=2)
        public_id = self.ask(desk)
        scanned(desk, public_id)
        self.come(desk, public_id, 0, 1)
        row = desk.returned(public_id)
        assert (row.decision, row.exchange, stock(desk, "SKU-1-L")) == ("resolved", "released", (2, 0))
        assert list_exchanges_to_send(desk.deps) == ()

    def test_what_sells_out_after_it_was_settled_in_goods_is_owed_in_money(self, desk: Desk) -> None:
        desk.make.variant("SKU-1-L", stock=2)
        public_id = self.ask(desk)
        self.come(desk, public_id, 1)
        with desk.deps.sessions.read(desk.shop.id) as session:
            variant = session.scalars(select(Variant)).one()
        assert lower_stock(desk.deps, desk.shop, variant.id, 0) == 1
        row = desk.returned(public_id)
        assert (row.exchange, row.resolution, row.money) == ("fallback_used", "refund", "due")
        assert (row.due_minor, row.decision) == (4_900, "approved")
        pay(desk.deps, row.id, 1, "pay it")
        assert desk.returned(public_id).decision == "resolved"
        line = next(line for line in desk.all(OrderLine))
        assert line.given_back_minor == 4_900

    def test_the_difference_to_a_cheaper_one_is_paid(self, desk: Desk) -> None:
        desk.make.variant("SKU-1-L", price_minor=3_900)
        public_id = self.ask(desk)
        row = desk.returned(public_id)
        assert (row.exchange_minor, row.due_minor) == (3_900, 1_000)
        self.come(desk, public_id, 1)
        pay(desk.deps, row.id, 1, "pay it")
        assert desk.returned(public_id).decision == "approved"
        assert send_due(desk.deps) == 1
        confirm_sent(desk.deps, row.id, 1, "k", Sent(on_its_way=True))
        assert desk.returned(public_id).decision == "resolved"


def test_the_order_s_page_shows_the_new_parcel_beside_what_was_bought(desk: Desk) -> None:
    desk.make.variant("SKU-1-L", title="Linen shirt", stock=2)
    public_id = exchanged(desk)
    confirm_sent(desk.deps, scanned(desk, public_id), 1, "k", Sent(carrier="ups", tracking_number=UPS))
    with desk.deps.sessions.read(desk.shop.id) as session:
        order = session.get_one(Order, desk.returned(public_id).order_id)
    page = view_order(desk.deps, desk.shop, order.public_id, "full", Speaker("en"))
    (parcel,) = page.instead
    assert (parcel.tracking_number, [item.variant for item in parcel.items]) == (UPS, ["L"])
    assert parcel.name == f"Sent for return {desk.returned(public_id).rma}"
    assert (page.parcels, page.delivered) == ((), True), "what was bought has arrived, whatever else is on its way"
    assert page.returns[0].words == "Your exchange is on its way"
