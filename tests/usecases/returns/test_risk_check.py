"""What a parcel tells holds the money for a person, whoever released it before (reliability: T35, T36)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.returns import Return, ReturnEvent, ReturnItem
from portal.db.tables.shipments import Shipment
from portal.db.tables.staff import AuditRow
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps
from portal.usecases.returns import risk_check
from portal.usecases.returns.authority import SamePerson
from portal.usecases.returns.desk import list_returns
from portal.usecases.returns.follow_parcel import follow_parcel
from portal.usecases.returns.risk_release import release_hold
from portal.usecases.shops import apply_config, find_shop
from portal.usecases.staff import audit
from tests.support.factory import shop_document
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_label_races import at_once

ANN, BOB = 3, 4
HOME: dict[str, Any] = {"city": "Burlington", "postal_code": "05401", "country": "US"}
FEEDS: list[tuple[str, list[dict[str, Any]]]] = [
    ("wrong_place", [{"status": "in_transit"}, {"status": "delivered", "city": "Albany", "postal_code": "12207"}]),
    ("far_too_light", [{"status": "in_transit", "body": {"weight": {"value": 20, "unit": "g"}}}, {"status": "delivered", **HOME}]),
    ("label_reused", [{"status": "delivered", **HOME}, {"status": "in_transit"}]),
]  # fmt: skip


def arrive(deps: Deps, desk: Desk, row: Return, scans: list[dict[str, Any]], **parcel: Any) -> None:
    """What ingest does: scans a day apart, the parcel's state, and the return that follows it."""
    with deps.sessions.write(desk.shop.id) as session:
        shipment = session.scalars(select(Shipment).where(Shipment.return_id == row.id)).one()
        for name, value in parcel.items():
            setattr(shipment, name, value)
        for n, scan in enumerate(scans):
            at = deps.clock() + timedelta(days=n)
            values: dict[str, Any] = {"body": {}, "offset_known": True, "seen_at": at, "identity": f"{row.id} {n}"}
            session.add(CheckpointRow(shop_id=row.shop_id, shipment_id=shipment.id, at=at, **(values | scan)))
        shipment.status = scans[-1]["status"]
        session.flush()
        follow_parcel(session, deps, find_shop(deps, shop_id=desk.shop.id), shipment, deps.clock())


@pytest.fixture
def row(deps: Deps, desk: Desk) -> Return:
    return desk.returned(desk.with_label(desk.order({"weight_grams": 400, "quantity": 1})))


def test_a_parcel_like_most_is_not_held(deps: Deps, desk: Desk, row: Return) -> None:
    body = {"weight": {"value": 0.45, "unit": "kg"}}
    arrive(deps, desk, row, [{"status": "in_transit", "body": body}, {"status": "delivered", **HOME}])
    found = desk.returned(row.public_id)
    assert (found.parcel, found.held_at, found.flags) == ("delivered_to_us", None, [])
    assert found.risk is not None
    assert "far_too_light" not in str(found.risk)


@pytest.mark.parametrize(("code", "scans"), FEEDS)
def test_the_money_of_a_parcel_that_cannot_be_right_waits_for_a_person(
    deps: Deps, desk: Desk, row: Return, code: str, scans: list[dict[str, Any]]
) -> None:
    arrive(deps, desk, row, scans)
    found = desk.returned(row.public_id)
    assert found.held_at is not None
    assert code in found.flags
    assert list_returns(deps).troubles[row.id] == ("held",)
    event = desk.all(ReturnEvent)[-1]
    assert (event.machine, event.to_state, event.actor) == ("hold", "held", risk_check.ACTOR)
    assert code in event.why


def test_a_parcel_with_another_number_than_the_label_waits_for_a_person(deps: Deps, desk: Desk, row: Return) -> None:
    arrive(deps, desk, row, [{"status": "delivered", **HOME}], tracking_number="1Z999AA10123456784")
    assert desk.returned(row.public_id).flags == ["other_number"]


