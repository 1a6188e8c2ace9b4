"""FedEx's counter for return labels: create and cancel (fedex-ship-v1-openapi.json).

FedEx honours no idempotency key and prints a label once; what was bought is found by its customer reference in
tracking.
"""

from __future__ import annotations

from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.documents import TYPES
from carriers.lab.orders import Order, Party
from carriers.lab.prices import GRAMS_A_POUND
from carriers.lab.purchases import Purchase
from carriers.lab.wire.base import Desk, b64, body_of, dig, many, number_of, plain, word

_FORMATS: Final = {"PDF": "pdf", "PNG": "png", "ZPLII": "zpl"}
_GRAMS: Final = {"LB": GRAMS_A_POUND, "KG": 1000.0}
_SERVICES: Final = {
    "FEDEX_GROUND": "FedEx Ground",
    "GROUND_HOME_DELIVERY": "FedEx Home Delivery",
    "FEDEX_EXPRESS_SAVER": "FedEx Express Saver",
    "FEDEX_2_DAY": "FedEx 2Day",
    "STANDARD_OVERNIGHT": "FedEx Standard Overnight",
    "PRIORITY_OVERNIGHT": "FedEx Priority Overnight",
    "FEDEX_INTERNATIONAL_PRIORITY": "FedEx International Priority",
    "INTERNATIONAL_ECONOMY": "FedEx International Economy",
}
_PICKUPS: Final = ("CONTACT_FEDEX_TO_SCHEDULE", "DROPOFF_AT_FEDEX_LOCATION", "USE_SCHEDULED_PICKUP")
_PAYERS: Final = ("SENDER", "RECIPIENT", "THIRD_PARTY", "COLLECT")

Refusal = tuple[str, str]


class FedexLabels:
    """Sells labels out of the lab's book. Callers are known when they come here.

    Each call gives what goes into `output`, or an error's code and words.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ship(self, request: Request) -> dict[str, Any] | Refusal:
        body = body_of(request)
        if wrong := _wrong(body):
            return wrong
        order = _order(body["requestedShipment"], body["labelResponseOptions"])
        purchase = self._desk.book.sell("fedex", order, self._desk.now())
        return {"transactionShipments": [self._shipment(purchase, request.host_url)]}

    def cancel(self, request: Request) -> dict[str, Any] | Refusal:
        body = body_of(request)
        if word(body, "accountNumber", "value") != LAB_CREDENTIALS["fedex"]["account_number"]:
            return "SHIPMENT.USER.UNAUTHORIZED", "Requested user is not authorized to perform the operation."
        number = plain(word(body, "trackingNumber"))
        book, now = self._desk.book, self._desk.now()
        if book.by_number("fedex", number) is None:
            return "TRACKINGNUMBER.ENTERED.INVALID", "The tracking number entered is invalid."
        if book.used(number, now):
            message = "The shipment has been tendered to FedEx and cannot be cancelled."
            return {"cancelledShipment": False, "cancelledHistory": False, "message": message}
        book.void(number, now)
        return {"cancelledShipment": True, "cancelledHistory": True, "message": "Shipment is successfully cancelled"}

    def linked(self, _request: Request, caught: str) -> Response:
        """The label behind the address of an answer with URL_ONLY."""
        purchase = self._desk.book.by_number("fedex", plain(caught))
        if purchase is None:
            return Response("not found", 404)
        return Response(self._desk.print(purchase), content_type=TYPES[purchase.format])

    def by_reference(self, body: Any) -> list[str] | Refusal:
        """Numbers by a reference of ours; FedEx wants the account, or where the parcels go."""
        asked = dig(body, "referencesInformation")
        if not all(word(asked, name) for name in ("value", "shipDateBegin", "shipDateEndDate")):
            return "TRACKING.REFERENCEVALUE.EMPTY", "Please provide a valid reference value and ship date range."
        account = word(asked, "accountNumber")
        if account != LAB_CREDENTIALS["fedex"]["account_number"] and not word(asked, "destinationPostalCode"):
            return "TRACKING.REFERENCEINFORMATION.INVALID", "Please provide an account number or a destination."
        return [
            sold.number
            for sold in self._desk.book.by_reference("fedex", word(asked, "value"))
            if word(asked, "shipDateBegin") <= f"{sold.bought_at:%Y-%m-%d}" <= word(asked, "shipDateEndDate")
        ]

    def _shipment(self, purchase: Purchase, address: str) -> dict[str, Any]:
        document: dict[str, Any] = {
            "contentType": "LABEL",
            "copiesToPrint": 1,
            "docType": {"zpl": "ZPLII"}.get(purchase.format, purchase.format.upper()),
            "trackingNumber": purchase.number,
        }
        if purchase.request["options"] == "URL_ONLY":
            document["url"] = f"{address}fedex/document/v2/document/retrieve/{purchase.number}"
        else:
            document["encodedLabel"] = b64(self._desk.print(purchase))
        charge, service = purchase.cost_minor / 100, purchase.request["service"]
        ground = "GROUND" in service
        piece = {
            "masterTrackingNumber": purchase.number,
            "trackingNumber": purchase.number,
            "packageSequenceNumber": 1,
            "netChargeAmount": charge,
            "baseRateAmount": charge,
            "serviceCategory": "GROUND" if ground else "EXPRESS",
            "customerReferences": purchase.request["references"],
            "packageDocuments": [document],
        }
        rates = {"rateType": "PAYOR_ACCOUNT_SHIPMENT", "totalNetCharge": charge, "currency": purchase.currency}
        return {
            "masterTrackingNumber": purchase.number,
            "serviceType": service,
            "serviceName": purchase.service,
            "serviceCategory": piece["serviceCategory"],
            "shipDatestamp": f"{purchase.bought_at:%Y-%m-%d}",
            "pieceResponses": [piece],
            "completedShipmentDetail": {
                "carrierCode": "FDXG" if ground else "FDXE",
                "masterTrackingId": {
                    "trackingIdType": "GROUND" if ground else "EXPRESS",
                    "trackingNumber": purchase.number,
                },
                "shipmentRating": {"actualRateType": "PAYOR_ACCOUNT_SHIPMENT", "shipmentRateDetails": [rates]},
            },
        }


def _wrong(body: Any) -> Refusal | None:
    """FedEx's code and words for what is wrong with a request; None when it is right."""
    shipment = dig(body, "requestedShipment")
    if not isinstance(shipment, dict) or word(body, "labelResponseOptions") not in ("LABEL", "URL_ONLY"):
        return "INVALID.INPUT.EXCEPTION", "Invalid field value in the input"
    if word(body, "accountNumber", "value") != LAB_CREDENTIALS["fedex"]["account_number"]:
        return "ACCOUNTNUMBER.REGISTRATION.REQUIRED", "Please enter a valid account number."
    for part, party in (("SHIPPER", shipment.get("shipper")), ("RECIPIENTS", dig(shipment, "recipients", 0))):
        if missing := _missing(party):
            return f"{part}.{missing}.REQUIRED", f"{part.lower()}: {missing.lower()} is required."
    return _wrong_service(shipment) or _wrong_package(shipment)


