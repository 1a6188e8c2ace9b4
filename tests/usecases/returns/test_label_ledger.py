"""Ways on which a return could come to two labels, or one return to another's: each ends with a person, never with a label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from carriers.base import AdapterInfo, Recovery
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Label
from portal.db.tables.orders import Order
from portal.domain.shop_config import LabelConfig
from portal.errors import InvalidInput
from portal.usecases.deps import Deps
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.label_desk import label_case, was_bought, was_not_bought
from portal.usecases.returns.label_effects import MOST_LOOK_UPS, OTHER_ACCOUNT, OTHER_S_NUMBER, run_label
from portal.usecases.returns.label_limits import OF_DAY
from tests.support.doubles import Clock, FakeCarriers
from tests.usecases.returns.conftest import Desk

KEY = "a-form-key-of-the-desk-{}"
LOST = CarrierError(ErrorKind.SERVER_ERROR, "no answer")


@pytest.fixture
def lost(deps: Deps, desk: Desk, carriers: FakeCarriers) -> str:
    """A return whose label was bought, and the answer lost."""
    public_id = desk.submit(desk.order())
    carriers.lose_answer = True
    run_effects(deps)
    carriers.lose_answer = False
    return public_id


def test_another_account_is_not_asked_what_the_one_before_bought(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, lost: str
) -> None:
    carriers.label_mark = "2"  # other credentials: there nobody knows of it
    carriers.bought, sold = {}, carriers.bought
    clock.advance(minutes=2)
    for _ in range(3):
        run_effects(deps)
        clock.advance(minutes=30)
    assert (carriers.bought, len(sold)) == ({}, 1)
    case = label_case(deps, desk.returned(lost).id)
    assert case is not None
    assert (case.kind, case.why) == ("in_doubt", OTHER_ACCOUNT)


@pytest.mark.parametrize("recovery", [Recovery.NATIVE_KEY, Recovery.FIND_BY_REFERENCE])
def test_nothing_is_bought_any_more_for_a_return_that_was_called_off_in_doubt(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, recovery: Recovery
) -> None:
    carriers.recovery = recovery
    public_id = desk.submit(desk.order())
    carriers.label_error = LOST  # the request never arrived
    run_effects(deps)
    carriers.label_error = None
    cancel(deps, desk.shop, public_id)
    for _ in range(4):
        clock.advance(minutes=2)
        run_effects(deps)
    assert carriers.bought == {}
    assert [effect.state for effect in desk.effects()] == ["voided"]


def test_a_doubt_that_cannot_be_looked_up_for_a_day_is_for_a_person(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: object, **_more: object) -> None:
        raise CarrierError(ErrorKind.AUTH, "the credentials were refused")

    monkeypatch.setattr(carriers, "find_label", fails)
    clock.advance(minutes=2)
    for _ in range(MOST_LOOK_UPS):
        assert desk.effects()[0].state == "unknown"
        run_effects(deps)
        clock.advance(hours=1)
    assert (desk.effects()[0].state, desk.effects()[0].error) == ("manual", "the credentials were refused")
    assert desk.returned(lost).parcel == "label_failed"
    assert len(carriers.bought) == 1


def test_the_label_of_another_return_is_not_taken_for_ours(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A carrier that finds a return by the order, and not by our reference, finds the other return of that order."""
    order = desk.order({"quantity": 2})
    desk.with_label(order, 1)
    other = desk.labels()[0]
    second = desk.submit(order, 1)
    carriers.label_error = LOST
    run_effects(deps)
    clock.advance(minutes=2)
    monkeypatch.setattr(
        carriers, "find_label", lambda code, *_a, **_k: Label(code, other.tracking_number, b"%PDF-1.4", handle="h")
    )
    run_effects(deps)
    assert [label.tracking_number for label in desk.labels()] == [other.tracking_number]
    case = label_case(deps, desk.returned(second).id)
    assert case is not None
    assert case.why == OTHER_S_NUMBER
    with pytest.raises(InvalidInput):
        was_bought(deps, desk.returned(second).id, 7, other.tracking_number, None, KEY.format(1))
    was_bought(deps, desk.returned(second).id, 7, "9400199999999999999999", None, KEY.format(2))
    assert len(desk.labels()) == 2


@pytest.mark.parametrize("whose", ["outbound", "another order"])
def test_a_person_cannot_name_a_parcel_that_is_another_s(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, lost: str, whose: str
) -> None:
    carriers.recovery = Recovery.NONE
    clock.advance(minutes=2)
    run_effects(deps)
    if whose == "outbound":
        row = desk.returned(lost)
        with deps.sessions.read(desk.shop.id) as session:
            order = session.get_one(Order, row.order_id)
        number = desk.make.shipment(order, carrier="usps", tracking_number="9400111111111111111111").tracking_number
    else:
        carriers.bought.clear()
        desk.with_label(desk.order())
        number = desk.labels()[0].tracking_number
    before = len(desk.labels())
    with pytest.raises(InvalidInput):
        was_bought(deps, desk.returned(lost).id, 7, number, None, KEY.format(1))
    assert len(desk.labels()) == before


def test_what_was_refused_is_counted_when_it_is_asked_for_again(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.shop = replace(desk.shop, config=replace(desk.shop.config, labels=LabelConfig(per_day=2)))
    monkeypatch.setattr("portal.usecases.returns.effects.find_shop", lambda _deps, *, shop_id: desk.shop)
    carriers.label_error = CarrierError(ErrorKind.AUTH, "the credentials were refused")
    for _ in range(5):
        desk.submit(desk.order())
    run_effects(deps)
    carriers.label_error = None
    for _ in range(3):
        clock.advance(minutes=20)
        run_effects(deps)
    assert len(carriers.bought) == 2
    assert [effect.error for effect in desk.effects() if effect.state == "manual"] == [OF_DAY] * 3


def test_a_carrier_that_is_no_longer_there_is_for_a_person(
    deps: Deps, desk: Desk, carriers: FakeCarriers, monkeypatch: pytest.MonkeyPatch
) -> None:
    public_id = desk.submit(desk.order())
    known: Callable[[str], AdapterInfo] = carriers.info

    def gone(_code: str) -> Any:
        raise CarrierError(ErrorKind.UNKNOWN_CARRIER, "No adapter has the code 'usps'.", sent=False)

    monkeypatch.setattr(carriers, "info", gone)
    assert not run_label(deps, desk.shop, desk.effects()[0].id)
    assert (desk.effects()[0].state, desk.returned(public_id).parcel) == ("manual", "label_failed")
    monkeypatch.setattr(carriers, "info", known)
    was_not_bought(deps, desk.returned(public_id).id, 7, KEY.format(1))
    run_effects(deps)
    assert len(carriers.bought) == 1


def test_a_number_used_again_after_half_a_year_is_another_parcel(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.with_label(desk.order())
    number = desk.labels()[0].tracking_number
    clock.advance(days=200)
    monkeypatch.setattr(carriers, "create_label", lambda code, *_a, **_k: Label(code, number, b"%PDF-1.4"))
    public_id = desk.with_label(desk.order())
    assert desk.returned(public_id).parcel == "label_ready"
