"""Return labels of DHL Express (MyDHL API, OpenAPI 3.1.1): a shipment from the shopper that the shop's account pays.

DHL bills what is picked up: nothing voids a label, and none needs it. It neither honours an idempotency key (a message's
reference only names it) nor finds a shipment by its reference before the first scan, nor prints a label again, so a lost
answer is for a person.
"""

from __future__ import annotations

from typing import Any

from carriers import parsing as read
from carriers.adapters.dhl_express.tracking import refused
from carriers.answers import read_json
from carriers.base import Account, Call, Http, RawAnswer
from carriers.discretion import personal
from carriers.errors import CarrierError, ErrorKind
from carriers.labelling import (
    clipped,
    crosses_customs,
    kilograms,
    minor_units,
    printable,
    street_lines,
    unfit,
    unsold,
    whole_units,
)
from carriers.model import Address, CustomsItem, Label, LabelFormat, LabelRequest

DOMESTIC, INSIDE_THE_UNION, WORLDWIDE = "N", "U", "P"  # global product codes
LONGEST_REFERENCE = 35
_BILLED = ("BILLC", "PULCL", "BASEC")  # in the currency of the bill, of the country, of DHL


def create(http: Http, account: Account, request: LabelRequest) -> Label:
    """POST /shipments. Never repeated."""
    body = shipment_request(account, request)
    basic = (account.credential("username"), account.credential("password"))
    call = Call("POST", account.url("/shipments"), json=body, basic=basic, repeatable=False)
    tree = _checked(http.send(account, call), personal(account, request))
    number = read.text(read.dig(tree, "shipmentTrackingNumber"))
    if number is None:
        raise CarrierError(ErrorKind.MALFORMED, "DHL Express sold a label without a number.")
    documents = read.records(read.dig(tree, "documents"))
    label = next((one for one in documents if read.text(one.get("typeCode")) in ("label", None)), {})
    content, kind = printable(label.get("content")) or (b"", LabelFormat.PDF)
    cost, currency = _cost(read.records(read.dig(tree, "shipmentCharges")))
    return Label(
        "dhl_express",
        number,
        content,
        cost_minor=cost,
        currency=currency,
        format=kind,
        service=body["productCode"],
    )


def _checked(answer: RawAnswer, secrets: list[str]) -> Any:
    """The JSON of an answer that says yes. What DHL says no with may repeat the address: it is taken out."""
    tree = read_json(answer)
    if answer.succeeded:
        return tree
    raise unsold(refused(answer, tree, alone=False), secrets, answer)


def _cost(charges: list[dict[str, Any]]) -> tuple[int | None, str | None]:
    """What the account is billed, in the first of the currencies in which DHL names a price."""
    for kind in _BILLED:
        for charge in charges:
            currency = read.text(charge.get("priceCurrency"))
            cost = minor_units(charge.get("price"), currency) if charge.get("currencyType") == kind else None
            if cost is not None:
                return cost, currency
    return None, None


# --- the request -------------------------------------------------------------------------------------------------


def shipment_request(account: Account, request: LabelRequest) -> dict[str, Any]:
    """CreateShipmentRequest. Raises CarrierError(bad_request), nothing sent, for what DHL cannot print or carry."""
    if request.ship_on is None:
        raise unfit("DHL Express needs the day on which the parcel is handed in.")
    accounts = [{"typeCode": "payer", "number": account.credential("account_number")}]
    if shipper := account.setting("shipper_account_number"):
        accounts.insert(0, {"typeCode": "shipper", "number": shipper})
    customs = crosses_customs(request)
    return {
        # The last minute of the day in GMT is never past on that day, wherever the sender lives.
        "plannedShippingDateAndTime": f"{request.ship_on}T23:59:00 GMT+00:00",
        "pickup": {"isRequested": False},
        "productCode": request.service or account.setting("product_code", _product(request, customs=customs)),
        "getRateEstimates": True,
        "accounts": accounts,
        "outputImageProperties": _images(request, customs=customs),
        "customerReferences": _references(request),
        "customerDetails": {
            "shipperDetails": _party(request.sender, "sender", "private"),
            "receiverDetails": _party(request.recipient, "recipient", "business"),
        },
        "content": _content(account, request, customs=customs),
    }


def _product(request: LabelRequest, *, customs: bool) -> str:
    if request.sender.country == request.recipient.country:
        return DOMESTIC
    return WORLDWIDE if customs else INSIDE_THE_UNION


