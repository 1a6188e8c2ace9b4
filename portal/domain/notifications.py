"""The messages there are, how long each is worth sending, and when one must not go out. Pure.

The words are in `portal/notify/templates`, one pair of files a message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from carriers.model import Status

GIFT_NEWS = "gift_news"  # whatever there is to say of a present's return, to whoever sends it
NO_LONGER_USEFUL = "no longer useful"
ALREADY_DELIVERED = "already delivered"
NO_LONGER_TRUE = "no longer true"
# A mail that may have been sent unnoticed is repeated this many times, with the same Message-ID (reliability: I4).
REPEATS_WHEN_UNSURE = 1
_LONGEST_WAIT_MINUTES = 60
_GIVE_UP_AFTER_MINUTES = 72 * 60


@dataclass(frozen=True, slots=True)
class Notification:
    """One kind of message. After `useful_hours` (business time) it is dropped instead of sent late.

    `moot_in` names the states of the parcel in which the message would be untrue by the time it is read.
    """

    event: str
    topic: str  # delivery, problem, returns, access
    useful_hours: int | None = None
    moot_in: frozenset[Status] = frozenset()

    @property
    def asked_for(self) -> bool:
        """The shopper waits for this one: it is sent for orders of any age."""
        return self.topic in {"access", "returns"}


_OFD_OVER = frozenset({Status.DELIVERED, Status.ATTEMPT_FAIL, Status.AVAILABLE_FOR_PICKUP, Status.EXCEPTION})

CATALOGUE = {
    n.event: n
    for n in (
        Notification("shipped", "delivery", 72, frozenset({Status.DELIVERED})),
        Notification("out_for_delivery", "delivery", 10, _OFD_OVER),
        Notification("delivered", "delivery", 72),
        Notification("problem", "problem", 48, frozenset({Status.DELIVERED})),
        Notification("code", "access"),
        Notification("link", "access"),
        Notification("return_draft", "access"),
        Notification("return_submitted", "returns"),
        Notification("return_registered", "returns"),
        Notification("return_label_ready", "returns"),
        Notification("return_instructions", "returns"),
        Notification("label_delayed", "returns"),
        Notification("return_reminder", "returns", 48),
        Notification("return_expiring", "returns"),
        Notification("return_expired", "returns"),
        Notification("return_received", "returns"),
        Notification("return_rejected", "returns"),
        Notification("refund", "returns"),
        Notification("withdrawal_receipt", "returns"),
        Notification(GIFT_NEWS, "returns"),
        Notification("exchange_shipped", "returns"),
        Notification("exchange_fallback", "returns"),
    )
}


def why_not(
    spec: Notification,
    now: datetime,
    *,
    useful_until: datetime | None = None,
    status: Status | None = None,
    delivered: bool = False,
) -> str | None:
    """The reason for which a queued message must not be sent any more, or None.

    `now` and `useful_until` are business time; `status` and `delivered` are the parcel's present state.
    """
    if useful_until is not None and now > useful_until:
        return NO_LONGER_USEFUL
    if delivered and Status.DELIVERED in spec.moot_in:
        return ALREADY_DELIVERED
    if status in spec.moot_in:
        return ALREADY_DELIVERED if status is Status.DELIVERED else NO_LONGER_TRUE
    return None


def wait_after(attempts: int) -> timedelta | None:
    """How long to wait after the attempt of this number (from 1): 1, 2, 4, … minutes, at most an hour.

    None once 72 hours have been spent waiting: then the message is parked, where a person sees it.
    """
    waits = [min(2 ** min(n, 10), _LONGEST_WAIT_MINUTES) for n in range(attempts)]
    return timedelta(minutes=waits[-1]) if sum(waits) <= _GIVE_UP_AFTER_MINUTES else None
