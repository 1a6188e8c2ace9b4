"""The first sentence of a tracking page: the answer, in the shop's voice, and never more than is known.

`warm` speaks like a person of a small shop, `plain` like a good departure board. Pure: dates come in, a message id
with its values goes out; the page puts it into the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from carriers.model import Status
from portal.domain.words import N_

Value = str | int | date | datetime
DELAYS = frozenset(
    {"Exception_005", "Exception_014", "Exception_015", "Exception_016", "Exception_017", "Exception_019"}
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A message id and its values. `tone`: calm, good, warn or bad."""

    words: str
    values: Mapping[str, Value] = field(default_factory=dict)
    tone: str = "calm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One parcel as its headline sees it. Days are in the recipient's zone."""

    status: str
    substatus: str | None = None
    carrier: str = ""
    today: date
    arrives_on: date | None = None  # the carrier's estimate, else the shop's promise
    arrives_by: datetime | None = None  # the end of the carrier's window
    estimated: bool = False  # the date is the carrier's
    since_on: date | None = None  # when the present status began
    delivered_at: datetime | None = None


Pair = tuple[str, str]  # warm, plain

_ARRIVES = {
    "today": (N_("It arrives today"), N_("Arriving today")),
    "today_by": (N_("It arrives today, by %(time)s"), N_("Arriving today by %(time)s")),
    "tomorrow": (N_("It arrives tomorrow, %(day)s"), N_("Arriving tomorrow, %(day)s")),
    "tomorrow_by": (
        N_("It arrives tomorrow, %(day)s, by %(time)s"),
        N_("Arriving tomorrow, %(day)s, by %(time)s"),
    ),
    "later": (N_("It arrives on %(day)s"), N_("Arriving %(day)s")),
    "later_by": (N_("It arrives on %(day)s, by %(time)s"), N_("Arriving %(day)s by %(time)s")),
}
_EXPECTED = {
    "today": (N_("It should be with you today"), N_("Expected today")),
    "tomorrow": (N_("It should be with you tomorrow, %(day)s"), N_("Expected tomorrow, %(day)s")),
    "later": (N_("It should be with you on %(day)s"), N_("Expected %(day)s")),
}
_LATE = (N_("It is later than we promised"), N_("Late. No new date yet"))
_NO_DATE: dict[Status, Pair] = {
    Status.PENDING: (N_("We are getting it ready"), N_("Not with the carrier yet")),
    Status.INFO_RECEIVED: (N_("Packed, and waiting for %(carrier)s"), N_("Packed. Waiting for %(carrier)s")),
    Status.IN_TRANSIT: (N_("It is on its way to you"), N_("On its way")),
}
_OUT: Pair = (N_("It is out for delivery"), N_("Out for delivery"))
_OUT_SINCE: Pair = (N_("It went out on %(day)s and is not here yet"), N_("Out for delivery since %(day)s"))
_DELAYED_UNTIL: Pair = (N_("A little later: now on %(day)s"), N_("Delayed. Now %(day)s"))
_TOLD: dict[str, Pair] = {
    "attempt_fail": (N_("The courier came and could not hand it over"), N_("Delivery attempt failed")),
    "AttemptFail_002": (N_("The courier came, and nobody was there"), N_("Nobody there. Not delivered")),
    "AttemptFail_003": (N_("The courier came when it was closed"), N_("Closed. Not delivered")),
    "available_for_pickup": (N_("It is waiting for you at a pickup point"), N_("Ready to collect")),
    "exception": (N_("It is held up on the way"), N_("Held up")),
    "delay": (N_("It is delayed on the way"), N_("Delayed")),
    "Exception_002": (N_("The courier cannot find you at this address"), N_("Address problem")),
    "Exception_003": (N_("The delivery was refused"), N_("Delivery refused")),
    "Exception_004": (N_("It is taking its time at customs"), N_("Held at customs")),
    "Exception_006": (N_("It waits for a payment"), N_("On hold: payment needed")),
    "Exception_007": (N_("The address needs a second look"), N_("Address problem")),
    "Exception_008": (N_("It was not collected in time"), N_("Not collected in time")),
    "Exception_009": (N_("%(carrier)s cannot carry it"), N_("Refused by %(carrier)s")),
    "Exception_010": (N_("It is on its way back to us"), N_("Going back to us")),
    "Exception_011": (N_("It has come back to us"), N_("Returned to us")),
    "Exception_012": (N_("It was damaged on the way"), N_("Damaged in transit")),
    "Exception_013": (N_("It was lost on the way"), N_("Lost in transit")),
    "Exception_018": (N_("It waits for papers"), N_("On hold: papers missing")),
    "Exception_020": (N_("This shipment was cancelled"), N_("Shipment cancelled")),
    "Exception_021": (N_("This parcel will not reach you"), N_("Parcel disposed of")),
    "expired": (N_("We have not heard of it since %(day)s"), N_("No news since %(day)s")),
}
_GOOD_NEWS = frozenset({"available_for_pickup"})
_GRAVE = frozenset({"Exception_012", "Exception_013", "Exception_021"})
_DELIVERED: dict[str, Pair] = {
    "today": (N_("It arrived today at %(time)s"), N_("Delivered today at %(time)s")),
    "earlier": (N_("It arrived on %(day)s"), N_("Delivered %(day)s")),
    "unknown": (N_("It has arrived"), N_("Delivered")),
    "Delivered_002": (N_("You collected it on %(day)s"), N_("Collected %(day)s")),
    "Delivered_005": (N_("It is with a neighbour since %(day)s"), N_("Left with a neighbour, %(day)s")),
}
_ORDER: dict[str, Pair] = {
    "received": (N_("We have your order and are getting it ready"), N_("Order received. Not shipped yet")),
    "cancelled": (N_("This order was cancelled"), N_("Order cancelled")),
    "all": (N_("All %(n)s parcels have arrived"), N_("All %(n)s parcels delivered")),
    "some": (N_("%(done)s of %(n)s parcels have arrived"), N_("%(done)s of %(n)s parcels delivered")),
    "some_next": (
        N_("%(done)s of %(n)s parcels have arrived, the next comes on %(day)s"),
        N_("%(done)s of %(n)s parcels delivered. Next: %(day)s"),
    ),
    "none_next": (
        N_("Your order travels in %(n)s parcels, the first comes on %(day)s"),
        N_("%(n)s parcels. First: %(day)s"),
    ),
    "none": (N_("Your order travels in %(n)s parcels"), N_("%(n)s parcels on their way")),
}


