"""UPS return labels: buy, find by reference, print again, void (Shipping.yaml v2409).

A print return label (ReturnService 9) is an image or ZPL; only a label printed again can be a PDF. Label recovery finds a
return by the shipper's number and our reference and gives its document, so a lost answer is settled by asking. Its
schema demands `TrackingNumbers` and `ReferenceValues` of every request; both belong to other kinds of requests, as the
specification's own example shows. How long a label may be voided is not stated.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers.adapters.ups.calls import headers, refused, token, token_refused
from carriers.answers import read_json
from carriers.base import Account, Call, Http, RawAnswer
from carriers.discretion import personal
from carriers.errors import CarrierError, ErrorKind
from carriers.labelling import (
    SaidNo,
    before_buying,
    clipped,
    crosses_customs,
    inches,
    kilograms,
    minor_units,
    pounds,
    printable,
    street_lines,
    unfit,
    unsold,
    unvoided,
    whole_units,
)
from carriers.model import Address, BoughtLabel, CustomsItem, Label, LabelDocument, LabelFormat, LabelRequest

PRINT_RETURN_LABEL = "9"
OWN_PACKAGING = "02"
GROUND, STANDARD = "03", "11"  # inside the United States; inside and between other countries
IMPERIAL = ("US", "PR")  # weights in pounds; references stand at the package
STATES = ("US", "PR", "CA")  # state and postal code are needed
_IMAGES = {LabelFormat.ZPL: "ZPL"}
_AGAIN = {LabelFormat.ZPL: "ZPL", LabelFormat.GIF: "GIF", LabelFormat.PNG: "GIF", LabelFormat.PDF: "PDF"}
# Only what surely speaks of the label: that a shipper's number is not found says nothing about it.
_NO_LABEL = re.compile(
    r"\bno (?:\w+ )?(?:labels?|shipments?|packages?|records?|results?|match(?:es)?|data)\b"
    r"|\b(?:label|shipment|package|reference|tracking)\b[^.]{0,40}\b(?:not (?:be )?found|does not exist)",
    re.IGNORECASE,
)
_VOIDED = re.compile(r"already (?:been )?(?:voided|cancell?ed)", re.IGNORECASE)


def create(http: Http, account: Account, request: LabelRequest) -> Label:
    """POST /api/shipments/v2409/ship. Never repeated: UPS knows no idempotency key."""
    body = shipment_request(account, request)
    call = Call(
        "POST", account.url("/api/shipments/v2409/ship"), headers(request.reference), json=body, repeatable=False
    )
    answer = _send(http, account, call)
    tree = _checked(answer, personal(account, request))
    results = read.record(read.dig(tree, "ShipmentResponse", "ShipmentResults"))
    package = read.record(results.get("PackageResults"))
    number = read.first_text(package.get("TrackingNumber"), results.get("ShipmentIdentificationNumber"))
    if number is None:
        raise CarrierError(ErrorKind.MALFORMED, "UPS sold a label without a number.")
    found = printable(read.dig(package, "ShippingLabel", "GraphicImage"))
    content, kind = found or (b"", LabelFormat.GIF)
    cost, currency = _cost(results)
    return Label(
        "ups",
        number,
        content,
        cost_minor=cost,
        currency=currency,
        format=kind,
        service=body["ShipmentRequest"]["Shipment"]["Service"]["Code"],
        handle=read.text(results.get("ShipmentIdentificationNumber")) or number,
    )


def find(http: Http, account: Account, request: LabelRequest) -> Label | None:
    """POST /api/labels/v1/recovery by our reference and the shipper's number. None when UPS says that there is none."""
    values = {
        "ReferenceNumber": {"Value": request.reference},
        "ShipperNumber": account.credential("account_number"),
    }
    answer = _recover(http, account, {"ReferenceValues": values}, request.format, request.reference)
    try:
        tree = _checked(answer, personal(account, request))
    except CarrierError as error:
        if answer.status in (200, 400, 404) and _NO_LABEL.search(error.message):
            return None
        raise
    recovered = read.dig(tree, "LabelRecoveryResponse")
    results = read.record(read.dig(recovered, "LabelResults"))
    handle = read.text(read.dig(recovered, "ShipmentIdentificationNumber"))
    number = read.text(results.get("TrackingNumber")) or handle
    if number is None:
        raise CarrierError(ErrorKind.MALFORMED, "UPS recovered a label without a number.")
    content, kind = printable(read.dig(results, "LabelImage", "GraphicImage")) or (b"", LabelFormat.GIF)
    return Label("ups", number, content, format=kind, handle=handle or number)


