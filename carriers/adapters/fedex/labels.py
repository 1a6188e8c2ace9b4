"""FedEx return labels: buy and cancel (fedex-ship-v1 OpenAPI).

A label is printed once, in the answer to its purchase. When that answer is lost, the shipment can be tracked by our
reference as soon as FedEx has heard of it, but its label cannot be had again, and that tracking knows nothing yet does
not prove that nothing was sold. So a lost answer is for a person, who finds the shipment under the reference.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from carriers import parsing as read
from carriers.adapters.fedex.calls import failure, token, token_refused
from carriers.answers import read_json
from carriers.base import Account, Call, Http, RawAnswer
from carriers.discretion import personal
from carriers.errors import CarrierError, ErrorKind
from carriers.labelling import (
    SaidNo,
    before_buying,
    clipped,
    crosses_customs,
    kilograms,
    minor_units,
    pounds,
    printable,
    sniff,
    street_lines,
    unfit,
    unsold,
    unvoided,
    whole_units,
)
from carriers.model import Address, BoughtLabel, CustomsItem, Label, LabelFormat, LabelRequest

GROUND = "FEDEX_GROUND"
BY_ROAD = {"US", "CA"}  # where ground is the usual service; elsewhere the account has to say
STATES = ("US", "CA", "PR")
_IMAGES = {LabelFormat.PDF: "PDF", LabelFormat.PNG: "PNG", LabelFormat.ZPL: "ZPLII"}
_FOR_A_REASON = re.compile(r"UNAVAILABLE\.(?!ERROR)")  # SERVICE.UNAVAILABLE.FOR.ROUTE is no failure of FedEx's
_CANCELLED = re.compile(r"already (?:been )?cancell?ed", re.IGNORECASE)


def create(http: Http, account: Account, request: LabelRequest) -> Label:
    """POST /ship/v1/shipments. Never repeated: FedEx knows no idempotency key."""
    body = shipment_request(account, request)
    call = Call("POST", account.url("/ship/v1/shipments"), {"x-locale": "en_US"}, json=body, repeatable=False)
    tree = _checked(_send(http, account, call), personal(account, request))
    shipment = read.record(read.dig(tree, "output", "transactionShipments"))
    piece = read.record(shipment.get("pieceResponses"))
    master = read.text(shipment.get("masterTrackingNumber"))
    number = read.text(piece.get("trackingNumber")) or master
    if number is None:
        raise CarrierError(ErrorKind.MALFORMED, "FedEx sold a label without a number.")
    content, kind = _document(http, account, piece, shipment)
    cost, currency = _cost(shipment)
    service = read.text(shipment.get("serviceType"))
    return Label(
        "fedex",
        number,
        content,
        cost_minor=cost,
        currency=currency,
        format=kind,
        service=service or body["requestedShipment"]["serviceType"],
        handle=master or number,
    )


def void(http: Http, account: Account, label: BoughtLabel) -> None:
    """PUT /ship/v1/shipments/cancel, of the shipment with all its packages."""
    body = {
        "accountNumber": {"value": account.credential("account_number")},
        "emailShipment": False,
        "deletionControl": "DELETE_ALL_PACKAGES",
        "trackingNumber": label.handle or label.tracking_number,
    }
    call = Call("PUT", account.url("/ship/v1/shipments/cancel"), {"x-locale": "en_US"}, json=body, repeatable=False)
    answer = _send(http, account, call)
    try:
        output = read.record(read.dig(_checked(answer, personal(account), unvoided), "output"))
    except CarrierError as error:
        if _CANCELLED.search(error.message):
            return
        raise
    words = read.first_text(output.get("message"), read.dig(output, "alerts", "message")) or ""
    if output.get("cancelledShipment") is True or _CANCELLED.search(words):
        return
    if output.get("cancelledShipment") is False:
        refused = CarrierError(ErrorKind.BAD_REQUEST, words or "FedEx does not take the label back.")
        raise unvoided(refused, personal(account))
    raise CarrierError(ErrorKind.MALFORMED, "FedEx did not say whether the label is cancelled.")


def _send(http: Http, account: Account, call: Call) -> RawAnswer:
    return http.send_with_token(account, call, before_buying(lambda: token(http, account)), token_refused)


def _checked(answer: RawAnswer, secrets: list[str], said_no: SaidNo = unsold) -> Any:
    """The JSON of an answer that says yes. A refusal of the request is one, whatever word its code begins with."""
    tree = read_json(answer)
    said = read.record(read.dig(tree, "errors"))
    if answer.succeeded and (not said or read.dig(tree, "output", "transactionShipments")):
        return tree
    error = failure(answer, said)
    if answer.surely_refused and _FOR_A_REASON.search(error.carrier_code or ""):
        error.kind = ErrorKind.BAD_REQUEST
    raise said_no(error, secrets, answer)


def _document(
    http: Http, account: Account, piece: dict[str, Any], shipment: dict[str, Any]
) -> tuple[bytes, LabelFormat]:
    """The label among the documents: in the answer, or behind an address of FedEx's. Empty when it is neither."""
    documents = read.records(piece.get("packageDocuments")) + read.records(shipment.get("shipmentDocuments"))
    for document in documents:
        if found := printable(document.get("encodedLabel")):
            return found
    for url in filter(None, (read.text(document.get("url")) for document in documents)):
        content = _download(http, account, url)
        if kind := sniff(content):
            return content, kind
    return b"", LabelFormat.PDF


