"""EasyPost return labels: a shipment with `is_return`, the call that buys it, its files, a refund.

Sources: EasyPost's published examples (returns, buying, labels, forms, refunds) and reference. The addresses are those
of the way out, EasyPost turns them round. `reference` may stand in place of a shipment's id, so our reference finds the
shipment again; and one shipment is bought once: buying it again is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers import relayed
from carriers.adapters.easypost.calls import checked, send
from carriers.adapters.easypost.shipments import shipment_request
from carriers.base import Account, Http, RawAnswer
from carriers.discretion import personal
from carriers.errors import CarrierError, ErrorKind
from carriers.labelling import (
    minor_units,
    sniff,
    unfit,
    unsold,
    unvoided,
)
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest

HOSTS = re.compile(r"(?:[\w-]+\.)*easypost\.com|easypost-files\.s3(?:[.-][\w-]+)?\.amazonaws\.com", re.ASCII)
# The label is made as PNG, the one format that EasyPost turns into the others: the file's name in `postage_label`.
FILES = {LabelFormat.PDF: "label_pdf_url", LabelFormat.ZPL: "label_zpl_url", LabelFormat.PNG: "label_url"}
BOUGHT_ALREADY = "SHIPMENT.POSTAGE.EXISTS"
MAY_BE_BOUGHT = ("SHIPMENT.PURCHASE.IN_PROGRESS", "SHIPMENT.POSTAGE.TIMED_OUT", "SHIPMENT.POSTAGE.NO_RESPONSE")
REFUNDED = "refunded"
GIVEN_BACK = ("submitted", REFUNDED)
_NOT_BEGUN = "EasyPost offers no rate for this return."


def create(http: Http, account: Account, request: LabelRequest) -> Label:
    """The shipment (POST /shipments, or the one that is there already), then POST /shipments/{id}/buy."""
    secrets = personal(account, request)
    try:
        shipment = _shipment(http, account, request.reference)
        if shipment is not None and not _bought(shipment):
            shipment |= {"rates": _new_rates(http, account, shipment)}
    except CarrierError as error:
        raise _before_buying(error, secrets) from None
    if shipment is None:
        shipment = _made(http, account, request, secrets)
    try:
        _not_given_back(shipment)
        rate = {} if _bought(shipment) else _rate(account, request, shipment, secrets)
    except CarrierError as error:
        raise _before_buying(error, secrets) from None
    if not _bought(shipment):
        shipment = _buy(http, account, shipment, rate, secrets)
    return _label(http, account, shipment, request.format)


def _before_buying(error: CarrierError, secrets: Sequence[str]) -> CarrierError:
    found = unsold(error, secrets)
    found.sent = False  # nothing before the call that buys costs anything
    return found


def _made(http: Http, account: Account, request: LabelRequest, secrets: Sequence[str]) -> dict[str, Any]:
    """POST /shipments. Of two with one reference nobody can say which the reference finds: it is never repeated, and one
    that may have been made is left its time to appear, as if it had been bought."""
    body = {"shipment": shipment_request(request)}
    answer = send(http, account, "POST", "/shipments", body, repeatable=False)
    try:
        made = read.record(checked(answer))
    except CarrierError as error:
        raise unsold(error, secrets, answer) from None
    if read.text(made.get("id")) is None:
        raise CarrierError(ErrorKind.MALFORMED, "EasyPost answered without a shipment.")
    return made


def find(http: Http, account: Account, request: LabelRequest) -> Label | None:
    """GET /shipments/{reference}. None where there is no such shipment, or it was never bought."""
    try:
        shipment = _shipment(http, account, request.reference)
    except CarrierError as error:
        raise unsold(error, personal(account, request)) from None
    if not shipment or not _bought(shipment) or shipment.get("refund_status") == REFUNDED:
        return None
    _not_given_back(shipment)
    return _label(http, account, shipment, request.format)


def fetch_again(http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
    """GET /shipments/{id}/label in the format of the label, and the file it names."""
    try:
        shipment = read.record(checked(send(http, account, "GET", f"/shipments/{_id(label)}")))
    except CarrierError as error:
        raise unsold(error, personal(account)) from None
    found = _document(http, account, shipment, label.format)
    if found is None:
        raise CarrierError(ErrorKind.MALFORMED, "EasyPost gave no label that can be printed.")
    return LabelDocument(*found)


def void(http: Http, account: Account, label: BoughtLabel) -> None:
    """POST /shipments/{id}/refund. A refund that is under way or done already is no error."""
    path = f"/shipments/{_id(label)}"
    answer = send(http, account, "POST", f"{path}/refund", repeatable=False)
    try:
        told = _refundable(http, account, path, answer)
    except CarrierError as error:
        raise unvoided(error, personal(account), answer) from None
    status = read.text(read.dig(told, "refund_status"))
    if status not in GIVEN_BACK:
        raise CarrierError(ErrorKind.BAD_REQUEST, "EasyPost does not take the label back.", carrier_code=status)


def _refundable(http: Http, account: Account, path: str, answer: RawAnswer) -> Any:
    """The shipment after it was asked to be refunded; as it is, where that was refused: it may be so already."""
    try:
        return checked(answer)
    except CarrierError as error:
        if error.kind is not ErrorKind.BAD_REQUEST:
            raise
        return checked(send(http, account, "GET", path))


def _id(label: BoughtLabel) -> str:
    return quote(label.handle or label.reference, safe="")


def _shipment(http: Http, account: Account, reference: str) -> dict[str, Any] | None:
    """The shipment that carries our reference, or None."""
    try:
        found = read.record(checked(send(http, account, "GET", f"/shipments/{quote(reference, safe='')}")))
    except CarrierError as error:
        if error.kind is ErrorKind.NOT_FOUND and not (error.carrier_code or "").isdigit():  # a code of EasyPost's own
            return None
        raise
    if read.text(found.get("id")) is None:
        raise CarrierError(ErrorKind.MALFORMED, "EasyPost answered without a shipment.")
    return found if read.text(found.get("reference")) == reference else None


def _bought(shipment: dict[str, Any]) -> bool:
    return bool(read.record(shipment.get("postage_label"))) or read.text(shipment.get("tracking_code")) is not None


def _not_given_back(shipment: dict[str, Any]) -> None:
    """Raises CarrierError for a label whose refund was asked for, by whomever: it is no label any more, its shipment cannot
    be bought again, and a refund may still be refused."""
    if read.text(shipment.get("refund_status")) in GIVEN_BACK:
        raise CarrierError(ErrorKind.BAD_REQUEST, "The label that was bought was given back at EasyPost.")


def _new_rates(http: Http, account: Account, shipment: dict[str, Any]) -> Any:
    """POST /shipments/{id}/rerate: rates of an earlier day may no longer be bought."""
    path = f"/shipments/{quote(read.text(shipment.get('id')) or '', safe='')}/rerate"
    return read.dig(checked(send(http, account, "POST", path)), "rates")


def _rate(account: Account, request: LabelRequest, shipment: dict[str, Any], secrets: Sequence[str]) -> dict[str, Any]:
    """The cheapest rate of the wished service and carrier (the account's settings), or of all."""
    service, carrier = request.service or account.setting("service"), account.setting("carrier")
    offers = [
        (cost, rate)
        for rate in read.records(shipment.get("rates"))
        if (cost := minor_units(read.text(rate.get("rate")), read.text(rate.get("currency")))) is not None
        and (not service or rate.get("service") == service)
        and (not carrier or rate.get("carrier") == carrier)
        and read.text(rate.get("id"))
    ]
    if not offers:
        messages = read.records(shipment.get("messages"))
        raise unsold(unfit(read.first_text(*(one.get("message") for one in messages)) or _NOT_BEGUN), secrets)
    return min(offers, key=lambda offer: offer[0])[1]


def _buy(
    http: Http, account: Account, shipment: dict[str, Any], rate: dict[str, Any], secrets: Sequence[str]
) -> dict[str, Any]:
    """The call that costs. What a carrier had no time to answer may be bought; a second purchase is refused."""
    path = f"/shipments/{quote(read.text(shipment.get('id')) or '', safe='')}"
    answer = send(http, account, "POST", f"{path}/buy", {"rate": {"id": rate["id"]}}, repeatable=False)
    try:
        bought = read.record(checked(answer))
    except CarrierError as error:
        if error.carrier_code not in (BOUGHT_ALREADY, *MAY_BE_BOUGHT):
            raise unsold(error, secrets, answer) from None
        bought = _after_all(http, account, path, error.carrier_code)
    return bought


def _after_all(http: Http, account: Account, path: str, code: str | None) -> dict[str, Any]:
    """The shipment that was bought by another call, or whose purchase is not over."""
    try:
        shipment = read.record(checked(send(http, account, "GET", path))) if code == BOUGHT_ALREADY else {}
    except CarrierError:
        shipment = {}
    if not _bought(shipment):
        raise CarrierError(ErrorKind.SERVER_ERROR, "The label may be bought.", carrier_code=code)
    return shipment


def _label(http: Http, account: Account, shipment: dict[str, Any], wish: LabelFormat) -> Label:
    number, rate = read.text(shipment.get("tracking_code")), read.record(shipment.get("selected_rate"))
    if number is None:
        raise CarrierError(ErrorKind.MALFORMED, "EasyPost sold a label without a number.")
    currency, carrier = read.text(rate.get("currency")), read.text(rate.get("carrier"))
    content, kind = _document(http, account, shipment, wish) or (b"", wish)
    cost = minor_units(read.text(rate.get("rate")), currency)
    return Label(
        "easypost",
        number,
        content,
        qr_png=_code(http, account, shipment) if carrier == "USPS" and account.setting("qr", "yes") != "no" else None,
        cost_minor=cost,
        currency=currency if cost is not None else None,
        format=kind,
        service=read.text(rate.get("service")),
        handle=read.text(shipment.get("id")) or "",
    )


def _document(
    http: Http, account: Account, shipment: dict[str, Any], wish: LabelFormat
) -> tuple[bytes, LabelFormat] | None:
    """The label's file in the wished format, else as it was made; None where it cannot be had now."""
    made = read.record(shipment.get("postage_label"))
    name = FILES.get(wish, "label_url")
    url = made.get(name) or _converted(http, account, shipment, wish, name) or made.get("label_url")
    content = relayed.download(http, account, url, HOSTS)
    kind = sniff(content)
    return (content, kind) if content and kind else None


def _converted(http: Http, account: Account, shipment: dict[str, Any], wish: LabelFormat, name: str) -> Any:
    path = f"/shipments/{quote(read.text(shipment.get('id')) or '', safe='')}/label"
    try:
        told = checked(send(http, account, "GET", path, params={"file_format": wish.value.upper()}))
    except CarrierError:
        return None
    return read.dig(told, "postage_label", name)


def _code(http: Http, account: Account, shipment: dict[str, Any]) -> bytes | None:
    """POST /shipments/{id}/forms: the code that a counter of USPS prints the label from. None where it is refused."""
    path = f"/shipments/{quote(read.text(shipment.get('id')) or '', safe='')}/forms"
    try:
        told = checked(send(http, account, "POST", path, {"form": {"type": "label_qr_code"}}))
    except CarrierError:
        return None
    forms = [one for one in read.records(read.dig(told, "forms")) if one.get("form_type") == "label_qr_code"]
    image = relayed.download(http, account, forms[-1].get("form_url"), HOSTS) if forms else None
    return image if sniff(image) is LabelFormat.PNG else None
