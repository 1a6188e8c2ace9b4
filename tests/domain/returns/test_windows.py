"""The last day for sending back and why it is that day: golden cases across zones, clocks and calendars."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from portal.domain.returns.anchors import count_stuck_days
from portal.domain.returns.config import ReturnPolicyConfig, Season, Zone
from portal.domain.returns.eligibility import judge
from portal.domain.returns.model import CustomerFacts, LineFacts, OrderFacts, Reason
from portal.domain.returns.windows import BY_RULE, EXTENDED, FOR_COUNTRY, FOR_KIND, FOR_VIP, ROLLED, SEASON, STUCK
from tests.domain.returns.cases import rule


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(
    delivered: str | None,
    country: str | None = "DE",
    zone: str = "Europe/Berlin",
    *,
    sent: str | None = "2026-01-05T08:00",
    placed: str = "2026-01-02T20:00",
    now: str = "2026-01-10T12:00",
    vip: bool = False,
    stuck: int = 0,
    **settings: Any,
) -> Reason:
    line = LineFacts(1, 1, 0, "shirts", False, at(sent) if sent else None, at(delivered) if delivered else None)
    order = OrderFacts(
        "open",
        country,
        zone,
        (replace(line, stuck_days=stuck),),
        placed_at=at(placed),
        customer=CustomerFacts(is_vip=vip),
    )
    found = judge(order, ReturnPolicyConfig(**settings), at(now))[0].window
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("delivered", "country", "zone", "days", "last", "rolled_from"),
    [
        # A Tuesday and thirty days: a Thursday on which everybody works.
        ("2026-09-29T15:00", "US", "America/New_York", 30, "2026-10-29", None),
        # The scan is on the 30th in UTC and on the 29th in New York: the day is the recipient's.
        ("2026-09-30T02:00", "US", "America/New_York", 30, "2026-10-29", None),
        # In Auckland it is the next day already, and the clocks went forward in between.
        ("2026-09-15T13:00", "NZ", "Pacific/Auckland", 14, "2026-09-30", None),
        # Clocks go back in Berlin on 25 October: a day of 25 hours is one day.
        ("2026-10-12T21:30", "DE", "Europe/Berlin", 14, "2026-10-26", None),
        # And forward in New York on 8 March.
        ("2026-03-03T04:30", "US", "America/New_York", 7, "2026-03-09", None),
        # A Saturday becomes Monday.
        ("2026-10-01T15:00", "DE", "Europe/Berlin", 30, "2026-11-02", "2026-10-31"),
        # 3 October, the German holiday, is a Saturday; Good Friday to Easter Monday are four days off.
        ("2026-03-04T09:00", "DE", "Europe/Berlin", 30, "2026-04-07", "2026-04-03"),
        # Good Friday is a holiday in most of the world, but a working day in the United States.
        ("2026-03-04T09:00", "US", "America/New_York", 30, "2026-04-03", None),
        # Thanksgiving, a Thursday; the Friday after it is a working day of the country.
        ("2026-11-12T15:00", "US", "America/New_York", 14, "2026-11-27", "2026-11-26"),
        # Christmas on a Friday and Boxing Day made up for on Monday.
        ("2026-12-11T10:00", "GB", "Europe/London", 14, "2026-12-29", "2026-12-25"),
        # In Saudi Arabia Friday and Saturday are the weekend, Sunday is a working day.
        ("2026-10-02T10:00", "SA", "Asia/Riyadh", 14, "2026-10-18", "2026-10-16"),
        ("2026-10-04T10:00", "SA", "Asia/Riyadh", 14, "2026-10-18", None),
        # Golden Week: 3 to 6 May 2026.
        ("2026-04-19T03:00", "JP", "Asia/Tokyo", 14, "2026-05-07", "2026-05-03"),
        # A country whose holidays nobody knows has Monday to Friday; so has an unknown one.
        ("2026-10-03T10:00", "XK", "Europe/Belgrade", 14, "2026-10-19", "2026-10-17"),
        ("2026-10-03T10:00", None, "UTC", 14, "2026-10-19", "2026-10-17"),
    ],
)
def test_the_last_day_is_a_working_day_where_the_recipient_lives(
    delivered: str, country: str | None, zone: str, days: int, last: str, rolled_from: str | None
) -> None:
    found = window(delivered, country, zone, window_days=days)
    assert found.inputs["last_on"] == last
    notes = [(note.words, dict(note.inputs)) for note in found.notes]
    assert notes == ([(ROLLED, {"rolled_from_on": rolled_from})] if rolled_from else [])


def test_a_shop_may_end_it_on_any_day() -> None:
    assert window("2026-10-01T15:00", roll_to_working_day=False).inputs["last_on"] == "2026-10-31"


@pytest.mark.parametrize(
    ("anchor", "delivered", "sent", "start", "known", "words"),
    [
        ("delivery", "2026-01-08T10:00", "2026-01-05T08:00", "2026-01-08", 1, "from its delivery on"),
        ("delivery", None, "2026-01-05T08:00", "2026-01-10", 0, "when it should have arrived"),
        ("handover", "2026-01-08T10:00", "2026-01-05T08:00", "2026-01-05", 1, "when it was sent to you"),
        ("handover", "2026-01-08T10:00", None, "2026-01-08", 1, "when it was sent to you"),
        ("order", "2026-01-08T10:00", "2026-01-05T08:00", "2026-01-02", 1, "from your order on"),
        ("order", None, None, "2026-01-02", 1, "from your order on"),
    ],
)
def test_the_days_begin_where_the_shop_says(
    anchor: str, delivered: str | None, sent: str | None, start: str, known: int, words: str
) -> None:
    found = window(delivered, sent=sent, window_from=anchor)
    assert (found.key, found.inputs["start_on"], found.inputs["start_known"]) == ("window.open", start, known)
    assert words in found.words
    over = window(delivered, sent=sent, window_from=anchor, now="2026-06-01T12:00")
    assert over.key == "window.over"
    assert "%(start_on)s" in over.words


def test_what_was_never_sent_has_no_last_day_yet() -> None:
    found = window(None, sent=None)
    assert (found.key, found.allows, dict(found.inputs)) == ("window.waiting", True, {"days": 30})


@pytest.mark.parametrize(
    ("anchor", "delivered", "last"),
    [
        ("delivery", "2026-01-08T10:00", "2026-02-09"),  # Saturday, 7 February: what was before counts for nothing
        ("handover", "2026-01-08T10:00", "2026-02-09"),  # 4 February and 5 days
        ("order", "2026-01-08T10:00", "2026-02-06"),  # 1 February and 5 days
        ("delivery", None, "2026-02-16"),  # begun on the day it should have come, 9 February and 5 days: a Saturday
    ],
)
def test_days_on_which_the_parcel_was_late_or_stuck_do_not_count_before_it_arrived(
    anchor: str, delivered: str | None, last: str
) -> None:
    found = window(delivered, window_from=anchor, stuck=5)
    assert found.inputs["last_on"] == last
    assert ((STUCK, {"stuck": 5}) in [(n.words, n.inputs) for n in found.notes]) is (
        anchor != "delivery" or delivered is None
    )


def test_every_why_is_said_and_in_the_order_in_which_it_came_about() -> None:
    season = Season("Presents", "2025-12-01", "2026-01-05", "2026-02-28")  # ends on a Saturday
    found = window(
        "2026-01-08T10:00",
        window_from="order",
        vip=True,
        stuck=3,
        vip_extra_days=4,
        zones=(Zone("Near", ("DE",), window_days=20),),
        rules=(rule("more", then={"extend_days": 2}, says={"en": "Two days for you."}),),
        seasons=(season,),
    )
    assert [note.words for note in found.notes] == [FOR_COUNTRY, FOR_VIP, EXTENDED, STUCK, SEASON, ROLLED]
    assert dict(found.notes[2].says) == {"en": "Two days for you."}
    assert (found.inputs["days"], found.inputs["last_on"]) == (20, "2026-03-02")


def test_a_season_gives_nothing_to_orders_of_other_days_and_takes_nothing_away() -> None:
    seasons = (
        Season("Before", "2025-12-01", "2026-01-02", "2026-03-05"),
        Season("Short", "2026-01-02", "2026-01-02", "2026-01-20"),
        Season("Other", "2026-01-03", "2026-01-04", "2026-05-05"),
    )
    found = window("2026-01-08T10:00", seasons=seasons)  # ordered on the evening of 2 January
    assert found.inputs["last_on"] == "2026-03-05"
    assert window("2026-01-08T10:00", seasons=seasons[1:]).inputs["last_on"] == "2026-02-09"


def test_who_set_the_days_is_said_and_the_last_word_counts() -> None:
    zone = Zone("Near", ("DE",), window_days=20)
    assert [n.words for n in window("2026-01-12T10:00", zones=(zone,)).notes] == [FOR_COUNTRY, ROLLED]
    kinds = {"Shirts": 10}
    assert [n.words for n in window("2026-01-12T10:00", zones=(zone,), product_windows=kinds).notes] == [FOR_KIND]
    by_rule = (rule("short", then={"window_days": 9}),)
    found = window("2026-01-12T10:00", zones=(zone,), product_windows=kinds, rules=by_rule)
    assert (found.inputs["days"], [n.words for n in found.notes]) == (9, [BY_RULE])


def test_stuck_days_count_once_each_and_only_on_the_way() -> None:
    sent, arrived, promised = date(2026, 1, 5), date(2026, 1, 12), date(2026, 1, 9)

    def count(*spells: tuple[date, date], promised_on: date | None = None) -> int:
        return count_stuck_days(sent, arrived, promised_on, spells)

    assert count() == 0
    assert count(promised_on=promised) == 3  # the 10th, the 11th, and the day it came
    assert count(promised_on=arrived) == 0
    assert count((date(2026, 1, 6), date(2026, 1, 8))) == 2
    assert count((date(2026, 1, 6), date(2026, 1, 11)), (date(2026, 1, 8), date(2026, 2, 1)), promised_on=promised) == 6
    assert count((date(2025, 12, 1), date(2026, 1, 6))) == 1  # trouble of before it was sent is none of its
