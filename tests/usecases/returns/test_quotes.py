"""Every sum, day and way back before the choice; and what a request has to be to become a return."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.db.tables.catalogue import Variant
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.return_flow import ReturnPhoto
from portal.db.tables.returns import ReturnItem, ReturnItemEntry
from portal.errors import Conflict, InvalidInput
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.offer_views import Choice, Quotes, Sender
from portal.usecases.returns.photos import save_photo
from portal.usecases.returns.quotes import quotes
from tests.support.doubles import FakeCarriers
from tests.usecases.returns.asking import placed_now, policy, request, sent_in
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.pictures import jpeg

STORE = dict(name="Mill Road", line1="400 Mill Road", city="Burlington", postal_code="05401", country="US")
SENDER = Sender("Grace Gift", "grace@mail.example", "9 Oak Lane", "Albany", "12207", "US")


def chosen(desk: Desk, order: Order, n: int = 1, reason: str = "changed_mind", **more: Any) -> Choice:
    return Choice(desk.line_ids(order)[0], n, reason, **more)


def quoted(desk: Desk, order: Order, *choices: Choice, **more: Any) -> Quotes:
    return quotes(desk.deps, desk.shop, request(*choices, begun=order, **more))


def test_each_resolution_says_its_fee_its_bonus_and_its_day(desk: Desk) -> None:
    policy(desk, fee_minor=500, restocking_percent=10, credit_bonus_percent=5)
    order = placed_now(desk, {"quantity": 1, "unit_price_minor": 4_000})
    refund, credit = quoted(desk, order, chosen(desk, order)).resolutions
    assert (refund.goods_minor, refund.fee_minor, refund.fee.restocking_minor, refund.due_minor) == (
        4_000,
        900,
        400,
        3_100,
    )
    assert (credit.bonus_minor, credit.due_minor) == (155, 3_255)
    assert credit.money_on is not None
    assert refund.money_on is not None
    assert credit.money_on < refund.money_on


def test_a_fee_is_waived_for_the_shops_fault_or_by_a_rule_that_says_why(desk: Desk) -> None:
    rule = {
        "id": "shirts",
        "when": {"product_sku": ["SKU-1"]},
        "then": {"waive_fee": True},
        "says": {"en": "Shirts come back free."},
    }
    policy(desk, fee_minor=500)
    order = placed_now(desk)
    faulty = quoted(desk, order, chosen(desk, order, reason="defective")).resolutions[0]
    assert (faulty.fee.waived, faulty.fee.waived_minor, faulty.fee_minor) == ("reason", 500, 0)
    assert quoted(desk, order, chosen(desk, order, reason="defective")).is_our_doing
    policy(desk, fee_minor=500, rules=[rule])
    later = placed_now(desk)
    free = quoted(desk, later, chosen(desk, later)).resolutions[0]
    assert (free.fee.waived, free.fee.says) == ("rule", {"en": "Shirts come back free."})
    row = desk.returned(sent_in(desk, request(chosen(desk, later), begun=later)))
    assert row.decision_record["quote"]["fee_says"] == {"en": "Shirts come back free."}


def test_the_ways_back_are_those_that_are_possible_here_with_who_pays_and_until_when(
    desk: Desk, carriers: FakeCarriers
) -> None:
    every = ["label", "qr", "drop_off", "pickup", "own_parcel", "in_store", "donate"]
    policy(desk, methods=every, stores=[STORE], send_back_days=10)
    order = placed_now(desk)
    ways = quoted(desk, order, chosen(desk, order)).methods
    assert [way.method.code for way in ways] == ["label", "drop_off", "pickup", "own_parcel", "in_store"]
    by_code = {way.method.code: way for way in ways}
    today = desk.deps.clock().date()
    assert {way.send_back_by for way in ways} == {today + timedelta(days=10)}
    assert (by_code["pickup"].first_pickup_on or today) > today
    assert by_code["in_store"].stores == ("Mill Road",)
    assert by_code["label"].method.postage != by_code["own_parcel"].method.postage
    carriers.label_countries = ("DE",)
    assert [w.method.code for w in quoted(desk, order, chosen(desk, order)).methods] == ["own_parcel", "in_store"]


def test_a_fee_of_one_way_back_is_told_with_it(desk: Desk) -> None:
    rule = {"id": "pickup", "when": {"return_method": ["pickup"]}, "then": {"fee_minor": 900}}
    policy(desk, methods=["label", "pickup"], fee_minor=500, rules=[rule])
    order = placed_now(desk)
    ways = quoted(desk, order, chosen(desk, order)).methods
    assert [(way.method.code, way.fee_minor) for way in ways] == [("label", 500), ("pickup", 900)]
    day = next(way for way in ways if way.first_pickup_on).first_pickup_on
    row = desk.returned(sent_in(desk, request(chosen(desk, order), begun=order, method="pickup", pickup_on=day)))
    assert (row.method, row.fee_minor, row.pickup_on, row.flags) == ("pickup", 900, day, ["pickup"])


@pytest.mark.parametrize("days", [None, 0, 200])
def test_a_pickup_has_a_day_on_which_somebody_can_come(desk: Desk, days: int | None) -> None:
    policy(desk, methods=["pickup"])
    order = placed_now(desk)
    day = None if days is None else (desk.deps.clock() + timedelta(days=days)).date()
    with pytest.raises(InvalidInput) as refused:
        sent_in(desk, request(chosen(desk, order), begun=order, method="pickup", pickup_on=day))
    assert refused.value.field == "pickup_on"


def test_bringing_it_to_a_shop_needs_no_label_and_a_shop_that_there_is(desk: Desk) -> None:
    policy(desk, methods=["label", "in_store"], stores=[STORE])
    order = placed_now(desk)
    for method, field in (("in_store", "store"), ("own_parcel", "method")):
        with pytest.raises(InvalidInput) as refused:
            sent_in(desk, request(chosen(desk, order), begun=order, method=method, store="Elsewhere"))
        assert refused.value.field == field
    public_id = sent_in(desk, request(chosen(desk, order), begun=order, method="in_store", store="Mill Road"))
    row = desk.returned(public_id)
    assert (row.parcel, row.store, desk.effects()) == ("none", "Mill Road", [])
    assert [message.event for message in desk.all(OutboxMessage)] == ["return_registered"]


@pytest.mark.parametrize("then", [{"keep_item": True}, {"donate": True}])
def test_what_the_shop_does_not_want_back_is_paid_at_once_without_a_parcel(desk: Desk, then: dict[str, Any]) -> None:
    policy(desk, donate_to="The shelter", rules=[{"id": "cheap", "when": {}, "then": then}])
    order = placed_now(desk, {"quantity": 2, "unit_price_minor": 900})
    asked = quoted(desk, order, chosen(desk, order, 2))
    assert (asked.nothing_to_send, asked.methods, asked.resolutions[0].due_minor) == (True, (), 1_800)
    row = desk.returned(sent_in(desk, request(chosen(desk, order, 2), begun=order)))
    assert (row.method, row.parcel, row.due_minor) == ("donate" if "donate" in then else "keep", "none", 1_800)
    assert row.money == "due"
    assert [(entry.kind, entry.quantity) for entry in desk.all(ReturnItemEntry)] == [("requested", 2), ("kept", 2)]
    assert desk.effects() == []


def test_keeping_it_for_a_part_of_the_money_is_one_choice_beside_others(desk: Desk) -> None:
    policy(desk, offers={"keep_percent": {"damaged_in_transit": 30}})
    order = placed_now(desk, {"quantity": 1, "unit_price_minor": 3_000}, {"quantity": 1, "unit_price_minor": 2_000})
    first, second = desk.line_ids(order)
    choices = (
        Choice(first, 1, "damaged_in_transit", outcome="keep"),
        Choice(second, 1, "changed_mind"),
    )
    refund = quoted(desk, order, *choices).resolutions[0]
    assert (refund.keep_minor, refund.goods_minor, refund.due_minor) == (900, 2_900, 2_900)
    row = desk.returned(sent_in(desk, request(*choices, begun=order)))
    assert (row.money, row.parcel, row.goods_minor) == ("quoted", "label_queued", 2_900)
    assert [(item.outcome, item.keep_minor) for item in desk.all(ReturnItem)] == [("keep", 900), ("send_back", 0)]


@pytest.mark.parametrize(("outcome", "reason"), [("keep", "changed_mind"), ("part", "changed_mind"), ("gone", "other")])
def test_an_offer_that_does_not_hold_is_refused(desk: Desk, outcome: str, reason: str) -> None:
    order = desk.order()
    with pytest.raises(InvalidInput):
        sent_in(desk, request(chosen(desk, order, reason=reason, comment="so", outcome=outcome), begun=order))


def test_a_missing_part_is_for_the_desk_and_moves_no_money(desk: Desk) -> None:
    order = desk.order()
    row = desk.returned(
        sent_in(desk, request(chosen(desk, order, reason="missing_parts", outcome="part"), begun=order))
    )
    assert (row.flags, row.due_minor, row.parcel, row.money) == (["missing_part"], 0, "none", "quoted")


def test_outbound_postage_is_promised_to_one_return_of_an_order_only(desk: Desk) -> None:
    rule = {"id": "ours", "when": {"return_reason": ["defective"]}, "then": {"refund_shipping": True}}
    policy(desk, rules=[rule])
    order = placed_now(desk, {"quantity": 3, "unit_price_minor": 3_000}, total_minor=9_590, shipping_minor=590)
    first = sent_in(desk, request(chosen(desk, order, reason="defective"), begun=order))
    second = sent_in(desk, request(chosen(desk, order, reason="defective"), begun=order))
    assert (desk.returned(first).shipping_minor, desk.returned(first).due_minor) == (590, 3_590)
    assert desk.returned(second).shipping_minor == 0
    cancel(desk.deps, desk.shop, first)
    third = sent_in(desk, request(chosen(desk, order, reason="defective"), begun=order))
    assert desk.returned(third).shipping_minor == 590


class TestReview:
    def test_a_shop_that_looks_at_every_return_is_asked_first(self, desk: Desk) -> None:
        policy(desk, auto_approve=False)
        order = placed_now(desk)
        assert quoted(desk, order, chosen(desk, order)).needs_review
        row = desk.returned(sent_in(desk, request(chosen(desk, order), begun=order)))
        assert (row.decision, row.parcel, row.money, row.flags) == ("submitted", "none", "none", ["review"])
        assert desk.effects() == []
        assert [message.event for message in desk.all(OutboxMessage)] == ["return_submitted"]

    def test_what_waits_is_taken_back_by_its_shopper(self, desk: Desk) -> None:
        policy(desk, auto_approve=False)
        order = placed_now(desk)
        public_id = sent_in(desk, request(chosen(desk, order), begun=order))
        for _ in range(2):
            cancel(desk.deps, desk.shop, public_id)
        assert desk.returned(public_id).decision == "withdrawn_by_shopper"
        assert desk.line(order).units_returning == 0

    def test_a_rule_may_want_a_person_for_one_reason_alone(self, desk: Desk) -> None:
        policy(desk, rules=[{"id": "r", "when": {"return_reason": ["defective"]}, "then": {"review": True}}])
        order = placed_now(desk)
        assert not quoted(desk, order, chosen(desk, order)).needs_review
        assert quoted(desk, order, chosen(desk, order, reason="defective")).needs_review


class TestPhotos:
    def test_where_one_is_needed_the_shopper_cannot_do_without(self, desk: Desk) -> None:
        policy(desk, photo_reasons=["defective"])
        order = placed_now(desk)
        choice = chosen(desk, order, reason="defective")
        assert quoted(desk, order, choice).photos_for == (choice.line_id,)
        with pytest.raises(InvalidInput) as refused:
            sent_in(desk, request(choice, begun=order))
        assert refused.value.field == f"photo-{choice.line_id}"
        sent_in(desk, request(choice, begun=order), actor="staff 3")

    def test_the_picture_becomes_part_of_the_return(self, desk: Desk) -> None:
        policy(desk, photo_reasons=["defective"])
        order = placed_now(desk)
        line = desk.line_ids(order)[0]
        photo = save_photo(desk.deps, desk.shop, order.public_id, line, jpeg())
        public_id = sent_in(desk, request(chosen(desk, order, reason="defective", photos=(photo,)), begun=order))
        assert [one.return_id for one in desk.all(ReturnPhoto)] == [desk.returned(public_id).id]

    def test_a_picture_that_is_not_there_does_not_count(self, desk: Desk) -> None:
        policy(desk, photo_reasons=["defective"])
        order = placed_now(desk)
        with pytest.raises(InvalidInput):
            sent_in(desk, request(chosen(desk, order, reason="defective", photos=("none",)), begun=order))
        assert desk.line(order).units_returning == 0


class TestExchange:
    @pytest.fixture
    def order(self, desk: Desk) -> Order:
        policy(desk, resolutions=["refund", "store_credit", "exchange"])
        desk.make.variant("SKU-1-L", stock=1)
        return placed_now(desk, {"quantity": 2, "unit_price_minor": 4_900, "product_ref": "SKU-1"})

    def test_it_is_offered_once_something_is_wanted_and_keeps_the_stock_at_once(self, desk: Desk, order: Order) -> None:
        plain = quoted(desk, order, chosen(desk, order))
        assert [one.resolution for one in plain.resolutions] == ["refund", "store_credit"]
        choice = chosen(desk, order, exchange_sku="SKU-1-L")
        exchange = quoted(desk, order, choice).of("exchange")
        assert exchange is not None
        assert exchange.needs_fallback
        asked = request(choice, begun=order, resolution="exchange", fallback="store_credit")
        row = desk.returned(sent_in(desk, asked))
        assert (row.exchange, row.fallback, row.exchange_minor) == ("reserved", "store_credit", exchange.exchange_minor)
        assert row.due_minor == row.goods_minor - row.exchange_minor == exchange.due_minor

    def test_the_last_one_goes_to_one_and_the_other_is_told_which_it_was(self, desk: Desk, order: Order) -> None:
        asked = request(
            chosen(desk, order, exchange_sku="SKU-1-L"), begun=order, resolution="exchange", fallback="refund"
        )
        sent_in(desk, asked)
        with pytest.raises(Conflict, match="sold out"):
            sent_in(desk, asked)
        assert desk.line(order).units_returning == 1

    def test_what_to_do_when_it_sells_out_is_chosen_before(self, desk: Desk, order: Order) -> None:
        asked = request(chosen(desk, order, exchange_sku="SKU-1-L"), begun=order, resolution="exchange")
        with pytest.raises(InvalidInput) as refused:
            sent_in(desk, asked)
        assert refused.value.field == "fallback"

    def test_a_wish_counts_only_for_what_goes_back_and_when_an_exchange_is_asked_for(
        self, desk: Desk, order: Order
    ) -> None:
        wish = chosen(desk, order, exchange_sku="sold out long ago")
        sent_in(desk, request(wish, begun=order))
        (item,) = desk.all(ReturnItem)
        assert (item.exchange_sku, item.exchange_minor) == (None, 0)
        assert [variant.reserved for variant in desk.all(Variant)] == [0]

    def test_called_off_the_stock_is_free_again(self, desk: Desk, order: Order) -> None:
        choice = chosen(desk, order, exchange_sku="SKU-1-L")
        asked = request(choice, begun=order, resolution="exchange", fallback="refund")
        cancel(desk.deps, desk.shop, sent_in(desk, asked))
        again = desk.returned(sent_in(desk, asked))
        assert again.exchange == "reserved"


class TestGifts:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [({"resolution": "refund"}, "resolution"), ({"sender": None}, "sender")],
    )
    def test_a_present_brings_no_money_to_a_stranger_and_comes_from_somewhere(
        self, desk: Desk, changes: dict[str, Any], field: str
    ) -> None:
        order = desk.order()
        asked = request(chosen(desk, order), begun=order, resolution="store_credit", kind="gift", sender=SENDER)
        with pytest.raises(InvalidInput) as refused:
            sent_in(desk, replace(asked, **changes), actor="gift")
        assert refused.value.field == field

    def test_its_new_owner_sends_it_from_where_they_live(self, desk: Desk) -> None:
        order = desk.order()
        asked = request(chosen(desk, order), begun=order, resolution="store_credit", kind="gift", sender=SENDER)
        row = desk.returned(sent_in(desk, asked, actor="gift"))
        assert (row.kind, (row.sender or {})["city"]) == ("gift", "Albany")
        assert "Grace" not in str(row.decision_record)


def test_staff_who_send_one_in_for_a_shopper_are_named_with_it(desk: Desk) -> None:
    order = desk.order()
    row = desk.returned(sent_in(desk, request(chosen(desk, order), begun=order), actor="staff 3"))
    assert (row.filed_by, row.requested_by) == ("customer_support", "staff 3")
