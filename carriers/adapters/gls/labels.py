"""GLS's return labels by ShipIT (OpenAPI of the ShipIT farm): buy, find by reference, print again, cancel.

A shop return is ordered with the shopper as the consignee: GLS turns the way round. On the wire an address says `ZIPCode`
and `eMail`, as GLS's clients do, where the published schema spells them another way and demands neither. What goes wrong
is told in the headers `error` and `message`, whatever the body.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers.answers import read_json, refusal
from carriers.base import Account, Call, Http, RawAnswer, Token
from carriers.discretion import personal
from carriers.errors import CarrierError, ErrorKind
from carriers.labelling import (
    SaidNo,
    before_buying,
    clipped,
    crosses_customs,
    kilograms,
    printable,
    street_and_number,
    unfit,
    unsold,
    unvoided,
)
from carriers.model import Address, BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest

SHIPIT = "/shipit-farm/v1/backend/rs"
MEDIA_TYPE = "application/glsVersion1+json"
SERVICE = "service_shopreturn"
LONGEST = {"Name1": 40, "Name2": 40, "Name3": 40, "Street": 40, "StreetNumber": 40, "City": 40, "ZIPCode": 10}
LONGEST_REFERENCE = 40
PRINTED = {LabelFormat.PDF: ("NONE", "PDF"), LabelFormat.PNG: ("NONE", "PNG"), LabelFormat.ZPL: ("ZPL_200", "ZEBRA")}
_WHOSE = "ShipmentReference"
CANCELLED = ("CANCELLED", "CANCELED", "CANCELLATION_PENDING", "OK")
DAYS_AROUND = 2  # the label was asked for on the day it is handed in on, in some time zone
Fetch = Callable[[], Token]


def create(http: Http, account: Account, request: LabelRequest, fetch: Fetch) -> Label:
    """POST /rs/shipments. Never repeated: GLS knows no idempotency key."""
    body = shipment_request(account, request)
    tree = _ask(http, account, "/shipments", body, fetch, personal(account, request), buys=True)
    made = read.dig(tree, "CreatedShipment")
    parcel = read.record(read.dig(made, "ParcelData"))
    track, number = read.text(parcel.get("TrackID")), read.text(parcel.get("ParcelNumber"))
    if track is None and number is None:
        raise CarrierError(ErrorKind.MALFORMED, "GLS sold a label without a number.")
    content, kind = _printed(made) or (b"", request.format)
    handle = _handle(track or number or "", request.ship_on)
    return Label("gls", number or track or "", content, format=kind, service=SERVICE, handle=handle)


def find(http: Http, account: Account, request: LabelRequest, fetch: Fetch) -> Label | None:
    """POST /rs/tracking/parcels by our reference, around the day of the request. None when GLS lists no parcel.

    Its document is printed again; where that fails, `fetch_label` gets it later.
    """
    if request.ship_on is None:
        raise unfit("GLS finds a label by its reference and its day.")
    reference = clipped(request.reference, LONGEST_REFERENCE)
    around = timedelta(days=DAYS_AROUND)
    days = {"DateFrom": str(request.ship_on - around), "DateTo": str(request.ship_on + around)}
    secrets = personal(account, request)
    tree = _ask(http, account, "/tracking/parcels", {"ShipmentReference": reference, **days}, fetch, secrets)
    if not isinstance(tree, dict) or (tree and "UnitItems" not in tree):
        raise CarrierError(ErrorKind.MALFORMED, "GLS answered a search without a list.")
    for item in read.records(tree.get("UnitItems")):
        track, number, whose = read.text(item.get("TrackID")), read.text(item.get("ParcelNumber")), item.get(_WHOSE)
        if _cancelled(item.get("Status")) or (whose and reference not in _texts(whose)):
            continue
        if not track or not whose:  # it is among what was asked for, and may be ours
            raise CarrierError(ErrorKind.MALFORMED, "GLS lists a parcel without its number or its reference.")
        handle = _handle(track, read.date_of(item.get("InitialDate")) or request.ship_on)
        found = _document(http, account, BoughtLabel(number or track, handle, request.format), fetch)
        kind = found.format if found else request.format
        content = found.content if found else b""
        return Label("gls", number or track, content, format=kind, service=SERVICE, handle=handle)
    return None


def _document(http: Http, account: Account, label: BoughtLabel, fetch: Fetch) -> LabelDocument | None:
    try:
        return fetch_again(http, account, label, fetch)
    except CarrierError:
        return None


def fetch_again(http: Http, account: Account, label: BoughtLabel, fetch: Fetch) -> LabelDocument:
    """POST /rs/shipments/reprintparcel by the track id and the day the parcel was ordered on."""
    track, _, day = (label.handle or label.tracking_number).partition(" ")
    which = {"TrackID": track} if label.handle else {"ParcelNumber": track}
    body = {**which, **({"CreationDate": day} if day else {}), "PrintingOptions": _printing(label.format)}
    tree = _ask(http, account, "/shipments/reprintparcel", body, fetch, personal(account))
    found = _printed(read.dig(tree, "CreatedShipment"))
    if found is None:
        raise CarrierError(ErrorKind.MALFORMED, "GLS printed nothing that is a label.")
    return LabelDocument(*found)


def void(http: Http, account: Account, label: BoughtLabel, fetch: Fetch) -> None:
    """POST /rs/shipments/cancel/{track id}. A parcel that GLS has scanned cannot be cancelled."""
    track = quote((label.handle or label.tracking_number).partition(" ")[0], safe="")
    tree = _ask(http, account, f"/shipments/cancel/{track}", None, fetch, personal(account), said_no=unvoided)
    result = (read.first_text(read.dig(tree, "Result"), read.dig(tree, "result")) or "").upper()
    if result in CANCELLED:
        return
    kind = {"SCANNED": ErrorKind.BAD_REQUEST, "ERROR": ErrorKind.SERVER_ERROR}.get(result, ErrorKind.MALFORMED)
    raise CarrierError(kind, "GLS did not cancel the label.", carrier_code=result or None)


def _ask(
    http: Http,
    account: Account,
    path: str,
    body: Any,
    fetch: Fetch,
    secrets: list[str],
    *,
    buys: bool = False,
    said_no: SaidNo = unsold,
) -> Any:
    headers = {"Content-Type": MEDIA_TYPE, "Accept": f"{MEDIA_TYPE}, application/json"}
    call = Call("POST", account.url(SHIPIT + path), headers, json=body, repeatable=not buys)
    answer = http.send_with_token(account, call, before_buying(fetch))
    if answer.succeeded:
        return read_json(answer)
    raise said_no(refusal(answer, _told(answer), answer.header("error")), secrets, answer)


def _told(answer: RawAnswer) -> str | None:
    """The words of a refusal: the header `message`, else a fault of the gateway or what the body has."""
    try:
        tree = read_json(answer)
    except CarrierError:
        tree = None
    fault, listed = read.record(read.dig(tree, "fault")), read.record(read.dig(tree, "errors"))
    return read.first_text(
        answer.header("message"),
        fault.get("faultstring"),
        *(listed.get(name) for name in ("message", "exitMessage", "Message")),
        *(read.dig(tree, name) for name in ("message", "Message", "detail", "title")),
    )


def _handle(track: str, day: date | None) -> str:
    return f"{track} {day}" if day else track


def _texts(value: Any) -> list[str | None]:
    return [read.text(one) for one in (value if isinstance(value, list) else [value])]


def _cancelled(status: Any) -> bool:
    return (read.text(status) or "").upper().startswith("CANCEL")


def _printed(made: Any) -> tuple[bytes, LabelFormat] | None:
    """The first file of `PrintData[].Data[]`, which may also be one text."""
    for printed in read.records(read.dig(made, "PrintData")):
        data = printed.get("Data")
        for one in data if isinstance(data, list) else [data]:
            if found := printable(one):
                return found
    return None


# --- the request -------------------------------------------------------------------------------------------------


def shipment_request(account: Account, request: LabelRequest) -> dict[str, Any]:
    """ShipmentRequestData. Raises CarrierError(bad_request), nothing sent, for what GLS cannot print or take."""
    if crosses_customs(request):
        raise unfit("GLS brings no returns across a customs border.")
    contact = account.credential("contact_id")
    reference = clipped(request.reference, LONGEST_REFERENCE)
    home = _address(request.recipient, "recipient")
    shipment: dict[str, Any] = {
        "ShipmentReference": [reference],
        "Product": "PARCEL",
        "Consignee": {"Category": "PRIVATE", "Address": _address(request.sender, "sender")},
        "Shipper": {"ContactID": contact, "AlternativeShipperAddress": home},
        "Return": {"Address": home},
        "ShipmentUnit": [
            {
                "ShipmentUnitReference": [clipped(request.rma, LONGEST_REFERENCE) or reference],
                "Weight": max(0.1, kilograms(request.weight_grams)),
            }
        ],
        "Service": [{"ShopReturn": {"ServiceName": request.service or SERVICE, "NumberOfLabels": 1}}],
    }
    if request.ship_on:
        shipment["ShippingDate"] = str(request.ship_on)
    if middleware := account.setting("middleware"):
        shipment["Middleware"] = middleware
    return {"Shipment": shipment, "PrintingOptions": _printing(request.format)}


def _printing(wished: LabelFormat) -> dict[str, Any]:
    template, kind = PRINTED.get(wished, PRINTED[LabelFormat.PDF])
    return {"ReturnLabels": {"TemplateSet": template, "LabelFormat": kind}}


def _address(address: Address, whose: str) -> dict[str, str]:
    street, house = street_and_number(address.line1)
    parts = {
        "Name1": address.company or address.name,
        "Name2": address.name if address.company else "",
        "Name3": address.line2,
        "CountryCode": address.country,
        "ZIPCode": address.postal_code.strip(),
        "City": address.city,
        "Street": street,
        "StreetNumber": house,
        "eMail": address.email if len(address.email) <= 80 else "",
        "FixedLinePhonenumber": address.phone if 4 <= len(address.phone) <= 35 else "",
    }
    for name, longest in LONGEST.items():
        if len(parts[name]) > longest:
            raise unfit(f"The {whose}'s {name} is longer than {longest} characters.")
    if not all(parts[name] for name in ("Name1", "City", "Street", "ZIPCode")):
        raise unfit(f"The {whose}'s address needs a name, a street, a city and a postal code.")
    return {name: value for name, value in parts.items() if value}
