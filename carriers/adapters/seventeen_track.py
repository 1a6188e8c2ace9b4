"""17TRACK's API v2.2 (v2.4 reads the same): two thousand carriers by numbers of their own.

Sources: 17TRACK's published reference, list of statuses and list of error codes, as others quote them. A number has to
be registered before it can be asked about, which costs once; its first data come minutes later. The address that pushes
go to is set in 17TRACK's settings by hand, and they are signed with the API key: the push secret is the key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from carriers import parsing as read
from carriers import pushes, relayed
from carriers.answers import missing, read_json, refusal
from carriers.base import (
    Account,
    AdapterInfo,
    Answers,
    Call,
    Http,
    PushProof,
    PushTarget,
    RawAnswer,
    Subscribes,
    Subscription,
)
from carriers.directory import slug
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult
from carriers.wording import sharpen

# Main statuses, sub-statuses and stages, which share one list of words. "NotFound" says that nobody knows the number.
CODES = read.code_table(
    {
        "InfoReceived_001": "InfoReceived",
        "InTransit": "InTransit InTransit_Other",
        "InTransit_002": "InTransit_PickedUp PickedUp",
        "InTransit_004": "InTransit_Arrival Arrival",
        "InTransit_005": "InTransit_CustomsReleased",
        "InTransit_006": "InTransit_CustomsProcessing",
        "InTransit_007": "InTransit_Departure Departure",
        "OutForDelivery_001": "OutForDelivery OutForDelivery_Other",
        "AttemptFail_001": (
            "DeliveryFailure DeliveryFailure_Other DeliveryFailure_Security DeliveryFailure_Rejected"
            " DeliveryFailure_InvalidAddress"
        ),
        "AttemptFail_002": "DeliveryFailure_NoBody",
        "AvailableForPickup_001": "AvailableForPickup AvailableForPickup_Other",
        "Delivered_001": "Delivered Delivered_Other",
        "Exception_001": "Exception Exception_Other Exception_NoBody Exception_Security",
        "Exception_003": "Exception_Rejected",
        "Exception_005": "Exception_Delayed",
        "Exception_010": "Exception_Returning Returning",
        "Exception_011": "Exception_Returned Returned",
        "Exception_012": "Exception_Damage Exception_Damaged",
        "Exception_013": "Exception_Lost",
        "Exception_018": "InTransit_CustomsRequiringInformation",
        "Exception_020": "Exception_Cancel Exception_Cancelled",
        "Exception_021": "Exception_Destroyed Exception_Disposal Exception_Disposed",
        "Expired_001": "Expired Expired_Other",
    }
)
_VAGUE = ("Delivered_001", "Exception_001", "AttemptFail_001")
ALREADY_REGISTERED, NOT_REGISTERED, NO_INFO_YET = "-18019901", "-18019902", "-18019909"
_K = ErrorKind
KINDS = {
    NOT_REGISTERED: _K.NOT_FOUND,
    NO_INFO_YET: _K.NOT_FOUND,
    "-18010001": _K.AUTH,  # not from this address
    "-18010002": _K.AUTH,
    "-18010003": _K.SERVER_ERROR,
    "-18010004": _K.AUTH,  # the account is disabled
    "-18010012": _K.INVALID_NUMBER,  # of one number; of the whole call it is the request that is wrong
    "-18019815": _K.SERVER_ERROR,  # the carrier did not answer 17TRACK in time
    "-18019816": _K.SERVER_ERROR,
    "-18019907": _K.RATE_LIMITED,  # the day's limit
    "-18019908": _K.RATE_LIMITED,  # the quota is used up
}


class SeventeenTrack:
    """The adapter for 17TRACK: forty numbers a call."""

    info = AdapterInfo(
        code="17track",
        name="17TRACK",
        country=None,
        batch=40,
        aggregator=True,
        push=True,
        push_proof=PushProof.SIGNATURE,
        subscribes=Subscribes.NUMBERS,
        subscription_batch=40,
        production_url="https://api.17track.net/track/v2.2",
        credential_names=("api_key",),
        calls_per_second=3.0,
        tracking_link="https://t.17track.net/en#nums={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """POST /gettrackinfo for all numbers, then POST /register for those that are not registered yet."""
        return self._track(http, account, None, numbers)

    def track_for(self, http: Http, account: Account, carrier: str, numbers: Sequence[str]) -> Answers:
        """The same for numbers of one carrier."""
        return self._track(http, account, slug("17track", carrier), numbers)

    def _track(self, http: Http, account: Account, key: str | None, numbers: Sequence[str]) -> Answers:
        answer = _send(http, account, "/gettrackinfo", key, numbers)
        found = self.parse(answer, numbers)
        new = [one.tracking_number or "" for one in found if one.error and one.error.carrier_code == NOT_REGISTERED]
        answers: Answers = [(answer, [one for one in found if one.tracking_number not in new])]
        if new:
            try:
                made = _send(http, account, "/register", key, new)
                answers.append((made, _registered(made, new)))
            except CarrierError as error:
                answers.append((answer, relayed.failed(new, error)))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result for each number that was accepted or rejected, and for each that was left out.

        A push is read as what it is.
        """
        tree = read_json(answer)
        if read.dig(tree, "event") and relayed.succeeded(answer):
            return self.parse_push(answer)
        data = _data(answer, tree)
        results = [_result(entry, numbers) for entry in read.records(data.get("accepted"))]
        results += [_rejected(entry, numbers) for entry in read.records(data.get("rejected"))]
        there = {one.tracking_number for one in results}
        results += [missing("17TRACK", number) for number in numbers if number not in there] if results else []
        if results:
            return results
        if numbers and ("accepted" in data or "rejected" in data):
            return [relayed.unknown(number, "17TRACK") for number in numbers]
        raise CarrierError(ErrorKind.MALFORMED, "17TRACK answered without a number.")

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Pure. One number under `data`, or several. That tracking has stopped says nothing of the parcel."""
        tree = read_json(answer)
        told = [one for one in read.records(read.dig(tree, "data")) if read.text(one.get("number"))]
        if not told:
            raise CarrierError(ErrorKind.MALFORMED, "A 17TRACK push without a number.")
        return [_result(one) for one in told if one.get("track_info")]

    def verify_push(self, push: RawAnswer, secret: str, now: datetime) -> bool:
        """`sign`: SHA-256 in hex of the raw body, a slash and the API key. No HMAC."""
        wanted = hashlib.sha256(push.body + b"/" + secret.encode()).digest()
        return pushes.require(pushes.same_hex(push.header("sign"), wanted), "17TRACK")

    def push_id(self, push: RawAnswer) -> str | None:
        """None: 17TRACK names no delivery."""
        return None

    def subscribe(self, http: Http, account: Account, numbers: Sequence[str], target: PushTarget) -> Subscription:
        """POST /register; the address itself is set in 17TRACK's settings."""
        results = _registered(_send(http, account, "/register", None, numbers), numbers)
        refused = [one for one in results if one.error and one.error.kind is not ErrorKind.NOT_FOUND]
        return Subscription(refused=tuple(one.tracking_number or "" for one in refused))


