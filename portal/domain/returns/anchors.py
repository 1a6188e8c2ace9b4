"""When the days for sending back begin, and which days do not count."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from portal.domain.returns.case import LineFacts, OrderFacts

_DAY = timedelta(days=1)


def arrived(line: LineFacts, transit_days: int) -> tuple[datetime, bool] | None:
    """When a line arrived, and whether a delivery says so; without one, the hand-off plus the assumed transit days.

    None when it was never handed to a carrier.
    """
    if line.delivered_at is not None:
        return line.delivered_at, True
    if line.handed_over_at is not None:
        return line.handed_over_at + timedelta(days=transit_days), False
    return None


def began(line: LineFacts, order: OrderFacts, anchor: str, transit_days: int) -> tuple[datetime, bool] | None:
    """The moment from which days count, and whether it is known: the delivery, the hand-off or the order.

    What is missing is taken from what comes next in the life of a parcel. None: it has not come to that yet.
    """
    if anchor == "order" and order.placed_at is not None:
        return order.placed_at, True
    if anchor != "delivery" and line.handed_over_at is not None:
        return line.handed_over_at, True
    return arrived(line, transit_days)


def count_stuck_days(first: date, last: date, promised_on: date | None, spells: Iterable[tuple[date, date]]) -> int:
    """Days from `first` to `last` (its arrival, or today) on which a parcel was late or stuck; each counts once.

    It is late on every day after the promised one. A spell of trouble counts from the day after it began until its end.
    """
    late = [(promised_on, last)] if promised_on is not None else []
    days: set[date] = set()
    for begin, end in (*spells, *late):
        day, until = max(begin, first) + _DAY, min(end, last)
        while day <= until:
            days.add(day)
            day += _DAY
    return len(days)
