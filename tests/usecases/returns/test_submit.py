"""Offering and sending in: once, judged by the right policy, with everything it rests on kept."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal.db.tables.returns import Return, ReturnEvent, ReturnItem, ReturnItemEntry
from portal.db.tables.staff import AuditRow
from portal.domain.returns.eligibility import judge
from portal.domain.returns.model import OrderFacts, RequestFacts
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.quotes import quotes
from portal.usecases.returns.records import orders_in
from portal.usecases.returns.rows import OtherContent, config_of_version
from portal.usecases.returns.submit import submit
from portal.usecases.shops import apply_config, find_shop
from tests.support.doubles import Clock
from tests.support.factory import Factory, shop_document
from tests.usecases.returns.conftest import Desk


def test_the_offer_shows_what_can_go_back_and_every_reason_for_what_cannot(deps: Deps, desk: Desk) -> None:
    order = desk.order(
        {"quantity": 3, "unit_price_minor": 2_000},
        {"sku": "S", "title": "Sale socks", "final_sale": True, "units_returning": 1},
        total_minor=10_900 + 590,
    )
    got = offer(deps, desk.shop, order.public_id)
    assert [(line.title, line.units_left, line.worth_minor) for line in got.eligible] == [("Linen shirt", 3, 2_000)]
    assert [[r.key for r in line.against] for line in got.ineligible] == [
        ["already_returned.all_returned", "final_sale.final"]
    ]
    assert got.eligible[0].last_day == (deps.clock() + timedelta(days=26)).date()


def test_another_shops_order_does_not_exist(deps: Deps, desk: Desk, other_shop: ShopRef) -> None:
    order = desk.order()
    with pytest.raises(NotFound):
        offer(deps, other_shop, order.public_id)
    with pytest.raises(NotFound):
        submit(deps, other_shop, ReturnRequest(order.public_id, tuple(desk.choices(order)), "refund"), "k")


def test_a_line_of_a_split_order_is_judged_by_its_own_parcel(deps: Deps, desk: Desk, make: Factory) -> None:
    from portal.db.tables.shipments import ShipmentLine

    order = desk.order({}, {"sku": "B", "title": "Belt"}, delivered_at=None, handed_over_at=None)
    now = deps.clock()
    arrived = make.shipment(order, shipped_at=now - timedelta(days=3), delivered_at=now - timedelta(days=1))
    moving = make.shipment(order, shipped_at=now - timedelta(days=1))
    with deps.sessions.write(desk.shop.id) as session:
        for parcel, line in zip((arrived, moving), desk.line_ids(order), strict=True):
            session.add(ShipmentLine(shop_id=desk.shop.id, shipment_id=parcel.id, order_line_id=line, quantity=1))
    got = offer(deps, desk.shop, order.public_id)
    assert [line.title for line in got.eligible] == ["Linen shirt"]
    assert [r.key for r in got.ineligible[0].against] == ["not_delivered_yet.on_its_way"]


def test_the_quotes_before_choosing_are_what_is_written_down_afterwards(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 2, "unit_price_minor": 4_900}, total_minor=8_820 + 590)  # ten per cent off
    asked = ReturnRequest(order.public_id, tuple(desk.choices(order, 2)), "")
    refund, credit = quotes(deps, desk.shop, asked).resolutions
    assert (refund.goods_minor, refund.due_minor) == (8_820, 8_820)
    assert credit.money_on is not None
    assert refund.money_on is not None
    assert credit.money_on < refund.money_on
    row = desk.returned(desk.submit(order, 2))
    assert (row.goods_minor, row.fee_minor, row.bonus_minor, row.due_minor) == (8_820, 0, 0, 8_820)
    assert row.decision_record["quote"]["money_on"] == refund.money_on.isoformat()


def test_a_return_is_submitted_and_approved_at_once_by_a_rule(deps: Deps, desk: Desk) -> None:
    order = desk.order()
    row = desk.returned(desk.submit(order, 1))
    assert (row.decision, row.parcel, row.money) == ("approved", "label_queued", "quoted")
    assert row.rma == f"{order.number}-R1"
    assert row.send_back_by == (deps.clock() + timedelta(days=14)).date()
    events = [(e.machine, e.from_state, e.to_state, e.actor) for e in desk.all(ReturnEvent)]
    assert events[:2] == [
        ("decision", "draft", "submitted", "shopper"),
        ("decision", "submitted", "approved", "rule:auto_approve@1"),
    ]
    assert desk.line(order).units_returning == 1
    assert [(e.kind, e.quantity) for e in desk.all(ReturnItemEntry)] == [("requested", 1)]
    assert [effect.state for effect in desk.effects()] == ["intended"]
    with deps.sessions.read_system() as session:
        assert session.scalars(select(AuditRow.action)).all() == ["return.submit"]


def test_the_decision_can_be_made_again_from_its_record(deps: Deps, desk: Desk) -> None:
    row = desk.returned(desk.submit(desk.order()))
    (record,) = orders_in(row)
    with deps.sessions.read(desk.shop.id) as session:
        config = config_of_version(session, desk.shop.id, record.config_version)
    again = judge(
        OrderFacts.from_record(record.facts),
        config,
        datetime.fromisoformat(row.decision_record["judged_at"]),
        RequestFacts.from_record(record.asked),
        record.config_version,
    )
    kept = [{key: value for key, value in verdict.items() if key != "words"} for verdict in record.verdicts]
    assert [verdict.to_record() for verdict in again] == kept
    assert [[reason.words for reason in verdict.reasons] for verdict in again] == [v["words"] for v in record.verdicts]


def test_the_same_form_twice_makes_one_return(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 2})
    key = offer(deps, desk.shop, order.public_id).form_key
    first = desk.send(order, desk.choices(order), "refund", key)
    assert desk.send(order, desk.choices(order), "refund", key) == first
    assert len(desk.all(Return)) == 1
    assert desk.line(order).units_returning == 1


def test_two_tabs_get_the_same_form_and_the_second_is_led_to_the_return_of_the_first(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 2})
    keys = {offer(deps, desk.shop, order.public_id).form_key for _ in range(2)}
    assert len(keys) == 1
    first = desk.send(order, desk.choices(order, 1), "refund", *keys)
    with pytest.raises(OtherContent) as other:
        desk.send(order, desk.choices(order, 2), "store_credit", *keys)
    assert other.value.result == {"public_id": first}
    assert offer(deps, desk.shop, order.public_id).form_key not in keys


@pytest.mark.parametrize("same_form", [True, False])
def test_sixteen_at_once_make_one_return(deps: Deps, desk: Desk, same_form: bool) -> None:
    order = desk.order({"quantity": 1})
    choices = desk.choices(order)
    barrier = threading.Barrier(16)
    made: list[str] = []
    refused: list[Exception] = []

    def send(n: int) -> None:
        barrier.wait()
        try:
            key = "one" if same_form else f"key {n}"
            made.append(desk.send(order, choices, "refund", key))
        except Conflict as error:
            refused.append(error)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(desk.all(Return)) == len(desk.effects()) == 1
    assert len(set(made)) == 1
    assert len(made) + len(refused) == 16
    assert (len(made) == 16) is same_form
    assert desk.line(order).units_returning == 1


def test_what_was_taken_in_one_return_is_not_there_for_the_next(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 2})
    desk.submit(order, 1)
    with pytest.raises(Conflict):
        desk.submit(order, 2)
    second = desk.returned(desk.submit(order, 1))
    assert second.rma == f"{order.number}-R2"
    assert offer(deps, desk.shop, order.public_id).eligible == ()


@pytest.mark.parametrize(
    ("choice", "resolution", "field"),
    [
        (None, "refund", "items"),
        (Choice(0, 0, "changed_mind"), "refund", "items"),
        (Choice(0, -1, "changed_mind"), "refund", "items"),
        (Choice(-5, 1, "changed_mind"), "refund", "items"),
        (Choice(0, 1, "because"), "refund", "reason-0"),
        (Choice(0, 1, "withdrawal_eu"), "refund", "reason-0"),
        (Choice(0, 1, "other"), "refund", "comment-0"),
        (Choice(0, 1, "other", "x" * 501), "refund", "comment-0"),
        (Choice(0, 1, "changed_mind"), "gold", "resolution"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused_and_changes_nothing(
    deps: Deps, desk: Desk, choice: Choice | None, resolution: str, field: str
) -> None:
    order = desk.order()
    line = desk.line_ids(order)[0]
    chosen = [replace(choice, line_id=choice.line_id or line)] if choice else []
    with pytest.raises(InvalidInput) as refused:
        desk.send(order, chosen, resolution, "k")
    assert refused.value.field == field.replace("-0", f"-{line}")
    assert desk.all(Return) == []
    assert desk.line(order).units_returning == 0


def test_the_policy_of_the_orders_date_applies(deps: Deps, desk: Desk, clock: Clock) -> None:
    stricter = shop_document(returns={"window_days": 2})
    before = desk.order(placed_at=deps.clock())
    clock.advance(hours=1)
    shop, changed = apply_config(deps, desk.shop.slug, stricter)
    assert changed
    after = desk.order(placed_at=deps.clock())
    assert len(offer(deps, shop, before.public_id).eligible) == 1
    assert [r.key for r in offer(deps, shop, after.public_id).ineligible[0].against] == ["window.over"]
    assert desk.returned(desk.submit(before)).policy_version == 1
    assert find_shop(deps, slug=shop.slug).config_version == 2


def test_a_reason_that_is_our_fault_waives_the_fee(deps: Deps, desk: Desk) -> None:
    shop, _ = apply_config(deps, desk.shop.slug, shop_document(returns={"fee_minor": 500}))
    del shop
    order = desk.order({"quantity": 2, "unit_price_minor": 4_000}, placed_at=deps.clock())
    mine = desk.returned(desk.submit(order, 1, reason="changed_mind"))
    yours = desk.returned(desk.submit(order, 1, reason="defective"))
    assert (mine.fee_minor, mine.due_minor) == (500, 3_500)
    assert (yours.fee_minor, yours.due_minor) == (0, 4_000)


def test_an_order_with_very_many_returns_needs_a_person(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 20})
    for _ in range(8):
        desk.submit(order, 1)
    assert [r.key for r in offer(deps, desk.shop, order.public_id).ineligible[0].against] == ["order_limit.reached"]
    with pytest.raises(Conflict, match="cannot be returned"):
        desk.submit(order, 1)
    assert desk.line(order).units_returning == 8


def test_the_shoppers_own_words_are_kept_with_the_item_and_not_with_the_decision(deps: Deps, desk: Desk) -> None:
    order = desk.order()
    choice = Choice(desk.line_ids(order)[0], 1, "other", "  the dog ate it ")
    row = desk.returned(desk.send(order, [choice], "refund", "k"))
    assert desk.all(ReturnItem)[0].comment == "the dog ate it"
    assert "dog" not in str(row.decision_record)
    assert "dog" not in repr(choice)
