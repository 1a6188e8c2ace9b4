"""Shippo return labels: a shipment with `is_return`, a transaction that buys it, its file, a refund.

Source: Shippo's published guides and reference. Labels of USPS, FedEx and UPS are scan-based: Shippo turns the addresses
round itself, and charges when the label is used. For other carriers (setting `returns` = `plain`) the label is an
ordinary one, from the shopper to the shop. Our reference is the transaction's `metadata`; transactions cannot be searched
for it, so a lost one is looked for among the newest. `qr` = `yes` asks for a code that a counter prints the label from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers import relayed
from carriers.adapters.shippo.calls import checked, send
from carriers.adapters.shippo.shipments import scan_based, shipment_request
from carriers.base import Account, Http, RawAnswer
from carriers.discretion import personal
from carriers.errors import CarrierError, ErrorKind
from carriers.labelling import minor_units, sniff, unfit, unsold, unvoided
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest

HOSTS = re.compile(r"(?:[\w-]+\.)*goshippo\.com|shippo-delivery[\w-]*\.s3(?:[.-][\w-]+)?\.amazonaws\.com", re.ASCII)
FILE_TYPES = {LabelFormat.PDF: "PDF_4x6", LabelFormat.PNG: "PNG", LabelFormat.ZPL: "ZPLII"}
VALID_DAYS = {"USPS": 365, "FEDEX": 730, "UPS": 100}  # scan-based labels
PAGE, PAGES = 100, 20
LOOK_BACK = timedelta(days=7)  # further back than lost answers are settled, where the worker runs
DAYS_BEFORE = timedelta(days=2)  # a label is asked for on the day it is handed in on, in some time zone
SOLD = ("SUCCESS", "REFUNDREJECTED")  # a label that was not taken back is still one
REFUND_PENDING = "REFUNDPENDING"
GIVEN_BACK = ("REFUNDED", REFUND_PENDING)
_UNFINISHED = ("QUEUED", "WAITING")
_LATE = re.compile(r"timeout|timed out|did not respond|unavailable|try again", re.IGNORECASE)


def create(http: Http, account: Account, request: LabelRequest) -> Label:
    """POST /shipments, then POST /transactions with the chosen rate, which is the call that buys."""
    secrets = personal(account, request)
    try:
        shipment = read.record(checked(send(http, account, "POST", "/shipments", shipment_request(account, request))))
        rate = _rate(account, request, shipment, secrets)
    except CarrierError as error:
        found = unsold(error, secrets)
        found.sent = False  # nothing before the call that buys costs anything
        raise found from None
    body = {
        "rate": rate["object_id"],
        "label_file_type": FILE_TYPES.get(request.format, "PDF_4x6"),
        "metadata": request.reference,
        "async": False,
    }
    answer = send(http, account, "POST", "/transactions", body, repeatable=False)
    try:
        bought = read.record(checked(answer))
    except CarrierError as error:
        raise unsold(error, secrets, answer) from None
    return _label(http, account, _finished(bought, secrets), request, rate)


def find(http: Http, account: Account, request: LabelRequest) -> Label | None:
    """The newest transactions, page by page, until the one with our reference, or those of long ago.

    Raises CarrierError where the pages end before that: then it is not known whether one was bought.
    """
    for page in range(1, PAGES + 1):
        params = {"results": str(PAGE), "page": str(page)}
        answer = send(http, account, "GET", "/transactions", params=params)
        try:
            told = read.record(checked(answer))
        except CarrierError as error:
            raise unsold(error, personal(account, request)) from None
        if not isinstance(told.get("results"), list):
            raise CarrierError(ErrorKind.MALFORMED, "Shippo answered without its transactions.")
        listed = read.records(told["results"])
        mine = [one for one in listed if read.text(one.get("metadata")) == request.reference]
        if bought := _sold(mine):
            return _label(http, account, bought, request, _rate_of(http, account, bought))
        if not told.get("next") or _long_ago(answer, listed, request.ship_on):
            return None
    raise CarrierError(ErrorKind.SERVER_ERROR, "Shippo's newest transactions are too many to look through.")


def _sold(mine: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The transaction, of those with our reference, that has a label. Raises CarrierError for one that is not over, and
    for one that somebody gave back, as long as that may still be refused."""
    states = {read.text(one.get("status")): one for one in mine}
    found = next((states[state] for state in SOLD if state in states), None)
    if found:
        return _finished(found, [])
    if any(state in states for state in _UNFINISHED):
        raise CarrierError(ErrorKind.SERVER_ERROR, "Shippo is still making this label.")
    if REFUND_PENDING in states:
        raise CarrierError(ErrorKind.BAD_REQUEST, "The label that was bought was given back at Shippo.")
    return None


