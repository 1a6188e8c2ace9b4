"""A label is bought at most once, whatever is refused, lost or killed (reliability: D1, F02)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from carriers.base import Recovery
from carriers.errors import CarrierError, ErrorKind
from carriers.model import LabelRequest
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.returns import ReturnEvent, ReturnItem
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.usecases.deps import Deps
from portal.usecases.returns import label_effects
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.label_request import request_for, wishes
from portal.usecases.returns.view import view_return
from portal.usecases.returns.view_label import LabelWait
from tests.support.doubles import Clock, FakeCarriers
from tests.usecases.returns.conftest import Desk


class Killed(BaseException):
    """Stands for SIGKILL: nothing that catches errors catches this."""


def killed_at(deps: Deps, point: str) -> Deps:
    """The same process, killed the first time it comes to `point`."""

    def crash(name: str) -> None:
        if name == point:
            raise Killed

    return replace(deps, crash=crash)


def test_a_bought_label_brings_its_documents_its_parcel_and_its_message(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 2, "weight_grams": 300})
    public_id = desk.submit(order, 2)
    assert run_effects(deps) == 1
    row, label = desk.returned(public_id), desk.labels()[0]
    assert (row.parcel, label.carrier, label.voided_at) == ("label_ready", "usps", None)
    effect = desk.effects()[0]
    assert (effect.state, effect.amount_minor, effect.currency, effect.lease_until) == ("succeeded", 890, "USD", None)
    parcel: Shipment = desk.all(Shipment)[0]
    assert (parcel.direction, parcel.return_id, parcel.tracking_number) == ("return", row.id, label.tracking_number)
    assert (parcel.destination_postal_code, parcel.timezone) == ("05401", "America/New_York")
    with deps.sessions.read(desk.shop.id) as session:
        assert session.scalars(select(PollQueueEntry.carrier)).all() == ["usps"]
    assert [message.event for message in desk.all(OutboxMessage)] == ["return_label_ready"]
    assert run_effects(deps) == 0


def test_the_label_goes_from_the_orders_address_to_the_warehouse(
    deps: Deps, desk: Desk, carriers: FakeCarriers, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[LabelRequest] = []
    buy = carriers.create_label

    def noted(code: str, request: LabelRequest, *, key: str, shop_id: int | None = None) -> Any:
        asked.append(request)
        return buy(code, request, key=key)

    monkeypatch.setattr(carriers, "create_label", noted)
    public_id = desk.with_label(desk.order({"quantity": 2, "weight_grams": 300}), 2)
    request = asked[0]
    assert (request.sender.line1, request.sender.postal_code) == ("12 Elm Street", "12207")
    assert (request.recipient.line1, request.recipient.region) == ("400 Mill Road", "VT")
    assert request.weight_grams == 700
    assert request.rma == desk.returned(public_id).rma
    assert request.reference == desk.effects()[0].key


@pytest.mark.parametrize(
    "point", ["label.after_intent", "label.after_submitted", "label.after_reply", "label.before_saved"]
)
def test_killed_anywhere_the_label_is_bought_once_and_arrives(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, point: str
) -> None:
    public_id = desk.submit(desk.order())
    with pytest.raises(Killed):
        run_effects(killed_at(deps, point))
    for _ in range(6):
        clock.advance(minutes=2)
        run_effects(deps)
    assert len(carriers.bought) == 1
    assert [label.tracking_number for label in desk.labels()] == [
        label.tracking_number for label in carriers.bought.values()
    ]
    assert desk.returned(public_id).parcel == "label_ready"
    assert len(desk.all(Shipment)) == len(desk.all(OutboxMessage)) == 1


def test_killed_before_the_intent_nothing_has_happened_at_all(deps: Deps, desk: Desk, carriers: FakeCarriers) -> None:
    order = desk.order()
    killed = Desk(killed_at(deps, "label.before_intent"), desk.make)
    with pytest.raises(Killed):
        killed.submit(order)
    assert desk.effects() == []
    assert desk.line(order).units_returning == 0
    desk.with_label(order)
    assert len(carriers.bought) == 1


def test_a_lost_answer_is_looked_up_when_it_has_settled_and_never_bought_again(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    public_id = desk.submit(desk.order())
    carriers.lose_answer = True
    assert run_effects(deps) == 1
    assert desk.effects()[0].state == "unknown"
    clock.advance(seconds=59)
    assert run_effects(deps) == 0
    assert view_return(deps, desk.shop, public_id).wait == LabelWait("later", 1)
    clock.advance(seconds=1)
    assert run_effects(deps) == 1
    assert len(carriers.bought) == len(desk.labels()) == 1
    assert desk.returned(public_id).parcel == "label_ready"


def test_a_lost_request_is_bought_after_the_look_up_with_the_same_key(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    desk.submit(desk.order())
    key = desk.effects()[0].key
    carriers.label_error = CarrierError(ErrorKind.SERVER_ERROR, "no answer", sent=True)
    run_effects(deps)
    carriers.label_error = None
    clock.advance(seconds=61)
    run_effects(deps)
    assert desk.effects()[0].state == "intended"
    run_effects(deps)
    assert list(carriers.bought) == [key]
    assert len(desk.labels()) == 1


def test_where_the_same_key_gives_the_same_label_it_is_simply_asked_again(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.recovery = Recovery.NATIVE_KEY
    desk.submit(desk.order())
    carriers.lose_answer = True
    run_effects(deps)
    carriers.lose_answer = False
    clock.advance(seconds=61)
    run_effects(deps)
    assert len(carriers.bought) == len(desk.labels()) == 1


def test_where_nothing_can_be_looked_up_a_person_has_to(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.recovery = Recovery.NONE
    public_id = desk.submit(desk.order())
    carriers.lose_answer = True
    run_effects(deps)
    clock.advance(hours=1)
    run_effects(deps)
    clock.advance(days=30)
    assert run_effects(deps) == 0
    assert [effect.state for effect in desk.effects()] == ["manual"]
    assert len(carriers.bought) == 1
    assert desk.returned(public_id).parcel == "label_failed"
    assert view_return(deps, desk.shop, public_id).wait == LabelWait("person")


def test_what_surely_was_not_sent_is_tried_again_with_growing_waits(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    public_id = desk.submit(desk.order())
    carriers.label_error = CarrierError(ErrorKind.SERVER_ERROR, "no connection", sent=False)
    tried = 0
    for _ in range(10):
        tried += run_effects(deps)
        clock.advance(seconds=30)
    assert tried == 4  # at 0, 30, 90 and 210 seconds
    assert desk.effects()[0].state == "intended"
    assert desk.returned(public_id).parcel == "label_queued"
    assert view_return(deps, desk.shop, public_id).wait == LabelWait("later", 3)
    carriers.label_error = None
    clock.advance(minutes=10)
    assert run_effects(deps) == 1
    assert len(desk.labels()) == 1


def test_a_refused_label_leaves_the_return_standing_and_is_tried_again_later(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    public_id = desk.submit(desk.order())
    carriers.label_error = CarrierError(ErrorKind.AUTH, "the credentials were refused")
    run_effects(deps)
    row = desk.returned(public_id)
    assert (row.decision, row.parcel) == ("approved", "label_failed")
    assert view_return(deps, desk.shop, public_id).wait == LabelWait("later", 15)
    assert run_effects(deps) == 0
    carriers.label_error = None
    clock.advance(minutes=16)
    run_effects(deps)
    run_effects(deps)
    assert [effect.state for effect in desk.effects()] == ["rejected", "succeeded"]
    assert desk.returned(public_id).parcel == "label_ready"
    assert len(carriers.bought) == 1


def test_an_order_without_a_street_is_a_persons_work_and_nothing_is_asked(
    deps: Deps, desk: Desk, carriers: FakeCarriers
) -> None:
    public_id = desk.submit(desk.order(ship_line1=None))
    run_effects(deps)
    effect = desk.effects()[0]
    assert (effect.state, effect.error) == ("manual", "The order's address has no street.")
    assert desk.returned(public_id).parcel == "label_failed"
    assert carriers.bought == {}


def test_two_workers_at_once_ask_once(deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock) -> None:
    desk.submit(desk.order())
    effect = desk.effects()[0]
    with pytest.raises(Killed):
        label_effects.run_label(killed_at(deps, "label.after_submitted"), desk.shop, effect.id)
    assert not label_effects.run_label(deps, desk.shop, effect.id)  # the first one's lease still runs
    assert carriers.bought == {}
    clock.advance(minutes=3)
    assert label_effects.run_label(deps, desk.shop, effect.id)
    assert desk.effects()[0].state == "intended"  # looked up: it was not bought


def test_after_a_kill_the_carrier_gets_its_time_to_settle_before_it_is_asked(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    """The lease has ended, but the label may still appear: looking too early would buy a second one."""
    desk.submit(desk.order())
    with pytest.raises(Killed):
        run_effects(killed_at(deps, "label.after_submitted"))
    clock.advance(seconds=119)
    assert run_effects(deps) == 0
    assert desk.effects()[0].state == "submitted"
    clock.advance(seconds=1)
    assert run_effects(deps) == 1


def test_a_worker_that_slept_through_its_lease_cannot_write(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    public_id = desk.submit(desk.order())
    effect = desk.effects()[0]
    buy = carriers.create_label

    def slow(code: str, request: LabelRequest, *, key: str, shop_id: int | None = None) -> Any:
        label = buy(code, request, key=key)
        clock.advance(minutes=10)
        monkeypatch.setattr(carriers, "create_label", buy)
        assert label_effects.run_label(deps, desk.shop, effect.id)  # another worker looks it up and adopts it
        return label

    monkeypatch.setattr(carriers, "create_label", slow)
    label_effects.run_label(deps, desk.shop, effect.id)
    assert len(desk.labels()) == len(desk.all(Shipment)) == len(carriers.bought) == 1
    assert desk.returned(public_id).parcel == "label_ready"


def test_one_broken_effect_stops_no_other(
    deps: Deps, desk: Desk, carriers: FakeCarriers, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = desk.submit(desk.order()), desk.submit(desk.order())
    buy = carriers.create_label
    bad = desk.effects()[0].key

    def broken(code: str, request: LabelRequest, *, key: str, shop_id: int | None = None) -> Any:
        if key == bad:
            raise ZeroDivisionError
        return buy(code, request, key=key)

    monkeypatch.setattr(carriers, "create_label", broken)
    assert run_effects(deps) == 1
    assert (desk.returned(first).parcel, desk.returned(second).parcel) == ("label_queued", "label_ready")


def test_calling_off_frees_the_units_and_gives_the_label_back(
    deps: Deps, desk: Desk, carriers: FakeCarriers, reload: Callable[[Order], Order]
) -> None:
    order = desk.order({"quantity": 2})
    public_id = desk.with_label(order, 2)
    version = reload(order).version
    cancel(deps, desk.shop, public_id)
    row = desk.returned(public_id)
    assert (row.decision, row.parcel, row.money) == ("cancelled", "void", "none")
    assert desk.line(order).units_returning == 0
    assert reload(order).version > version
    with deps.sessions.read(desk.shop.id) as session:
        assert session.scalars(select(PollQueueEntry)).all() == []
    assert run_effects(deps) == 1
    assert carriers.voided == [desk.labels()[0].tracking_number]
    assert [effect.state for effect in desk.effects("void") + desk.effects("label")] == ["succeeded", "voided"]
    events = len(desk.all(ReturnEvent))
    cancel(deps, desk.shop, public_id)
    assert len(desk.all(ReturnEvent)) == events
    assert run_effects(deps) == 0
    desk.with_label(order, 2)
    assert len(carriers.bought) == 2


def test_calling_off_before_the_label_was_bought_means_it_never_is(
    deps: Deps, desk: Desk, carriers: FakeCarriers
) -> None:
    public_id = desk.submit(desk.order())
    cancel(deps, desk.shop, public_id)
    assert run_effects(deps) == 0
    assert carriers.bought == {}


def test_a_label_that_turns_out_to_be_bought_after_calling_off_is_given_back(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    public_id = desk.submit(desk.order())
    carriers.lose_answer = True
    run_effects(deps)
    cancel(deps, desk.shop, public_id)
    clock.advance(minutes=2)
    run_effects(deps)
    run_effects(deps)
    assert carriers.voided == [label.tracking_number for label in carriers.bought.values()]
    assert desk.all(OutboxMessage) == []
    assert desk.all(Shipment) == []


def test_a_void_without_an_answer_is_asked_again_and_unknown_then_means_done(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    cancel(deps, desk.shop, desk.with_label(desk.order()))
    carriers.void_error = CarrierError(ErrorKind.SERVER_ERROR, "no answer")
    run_effects(deps)
    assert desk.effects("void")[0].state == "unknown"
    assert run_effects(deps) == 0
    carriers.void_error = CarrierError(ErrorKind.NOT_FOUND, "no such label")
    clock.advance(minutes=1)
    run_effects(deps)
    assert desk.effects("void")[0].state == "succeeded"


def test_a_void_that_is_refused_outright_stays_visible(deps: Deps, desk: Desk, carriers: FakeCarriers) -> None:
    cancel(deps, desk.shop, desk.with_label(desk.order()))
    carriers.void_error = CarrierError(ErrorKind.BAD_REQUEST, "too late")
    run_effects(deps)
    effect = desk.effects("void")[0]
    assert (effect.state, effect.error) == ("rejected", "too late")
    assert run_effects(deps) == 0


def test_what_is_kept_is_neither_weighed_nor_declared(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 1, "weight_grams": 300}, {"quantity": 1, "weight_grams": 5_000})
    row = desk.returned(desk.submit(order, 1, 1))
    with deps.sessions.write(desk.shop.id) as session:
        kept = session.scalars(select(ReturnItem).where(ReturnItem.order_line_id == desk.line_ids(order)[1])).one()
        kept.outcome = "keep"
    with deps.sessions.read(desk.shop.id) as session:
        asked = request_for(session, deps, desk.shop, order, row, "r", wishes(deps, desk.shop, order), "usps")
    assert (asked.weight_grams, len(asked.items)) == (400, 1)
