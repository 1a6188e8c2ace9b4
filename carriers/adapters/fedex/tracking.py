"""Reading FedEx's tracking answers (fedex-track-v1 OpenAPI, tracking status codes). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from carriers import parsing as read
from carriers.adapters.fedex.calls import failure
from carriers.answers import missing, read_json
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult
from carriers.relayed import by_text
from carriers.wording import handed_back, sharpen, trouble

# latestStatusDetail.code and scanEvents.eventType. Never derivedCode: out for delivery (OD) derives to IT, and
# "Returning package to shipper" (RS) to DL. The published list uses CA, EA, SP and RC in other groups as well;
# these are the movement group's.
CODES = read.code_table(
    {
        "InfoReceived_001": "OC IN OX EP PD DR DS RP RG RD LP",
        "InTransit": "AA AC AD AF AO AX CH EA ED EO FD IX PF PL PM RR RM RC SF SP TR",
        "InTransit_001": "IT OW",
        "InTransit_002": "AP OF PU PX",
        "InTransit_003": "AR",
        "InTransit_005": "CC",
        "InTransit_006": "CP",
        "InTransit_007": "DP LO",
        "OutForDelivery_001": "OD",
        "AvailableForPickup_001": "HL HP",
        "Delivered_001": "DL",
        "Exception_001": "DE SE",
        "Exception_004": "CD",
        "Exception_005": "DD DY",
        "Exception_010": "RS",
        "Exception_020": "CA",
    }
)
# The reason of a delivery exception (DE), without leading zeros. 7 and 8 leave open whether nobody was in or the
# business was closed.
REASONS = read.code_table(
    {
        "AttemptFail_001": "7 8",
        "Exception_007": "3",
        "Exception_001": "83 99",
        "Exception_010": "60G",
        "InTransit": "A13 A47",
    }
)
_TURNED_BACK = ("Exception_010", "Exception_011")
_OPEN_REASONS = ("7", "8")
_OPEN_WORDS = re.compile(r"not available or (?:business|recipient)", re.IGNORECASE)


def parse(answer: RawAnswer, numbers: Sequence[str]) -> list[TrackingResult]:
    """One result a number, in the order asked; a number the answer passes over is malformed."""
    tree = read_json(answer)
    output = read.dig(tree, "output")
    if answer.status != 200 or not isinstance(output, dict):
        return _refused(answer, tree, numbers)
    results = [_complete(entry, numbers) for entry in read.records(output.get("completeTrackResults"))]
    if len(results) == len(numbers) == 1 and results[0].tracking_number is None:
        results = [replace(results[0], tracking_number=numbers[0])]
    if not results:
        raise CarrierError(ErrorKind.MALFORMED, "FedEx answered without completeTrackResults.")
    told = {result.tracking_number for result in results}
    return results + [missing("FedEx", number) for number in numbers if number not in told]


def _refused(answer: RawAnswer, tree: Any, numbers: Sequence[str]) -> list[TrackingResult]:
    """Top-level `errors`. Only an unknown number, asked alone, concerns the number."""
    error = failure(answer, read.record(read.dig(tree, "errors")))
    about = error.kind is ErrorKind.NOT_FOUND and "TRACKING" in (error.carrier_code or "")
    if about and len(numbers) < 2:
        return [TrackingResult(numbers[0] if numbers else None, Status.PENDING, error=error)]
    raise error


def _complete(entry: dict[str, Any], numbers: Sequence[str]) -> TrackingResult:
    """One number asked. Several trackResults mean that the number was used before, or handed over: the newest counts."""
    tracks = read.records(entry.get("trackResults"))
    asked = read.text(entry.get("trackingNumber"))
    known = [track for track in tracks if read.dig(track, "latestStatusDetail") or track.get("scanEvents")]
    if known:
        return _result(max(known, key=_newest), asked, numbers)
    said = next((read.record(track.get("error")) for track in tracks if track.get("error")), {})
    error = failure(RawAnswer(200, "", b""), said)
    if not said:
        error = CarrierError(ErrorKind.NOT_FOUND, "FedEx has no data on this number.")
    number = asked or read.text(read.dig(tracks, "trackingNumberInfo", "trackingNumber"))
    return TrackingResult(number, Status.PENDING, error=error)


def _newest(track: dict[str, Any]) -> tuple[str, str]:
    """When a track was last heard of or shipped; the unique id begins with a number that grows."""
    times = [read.moment(scan.get("date")) for scan in read.records(track.get("scanEvents"))]
    times += [read.moment(at.get("dateTime")) for at in read.records(track.get("dateAndTimes"))]
    unique = read.text(read.dig(track, "trackingNumberInfo", "trackingNumberUniqueId")) or ""
    local = (at.replace(tzinfo=None).isoformat() for at in times if at)
    return max(local, default=""), unique.partition("~")[0].rjust(20, "0")


def _result(track: dict[str, Any], asked: str | None, numbers: Sequence[str]) -> TrackingResult:
    scans = read.back_at_sender(read.in_order(map(_scan, read.records(track.get("scanEvents")))))
    own = read.text(read.dig(track, "trackingNumberInfo", "trackingNumber"))
    number = asked if asked in numbers else own or asked
    dates = {read.text(at.get("type")): at.get("dateTime") for at in read.records(track.get("dateAndTimes"))}
    found = _current(track, scans)
    details = read.record(track.get("deliveryDetails"))
    delivered_at = _delivered_at(dates, scans) if found[0] is Status.DELIVERED else None
    signed_by = read.first_text(details.get("signedByName"), details.get("receivedByName"))
    return TrackingResult(number, *found, scans, _estimate(track, dates), delivered_at, signed_by)


def _current(track: dict[str, Any], scans: Sequence[Checkpoint]) -> read.Meaning:
    latest = read.record(track.get("latestStatusDetail"))
    reasons = read.records(latest.get("ancillaryDetails"))
    delay = read.record(latest.get("delayDetail"))
    words = [latest.get("description"), latest.get("statusByLocale")]
    words += [reason.get(key) for reason in reasons for key in ("reasonDescription", "actionDescription")]
    words += [delay.get("type"), delay.get("subType")]
    found = _meaning(latest.get("code"), read.dig(reasons, "reason"), words) or read.last_known(scans)
    if found[0] is Status.DELIVERED and (
        track.get("returnDetail") or any(scan.substatus in _TURNED_BACK for scan in scans)
    ):
        return read.meaning("Exception_011")
    return found


def _meaning(code: Any, reason: Any, words: Iterable[Any]) -> read.Meaning | None:
    """A code with the reason and the words beside it; None for a code that is not in the table."""
    key = (read.text(code) or "").upper()
    found = CODES.get(key)
    if found is None:
        return None
    said = " / ".join(filter(None, map(read.text, words)))
    if key == "DE":
        return _delivery_exception((read.text(reason) or "").upper().lstrip("0"), said)
    if key == "DL" and not handed_back(said):
        return found
    return sharpen(found, said)


def _delivery_exception(reason: str, said: str) -> read.Meaning:
    """007 is nobody in, but 07 is written for a refusal as well: where the words name a cause, they decide."""
    cause = trouble(said)
    if reason in REASONS and not (reason in _OPEN_REASONS and cause and cause[0] is Status.EXCEPTION):
        return REASONS[reason]
    if _OPEN_WORDS.search(said):
        return read.meaning("AttemptFail_001")
    if cause and cause[1] in ("AttemptFail_002", "AttemptFail_003"):
        return cause
    return sharpen(CODES["DE"], said)


def _scan(event: dict[str, Any]) -> Checkpoint:
    code, words = read.text(event.get("eventType")), read.text(event.get("eventDescription"))
    said = [words, event.get("exceptionDescription"), read.dig(event, "delayDetail", "type")]
    if code is None:  # left out by what stands between FedEx and us
        derived = _meaning(event.get("derivedStatusCode"), event.get("exceptionCode"), said)
        found = derived or by_text(words) or (None, None)
    else:
        found = _meaning(code, event.get("exceptionCode"), said) or (None, None)
    place = read.record(event.get("scanLocation"))
    city, state, postal = (read.text(place.get(key)) for key in ("city", "stateOrProvinceCode", "postalCode"))
    where = read.country(place.get("countryCode")) or read.country(place.get("countryName"))
    at = read.moment(event.get("date"))
    return Checkpoint(at, found[0], found[1], code, words, city, state, postal, where, event)


def _delivered_at(dates: dict[str | None, Any], scans: Sequence[Checkpoint]) -> datetime | None:
    scanned = next((scan.time for scan in reversed(scans) if scan.status is Status.DELIVERED), None)
    return read.moment(dates.get("ACTUAL_DELIVERY")) or scanned


def _estimate(track: dict[str, Any], dates: dict[str | None, Any]) -> EstimatedDelivery | None:
    """The estimated day, else the estimated window, else the commitment. Of a delivered parcel only the first."""
    spans = [
        read.record(read.dig(track, key, "window"))
        for key in ("estimatedDeliveryTimeWindow", "standardTransitTimeWindow")
    ]
    earliest, latest = read.moment(spans[0].get("begins")), read.moment(spans[0].get("ends"))
    day = read.date_of(dates.get("ESTIMATED_DELIVERY"))
    if "ACTUAL_DELIVERY" in dates and day is None:
        return None
    if day is None and (latest or earliest):
        day = max(at.date() for at in (earliest, latest) if at)
    day = day or read.date_of(dates.get("COMMITMENT")) or read.date_of(spans[1].get("ends"))
    return EstimatedDelivery(day, earliest, latest) if day else None