def fetch_again(http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
    """POST /api/labels/v1/recovery by the tracking number."""
    number = label.tracking_number
    answer = _recover(http, account, {"TrackingNumber": number}, label.format, number)
    tree = _checked(answer, personal(account))
    image = read.dig(tree, "LabelRecoveryResponse", "LabelResults", "LabelImage", "GraphicImage")
    found = printable(image)
    if found is None:
        raise CarrierError(ErrorKind.MALFORMED, "UPS recovered no label that can be printed.")
    return LabelDocument(*found)


def void(http: Http, account: Account, label: BoughtLabel) -> None:
    """DELETE /api/shipments/v2409/void/cancel/{shipment}. The shipment carries one package, so it goes as a whole."""
    shipment = quote(label.handle or label.tracking_number, safe="")
    url = account.url(f"/api/shipments/v2409/void/cancel/{shipment}")
    answer = _send(http, account, Call("DELETE", url, headers(shipment), repeatable=False))
    try:
        tree = _checked(answer, personal(account), unvoided)
    except CarrierError as error:
        if _VOIDED.search(error.message):
            return
        raise
    status = read.text(read.dig(tree, "VoidShipmentResponse", "SummaryResult", "Status", "Code"))
    if status == "0":
        raise CarrierError(ErrorKind.BAD_REQUEST, "UPS does not take the label back.")
    if status != "1":
        raise CarrierError(ErrorKind.MALFORMED, "UPS did not say whether the label is void.")


def _send(http: Http, account: Account, call: Call) -> RawAnswer:
    return http.send_with_token(account, call, before_buying(lambda: token(http, account)), token_refused)


def _recover(http: Http, account: Account, which: dict[str, Any], kind: LabelFormat, subject: str) -> RawAnswer:
    specification = {"LabelImageFormat": {"Code": _AGAIN[kind]}, "LabelStockSize": {"Height": "6", "Width": "4"}}
    body = {"LabelRecoveryRequest": {"Request": {}, "LabelSpecification": specification, **which}}
    return _send(http, account, Call("POST", account.url("/api/labels/v1/recovery"), headers(subject), json=body))


def _checked(answer: RawAnswer, secrets: list[str], said_no: SaidNo = unsold) -> Any:
    """The JSON of an answer that says yes. What UPS says no with may repeat the address: it is taken out."""
    tree = read_json(answer)
    errors = read.dig(tree, "response", "errors")
    if answer.succeeded and (not errors or read.dig(tree, "ShipmentResponse")):
        return tree
    raise said_no(refused(answer, tree), secrets, answer)


def _cost(results: dict[str, Any]) -> tuple[int | None, str | None]:
    """What the account pays: its negotiated rate before the published one, with taxes before without."""
    negotiated, published = (
        read.record(results.get("NegotiatedRateCharges")),
        read.record(results.get("ShipmentCharges")),
    )
    totals = (
        negotiated.get("TotalChargesWithTaxes"),
        negotiated.get("TotalCharge"),
        published.get("TotalChargesWithTaxes"),
        published.get("TotalCharges"),
    )
    for total in map(read.record, totals):
        currency = read.text(total.get("CurrencyCode"))
        cost = minor_units(read.text(total.get("MonetaryValue")), currency)
        if cost is not None:
            return cost, currency
    return None, None


# --- the request -------------------------------------------------------------------------------------------------


def shipment_request(account: Account, request: LabelRequest) -> dict[str, Any]:
    """SHIPRequestWrapper: from the shopper (ShipFrom) to the shop (ShipTo), on the account of the shop (Shipper).

    Raises CarrierError, nothing sent, for what UPS cannot print or carry.
    """
    number = account.credential("account_number")
    home = {request.sender.country, request.recipient.country}
    references = [{"Value": clipped(request.reference, 35)}]
    references += [{"Value": clipped(request.rma, 35)}] if request.rma and request.rma != request.reference else []
    inside = len(home) == 1 and home <= set(IMPERIAL)
    description = request.description or "Return"
    shipment: dict[str, Any] = {
        "Description": clipped(description, 50),
        "ReturnService": {"Code": PRINT_RETURN_LABEL},
        "Shipper": {**_party(request.recipient, "recipient"), "ShipperNumber": number},
        "ShipTo": _party(request.recipient, "recipient"),
        "ShipFrom": _party(request.sender, "sender"),
        "PaymentInformation": {"ShipmentCharge": [{"Type": "01", "BillShipper": {"AccountNumber": number}}]},
        "ShipmentRatingOptions": {"NegotiatedRatesIndicator": "X"},
        "Service": {"Code": request.service or account.setting("service", GROUND if inside else STANDARD)},
        "Package": [{"Description": clipped(description, 35), **_package(request)}],
    }
    (shipment["Package"][0] if inside else shipment)["ReferenceNumber"] = references
    if crosses_customs(request):
        shipment["ShipmentServiceOptions"] = {"InternationalForms": _invoice(request)}
    label = {
        "LabelImageFormat": {"Code": _IMAGES.get(request.format, "GIF")},
        "LabelStockSize": {"Height": "6", "Width": "4"},
    }
    asked = {"Request": {"RequestOption": "nonvalidate"}, "Shipment": shipment, "LabelSpecification": label}
    return {"ShipmentRequest": asked}


def _party(address: Address, whose: str) -> dict[str, Any]:
    postal, state = address.postal_code.strip().upper(), address.region.strip().upper()
    if address.country in STATES:
        postal = re.sub(r"[ -]", "", postal)
        if not postal or not re.fullmatch("[A-Z]{2}", state):
            raise unfit(f"The {whose}'s address needs a postal code and a state of two letters.")
    if not address.city or not (address.company or address.name) or len(postal) > 9:
        raise unfit(f"The {whose}'s address needs a name, a city and a postal code of at most nine characters.")
    place = {
        "AddressLine": street_lines(address, 35, 3),
        "City": clipped(address.city, 30),
        "StateProvinceCode": state if len(state) <= 5 else "",
        "PostalCode": postal,
        "CountryCode": address.country,
    }
    digits = re.sub(r"\D", "", address.phone)[:15]
    party: dict[str, Any] = {
        "Name": clipped(address.company or address.name, 35),
        "AttentionName": clipped(address.name or address.company, 35),
        "Address": {name: value for name, value in place.items() if value},
    }
    return party | ({"Phone": {"Number": digits}} if digits else {})


def _package(request: LabelRequest) -> dict[str, Any]:
    imperial = request.recipient.country in IMPERIAL
    sides = sorted((inches(side) if imperial else side for side in request.size_cm), reverse=True)
    weight = pounds(request.weight_grams) if imperial else kilograms(request.weight_grams)
    unit, length = ("LBS", "IN") if imperial else ("KGS", "CM")
    return {
        "Packaging": {"Code": OWN_PACKAGING},
        "Dimensions": {
            "UnitOfMeasurement": {"Code": length},
            **dict(zip(("Length", "Width", "Height"), map(str, sides), strict=True)),
        },
        "PackageWeight": {"UnitOfMeasurement": {"Code": unit}, "Weight": f"{max(0.1, weight):.1f}"},
    }


def _invoice(request: LabelRequest) -> dict[str, Any]:
    """The invoice for customs. Raises CarrierError, nothing sent, where the goods or a telephone are not known."""
    if not request.items or not request.currency:
        raise unfit("A return across a customs border needs its goods with their values.")
    shop = _party(request.recipient, "recipient")
    if "Phone" not in shop:
        raise unfit("A return across a customs border needs the recipient's telephone number.")
    return {
        "FormType": ["01"],
        "Contacts": {"SoldTo": shop},
        "Product": [_product(item, request.currency) for item in request.items],
        "InvoiceNumber": clipped(request.rma or request.reference, 35),
        "ReasonForExport": "RETURN",
        "CurrencyCode": request.currency,
    }


def _product(item: CustomsItem, currency: str) -> dict[str, Any]:
    each = whole_units(round(item.value_minor / max(1, item.quantity)), currency)
    product = {
        "Description": [clipped(item.description, 35) or "Goods"],
        "Unit": {"Number": str(item.quantity), "UnitOfMeasurement": {"Code": "PCS"}, "Value": each},
        "CommodityCode": item.hs_code,
        "OriginCountryCode": item.origin_country,
    }
    return {name: value for name, value in product.items() if value}
