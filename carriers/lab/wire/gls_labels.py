"""GLS ShipIT: parcels with labels, their cancellation, their reprint, their look-up by our reference.

A shop return names the shopper as consignee and travels the other way; a parcel with an alternative shipper travels
from there to the consignee.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.orders import Order, Party
from carriers.lab.purchases import Purchase
from carriers.lab.wire.base import Desk, b64, body_of, dig, many, number_of, reply, word

_TYPE: Final = "application/glsVersion1+json"
_FORMATS: Final = {"PDF": "pdf", "PNG": "png", "ZEBRA": "zpl"}
_PRODUCTS: Final = ("PARCEL", "EXPRESS")
_LETTERS: Final = string.digits + string.ascii_uppercase
_HOME: Final = Party("", "Am Sandtorkai 1", "Hamburg", "20457", "DE", company="Nordlicht Retouren")


def check_digit(unit: str) -> str:
    """The twelfth digit of a parcel number: weights 3 and 1 from the right, and one more, modulo 10."""
    total = 1 + sum(int(char) * (3 if place % 2 == 0 else 1) for place, char in enumerate(reversed(unit)))
    return str(-total % 10)


def track_id(unit: str) -> str:
    """The eight characters GLS prints beside the parcel number."""
    value, shown = int(unit), ""
    for _ in range(8):
        value, rest = divmod(value, 36)
        shown = _LETTERS[rest] + shown
    return shown


def unit_number(asked: str) -> str:
    """The eleven digits of a parcel number with its check digit, or of a track id; anything else as it is."""
    if len(asked) == 12 and asked.isdigit() and check_digit(asked[:11]) == asked[11]:
        return asked[:11]
    if len(asked) == 8 and asked.isalnum() and asked.isascii():
        return f"{int(asked, 36):011d}"
    return asked


class GlsLabels:
    """Sells labels out of the lab's book. Callers are known when they come here."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def create(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        if request.mimetype.lower() != _TYPE.lower():
            return _failure(415, "E415", "Unsupported Media Type")
        if wrong := _wrong(body):
            return _failure(400, "VALIDATION_ERROR", wrong)
        purchase = self._desk.book.sell("gls", _order(body), self._desk.now())
        return _json({"CreatedShipment": self._created(purchase)})

    def cancel(self, _request: Request, caught: str) -> Response:
        purchase, book, now = self._bought(caught), self._desk.book, self._desk.now()
        if purchase is None:
            return _failure(404, "NO_DATA_FOUND", "No parcel was found for the track id.")
        if book.used(purchase.number, now):
            return _json({"TrackID": caught, "Result": "SCANNED"})
        book.void(purchase.number, now)
        return _json({"TrackID": caught, "Result": "CANCELLED"})

    def reprint(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        found = [sold for sold in self._asked(body) if not self._desk.book.voided(sold.number)]
        if not found:
            return _failure(404, "NO_DATA_FOUND", "No parcel was found.")
        kind = word(body, "PrintingOptions", "ReturnLabels", "LabelFormat")
        if kind and kind not in _FORMATS:
            return _failure(400, "VALIDATION_ERROR", "LabelFormat: the value is not supported.")
        return _json({"CreatedShipment": self._created(found[0], kind)})

    def find(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        first, last = (word(body, name)[:10] for name in ("DateFrom", "DateTo"))
        if not first or not last:
            return _failure(400, "VALIDATION_ERROR", "DateFrom and DateTo are required.")
        found = [sold for sold in self._asked(body) if first <= f"{sold.bought_at:%Y-%m-%d}" <= last]
        return _json({"UnitItems": [self._item(sold) for sold in found]})

    def _asked(self, body: Any) -> tuple[Purchase, ...]:
        for name in ("TrackID", "ParcelNumber"):
            if given := word(body, name):
                sold = self._bought(given)
                return (sold,) if sold else ()
        reference = word(body, "ShipmentReference") or word(body, "ShipmentUnitReference")
        return self._desk.book.by_reference("gls", reference)

    def _bought(self, given: str) -> Purchase | None:
        return self._desk.book.by_number("gls", unit_number(given.strip().upper()))

    def _item(self, sold: Purchase) -> dict[str, Any]:
        parcel = self._desk.world.get(sold.number)
        latest = parcel.latest(self._desk.now()) if parcel else None
        return {
            "TrackID": track_id(sold.number),
            "ParcelNumber": sold.number + check_digit(sold.number),
            "ShipmentReference": list(sold.order.notes),
            "InitialDate": f"{sold.bought_at:%Y-%m-%dT%H:%M:%S.000Z}",
            "Status": "CANCELED" if self._desk.book.voided(sold.number) else str(latest.kind if latest else "").upper(),
        }

    def _created(self, purchase: Purchase, kind: str = "") -> dict[str, Any]:
        shown = kind or next(name for name, known in _FORMATS.items() if known == purchase.format)
        leaves = f"{purchase.bought_at + timedelta(days=1):%Y-%m-%dT00:00:00.000Z}"
        return {
            "ShipmentReference": list(purchase.order.notes),
            "ParcelData": [
                {
                    "TrackID": track_id(purchase.number),
                    "ParcelNumber": purchase.number + check_digit(purchase.number),
                    "ShipmentUnitReference": list(purchase.order.notes),
                    "Barcodes": {"Primary2D": f"GLS{purchase.number}", "Primary1D": purchase.number},
                    "RoutingInfo": {
                        "Tour": "2001",
                        "InboundSortingFlag": "2",
                        "FinalLocationCode": "DE 200",
                        "HubLocation": "E20",
                        "LastRoutingDate": leaves,
                    },
                }
            ],
            "PrintData": [{"Data": [b64(self._desk.print(purchase, _FORMATS[shown]))], "LabelFormat": shown}],
            "CustomerID": "2760012345",
            "PickupLocation": "DE 200",
        }


def _json(data: object, status: int = 200) -> Response:
    response = reply(data, status)
    response.content_type = _TYPE
    return response


def _failure(status: int, code: str, message: str) -> Response:
    """ShipIT says no in headers too."""
    response = _json({"error": code, "message": message}, status)
    response.headers["error"], response.headers["message"] = code, message
    return response


def _wrong(body: Any) -> str | None:
    """What is wrong with a request, as a sentence; None when it is right."""
    shipment = dig(body, "Shipment")
    if word(shipment, "Product") not in _PRODUCTS:
        return "Shipment.Product: the value is not supported."
    if word(shipment, "Shipper", "ContactID") != LAB_CREDENTIALS["gls"]["contact_id"]:
        return "Shipment.Shipper.ContactID: the contact is unknown."
    for path in (("Consignee", "Address"), ("Shipper", "AlternativeShipperAddress"), ("Shipper", "Address")):
        address = dig(shipment, *path)
        if (address is not None or path[0] == "Consignee") and (missing := _missing(address)):
            return f"Shipment.{'.'.join(path)}.{missing}: may not be empty."
    units = many(dig(shipment, "ShipmentUnit"))
    if len(units) != 1 or not isinstance(units[0], dict) or not 0 < (number_of(word(units[0], "Weight")) or 1) <= 40:
        return "Shipment.ShipmentUnit: one unit of up to 40 kg is wanted."
    if word(body, "PrintingOptions", "ReturnLabels", "LabelFormat") not in _FORMATS:
        return "PrintingOptions.ReturnLabels.LabelFormat: the value is not supported."
    return None


def _missing(address: Any) -> str:
    return next((name for name in ("Name1", "CountryCode", "City", "Street") if not word(address, name)), "")


def _order(body: Mapping[str, Any]) -> Order:
    shipment = body["Shipment"]
    consignee = _party(shipment["Consignee"]["Address"])
    given = dig(shipment, "Shipper", "AlternativeShipperAddress") or dig(shipment, "Shipper", "Address")
    shipper = _party(given) if given else _HOME
    back = any(name.startswith("service_shop") for name in _services(shipment))
    unit = many(shipment["ShipmentUnit"])[0]
    references = [
        str(one) for one in (*many(shipment.get("ShipmentReference")), *many(unit.get("ShipmentUnitReference")))
    ]
    return Order(
        sender=consignee if back else shipper,
        recipient=shipper if back else consignee,
        weight_grams=round((number_of(word(unit, "Weight")) or 1) * 1000),
        service="SHOP RETURN" if back else word(shipment, "Product"),
        format=_FORMATS[word(body, "PrintingOptions", "ReturnLabels", "LabelFormat")],
        reference=references[0] if references else "",
        notes=tuple(dict.fromkeys(references)),
    )


def _services(shipment: Any) -> list[str]:
    """The names of all services asked for, each inside an object of its own kind."""
    kinds = [kind for one in many(dig(shipment, "Service")) if isinstance(one, dict) for kind in one.values()]
    return [word(kind, "ServiceName").lower() for kind in kinds]


def _party(address: Any) -> Party:
    return Party(
        name=word(address, "Name1"),
        company=word(address, "Name2"),
        line1=" ".join(part for part in (word(address, "Street"), word(address, "StreetNumber")) if part),
        line2=word(address, "Name3"),
        city=word(address, "City"),
        state=word(address, "Province"),
        postal_code=word(address, "Zipcode") or word(address, "ZIPCode"),
        country=word(address, "CountryCode"),
    )
