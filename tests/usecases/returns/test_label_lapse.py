"""Labels that nobody uses are given back before their carrier stops taking them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from carriers.model import Status
from portal.db.tables.shipments import Shipment
from portal.domain.returns.labels import Unused, lapses_at
from portal.errors import Conflict
from portal.usecases.deps import Deps
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.follow_parcel import follow_parcel
from portal.usecases.returns.label_lapse import give_back_unused, renew_label
from portal.usecases.returns.view import view_return
from portal.usecases.returns.view_label import LabelWait
from tests.support.doubles import Clock, FakeCarriers
from tests.usecases.returns.conftest import Desk

BOUGHT = datetime(2026, 11, 1, 12, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


def unused(**changes: object) -> Unused:
    values: dict[str, object] = dict(
        bought_at=BOUGHT, send_back_by=date(2026, 11, 15), expires_on=None, void_days=None, can_void=True
    )
    return Unused(**(values | changes))  # type: ignore[arg-type]


def test_a_label_is_given_up_some_days_after_the_last_day_to_send_it() -> None:
    assert lapses_at(unused(), 7, NEW_YORK) == datetime(2026, 11, 23, tzinfo=NEW_YORK)


def test_the_carriers_last_day_comes_first_with_time_for_a_few_tries() -> None:
    assert lapses_at(unused(void_days=10), 7, NEW_YORK) == BOUGHT + timedelta(days=8)
    assert lapses_at(unused(void_days=1), 7, NEW_YORK) == BOUGHT + timedelta(hours=12)


def test_a_label_that_expires_is_given_up_when_its_last_day_is_over() -> None:
    assert lapses_at(unused(expires_on=date(2026, 11, 10)), 7, NEW_YORK) == datetime(2026, 11, 11, tzinfo=NEW_YORK)


def test_what_costs_nothing_until_it_is_used_stays() -> None:
    assert lapses_at(unused(can_void=False, void_days=10), 7, NEW_YORK) is None


def test_an_unused_label_goes_back_and_the_return_stands(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.void_days = 20
    public_id = desk.with_label(desk.order())
    clock.advance(days=17, hours=23)
    assert give_back_unused(deps) == 0
    clock.advance(hours=1)
    assert give_back_unused(deps) == 1
    assert give_back_unused(deps) == 0
    run_effects(deps)
    assert carriers.voided == [desk.labels()[0].tracking_number]
    row = desk.returned(public_id)
    assert (row.decision, row.parcel, row.money) == ("approved", "label_lapsed", "quoted")
    assert view_return(deps, desk.shop, public_id).wait == LabelWait("lapsed")


def test_another_label_is_bought_when_the_shopper_asks_for_it_once(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    public_id = desk.with_label(desk.order())
    clock.advance(days=30)
    give_back_unused(deps)
    for _ in range(3):
        renew_label(deps, desk.shop, public_id)
    run_effects(deps)  # the label before is given back, and only then is another one intended
    run_effects(deps)
    assert len(carriers.bought) == 2
    assert [label.voided_at is None for label in desk.labels()] == [False, True]
    assert [effect.generation for effect in desk.effects()] == [1, 2]
    assert desk.returned(public_id).parcel == "label_ready"


def test_who_comes_late_has_as_many_days_with_the_new_label_as_with_the_first(
    deps: Deps, desk: Desk, clock: Clock
) -> None:
    public_id = desk.with_label(desk.order())
    clock.advance(days=30)
    give_back_unused(deps)
    renew_label(deps, desk.shop, public_id)
    run_effects(deps)
    days = timedelta(days=desk.shop.config.returns.send_back_days)
    assert desk.returned(public_id).send_back_by == clock.now.date() + days
    assert not view_return(deps, desk.shop, public_id).is_overdue
    clock.advance(days=days.days)
    assert give_back_unused(deps) == 0


def test_a_new_label_in_time_moves_no_day(deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock) -> None:
    carriers.void_days = 5
    public_id = desk.with_label(desk.order())
    before = desk.returned(public_id).send_back_by
    clock.advance(days=4)
    assert give_back_unused(deps) == 1
    renew_label(deps, desk.shop, public_id)
    assert desk.returned(public_id).send_back_by == before


def test_a_label_that_is_good_or_used_is_not_replaced(deps: Deps, desk: Desk, carriers: FakeCarriers) -> None:
    public_id = desk.with_label(desk.order())
    renew_label(deps, desk.shop, public_id)
    assert run_effects(deps) == 0
    with deps.sessions.write(desk.shop.id) as session:
        shipment = session.query(Shipment).one()
        shipment.status = Status.IN_TRANSIT.value
        follow_parcel(session, deps, desk.shop, shipment, deps.clock())
    with pytest.raises(Conflict):
        renew_label(deps, desk.shop, public_id)
    assert len(carriers.bought) == 1


def test_a_label_that_was_scanned_stays(deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock) -> None:
    desk.with_label(desk.order())
    with deps.sessions.write(desk.shop.id) as session:
        session.query(Shipment).one().status = Status.IN_TRANSIT.value
    clock.advance(days=60)
    assert give_back_unused(deps) == 0
    assert carriers.voided == []


def test_a_parcel_handed_in_after_its_label_lapsed_is_followed_all_the_same(
    deps: Deps, desk: Desk, clock: Clock
) -> None:
    public_id = desk.with_label(desk.order())
    clock.advance(days=40)
    give_back_unused(deps)
    with deps.sessions.write(desk.shop.id) as session:
        shipment = session.query(Shipment).one()
        shipment.status = Status.IN_TRANSIT.value
        follow_parcel(session, deps, desk.shop, shipment, deps.clock())
    assert desk.returned(public_id).parcel == "in_transit"
