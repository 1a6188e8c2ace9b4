"""Reading UPS's tracking answers (Tracking.yaml). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from carriers import parsing as read
from carriers.adapters.ups.calls import refused
from carriers.adapters.ups.codes import NOTICES, SCANS, by_number, by_type, noticed, number_of
from carriers.answers import concerning, read_json
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult


def parse(answer: RawAnswer, asked: str | None) -> TrackingResult:
    """The result for the number asked, or for the inquiry number of the answer."""
    tree = read_json(answer)
    if answer.status != 200 or read.dig(tree, "response", "errors"):
        return concerning(refused(answer, tree), asked)
    if not isinstance(read.dig(tree, "trackResponse"), dict):
        raise CarrierError(ErrorKind.MALFORMED, "UPS answered without trackResponse.")
    shipments = read.records(read.dig(tree, "trackResponse", "shipment"))
    package = _package(shipments, asked)
    return _result(package, asked) if package else _not_known(shipments, asked)


def _not_known(shipments: list[dict[str, Any]], asked: str | None) -> TrackingResult:
    """No package: HTTP 200 with a warning such as TW0001."""
    first = shipments[0] if shipments else {}
    warning = read.record(first.get("warnings"))
    code, message = read.text(warning.get("code")) or "TW0001", read.text(warning.get("message"))
    error = CarrierError(ErrorKind.NOT_FOUND, message or "UPS has no data on this number.", carrier_code=code)
    return TrackingResult(asked or read.text(first.get("inquiryNumber")), Status.PENDING, error=error)


def _package(shipments: list[dict[str, Any]], asked: str | None) -> dict[str, Any] | None:
    """The package asked for, else the shipment's own; of several with one number, the newest."""
    packages = [package for shipment in shipments for package in read.records(shipment.get("package"))]
    for wanted in (asked, *(read.text(shipment.get("inquiryNumber")) for shipment in shipments)):
        found = [package for package in packages if wanted and wanted in _numbers(package)]
        if found:
            return max(found, key=_newest) if found[1:] else found[0]
    return packages[0] if packages else None


def _numbers(package: dict[str, Any]) -> list[str | None]:
    others = read.records(package.get("alternateTrackingNumber"))
    return [read.text(package.get("trackingNumber")), *(read.text(other.get("number")) for other in others)]


def _newest(package: dict[str, Any]) -> str:
    stamps = (read.stamp(a.get("date"), a.get("time")) for a in read.records(package.get("activity")))
    return max((at.isoformat() for at in stamps if at), default="")


def _result(package: dict[str, Any], asked: str | None) -> TrackingResult:
    scans = read.in_order(_scans(read.records(package.get("activity"))))
    found = _current(package, scans)
    number = asked or read.text(package.get("trackingNumber"))
    delivered_at = _delivered_at(package, scans) if found[0] is Status.DELIVERED else None
    signed_by = read.text(read.dig(package, "deliveryInformation", "receivedBy"))
    return TrackingResult(number, *found, scans, _estimate(package), delivered_at, signed_by)


def _current(package: dict[str, Any], scans: Sequence[Checkpoint]) -> read.Meaning:
    """The three-digit code of currentStatus, which production sends as its `code`; else what the scans say."""
    current = read.record(package.get("currentStatus"))
    words = read.first_text(current.get("description"), current.get("simplifiedTextDescription"))
    kind, short = read.text(current.get("type")), read.text(current.get("code"))
    code = number_of(current.get("statusCode")) or (number_of(short) if not kind or len(short or "") == 3 else None)
    known = read.last_known(scans)
    if code in NOTICES:
        return noticed(code, known)
    return (by_number(code, words) if code else None) or by_type(kind, short, words) or known


def _scans(activities: list[dict[str, Any]]) -> list[Checkpoint]:
    """The activities, newest first as sent, read from the oldest so that a notice can repeat what went before."""
    scans: list[Checkpoint] = []
    for activity in reversed(activities):
        status, place = read.record(activity.get("status")), read.record(read.dig(activity, "location", "address"))
        at = moment_of(activity, "date", "time", "gmtDate", "gmtTime")
        scans.append(scan_of(at, status, place, activity, scans))
    return scans[::-1]


def scan_of(
    at: datetime | None, status: dict[str, Any], place: dict[str, Any], raw: dict[str, Any], before: list[Checkpoint]
) -> Checkpoint:
    kind, code, words = (read.text(status.get(key)) for key in ("type", "code", "description"))
    number = number_of(status.get("statusCode"))
    notice = number in NOTICES or (number is None and kind == "U")
    found: tuple[Status | None, str | None]
    if notice:
        found = noticed(number, read.last_known(before))
    else:
        found = (by_number(number, words) if number else None) or by_type(kind, code, words) or (None, None)
    if found[0] is Status.IN_TRANSIT and not notice and code in SCANS:
        found = SCANS[code]
    shown = code or read.text(status.get("statusCode")) or kind
    city, state, postal = (read.text(place.get(key)) for key in ("city", "stateProvince", "postalCode"))
    where = read.country(place.get("countryCode")) or read.country(place.get("country"))
    return Checkpoint(at, found[0], found[1], shown, words, city, state, postal, where, raw, notice)


def moment_of(source: dict[str, Any], day: str, at: str, utc_day: str, utc_at: str) -> datetime | None:
    """The local time of a scan, with the offset given or the one between its local and its GMT clock."""
    local, zone = read.stamp(source.get(day), source.get(at)), read.offset(source.get("gmtOffset"))
    zone = zone or read.zone_between(local, read.stamp(source.get(utc_day), source.get(utc_at)))
    return read.with_zone(local, zone) if local else None


def _estimate(package: dict[str, Any]) -> EstimatedDelivery | None:
    """The rescheduled day before the scheduled one; a window only where UPS names one (EDW, CDW, IDW), or a commit."""
    days, at = _days(package), read.record(package.get("deliveryTime"))
    named = read.text(at.get("type")) in ("EDW", "CDW", "IDW", "CMT")
    start, end = (at.get("startTime"), at.get("endTime")) if named else (None, None)
    return read.window(days.get("RDD") or days.get("SDD"), start, end)


def _days(package: dict[str, Any]) -> dict[str | None, date | None]:
    dates = read.records(package.get("deliveryDate"))
    return {read.text(entry.get("type")): read.date_of(entry.get("date")) for entry in dates}


def _delivered_at(package: dict[str, Any], scans: Sequence[Checkpoint]) -> datetime | None:
    """The newest delivery scan; without one, the delivered date with its time."""
    for scan in reversed(scans):
        if scan.status is Status.DELIVERED and scan.time and not scan.notice:
            return scan.time
    return read.stamp(_days(package).get("DEL"), read.dig(package, "deliveryTime", "endTime"))