def _download(http: Http, account: Account, url: str) -> bytes:
    """What lies behind a label's address; nothing where it is not FedEx's or cannot be had."""
    try:
        asked, own = urlsplit(url), urlsplit(account.base_url)
    except ValueError:  # no address at all
        return b""
    at_home = asked.netloc == own.netloc and asked.scheme == own.scheme
    if not at_home and not (asked.scheme == "https" and (asked.hostname or "").endswith(".fedex.com")):
        return b""
    try:
        answer = http.send(account, Call("GET", url, {"Accept": "*/*"}))
    except CarrierError:
        return b""
    return answer.body if answer.status == 200 else b""


def _cost(shipment: dict[str, Any]) -> tuple[int | None, str | None]:
    """The net charge of the rate that FedEx calls the actual one, else of the first."""
    rating = read.record(read.dig(shipment, "completedShipmentDetail", "shipmentRating"))
    rates = read.records(rating.get("shipmentRateDetails"))
    rates.sort(key=lambda rate: rate.get("rateType") != rating.get("actualRateType"))
    for rate in rates:
        currency = read.text(rate.get("currency"))
        cost = minor_units(rate.get("totalNetCharge"), currency)
        if cost is not None:
            return cost, currency
    return None, None


# --- the request -------------------------------------------------------------------------------------------------


def shipment_request(account: Account, request: LabelRequest) -> dict[str, Any]:
    """Full_Schema_Ship: from the shopper (shipper) to the shop (recipients), on the account of the shop.

    Raises CarrierError, nothing sent, for what FedEx cannot print or carry.
    """
    number = {"value": account.credential("account_number")}
    paid = {"payor": {"responsibleParty": {"accountNumber": number}}}
    phone = request.sender.phone or request.recipient.phone  # FedEx wants one; the shop answers for a shopper without
    thermal = request.format is LabelFormat.ZPL
    shipment: dict[str, Any] = {
        "shipper": _party(request.sender, phone, "sender"),
        "recipients": [_party(request.recipient, request.recipient.phone, "recipient")],
        "pickupType": "DROPOFF_AT_FEDEX_LOCATION",
        "serviceType": _service(account, request),
        "packagingType": "YOUR_PACKAGING",
        "totalWeight": round(pounds(request.weight_grams), 1),
        "shippingChargesPayment": {"paymentType": "SENDER", **paid},
        "shipmentSpecialServices": {
            "specialServiceTypes": ["RETURN_SHIPMENT"],
            "returnShipmentDetail": {
                "returnType": "PRINT_RETURN_LABEL",
                "rma": {"reason": clipped(request.description or "Return", 60)},
            },
        },
        "labelSpecification": {
            "imageType": _IMAGES.get(request.format, "PDF"),
            "labelStockType": "STOCK_4X6" if thermal else "PAPER_4X6",
        },
        "rateRequestType": ["ACCOUNT"],
        "requestedPackageLineItems": [_package(request)],
    }
    shipment |= {"shipDatestamp": request.ship_on.isoformat()} if request.ship_on else {}
    if crosses_customs(request):
        duties = {"paymentType": "RECIPIENT", **paid}
        shipment["customsClearanceDetail"] = {**_customs(request), "dutiesPayment": duties}
    return {"labelResponseOptions": "LABEL", "accountNumber": number, "requestedShipment": shipment}


