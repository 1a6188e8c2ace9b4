"""Return labels of DHL Parcel Germany: a label to print and, inside Germany, a code for the counter
(parcel-de-returns-v1.yaml).

A label is paid when it is used, so nothing voids it. DHL neither honours an idempotency key nor finds or prints a return
label again: a lost answer is for a person, who finds our reference in the overview of DHL's business customer portal.
"""

from __future__ import annotations

import re
from typing import Any

from carriers import parsing as read
from carriers.answers import read_json, refusal
from carriers.base import Account, Call, Http, RawAnswer
from carriers.discretion import personal
from carriers.errors import CarrierError, ErrorKind
from carriers.labelling import (
    clipped,
    crosses_customs,
    decode,
    printable,
    sniff,
    street_and_number,
    unfit,
    unsold,
    whole_units,
)
from carriers.model import Address, CustomsItem, Label, LabelFormat, LabelRequest

PATH = "/parcel/de/shipping/returns/v1/orders"
COUNTRIES = (
    *("AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR"),
    *("HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
)
CURRENCIES = ("EUR", "GBP", "CHF")
LONGEST = {"name1": 50, "name2": 50, "name3": 50, "addressStreet": 50, "addressHouse": 10, "city": 40}
OPTIONAL = {"phone": 20, "email": 70, "state": 20}  # left out where they do not fit
MOST_GRAMS = 31_500
MOST_ITEMS = 20
_POSTAL = re.compile(r"(?=.{3,10}$)[0-9A-Za-z]+(?:[ -]?[0-9A-Za-z]+)*")


def create(http: Http, account: Account, request: LabelRequest) -> Label:
    """POST /orders with the API key, as the user of the business customer portal. Never repeated."""
    body = return_order(account, request)
    basic = (account.credential("username"), account.credential("password"))
    kind = "BOTH" if request.sender.country == "DE" else "SHIPMENT_LABEL"
    headers = {"DHL-API-Key": account.credential("api_key")}
    call = Call("POST", account.url(PATH), headers, {"labelType": kind}, json=body, basic=basic, repeatable=False)
    answer = http.send(account, call)
    tree = _checked(answer, personal(account, request))
    number = read.text(read.dig(tree, "shipmentNo"))
    if number is None:
        raise CarrierError(ErrorKind.MALFORMED, "DHL sold a label without a number.")
    content, form = printable(read.dig(tree, "label", "b64")) or (b"", LabelFormat.PDF)
    code = decode(read.dig(tree, "qrLabel", "b64"))
    qr = code if sniff(code) is LabelFormat.PNG else None
    return Label("dhl_parcel_de", number, content, qr, format=form, service=body["receiverId"])


def _checked(answer: RawAnswer, secrets: list[str]) -> Any:
    """The JSON of an answer that says yes. What DHL says no with may repeat the address: it is taken out."""
    tree = read_json(answer)
    if answer.succeeded:
        return tree
    said = read.record(tree)
    words = " / ".join(filter(None, (read.text(said.get("title")), read.text(said.get("detail")))))
    raise unsold(refusal(answer, words or None, read.text(said.get("status"))), secrets, answer)


def return_order(account: Account, request: LabelRequest) -> dict[str, Any]:
    """ReturnOrder. Where the parcel goes is agreed with DHL under the receiver's id, one for each sender's country.

    Raises CarrierError(bad_request), nothing sent, for what DHL cannot print or carry.
    """
    country = request.sender.country
    if country not in COUNTRIES:
        raise unfit("DHL takes no returns in at the sender's country.")
    if request.recipient.country != "DE":
        raise unfit("DHL Parcel Germany brings returns to Germany alone.")
    if request.weight_grams > MOST_GRAMS:
        raise unfit(f"The parcel weighs more than {MOST_GRAMS / 1000} kg.")
    order: dict[str, Any] = {
        "receiverId": account.setting(f"receiver_id_{country.lower()}", (read.alpha_3(country) or "").lower()),
        "customerReference": clipped(request.rma or request.reference, 50),
        "shipmentReference": clipped(request.reference, 50),
        "shipper": _shipper(request.sender),
        "itemWeight": _weight(request.weight_grams),
    }
    if request.value_minor and request.currency in CURRENCIES:
        order["itemValue"] = _value(request.value_minor, request.currency)
    if crosses_customs(request):
        order["customsDetails"] = {"items": _commodities(request)}
    return order


def _shipper(address: Address) -> dict[str, str]:
    street, house = street_and_number(address.line1)
    if not house:
        raise unfit("The sender's address needs a house number.")
    parts = {
        "name1": address.name or address.company,
        "name2": address.company if address.name else "",
        "name3": address.line2,
        "addressStreet": street,
        "addressHouse": house,
        "postalCode": address.postal_code.strip(),
        "city": address.city,
        "phone": address.phone,
        "email": address.email,
        "state": address.region,
    }
    for name, longest in LONGEST.items():
        if len(parts[name]) > longest:
            raise unfit(f"The sender's {name} is longer than {longest} characters.")
    if not parts["name1"] or not street or not parts["city"] or not _POSTAL.fullmatch(parts["postalCode"]):
        raise unfit("The sender's address needs a name, a street, a city and a postal code.")
    return {name: value for name, value in parts.items() if value and len(value) <= OPTIONAL.get(name, len(value))}


def _commodities(request: LabelRequest) -> list[dict[str, Any]]:
    """Weight and value are of one piece. Raises CarrierError, nothing sent, where customs would know too little."""
    if not request.items or len(request.items) > MOST_ITEMS or request.currency not in CURRENCIES:
        raise unfit("A return across a customs border needs its goods, at most 20 kinds, in EUR, GBP or CHF.")
    return [_commodity(item, request.currency) for item in request.items]


def _commodity(item: CustomsItem, currency: str) -> dict[str, Any]:
    pieces = max(1, item.quantity)
    goods: dict[str, Any] = {
        "itemDescription": clipped(item.description, 50) or "Goods",
        "packagedQuantity": pieces,
        "itemWeight": _weight(round(item.weight_grams / pieces)),
        "itemValue": _value(round(item.value_minor / pieces), currency),
    }
    origin = read.alpha_3(item.origin_country)
    code = item.hs_code if 6 <= len(item.hs_code) <= 11 else ""
    return goods | ({"countryOfOrigin": origin} if origin else {}) | ({"hsCode": code} if code else {})


def _weight(grams: int) -> dict[str, Any]:
    return {"uom": "g", "value": max(1, grams)}


def _value(minor: int, currency: str) -> dict[str, Any]:
    return {"currency": currency, "value": float(whole_units(minor, currency))}
