"""USPS return labels: buy, find again, cancel (usps-domestic-labels-v3.yaml, usps-payments-v3.yaml).

With a PDF comes a code that a post office prints the label from (LABEL_BROKER); other formats have none. A label can be
printed again three times, without that code. The day of mailing is left to USPS: the same key has to come with the same
request whenever it is repeated, and the day is printed on no return label.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers.adapters.usps.tracking import refused
from carriers.answers import read_json
from carriers.base import Account, Call, Http, RawAnswer, Token
from carriers.discretion import personal
from carriers.errors import CarrierError, ErrorKind
from carriers.labelling import (
    CM_AN_INCH,
    SaidNo,
    before_buying,
    decode,
    minor_units,
    pounds,
    printable,
    sniff,
    split_name,
    unfit,
    unsold,
    unvoided,
)
from carriers.model import Address, BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest

VENDOR_JSON = "application/vnd.usps.labels+json"  # one JSON with the images inside, instead of multipart
LONGEST = {"streetAddress": 50, "secondaryAddress": 50, "city": 28, "firm": 50, "firstName": 50, "lastName": 50}
IMAGES = {LabelFormat.PDF: "PDF", LabelFormat.PNG: "PNG", LabelFormat.GIF: "GIF", LabelFormat.ZPL: "ZPL203DPI"}
# Only what surely speaks of the label: that an account is not found says nothing about it.
_NO_LABEL = re.compile(
    r"\bno (?:label|order)\b|\b(?:label|order|idempotency.key)\b[^.]{0,40}\b(?:not (?:be )?found|does not exist)",
    re.IGNORECASE,
)
_CANCELLED = re.compile(
    r"already (?:been )?(?:submitted|cancell?ed|refunded)|(?:submitted|cancell?ed|refunded) already", re.IGNORECASE
)
Fetch = Callable[[], Token]


def create(http: Http, account: Account, request: LabelRequest, key: str, fetch: Fetch) -> Label:
    """POST /labels/v3/return-label. The same key with the same request gives the same label, charged once."""
    body = _body(account, request)
    headers = {**_payment(http, account, fetch), "X-Idempotency-Key": _uuid(key), "Accept": VENDOR_JSON}
    call = Call("POST", account.url("/labels/v3/return-label"), headers, json=body, repeatable=False)
    answer = http.send_with_token(account, call, before_buying(fetch))
    return _label(_checked(answer, personal(account, request)), body["packageDescription"]["mailClass"])


def find(http: Http, account: Account, request: LabelRequest, key: str, fetch: Fetch) -> Label | None:
    """POST /labels/v3/label-reprint by the key. None when USPS says that there is no such label."""
    path, by_key = "/labels/v3/label-reprint", {"X-Idempotency-Key": _uuid(key)}
    answer = _reprint(http, account, path, by_key, request.format, fetch)
    try:
        tree = _checked(answer, personal(account, request))
    except CarrierError as error:
        if answer.status in (400, 404) and _NO_LABEL.search(error.message):
            return None
        raise
    return _label(tree, None)


def fetch_again(http: Http, account: Account, label: BoughtLabel, fetch: Fetch) -> LabelDocument:
    """POST /labels/v3/label-reprint/{number}: three times at most, and without the code for the counter."""
    path = f"/labels/v3/label-reprint/{quote(label.tracking_number, safe='')}"
    answer = _reprint(http, account, path, {}, label.format, fetch)
    found = _label(_checked(answer, personal(account)), None)
    if not found.document:
        raise CarrierError(ErrorKind.MALFORMED, "USPS printed no label again.")
    return LabelDocument(found.document, found.format)


def _reprint(
    http: Http, account: Account, path: str, key: dict[str, str], kind: LabelFormat, fetch: Fetch
) -> RawAnswer:
    headers = {**_payment(http, account, fetch), **key, "Accept": VENDOR_JSON}
    body = {"imageInfo": {"imageType": IMAGES[kind], "labelType": "4X6LABEL"}}
    return http.send_with_token(account, Call("POST", account.url(path), headers, json=body, repeatable=False), fetch)


def void(http: Http, account: Account, label: BoughtLabel, fetch: Fetch) -> None:
    """DELETE /labels/v3/label/{number}: cancelled, or a refund asked for when the label was manifested already."""
    path = f"/labels/v3/label/{quote(label.tracking_number, safe='')}"
    call = Call("DELETE", account.url(path), _payment(http, account, fetch), repeatable=False)
    answer = http.send_with_token(account, call, fetch)
    try:
        status = read.text(read.dig(_checked(answer, personal(account), unvoided), "status"))
    except CarrierError as error:
        if _CANCELLED.search(error.message):
            return
        raise
    if status not in ("CANCELED", "DISPUTED"):
        raise CarrierError(ErrorKind.MALFORMED, "USPS did not say whether the label is cancelled.")


def _payment(http: Http, account: Account, fetch: Fetch) -> dict[str, str]:
    """POST /payments/v3/payment-authorization: the header without which no label is sold."""
    identity = {"CRID": account.credential("crid"), "MID": account.credential("mid")}
    identity["manifestMID"] = account.credentials.get("manifest_mid") or identity["MID"]
    paying = {"accountType": account.credentials.get("account_type") or "EPS"}
    paying["accountNumber"] = account.credential("account_number")
    roles = [{"roleName": "PAYER", **identity, **paying}, {"roleName": "LABEL_OWNER", **identity}]
    roles += [{"roleName": "RETURN_LABEL_PAYER", **identity, **paying}, {"roleName": "RETURN_LABEL_OWNER", **identity}]
    call = Call("POST", account.url("/payments/v3/payment-authorization"), json={"roles": roles})
    try:
        answer = http.send_with_token(account, call, fetch)
        token = read.text(read.dig(_checked(answer, personal(account)), "paymentAuthorizationToken"))
    except CarrierError as error:
        error.sent = False  # nothing was bought: the label call itself has not begun
        raise
    if token is None:
        raise CarrierError(ErrorKind.MALFORMED, "USPS gave no payment authorization.", sent=False)
    return {"X-Payment-Authorization-Token": token}


def _body(account: Account, request: LabelRequest) -> dict[str, Any]:
    reference = {"referenceNumber": request.rma or request.reference, "printReferenceNumber": True}
    broker = request.format is LabelFormat.PDF and account.setting("label_broker", "yes") != "no"
    image = {"imageType": IMAGES[request.format]}
    image_info = {"imageType": "LABEL_BROKER", "includeLabelBrokerPDF": True} if broker else image
    sides = sorted((max(0.1, round(side / CM_AN_INCH, 1)) for side in request.size_cm), reverse=True)
    return {
        "imageInfo": {**image_info, "labelType": "4X6LABEL", "receiptOption": "NONE"},
        "toAddress": _address(request.recipient, "recipient"),
        "fromAddress": _address(request.sender, "sender"),
        "packageDescription": {
            "mailClass": request.service or account.setting("mail_class", "USPS_GROUND_ADVANTAGE_RETURN_SERVICE"),
            "rateIndicator": "SP",
            "processingCategory": "MACHINABLE",
            "weightUOM": "lb",
            "weight": pounds(request.weight_grams),
            "dimensionsUOM": "in",
            **dict(zip(("length", "width", "height"), sides, strict=True)),
            "customerReference": [reference],
        },
    }


def _address(address: Address, whose: str) -> dict[str, str]:
    """DomesticLabelAddress. Raises CarrierError(bad_request), nothing sent, for what USPS cannot print."""
    postal = re.fullmatch(r"(\d{5})(?:[- ]?(\d{4}))?", address.postal_code.strip(), re.ASCII)
    if address.country != "US" or postal is None:
        raise unfit(f"The {whose}'s address needs a US ZIP code.")
    first, last = split_name(address.name)
    parts = {
        "firstName": first,
        "lastName": last if first else "",
        "firm": address.company or ("" if first else last),
        "streetAddress": address.line1,
        "secondaryAddress": address.line2,
        "city": address.city,
        "state": address.region.upper(),
        "ZIPCode": postal[1],
        "ZIPPlus4": postal[2] or "",
    }
    for name, longest in LONGEST.items():
        if len(parts[name]) > longest:
            raise unfit(f"The {whose}'s {name} is longer than {longest} characters.")
    if not re.fullmatch("[A-Z]{2}", parts["state"]) or not parts["streetAddress"] or not parts["city"]:
        raise unfit(f"The {whose}'s address needs a street, a city and a state of two letters.")
    return {name: value for name, value in parts.items() if value}


def _checked(answer: RawAnswer, secrets: Iterable[str], said_no: SaidNo = unsold) -> Any:
    """The JSON of an answer that says yes. What USPS says no with may repeat the address: it is taken out."""
    tree = read_json(answer)
    if answer.succeeded and (not read.dig(tree, "error") or _facts(tree).get("trackingNumber")):
        return tree
    raise said_no(refused(answer, tree, alone=False), secrets, answer)


def _label(tree: Any, service: str | None) -> Label:
    """The facts stand at the top or under returnLabelMetadata; the images are base64."""
    facts = _facts(tree)
    number = read.text(facts.get("trackingNumber"))
    if number is None:
        raise CarrierError(ErrorKind.MALFORMED, "USPS sold a label without a number.")
    found = printable(facts.get("returnLabelImage")) or printable(facts.get("labelImage"))
    content, kind = found or (b"", LabelFormat.PDF)
    qr = decode(facts.get("labelBrokerQR"))
    return Label(
        "usps",
        number,
        content,
        qr if sniff(qr) is LabelFormat.PNG else None,
        cents := _cost(facts),
        "USD" if cents is not None else None,
        kind,
        service,
        handle=number,
    )


def _facts(tree: Any) -> dict[str, Any]:
    return {**read.record(tree), **read.record(read.dig(tree, "returnLabelMetadata"))}


def _cost(facts: dict[str, Any]) -> int | None:
    """The postage with its fees, in cents."""
    postage = minor_units(facts.get("postage"), "USD")
    fees = [minor_units(fee.get("price"), "USD") or 0 for fee in read.records(facts.get("fees"))]
    return postage + sum(fees) if postage is not None else None


def _uuid(key: str) -> str:
    """The idempotency key as the UUID that USPS wants; any other key is turned into one, always the same."""
    try:
        return str(uuid.UUID(key))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:doorstep:label:{key}"))
