"""Australia Post: the tracking of the Shipping and Tracking API v1.

Sources: the description of GET /shipping/v1/track with its sample answers; no OpenAPI is public. There are no codes: an
article has a status text and events with a text each. A tracking id is answered with articles, or with consignments that
have articles in them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from carriers import parsing as read
from carriers.answers import asked_first, concerning, missing, not_supported, read_json, refusal
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, Status, TrackingResult
from carriers.wording import by_words, handed_back, refined

# The status text of an article. Any other ("Unknown", "Track items for detailed delivery information") says nothing.
STATUSES = {
    "created": read.meaning("InfoReceived_001"),
    "initiated": read.meaning("InfoReceived_001"),
    "in transit": read.meaning("InTransit"),
    "possible delay": read.meaning("InTransit"),
    "on board for delivery": read.meaning("OutForDelivery_001"),
    "awaiting collection": read.meaning("AvailableForPickup_001"),
    "ready for pickup": read.meaning("AvailableForPickup_001"),
    "unsuccessful delivery": read.meaning("AttemptFail_001"),
    "to be re-delivered": read.meaning("AttemptFail_001"),
    "delivered": read.meaning("Delivered_001"),
    "delivered in full": read.meaning("Delivered_001"),
    "cannot be delivered": read.meaning("Exception_001"),
    "held by courier": read.meaning("Exception_001"),
    "article damaged": read.meaning("Exception_012"),
    "cancelled": read.meaning("Exception_020"),
}
# Event texts of Australia Post's own; all others are read as any text is.
EVENTS = (
    ("InTransit", re.compile(r"awaiting international departure", re.IGNORECASE)),
    ("InTransit_002", re.compile(r"received (?:item )?from sender", re.IGNORECASE)),
    ("InTransit_005", re.compile(r"cleared by customs", re.IGNORECASE)),
)
_STATES = "NSW|VIC|QLD|SA|WA|TAS|NT|ACT"
_SUBURB = re.compile(rf"(.+?),? ({_STATES})(?: (\d{{4}}))?", re.ASCII)
_ABROAD = re.compile(r"(.*?)\s*(?:\(([A-Z]{2})\)|,\s*([A-Za-z][A-Za-z .]+))", re.ASCII)
_NO_PLACE = ("transit scan",)

_KINDS = {
    "ESB-10001": ErrorKind.INVALID_NUMBER,
    "API_002": ErrorKind.RATE_LIMITED,
    "51101": ErrorKind.BAD_REQUEST,
}


class AustraliaPost:
    """The adapter for Australia Post: ten numbers a call, about ten calls a minute."""

    info = AdapterInfo(
        code="australia_post",
        name="Australia Post",
        country="AU",
        formats=("s10",),
        batch=10,
        production_url="https://digitalapi.auspost.com.au",
        credential_names=("api_key", "password", "account_number"),
        calls_per_second=0.16,
        tracking_link="https://auspost.com.au/mypost/track/#/details/{number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /shipping/v1/track, one call for every ten numbers."""
        answers = []
        for start in range(0, len(numbers), self.info.batch):
            some = numbers[start : start + self.info.batch]
            headers = {"Account-Number": account.credential("account_number"), "Accept": "application/json"}
            basic = (account.credential("api_key"), account.credential("password"))
            params = {"tracking_ids": ",".join(some)}
            answer = http.send(account, Call("GET", account.url("/shipping/v1/track"), headers, params, basic=basic))
            answers.append((answer, self.parse(answer, some)))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result a number asked; where none is named, one an article."""
        tree = read_json(answer)
        entries = read.records(read.dig(tree, "tracking_results"))
        if answer.status not in (200, 207) or not entries:
            return [concerning(_error(answer, tree), numbers[0] if len(numbers) == 1 else None)]
        results = [result for entry in entries for result in _results(answer, entry, numbers)]
        told = {result.tracking_number for result in results}
        left_out = [missing("Australia Post", number) for number in numbers if number not in told]
        return asked_first(results + left_out, numbers)

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")


def _error(answer: RawAnswer, tree: Any) -> CarrierError:
    """`{"errors": [{"code", "name", "message"}]}`, or older and without the list `error_code` and `error_message`."""
    said = read.record(read.dig(tree, "errors")) or read.record(tree)
    code = read.first_text(said.get("code"), said.get("error_code"))
    words = read.first_text(said.get("message"), said.get("error_message"), said.get("name"))
    error = refusal(answer, words, code)
    error.kind = _KINDS.get(code or "", ErrorKind.BAD_REQUEST if code and answer.status == 200 else error.kind)
    return error


def _results(answer: RawAnswer, entry: dict[str, Any], numbers: Sequence[str]) -> list[TrackingResult]:
    """What one tracking id comes to. Asked for a consignment of several articles, the one furthest behind counts."""
    tracking_id = read.text(entry.get("tracking_id"))
    articles = _articles(entry)
    if not articles:
        error = _error(RawAnswer(200, "", b"", answer.headers), {"errors": entry.get("errors")})
        if not entry.get("errors"):
            error = CarrierError(ErrorKind.NOT_FOUND, "Australia Post has no data on this number.")
        return [TrackingResult(tracking_id, Status.PENDING, error=error)]
    alone = tracking_id if len(articles) == 1 else None
    stated = read.first_text(entry.get("status"), read.dig(entry, "consignment", "status"))
    results = [_result(article, alone, stated if alone else None) for article in articles]
    if alone or tracking_id not in numbers:
        return results
    behind = min(results, key=lambda one: (_FURTHEST.index(one.status), one.tracking_number or ""))
    return [TrackingResult(tracking_id, behind.status, behind.substatus, behind.checkpoints)]


_FURTHEST = (
    Status.EXCEPTION,
    Status.PENDING,
    Status.INFO_RECEIVED,
    Status.IN_TRANSIT,
    Status.ATTEMPT_FAIL,
    Status.OUT_FOR_DELIVERY,
    Status.AVAILABLE_FOR_PICKUP,
    Status.DELIVERED,
    Status.EXPIRED,
)


def _articles(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """The articles of a tracking id, whether they stand in consignments or alone. A consignment beside its articles is
    the sum of them; alone it is all there is."""
    found: list[dict[str, Any]] = []
    for item in read.records(entry.get("trackable_items")) or read.records(entry.get("consignment")):
        inner = read.records(item.get("items"))
        found += inner or ([item] if any(item.get(key) for key in ("article_id", "status", "events")) else [])
    return found or ([entry] if entry.get("events") or (entry.get("status") and not entry.get("errors")) else [])


def _result(article: dict[str, Any], number: str | None, of_all: str | None) -> TrackingResult:
    scans = read.back_at_sender(read.in_order(map(_scan, read.records(article.get("events")))))
    found = _current(read.text(article.get("status")) or of_all, scans)
    scanned = next((scan.time for scan in reversed(scans) if scan.status is Status.DELIVERED), None)
    at = scanned if found[0] is Status.DELIVERED else None
    own = read.first_text(article.get("article_id"), article.get("tracking_id"), article.get("consignment_id"))
    return TrackingResult(number or own, *found, scans, delivered_at=at)


def _current(stated: str | None, scans: Sequence[Checkpoint]) -> read.Meaning:
    """The article's status, made exact by the newest event; that event alone where the status says nothing."""
    known = read.last_known(scans)
    found = STATUSES.get((stated or "").lower())
    if found is None or (found[0] is known[0] and known[1]):
        return known
    if found[0] is Status.DELIVERED and known == read.meaning("Exception_011"):
        return known
    return refined(found, scans[-1].raw_text, "en") if scans else found


