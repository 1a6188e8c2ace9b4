"""AfterShip Tracking: a thousand couriers; its tags and sub-tags are the words that this library speaks too.

Sources: AfterShip's published reference of 2025 and 2026 (statuses, sub-statuses, webhooks, errors) and recorded
answers of the older v4, whose trackings stand one level deeper. The address that pushes go to, and their secret, are
set in AfterShip's admin by hand; a number is pushed once it has been created.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers import pushes, relayed
from carriers.answers import concerning, read_json, refusal
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

TAGS = {
    "Pending": Status.PENDING,
    "InfoReceived": Status.INFO_RECEIVED,
    "InTransit": Status.IN_TRANSIT,
    "OutForDelivery": Status.OUT_FOR_DELIVERY,
    "AttemptFail": Status.ATTEMPT_FAIL,
    "Delivered": Status.DELIVERED,
    "AvailableForPickup": Status.AVAILABLE_FOR_PICKUP,
    "Exception": Status.EXCEPTION,
    "Expired": Status.EXPIRED,
}
RETIRED = {"OutForDelivery_002": read.meaning("AvailableForPickup_001")}
# meta.code, which says more than the HTTP status. 4003 (exists already) is a bad request where nobody expected it.
ALREADY_THERE = "4003"
META = {
    "4004": ErrorKind.NOT_FOUND,
    "4005": ErrorKind.INVALID_NUMBER,
    "4017": ErrorKind.INVALID_NUMBER,
    "429": ErrorKind.RATE_LIMITED,
}
_OF_ONE_NUMBER = (ErrorKind.NOT_FOUND, ErrorKind.INVALID_NUMBER, ErrorKind.BAD_REQUEST)
_SUBTAG = re.compile(r"([A-Za-z]{1,30})_\d{3}", re.ASCII)


class AfterShip:
    """The adapter for AfterShip: fifty numbers a call; numbers it does not have yet are created."""

    info = AdapterInfo(
        code="aftership",
        name="AfterShip",
        country=None,
        batch=50,
        aggregator=True,
        push=True,
        push_proof=PushProof.SIGNATURE,
        subscribes=Subscribes.NUMBERS,
        subscription_batch=20,
        production_url="https://api.aftership.com/tracking/2025-01",
        credential_names=("api_key",),
        calls_per_second=10.0,
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /trackings for all numbers, then POST /trackings for each that is not there; AfterShip finds the courier."""
        return self._track(http, account, None, numbers)

    def track_for(self, http: Http, account: Account, carrier: str, numbers: Sequence[str]) -> Answers:
        """The same for numbers of one courier."""
        return self._track(http, account, slug("aftership", carrier), numbers)

    def _track(self, http: Http, account: Account, slug: str | None, numbers: Sequence[str]) -> Answers:
        params = {"tracking_numbers": ",".join(numbers)} | ({"slug": slug} if slug else {})
        answer = _send(http, account, "GET", "/trackings", params=params)
        found = [one for one in self.parse(answer, numbers) if one.error is None]
        answers: Answers = [(answer, found)]
        there = {one.tracking_number for one in found}
        absent = [number for number in numbers if number not in there]
        for place, number in enumerate(absent):
            try:
                made = _create(http, account, slug, number)
                answers.append((made, [_of_one(made, number)]))
            except CarrierError as error:
                answers.append((answer, relayed.failed(absent[place:], error)))
                break
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One tracking, old or new form, or a list; of a list, those that were asked for."""
        tree = read_json(answer)
        if not _went_well(answer, tree):
            return [concerning(_refused(answer, tree), numbers[0] if len(numbers) == 1 else None)]
        found = _trackings(tree)
        if found is None:
            raise CarrierError(ErrorKind.MALFORMED, "AfterShip answered without a tracking.")
        results = [_result(one, numbers) for one in found]
        if not numbers:
            return results or [relayed.unknown(None, "AfterShip")]
        mine = [one for one in results if one.tracking_number in numbers]
        there = {one.tracking_number for one in mine}
        return mine + [relayed.unknown(number, "AfterShip") for number in numbers if number not in there]

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Pure. The tracking under `msg`, whatever the event is called."""
        tree = read_json(answer)
        told = _trackings(tree)
        if not told:
            raise CarrierError(ErrorKind.MALFORMED, "An AfterShip push without a tracking.")
        return [_result(one) for one in told]

    def verify_push(self, push: RawAnswer, secret: str, now: datetime) -> bool:
        """`aftership-hmac-sha256`: HMAC-SHA256 of the raw body, in base64."""
        wanted = pushes.hmac_sha256(secret, push.body)
        return pushes.require(pushes.same_base64(push.header("aftership-hmac-sha256"), wanted), "AfterShip")

    def push_id(self, push: RawAnswer) -> str | None:
        """`event_id`, the same for all attempts to deliver."""
        return read.text(read.dig(read_json(push), "event_id"))

    def subscribe(self, http: Http, account: Account, numbers: Sequence[str], target: PushTarget) -> Subscription:
        """POST /trackings for each number; the address itself is set in AfterShip's admin."""
        refused = []
        for number in numbers:
            made = _create(http, account, None, number)
            error = _of_one(made, number).error
            if error is not None and error.kind is not ErrorKind.NOT_FOUND:
                refused.append(number)
        return Subscription(refused=tuple(refused))


