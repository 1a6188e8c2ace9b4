"""DHL Parcel Germany's return orders (parcel-de-returns-v1.yaml): a label, a code for the counter, or both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.documents import qr_code
from carriers.lab.orders import Order, Party
from carriers.lab.tokens import basic_credentials
from carriers.lab.wire.base import Desk, b64, body_of, dig, number_of, reply, word

_PLACE: Final = {
    "name1": "Nordlicht Retouren",
    "addressStreet": "Am Sandtorkai",
    "addressHouse": "1",
    "postalCode": "20457",
    "city": "Hamburg",
}
# Receiver ids are agreed with DHL for each country a return may come from.
_RECEIVERS: Final = {"deu": "DE", "aut": "AT", "che": "CH", "fra": "FR", "nld": "NL", "bel": "BE"}
_LONGEST: Final = {"name1": 50, "addressStreet": 50, "addressHouse": 10, "postalCode": 10, "city": 40}
_KINDS: Final = ("SHIPMENT_LABEL", "QR_LABEL", "BOTH")


class DhlReturns:
    """Sells return labels out of the lab's book."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def order(self, request: Request, _caught: str) -> Response:
        if stranger := self._stranger(request):
            return stranger
        kind, body = request.args.get("labelType", "BOTH"), body_of(request)
        if kind not in _KINDS:
            return problem(400, "Bad Request", "labelType: The value is not one of the allowed values.")
        if wrong := _wrong(body):
            return problem(400, "Bad Request", wrong)
        country = _RECEIVERS.get(str(body["receiverId"]))
        if country is None:
            return problem(422, "Unprocessable Entity", "receiverId: The receiver is unknown for this account.")
        purchase = self._desk.book.sell("dhl_parcel_de", _order(body, country), self._desk.now())
        answer: dict[str, Any] = {
            "sstatus": {"title": "Created", "status": 201, "detail": "Created"},
            "shipmentNo": purchase.number,
            "routingCode": f"{_PLACE['postalCode']}000+{purchase.number[:14]}",
        }
        if kind != "QR_LABEL":
            answer["label"] = {"b64": b64(self._desk.print(purchase, "pdf"))}
        if kind != "SHIPMENT_LABEL":
            answer["qrLabel"] = {"b64": b64(qr_code(purchase.number))}
            answer["qrLink"] = f"https://www.dhl.de/retoure?code={purchase.number}"
        return reply(answer, 201)

    def locations(self, request: Request, _caught: str) -> Response:
        if stranger := self._stranger(request):
            return stranger
        found = [
            {
                "receiverId": code,
                "shipperCountry": code,
                "ekp": "2222222222",
                "billingNumber": "22222222220701",
                "companyName": "Nordlicht",
                "numberRange": "00340434XXXXXXXXXXXC",
                "receiverAddress": _PLACE,
                "companyAddress": _PLACE,
            }
            for code in _RECEIVERS
            if request.args.get("receiverId") in (None, code) and request.args.get("countryCode") in (None, code)
        ]
        return reply(found)

    def _stranger(self, request: Request) -> Response | None:
        """The API key with a user and password, or a token made of all of them."""
        account, given = LAB_CREDENTIALS["dhl_parcel_de"], request.headers.get("Authorization")
        if self._desk.tokens.admits("dhl_parcel_de", given):
            return None
        if request.headers.get("DHL-API-Key") != account["api_key"]:
            return problem(401, "Unauthorized", "Unauthorized for given resource.")
        if basic_credentials(given) != (account["username"], account["password"]):
            return problem(401, "Unauthorized", "The credentials you provided are invalid.")
        return None


def problem(status: int, title: str, detail: str, **headers: str) -> Response:
    """A problem object (RFC 7807)."""
    response = reply({"title": title, "status": status, "detail": detail[:80]}, status, **headers)
    response.content_type = "application/problem+json"
    return response


def _wrong(body: Any) -> str | None:
    """What is wrong with a request, as a sentence; None when it is right."""
    if not word(body, "receiverId"):
        return "receiverId: must not be null"
    for name, longest in _LONGEST.items():
        value = word(body, "shipper", name)
        if not value or len(value) > longest:
            return f"shipper.{name}: size must be between 1 and {longest}"
    if not re.fullmatch(r"[0-9A-Za-z]+([ -]?[0-9A-Za-z]+)*", word(body, "shipper", "postalCode")):
        return "shipper.postalCode: the format is wrong"
    for name in ("customerReference", "shipmentReference"):
        if len(word(body, name)) > 50:
            return f"{name}: size must be between 0 and 50"
    return _wrong_weight(dig(body, "itemWeight")) if dig(body, "itemWeight") is not None else None


def _wrong_weight(weight: Any) -> str | None:
    if word(weight, "uom") not in ("g", "kg") or not 0 < _grams(weight) <= 31_500:
        return "itemWeight: must be a weight above 0 and up to 31.5 kg"
    return None


def _grams(weight: Any) -> int:
    return round(number_of(word(weight, "value")) * (1000 if word(weight, "uom") == "kg" else 1))


def _order(body: Mapping[str, Any], country: str) -> Order:
    shipper = body["shipper"]
    references = [word(body, "shipmentReference"), word(body, "customerReference")]
    given = [reference for reference in references if reference]
    sender = Party(
        name=word(shipper, "name1"),
        company=word(shipper, "name2"),
        line1=f"{word(shipper, 'addressStreet')} {word(shipper, 'addressHouse')}",
        line2=word(shipper, "name3"),
        city=word(shipper, "city"),
        postal_code=word(shipper, "postalCode"),
        country=country,
    )
    street = f"{_PLACE['addressStreet']} {_PLACE['addressHouse']}"
    return Order(
        sender=sender,
        recipient=Party("", street, _PLACE["city"], _PLACE["postalCode"], "DE", company=_PLACE["name1"]),
        weight_grams=_grams(body.get("itemWeight")) or 1000,
        service="DHL Retoure" if country == "DE" else "DHL Retoure International",
        reference=given[0] if given else "",
        notes=tuple(given),
    )