def _scan(event: dict[str, Any]) -> Checkpoint:
    words = read.text(event.get("description"))
    found = _meaning(words or "") or (None, None)
    city, state, postal, where = _place(read.text(event.get("location")) or "")
    at = read.moment(event.get("date"))
    return Checkpoint(at, found[0], found[1], None, words, city, state, postal, where, event)


def _meaning(words: str) -> read.Meaning | None:
    if handed_back(words):
        return read.meaning("Exception_011")
    own = next((read.meaning(word) for word, pattern in EVENTS if pattern.search(words)), None)
    return own or by_words(words, "en")


def _place(said: str) -> tuple[str | None, str | None, str | None, str | None]:
    """City, state, postal code and country of `KEW VIC`, `CHICAGO (US)`, `US-60199, UNITED STATES` or `NZ`."""
    if not said or said.lower() in _NO_PLACE:
        return None, None, None, None
    if at_home := _SUBURB.fullmatch(said):
        return at_home[1], at_home[2], at_home[3], None
    if abroad := _ABROAD.fullmatch(said):
        where = read.country(abroad[2] or abroad[3])
        if where:
            return abroad[1] or None, None, None, where
    where = read.country(said)
    return (None, None, None, where) if where else (said, None, None, None)


def adapter() -> AustraliaPost:
    """Called by the registry."""
    return AustraliaPost()
