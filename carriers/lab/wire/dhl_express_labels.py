"""DHL Express's counter: a shipment that the receiver pays for, which is how a return is sent here."""

from __future__ import annotations

import re
from typing import Any, Final

from werkzeug import Request

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.documents import qr_code
from carriers.lab.orders import Order, Party
from carriers.lab.prices import GRAMS_A_POUND
from carriers.lab.purchases import Purchase
from carriers.lab.wire.base import Desk, b64, body_of, dig, many, number_of, word

_PRODUCTS: Final = {
    "N": "EXPRESS DOMESTIC",
    "U": "EXPRESS WORLDWIDE EU",
    "P": "EXPRESS WORLDWIDE",
    "D": "EXPRESS WORLDWIDE DOC",
    "W": "ECONOMY SELECT EU",
}
_FORMATS: Final = {"pdf": "pdf", "zpl": "zpl"}
_ADDRESS: Final = {"postalCode": 12, "cityName": 45, "countryCode": 2, "addressLine1": 45}
_CONTACT: Final = {"phone": 70, "companyName": 100, "fullName": 255}
_WHEN: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d ?GMT[+-]\d\d:\d\d")


class ExpressLabels:
    """Sells labels out of the lab's book. Callers are known when they come here."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ship(self, request: Request) -> dict[str, Any] | str:
        """The shipment that was made, or what is wrong with the request."""
        body = body_of(request)
        if wrong := _wrong(body):
            return wrong
        purchase = self._desk.book.sell("dhl_express", _order(body), self._desk.now())
        url = f"https://express.api.dhl.com/mydhlapi/shipments/{purchase.number}/tracking"
        piece = {"referenceNumber": 1, "trackingNumber": f"JD0146000{purchase.number}0", "trackingUrl": url}
        answer: dict[str, Any] = {
            "url": "https://express.api.dhl.com/mydhlapi/shipments",
            "shipmentTrackingNumber": purchase.number,
            "trackingUrl": url,
            "packages": [piece],
            "documents": self._documents(purchase, body),
        }
        if body.get("getRateEstimates"):
            price = purchase.cost_minor / 100
            part = {"name": purchase.service, "price": price}
            answer["shipmentCharges"] = [
                {
                    "currencyType": "BILLC",
                    "priceCurrency": purchase.currency,
                    "price": price,
                    "serviceBreakdown": [part],
                }
            ]
        return answer

    def by_reference(self, request: Request, reference: str) -> list[str]:
        """Numbers bought under a reference on the account, in the days that were asked for."""
        first, last = (request.args.get(name, "") for name in ("dateRangeFrom", "dateRangeTo"))
        if request.args.get("shipperAccountNumber") != LAB_CREDENTIALS["dhl_express"]["account_number"]:
            return []
        if not first or not last:
            return []
        found = self._desk.book.by_reference("dhl_express", reference)
        return [sold.number for sold in found if first[:10] <= f"{sold.bought_at:%Y-%m-%d}" <= last[:10]]

    def image(self, request: Request, number: str) -> dict[str, Any] | None:
        """The waybill once more."""
        purchase = self._desk.book.by_number("dhl_express", number)
        if purchase is None or request.args.get("typeCode") != "waybill":
            return None
        document = {
            "shipmentTrackingNumber": number,
            "typeCode": "waybill",
            "encodingFormat": "PDF",
            "content": b64(self._desk.print(purchase, "pdf")),
        }
        return {"documents": [document]}

    def _documents(self, purchase: Purchase, body: Any) -> list[dict[str, Any]]:
        label = {
            "imageFormat": purchase.format.upper(),
            "content": b64(self._desk.print(purchase)),
            "typeCode": "label",
        }
        options = many(dig(body, "outputImageProperties", "imageOptions"))
        if not any(word(option, "typeCode") == "qr-code" for option in options):
            return [label]
        return [label, {"imageFormat": "PNG", "content": b64(qr_code(purchase.number)), "typeCode": "qr-code"}]


def _wrong(body: Any) -> str | None:
    """Where a request is wrong, as MyDHL points to it; None when it is right."""
    if not isinstance(body, dict):
        return "#: the body must be a JSON object"
    if not _WHEN.fullmatch(word(body, "plannedShippingDateAndTime")):
        return "#/plannedShippingDateAndTime: the format is wrong"
    if not isinstance(dig(body, "pickup", "isRequested"), bool):
        return "#/pickup/isRequested: required key not found"
    if word(body, "productCode") not in _PRODUCTS:
        return "#/productCode: the product is not available here"
    if not _pays(body):
        return "#/accounts: the account number is not one of yours"
    return _wrong_parties(dig(body, "customerDetails")) or _wrong_content(body)


def _pays(body: Any) -> bool:
    number = LAB_CREDENTIALS["dhl_express"]["account_number"]
    accounts = [(word(one, "typeCode"), word(one, "number")) for one in many(dig(body, "accounts"))]
    return any(kind in ("payer", "shipper") and given == number for kind, given in accounts)


def _wrong_parties(parties: Any) -> str | None:
    for side in ("shipperDetails", "receiverDetails"):
        for part, needed in (("postalAddress", _ADDRESS), ("contactInformation", _CONTACT)):
            for name, longest in needed.items():
                value = word(parties, side, part, name)
                if (not value and name != "postalCode") or len(value) > longest:
                    return f"#/customerDetails/{side}/{part}/{name}: required, {longest} characters at most"
    return None


def _wrong_content(body: Any) -> str | None:
    content, packages = dig(body, "content"), many(dig(body, "content", "packages"))
    if len(packages) != 1 or not 0 < number_of(word(packages[0], "weight")) <= 70:
        return "#/content/packages: one package with a weight above 0 and up to 70 is wanted"
    if not isinstance(dig(content, "isCustomsDeclarable"), bool) or not word(content, "description"):
        return "#/content: isCustomsDeclarable and description are required"
    if word(content, "unitOfMeasurement") not in ("metric", "imperial") or not word(content, "incoterm"):
        return "#/content: unitOfMeasurement and incoterm are required"
    encoding = word(body, "outputImageProperties", "encodingFormat") or "pdf"
    return None if encoding in _FORMATS else "#/outputImageProperties/encodingFormat: not one of the allowed values"


def _order(body: dict[str, Any]) -> Order:
    content, parties = body["content"], body["customerDetails"]
    unit = GRAMS_A_POUND if word(content, "unitOfMeasurement") == "imperial" else 1000
    references = tuple(word(one, "value") for one in many(body.get("customerReferences")) if word(one, "value"))
    return Order(
        sender=_party(parties["shipperDetails"]),
        recipient=_party(parties["receiverDetails"]),
        weight_grams=round(number_of(word(content, "packages", 0, "weight")) * unit),
        service=_PRODUCTS[word(body, "productCode")],
        format=word(body, "outputImageProperties", "encodingFormat") or "pdf",
        reference=references[0] if references else "",
        notes=references,
    )


def _party(given: Any) -> Party:
    address, contact = given["postalAddress"], given["contactInformation"]
    more = [word(address, name) for name in ("addressLine2", "addressLine3")]
    return Party(
        name=word(contact, "fullName"),
        company=word(contact, "companyName"),
        line1=word(address, "addressLine1"),
        line2=", ".join(line for line in more if line),
        city=word(address, "cityName"),
        state=word(address, "provinceCode"),
        postal_code=word(address, "postalCode"),
        country=word(address, "countryCode"),
    )
