"""R11 to R15, R17, R18, R20: what the carrier says, until something takes it back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carriers.model import Status
from portal.domain.delivery_exceptions.base import Facts, Outage
from portal.domain.shipments import Current, fold
from tests.domain.delivery_exceptions.stories import at, found, judge, level, parcel, scan, vip

HUB = scan("10-05 14:00", Status.IN_TRANSIT)


def told(substatus: str | None, *after: object) -> Facts:
    return parcel(HUB, scan("10-06 10:00", Status.EXCEPTION, substatus), *after)  # type: ignore[arg-type]


MOVED_ONCE = scan("10-06 15:00", Status.IN_TRANSIT, "InTransit_007")
MOVED_TWICE = scan("10-06 19:00", Status.IN_TRANSIT, "InTransit_003")
SOLVED = scan("10-06 15:00", Status.IN_TRANSIT, "InTransit_008")


def test_the_first_failed_attempt_is_low_and_the_second_day_high() -> None:
    once = parcel(
        HUB, scan("10-06 15:00", Status.ATTEMPT_FAIL), scan("10-06 15:05", Status.ATTEMPT_FAIL, "AttemptFail_002")
    )
    assert level(once, "R11", "10-06 16:00") == "low"
    assert level(vip(once), "R11", "10-06 16:00") == "medium"
    twice = parcel(*once.scans, scan("10-07 15:00", Status.ATTEMPT_FAIL))
    assert level(twice, "R11", "10-07 16:00") == "high"
    assert level(twice, "R11", "10-06 16:00") == "low"


@pytest.mark.parametrize("last", [Status.DELIVERED, Status.AVAILABLE_FOR_PICKUP])
def test_arrival_ends_the_failed_attempt(last: Status) -> None:
    tried = (HUB, scan("10-06 15:00", Status.ATTEMPT_FAIL))
    assert level(parcel(*tried, scan("10-07 09:00", Status.IN_TRANSIT)), "R11", "10-07 10:00") == "low"
    assert level(parcel(*tried, scan("10-07 09:00", last)), "R11", "10-07 10:00") is None


@pytest.mark.parametrize("code", ["Exception_002", "Exception_007"])
def test_a_bad_address_is_high_at_once_until_it_is_fixed_and_the_parcel_moves(code: str) -> None:
    assert level(told(code), "R12", "10-06 10:00") == "high"
    assert level(told(code, MOVED_TWICE), "R12", "10-06 20:00") == "high"
    fixed = at("10-06 12:00")
    assert level(replace(told(code), address_fixed_at=fixed), "R12", "10-06 20:00") == "high"
    assert level(replace(told(code, MOVED_TWICE), address_fixed_at=fixed), "R12", "10-06 20:00") is None
    again = scan("10-06 13:00", Status.EXCEPTION, code)
    assert level(replace(told(code, again, MOVED_TWICE), address_fixed_at=fixed), "R12", "10-06 20:00") == "high"
    assert level(told(code, SOLVED), "R12", "10-06 20:00") is None


@pytest.mark.parametrize(
    "code",
    [
        "Exception_001",
        "Exception_005",
        "Exception_014",
        "Exception_015",
        "Exception_016",
        "Exception_017",
        "Exception_019",
    ],
)
def test_a_delay_is_noticed_and_grows_when_the_next_business_day_brings_no_end(code: str) -> None:
    facts = told(code)
    assert level(facts, "R13", "10-06 10:00") == "medium"
    assert level(facts, "R13", "10-07 23:59") == "medium"
    assert level(facts, "R13", "10-08 00:00") == "high"
    assert level(vip(facts), "R13", "10-06 10:00") == "high"


@pytest.mark.parametrize("code", [None, "Exception_077"])
def test_an_exception_without_a_known_code_is_a_delay_and_not_overlooked(code: str | None) -> None:
    assert level(told(code), "R13", "10-06 10:00") == "medium"


@pytest.mark.parametrize(
    ("after", "ends"),
    [
        ((MOVED_ONCE,), False),
        ((MOVED_ONCE, MOVED_TWICE), True),
        ((SOLVED,), True),
        ((scan("10-06 17:00", Status.DELIVERED),), True),
        ((scan("10-06 17:00", None),), False),
    ],
)
def test_a_delay_ends_when_the_carrier_says_so_or_after_two_forward_scans(
    after: tuple[object, ...], ends: bool
) -> None:
    assert (level(told("Exception_005", *after), "R13", "10-06 20:00") is None) is ends


def test_a_delay_before_a_weekend_grows_after_monday() -> None:
    friday = parcel(HUB, scan("10-09 10:00", Status.EXCEPTION, "Exception_017"))
    assert level(friday, "R13", "10-12 23:59") == "medium"
    assert level(friday, "R13", "10-13 00:00") == "high"


def test_a_delay_does_not_grow_while_nobody_can_see() -> None:
    blind = replace(told("Exception_005"), outages=(Outage(at("10-07 09:00")),))
    assert level(blind, "R13", "10-10 09:00") == "medium"


@pytest.mark.parametrize(
    ("code", "expected", "key"),
    [
        ("Exception_004", "medium", "R14"),
        ("Exception_006", "high", "R14.action"),
        ("Exception_018", "high", "R14.action"),
    ],
)
def test_a_hold_becomes_a_case_after_two_business_days(code: str, expected: str, key: str) -> None:
    facts = told(code)
    assert level(facts, "R14", "10-08 09:59") is None
    finding = found(facts, "R14", "10-08 10:00")
    assert finding is not None
    assert (finding.severity.value, finding.message_key) == (expected, key)
    assert level(vip(facts), "R14", "10-07 10:00") == expected
    assert judge(facts, "10-06 12:00").next_check_at == at("10-08 10:00")


@pytest.mark.parametrize("last", ["InTransit_005", "InTransit_008"])
def test_customs_that_started_are_a_case_until_they_are_done(last: str) -> None:
    started = parcel(HUB, scan("10-06 10:00", Status.IN_TRANSIT, "InTransit_006"), MOVED_ONCE)
    assert level(started, "R14", "10-08 10:00") == "medium"
    assert level(parcel(*started.scans, scan("10-07 09:00", Status.IN_TRANSIT, last)), "R14", "10-08 10:00") is None


def test_damage_is_critical_and_stays_after_the_parcel_moved_and_arrived() -> None:
    assert level(told("Exception_012"), "R15", "10-06 10:00") == "critical"
    assert level(told("Exception_012", MOVED_ONCE), "R15", "10-06 16:00") == "critical"
    assert level(told("Exception_012", scan("10-07 09:00", Status.DELIVERED)), "R15", "10-07 16:00") == "critical"


@pytest.mark.parametrize("code", ["Exception_010", "Exception_011"])
def test_a_parcel_that_turns_back_is_high_even_after_a_delivery(code: str) -> None:
    delivered = scan("10-06 09:00", Status.DELIVERED)
    assert level(told(code), "R17", "10-06 10:00") == "high"
    assert level(parcel(HUB, delivered, scan("10-06 10:00", Status.EXCEPTION, code)), "R17", "10-06 10:00") == "high"


def test_turning_back_speaks_for_refusal_address_and_attempts() -> None:
    facts = told(
        "Exception_003",
        scan("10-06 11:00", Status.ATTEMPT_FAIL),
        scan("10-06 12:00", Status.EXCEPTION, "Exception_007"),
    )
    assert level(facts, "R18", "10-06 13:00") == "medium"
    back = parcel(*facts.scans, scan("10-06 18:00", Status.EXCEPTION, "Exception_010"))
    assessment = judge(back, "10-06 19:00")
    assert [finding.rule for finding in assessment.findings] == ["R17"]
    assert sorted((one.finding.rule, one.by) for one in assessment.suppressed) == [
        ("R11", "R17"),
        ("R12", "R17"),
        ("R18", "R17"),
    ]


@pytest.mark.parametrize("code", ["Exception_009", "Exception_020", "Exception_021"])
def test_a_parcel_that_will_never_arrive_needs_a_replacement(code: str) -> None:
    assert level(told(code), "R20", "10-06 10:00") == "high"
    assert level(replace(told(code), replaced=True), "R20", "10-06 10:00") is None


def test_the_carriers_current_status_counts_without_a_scan_of_its_own() -> None:
    current = Current(Status.EXCEPTION, "Exception_012", at("10-05 14:00"), at("10-05 15:00"))
    facts = replace(parcel(HUB), state=fold((HUB,), current))
    assert level(facts, "R15", "10-05 15:00") == "critical"
    delayed = Current(Status.EXCEPTION, None, at("10-05 14:00"), at("10-05 15:00"))
    assert level(replace(parcel(HUB), state=fold((HUB,), delayed)), "R13", "10-05 15:00") == "medium"


@pytest.mark.parametrize(("rule", "fires"), [("R08", False), ("R11", False), ("R15", True), ("R17", True)])
def test_a_return_parcel_knows_only_the_rules_that_make_sense(rule: str, fires: bool) -> None:
    scans = (HUB, scan("10-06 09:00", Status.ATTEMPT_FAIL), scan("10-06 10:00", Status.EXCEPTION, "Exception_012"))
    back = scan("10-06 11:00", Status.EXCEPTION, "Exception_010")
    facts = parcel(*scans, back, direction="return", promised_on=at("10-05 12:00").date())
    assert (level(facts, rule, "10-07 09:00") is not None) is fires
