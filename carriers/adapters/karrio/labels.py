"""Karrio return labels: a draft with `is_return`, the call that purchases it, its document, a cancellation.

Source: karrio-openapi.yml (2026.1). With `is_return` Karrio turns the addresses round itself, so they are those of the
way out. Shipments can be listed by our reference, and a draft is purchased once: the second time is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers.adapters.karrio.calls import checked, send
from carriers.adapters.karrio.tracking import FAILED_AT_CARRIER
from carriers.base import Account, Http, RawAnswer
from carriers.discretion import personal
from carriers.errors import CarrierError, ErrorKind
from carriers.labelling import (
    clipped,
    crosses_customs,
    kilograms,
    minor_units,
    printable,
    unfit,
    unsold,
    unvoided,
    whole_units,
)
from carriers.model import Address, BoughtLabel, CustomsItem, Label, LabelDocument, LabelFormat, LabelRequest

FILE_TYPES = {LabelFormat.PDF: "PDF", LabelFormat.PNG: "PNG", LabelFormat.ZPL: "ZPL"}
NOT_MODIFIED, CONFLICT = 304, 409
_UNBOUGHT = ("draft", "cancelled")
# What the carrier behind Karrio may have done all the same.
_LATE = re.compile(r"time.?out|timed out|connection|unavailable|try again|50\d\b", re.IGNORECASE)


def create(http: Http, account: Account, request: LabelRequest) -> Label:
    """The draft (POST /v1/shipments, or the one that is there already), then POST /v1/shipments/{id}/purchase."""
    secrets = personal(account, request)
    try:
        there = _shipments(http, account, request.reference)
        shipment = next(iter(there), None)
        if shipment is None:
            body = shipment_request(account, request)
            shipment = read.record(checked(send(http, account, "POST", "/v1/shipments", body)))
        elif not _bought(shipment):
            body = {"reference": request.reference}
            shipment = read.record(checked(send(http, account, "POST", f"{_path(shipment)}/rates", body)))
        rate = {} if _bought(shipment) else _rate(account, request, shipment)
    except CarrierError as error:
        found = unsold(error, secrets)
        found.sent = False  # nothing before the call that buys costs anything
        raise found from None
    if not _bought(shipment):
        shipment = _buy(http, account, shipment, rate, request, secrets)
    return _label(http, account, shipment, request.format)


def find(http: Http, account: Account, request: LabelRequest) -> Label | None:
    """GET /v1/shipments?reference=…: None where no shipment with our reference was bought."""
    try:
        there = _shipments(http, account, request.reference)
    except CarrierError as error:
        raise unsold(error, personal(account, request)) from None
    bought = next((one for one in there if _bought(one)), None)
    return _label(http, account, bought, request.format) if bought else None


def fetch_again(http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
    """POST /v1/shipments/{id}/documents/label."""
    found = _document(http, account, {"id": label.handle})
    if found is None:
        raise CarrierError(ErrorKind.MALFORMED, "Karrio gave no label that can be printed.")
    return LabelDocument(*found)


def void(http: Http, account: Account, label: BoughtLabel) -> None:
    """POST /v1/shipments/{id}/cancel. A shipment that is cancelled already is no error."""
    if not label.handle:
        raise unfit("Karrio's own name for the label is not known.")
    path = _path({"id": label.handle})
    answer = send(http, account, "POST", f"{path}/cancel", repeatable=False)
    if answer.status == NOT_MODIFIED:
        return
    try:
        told = checked(answer if answer.status != CONFLICT else send(http, account, "GET", path))
    except CarrierError as error:
        raise unvoided(error, personal(account), answer) from None
    if read.text(read.dig(told, "status")) != "cancelled":
        raise CarrierError(ErrorKind.BAD_REQUEST, "Karrio does not take the label back.")


def _path(shipment: dict[str, Any]) -> str:
    return f"/v1/shipments/{quote(read.text(shipment.get('id')) or '', safe='')}"


def _shipments(http: Http, account: Account, reference: str) -> list[dict[str, Any]]:
    """The shipments with our reference, a bought one before drafts; none that was cancelled."""
    told = read.record(checked(send(http, account, "GET", "/v1/shipments", params={"reference": reference})))
    if not isinstance(told.get("results"), list):
        raise CarrierError(ErrorKind.MALFORMED, "Karrio answered without its shipments.")
    mine = [one for one in read.records(told["results"]) if read.text(one.get("reference")) == reference]
    alive = [one for one in mine if read.text(one.get("id")) and one.get("status") != "cancelled"]
    return sorted(alive, key=_bought, reverse=True)


def _bought(shipment: dict[str, Any]) -> bool:
    status = read.text(shipment.get("status"))
    return status not in (None, *_UNBOUGHT) or read.text(shipment.get("tracking_number")) is not None


def _rate(account: Account, request: LabelRequest, shipment: dict[str, Any]) -> dict[str, Any]:
    """The cheapest rate of the wished service and connection (the account's settings), or of all."""
    service, connection = request.service or account.setting("service"), account.setting("carrier_id")
    offers = [
        (cost, rate)
        for rate in read.records(shipment.get("rates"))
        if (cost := _cost(rate)[0]) is not None
        and (not service or rate.get("service") == service)
        and (not connection or rate.get("carrier_id") == connection)
        and read.text(rate.get("id"))
    ]
    if not offers:
        messages = read.records(shipment.get("messages"))
        raise unfit(
            read.first_text(*(one.get("message") for one in messages)) or "Karrio offers no rate for this return."
        )
    return min(offers, key=lambda offer: offer[0])[1]


def _cost(rate: dict[str, Any]) -> tuple[int | None, str | None]:
    currency, charge = read.text(rate.get("currency")), rate.get("total_charge")
    return minor_units(charge if isinstance(charge, int | float | str) else None, currency), currency


def _buy(
    http: Http,
    account: Account,
    shipment: dict[str, Any],
    rate: dict[str, Any],
    request: LabelRequest,
    secrets: Sequence[str],
) -> dict[str, Any]:
    """The call that costs."""
    body = {"selected_rate_id": rate["id"], "label_type": FILE_TYPES.get(request.format, "PDF")}
    answer = send(http, account, "POST", f"{_path(shipment)}/purchase", body, repeatable=False)
    try:
        bought = read.record(checked(answer))
    except CarrierError as error:
        bought = _after_all(http, account, shipment) if answer.status == CONFLICT else {}
        if not bought:
            raise _unbought(answer, error, secrets) from None
    return bought


def _after_all(http: Http, account: Account, shipment: dict[str, Any]) -> dict[str, Any]:
    """The shipment, if another call has bought it."""
    try:
        found = read.record(checked(send(http, account, "GET", _path(shipment))))
    except CarrierError:
        return {}
    return found if _bought(found) else {}


def _unbought(answer: RawAnswer, error: CarrierError, secrets: Sequence[str]) -> CarrierError:
    """A conflict may be a purchase under way, and a carrier that gave Karrio no answer may have sold; others have not."""
    code = error.carrier_code
    if answer.status == CONFLICT or (answer.status == FAILED_AT_CARRIER and _LATE.search(f"{code} {error.message}")):
        return CarrierError(ErrorKind.SERVER_ERROR, "The label may be bought.", carrier_code=code)
    if answer.status == FAILED_AT_CARRIER:
        error.kind = ErrorKind.BAD_REQUEST
    return unsold(error, secrets, answer)


def _label(http: Http, account: Account, shipment: dict[str, Any], wish: LabelFormat) -> Label:
    number = read.text(shipment.get("tracking_number"))
    if number is None:
        raise CarrierError(ErrorKind.MALFORMED, "Karrio sold a label without a number.")
    content, kind = _document(http, account, shipment) or (b"", wish)
    rate = read.record(shipment.get("selected_rate"))
    cost, currency = _cost(rate)
    return Label(
        "karrio",
        number,
        content,
        cost_minor=cost,
        currency=currency if cost is not None else None,
        format=kind,
        service=read.first_text(shipment.get("service"), rate.get("service")),
        handle=read.text(shipment.get("id")) or "",
    )


def _document(http: Http, account: Account, shipment: dict[str, Any]) -> tuple[bytes, LabelFormat] | None:
    """The label: out of the shipment itself where it is in it, else asked for."""
    papers = read.records(shipment.get("shipping_documents"))
    own = [one.get("base64") for one in papers if one.get("category") == "label"]
    inside = next(filter(None, map(printable, (*own, read.dig(shipment, "docs", "label")))), None)
    if inside:
        return inside
    try:
        told = checked(send(http, account, "POST", f"{_path(shipment)}/documents/label"))
    except CarrierError:
        return None
    return printable(read.dig(told, "base64"))


# --- the request -------------------------------------------------------------------------------------------------


def shipment_request(account: Account, request: LabelRequest) -> dict[str, Any]:
    """ShipmentData. Raises CarrierError, nothing sent, for what is missing."""
    service, connection = request.service or account.setting("service"), account.setting("carrier_id")
    length, width, height = sorted(request.size_cm, reverse=True)
    parcel = {"weight": kilograms(request.weight_grams), "weight_unit": "KG", "dimension_unit": "CM"}
    parcel |= {"length": length, "width": width, "height": height}
    body: dict[str, Any] = {
        "shipper": _address(request.recipient, "recipient"),
        "recipient": _address(request.sender, "sender"),
        "parcels": [parcel | ({"content": clipped(request.description, 100)} if request.description else {})],
        "is_return": True,
        "reference": request.reference,
        "label_type": FILE_TYPES.get(request.format, "PDF"),
    }
    body |= {"services": [service]} if service else {}
    body |= {"carrier_ids": [connection]} if connection else {}
    body |= {"options": {"shipping_date": f"{request.ship_on.isoformat()}T00:00"}} if request.ship_on else {}
    return body | ({"customs": _customs(request)} if crosses_customs(request) else {})


def _address(address: Address, whose: str) -> dict[str, str]:
    if not address.line1 or not address.city or not (address.name or address.company):
        raise unfit(f"The {whose}'s address needs a name, a street and a city.")
    parts = {
        "person_name": clipped(address.name, 100),
        "company_name": clipped(address.company, 100),
        "address_line1": clipped(address.line1, 100),
        "address_line2": clipped(address.line2, 100),
        "city": clipped(address.city, 50),
        "state_code": clipped(address.region, 50),
        "postal_code": clipped(address.postal_code, 20),
        "country_code": address.country,
        "phone_number": clipped(address.phone, 50),
        "email": address.email,
    }
    return {name: value for name, value in parts.items() if value}


def _customs(request: LabelRequest) -> dict[str, Any]:
    if not request.items or not request.currency:
        raise unfit("A return across a customs border needs its goods with their values.")
    return {
        "content_type": "return_merchandise",
        "certify": True,
        "signer": clipped(request.sender.name or request.sender.company, 50),
        "commodities": [_goods(item, request.currency) for item in request.items],
    }


def _goods(item: CustomsItem, currency: str) -> dict[str, Any]:
    """One kind of goods. Weight and value are those of a single piece; Karrio does not say which it wants."""
    pieces = max(1, item.quantity)
    told = {
        "title": clipped(item.description, 200) or "Goods",
        "quantity": pieces,
        "weight": kilograms(round(item.weight_grams / pieces)),
        "weight_unit": "KG",
        "value_amount": float(whole_units(round(item.value_minor / pieces), currency)),
        "value_currency": currency,
        "origin_country": item.origin_country,
        "hs_code": item.hs_code,
    }
    return {name: value for name, value in told.items() if value}
