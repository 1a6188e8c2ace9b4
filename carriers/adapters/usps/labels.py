"""USPS return labels: buy, find again, cancel (usps-domestic-labels-v3.yaml, usps-payments-v3.yaml)."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers.adapters.usps.tracking import refused
from carriers.answers import read_json, redacted
from carriers.base import Account, Call, Http, RawAnswer, Token
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, BoughtLabel, Label, LabelDocument, LabelRequest

GRAMS_A_POUND = 453.59237
VENDOR_JSON = "application/vnd.usps.labels+json"  # one JSON with the images inside, instead of multipart
LONGEST = {"streetAddress": 50, "secondaryAddress": 50, "city": 28, "firm": 50, "firstName": 50, "lastName": 50}
PARCEL = {"dimensionsUOM": "in", "length": 12, "width": 9, "height": 4}
_NO_LABEL = re.compile(r"not found|no (?:label|order)|does not exist", re.IGNORECASE)
Fetch = Callable[[], Token]


def create(http: Http, account: Account, request: LabelRequest, key: str, fetch: Fetch) -> Label:
    """POST /labels/v3/return-label. The same key with the same request gives the same label, charged once."""
    body = _body(account, request)
    headers = {**_payment(http, account, fetch), "X-Idempotency-Key": _uuid(key), "Accept": VENDOR_JSON}
    call = Call("POST", account.url("/labels/v3/return-label"), headers, json=body, repeatable=False)
    answer = http.send_with_token(account, call, fetch)
    return _label(answer, _checked(answer, _personal(account, request)))


def find(http: Http, account: Account, request: LabelRequest, key: str, fetch: Fetch) -> Label | None:
    """POST /labels/v3/label-reprint by the key. None when USPS says that there is no such label."""
    answer = _reprint(http, account, "/labels/v3/label-reprint", {"X-Idempotency-Key": _uuid(key)}, fetch)
    try:
        tree = _checked(answer, _personal(account, request))
    except CarrierError as error:
        if answer.status in (400, 404) and _NO_LABEL.search(error.message):
            return None
        raise
    return _label(answer, tree)


def fetch_again(http: Http, account: Account, label: BoughtLabel, fetch: Fetch) -> LabelDocument:
    """POST /labels/v3/label-reprint/{number}: three times at most, and without the code for the counter."""
    path = f"/labels/v3/label-reprint/{quote(label.tracking_number, safe='')}"
    answer = _reprint(http, account, path, {}, fetch)
    return LabelDocument(_label(answer, _checked(answer, account.credentials.values())).document)


def _reprint(http: Http, account: Account, path: str, key: dict[str, str], fetch: Fetch) -> RawAnswer:
    headers = {**_payment(http, account, fetch), **key, "Accept": VENDOR_JSON}
    body = {"imageInfo": {"imageType": "PDF", "labelType": "4X6LABEL"}}
    return http.send_with_token(account, Call("POST", account.url(path), headers, json=body, repeatable=False), fetch)


def void(http: Http, account: Account, label: BoughtLabel, fetch: Fetch) -> None:
    """DELETE /labels/v3/label/{number}: cancelled, or a refund asked for when the label was manifested already."""
    path = f"/labels/v3/label/{quote(label.tracking_number, safe='')}"
    call = Call("DELETE", account.url(path), _payment(http, account, fetch), repeatable=False)
    answer = http.send_with_token(account, call, fetch)
    status = read.text(read.dig(_checked(answer, []), "status"))
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
        token = read.text(read.dig(_checked(answer, account.credentials.values()), "paymentAuthorizationToken"))
    except CarrierError as error:
        error.sent = False  # nothing was bought: the label call itself has not begun
        raise
    if token is None:
        raise CarrierError(ErrorKind.MALFORMED, "USPS gave no payment authorization.", sent=False)
    return {"X-Payment-Authorization-Token": token}


def _body(account: Account, request: LabelRequest) -> dict[str, Any]:
    reference = {"referenceNumber": request.rma or request.reference, "printReferenceNumber": True}
    broker = account.credentials.get("label_broker", "yes") != "no"
    image = {"imageType": "LABEL_BROKER", "includeLabelBrokerPDF": True} if broker else {"imageType": "PDF"}
    return {
        "imageInfo": {**image, "labelType": "4X6LABEL", "receiptOption": "NONE"},
        "toAddress": _address(request.recipient, "recipient"),
        "fromAddress": _address(request.sender, "sender"),
        "packageDescription": {
            "mailClass": account.credentials.get("mail_class") or "USPS_GROUND_ADVANTAGE_RETURN_SERVICE",
            "rateIndicator": "SP",
            "processingCategory": "MACHINABLE",
            "weightUOM": "lb",
            "weight": max(0.01, round(request.weight_grams / GRAMS_A_POUND, 2)),
            **PARCEL,
            "customerReference": [reference],
        },
    }


def _address(address: Address, whose: str) -> dict[str, str]:
    """DomesticLabelAddress. Raises CarrierError(bad_request), nothing sent, for what USPS cannot print."""
    postal = re.fullmatch(r"(\d{5})(?:[- ]?(\d{4}))?", address.postal_code.strip(), re.ASCII)
    if address.country != "US" or postal is None:
        raise _unfit(f"The {whose}'s address needs a US ZIP code.")
    first, _, last = address.name.strip().rpartition(" ")
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
            raise _unfit(f"The {whose}'s {name} is longer than {longest} characters.")
    if not re.fullmatch("[A-Z]{2}", parts["state"]) or not parts["streetAddress"] or not parts["city"]:
        raise _unfit(f"The {whose}'s address needs a street, a city and a state of two letters.")
    return {name: value for name, value in parts.items() if value}


def _unfit(words: str) -> CarrierError:
    return CarrierError(ErrorKind.BAD_REQUEST, words, sent=False)


def _checked(answer: RawAnswer, personal: Any) -> Any:
    """The JSON of an answer that says yes. What USPS says no with may repeat the address: it is taken out."""
    tree = read_json(answer)
    if answer.status == 200 and not read.dig(tree, "error"):
        return tree
    error = refused(answer, tree, alone=False)
    words = redacted(error.message, personal) or ""
    if error.kind is ErrorKind.NOT_FOUND:
        error.kind = ErrorKind.BAD_REQUEST
    open_end = error.kind in (ErrorKind.SERVER_ERROR, ErrorKind.MALFORMED)  # any other refusal: surely nothing sold
    code, wait = error.carrier_code, error.retry_after
    raise CarrierError(error.kind, words, carrier_code=code, retry_after=wait, sent=open_end)


def _personal(account: Account, request: LabelRequest) -> list[str]:
    values = list(account.credentials.values())
    for address in (request.sender, request.recipient):
        values += [address.name, *address.name.split(), address.line1, address.line2, address.city, address.postal_code]
        values += [address.company, address.phone, address.email]
    return [value for value in values if len(value) > 2]


def _label(answer: RawAnswer, tree: Any) -> Label:
    """The facts stand at the top or under returnLabelMetadata; the images are base64."""
    facts = {**read.record(tree), **read.record(read.dig(tree, "returnLabelMetadata"))}
    number = read.text(facts.get("trackingNumber"))
    pdf = _image(facts.get("returnLabelImage")) or _image(facts.get("labelImage"))
    if number is None or pdf is None or not pdf.startswith(b"%PDF"):
        raise CarrierError(ErrorKind.MALFORMED, "USPS sold a label without a number or a document.")
    try:
        cents = int((Decimal(str(facts.get("postage"))) * 100).to_integral_value())
    except (InvalidOperation, ValueError, OverflowError):
        return Label("usps", number, pdf, _image(facts.get("labelBrokerQR")))
    return Label("usps", number, pdf, _image(facts.get("labelBrokerQR")), cents, "USD")


def _image(value: Any) -> bytes | None:
    try:
        return base64.b64decode(value, validate=False) if isinstance(value, str) and value else None
    except (binascii.Error, ValueError):
        return None


def _uuid(key: str) -> str:
    """The idempotency key as the UUID that USPS wants; any other key is turned into one, always the same."""
    try:
        return str(uuid.UUID(key))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:doorstep:label:{key}"))
