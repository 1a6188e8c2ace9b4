"""Hermes Germany's return orders (hermes-de-openapi.yaml). The Accept header picks label, label printer or counter code.

Nothing takes a return order back; its label is printed again under the order's id.
"""

from __future__ import annotations

from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.documents import qr_code
from carriers.lab.orders import Order, Party
from carriers.lab.purchases import Purchase
from carriers.lab.wire.base import Desk, b64, body_of, dig, number_of, reply, word

_PDF, _DATA, _QR = (
    "application/shippinglabel-pdf+json",
    "application/shippinglabel-data+json",
    "application/x-qrcode-png+json",
)
_ZPL: Final = "application/shippinglabel-zpl+json"
_TYPES: Final = (_PDF, "application/shippinglabel-pdf-data+json", _DATA, _QR, _ZPL)
_CLASSES: Final = {"XS": 1000, "S": 2000, "M": 3000, "L": 5000, "XL": 10000}
_HOME: Final = Party("", "Am Sandtorkai 1", "Hamburg", "20457", "DE", company="Nordlicht Retouren")


class HermesReturns:
    """Sells return labels out of the lab's book. Callers are known when they come here."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def create(self, request: Request, _caught: str) -> Response:
        purchase = self._buy(request)
        if isinstance(purchase, Response):
            return purchase
        return reply({"listOfResultCodes": [], "returnOrderID": purchase.handle, "shipmentID": purchase.number})

    def create_with_label(self, request: Request, _caught: str) -> Response:
        kind = _wanted(request)
        if kind is None:
            return _strange_type(request)
        purchase = self._buy(request)
        return purchase if isinstance(purchase, Response) else self._label(purchase, kind)

    def reprint(self, request: Request, caught: str) -> Response:
        purchase, kind = self._desk.book.by_handle("hermes_de", caught), _wanted(request)
        if kind is None:
            return _strange_type(request)
        if purchase is None:
            return hermes_error(400, "e017", "Order with this ID does not exist.")
        return self._label(purchase, kind)

    def show(self, _request: Request, caught: str) -> Response:
        purchase = self._desk.book.by_handle("hermes_de", caught)
        if purchase is None:
            return hermes_error(400, "e017", "Order with this ID does not exist.")
        body = purchase.request
        shown = {
            "returnOrderID": purchase.handle,
            "shipmentID": purchase.number,
            "createDate": purchase.bought_at.isoformat(),
            "actualOrderState": "PLACED",
            "clientReference": word(body, "clientReference"),
            "clientReference2": word(body, "clientReference2"),
            "senderName": body["senderName"],
            "senderAddress": body["senderAddress"],
        }
        return reply(shown)

    def _buy(self, request: Request) -> Purchase | Response:
        body = body_of(request)
        if wrong := _wrong(body):
            return hermes_error(400, *wrong)
        handle = f"{int(self._desk.shelf.new_id(9), 16) % 10**11:011d}"
        return self._desk.book.sell("hermes_de", _order(body), self._desk.now(), handle=handle)

    def _label(self, purchase: Purchase, kind: str) -> Response:
        answer: dict[str, Any] = {
            "listOfResultCodes": [],
            "shipmentID": purchase.number,
            "returnOrderID": purchase.handle,
        }
        if kind == _QR:
            answer |= {"qrcode": b64(qr_code(purchase.number)), "labelMediatype": "image/png"}
        elif kind == _ZPL:
            answer |= {"shippinglabel": b64(self._desk.print(purchase, "zpl")), "labelMediatype": "application/zpl"}
        elif kind == _DATA:
            answer["labelMediatype"] = "application/json"
        else:
            answer |= {"shippinglabel": b64(self._desk.print(purchase, "pdf")), "labelMediatype": "application/pdf"}
        if "data" in kind:
            answer["shipmentLabelData"] = _label_data(purchase)
        response = reply(answer)
        response.content_type = kind
        return response


def hermes_error(status: int, code: str, message: str, **headers: str) -> Response:
    return reply({"listOfResultCodes": [{"code": code, "message": message}]}, status, **headers)


def _wanted(request: Request) -> str | None:
    """The type of label the caller accepts; the PDF's for one that does not say."""
    given = request.headers.get("Accept", "").split(";")[0].split(",")[0].strip()
    if given in ("", "*/*", "application/json"):
        return _PDF
    return given if given in _TYPES else None


def _strange_type(request: Request) -> Response:
    given = request.headers.get("Accept", "")
    return hermes_error(415, "e096", f"The given Content-Type {given} is not supported")


def _wrong(body: Any) -> tuple[str, str] | None:
    """Hermes's code and words for what is wrong with a request; None when it is right."""
    address = dig(body, "senderAddress")
    for part, needed in ((address, ("street", "zipCode", "town")), (dig(body, "senderName"), ("lastname",))):
        if missing := next((name for name in needed if not word(part, name)), ""):
            return "e002", f"Required field error during validation: {missing}"
    if len(word(address, "street") + word(address, "houseNumber")) > 50:
        return "e071", "Combination of street and house number may not exceed 50 chars."
    for name in ("clientReference", "clientReference2"):
        if len(word(body, name)) > 20:
            return "e001", f"The attributes {name} do not correspond to the specification."
    receiver = dig(body, "receiverAddress")
    if receiver is not None and not all(word(receiver, name) for name in ("street", "zipCode", "town", "countryCode")):
        return "e002", "Required field error during validation: receiverAddress"
    if not 0 <= number_of(word(body, "parcel", "parcelWeight")) <= 31_500:
        return "e067", "The shipments parcel weight is over 31.5kg."
    return None


def _order(body: Any) -> Order:
    receiver = dig(body, "receiverAddress")
    references = tuple(word(body, name) for name in ("clientReference", "clientReference2") if word(body, name))
    weight = round(number_of(word(body, "parcel", "parcelWeight")))
    return Order(
        sender=_party(body["senderAddress"], dig(body, "senderName")),
        recipient=_party(receiver, dig(body, "receiverName")) if receiver else _HOME,
        weight_grams=weight or _CLASSES.get(word(body, "parcel", "parcelClass"), 2000),
        service="Hermes Retoure",
        reference=references[0] if references else "",
        notes=references,
        request=body,
    )


def _party(address: Any, name: Any) -> Party:
    return Party(
        name=" ".join(part for part in (word(name, "firstname"), word(name, "lastname")) if part),
        line1=" ".join(part for part in (word(address, "street"), word(address, "houseNumber")) if part),
        line2=word(address, "addressAddition"),
        city=word(address, "town"),
        postal_code=word(address, "zipCode"),
        country=word(address, "countryCode") or "DE",
    )


def _label_data(purchase: Purchase) -> dict[str, Any]:
    sides = {"senderAddress": purchase.order.sender, "destinationAddress": purchase.order.recipient}
    shown: dict[str, Any] = {
        name: {f"addressLine{place}": line for place, line in enumerate(party.lines(), start=1)}
        for name, party in sides.items()
    }
    return shown | {"customerReference1": purchase.reference}
