"""A label counts as given back when its carrier said so, and not before: another is bought only then."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.returns import Return
from portal.db.tables.shipments import Shipment
from portal.usecases.deps import Deps
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.documents import label_document
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.follow_parcel import follow_parcel
from portal.usecases.returns.label_desk import label_case, was_not_bought
from portal.usecases.returns.label_lapse import give_back_unused, renew_label
from portal.usecases.returns.label_now import buy_label_now
from portal.usecases.returns.view import view_return
from portal.usecases.returns.view_label import LabelWait
from portal.usecases.returns.void_effects import NOT_GIVEN_BACK, TRIES_BEFORE_A_PERSON, USED
from tests.support.doubles import Clock, FakeCarriers
from tests.usecases.returns.conftest import Desk

REFUSED = CarrierError(ErrorKind.BAD_REQUEST, "too late")
NOT_SENT = CarrierError(ErrorKind.SERVER_ERROR, "no connection", sent=False)
LOST = CarrierError(ErrorKind.SERVER_ERROR, "no answer")
UNKNOWN = CarrierError(ErrorKind.NOT_FOUND, "no such label")


@pytest.fixture
def lapsed(deps: Deps, desk: Desk, clock: Clock) -> str:
    """A return whose unused label is to be given back."""
    public_id = desk.with_label(desk.order())
    clock.advance(days=30)
    assert give_back_unused(deps) == 1
    return public_id


def scanned(deps: Deps, desk: Desk, number: str) -> None:
    """The carrier has the parcel of a label."""
    with deps.sessions.write(desk.shop.id) as session:
        shipment = session.query(Shipment).filter_by(tracking_number=number).one()
        shipment.status = Status.IN_TRANSIT.value
        follow_parcel(session, deps, desk.shop, shipment, deps.clock())


@pytest.mark.parametrize("again", [REFUSED, CarrierError(ErrorKind.NOT_SUPPORTED, "no")])
def test_a_refusal_after_a_call_that_never_left_is_no_giving_back(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, again: CarrierError
) -> None:
    cancel(deps, desk.shop, desk.with_label(desk.order()))
    carriers.void_error = NOT_SENT
    run_effects(deps)
    carriers.void_error = again
    clock.advance(minutes=1)
    run_effects(deps)
    assert desk.effects("void")[0].state == "rejected"
    assert desk.effects()[0].state == "succeeded"


@pytest.mark.parametrize(("first", "state"), [(NOT_SENT, "rejected"), (LOST, "succeeded")])
def test_an_unknown_label_is_gone_only_after_a_call_that_may_have_arrived(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, first: CarrierError, state: str
) -> None:
    cancel(deps, desk.shop, desk.with_label(desk.order()))
    for error in (first, UNKNOWN):
        carriers.void_error = error
        run_effects(deps)
        clock.advance(minutes=1)
    assert desk.effects("void")[0].state == state


def test_what_another_account_does_not_know_is_not_gone(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    cancel(deps, desk.shop, desk.with_label(desk.order()))
    carriers.void_error = LOST
    run_effects(deps)
    carriers.label_mark, carriers.void_error = "2", UNKNOWN
    clock.advance(minutes=1)
    run_effects(deps)
    assert desk.effects("void")[0].state == "rejected"


def test_another_label_waits_until_the_one_before_is_given_back(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, lapsed: str
) -> None:
    carriers.void_error = LOST
    renew_label(deps, desk.shop, lapsed)
    for _ in range(5):
        run_effects(deps)
        clock.advance(minutes=20)
    assert len(carriers.bought) == 1
    assert view_return(deps, desk.shop, lapsed).wait == LabelWait("making")
    carriers.void_error = None
    clock.advance(hours=1)
    for _ in range(2):
        run_effects(deps)
    assert len(carriers.bought) == 2
    assert desk.returned(lapsed).parcel == "label_ready"


def test_while_the_shopper_waits_the_label_before_is_given_back_and_another_bought(
    deps: Deps, desk: Desk, carriers: FakeCarriers, lapsed: str
) -> None:
    renew_label(deps, desk.shop, lapsed)
    buy_label_now(deps, desk.shop, lapsed)
    assert len(carriers.voided) == 1
    assert desk.returned(lapsed).parcel == "label_ready"
    assert len(carriers.bought) == 2


@pytest.mark.parametrize("asked_again", [True, False])
def test_a_label_that_its_carrier_does_not_take_back_is_good_again_and_no_other_is_bought(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, lapsed: str, asked_again: bool
) -> None:
    carriers.void_error = REFUSED
    if asked_again:
        renew_label(deps, desk.shop, lapsed)
    for _ in range(4):
        run_effects(deps)
        clock.advance(hours=13)
        give_back_unused(deps)
    assert len(carriers.bought) == 1
    assert desk.returned(lapsed).parcel == "label_ready"
    assert label_document(deps, desk.shop, lapsed).content == carriers.document
    assert [effect.state for effect in desk.effects("void")] == ["rejected"]
    assert [message.event for message in desk.all(OutboxMessage)].count("return_label_ready") == 1


def test_a_label_that_was_used_meanwhile_is_not_given_back(
    deps: Deps, desk: Desk, carriers: FakeCarriers, lapsed: str
) -> None:
    scanned(deps, desk, desk.labels()[0].tracking_number)
    run_effects(deps)
    assert carriers.voided == []
    assert (desk.effects("void")[0].state, desk.effects("void")[0].error) == ("rejected", USED)
    assert (desk.labels()[0].voided_at, desk.returned(lapsed).parcel) == (None, "in_transit")


def test_a_label_without_a_file_that_is_not_taken_back_is_for_a_person(
    deps: Deps, desk: Desk, carriers: FakeCarriers
) -> None:
    carriers.document, carriers.void_error = b"", REFUSED
    carriers.fetch_error = CarrierError(ErrorKind.NOT_SUPPORTED, "prints once")
    public_id = desk.submit(desk.order())
    for _ in range(4):
        run_effects(deps)
    case = label_case(deps, desk.returned(public_id).id)
    assert case is not None
    assert (case.kind, case.tracking_number) == ("no_file", desk.labels()[0].tracking_number)
    assert desk.returned(public_id).parcel == "label_failed"
    assert len(carriers.bought) == 1


def test_a_person_decides_where_nobody_can_say_for_a_day_whether_the_label_before_is_gone(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, lapsed: str
) -> None:
    carriers.void_error = LOST
    renew_label(deps, desk.shop, lapsed)
    for _ in range(TRIES_BEFORE_A_PERSON):
        assert desk.returned(lapsed).parcel == "label_queued"
        run_effects(deps)
        clock.advance(hours=1)
    return_id = desk.returned(lapsed).id
    case = label_case(deps, return_id)
    assert case is not None
    assert (case.kind, case.why) == ("held", NOT_GIVEN_BACK)
    was_not_bought(deps, return_id, 7, "a-form-key-of-the-desk")
    carriers.void_error = None
    for _ in range(3):
        run_effects(deps)
        clock.advance(hours=1)
    assert len(carriers.bought) == 2
    assert len(carriers.voided) == 1  # the one before is asked about all the same
    assert desk.returned(lapsed).parcel == "label_ready"


def test_a_label_bought_after_the_one_before_lapsed_goes_back_when_that_was_used_after_all(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock, lapsed: str
) -> None:
    renew_label(deps, desk.shop, lapsed)
    buy_label_now(deps, desk.shop, lapsed)
    first, second = desk.labels()
    scanned(deps, desk, first.tracking_number)
    assert desk.returned(lapsed).parcel == "in_transit"
    clock.advance(days=60)
    assert give_back_unused(deps) == 1
    run_effects(deps)
    assert carriers.voided == [first.tracking_number, second.tracking_number]
    assert desk.returned(lapsed).parcel == "in_transit"


def test_goods_that_came_without_a_scan_may_have_come_with_the_label(
    deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock
) -> None:
    public_id = desk.with_label(desk.order())
    with deps.sessions.write(desk.shop.id) as session:
        session.execute(update(Return).where(Return.public_id == public_id).values(parcel="delivered_to_us"))
    clock.advance(days=60)
    assert give_back_unused(deps) == 0
    assert [label.voided_at for label in desk.labels()] == [None]


def test_what_a_carrier_says_of_a_label_it_knows_names_nobody(
    deps: Deps, desk: Desk, carriers: FakeCarriers, lapsed: str
) -> None:
    words = "The parcel of ADA EXAMPLE, 12 Elm Street, Albany 12207 (2025550199) is on its way"
    carriers.void_error = CarrierError(ErrorKind.BAD_REQUEST, words)
    run_effects(deps)
    kept = desk.effects("void")[0].error or ""
    assert kept.startswith("The parcel of …")
    assert kept.endswith("is on its way")
    for secret in ("ada", "example", "elm", "albany", "12207", "5550199"):
        assert secret not in kept.lower()