def _images(request: LabelRequest, *, customs: bool) -> dict[str, Any]:
    """The label; across a customs border one PDF with the invoice for returned goods, which is never a ZPL."""
    if customs:
        invoice = {"typeCode": "invoice", "isRequested": True, "invoiceType": "returns"}
        options = [{"typeCode": "label"}, {**invoice, "templateName": "RET_COM_INVOICE_A4_01"}]
        return {"encodingFormat": "pdf", "imageOptions": options, "allDocumentsInOneImage": True}
    kind = "zpl" if request.format is LabelFormat.ZPL else "pdf"
    return {"encodingFormat": kind, "imageOptions": [{"typeCode": "label"}]}


def _references(request: LabelRequest) -> list[dict[str, str]]:
    values = [clipped(request.reference, LONGEST_REFERENCE), clipped(request.rma, LONGEST_REFERENCE)]
    return [{"value": value, "typeCode": "CU"} for value in dict.fromkeys(filter(None, values))]


def _party(address: Address, whose: str, kind: str) -> dict[str, Any]:
    name, company = address.name or address.company, address.company or address.name
    if not name or len(name) > 100 or len(company) > 100:
        raise unfit(f"The {whose}'s address needs a name of at most 100 characters.")
    if not address.city or len(address.city) > 45 or len(address.postal_code) > 12:
        raise unfit(f"The {whose}'s address needs a city of at most 45 and a postal code of at most 12 characters.")
    if not address.phone or len(address.phone) > 70:
        raise unfit(f"DHL Express needs the {whose}'s telephone number.")
    lines = dict(zip(("addressLine1", "addressLine2", "addressLine3"), street_lines(address, 45, 3), strict=False))
    place = {"postalCode": address.postal_code, "cityName": address.city, "countryCode": address.country, **lines}
    if 2 <= len(address.region) <= 35:
        place["provinceCode"] = address.region
    contact = {"phone": address.phone, "companyName": company, "fullName": name}
    if address.email and len(address.email) <= 70:
        contact["email"] = address.email
    return {"postalAddress": place, "contactInformation": contact, "typeCode": kind}


def _content(account: Account, request: LabelRequest, *, customs: bool) -> dict[str, Any]:
    description = clipped(request.description, 70) or "Return"
    length, width, height = (max(1, side) for side in request.size_cm)
    parcel = {
        "weight": kilograms(request.weight_grams),
        "dimensions": {"length": length, "width": width, "height": height},
        "description": description,
    }
    content: dict[str, Any] = {
        "packages": [parcel],
        "isCustomsDeclarable": customs,
        "description": description,
        "incoterm": account.setting("incoterm", "DAP"),
        "unitOfMeasurement": "metric",
    }
    if customs:
        content |= _declaration(account, request)
    return content


def _declaration(account: Account, request: LabelRequest) -> dict[str, Any]:
    """What customs are told. Raises CarrierError, nothing sent, where the goods or where they were made is not known."""
    if not request.items or not request.currency:
        raise unfit("A return across a customs border needs its goods with their values.")
    home = account.setting("origin_country")
    items = [_item(number, item, request.currency, home) for number, item in enumerate(request.items, start=1)]
    return {
        "declaredValue": float(whole_units(sum(item.value_minor for item in request.items), request.currency)),
        "declaredValueCurrency": request.currency,
        "exportDeclaration": {
            "lineItems": items,
            "invoice": {
                "number": clipped(request.rma or request.reference, LONGEST_REFERENCE),
                "date": str(request.ship_on),
            },
            "exportReason": "Return",
            "exportReasonType": "return",
        },
    }


def _item(number: int, item: CustomsItem, currency: str, home: str) -> dict[str, Any]:
    origin, pieces = item.origin_country or home, max(1, item.quantity)
    if len(origin) != 2:
        raise unfit("A return across a customs border needs the country where the goods were made.")
    weight = kilograms(item.weight_grams)
    line: dict[str, Any] = {
        "number": number,
        "description": clipped(item.description, 512) or "Goods",
        "price": float(whole_units(round(item.value_minor / pieces), currency)),
        "quantity": {"value": pieces, "unitOfMeasurement": "PCS"},
        "exportReasonType": "return",
        "manufacturerCountry": origin.upper(),
        "weight": {"netValue": weight, "grossValue": weight},
    }
    if 2 <= len(item.hs_code) <= 18:
        line["commodityCodes"] = [{"typeCode": "outbound", "value": item.hs_code}]
    return line
