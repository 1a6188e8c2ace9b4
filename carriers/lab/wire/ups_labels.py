"""UPS's counter for return labels: shipping, voiding, label recovery (Shipping.yaml).

UPS honours no idempotency key: whoever ships twice has two labels. Recovery finds them all by their reference.
"""

from __future__ import annotations

from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.documents import TYPES
from carriers.lab.orders import Order, Party
from carriers.lab.prices import GRAMS_A_POUND
from carriers.lab.purchases import Purchase
from carriers.lab.wire.base import Desk, b64, body_of, dig, many, number_of, plain, reply, word

_RETURN_SERVICES: Final = ("2", "3", "5", "8", "9", "10", "11", "12", "13")
_SERVICES: Final = {
    "01": "UPS Next Day Air",
    "02": "UPS 2nd Day Air",
    "03": "UPS Ground",
    "07": "UPS Worldwide Express",
    "08": "UPS Worldwide Expedited",
    "11": "UPS Standard",
    "12": "UPS 3 Day Select",
    "65": "UPS Worldwide Saver",
}
_GRAMS: Final = {"LBS": GRAMS_A_POUND, "KGS": 1000.0, "OZS": GRAMS_A_POUND / 16}
_FORMATS: Final = {"GIF": "gif", "PNG": "png", "ZPL": "zpl"}
_LISTS_SINCE: Final = 2403  # from this version on one package is a list of one
_UNKNOWN: Final = (
    "The shipment for the requested tracking number or the combination of reference number plus shipper number could "
    "not be found."
)


class UpsLabels:
    """Sells labels out of the lab's book. Callers are known when they come here."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ship(self, request: Request, version: str) -> Response:
        body = body_of(request)
        shipment = dig(body, "ShipmentRequest", "Shipment")
        if wrong := _wrong(shipment, dig(body, "ShipmentRequest", "LabelSpecification")):
            return ups_error(400, *wrong)
        order = _order(body["ShipmentRequest"])
        purchase = self._desk.book.sell("ups", order, self._desk.now())
        package = self._package(purchase)
        unit = word(_package_of(shipment), "PackageWeight", "UnitOfMeasurement", "Code") or "LBS"
        results: dict[str, Any] = {
            "ShipmentCharges": _charges(purchase),
            "BillingWeight": {
                "UnitOfMeasurement": {"Code": unit, "Description": "Pounds" if unit == "LBS" else "Kilograms"},
                "Weight": word(_package_of(shipment), "PackageWeight", "Weight"),
            },
            "ShipmentIdentificationNumber": purchase.number,
            "PackageResults": [package] if _version(version) >= _LISTS_SINCE else package,
        }
        if dig(shipment, "ShipmentServiceOptions", "LabelDelivery", "LabelLinksIndicator") is not None:
            results["LabelURL"] = f"{request.host_url}ups/uel/llp/{purchase.number}"
        return reply({"ShipmentResponse": {"Response": _success(body, "ShipmentRequest"), "ShipmentResults": results}})

    def void(self, request: Request, caught: str) -> Response:
        numbers = [plain(number) for number in request.args.getlist("trackingnumber")] or [plain(caught)]
        book, now = self._desk.book, self._desk.now()
        if any(book.by_number("ups", number) is None or book.used(number, now) for number in numbers):
            return ups_error(400, "190102", "No shipment found within the allowed void period")
        for number in numbers:
            book.void(number, now)
        packages = [{"TrackingNumber": one, "Status": {"Code": "1", "Description": "Voided"}} for one in numbers]
        status = {"ResponseStatus": {"Code": "1", "Description": "Success"}}
        summary = {"Status": {"Code": "1", "Description": "Voided"}}
        answer = {"Response": status, "SummaryResult": summary, "PackageLevelResults": packages}
        return reply({"VoidShipmentResponse": answer})

    def recover(self, request: Request, _caught: str) -> Response:
        asked = dig(body_of(request), "LabelRecoveryRequest")
        found = [sold for sold in self._asked(asked) if not self._desk.book.voided(sold.number)]
        if not found:
            return ups_error(400, "9801031", _UNKNOWN)
        kind = word(asked, "LabelSpecification", "LabelImageFormat", "Code").lower() or "gif"
        if kind not in TYPES:
            return ups_error(400, "9801007", "The label image format is missing or invalid.")
        results = [
            {
                "TrackingNumber": sold.number,
                "LabelImage": {
                    "LabelImageFormat": {"Code": kind},
                    "GraphicImage": b64(self._desk.print(sold, kind)),
                },
            }
            for sold in found
        ]
        answer = {
            "Response": {"ResponseStatus": {"Code": "1", "Description": "Success"}},
            "ShipmentIdentificationNumber": found[0].number,
            "LabelResults": results,
        }
        return reply({"LabelRecoveryResponse": answer})

    def linked(self, _request: Request, caught: str) -> Response:
        """The label behind a link."""
        purchase = self._desk.book.by_number("ups", plain(caught))
        if purchase is None:
            return Response("not found", 404)
        return Response(self._desk.print(purchase, "pdf"), content_type=TYPES["pdf"])

    def by_reference(self, reference: str) -> tuple[Purchase, ...]:
        return self._desk.book.by_reference("ups", reference)

    def _asked(self, asked: Any) -> tuple[Purchase, ...]:
        if number := word(asked, "TrackingNumber"):
            sold = self._desk.book.by_number("ups", plain(number))
            return (sold,) if sold else ()
        values = dig(asked, "ReferenceValues")
        if word(values, "ShipperNumber") != LAB_CREDENTIALS["ups"]["account_number"]:
            return ()
        return self.by_reference(word(values, "ReferenceNumber", "Value"))

    def _package(self, purchase: Purchase) -> dict[str, Any]:
        package: dict[str, Any] = {
            "TrackingNumber": purchase.number,
            "ServiceOptionsCharges": {"CurrencyCode": purchase.currency, "MonetaryValue": "0.00"},
        }
        if purchase.request["return_service"] == "8":  # UPS sends it to the shopper by e-mail
            return package
        package["ShippingLabel"] = {
            "ImageFormat": {"Code": purchase.format.upper(), "Description": purchase.format.upper()},
            "GraphicImage": b64(self._desk.print(purchase)),
        }
        return package


def ups_error(status: int, code: str, message: str, **headers: str) -> Response:
    return reply({"response": {"errors": [{"code": code, "message": message}]}}, status, **headers)


def _version(text: str) -> int:
    digits = text.removeprefix("v")
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def _package_of(shipment: Any) -> Any:
    packages = many(dig(shipment, "Package"))
    return packages[0] if len(packages) == 1 else None


def _wrong(shipment: Any, specification: Any) -> tuple[str, str] | None:
    """UPS's code and words for what is wrong with a request; None when it is right."""
    if not isinstance(shipment, dict):
        return "120001", "Invalid Shipment: The request is missing or not well formed."
    if word(shipment, "Shipper", "ShipperNumber") != LAB_CREDENTIALS["ups"]["account_number"]:
        return "120100", "Missing or invalid shipper number"
    for part in ("Shipper", "ShipTo", "ShipFrom"):
        if missing := _missing(shipment.get(part)):
            return "120201", f"Missing or invalid {part} {missing}"
    return _wrong_service(shipment) or _wrong_label(shipment, specification)


