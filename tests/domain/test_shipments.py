"""A parcel's scans add up to one state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers.model import Checkpoint, Status
from portal.domain.scans import Scan, belongs, identity, ordered, retold, scan_from
from portal.domain.shipments import Current, Progress, ShipmentState, Step, current_of, fold, later_of, progress

DAY = datetime(2026, 10, 5, tzinfo=UTC)
SEEN = datetime(2026, 10, 20, tzinfo=UTC)


def scan(hours: float, status: Status | None, substatus: str | None = None, city: str | None = None) -> Scan:
    moment = DAY + timedelta(hours=hours)
    code = substatus or str(status)
    return Scan(moment, moment.isoformat(), status=status, substatus=substatus, raw_code=code, city=city)


def moment(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


INFO = scan(1, Status.INFO_RECEIVED)
HUB = scan(10, Status.IN_TRANSIT, "InTransit_003")
OUT = scan(30, Status.OUT_FOR_DELIVERY)
HOME = scan(35, Status.DELIVERED, "Delivered_001")
BACK = scan(40, Status.EXCEPTION, "Exception_010")
AT_SENDER = scan(60, Status.EXCEPTION, "Exception_011")

CODES = st.sampled_from(
    [
        (Status.PENDING, None),
        (Status.INFO_RECEIVED, None),
        (Status.IN_TRANSIT, None),
        (Status.IN_TRANSIT, "InTransit_002"),
        (Status.IN_TRANSIT, "InTransit_008"),
        (Status.OUT_FOR_DELIVERY, None),
        (Status.ATTEMPT_FAIL, "AttemptFail_002"),
        (Status.AVAILABLE_FOR_PICKUP, None),
        (Status.DELIVERED, "Delivered_001"),
        (Status.EXCEPTION, "Exception_010"),
        (Status.EXCEPTION, "Exception_011"),
        (Status.EXCEPTION, "Exception_013"),
        (None, None),
    ]
)
SCANS = st.builds(
    lambda hours, code, city: scan(hours, code[0], code[1], city=city),
    st.integers(0, 12),
    CODES,
    st.sampled_from(["Kiel", "KIEL ", "Ulm"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(SCANS, max_size=9), st.randoms(use_true_random=False), st.none() | st.tuples(st.integers(0, 12), CODES))
def test_any_order_and_any_repetition_give_the_same_state(scans: list[Scan], random: object, said: object) -> None:
    current = None
    if said is not None and said[1][0] is not None:  # type: ignore[index]
        current = Current(said[1][0], said[1][1], moment(said[0]), moment(20))  # type: ignore[index]
    again = scans + scans[: len(scans) // 2]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert fold(again, current) == fold(scans, current)
    assert fold(ordered(again), current) == fold(scans, current)


@settings(max_examples=60, deadline=None)
@given(st.lists(SCANS, max_size=9))
def test_a_state_keeps_its_promises(scans: list[Scan]) -> None:
    state = fold(scans)
    said = {s.status for s in scans}
    turned = {"Exception_010", "Exception_011"} & {s.substatus for s in scans}
    assert state.status in said or state.status is Status.PENDING
    if Status.DELIVERED in said and not turned:
        assert state.status is Status.DELIVERED
    assert (state.delivered_at is not None) == (state.status is Status.DELIVERED)
    assert state.attempts <= sum(s.status is Status.ATTEMPT_FAIL for s in scans)
    if state.first_scan_at is not None and state.last_scan_at is not None:
        assert state.first_scan_at <= state.last_scan_at


def test_a_straight_story_is_told_with_its_moments() -> None:
    assert fold([HOME, INFO, OUT, HUB]) == ShipmentState(
        status=Status.DELIVERED,
        substatus="Delivered_001",
        status_at=moment(35),
        delivered_at=moment(35),
        first_scan_at=moment(10),
        last_scan_at=moment(35),
        first_attempt_at=moment(35),
        reached=Step.DELIVERED,
    )
    assert fold([]) == ShipmentState()


@pytest.mark.parametrize(
    "late",
    [scan(36, Status.OUT_FOR_DELIVERY), scan(36, Status.IN_TRANSIT), scan(36, Status.EXCEPTION, "Exception_005")],
)
def test_a_late_scan_never_undelivers(late: Scan) -> None:
    state = fold([INFO, HUB, OUT, HOME, late])
    assert (state.status, state.delivered_at) == (Status.DELIVERED, moment(35))


def test_delivered_and_then_returning_moves_and_back_at_the_sender_is_final() -> None:
    returning = fold([HUB, HOME, BACK])
    assert (returning.status, returning.substatus, returning.delivered_at) == (Status.EXCEPTION, "Exception_010", None)
    assert returning.turned_back
    state = fold([HUB, HOME, BACK, AT_SENDER, scan(70, Status.IN_TRANSIT), scan(71, Status.DELIVERED)])
    assert state.substatus == "Exception_011"
    assert state.final


def test_hub_scans_on_the_way_back_do_not_look_like_progress_until_the_problem_is_solved() -> None:
    assert fold([HUB, BACK, scan(50, Status.IN_TRANSIT, "InTransit_003")]).substatus == "Exception_010"
    solved = fold([HUB, BACK, scan(50, Status.IN_TRANSIT, "InTransit_008"), scan(55, Status.OUT_FOR_DELIVERY)])
    assert solved.status is Status.OUT_FOR_DELIVERY


def test_an_unmapped_code_keeps_the_last_known_status_and_is_counted() -> None:
    state = fold([HUB, scan(20, None)])
    assert (state.status, state.unmapped, state.last_scan_at) == (Status.IN_TRANSIT, 1, moment(20))


def test_a_label_record_after_the_first_scan_takes_nothing_back() -> None:
    assert fold([HUB, scan(12, Status.INFO_RECEIVED)]).status is Status.IN_TRANSIT


def test_attempts_are_counted_by_the_day_of_the_place() -> None:
    tries = [
        scan(34, Status.ATTEMPT_FAIL),
        scan(34.1, Status.ATTEMPT_FAIL, "AttemptFail_002"),
        scan(58, Status.ATTEMPT_FAIL),
    ]
    assert fold([HUB, *tries]).attempts == 2


@pytest.mark.parametrize(
    ("story", "first_attempt"),
    [
        ([HUB, OUT], None),
        ([HUB, OUT, scan(55, Status.OUT_FOR_DELIVERY)], 55),
        ([HUB, OUT, scan(50, Status.OUT_FOR_DELIVERY)], None),
        ([HUB, OUT, scan(36, Status.EXCEPTION, "Exception_005")], 36),
        ([HUB, scan(36, Status.AVAILABLE_FOR_PICKUP), scan(50, Status.DELIVERED)], 36),
    ],
)
def test_the_first_attempt_is_any_kind_of_reaching_the_door(story: list[Scan], first_attempt: float | None) -> None:
    assert fold(story).first_attempt_at == (moment(first_attempt) if first_attempt else None)


def test_the_carriers_current_status_beats_the_newest_event_but_not_a_later_one() -> None:
    held = Current(Status.EXCEPTION, "Exception_005", moment(10), moment(12))
    assert fold([HUB], held).substatus == "Exception_005"
    assert fold([HUB, OUT], held).status is Status.OUT_FOR_DELIVERY
    vague = Current(Status.IN_TRANSIT, None, moment(10), moment(12))
    assert fold([HUB], vague).substatus == "InTransit_003"
    assert fold([HUB, HOME], replace(vague, as_of=moment(40))).status is Status.DELIVERED


def test_the_later_of_two_answers_is_kept_whichever_came_first() -> None:
    old = Current(Status.IN_TRANSIT, None, moment(10), moment(12))
    new = Current(Status.EXCEPTION, None, moment(10), moment(14))
    assert later_of(old, new) == later_of(new, old) == later_of(None, new) == new
    assert later_of(None, None) is None


def test_an_answer_about_nothing_or_about_a_former_holder_says_nothing() -> None:
    told = {"created_at": moment(0), "answered_at": moment(12)}
    assert current_of(Status.PENDING, None, [], **told) is None
    assert current_of(Status.DELIVERED, None, [scan(-49, Status.DELIVERED)], **told) is None
    kept = current_of(Status.IN_TRANSIT, None, [HUB], **told)
    assert kept == Current(Status.IN_TRANSIT, None, moment(10), moment(12))


def test_scans_of_a_recycled_number_are_not_this_parcels() -> None:
    assert belongs(scan(-48, Status.DELIVERED), moment(0))
    assert not belongs(scan(-48.01, Status.DELIVERED), moment(0))


LOCAL = datetime.fromisoformat("2026-10-05T09:00")
CHECKPOINT = Checkpoint(LOCAL, Status.IN_TRANSIT, raw_code="AR", raw_text="Arrived", city="Kiel", country="DE")


def test_a_scan_is_named_by_time_code_and_place_and_not_by_its_wording() -> None:
    name = identity(CHECKPOINT)
    assert identity(replace(CHECKPOINT, raw_text="Angekommen", status=None, city=" kiel")) == name
    assert identity(scan_from(CHECKPOINT, seen_at=SEEN)) == name
    for other in (
        replace(CHECKPOINT, raw_code="DP"),
        replace(CHECKPOINT, city="Ulm"),
        replace(CHECKPOINT, time=LOCAL + timedelta(minutes=1)),
        replace(CHECKPOINT, time=None),
    ):
        assert identity(other) != name
    nameless = replace(CHECKPOINT, raw_code=None)
    assert identity(replace(nameless, raw_text="arrived ")) == identity(nameless)
    assert identity(replace(nameless, raw_text="Departed")) != identity(nameless)
    assert identity(replace(nameless, raw_text="half a letter \ud800"))  # broken text is text


def test_a_scan_told_by_two_ways_is_one_where_the_places_do_not_contradict_each_other() -> None:
    polled = replace(scan(1, Status.DELIVERED, city="Albany"), raw_code="FS", country="US")
    pushed = replace(polled, city="ALBANY", postal_code="12207", local_time="")
    assert retold(polled, pushed)
    for other in (
        replace(pushed, city="Troy"),
        replace(pushed, raw_code="OT"),
        replace(pushed, at=pushed.at + timedelta(seconds=1)),
        replace(pushed, country="CA"),
    ):
        assert not retold(polled, other)
    nameless = replace(polled, raw_code=None, raw_text="Delivered")
    assert retold(nameless, replace(nameless, raw_text="DELIVERED", city=None))
    assert not retold(nameless, replace(nameless, raw_text="Handed over"))


@pytest.mark.parametrize(
    ("place", "utc"),
    [
        ({"country": "DE"}, "2026-10-05T07:00"),
        ({"country": "US", "state": "CA"}, "2026-10-05T16:00"),
        ({"country": "US"}, "2026-10-05T13:00"),
        ({"country": None}, "2026-10-05T00:00"),
        ({"country": "ZZ"}, "2026-10-05T09:00"),
    ],
)
def test_a_local_time_is_read_where_the_scan_was_made(place: dict[str, str | None], utc: str) -> None:
    found = scan_from(replace(CHECKPOINT, **place), ZoneInfo("Asia/Tokyo"), seen_at=SEEN)  # type: ignore[arg-type]
    assert (found.at.strftime("%Y-%m-%dT%H:%M"), found.local_time) == (utc, "2026-10-05T09:00:00")
    assert not found.offset_known


def test_a_known_offset_is_kept() -> None:
    aware = datetime(2026, 10, 5, 9, 0, tzinfo=ZoneInfo("America/New_York"))
    found = scan_from(replace(CHECKPOINT, time=aware), seen_at=SEEN)
    assert (found.at, found.local_time, found.offset_known) == (moment(13), "2026-10-05T09:00:00-04:00", True)
    assert found.at.tzinfo is UTC


@pytest.mark.parametrize(
    "given_time", [None, "0001-01-01T00:00", "1970-01-01T00:00", "9999-12-31T23:00", "2026-10-21T00:00"]
)
@pytest.mark.parametrize("country", ["US", "JP"])
def test_a_time_that_cannot_be_is_the_moment_we_learnt_of_it(given_time: str | None, country: str) -> None:
    time = datetime.fromisoformat(given_time) if given_time else None
    assert scan_from(replace(CHECKPOINT, time=time, country=country), seen_at=SEEN).at == SEEN


def test_scans_of_one_moment_stand_in_the_order_a_parcel_goes_through_them() -> None:
    together = [scan(10, Status.DELIVERED), scan(10, Status.IN_TRANSIT), scan(10, Status.OUT_FOR_DELIVERY)]
    assert [s.status for s in ordered(together)] == [Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.DELIVERED]
    assert fold(together).status is Status.DELIVERED


@pytest.mark.parametrize(
    ("story", "step", "off_line"),
    [
        ([], Step.ORDERED, None),
        ([INFO], Step.ORDERED, None),
        ([scan(5, Status.IN_TRANSIT, "InTransit_002")], Step.SHIPPED, None),
        ([HUB], Step.ON_THE_WAY, None),
        ([HUB, OUT], Step.OUT_FOR_DELIVERY, None),
        ([HUB, OUT, HOME], Step.DELIVERED, None),
        ([HUB, OUT, scan(33, Status.ATTEMPT_FAIL)], Step.OUT_FOR_DELIVERY, "attempt_failed"),
        ([HUB, scan(33, Status.AVAILABLE_FOR_PICKUP)], Step.OUT_FOR_DELIVERY, "pickup_point"),
        ([HUB, scan(33, Status.EXCEPTION, "Exception_005")], Step.ON_THE_WAY, "held"),
        ([HUB, OUT, BACK], Step.OUT_FOR_DELIVERY, "returning"),
        ([HUB, BACK, AT_SENDER], Step.ON_THE_WAY, "returned"),
    ],
)
def test_progress_shows_five_steps_and_says_when_the_line_is_not_straight(
    story: list[Scan], step: Step, off_line: str | None
) -> None:
    assert progress(fold(story)) == Progress(step, off_line)
