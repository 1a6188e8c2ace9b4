"""La Poste: Suivi v2 of the Okapi platform, for letters, Colissimo and Chronopost.

Sources: the OpenAPI "Suivi" 1.0 and the list of event codes that La Poste publishes with it. One id is answered with an
object and several with a list; in a mixed list (HTTP 207) each entry has a `returnCode` of its own. Events have no place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers.answers import asked_first, concerning, missing, not_supported, read_json, refusal
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult
from carriers.wording import by_words, refined

CODES = read.code_table(
    {
        "InfoReceived_001": "DR1",
        "InTransit": "EP1 ET1 ET2 ET3 ET4 MD2",
        "InTransit_002": "PC1 PC2",
        "InTransit_005": "DO2",
        "InTransit_006": "DO1",
        "InTransit_008": "PB2",
        "OutForDelivery_001": "MD1",
        "AttemptFail_001": "ND1",
        "AvailableForPickup_001": "AG1",
        "Delivered_001": "DI0 DI1",
        "Exception_001": "PB1",
        "Exception_004": "DO3",
        "Exception_005": "DI3",
        "Exception_007": "AN1",
        "Exception_010": "RE1",
        "Exception_011": "DI2",
    }
)
# MD2, "put into delivery", is written when the parcel reaches the site it will be delivered from: in its words, the
# parcel is being made ready, or it is with the postman.
_BEING_MADE_READY = re.compile(
    r"\b(?:prépar|prepar|vorbereit|prêt à|site de (?:livraison|distribution)|delivery (?:site|depot))", re.I
)
_WITH_THE_POSTMAN = re.compile(
    r"\b(?:en cours de (?:livraison|distribution)|out for delivery|wird (?:heute )?zugestellt)", re.I
)
_ARRIVED_ABROAD = re.compile(r"arriv\w+ (?:dans le pays|in the (?:destination )?country)", re.I)
_FETCHED = re.compile(r"\b(?:retiré|collected|picked up|abgeholt)\b", re.I)

# `returnCode` of an id without data: unknown, not scanned yet, or too old.
_UNKNOWN = (101, 104, 105, 109, 404)
_ABOUT_FORM = re.compile(r"n.est pas valide|invalide?\b|nombre de caract|respectant le format|not valid|ungültig", re.I)


class LaPoste:
    """The adapter for La Poste: up to ten numbers a call."""

    info = AdapterInfo(
        code="la_poste",
        name="La Poste",
        country="FR",
        formats=("s10",),
        batch=10,
        production_url="https://api.laposte.fr",
        credential_names=("api_key",),
        tracking_link="https://www.laposte.fr/outils/suivre-vos-envois?code={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /suivi/v2/idships/{number,number…}, one call for every ten."""
        answers = []
        for start in range(0, len(numbers), self.info.batch):
            some = numbers[start : start + self.info.batch]
            url = account.url(f"/suivi/v2/idships/{','.join(quote(number, safe='') for number in some)}")
            headers = {"X-Okapi-Key": account.credential("api_key"), "Accept": "application/json"}
            params = {"lang": account.setting("language", "fr_FR")}
            answer = http.send(account, Call("GET", url, headers, params))
            answers.append((answer, self.parse(answer, some)))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result an entry, whether it stands alone or in a list."""
        tree = read_json(answer)
        asked = numbers[0] if len(numbers) == 1 else None
        entries = [entry for entry in read.records(tree) if "shipment" in entry or "returnCode" in entry]
        if tree == [] and answer.status in (200, 207):
            error = CarrierError(ErrorKind.NOT_FOUND, "La Poste has no data on these numbers.")
            return [concerning(error, number) for number in numbers or (None,)]
        if not entries or (isinstance(tree, dict) and not read.record(tree.get("shipment"))):
            return [concerning(_error(answer, read.record(tree)), asked or _id(read.record(tree)))]
        results = [_entry(answer, entry, asked if len(entries) == 1 else None) for entry in entries]
        told = {result.tracking_number for result in results}
        left_out = [missing("La Poste", number) for number in numbers if number not in told]
        return asked_first(results + left_out, numbers)

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")


def _id(entry: dict[str, Any]) -> str | None:
    return read.first_text(read.dig(entry, "shipment", "idShip"), entry.get("idShip"))


def _error(answer: RawAnswer, said: dict[str, Any]) -> CarrierError:
    """`{"returnCode", "returnMessage", "idShip"}` of the service, or `{"code", "message"}` of the platform."""
    code = read.first_text(said.get("returnCode"), said.get("code"))
    words = read.first_text(said.get("returnMessage"), said.get("message"))
    own = int(code) if code and re.fullmatch(r"\d{3}", code, re.ASCII) else 0
    status = own if own >= 400 else answer.status
    error = refusal(RawAnswer(status, answer.content_type, b"", answer.headers), words, code)
    if own == 400 or (own in _UNKNOWN and _ABOUT_FORM.search(words or "")):
        error.kind = ErrorKind.INVALID_NUMBER
    elif own in _UNKNOWN:
        error.kind = ErrorKind.NOT_FOUND
    return error


def _entry(answer: RawAnswer, entry: dict[str, Any], asked: str | None) -> TrackingResult:
    shipment, number = read.record(entry.get("shipment")), asked or _id(entry)
    if not shipment:
        return TrackingResult(number, Status.PENDING, error=_error(RawAnswer(200, "", b"", answer.headers), entry))
    language = (read.text(entry.get("lang")) or "fr")[:2]
    events = read.records(shipment.get("event"))
    scans = read.back_at_sender(read.in_order(_scan(event, language) for event in events))
    delivered = read.moment(shipment.get("deliveryDate"))
    found = read.last_known(scans)
    if found[0] is Status.PENDING and shipment.get("isFinal") is True and delivered:
        found = read.meaning("Delivered_001")
    scanned = next((scan.time for scan in reversed(scans) if scan.status is Status.DELIVERED), None)
    at = (scanned or delivered) if found[0] is Status.DELIVERED else None
    return TrackingResult(number, *found, scans, _estimate(shipment), at)


def _scan(event: dict[str, Any], language: str) -> Checkpoint:
    code, words = read.text(event.get("code")), read.text(event.get("label"))
    found = _meaning((code or "").upper(), words or "", language) or (None, None)
    return Checkpoint(read.moment(event.get("date")), found[0], found[1], code, words, raw=event)


def _meaning(code: str, words: str, language: str) -> read.Meaning | None:
    found = CODES.get(code)
    if found is None:
        return by_words(words, language)
    if code == "MD2" and _WITH_THE_POSTMAN.search(words) and not _BEING_MADE_READY.search(words):
        return read.meaning("OutForDelivery_001")
    if code == "ET3" and _ARRIVED_ABROAD.search(words):
        return read.meaning("InTransit_004")
    if found[0] is Status.DELIVERED and _FETCHED.search(words):
        return read.meaning("Delivered_002")
    return refined(found, words, language)


def _estimate(shipment: dict[str, Any]) -> EstimatedDelivery | None:
    day, at = read.date_of(shipment.get("estimDate")), read.moment
    earliest, latest = at(shipment.get("estimHourMin")), at(shipment.get("estimHourMax"))
    day = day or next((end.date() for end in (latest, earliest) if end), None)
    return EstimatedDelivery(day, earliest, latest) if day else None


def adapter() -> LaPoste:
    """Called by the registry."""
    return LaPoste()
