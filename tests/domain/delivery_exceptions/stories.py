"""Short ways to write a parcel's story. All times are Berlin's wall clock in the week of Monday 5 October 2026."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from carriers.model import Status
from portal.domain.delivery_exceptions.assess import Assessment, Thresholds, assess
from portal.domain.delivery_exceptions.base import Facts, Finding
from portal.domain.scans import Scan
from portal.domain.shipments import fold

BERLIN = ZoneInfo("Europe/Berlin")
STANDARD = Thresholds.standard()
# Mon 5 to Fri 9 October are business days; Sat 3 October is a public holiday, so is Fri 25 December.


def at(words: str) -> datetime:
    """ "10-05 14:00" in Berlin, as aware UTC; the year may be told: "2027-03-28 02:30"."""
    text = words if len(words.split("-")) == 3 else f"2026-{words}"
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def scan(when: str, status: Status | None, substatus: str | None = None, **more: Any) -> Scan:
    moment = at(when)
    more.setdefault("raw_code", substatus or (status.value if status else "??"))
    return Scan(moment, moment.astimezone(BERLIN).isoformat(), status=status, substatus=substatus, **more)


def parcel(*scans: Scan, created: str = "10-05 08:00", **more: Any) -> Facts:
    """A domestic parcel to Berlin, unless told otherwise."""
    lane = {"origin_country": "DE", "destination_country": "DE", "destination_tz": BERLIN}
    facts: dict[str, Any] = {"shipment_id": "1", "carrier": "dhl", "state": fold(scans), "created_at": at(created)}
    return Facts(**{**facts, **lane, "scans": scans, **more})


def vip(facts: Facts) -> Facts:
    return replace(facts, is_vip=True)


def judge(facts: Facts, now: str, thresholds: Thresholds = STANDARD) -> Assessment:
    return assess(facts, thresholds, at(now))


def found(facts: Facts, rule: str, now: str) -> Finding | None:
    """The rule's unsuppressed finding at `now`."""
    return next((finding for finding in judge(facts, now).findings if finding.rule == rule), None)


def level(facts: Facts, rule: str, now: str) -> str | None:
    """The severity of the rule's finding at `now`, None when it does not fire."""
    finding = found(facts, rule, now)
    return finding.severity.value if finding else None