def _missing(party: Any) -> str:
    address = dig(party, "Address")
    needed = {
        "name": word(party, "Name"),
        "address line 1": word(many(dig(address, "AddressLine")), 0),
        "city": word(address, "City"),
        "country code": word(address, "CountryCode"),
    }
    longest = {"name": 35, "address line 1": 35, "city": 30, "country code": 2}
    return next((name for name, value in needed.items() if not value or len(value) > longest[name]), "")


def _wrong_service(shipment: dict[str, Any]) -> tuple[str, str] | None:
    if word(shipment, "ReturnService", "Code") not in _RETURN_SERVICES:
        return "120602", "Missing or invalid return service code"
    if word(shipment, "Service", "Code") not in _SERVICES:
        return "121210", "The requested service is invalid"
    package = _package_of(shipment)
    if not word(package, "Packaging", "Code"):
        return "120400", "Missing or invalid packaging type"
    if not word(package, "Description"):
        return "120414", "Missing or invalid merchandise description: it is required for returns"
    unit = word(package, "PackageWeight", "UnitOfMeasurement", "Code")
    if unit not in _GRAMS or not 0 < number_of(word(package, "PackageWeight", "Weight")) <= 150:
        return "120900", "Missing or invalid package weight"
    return None


def _wrong_label(shipment: dict[str, Any], specification: Any) -> tuple[str, str] | None:
    if word(shipment, "ReturnService", "Code") == "8":
        mail = word(shipment, "ShipmentServiceOptions", "LabelDelivery", "EMail", "EMailAddress")
        return None if mail else ("120541", "Missing or invalid e-mail address for the electronic return label")
    kind = word(specification, "LabelImageFormat", "Code").upper()
    if kind not in _FORMATS:
        return "120303", "Missing or invalid label print method code"
    if kind == "ZPL" and not word(specification, "LabelStockSize", "Height"):
        return "120304", "Missing or invalid label stock size"
    return None


def _order(asked: dict[str, Any]) -> Order:
    shipment = asked["Shipment"]
    package = _package_of(shipment)
    unit = word(package, "PackageWeight", "UnitOfMeasurement", "Code")
    given = [*many(dig(package, "ReferenceNumber")), *many(dig(shipment, "ReferenceNumber"))]
    references = tuple(word(one, "Value") for one in given if word(one, "Value"))
    return Order(
        sender=_party(shipment["ShipFrom"]),
        recipient=_party(shipment["ShipTo"]),
        weight_grams=round(number_of(word(package, "PackageWeight", "Weight")) * _GRAMS[unit]),
        service=_SERVICES[word(shipment, "Service", "Code")],
        format=_FORMATS.get(word(asked, "LabelSpecification", "LabelImageFormat", "Code").upper(), "gif"),
        reference=references[0] if references else "",
        notes=references,
        request={"return_service": word(shipment, "ReturnService", "Code")},
    )


def _party(given: Any) -> Party:
    address = given["Address"]
    lines = [str(line) for line in many(address.get("AddressLine"))]
    return Party(
        name=word(given, "AttentionName"),
        company=word(given, "Name"),
        line1=lines[0],
        line2=", ".join(line for line in lines[1:] if line),
        city=word(address, "City"),
        state=word(address, "StateProvinceCode"),
        postal_code=word(address, "PostalCode"),
        country=word(address, "CountryCode"),
    )


def _charges(purchase: Purchase) -> dict[str, Any]:
    total = {"CurrencyCode": purchase.currency, "MonetaryValue": f"{purchase.cost_minor / 100:.2f}"}
    nothing = {"CurrencyCode": purchase.currency, "MonetaryValue": "0.00"}
    return {"TransportationCharges": total, "ServiceOptionsCharges": nothing, "TotalCharges": total}


def _success(body: Any, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = {"ResponseStatus": {"Code": "1", "Description": "Success"}}
    if context := word(body, name, "Request", "TransactionReference", "CustomerContext"):
        answer["TransactionReference"] = {"CustomerContext": context}
    return answer
