"""What is worth telling the shopper when a parcel's state changes. One change tells at most its newest news."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from carriers.model import Status
from portal.domain.scans import RETURNED
from portal.domain.shipments import ShipmentState, Step


class Happening(StrEnum):
    """Names of news; a notification of the same name may tell it."""

    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    PICKUP_READY = "pickup_ready"
    PROBLEM = "problem"
    DELIVERED = "delivered"
    RETURN_IN_TRANSIT = "return_in_transit"
    RETURN_RECEIVED = "return_received"


# News older than this when we first learn of it is no news.
FRESH = {
    Happening.SHIPPED: timedelta(days=3),
    Happening.OUT_FOR_DELIVERY: timedelta(hours=18),
    Happening.PICKUP_READY: timedelta(days=3),
    Happening.PROBLEM: timedelta(days=3),
    Happening.DELIVERED: timedelta(days=3),
    Happening.RETURN_IN_TRANSIT: timedelta(days=7),
    Happening.RETURN_RECEIVED: timedelta(days=14),
}

_OUTBOUND = {
    Status.IN_TRANSIT: Happening.SHIPPED,
    Status.OUT_FOR_DELIVERY: Happening.OUT_FOR_DELIVERY,
    Status.AVAILABLE_FOR_PICKUP: Happening.PICKUP_READY,
    Status.ATTEMPT_FAIL: Happening.PROBLEM,
    Status.EXCEPTION: Happening.PROBLEM,
    Status.DELIVERED: Happening.DELIVERED,
}
_RETURN = {
    Status.IN_TRANSIT: Happening.RETURN_IN_TRANSIT,
    Status.DELIVERED: Happening.RETURN_RECEIVED,
}


def happenings(
    before: ShipmentState, after: ShipmentState, *, now: datetime, direction: str = "outbound"
) -> tuple[Happening, ...]:
    """The news in a change: nothing after a delivery, nothing twice, nothing stale.

    A parcel first seen when it is already delivered tells only that; a delivery that follows a return to the sender
    is the sender's, and is not told to the shopper.
    """
    if before.delivered or before.substatus == RETURNED:
        return ()
    news = (_OUTBOUND if direction == "outbound" else _RETURN).get(after.status)
    if news is None or not _is_new(news, before, after):
        return ()
    if news is Happening.DELIVERED and after.turned_back:
        return ()
    at = _moment(news, after)
    return (news,) if at is not None and now - at <= FRESH[news] else ()


def _is_new(news: Happening, before: ShipmentState, after: ShipmentState) -> bool:
    if news in (Happening.SHIPPED, Happening.RETURN_IN_TRANSIT):
        # Later hub scans, and going on after a failed attempt, are not a second departure.
        return before.first_scan_at is None and after.reached <= Step.ON_THE_WAY
    if news is Happening.PROBLEM:
        changed = (before.status, before.substatus) != (after.status, after.substatus)
        return changed or after.attempts > before.attempts
    return before.status is not after.status


def _moment(news: Happening, after: ShipmentState) -> datetime | None:
    if news is Happening.PROBLEM:  # a new cause within one run of trouble is as old as its own scan
        return after.last_scan_at or after.status_at
    return after.status_at