def _send(http: Http, account: Account, path: str, key: str | None, numbers: Sequence[str]) -> RawAnswer:
    carrier = {"carrier": int(key)} if key and key.isascii() and key.isdigit() else {}
    body = [{"number": number, **carrier} for number in numbers]
    return http.send(account, Call("POST", account.url(path), {"17token": account.credential("api_key")}, json=body))


def _data(answer: RawAnswer, tree: Any) -> dict[str, Any]:
    """What an answer holds. Raises CarrierError for a code other than 0, or for errors of the whole call."""
    data, code = read.record(read.dig(tree, "data")), read.text(read.dig(tree, "code"))
    errors = read.records(data.get("errors"))
    if relayed.succeeded(answer) and code == "0" and not errors:
        return data
    first = errors[0] if errors else {}
    said = read.text(first.get("code")) or code
    if relayed.succeeded(answer) and said is None:
        raise CarrierError(ErrorKind.MALFORMED, "17TRACK answered without a code.")
    error = _error(answer, said, read.first_text(first.get("message"), read.dig(tree, "message")))
    error.kind = ErrorKind.BAD_REQUEST if error.kind is ErrorKind.INVALID_NUMBER else error.kind
    raise error


def _error(answer: RawAnswer, code: str | None, words: str | None) -> CarrierError:
    """17TRACK's codes are negative; a positive one is HTTP's."""
    status = 400 if relayed.succeeded(answer) else answer.status
    if code and re.fullmatch(r"[45]\d\d", code, re.ASCII):
        status = int(code)
    error = refusal(RawAnswer(status, "", b"", answer.headers), words, code)
    error.kind = KINDS.get(code or "", error.kind)
    return error


def _rejected(entry: dict[str, Any], numbers: Sequence[str]) -> TrackingResult:
    said = entry.get("error")
    error = _error(RawAnswer(200, "", b""), read.text(read.dig(said, "code")), read.text(read.dig(said, "message")))
    return TrackingResult(relayed.spelt(read.text(entry.get("number")), numbers), Status.PENDING, error=error)


