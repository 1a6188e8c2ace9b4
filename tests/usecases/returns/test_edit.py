"""A return is changed in place until its parcel is scanned: units, reasons, wishes, the way back, the sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from portal.db.tables.catalogue import Variant
from portal.db.tables.orders import Order
from portal.db.tables.return_flow import ReturnPhoto
from portal.db.tables.returns import Return, ReturnItem, ReturnItemEntry
from portal.db.tables.staff import AuditRow
from portal.errors import Conflict, InvalidInput
from portal.usecases.returns import rows
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.draft_views import edit_of
from portal.usecases.returns.drafts import load_draft, save_draft
from portal.usecases.returns.edit import MOST_CHANGES, draft_of, edit
from portal.usecases.returns.exchange_desk import list_exchanges_to_send
from portal.usecases.returns.exchange_orders import send_due
from portal.usecases.returns.label_effects import run_label
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.photos import save_photo
from portal.usecases.returns.quotes import quotes
from portal.usecases.returns.records import lines_in
from portal.usecases.returns.replay import replay
from portal.usecases.returns.rows import OtherContent
from tests.support.doubles import Clock, FakeCarriers
from tests.usecases.returns.asking import placed_now, policy, request, sent_in
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.pictures import jpeg


def key(desk: Desk, public_id: str) -> str:
    order = draft_of(desk.deps, desk.shop, public_id).order_public_id
    return offer(desk.deps, desk.shop, order, editing=public_id).form_key


def changed(desk: Desk, public_id: str, choices: Sequence[Choice] | None = None, **more: Any) -> Return:
    """The return after a change of what it is now."""
    now = draft_of(desk.deps, desk.shop, public_id).request()
    asked = replace(now, choices=now.choices if choices is None else tuple(choices), **more)
    edit(desk.deps, desk.shop, public_id, asked, key(desk, public_id))
    return desk.returned(public_id)


def entries(desk: Desk) -> list[tuple[str, int]]:
    return [(entry.kind, entry.quantity) for entry in desk.all(ReturnItemEntry)]


def set_parcel(desk: Desk, public_id: str, state: str) -> None:
    with desk.deps.sessions.write(desk.shop.id) as session:
        session.execute(update(Return).where(Return.public_id == public_id).values(parcel=state))


@pytest.fixture
def order(desk: Desk) -> Order:
    return desk.order({"quantity": 3}, {"quantity": 2, "sku": "B", "title": "Belt", "unit_price_minor": 1_000})


def test_units_are_freed_and_taken_by_difference_and_the_sum_is_worked_out_anew(desk: Desk, order: Order) -> None:
    shirt, belt = desk.line_ids(order)
    public_id = desk.submit(order, 2)
    before = desk.returned(public_id)
    row = changed(desk, public_id, [Choice(shirt, 1, "size_too_small"), Choice(belt, 2, "defective")])
    assert [desk.line(order, n).units_returning for n in (0, 1)] == [1, 2]
    assert entries(desk) == [("requested", 2), ("removed", 1), ("requested", 2)]
    items = desk.all(ReturnItem)
    assert [(item.quantity, item.reason) for item in items] == [(1, "size_too_small"), (2, "defective")]
    assert row.goods_minor == sum(sum(line.units) for line in lines_in(row))
    assert (row.rma, row.decision) == (before.rma, "approved")
    (earlier,) = row.decision_record["history"]
    assert earlier["quote"] == before.decision_record["quote"]
    assert earlier["changed_by"] == "shopper"
    assert [entry.action for entry in desk.all(AuditRow)][-1] == "return.edit"


def test_a_line_that_is_taken_out_is_free_and_may_come_back(desk: Desk, order: Order) -> None:
    shirt, belt = desk.line_ids(order)
    public_id = sent_in(desk, request(Choice(shirt, 1, "changed_mind"), Choice(belt, 2, "changed_mind"), begun=order))
    changed(desk, public_id, [Choice(shirt, 1, "changed_mind")])
    assert desk.line(order, 1).units_returning == 0
    with desk.deps.sessions.read(desk.shop.id) as session:
        row = rows.return_by_public_id(session, public_id)
        assert [line.title for _, line in rows.items_of(session, row)] == ["Linen shirt"]
    changed(desk, public_id, [Choice(shirt, 1, "changed_mind"), Choice(belt, 1, "changed_mind")])
    assert [(item.order_line_id, item.quantity) for item in desk.all(ReturnItem)] == [(shirt, 1), (belt, 1)]
    assert entries(desk)[2:] == [("removed", 2), ("requested", 1)]


def test_its_own_units_count_as_free_for_the_change_and_nobody_elses(desk: Desk, order: Order) -> None:
    shirt = desk.line_ids(order)[0]
    public_id = desk.submit(order, 1)
    desk.submit(order, 1)
    found = offer(desk.deps, desk.shop, order.public_id, editing=public_id)
    assert [line.units_left for line in found.lines] == [2, 2]
    asked = ReturnRequest(order.public_id, (Choice(shirt, 2, "changed_mind"),), "refund")
    assert quotes(desk.deps, desk.shop, asked, editing=public_id).resolutions[0].goods_minor > 0
    changed(desk, public_id, asked.choices)
    with pytest.raises(Conflict):
        changed(desk, public_id, [Choice(shirt, 3, "changed_mind")])
    assert desk.line(order).units_returning == 3


def test_the_label_stays_while_it_goes_the_same_way(desk: Desk, order: Order, carriers: FakeCarriers) -> None:
    public_id = desk.with_label(order, 2)
    row = changed(desk, public_id, [Choice(desk.line_ids(order)[0], 1, "changed_mind")])
    assert (row.parcel, len(carriers.bought)) == ("label_ready", 1)
    assert [label.voided_at for label in desk.labels()] == [None]
    assert len(desk.effects()) == 1


def test_another_way_gives_the_label_back_and_back_again_gets_a_new_one(desk: Desk, order: Order) -> None:
    public_id = desk.with_label(order, 2)
    row = changed(desk, public_id, method="own_parcel")
    assert (row.method, row.parcel) == ("own_parcel", "none")
    assert len(desk.effects("void")) == 1
    assert desk.labels()[0].voided_at is not None
    row = changed(desk, public_id, method="label")
    assert row.parcel == "label_queued"
    assert [effect.generation for effect in desk.effects()] == [1, 2]
    assert run_label(desk.deps, desk.shop, desk.effects()[-1].id)
    assert desk.returned(public_id).parcel == "label_ready"


def test_a_label_that_was_only_intended_is_never_bought(desk: Desk, order: Order, carriers: FakeCarriers) -> None:
    public_id = desk.submit(order, 1)
    changed(desk, public_id, method="own_parcel")
    assert [effect.state for effect in desk.effects()] == ["voided"]
    assert not run_label(desk.deps, desk.shop, desk.effects()[0].id)
    assert not carriers.bought


def test_while_a_label_may_have_been_bought_unnoticed_the_way_stays(
    desk: Desk, order: Order, carriers: FakeCarriers
) -> None:
    public_id = desk.submit(order, 1)
    carriers.lose_answer = True
    run_label(desk.deps, desk.shop, desk.effects()[0].id)
    assert desk.effects()[0].state == "unknown"
    with pytest.raises(Conflict, match="being made"):
        changed(desk, public_id, method="own_parcel")
    assert changed(desk, public_id, resolution="store_credit").resolution == "store_credit"


def test_nothing_changes_once_the_parcel_was_scanned(desk: Desk, order: Order) -> None:
    public_id = desk.with_label(order, 2)
    asked, form = draft_of(desk.deps, desk.shop, public_id).request(), key(desk, public_id)
    set_parcel(desk, public_id, "in_transit")
    with pytest.raises(Conflict, match="on its way"):
        edit(desk.deps, desk.shop, public_id, asked, form)
    with pytest.raises(Conflict):
        draft_of(desk.deps, desk.shop, public_id)


def test_the_same_form_twice_changes_once_and_an_older_form_nothing(desk: Desk, order: Order) -> None:
    public_id = desk.submit(order, 2)
    form, now = key(desk, public_id), draft_of(desk.deps, desk.shop, public_id).request()
    first = replace(now, resolution="store_credit")
    for _ in range(2):
        assert edit(desk.deps, desk.shop, public_id, first, form) == public_id
    assert len(desk.returned(public_id).decision_record["history"]) == 1
    with pytest.raises(OtherContent):
        edit(desk.deps, desk.shop, public_id, now, form)
    with pytest.raises(Conflict, match="changed meanwhile"):
        edit(desk.deps, desk.shop, public_id, now, form, actor="staff 1")


def test_what_it_held_may_stay_when_its_days_are_over_and_nothing_more_comes_in(
    desk: Desk, order: Order, clock: Clock
) -> None:
    shirt, belt = desk.line_ids(order)
    clock.advance(days=25)
    public_id = desk.submit(order, 2)
    last = desk.returned(public_id).send_back_by
    clock.advance(days=10)
    for more in ([Choice(shirt, 3, "changed_mind")], [Choice(shirt, 2, "changed_mind"), Choice(belt, 1, "other", "x")]):
        with pytest.raises(Conflict):
            changed(desk, public_id, more)
    found = offer(desk.deps, desk.shop, order.public_id, editing=public_id)
    assert [(line.eligible, line.units_left) for line in found.lines] == [(True, 2), (False, 2)]
    asked = ReturnRequest(order.public_id, (Choice(shirt, 1, "size_too_large"),), "refund")
    assert quotes(desk.deps, desk.shop, asked, editing=public_id).resolutions
    row = changed(desk, public_id, asked.choices)
    assert row.send_back_by == last
    assert replay(desk.deps, desk.shop, public_id).same


def test_a_change_that_somebody_has_to_look_at_is_not_slipped_in(desk: Desk) -> None:
    policy(desk, rules=[{"id": "r", "when": {"return_reason": ["defective"]}, "then": {"review": True}}])
    order = placed_now(desk)
    public_id = desk.submit(order, 1)
    with pytest.raises(Conflict, match="look at this change"):
        changed(desk, public_id, [Choice(desk.line_ids(order)[0], 1, "defective")])


def test_what_waits_for_a_person_is_changed_while_it_waits(desk: Desk) -> None:
    policy(desk, auto_approve=False)
    order = placed_now(desk)
    row = changed(desk, desk.submit(order, 1), resolution="store_credit")
    assert (row.decision, row.parcel, row.money, row.flags) == ("submitted", "none", "none", ["review"])


def test_a_wish_moves_to_another_size_and_its_stock_with_it(desk: Desk) -> None:
    policy(desk, resolutions=["refund", "store_credit", "exchange"])
    for size in "LM":
        desk.make.variant(f"SKU-1-{size}", stock=1)
    order = placed_now(desk, {"quantity": 1, "product_ref": "SKU-1"})
    line = desk.line_ids(order)[0]
    wish = Choice(line, 1, "size_too_small", exchange_sku="SKU-1-L")
    public_id = sent_in(desk, request(wish, begun=order, resolution="exchange", fallback="refund"))

    def reserved() -> dict[str, int]:
        return {variant.sku: variant.reserved for variant in desk.all(Variant)}

    assert changed(desk, public_id, [replace(wish, reason="changed_mind")]).exchange == "reserved"
    assert reserved() == {"SKU-1-L": 1, "SKU-1-M": 0}
    changed(desk, public_id, [replace(wish, exchange_sku="SKU-1-M")])
    assert reserved() == {"SKU-1-L": 0, "SKU-1-M": 1}
    row = changed(desk, public_id, [replace(wish, exchange_sku="")], resolution="refund")
    assert (row.exchange, row.exchange_minor, row.fallback) == ("released", 0, None)
    assert reserved() == {"SKU-1-L": 0, "SKU-1-M": 0}
    assert changed(desk, public_id, [wish], resolution="exchange", fallback="refund").exchange == "reserved"


def test_pictures_come_and_go_with_the_change(desk: Desk, order: Order) -> None:
    shirt = desk.line_ids(order)[0]
    public_id = desk.submit(order, 1)
    photo = save_photo(desk.deps, desk.shop, order.public_id, shirt, jpeg())
    changed(desk, public_id, [Choice(shirt, 1, "defective", photos=(photo,))])
    assert draft_of(desk.deps, desk.shop, public_id).choices[0].photos == (photo,)
    changed(desk, public_id, [Choice(shirt, 1, "changed_mind")])
    assert [one.return_id for one in desk.all(ReturnPhoto)] == [None]


def test_everything_may_be_kept_in_the_end_and_then_it_is_settled(desk: Desk) -> None:
    policy(desk, offers={"keep_percent": {"damaged_in_transit": 30}})
    order = placed_now(desk, {"quantity": 1, "unit_price_minor": 3_000})
    public_id = desk.with_label(order, 1)
    keep = Choice(desk.line_ids(order)[0], 1, "damaged_in_transit", outcome="keep")
    row = changed(desk, public_id, [keep], method="")
    assert (row.method, row.parcel, row.due_minor, row.money) == ("keep", "none", 900, "due")
    assert len(desk.effects("void")) == 1
    with pytest.raises(Conflict):
        changed(desk, public_id, [keep])
    with pytest.raises(Conflict):
        cancel(desk.deps, desk.shop, public_id)


def test_only_so_many_changes_and_none_of_what_is_not_the_shoppers(desk: Desk, order: Order) -> None:
    public_id = desk.submit(order, 1)
    for n in range(MOST_CHANGES):
        changed(desk, public_id, resolution=("store_credit", "refund")[n % 2])
    with pytest.raises(Conflict):
        changed(desk, public_id, resolution="store_credit")
    other = desk.submit(order, 1)
    with desk.deps.sessions.write(desk.shop.id) as session:
        session.execute(update(Return).where(Return.public_id == other).values(kind="withdrawal"))
    with pytest.raises(Conflict):
        draft_of(desk.deps, desk.shop, other)


def test_a_change_to_nothing_or_to_another_order_makes_no_sense(desk: Desk, order: Order) -> None:
    public_id = desk.submit(order, 1)
    elsewhere = desk.line_ids(desk.order())[0]
    for choices in ([], [Choice(elsewhere, 1, "changed_mind")]):
        with pytest.raises(InvalidInput):
            changed(desk, public_id, choices)
    assert desk.line(order).units_returning == 1


def test_the_draft_of_a_change_is_forgotten_with_it(desk: Desk, order: Order) -> None:
    public_id = desk.submit(order, 1)
    save_draft(desk.deps, desk.shop, draft_of(desk.deps, desk.shop, public_id))
    assert load_draft(desk.deps, desk.shop, order.public_id, edit_of(public_id)).version == 1
    changed(desk, public_id, resolution="store_credit")
    assert load_draft(desk.deps, desk.shop, order.public_id, edit_of(public_id)).version == 0


def test_the_days_to_send_it_back_are_not_made_longer_by_changing_it(desk: Desk, order: Order, clock: Clock) -> None:
    public_id = desk.submit(order, 1)
    before = desk.returned(public_id).send_back_by
    clock.advance(days=3)
    assert changed(desk, public_id, resolution="store_credit").send_back_by == before
    assert before == (clock.business() - timedelta(days=3)).date() + timedelta(days=14)


def test_what_is_to_be_sent_already_is_planned_anew_with_what_is_wanted_now(desk: Desk) -> None:
    rule = {"id": "express", "then": {"exchange_express": True}}
    policy(desk, resolutions=["refund", "exchange"], rules=[rule])
    line = {"quantity": 1, "unit_price_minor": 4_000}
    order = placed_now(
        desk, line | {"sku": "SKU-1", "product_ref": "shirt"}, line | {"sku": "HAT", "product_ref": "hat"}
    )
    for sku, ref in (("SKU-1-L", "shirt"), ("HAT-L", "hat")):
        desk.make.variant(sku=sku, product_ref=ref, price_minor=4_000, stock=3)
    wishes = [
        Choice(one, 1, "size_too_small", exchange_sku=sku)
        for one, sku in zip(desk.line_ids(order), ("SKU-1-L", "HAT-L"), strict=True)
    ]
    public_id = sent_in(desk, request(wishes[0], begun=order, resolution="exchange", fallback="refund"))
    assert send_due(desk.deps) == 1
    changed(desk, public_id, wishes, resolution="exchange", fallback="refund")
    assert list_exchanges_to_send(desk.deps) == ()
    assert send_due(desk.deps) == 1
    (waiting,) = list_exchanges_to_send(desk.deps)
    assert sorted((item.sku, item.quantity) for item in waiting.items) == [("HAT-L", 1), ("SKU-1-L", 1)]


def test_a_part_that_is_no_longer_missed_is_not_sent(desk: Desk) -> None:
    policy(desk, resolutions=["refund", "exchange"])
    line = {"quantity": 1, "unit_price_minor": 4_000, "product_ref": "shirt"}
    order = placed_now(desk, line, line)
    desk.make.variant(sku="SKU-1-L", product_ref="shirt", price_minor=4_000, stock=3)
    missed, other = (Choice(one, 1, "missing_parts", comment="The belt") for one in desk.line_ids(order))
    other = replace(other, reason="size_too_small", exchange_sku="SKU-1-L")
    asked = {"resolution": "exchange", "fallback": "refund"}
    public_id = sent_in(desk, request(replace(missed, outcome="part"), other, begun=order, **asked))
    assert send_due(desk.deps) == 1
    changed(desk, public_id, [missed, other], **asked)
    assert list_exchanges_to_send(desk.deps) == ()
    assert send_due(desk.deps) == 0
