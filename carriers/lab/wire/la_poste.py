"""La Poste's Suivi v2: one answer for one number, a list for several, 207 when not all are known.

Events stand newest first and name no place. The words are French unless another language is asked for; the codes are
the stable part.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.wire.base import Handler, Route, Wire, plain, reply, retry_header, route
from carriers.lab.wire.la_poste_codes import CODES, STAGES, STEPS

MOST_NUMBERS: Final = 10
_COLISSIMO: Final = 4
_LANGUAGES: Final = frozenset({"fr_FR", "en_GB", "de_DE", "es_ES", "it_IT", "nl_NL"})
_REFUSALS: Final = {
    404: ("NOT_FOUND", "Resource not found"),
    405: ("METHOD_NOT_ALLOWED", "Method not allowed"),
    429: ("TOO_MANY_REQUESTS", "The quota of this key is used up"),
    500: ("INTERNAL_SERVER_ERROR", "An internal error has occurred"),
}


class LaPoste(Wire):
    code = "la_poste"

    def routes(self) -> tuple[Route, ...]:
        return (route("GET", "/suivi/v2/idships/([^/]+)", self._known(self._track), "track"),)

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        code, message = _REFUSALS.get(status, _REFUSALS[500])
        return reply({"code": code, "message": message}, status, **retry_header(retry_after))

    def _known(self, handler: Handler) -> Handler:
        def guarded(request: Request, caught: str) -> Response:
            if request.headers.get("X-Okapi-Key") == LAB_CREDENTIALS["la_poste"]["api_key"]:
                return handler(request, caught)
            return reply({"code": "UNAUTHORIZED", "message": "This action requires an authorization"}, 401)

        return guarded

    def _track(self, request: Request, caught: str) -> Response:
        numbers = [plain(number) for number in caught.split(",") if number.strip()]
        lang = request.args.get("lang", "fr_FR")
        lang = lang if lang in _LANGUAGES else "fr_FR"
        if not 1 <= len(numbers) <= MOST_NUMBERS:
            return reply(_missing("", 101, lang), 400)
        found = [self._found(number, lang) for number in numbers]
        if len(found) == 1:
            return reply(found[0], {104: 404, 101: 400}.get(found[0]["returnCode"], 200))
        return reply(found, 200 if all(one["returnCode"] == 200 for one in found) else 207)

    def _found(self, number: str, lang: str) -> dict[str, Any]:
        if not 11 <= len(number) <= 15 or not number.isalnum():
            return _missing(number, 101, lang)
        parcel, now = self.desk.world.find("la_poste", number), self.desk.now()
        if parcel is None or not parcel.events(now):
            return _missing(number, 104, lang)
        return {"lang": lang, "scope": "open", "returnCode": 200, "shipment": _shipment(parcel, now, lang)}


def _missing(number: str, code: int, lang: str) -> dict[str, Any]:
    words = {101: "L'identifiant n'est pas valide", 104: "Aucune information n'est disponible pour cet envoi"}
    return {"lang": lang, "scope": "open", "returnCode": code, "returnMessage": words[code], "idShip": number}


def _shipment(parcel: Parcel, now: datetime, lang: str) -> dict[str, Any]:
    scans = sorted(parcel.events(now), key=lambda scan: scan.at, reverse=True)
    code = CODES[scans[0].kind].code
    shipment: dict[str, Any] = {
        "idShip": parcel.number,
        "holder": _COLISSIMO,
        "product": "colissimo",
        "isFinal": code in ("DI1", "DI2", "AN1"),
        "timeline": _timeline(scans[0].kind, lang),
        "event": [_event(scan, lang) for scan in scans],
        "contextData": {
            "deliveryChoice": {"deliveryChoice": 0},
            "originCountry": parcel.origin.country,
            "arrivalCountry": parcel.destination.country,
        },
        "url": f"https://www.laposte.fr/outils/suivre-vos-envois?code={parcel.number}",
    }
    if entered := [scan for scan in scans if scan.kind is not Kind.LABEL]:
        shipment["entryDate"] = _moment(entered[-1])
    if code == "DI1":
        shipment["deliveryDate"] = _moment(scans[0])
    else:
        due = parcel.destination.moment(parcel.estimate(now), 9)
        shipment["estimDate"] = parcel.destination.local(due).isoformat(timespec="seconds")
    return shipment


def _timeline(kind: Kind, lang: str) -> list[dict[str, Any]]:
    reached = STEPS[kind]
    return [
        {"id": place, "shortLabel": words[lang != "fr_FR"], "longLabel": "", "status": place <= reached, "type": 1}
        for place, words in enumerate(STAGES, start=1)
    ]


def _event(scan: Scan, lang: str) -> dict[str, str]:
    code = CODES[scan.kind]
    words = code.french if lang == "fr_FR" else code.english
    return {"code": code.code, "label": words.upper() if scan.reworded else words, "date": _moment(scan)}


def _moment(scan: Scan) -> str:
    return scan.place.local(scan.at).isoformat(timespec="seconds")