def _registered(answer: RawAnswer, numbers: Sequence[str]) -> list[TrackingResult]:
    """Results after registering: nothing is known yet of those that were accepted, or were there already."""
    data = _data(answer, read_json(answer))
    refused = [_rejected(entry, numbers) for entry in read.records(data.get("rejected"))]
    real = {one.tracking_number: one for one in refused if one.error and one.error.carrier_code != ALREADY_REGISTERED}
    return [real.get(number) or relayed.unknown(number, "17TRACK", NO_INFO_YET) for number in numbers]


def _result(entry: dict[str, Any], numbers: Sequence[str] = ()) -> TrackingResult:
    """One number. Two carriers may have had the parcel: their scans are one story."""
    number, info = relayed.spelt(read.text(entry.get("number")), numbers), read.record(entry.get("track_info"))
    info = entry if "latest_status" in entry and "latest_status" not in info else info  # as some relays write it on
    if entry.get("track") and not info:
        return TrackingResult(number, Status.PENDING, error=CarrierError(ErrorKind.MALFORMED, "An answer of API v1."))
    events = [event for one in read.records(read.dig(info, "tracking", "providers")) for event in _told(one)]
    scans = read.back_at_sender(read.in_order(_once(map(_scan, events))))
    latest, newest = read.record(info.get("latest_status")), read.record(info.get("latest_event"))
    words = read.text(newest.get("description"))
    listed = entry.get("package_status")  # in the answer to /gettracklist, which has no more than that
    said = _meaning([read.text(word) for word in (latest.get("sub_status"), latest.get("status"), listed)], words)
    found = relayed.current(said, scans)
    if not scans and found[0] is Status.PENDING:
        return relayed.unknown(number, "17TRACK")
    at = relayed.delivered_at(found, scans) or relayed.delivered_at(found, [_scan(newest)])
    return TrackingResult(number, *found, scans, _estimate(info), at)


def _told(provider: dict[str, Any]) -> list[dict[str, Any]]:
    """A carrier's scans, newest first as they usually stand."""
    events = read.records(provider.get("events"))
    first, last = (read.moment(one.get("time_utc")) for one in (events[0], events[-1])) if events else (None, None)
    turned = first and last and first.replace(tzinfo=None) < last.replace(tzinfo=None)
    return events[::-1] if turned else events


def _once(scans: Iterator[Checkpoint]) -> list[Checkpoint]:
    """Scans without those that a second carrier repeats: of the same moment, in the same words."""
    seen: dict[Any, Checkpoint] = {}
    for scan in scans:
        at = scan.time.timestamp() if scan.time and scan.offset_known else scan.time
        seen.setdefault((at, (scan.raw_text or "").casefold(), (scan.city or "").casefold()), scan)
    return list(seen.values())


def _meaning(codes: Sequence[str | None], words: str | None) -> read.Meaning | None:
    """The first of some codes that is known, made exact by the text where it is vague."""
    found = next((CODES[code] for code in codes if code in CODES), None)
    return sharpen(found, words) if found and found[1] in _VAGUE else found


def _scan(event: dict[str, Any]) -> Checkpoint:
    sub, stage, words = (read.text(event.get(key)) for key in ("sub_status", "stage", "description"))
    found = _meaning((sub, stage), words)
    if found is None and sub is None and stage is None:
        found = relayed.by_text(words)
    where = read.record(event.get("address"))
    country = read.country(where.get("country"))
    city, state, country = relayed.place(event.get("location"), country)
    city, state = read.text(where.get("city")) or city, read.text(where.get("state")) or state
    status, substatus = found or (None, None)
    postal, code = read.text(where.get("postal_code")), read.first_text(sub, stage)
    return Checkpoint(_moment(event), status, substatus, code, words, city, state, postal, country, event)


def _moment(event: dict[str, Any]) -> datetime | None:
    """`time_iso` has the place's offset, `time_utc` none but its own; `time_raw` is what the carrier wrote."""
    utc, written = read.moment(event.get("time_utc")), read.record(event.get("time_raw"))
    day = read.date_of(written.get("date"))
    local = read.stamp(day, read.text(written.get("time"))) if day else None
    zone = read.offset(written.get("timezone")) or read.zone_between(local, utc.replace(tzinfo=None) if utc else None)
    return read.moment(event.get("time_iso")) or (read.with_zone(local, zone) if local else utc)


def _estimate(info: dict[str, Any]) -> EstimatedDelivery | None:
    """A window of days more often than not: its date is the first of them."""
    frame = read.record(read.dig(info, "time_metrics", "estimated_delivery_date"))
    earliest, latest = read.moment(frame.get("from")), read.moment(frame.get("to"))
    day = next((at.date() for at in (earliest, latest) if at), None)
    return EstimatedDelivery(day, earliest, latest) if day else None


def adapter() -> SeventeenTrack:
    """Called by the registry."""
    return SeventeenTrack()