def _pick(pair: Pair, voice: str) -> str:
    return pair[0] if voice == "warm" else pair[1]


def parcel_headline(now: Situation, voice: str) -> Sentence:
    """The sentence for one parcel."""
    status = Status(now.status)
    if status is Status.DELIVERED:
        return _delivered(now, voice)
    if status in (Status.ATTEMPT_FAIL, Status.AVAILABLE_FOR_PICKUP, Status.EXCEPTION, Status.EXPIRED):
        return _off_the_line(now, voice)
    if status is Status.OUT_FOR_DELIVERY:
        return _out(now, voice)
    return _coming(now, status, voice)


def order_headline(key: str, voice: str, tone: str = "calm", **values: Value) -> Sentence:
    """The sentence for a whole order: received, cancelled, or one of several parcels."""
    return Sentence(_pick(_ORDER[key], voice), values, tone)


def _when(day: date, today: date) -> str:
    return "today" if day == today else "tomorrow" if day == today + timedelta(days=1) else "later"


def _coming(now: Situation, status: Status, voice: str) -> Sentence:
    day = now.arrives_on
    if day is None:
        return Sentence(_pick(_NO_DATE[status], voice), {"carrier": now.carrier})
    if day < now.today:
        return Sentence(_pick(_LATE, voice), tone="warn")
    key = _when(day, now.today)
    if not now.estimated:
        return Sentence(_pick(_EXPECTED[key], voice), {"day": day})
    if now.arrives_by is not None:
        return Sentence(_pick(_ARRIVES[f"{key}_by"], voice), {"day": day, "time": now.arrives_by})
    return Sentence(_pick(_ARRIVES[key], voice), {"day": day})


def _out(now: Situation, voice: str) -> Sentence:
    if now.since_on is not None and now.since_on < now.today and now.arrives_on != now.today:
        return Sentence(_pick(_OUT_SINCE, voice), {"day": now.since_on}, "warn")
    if now.arrives_by is not None and now.arrives_on == now.today:
        return Sentence(_pick(_ARRIVES["today_by"], voice), {"day": now.today, "time": now.arrives_by})
    if now.since_on == now.today or now.arrives_on == now.today:
        return Sentence(_pick(_ARRIVES["today"], voice))
    return Sentence(_pick(_OUT, voice))


def _off_the_line(now: Situation, voice: str) -> Sentence:
    delayed = now.substatus in DELAYS
    if delayed and now.estimated and now.arrives_on is not None and now.arrives_on >= now.today:
        return Sentence(_pick(_DELAYED_UNTIL, voice), {"day": now.arrives_on}, "warn")
    key = "delay" if delayed else now.substatus if now.substatus in _TOLD else now.status
    tone = "good" if key in _GOOD_NEWS else "bad" if key in _GRAVE else "warn"
    return Sentence(_pick(_TOLD[key], voice), {"carrier": now.carrier, "day": now.since_on or now.today}, tone)


def _delivered(now: Situation, voice: str) -> Sentence:
    if now.delivered_at is None or now.since_on is None:
        return Sentence(_pick(_DELIVERED["unknown"], voice), tone="good")
    key = now.substatus if now.substatus in _DELIVERED else "today" if now.since_on == now.today else "earlier"
    return Sentence(_pick(_DELIVERED[key], voice), {"day": now.since_on, "time": now.delivered_at}, "good")
