"""Withdrawing from the contract: once, at once, by the law alone, with a receipt that nothing can change."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.return_flow import Withdrawal
from portal.db.tables.returns import Return, ReturnEvent, ReturnItem, ReturnItemEntry, ReturnOrder
from portal.db.tables.staff import AuditRow
from portal.domain.returns.methods import LABEL, OWN_PARCEL
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.deliver_outbox import deliver_outbox
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.rows import OtherContent
from portal.usecases.returns.view_withdrawal import view_withdrawal
from portal.usecases.returns.withdraw import withdraw
from portal.usecases.returns.withdrawal_offer import withdrawal_offer
from portal.usecases.returns.withdrawal_views import Declaration, WithdrawalOffer
from portal.usecases.shops import apply_config
from tests.support.doubles import Clock, FakeCarriers, MailBin
from tests.support.factory import shop_document
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_label_races import THREADS, at_once

NAME, EMAIL = "Ada Example", "ada.private@mail.example"


class Consumer:
    """Somebody in Berlin, who bought from a shop that need not be in the EU."""

    def __init__(self, deps: Deps, desk: Desk) -> None:
        self.deps, self.desk, self.shop = deps, desk, desk.shop

    def order(self, *lines: dict[str, Any], **changes: Any) -> Order:
        values = {"ship_country": "DE", "timezone": "Europe/Berlin", "currency": "EUR", "locale": "en"}
        return self.desk.order(*lines, **(values | changes))

    def offer(self, order: Order, *, full: bool = True) -> WithdrawalOffer:
        return withdrawal_offer(self.deps, self.shop, order.public_id, full=full)

    def declare(self, order: Order, *quantities: int, key: str | None = None, **changes: Any) -> str:
        offer = self.offer(order)
        ids = self.desk.line_ids(order)
        units = dict(zip(ids, quantities, strict=False)) if quantities else {o.line_id: o.units for o in offer.lines}
        said = replace(Declaration(NAME, EMAIL, {line: n for line, n in units.items() if n}), **changes)
        return withdraw(self.deps, self.shop, order.public_id, said, key or offer.form_key)

    def rows(self) -> list[Withdrawal]:
        return self.desk.all(Withdrawal)

    def returned(self, public_id: str) -> Return:
        return self.desk.returned(view_withdrawal(self.deps, self.shop, public_id).return_public_id)

    def settle(self, **returns: Any) -> None:
        """Give the shop other terms, from now on and for orders placed from now on."""
        self.desk.shop, _ = apply_config(self.deps, self.shop.slug, shop_document(returns=returns))
        self.shop = self.desk.shop


@pytest.fixture
def consumer(deps: Deps, desk: Desk, carriers: FakeCarriers) -> Consumer:
    carriers.label_countries = ("US", "DE")
    return Consumer(deps, desk)


def test_a_declaration_is_approved_by_the_law_in_the_same_moment(deps: Deps, consumer: Consumer, desk: Desk) -> None:
    order = consumer.order({"quantity": 2, "unit_price_minor": 2_000}, total_minor=4_590, shipping_minor=590)
    public_id = consumer.declare(order)
    row = consumer.returned(public_id)
    assert (row.kind, row.decision, row.parcel, row.money) == ("withdrawal", "approved", "label_queued", "quoted")
    assert (row.goods_minor, row.shipping_minor, row.fee_minor, row.due_minor) == (4_000, 590, 0, 4_590)
    assert (row.send_back_by, row.refund_by) == (date(2026, 12, 2), date(2026, 12, 2))
    events = [(e.machine, e.from_state, e.to_state, e.actor) for e in desk.all(ReturnEvent)]
    assert events == [
        ("decision", "draft", "submitted", "shopper"),
        ("decision", "submitted", "approved", "law:withdrawal"),
        ("money", "none", "quoted", "law:withdrawal"),
        ("parcel", "none", "label_queued", "law:withdrawal"),
    ]
    assert [item.reason for item in desk.all(ReturnItem)] == ["withdrawal_eu"]
    assert [(e.kind, e.quantity) for e in desk.all(ReturnItemEntry)] == [("requested", 2)]
    with deps.sessions.read(desk.shop.id) as session:
        assert session.scalars(select(ReturnOrder.order_id)).all() == [order.id]
    with deps.sessions.read_system() as session:
        assert session.scalars(select(AuditRow.action)).all() == ["return.withdraw"]
    assert desk.line(order).units_returning == 2
    assert [effect.state for effect in desk.effects()] == ["intended"]


def test_the_receipt_says_what_was_declared_by_whom_and_when_and_is_kept_to_the_byte(consumer: Consumer) -> None:
    order = consumer.order(
        {"quantity": 2, "title": "Linen\nshirt", "variant": "Blue, M"}, {"sku": "B", "title": "Belt"}
    )
    consumer.declare(order, 2, 1, name="  Ada\nExample ")
    (kept,) = consumer.rows()
    assert kept.receipt_sha256 == hashlib.sha256(kept.receipt.encode()).hexdigest()
    for words in (
        "Receipt for your withdrawal from the contract",
        "From: Juniper",
        "Received: Wednesday, November 18, 2026, 13:00:00 (UTC+01:00)",
        "I withdraw from the whole contract",
        "  2 × Linen shirt (Blue, M)",
        "  1 × Belt",
        "Name: Ada Example",
        f"Order: {order.number} of Sunday, November 8, 2026",
        f"Receipt sent to: {EMAIL}",
        "Send the goods back by Wednesday, December 2, 2026.",
        "back by Wednesday, December 2, 2026, to the way you paid with. That includes €5.90 for the delivery.",
        f"Number of the withdrawal: {order.number}-R1",
    ):
        assert words in kept.receipt


def test_the_receipt_is_written_in_the_language_it_was_declared_in(consumer: Consumer) -> None:
    consumer.declare(consumer.order(), language="de")
    assert "Mittwoch, 18. November 2026, 13:00:00 (UTC+01:00)" in consumer.rows()[0].receipt


@pytest.mark.parametrize("change", ["update", "delete"])
def test_nothing_can_change_or_remove_a_receipt(deps: Deps, consumer: Consumer, change: str) -> None:
    consumer.declare(consumer.order())
    statement: Any = update(Withdrawal).values(receipt="other") if change == "update" else delete(Withdrawal)
    with pytest.raises(DatabaseError, match="never changed"), deps.sessions.write(consumer.shop.id) as session:
        session.execute(statement)


def test_the_receipt_goes_out_in_the_same_transaction_to_the_consumer_and_to_the_address_on_file(
    deps: Deps, consumer: Consumer, desk: Desk, mail: MailBin
) -> None:
    order = consumer.order()
    consumer.declare(order, email="Somewhere.Else@mail.example")
    queued = desk.all(OutboxMessage)
    assert [(m.event, m.recipient, m.state) for m in queued] == [
        ("withdrawal_receipt", "somewhere.else@mail.example", "queued"),
        ("withdrawal_receipt", order.email, "queued"),
    ]
    deliver_outbox(deps)
    receipt = consumer.rows()[0].receipt
    elsewhere, on_file = mail.sent
    for message in (elsewhere, on_file):
        body = message.get_body(("plain",))
        assert body is not None
        assert receipt.strip() in body.get_content().replace("\r\n", "\n")
        (attached,) = message.iter_attachments()
        assert attached.get_payload(decode=True) == receipt.encode()
    assert "/l/" not in elsewhere.as_string()  # a link opens the order: it never goes to an address that was typed in
    assert "/l/" in str(on_file.get_body(("plain",)))


def test_a_receipt_to_the_address_on_file_is_sent_once(consumer: Consumer, desk: Desk) -> None:
    order = consumer.order()
    consumer.declare(order, email=(order.email or "").upper())
    assert [m.recipient for m in desk.all(OutboxMessage)] == [order.email]


def test_part_of_an_order_can_be_withdrawn_from_and_the_rest_later(consumer: Consumer) -> None:
    order = consumer.order(
        {"quantity": 2, "unit_price_minor": 2_000},
        {"sku": "B", "unit_price_minor": 1_000},
        total_minor=5_590,
        shipping_minor=590,
    )
    first = consumer.returned(consumer.declare(order, 1, 0))
    assert (first.goods_minor, first.shipping_minor) == (2_000, 0)
    assert "I withdraw from the contract in part" in consumer.rows()[0].receipt
    assert [line.units for line in consumer.offer(order).lines] == [1, 1]
    rest = consumer.returned(consumer.declare(order))
    assert (rest.goods_minor, rest.shipping_minor) == (3_000, 590)  # with it, the whole order is withdrawn from
    assert first.due_minor + rest.due_minor == order.total_minor
    assert consumer.offer(order).against == "all_done"


def test_of_an_express_delivery_only_the_standard_postage_comes_back(consumer: Consumer, clock: Clock) -> None:
    consumer.settle(withdrawal={"standard_postage_minor": 490})
    clock.advance(days=30)
    order = consumer.order(service_level="express", shipping_minor=1_290, total_minor=11_090)
    assert consumer.returned(consumer.declare(order)).shipping_minor == 490


HARD = {
    "final_sale": True,
    "window_days": 1,
    "countries": ["US"],
    "excluded_product_types": ["shirt"],
    "fee_minor": 700,
    "restocking_percent": 50,
    "auto_approve": False,
    "limits": {"per_order": 1, "per_item": 1, "per_customer": 1},
    "resolutions": ["store_credit"],
}


def test_no_rule_list_limit_fee_or_review_of_the_shop_stands_in_the_way(
    consumer: Consumer, desk: Desk, clock: Clock
) -> None:
    clock.advance(days=1)
    customer = desk.make.customer(tags=["banned"])
    blocked = {
        "block_emails": [customer.email],
        "block_orders": ["J-77"],
        "block_skus": ["SKU-1"],
        "block_product_tags": ["sale"],
        "block_order_tags": ["suspicious"],
        "block_customer_tags": ["banned"],
        "block_discount_codes": ["ALL"],
    }
    consumer.settle(**HARD, lists=blocked)
    clock.advance(days=60)
    order = consumer.order(
        {"quantity": 3, "final_sale": True, "product_type": "shirt", "tags": ["sale"], "unit_price_minor": 2_000},
        customer=customer,
        number="J-77",
        tags=["suspicious"],
        discount_codes=["ALL"],
        total_minor=6_590,
        shipping_minor=590,
    )
    for _ in range(3):  # the shop allows one return of an order, an item, a customer
        row = consumer.returned(consumer.declare(order, 1))
        assert (row.decision, row.resolution, row.fee_minor, row.held_at) == ("approved", "refund", 0, None)
        assert (row.goods_minor, row.policy_version) == (2_000, 2)


def test_a_vip_has_no_more_and_nobody_less_than_the_law_gives(consumer: Consumer, desk: Desk) -> None:
    ends = {
        consumer.offer(consumer.order(customer=desk.make.customer(**who))).last_on
        for who in ({}, {"is_vip": True, "pinned_vip": True}, {"loyalty_tier": "gold"})
    }
    assert ends == {date(2026, 11, 30)}  # arrived on a Saturday: Saturday, moved to Monday


def test_before_anything_has_arrived_a_consumer_may_withdraw(consumer: Consumer, desk: Desk) -> None:
    order = consumer.order(delivered_at=None)
    assert consumer.offer(order).last_on is None
    row = consumer.returned(consumer.declare(order))
    assert (row.decision, row.method) == ("approved", LABEL)
    assert "What has not reached you yet, we stop if we can." in consumer.rows()[0].receipt


def test_no_label_is_bought_for_what_has_not_left_yet(consumer: Consumer, desk: Desk) -> None:
    row = consumer.returned(consumer.declare(consumer.order(delivered_at=None, handed_over_at=None)))
    assert (row.decision, row.method, desk.effects()) == ("approved", OWN_PARCEL, [])


def test_where_the_consumer_bears_the_postage_the_receipt_says_so(consumer: Consumer, desk: Desk, clock: Clock) -> None:
    consumer.settle(withdrawal={"shopper_pays_postage": True})
    clock.advance(days=30)
    row = consumer.returned(consumer.declare(consumer.order()))
    assert (row.method, desk.effects()) == (OWN_PARCEL, [])
    assert "You bear the direct cost of sending the goods back." in consumer.rows()[0].receipt
    assert "Juniper Returns, 400 Mill Road" in consumer.rows()[0].receipt


def test_exempt_goods_cannot_be_declared_and_the_others_of_the_order_can(consumer: Consumer, clock: Clock) -> None:
    consumer.settle(withdrawal={"exempt_types": {"made_to_measure": ["ring"]}})
    clock.advance(days=30)
    order = consumer.order({"product_type": "ring"}, {"sku": "B", "product_type": "belt"})
    offer = consumer.offer(order)
    assert [(line.is_open, bool(line.exemption)) for line in offer.lines] == [(False, True), (True, False)]
    with pytest.raises(Conflict):
        consumer.declare(order, 1, 1)
    assert consumer.declare(order, 0, 1)


def test_after_the_period_it_is_too_late_and_one_moment_earlier_it_is_not(consumer: Consumer, clock: Clock) -> None:
    order, late = consumer.order(), consumer.order()
    clock.now = clock.now.replace(month=11, day=30, hour=22, minute=59, second=59)  # a second to midnight in Berlin
    assert consumer.declare(order)
    clock.now += timedelta(seconds=1)
    with pytest.raises(Conflict):
        consumer.declare(late, 1)


@pytest.mark.parametrize(
    ("country", "zone"), [("US", "America/New_York"), ("GB", "Europe/London"), ("CH", "Europe/Zurich")]
)
def test_who_lives_elsewhere_has_the_shops_returns_and_not_this(consumer: Consumer, country: str, zone: str) -> None:
    order = consumer.order(ship_country=country, timezone=zone)
    assert consumer.offer(order).against == "not_here"
    with pytest.raises(Conflict):
        consumer.declare(order)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " \n "}, "name"),
        ({"email": "ada"}, "email"),
        ({"email": "ada@"}, "email"),
        ({"email": "a da@mail.example"}, "email"),
        ({"email": "ada@mail.example\nBcc: x@y.example"}, "email"),
        ({"email": "a" * 250 + "@mail.example"}, "email"),
        ({"units": {}}, "items"),
        ({"units": {999_999: 1}}, "items"),
    ],
)
def test_a_name_the_goods_and_an_address_for_the_receipt_are_all_it_needs(
    consumer: Consumer, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        consumer.declare(consumer.order(), **changes)
    assert refused.value.field == field
    assert consumer.rows() == []


def test_what_is_on_file_is_shown_for_a_full_proof_alone(consumer: Consumer) -> None:
    order = consumer.order()
    assert (consumer.offer(order).name, consumer.offer(order).email) == ("Ada Example", order.email)
    weak = consumer.offer(order, full=False)
    assert (weak.name, weak.email) == ("", "")
    assert "Ada" not in repr(consumer.offer(order))


def test_another_shops_order_does_not_exist(deps: Deps, consumer: Consumer, other_shop: ShopRef) -> None:
    order = consumer.order()
    made = consumer.declare(order)
    for look in (
        lambda: withdrawal_offer(deps, other_shop, order.public_id, full=True),
        lambda: withdraw(deps, other_shop, order.public_id, Declaration(NAME, EMAIL, {1: 1}), "k"),
        lambda: view_withdrawal(deps, other_shop, made),
    ):
        with pytest.raises(NotFound):
            look()


def test_the_same_form_again_is_the_same_declaration_and_another_one_is_told_so(consumer: Consumer, desk: Desk) -> None:
    order = consumer.order({"quantity": 2})
    key = consumer.offer(order).form_key
    first = consumer.declare(order, 1, key=key)
    assert consumer.declare(order, 1, key=key) == first
    with pytest.raises(OtherContent) as other:
        consumer.declare(order, 2, key=key)
    assert other.value.result == {"public_id": first}
    assert len(consumer.rows()) == len(desk.all(Return)) == 1


def test_sixty_four_at_once_declare_once(consumer: Consumer, desk: Desk) -> None:
    order = consumer.order({"quantity": 2})
    key = consumer.offer(order).form_key
    made: list[str] = []
    assert at_once(lambda _n: made.append(consumer.declare(order, 2, key=key))) == []
    assert len(set(made)) == len(consumer.rows()) == len(desk.all(Return)) == 1
    assert len(desk.all(OutboxMessage)) == 2
    assert len(desk.effects()) == 1


def test_sixty_four_with_keys_of_their_own_take_the_goods_once(consumer: Consumer, desk: Desk) -> None:
    order = consumer.order({"quantity": 2})
    raised = at_once(lambda n: consumer.declare(order, 2, key=f"another-form-{n}"))
    assert [type(error) for error in raised] == [Conflict] * (THREADS - 1)
    assert len(consumer.rows()) == 1
    assert desk.line(order).units_returning == 2


def test_a_return_that_has_not_set_off_gives_way_to_the_withdrawal(consumer: Consumer, desk: Desk) -> None:
    order = consumer.order({"quantity": 2}, {"sku": "B", "title": "Belt"})
    public_id = desk.with_label(order, 2, 1)
    rma = desk.returned(public_id).rma
    offer = consumer.offer(order)
    assert (offer.against, [line.units for line in offer.lines], offer.lines[0].elsewhere) == ("", [2, 1], "")
    ids = desk.line_ids(order)
    assert offer.called_off({ids[0]: 1}) == (rma,)
    row = consumer.returned(consumer.declare(order, 2, 0))
    assert (row.decision, row.kind) == ("approved", "withdrawal")
    before = desk.returned(public_id)
    assert (before.decision, before.parcel, before.money) == ("cancelled", "void", "none")
    assert [line.units_returning for line in (desk.line(order), desk.line(order, 1))] == [2, 0]
    assert f"Your return {rma} is called off with this." in consumer.rows()[0].receipt
    assert [effect.state for effect in desk.effects("void")] == ["intended"]


def test_a_return_that_waits_for_a_person_gives_way_too(consumer: Consumer, desk: Desk, clock: Clock) -> None:
    consumer.settle(auto_approve=False, resolutions=["store_credit"])
    clock.advance(days=30)
    order = consumer.order()
    public_id = desk.submit(order, 2, resolution="store_credit")
    assert desk.returned(public_id).decision == "submitted"
    assert consumer.declare(order)
    assert desk.returned(public_id).decision == "withdrawn_by_shopper"


def test_only_as_many_returns_give_way_as_hold_what_is_withdrawn_from(consumer: Consumer, desk: Desk) -> None:
    order = consumer.order({"quantity": 3}, {"sku": "B", "title": "Belt"})
    shirt, belt = desk.submit(order, 1, 0), desk.submit(order, 0, 1)
    consumer.declare(order, 2, 0)  # two shirts are free
    assert [desk.returned(one).decision for one in (shirt, belt)] == ["approved", "approved"]
    consumer.declare(order, 1, 0)
    assert [desk.returned(one).decision for one in (shirt, belt)] == ["cancelled", "approved"]


def test_what_is_on_its_way_back_stays_in_its_return_which_is_named(deps: Deps, consumer: Consumer, desk: Desk) -> None:
    order = consumer.order({"quantity": 1})
    public_id = desk.with_label(order)
    with deps.sessions.write(desk.shop.id) as session:
        session.execute(update(Return).values(parcel="in_transit"))
    offer = consumer.offer(order)
    assert (offer.against, offer.lines[0].elsewhere) == ("all_done", public_id)
    with pytest.raises(Conflict):
        consumer.declare(order, 1)
    assert desk.returned(public_id).decision == "approved"


def test_calling_off_and_withdrawing_at_the_same_moment_leave_the_goods_in_one_place(
    deps: Deps, consumer: Consumer, desk: Desk
) -> None:
    order = consumer.order({"quantity": 1})
    public_id = desk.with_label(order)
    key = consumer.offer(order).form_key

    def act(n: int) -> None:
        if n % 2:
            cancel(deps, desk.shop, public_id)
        else:
            consumer.declare(order, 1, key=key)

    assert at_once(act, 16) == []
    assert desk.returned(public_id).decision == "cancelled"
    assert len(consumer.rows()) == 1
    assert desk.line(order).units_returning == 1
    assert len(desk.effects("void")) == 1


def test_a_label_that_cannot_be_bought_does_not_undo_the_declaration(
    consumer: Consumer, carriers: FakeCarriers, deps: Deps
) -> None:
    from carriers.errors import CarrierError, ErrorKind
    from portal.usecases.returns.label_now import buy_label_now

    carriers.label_error = CarrierError(ErrorKind.SERVER_ERROR, "down", sent=False)
    row = consumer.returned(consumer.declare(consumer.order()))
    buy_label_now(deps, consumer.shop, row.public_id)
    assert consumer.returned(consumer.rows()[0].public_id).decision == "approved"


def test_the_order_is_judged_by_the_terms_of_its_date(consumer: Consumer, clock: Clock) -> None:
    consumer.settle(withdrawal={"days": 30})
    clock.advance(days=1)
    generous = consumer.order(placed_at=clock.now)
    clock.advance(hours=1)
    consumer.settle(withdrawal={"days": 14, "offered": False})
    assert consumer.offer(generous).days == 30
    assert consumer.offer(generous).against == ""