def fetch_again(http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
    """GET /transactions/{id}, and the file it names: the address in it is made anew each time."""
    try:
        bought = read.record(checked(send(http, account, "GET", f"/transactions/{quote(label.handle, safe='')}")))
    except CarrierError as error:
        raise unsold(error, personal(account)) from None
    found = _document(http, account, bought)
    if found is None:
        raise CarrierError(ErrorKind.MALFORMED, "Shippo gave no label that can be printed.")
    return LabelDocument(*found, qr_png=_code(http, account, bought))


def void(http: Http, account: Account, label: BoughtLabel) -> None:
    """POST /refunds for the transaction. A refund that is under way or done already is no error."""
    if not label.handle:
        raise unfit("Shippo's own name for the label is not known.")
    body = {"transaction": label.handle, "async": False}
    answer = send(http, account, "POST", "/refunds", body, repeatable=False)
    try:
        status, good = _refund(http, account, label, answer)
    except CarrierError as error:
        raise unvoided(error, personal(account), answer) from None
    if status not in good:
        raise CarrierError(ErrorKind.BAD_REQUEST, "Shippo does not take the label back.", carrier_code=status)


def _refund(http: Http, account: Account, label: BoughtLabel, answer: RawAnswer) -> tuple[str | None, tuple[str, ...]]:
    """The state of the refund, and the states that are good; of the transaction, where no refund could be asked for."""
    try:
        return read.text(read.dig(checked(answer), "status")), ("QUEUED", "PENDING", "SUCCESS")
    except CarrierError as error:
        if error.kind is not ErrorKind.BAD_REQUEST:
            raise
        told = checked(send(http, account, "GET", f"/transactions/{quote(label.handle, safe='')}"))
        return read.text(read.dig(told, "status")), GIVEN_BACK


def _rate(account: Account, request: LabelRequest, shipment: dict[str, Any], secrets: Sequence[str]) -> dict[str, Any]:
    """The cheapest rate of the wished service (its token) and carrier (the account's settings), or of all."""
    service, carrier = request.service or account.setting("service"), account.setting("provider")
    offers = [
        (cost, rate)
        for rate in read.records(shipment.get("rates"))
        if (cost := _cost(rate)[0]) is not None
        and (not service or read.dig(rate, "servicelevel", "token") == service)
        and (not carrier or rate.get("provider") == carrier)
        and read.text(rate.get("object_id"))
    ]
    if not offers:
        words = _said(shipment) or "Shippo offers no rate for this return."
        raise unsold(unfit(words), secrets)
    return min(offers, key=lambda offer: offer[0])[1]


def _cost(rate: dict[str, Any]) -> tuple[int | None, str | None]:
    currency = read.text(rate.get("currency"))
    return minor_units(read.text(rate.get("amount")), currency), currency


def _said(told: dict[str, Any]) -> str | None:
    """What the carriers said: texts, or objects with a text."""
    messages = told.get("messages")
    each = messages if isinstance(messages, list) else []
    return read.first_text(*(read.first_text(one, read.dig(one, "text")) for one in each))


def _finished(bought: dict[str, Any], secrets: Sequence[str]) -> dict[str, Any]:
    """A transaction that has a label. One that failed has sold nothing, unless its carrier only did not answer in time; of
    one that is not over nothing is known."""
    status = read.text(bought.get("status"))
    if status == "ERROR":
        words = _said(bought) or "Shippo could not make the label."
        kind = ErrorKind.SERVER_ERROR if _LATE.search(words) else ErrorKind.BAD_REQUEST
        raise unsold(CarrierError(kind, words), secrets)
    if status in _UNFINISHED:
        raise CarrierError(ErrorKind.SERVER_ERROR, "Shippo is still making this label.")
    if status not in SOLD or read.text(bought.get("tracking_number")) is None:
        raise CarrierError(ErrorKind.MALFORMED, "Shippo sold a label without a number.")
    return bought


def _rate_of(http: Http, account: Account, bought: dict[str, Any]) -> dict[str, Any]:
    """The rate a transaction was bought at, which it only names; nothing where it cannot be had."""
    name = read.text(bought.get("rate"))
    if name is None:
        return read.record(bought.get("rate"))
    try:
        return read.record(checked(send(http, account, "GET", f"/rates/{quote(name, safe='')}")))
    except CarrierError:
        return {}


def _long_ago(answer: RawAnswer, listed: list[dict[str, Any]], asked_on: date | None) -> bool:
    """Whether a page, newest first, ends before any label that can be looked for: a week ago by the answer's own clock, and
    some days before the label was asked for, however long ago that is."""
    made = [at.replace(tzinfo=None) for at in (read.moment(one.get("object_created")) for one in listed) if at]
    try:
        now = parsedate_to_datetime(answer.header("Date") or "").replace(tzinfo=None)
    except (TypeError, ValueError):
        return False
    newest_first = bool(made) and made == sorted(made, reverse=True)
    week = newest_first and now - made[-1] > LOOK_BACK
    return week and (asked_on is None or made[-1].date() < asked_on - DAYS_BEFORE)


def _label(http: Http, account: Account, bought: dict[str, Any], request: LabelRequest, rate: dict[str, Any]) -> Label:
    content, kind = _document(http, account, bought) or (b"", request.format)
    cost, currency = _cost(rate)
    return Label(
        "shippo",
        read.text(bought.get("tracking_number")) or "",
        content,
        qr_png=_code(http, account, bought),
        cost_minor=cost,
        currency=currency if cost is not None else None,
        format=kind,
        service=read.first_text(read.dig(rate, "servicelevel", "token"), rate.get("servicelevel_token")),
        expires_on=_good_until(account, bought, read.text(rate.get("provider"))),
        handle=read.text(bought.get("object_id")) or "",
    )


def _good_until(account: Account, bought: dict[str, Any], provider: str | None) -> date | None:
    made, days = read.date_of(bought.get("object_created")), VALID_DAYS.get((provider or "").upper())
    return made + timedelta(days=days) if made and days and scan_based(account) and made.year < 9000 else None


def _document(http: Http, account: Account, bought: dict[str, Any]) -> tuple[bytes, LabelFormat] | None:
    content = relayed.download(http, account, bought.get("label_url"), HOSTS)
    kind = sniff(content)
    return (content, kind) if content and kind else None


def _code(http: Http, account: Account, bought: dict[str, Any]) -> bytes | None:
    url = bought.get("qr_code_url")
    image = relayed.download(http, account, url, HOSTS) if url else None
    return image if sniff(image) is LabelFormat.PNG else None
