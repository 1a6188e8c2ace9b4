"""The right of withdrawal: who has it, until when to the minute, for which goods, and the days that follow from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.returns import withdrawal as w
from portal.domain.returns.config import EXEMPTIONS, WithdrawalConfig
from portal.domain.returns.model import LineFacts, OrderFacts

LAW = WithdrawalConfig()
BERLIN = "Europe/Berlin"


def line(arrived: datetime | None, n: int = 1, **changes: object) -> LineFacts:
    sent = arrived - timedelta(days=2) if arrived else None
    return replace(LineFacts(n, 2, 0, "shirt", False, sent, arrived), **changes)  # type: ignore[arg-type]


def order(*lines: LineFacts, country: str | None = "DE", zone: str = BERLIN, status: str = "open") -> OrderFacts:
    return OrderFacts(status, country, zone, lines)


def local(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("country", "zone", "arrived", "last", "why"),
    [
        ("DE", BERLIN, (2026, 11, 10, 9), date(2026, 11, 24), "fourteen days after the day of delivery, a Tuesday"),
        ("DE", BERLIN, (2026, 11, 10, 23, 59), date(2026, 11, 24), "the hour of the delivery does not matter"),
        ("DE", BERLIN, (2026, 11, 14, 9), date(2026, 11, 30), "a Saturday moves to Monday"),
        ("DE", BERLIN, (2026, 11, 15, 9), date(2026, 11, 30), "a Sunday moves to Monday"),
        ("DE", BERLIN, (2026, 12, 11, 9), date(2026, 12, 28), "the first day of Christmas, the second, a Sunday"),
        ("DE", BERLIN, (2027, 3, 12, 9), date(2027, 3, 30), "Good Friday to Easter Monday"),
        ("DE", BERLIN, (2025, 12, 23, 9), date(2026, 1, 7), "Epiphany is a holiday in three of the Länder"),
        ("FR", "Europe/Paris", (2026, 6, 30, 9), date(2026, 7, 15), "the fourteenth of July"),
        ("NL", "Europe/Amsterdam", (2026, 4, 13, 9), date(2026, 4, 28), "King's Day"),
        ("GR", "Europe/Athens", (2026, 3, 11, 9), date(2026, 3, 26), "Independence Day in Greece"),
        ("FI", "Europe/Helsinki", (2027, 11, 22, 9), date(2027, 12, 7), "Independence Day in Finland, a Monday"),
        ("NO", "Europe/Oslo", (2027, 5, 3, 9), date(2027, 5, 18), "Constitution Day, after Whit Monday"),
        ("IS", "Atlantic/Reykjavik", (2026, 6, 3, 9), date(2026, 6, 18), "Iceland's seventeenth of June"),
        ("PT", "Atlantic/Azores", (2026, 11, 10, 9), date(2026, 11, 24), "the Azores"),
        ("ES", "Atlantic/Canary", (2026, 11, 10, 9), date(2026, 11, 24), "the Canary Islands"),
        ("RE", "Indian/Reunion", (2026, 11, 10, 9), date(2026, 11, 24), "Réunion, part of the EU"),
    ],
)
def test_the_last_day_is_the_fourteenth_after_delivery_moved_to_a_working_day(
    country: str, zone: str, arrived: tuple[int, ...], last: date, why: str
) -> None:
    facts = order(line(local(zone, *arrived)), country=country, zone=zone)
    assert w.period_of(facts, LAW, "DE").last_on == last, why


@pytest.mark.parametrize("zone", ["Atlantic/Azores", "Europe/Lisbon", BERLIN, "Europe/Athens", "Indian/Reunion"])
def test_the_period_ends_with_the_last_minute_of_the_day_where_the_consumer_lives(zone: str) -> None:
    facts = order(line(local(zone, 2026, 11, 10, 9)), zone=zone)
    last_second, midnight = local(zone, 2026, 11, 24, 23, 59, 59), local(zone, 2026, 11, 25)
    assert w.right_of(facts, LAW, "DE", last_second).is_open
    assert w.right_of(facts, LAW, "DE", midnight).against == w.OVER


def test_a_night_on_which_the_clocks_change_takes_nothing_away() -> None:
    facts = order(line(local(BERLIN, 2026, 10, 11, 9)))  # the last day is Monday the 26th, the clocks change on Sunday
    assert w.period_of(facts, LAW, "DE").last_on == date(2026, 10, 26)
    assert w.right_of(facts, LAW, "DE", local(BERLIN, 2026, 10, 26, 23, 59)).is_open


def test_an_arrival_counts_on_the_day_it_was_where_the_consumer_lives() -> None:
    moment = datetime(2026, 11, 10, 23, 30, tzinfo=UTC)  # half past midnight in Berlin
    assert w.period_of(order(line(moment)), LAW, "DE").arrived_on == date(2026, 11, 11)
    assert w.period_of(order(line(moment), zone="Atlantic/Azores"), LAW, "DE").arrived_on == date(2026, 11, 10)


def test_the_last_good_of_an_order_begins_the_period() -> None:
    first, last = local(BERLIN, 2026, 11, 2, 9), local(BERLIN, 2026, 11, 10, 9)
    facts = order(line(first), line(last, 2))
    assert w.period_of(facts, LAW, "DE").last_on == date(2026, 11, 24)


@pytest.mark.parametrize("lines", [(), (line(None),), (line(datetime(2024, 1, 2, tzinfo=UTC)), line(None, 2))])
def test_before_everything_has_arrived_the_period_has_not_ended(lines: tuple[LineFacts, ...]) -> None:
    facts = order(*lines)
    assert w.period_of(facts, LAW, "DE").last_on is None
    assert w.right_of(facts, LAW, "DE", datetime(2026, 11, 18, tzinfo=UTC)).against != w.OVER


def test_a_shop_may_give_more_days_and_never_fewer() -> None:
    facts = order(line(local(BERLIN, 2026, 11, 10, 9)))
    assert w.period_of(facts, replace(LAW, days=30), "DE").last_on == date(2026, 12, 10)
    with pytest.raises(ValueError, match="at least 14 days"):
        WithdrawalConfig(days=13)


@given(
    st.dates(date(2015, 1, 1), date(2045, 12, 31)),
    st.sampled_from(sorted(w.COUNTRIES)),
    st.integers(14, 60),
)
def test_a_period_never_ends_early_nor_on_a_day_of_rest_nor_weeks_late(day: date, country: str, days: int) -> None:
    arrived = datetime(day.year, day.month, day.day, 11, tzinfo=UTC)
    found = w.period_of(order(line(arrived), country=country, zone="UTC"), replace(LAW, days=days), "DE")
    assert found.last_on is not None
    assert found.due_on is not None
    assert found.due_on == day + timedelta(days=days)
    assert timedelta() <= found.last_on - found.due_on <= timedelta(days=12)
    assert found.last_on.weekday() < 5
    assert w.working_day_from(found.last_on, country) == found.last_on


@pytest.mark.parametrize(
    ("country", "home", "has"),
    [
        ("DE", "US", True),  # a seller elsewhere who ships to the EU
        ("IS", "DE", True),
        ("LI", "DE", True),
        ("NO", "DE", True),
        ("GP", "FR", True),
        ("CH", "DE", False),
        ("GB", "DE", False),
        ("US", "DE", False),
        (None, "DE", True),
        (None, "US", False),
        ("de", "US", True),
    ],
)
def test_who_lives_in_the_eu_or_the_eea_has_the_right_wherever_the_shop_is(
    country: str | None, home: str, has: bool
) -> None:
    facts = order(line(datetime(2026, 11, 10, tzinfo=UTC)), country=country)
    right = w.right_of(facts, LAW, home, datetime(2026, 11, 18, tzinfo=UTC))
    assert right.is_open is has
    assert right.concerns is has


def test_what_was_cancelled_before_it_left_needs_no_withdrawal() -> None:
    now = datetime(2026, 11, 18, tzinfo=UTC)
    assert w.right_of(order(line(None), status="Cancelled"), LAW, "DE", now).against == w.CANCELLED
    assert w.right_of(order(line(now - timedelta(days=1)), status="cancelled"), LAW, "DE", now).is_open


@pytest.mark.parametrize("code", EXEMPTIONS)
def test_each_exemption_the_settings_know_is_explained_by_its_article(code: str) -> None:
    law = replace(LAW, exempt_types={code: ("Shirt",)})
    found = w.exemption_of(line(None), law)
    assert found is not None
    assert (found.code, found.article[:3]) == (code, "16(")
    assert found.words.endswith(".")
    by_tag = w.exemption_of(line(None, tags=("Custom",)), replace(LAW, exempt_tags={code: ("custom",)}))
    assert by_tag == found


def test_goods_that_are_made_to_measure_are_out_and_sealed_ones_are_in_as_long_as_the_seal_holds() -> None:
    law = replace(LAW, exempt_types={"made_to_measure": ("ring",), "sealed_hygiene": ("earplugs",)})
    now = datetime(2026, 11, 18, tzinfo=UTC)
    came = now - timedelta(days=3)
    facts = order(line(came, 1, product_type="ring"), line(came, 2, product_type="earplugs"), line(came, 3))
    right = w.right_of(facts, law, "DE", now)
    assert [(one.line_id, one.is_open) for one in right.lines] == [(1, False), (2, True), (3, True)]
    only = w.right_of(order(line(came, 1, product_type="ring")), law, "DE", now)
    assert (only.against, only.concerns) == (w.EXEMPT, True)


def test_what_is_in_a_return_already_is_not_withdrawn_from_twice() -> None:
    now = datetime(2026, 11, 18, tzinfo=UTC)
    came = now - timedelta(days=3)
    assert w.right_of(order(line(came, units_returning=2)), LAW, "DE", now).against == w.ALL_DONE
    assert [one.units for one in w.right_of(order(line(came, units_returning=1)), LAW, "DE", now).lines] == [1]


def test_final_sale_does_not_touch_the_right() -> None:
    now = datetime(2026, 11, 18, tzinfo=UTC)
    assert w.right_of(order(line(now - timedelta(days=3), final_sale=True)), LAW, "DE", now).is_open


def test_sending_back_and_paying_back_have_their_own_fourteen_days() -> None:
    wednesday, arrived = date(2026, 11, 18), date(2026, 11, 15)
    assert w.send_back_by(wednesday, arrived, LAW, "DE") == date(2026, 12, 2)
    assert w.send_back_by(date(2026, 12, 11), arrived, LAW, "DE") == date(2026, 12, 28)  # never ends on Christmas
    assert w.refund_by(wednesday, LAW) == date(2026, 12, 2)
    assert w.refund_by(date(2026, 12, 11), LAW) == date(2026, 12, 25)  # the shop's own duty is not put off
    assert w.send_back_by(wednesday, None, LAW, "DE") == date(2026, 12, 2)


@pytest.mark.parametrize(
    ("paid", "level", "standard", "before", "whole", "back"),
    [
        (490, "standard", None, 0, True, 490),
        (490, "standard", 390, 0, True, 490),
        (1290, "express", 490, 0, True, 490),  # the extra for express stays paid
        (1290, "express", None, 0, True, 1290),  # the standard price is not known: in doubt all of it
        (290, "express", 490, 0, True, 290),
        (490, "standard", None, 0, False, 0),
        (490, "standard", None, 490, True, 0),
        (490, "standard", None, 600, True, 0),
    ],
)
def test_the_whole_order_brings_back_the_standard_postage_once(
    paid: int, level: str, standard: int | None, before: int, whole: bool, back: int
) -> None:
    assert w.postage_back(paid, level, standard, before, whole=whole) == back


def test_pages_without_an_order_show_the_way_where_the_shop_has_such_consumers() -> None:
    assert w.is_shown_by("DE", ())
    assert not w.is_shown_by("US", ())
    assert w.is_shown_by("US", ("US", "FR"))