def _create(http: Http, account: Account, slug: str | None, number: str) -> RawAnswer:
    """The answer to POST /trackings, or that of the tracking itself where it is there under another courier."""
    made = _send(http, account, "POST", "/trackings", {"tracking_number": number} | ({"slug": slug} if slug else {}))
    tree = read_json(made)
    name = read.first_text(read.dig(tree, "data", "id"), read.dig(tree, "data", "tracking", "id"))
    if _meta_code(made, tree) == ALREADY_THERE and name:
        return _send(http, account, "GET", f"/trackings/{quote(name, safe='')}")
    return made


def _of_one(answer: RawAnswer, number: str) -> TrackingResult:
    """The result for a number that was created. Raises CarrierError for what concerns more than this number."""
    tree = read_json(answer)
    if _went_well(answer, tree):
        found = _trackings(tree)
        return _result(found[0], [number], asked=number) if found else relayed.unknown(number, "AfterShip")
    error = _refused(answer, tree)
    if error.carrier_code == ALREADY_THERE:
        return relayed.unknown(number, "AfterShip", ALREADY_THERE)
    if error.kind not in _OF_ONE_NUMBER:
        raise error
    return TrackingResult(number, Status.PENDING, error=error)


def _send(
    http: Http, account: Account, method: str, path: str, body: object | None = None, params: Any = None
) -> RawAnswer:
    key = {"as-api-key": account.credential("api_key")}
    return http.send(account, Call(method, account.url(path), key, params or {}, json=body))


def _meta_code(answer: RawAnswer, tree: Any) -> str:
    return read.text(read.dig(tree, "meta", "code")) or str(answer.status)


def _went_well(answer: RawAnswer, tree: Any) -> bool:
    return relayed.succeeded(answer) and re.fullmatch(r"2\d\d", _meta_code(answer, tree)) is not None


def _refused(answer: RawAnswer, tree: Any) -> CarrierError:
    """`{"meta": {"code", "type", "message"}}`: 4001 to 4017 are about the request, the rest are HTTP's own numbers."""
    code = _meta_code(answer, tree)
    status = int(code) if re.fullmatch(r"[45]\d\d", code, re.ASCII) else answer.status
    status = 400 if re.fullmatch(r"4\d{3}", code, re.ASCII) or 200 <= status < 300 else status
    words = read.first_text(read.dig(tree, "meta", "message"), read.dig(tree, "meta", "type"))
    error = refusal(RawAnswer(status, "", b"", answer.headers), words, code)
    error.kind = META.get(code, error.kind)
    if error.kind is ErrorKind.RATE_LIMITED and error.retry_after is None:
        error.retry_after = _until_reset(answer)
    return error


