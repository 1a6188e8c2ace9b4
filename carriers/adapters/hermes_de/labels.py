"""Hermes Germany's return orders with their label (OpenAPI of the shipping interface, 2025-12-18).

One call orders and prints: a PDF, a ZPL, or a code that a ParcelShop prints the label from (asked for as PNG). Hermes knows
no idempotency key, finds a return order by its own number alone and cancels none, so a lost answer is for a person.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers.adapters.hermes_de.tracking import TOKEN_CODES, refused
from carriers.answers import not_supported, read_json
from carriers.base import Account, Call, Http, RawAnswer, Token
from carriers.discretion import personal
from carriers.errors import CarrierError, ErrorKind
from carriers.labelling import (
    before_buying,
    clipped,
    crosses_customs,
    decode,
    printable,
    sniff,
    split_name,
    street_and_number,
    unfit,
    unsold,
)
from carriers.model import Address, BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest

MEDIA_TYPES = {
    LabelFormat.PDF: "application/shippinglabel-pdf+json",
    LabelFormat.ZPL: "application/shippinglabel-zpl+json;dpi=203",
    LabelFormat.PNG: "application/x-qrcode-png+json",
}
MOST_GRAMS = 31_500
LONGEST_REFERENCE = 20
LONGEST_HOUSE = 5
_MAY_HAVE_SOLD = ("e058", "e999")  # a timeout inside Hermes, a technical error: both may come after the order was made
_DENIED = ("e041", "e047", "e054", "e084", *TOKEN_CODES)
_KINDS = dict.fromkeys(_MAY_HAVE_SOLD, ErrorKind.SERVER_ERROR) | dict.fromkeys(_DENIED, ErrorKind.AUTH)
_PRINTED_ONCE = "e018"
Fetch = Callable[[], Token]
Refused = Callable[[RawAnswer], bool]


def create(http: Http, account: Account, request: LabelRequest, fetch: Fetch, expired: Refused) -> Label:
    """POST /returnorders/labels. Never repeated."""
    call = _call(account, "/returnorders/labels", request.format, return_order(request))
    answer = http.send_with_token(account, call, before_buying(fetch), expired)
    tree = _checked(answer, personal(account, request))
    number, order = read.text(read.dig(tree, "shipmentID")), read.text(read.dig(tree, "returnOrderID"))
    if number is None:
        raise CarrierError(ErrorKind.MALFORMED, "Hermes ordered a return without a number.")
    content, kind, qr = _printed(tree, request.format)
    return Label("hermes_de", number, content, qr, format=kind, handle=order or "")


def fetch_again(http: Http, account: Account, label: BoughtLabel, fetch: Fetch, expired: Refused) -> LabelDocument:
    """POST /returnorders/{order}/labels: for an order whose label was not printed yet. Hermes prints it once."""
    if not label.handle:
        raise not_supported("hermes_de", "printing a label again without the number of its order")
    path = f"/returnorders/{quote(label.handle, safe='')}/labels"
    answer = http.send_with_token(account, _call(account, path, label.format, None), before_buying(fetch), expired)
    try:
        tree = _checked(answer, personal(account))
    except CarrierError as error:
        if error.carrier_code == _PRINTED_ONCE:
            raise not_supported("hermes_de", "printing a label twice") from None
        raise
    content, kind, qr = _printed(tree, label.format)
    if not content:
        raise CarrierError(ErrorKind.MALFORMED, "Hermes printed nothing that is a label.")
    return LabelDocument(content, kind, qr)


def _call(account: Account, path: str, wished: LabelFormat, body: Any) -> Call:
    headers = {"Accept": MEDIA_TYPES.get(wished, MEDIA_TYPES[LabelFormat.PDF]), "Accept-Language": "EN"}
    return Call("POST", account.url(path), headers, json=body, repeatable=False)


def _checked(answer: RawAnswer, secrets: list[str]) -> Any:
    """The JSON of an answer that says yes: with a number, or without an error's code (those of warnings begin with w)."""
    tree = read_json(answer)
    code = read.text(read.dig(tree, "listOfResultCodes", "code")) or ""
    if answer.succeeded and (read.dig(tree, "shipmentID") or not code.lower().startswith("e")):
        return tree
    raise unsold(refused(answer, tree, kinds=_KINDS), secrets, answer)


def _printed(tree: Any, wished: LabelFormat) -> tuple[bytes, LabelFormat, bytes | None]:
    """The label, and the code for the counter; where only the code was asked for, it is what the shopper shows."""
    label = printable(read.dig(tree, "shippinglabel"))
    code = decode(read.dig(tree, "qrcode"))
    qr = code if sniff(code) is LabelFormat.PNG else None
    if label:
        return (*label, qr)
    return (qr, LabelFormat.PNG, qr) if qr else (b"", wished, None)


# --- the request -------------------------------------------------------------------------------------------------


def return_order(request: LabelRequest) -> dict[str, Any]:
    """CreateReturnOrder. The end of our reference is unique; the RMA is what people look for.

    Raises CarrierError(bad_request), nothing sent, for what Hermes cannot print or carry.
    """
    if crosses_customs(request):
        raise unfit("Hermes brings no returns across a customs border.")
    if request.weight_grams > MOST_GRAMS:
        raise unfit(f"The parcel weighs more than {MOST_GRAMS / 1000} kg.")
    reference = request.reference[-LONGEST_REFERENCE:]
    first, last = split_name(request.sender.name or request.sender.company)
    sender, recipient = request.sender, request.recipient
    order: dict[str, Any] = {
        "clientReference": clipped(request.rma, LONGEST_REFERENCE) or reference,
        "clientReference2": reference,
        "parcel": {"parcelWeight": max(1, request.weight_grams)},
        "senderName": _name(first, last, "sender"),
        "senderAddress": _address(sender, "sender", sender.company if sender.name else ""),
        "receiverName": _name("", recipient.company or recipient.name, "recipient"),
        "receiverAddress": _address(recipient, "recipient", ""),
    }
    contact = {"phone": sender.phone if len(sender.phone) <= 20 else "", "mail": sender.email}
    if found := {name: value for name, value in contact.items() if value and len(value) <= 200}:
        order["senderContact"] = found
    return order


def _name(first: str, last: str, whose: str) -> dict[str, str]:
    if not last or len(last) > 50 or len(first) > 50:
        raise unfit(f"The {whose}'s address needs a name of at most 50 characters.")
    return {"firstname": first, "lastname": last} if first else {"lastname": last}


def _address(address: Address, whose: str, company: str) -> dict[str, str]:
    street, house = street_and_number(address.line1)
    if len(house) > LONGEST_HOUSE:
        street, house = " ".join(address.line1.split()), ""
    addition = ", ".join(filter(None, (company, address.line2)))
    if not street or len(street) + len(house) > 50 or len(addition) > 50:
        raise unfit(f"The {whose}'s address needs a street, and lines of at most 50 characters.")
    if not address.city or len(address.city) > 30 or not 1 <= len(address.postal_code) <= 8:
        raise unfit(f"The {whose}'s address needs a city of at most 30 and a postal code of at most 8 characters.")
    parts = {
        "street": street,
        "houseNumber": house,
        "zipCode": address.postal_code,
        "town": address.city,
        "countryCode": address.country,
        "addressAddition": addition,
    }
    return {name: value for name, value in parts.items() if value}