def test_a_shop_cannot_switch_off_what_is_hard(deps: Deps, desk: Desk, row: Return) -> None:
    apply_config(deps, desk.shop.slug, shop_document(returns={"payout": {"hold_at_score": 0}}))
    arrive(deps, desk, row, FEEDS[0][1])
    assert desk.returned(row.public_id).held_at is not None


def test_a_person_releases_it_with_a_reason_and_the_same_does_not_hold_it_again(
    deps: Deps, desk: Desk, row: Return
) -> None:
    arrive(deps, desk, row, FEEDS[0][1])
    with pytest.raises(InvalidInput):
        release_hold(deps, row.id, ANN, " ", "a")
    assert release_hold(deps, row.id, ANN, "Our other house.", "b").held_at is None
    assert release_hold(deps, row.id, ANN, "Our other house.", "b").held_at is None
    with pytest.raises(Conflict):
        release_hold(deps, row.id, BOB, "Mine too.", "c")
    with deps.sessions.write(desk.shop.id) as session:
        risk_check.look(session, deps, desk.shop, session.get_one(Return, row.id), deps.clock())
    found = desk.returned(row.public_id)
    assert found.held_at is None
    assert found.risk is not None
    assert found.risk["released"]["by"] == "staff 3"
    with deps.sessions.write(desk.shop.id) as session:
        parcel = session.scalars(select(Shipment).where(Shipment.return_id == row.id)).one()
        parcel.tracking_number = "1Z999AA10123456784"
        risk_check.look(session, deps, desk.shop, session.get_one(Return, row.id), deps.clock())
    assert desk.returned(row.public_id).held_at is not None, "something new holds it again"


def test_nobody_releases_what_they_asked_for_above_the_limit_and_nothing_goes_unwritten(
    deps: Deps, desk: Desk, row: Return, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(deps, desk, row, FEEDS[0][1])
    apply_config(deps, desk.shop.slug, shop_document(returns={"payout": {"four_eyes_above_minor": 100}}))
    with deps.sessions.write(desk.shop.id) as session:
        session.get_one(Return, row.id).requested_by = "staff 3"
    with pytest.raises(SamePerson):
        release_hold(deps, row.id, ANN, "It is mine.", "a")

    def lost(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(audit, "record", lost)
        with pytest.raises(OSError, match="disk"):
            release_hold(deps, row.id, BOB, "I looked.", "b")
    assert desk.returned(row.public_id).held_at is not None
    assert release_hold(deps, row.id, BOB, "I looked.", "c").held_at is None


def test_of_many_who_release_it_at_once_one_does(deps: Deps, desk: Desk, row: Return) -> None:
    arrive(deps, desk, row, FEEDS[0][1])
    raised = at_once(lambda n: release_hold(deps, row.id, n, "I looked.", f"form {n}"))
    assert [type(error) for error in raised] == [Conflict] * 63
    with deps.sessions.read_system() as session:
        assert len(session.scalars(select(AuditRow).where(AuditRow.action == "return.release")).all()) == 1


def test_a_return_for_which_nothing_is_sent_has_no_weight_to_miss(deps: Deps, desk: Desk, row: Return) -> None:
    with deps.sessions.write(desk.shop.id) as session:
        session.scalars(select(ReturnItem)).one().outcome = "keep"
        session.flush()
        found = session.get_one(Return, row.id)
        assert (
            risk_check.facts_of(session, desk.shop, found, desk.shop.config.returns, deps.clock()).expected_grams
            is None
        )


@pytest.mark.parametrize(("kind", "held"), [("return", True), ("withdrawal", False)])
def test_a_customers_history_holds_no_money_that_the_law_gives(
    deps: Deps, desk: Desk, row: Return, kind: str, held: bool
) -> None:
    payout = {"hold_at_score": 1}
    apply_config(deps, desk.shop.slug, shop_document(returns={"payout": payout}))
    with deps.sessions.write(desk.shop.id) as session:
        found = session.get_one(Return, row.id)
        found.kind, found.due_minor, found.goods_minor = kind, 10_000_000, 10_000_000
    arrive(deps, desk, row, [{"status": "in_transit"}, {"status": "delivered", **HOME}])
    assert (desk.returned(row.public_id).held_at is not None) is held