def _missing(party: Any) -> str:
    needed = {
        "STREETLINE": word(party, "address", "streetLines", 0),
        "CITY": word(party, "address", "city"),
        "COUNTRYCODE": word(party, "address", "countryCode"),
        "PHONENUMBER": word(party, "contact", "phoneNumber"),
        "CONTACTNAME": word(party, "contact", "personName") or word(party, "contact", "companyName"),
    }
    return next((name for name, value in needed.items() if not value), "")


def _wrong_service(shipment: dict[str, Any]) -> Refusal | None:
    special = dig(shipment, "shipmentSpecialServices")
    if "RETURN_SHIPMENT" not in many(dig(special, "specialServiceTypes")):
        return "RETURNSHIPMENT.REQUIRED", "This account ships returns only."
    if word(special, "returnShipmentDetail", "returnType") != "PRINT_RETURN_LABEL":
        return "RETURNTYPE.INVALID", "The return type is invalid or not supported."
    if word(shipment, "serviceType") not in _SERVICES:
        return "SERVICETYPE.NOT.SUPPORTED", "The requested service type is invalid or not supported."
    if word(shipment, "pickupType") not in _PICKUPS or not word(shipment, "packagingType"):
        return "PICKUPTYPE.REQUIRED", "Pickup type and packaging type are required."
    if word(shipment, "shippingChargesPayment", "paymentType") not in _PAYERS:
        return "SHIPPINGCHARGESPAYMENT.PAYMENTTYPE.INVALID", "The payment type is invalid."
    return None


def _wrong_package(shipment: dict[str, Any]) -> Refusal | None:
    specification, packages = dig(shipment, "labelSpecification"), many(dig(shipment, "requestedPackageLineItems"))
    if word(specification, "imageType") not in _FORMATS or not word(specification, "labelStockType"):
        return "LABELSPECIFICATION.IMAGETYPE.INVALID", "The label's image type or stock type is invalid."
    if len(packages) != 1:
        return "TOTALPACKAGECOUNT.INVALID", "A return shipment has one package."
    weight = dig(packages[0], "weight")
    if word(weight, "units") not in _GRAMS or not 0 < number_of(word(weight, "value")) <= 150:
        return "PACKAGE.WEIGHT.INVALID", "The package weight is invalid."
    return None


def _order(shipment: dict[str, Any], options: str) -> Order:
    package = shipment["requestedPackageLineItems"][0]
    references = [one for one in many(package.get("customerReferences")) if isinstance(one, dict)]
    notes = [word(one, "value") for one in references if word(one, "value")]
    if reason := word(shipment, "shipmentSpecialServices", "returnShipmentDetail", "rma", "reason"):
        notes.append(reason)
    service = word(shipment, "serviceType")
    return Order(
        sender=_party(shipment["shipper"]),
        recipient=_party(shipment["recipients"][0]),
        weight_grams=round(number_of(word(package, "weight", "value")) * _GRAMS[word(package, "weight", "units")]),
        service=_SERVICES[service],
        format=_FORMATS[word(shipment, "labelSpecification", "imageType")],
        reference=notes[0] if notes else "",
        notes=tuple(notes),
        request={"options": options, "service": service, "references": references},
    )


def _party(given: Any) -> Party:
    address, contact = given["address"], given.get("contact") or {}
    lines = [str(line) for line in many(address.get("streetLines"))]
    return Party(
        name=word(contact, "personName"),
        company=word(contact, "companyName"),
        line1=lines[0],
        line2=", ".join(line for line in lines[1:] if line),
        city=word(address, "city"),
        state=word(address, "stateOrProvinceCode"),
        postal_code=word(address, "postalCode"),
        country=word(address, "countryCode"),
    )