def _service(account: Account, request: LabelRequest) -> str:
    road = {request.sender.country, request.recipient.country} <= BY_ROAD
    service = request.service or account.setting("service", GROUND if road else "")
    if not service:
        raise unfit("No FedEx service is set for this way.")
    return service


def _party(address: Address, phone: str, whose: str) -> dict[str, Any]:
    postal, state = address.postal_code.strip(), address.region.strip().upper()
    if address.country in STATES and not (postal and re.fullmatch("[A-Z]{2}", state)):
        raise unfit(f"The {whose}'s address needs a postal code and a state of two letters.")
    if not address.city or not (address.company or address.name) or len(postal) > 10:
        raise unfit(f"The {whose}'s address needs a name, a city and a postal code of at most ten characters.")
    digits = re.sub(r"\D", "", phone)
    if not 10 <= len(digits) <= 15:
        raise unfit(f"The {whose}'s address needs a telephone number of ten digits or more.")
    place = {
        "streetLines": street_lines(address, 35, 3),
        "city": clipped(address.city, 35),
        "stateOrProvinceCode": state if len(state) == 2 else "",
        "postalCode": postal,
        "countryCode": address.country,
    }
    contact = {
        "personName": clipped(address.name, 70),
        "companyName": clipped(address.company, 35),
        "phoneNumber": digits,
    }
    return {
        "address": {name: value for name, value in place.items() if value},
        "contact": {name: value for name, value in contact.items() if value},
    }


def _package(request: LabelRequest) -> dict[str, Any]:
    references = [{"customerReferenceType": "CUSTOMER_REFERENCE", "value": clipped(request.reference, 40)}]
    if request.rma:
        references.append({"customerReferenceType": "RMA_ASSOCIATION", "value": clipped(request.rma, 20)})
    length, width, height = sorted(request.size_cm, reverse=True)
    return {
        "customerReferences": references,
        "weight": {"units": "KG", "value": kilograms(request.weight_grams)},
        "dimensions": {"length": length, "width": width, "height": height, "units": "CM"},
        "itemDescription": clipped(request.description or "Return", 50),
    }


def _customs(request: LabelRequest) -> dict[str, Any]:
    """What customs is told. Raises CarrierError, nothing sent, where the goods and their values are not known."""
    if not request.items or not request.currency:
        raise unfit("A return across a customs border needs its goods with their values.")
    total = sum(item.value_minor for item in request.items)
    return {
        "commercialInvoice": {"shipmentPurpose": "NOT_SOLD"},
        "customsOption": {"type": "OTHER", "description": "Return of goods to the seller"},
        "commodities": [_commodity(item, request.currency) for item in request.items],
        "totalCustomsValue": _money(total, request.currency),
    }


def _commodity(item: CustomsItem, currency: str) -> dict[str, Any]:
    commodity = {
        "description": clipped(item.description, 450) or "Goods",
        "quantity": item.quantity,
        "quantityUnits": "PCS",
        "numberOfPieces": item.quantity,
        "unitPrice": _money(round(item.value_minor / max(1, item.quantity)), currency),
        "customsValue": _money(item.value_minor, currency),
        "weight": {"units": "KG", "value": kilograms(item.weight_grams)},
        "countryOfManufacture": item.origin_country,
        "harmonizedCode": item.hs_code,
    }
    return {name: value for name, value in commodity.items() if value}


def _money(minor: int, currency: str) -> dict[str, Any]:
    return {"amount": float(whole_units(minor, currency)), "currency": currency}
