"""What staff do with a case: one wins, everything is written down, nothing happens by halves (reliability: F28, I12)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.delivery_exceptions import DeliveryException, ExceptionEvent
from portal.db.tables.orders import Order
from portal.db.tables.staff import AuditRow
from portal.errors import Conflict, InvalidInput, NotFound, PortalError
from portal.usecases.deps import Deps
from portal.usecases.staff import audit, case_actions
from portal.usecases.staff.case_actions import Form
from portal.usecases.staff.cases import show_case
from portal.usecases.staff.people import StaffUser
from tests.support.desk import MakeCase
from tests.support.factory import Factory


def _form(case_id: int, staff: StaffUser, revision: int = 1, key: str = "form-1") -> Form:
    return Form(case_id, staff.id, revision, key)


def _audited(deps: Deps) -> list[str]:
    with deps.sessions.read_system() as session:
        return list(session.scalars(select(AuditRow.action).order_by(AuditRow.id)))


def test_a_claim_shows_who_has_it_and_is_written_down(deps: Deps, make_case: MakeCase, agent: StaffUser) -> None:
    case = make_case()
    case_actions.claim(deps, _form(case, agent))
    page = show_case(deps, case)
    assert (page.case.claimed_by, page.case.claimed_name, page.case.revision) == (agent.id, agent.name, 2)
    assert [(e.action, e.actor_name) for e in page.events] == [("claimed", agent.name)]
    assert _audited(deps) == ["case_claimed"]
    case_actions.release(deps, _form(case, agent, 2, "form-2"))
    assert show_case(deps, case).case.claimed_by is None


def test_of_two_who_claim_at_once_one_wins(
    deps: Deps, make_case: MakeCase, make_staff: Callable[..., StaffUser]
) -> None:
    case, gate = make_case(), threading.Barrier(2)
    outcome: dict[int, str] = {}

    def try_it(staff: StaffUser) -> None:
        gate.wait()
        try:
            case_actions.claim(deps, _form(case, staff, key=f"form-{staff.id}"))
            outcome[staff.id] = "won"
        except Conflict:
            outcome[staff.id] = "409"

    threads = [threading.Thread(target=try_it, args=(make_staff(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome.values()) == ["409", "won"]
    winner = next(staff for staff, how in outcome.items() if how == "won")
    assert show_case(deps, case).case.claimed_by == winner
    assert _audited(deps) == ["case_claimed"]


def test_the_same_form_twice_counts_once(deps: Deps, make_case: MakeCase, agent: StaffUser) -> None:
    case = make_case()
    for _ in range(2):
        case_actions.note(deps, _form(case, agent), "Called, no answer")
    page = show_case(deps, case)
    assert [e.details["text"] for e in page.events] == ["Called, no answer"]
    assert _audited(deps) == ["case_noted"]


def test_two_clicks_at_once_count_once(deps: Deps, make_case: MakeCase, agent: StaffUser) -> None:
    case, gate, errors = make_case(), threading.Barrier(2), list[PortalError]()

    def send() -> None:
        gate.wait()
        try:
            case_actions.resolve(deps, _form(case, agent), "refunded")
        except PortalError as error:
            errors.append(error)

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert _audited(deps) == ["case_resolved"]


def test_a_form_that_is_out_of_date_changes_nothing(
    deps: Deps, make_case: MakeCase, make_staff: Callable[..., StaffUser]
) -> None:
    case, first, second = make_case(), make_staff(), make_staff()
    case_actions.resolve(deps, _form(case, first, key="a"), "refunded")
    acts: tuple[Callable[[Any], object], ...] = (
        lambda f: case_actions.claim(deps, f),
        lambda f: case_actions.note(deps, f, "late"),
        lambda f: case_actions.resolve(deps, f, "no_action"),
        lambda f: case_actions.snooze(deps, f, deps.clock() + timedelta(hours=1)),
    )
    for act in acts:
        with pytest.raises(Conflict):
            act(_form(case, second, key="b"))
    held = show_case(deps, case).case
    assert (held.state, held.outcome, held.claimed_by) == ("resolved", "refunded", None)
    assert _audited(deps) == ["case_resolved"]


def test_taking_a_case_from_a_colleague_says_so(
    deps: Deps, make_case: MakeCase, make_staff: Callable[..., StaffUser]
) -> None:
    mine, theirs = make_staff(), make_staff()
    case = make_case(claimed_by=theirs.id)
    case_actions.claim(deps, _form(case, mine))
    assert show_case(deps, case).events[0].details["from"] == theirs.id


def test_a_snoozed_case_sleeps_until_its_time(deps: Deps, make_case: MakeCase, agent: StaffUser) -> None:
    case, until = make_case(), deps.clock() + timedelta(days=2)
    case_actions.snooze(deps, _form(case, agent), until)
    assert show_case(deps, case).case.snoozed_until == until
    case_actions.wake(deps, _form(case, agent, 2, "form-2"))
    assert show_case(deps, case).case.snoozed_until is None


@pytest.mark.parametrize("hours", [-1, 0, 24 * 61])
def test_a_snooze_lies_in_the_next_sixty_days(deps: Deps, make_case: MakeCase, agent: StaffUser, hours: int) -> None:
    case = make_case()
    with pytest.raises(InvalidInput):
        case_actions.snooze(deps, _form(case, agent), deps.clock() + timedelta(hours=hours))
    assert _audited(deps) == []


def test_resolving_keeps_the_outcome_and_tells_the_shoppers_page(
    deps: Deps, make: Factory, make_case: MakeCase, agent: StaffUser
) -> None:
    order = make.order()
    case = make_case(make.shipment(order))
    case_actions.resolve(deps, _form(case, agent), "reshipped", " New parcel tomorrow. ")
    page = show_case(deps, case)
    assert (page.case.state, page.case.outcome, page.case.closed_by) == ("resolved", "reshipped", "staff")
    assert page.events[0].details["text"] == "New parcel tomorrow."
    with deps.sessions.read(make.shop.id) as session:
        assert session.get_one(Order, order.id).version == order.version + 1


def test_a_resolve_can_be_undone(deps: Deps, make_case: MakeCase, agent: StaffUser) -> None:
    case = make_case()
    case_actions.resolve(deps, _form(case, agent), "no_action")
    case_actions.reopen(deps, _form(case, agent, 2, "form-2"))
    held = show_case(deps, case).case
    assert (held.state, held.outcome, held.closed_at, held.reopened) == ("open", None, None, 1)


def test_what_has_a_new_case_already_is_not_reopened(
    deps: Deps, make: Factory, make_case: MakeCase, agent: StaffUser
) -> None:
    parcel = make.shipment()
    case = make_case(parcel)
    case_actions.resolve(deps, _form(case, agent), "no_action")
    make_case(parcel)
    with pytest.raises(Conflict):
        case_actions.reopen(deps, _form(case, agent, 2, "form-2"))
    assert show_case(deps, case).case.state == "resolved"
    assert _audited(deps) == ["case_resolved"]


def test_a_case_that_cleared_itself_is_not_ours_to_reopen(deps: Deps, make_case: MakeCase, agent: StaffUser) -> None:
    case = make_case(state="cleared", closed_by="scan", closed_at=deps.clock())
    with pytest.raises(Conflict):
        case_actions.reopen(deps, _form(case, agent))


def test_outcomes_and_notes_are_checked(deps: Deps, make_case: MakeCase, agent: StaffUser) -> None:
    case = make_case()
    with pytest.raises(InvalidInput):
        case_actions.resolve(deps, _form(case, agent), "whatever")
    with pytest.raises(InvalidInput):
        case_actions.note(deps, _form(case, agent), "  ")
    with pytest.raises(InvalidInput):
        case_actions.note(deps, _form(case, agent), "x" * 2_001)
    with pytest.raises(NotFound):
        case_actions.claim(deps, _form(case + 1, agent))
    assert show_case(deps, case).case.revision == 1


def test_without_its_audit_row_an_action_does_not_happen(deps: Deps, make_case: MakeCase, agent: StaffUser) -> None:
    case = make_case()

    def refuse(_mapper: Any, _connection: Any, _row: AuditRow) -> None:
        raise RuntimeError("the log is full")

    event.listen(AuditRow, "before_insert", refuse)
    try:
        with pytest.raises(RuntimeError):
            case_actions.resolve(deps, _form(case, agent), "refunded")
    finally:
        event.remove(AuditRow, "before_insert", refuse)
    with deps.sessions.read_system() as session:
        held = session.get_one(DeliveryException, case)
        assert (held.state, held.revision) == ("open", 1)
        assert session.scalars(select(ExceptionEvent)).all() == []


def test_notes_stay_out_of_the_audit_log(deps: Deps, make_case: MakeCase, agent: StaffUser) -> None:
    case_actions.note(deps, _form(make_case(), agent), "Ada lives with her sister now")
    entries, _ = audit.list_audit(deps)
    assert "sister" not in str(entries)
    assert audit.verify_chain(deps).intact


def test_the_page_tells_the_whole_story(deps: Deps, make: Factory, make_case: MakeCase) -> None:
    ada = make.customer(name="Ada", ltv_minor=90_000, is_vip=True, vip_reason={"key": "pinned", "inputs": {}})
    past = make.order(ada)
    old = make_case(make.shipment(past), state="cleared", closed_by="scan", closed_at=deps.clock())
    order = make.order(ada)
    parcel, second = make.shipment(order), make.shipment(order)
    case, sibling = make_case(parcel), make_case(second, rule="R11", message_key="R11")
    with deps.sessions.write(make.shop.id) as session:
        for n, words in enumerate(["Picked up", "Departed facility"]):
            session.add(
                CheckpointRow(
                    shop_id=make.shop.id, shipment_id=parcel.id, identity=str(n), at=deps.clock() + timedelta(hours=n),
                    offset_known=True, status="in_transit", raw_text=words, seen_at=deps.clock(),
                )
            )  # fmt: skip
    page = show_case(deps, case)
    assert page.order is not None
    assert page.customer is not None
    assert [s.raw_text for s in page.order.parcels[0].scans] == ["Departed facility", "Picked up"]
    assert page.order.parcels[1].scans == ()
    assert page.order.parcels[0].carrier_name == "UPS"
    assert [c.id for c in page.siblings] == [sibling]
    assert [o.id for o in page.customer.orders] == [past.id]
    assert [c.id for c in page.customer.cases] == [old]
    assert page.desk_timezone == "UTC"
    assert "Ada" not in repr(page)


def test_a_feeds_case_has_no_order(deps: Deps, make_case: MakeCase, agent: StaffUser) -> None:
    feed = make_case(
        subject_kind="feed", subject_id="ups", shop_id=None, shipment_id=None, order_id=None, customer_id=None,
        rule="R29", message_key="R29", severity="system",
    )  # fmt: skip
    assert show_case(deps, feed).order is None
    case_actions.claim(deps, _form(feed, agent))
    assert show_case(deps, feed).case.claimed_name == agent.name
