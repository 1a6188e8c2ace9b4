"""What findings do to the cases there are: open, raise, reopen, close; and leave to a person what is a person's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from carriers.model import Status
from portal.domain.delivery_exceptions.base import Facts, Finding, Outage, Severity
from portal.domain.delivery_exceptions.changes import Clear, Escalate, Keep, Open, Record, Reopen, changes
from tests.domain.delivery_exceptions.stories import at, found, judge, parcel, scan

HUB = scan("10-05 14:00", Status.IN_TRANSIT)
STALLED = parcel(HUB)
DAMAGED = parcel(HUB, scan("10-06 10:00", Status.EXCEPTION, "Exception_012"))


def act(facts: Facts, now: str, *records: Record) -> tuple[Any, ...]:
    return changes(records, judge(facts, now), at(now))


def record(finding: Finding | None, **more: Any) -> Record:
    assert finding is not None
    values: dict[str, Any] = {"ref": 7, "rule": finding.rule, "severity": finding.severity, "cause": finding.cause}
    return Record(**{**values, "opened_at": finding.fires_at, **more})


MEDIUM = found(STALLED, "R05", "10-08 15:00")


def test_a_finding_opens_a_case_and_the_same_again_keeps_it() -> None:
    (action,) = act(STALLED, "10-08 15:00")
    assert isinstance(action, Open)
    assert action.finding.rule == "R05"
    assert act(STALLED, "10-09 09:00", record(MEDIUM)) == (Keep(7, found(STALLED, "R05", "10-09 09:00")),)


def test_a_worse_finding_raises_the_same_case() -> None:
    (action,) = act(STALLED, "10-13 15:00", record(MEDIUM))
    assert isinstance(action, Escalate)
    assert (action.ref, action.finding.severity) == (7, Severity.HIGH)


def test_a_case_never_sinks() -> None:
    (action,) = act(STALLED, "10-08 15:00", record(MEDIUM, severity=Severity.CRITICAL))
    assert isinstance(action, Keep)


def test_a_new_scan_closes_the_case_and_a_delivery_says_so() -> None:
    moved = parcel(HUB, scan("10-09 09:00", Status.IN_TRANSIT, "InTransit_003"))
    assert act(moved, "10-09 10:00", record(MEDIUM)) == (Clear(7, "R05", "new_scan"),)
    arrived = parcel(HUB, scan("10-09 09:00", Status.DELIVERED))
    assert act(arrived, "10-09 10:00", record(MEDIUM)) == (Clear(7, "R05", "delivered"),)


def test_a_case_that_comes_back_within_a_week_is_reopened_and_later_is_a_new_one() -> None:
    closed = record(MEDIUM, closed_at=at("10-09 09:00"), closed_by="new_scan", cause="another scan")
    (soon,) = act(STALLED, "10-16 09:00", closed)
    assert isinstance(soon, Reopen)
    (late,) = act(STALLED, "10-16 09:01", closed)
    assert isinstance(late, Open)


def test_what_a_person_closed_stays_closed_until_it_gets_worse_or_has_a_new_cause() -> None:
    closed = record(MEDIUM, closed_at=at("10-09 09:00"), closed_by="staff")
    assert act(STALLED, "10-09 10:00", closed) == ()
    (worse,) = act(STALLED, "10-13 15:00", closed)
    assert isinstance(worse, Reopen)
    moved_and_stalled = parcel(HUB, scan("10-08 20:00", Status.IN_TRANSIT, "InTransit_003"))
    (again,) = act(moved_and_stalled, "10-13 21:00", closed)
    assert isinstance(again, Reopen)


def test_damage_is_closed_by_a_person_only() -> None:
    case = record(found(DAMAGED, "R15", "10-06 11:00"))
    assert act(STALLED, "10-06 12:00", case) == (Keep(7, None),)  # even if the word was taken back
    arrived = parcel(*DAMAGED.scans, scan("10-07 09:00", Status.DELIVERED))
    (action,) = act(arrived, "10-07 10:00", case)
    assert isinstance(action, Keep)
    assert act(arrived, "10-07 10:00", replace(case, closed_at=at("10-07 09:30"), closed_by="staff")) == ()


def test_a_replacement_closes_the_cancelled_parcels_case() -> None:
    gone = parcel(HUB, scan("10-06 10:00", Status.EXCEPTION, "Exception_020"))
    case = record(found(gone, "R20", "10-06 11:00"))
    assert act(replace(gone, replaced=True), "10-07 10:00", case) == (Clear(7, "R20", "replacement_made"),)


def test_a_stronger_rule_closes_the_weaker_case_and_names_itself() -> None:
    actions = act(STALLED, "10-20 09:00", record(MEDIUM))
    assert [type(action) for action in actions] == [Open, Clear]
    assert actions[1] == Clear(7, "R05", "R16")


def test_an_outage_closes_no_case() -> None:
    blind = replace(STALLED, outages=(Outage(at("10-09 09:00")),))
    (action,) = act(blind, "10-09 12:00", record(MEDIUM))
    assert isinstance(action, Keep)


def test_history_opens_no_case_but_an_old_case_can_still_close() -> None:
    old = parcel(scan("01-05 14:00", Status.IN_TRANSIT), created="01-05 08:00")
    assert judge(old, "10-05 09:00").history is True
    assert act(old, "10-05 09:00") == ()
    arrived = parcel(
        scan("01-05 14:00", Status.IN_TRANSIT), scan("01-06 09:00", Status.DELIVERED), created="01-05 08:00"
    )
    assert act(arrived, "10-05 09:00", record(MEDIUM)) == (Clear(7, "R05", "delivered"),)


def test_doing_what_is_asked_leaves_nothing_to_do() -> None:
    for now in ("10-08 15:00", "10-13 15:00", "10-20 09:00"):
        records = [record(action.finding, ref=n) for n, action in enumerate(act(STALLED, now))]
        assert all(isinstance(action, Keep) for action in act(STALLED, now, *records))