def _until_reset(answer: RawAnswer) -> float | None:
    """Seconds until X-RateLimit-Reset (Unix time), by the answer's own clock."""
    reset = (answer.header("X-RateLimit-Reset") or "").strip()
    try:
        sent = parsedate_to_datetime(answer.header("Date") or "").timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    wait = int(reset) - sent if reset.isascii() and reset.isdigit() and len(reset) <= 12 else -1.0
    return wait if 0 <= wait <= timedelta(hours=1).total_seconds() else None


def _trackings(tree: Any) -> list[dict[str, Any]] | None:
    """The trackings in an answer; None where it speaks of none."""
    data = read.record(read.dig(tree, "data"))
    if isinstance(data.get("trackings"), list):
        return [one for one in read.records(data["trackings"]) if read.text(one.get("tracking_number"))]
    inner = next((one for one in (data.get("tracking"), data, read.dig(tree, "msg")) if one), None)
    return [one for one in read.records(inner) if read.text(one.get("tracking_number"))] or None


def _result(tracking: dict[str, Any], numbers: Sequence[str] = (), asked: str | None = None) -> TrackingResult:
    """One tracking. Tag and sub-tag are taken as they are; AfterShip has decided them."""
    number = asked or relayed.spelt(read.text(tracking.get("tracking_number")), numbers)
    points = read.records(tracking.get("checkpoints")) or read.records(tracking.get("checkpoint"))
    scans = read.in_order([_scan(point) for point in points][::-1])
    found = _meaning(tracking) or read.last_known(scans)
    at = relayed.delivered_at(found, scans)
    return TrackingResult(number, *found, scans, _estimate(tracking), at, read.text(tracking.get("signed_by")))


def _meaning(said: dict[str, Any]) -> read.Meaning | None:
    tag, sub = read.text(said.get("tag")), read.text(said.get("subtag"))
    if sub in RETIRED:
        return RETIRED[sub]
    form = _SUBTAG.fullmatch(sub or "")
    status = TAGS.get(tag or "") or TAGS.get(form[1] if form else "")
    if status is None:
        return None
    return status, sub if form and TAGS.get(form[1]) is status else None


def _scan(point: dict[str, Any]) -> Checkpoint:
    """`raw_tag` is the courier's own code; where it is left out, AfterShip's sub-tag stands for it."""
    status, substatus = _meaning(point) or (None, None)
    code = read.first_text(point.get("raw_tag"), point.get("subtag"), point.get("tag"))
    names = ("country_iso3", "country_region", "country_name", "country_region_name")
    country = next((name for name in (read.country(point.get(key)) for key in names) if name), None)
    city, state, _ = relayed.place(point.get("location"), country)
    city, state = read.text(point.get("city")) or city, read.text(point.get("state")) or state
    postal = read.first_text(point.get("postal_code"), point.get("zip"))
    at, words = read.moment(point.get("checkpoint_time")), read.text(point.get("message"))
    return Checkpoint(at, status, substatus, code, words, city, state, postal, country, point)


def _estimate(tracking: dict[str, Any]) -> EstimatedDelivery | None:
    """The courier's own date, never AfterShip's guess or the shop's promise."""
    courier = read.record(tracking.get("courier_estimated_delivery_date"))
    newest = read.record(tracking.get("latest_estimated_delivery"))
    source = (read.text(newest.get("source")) or "carrier").lower()
    frames = [
        (courier.get("estimated_delivery_date"), "estimated_delivery_date_min", "estimated_delivery_date_max", courier)
    ]
    frames += [(courier.get("date"), "min", "max", courier), (tracking.get("expected_delivery"), "", "", {})]
    if "carrier" in source or "courier" in source:
        frames.append((newest.get("datetime"), "datetime_min", "datetime_max", newest))
    for given, first, last, frame in frames:
        earliest, latest = read.moment(frame.get(first)), read.moment(frame.get(last))
        day = read.date_of(given) or next((at.date() for at in (latest, earliest) if at), None)
        if day:
            return EstimatedDelivery(day, earliest, latest)
    return None


def adapter() -> AfterShip:
    """Called by the registry."""
    return AfterShip()
