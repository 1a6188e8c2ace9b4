"""Canada Post's authorized returns: a label is created, then fetched as an artifact (authreturn.xsd, common.xsd).

Nothing is charged until a label is used, and no call finds one again: a lost answer leaves an unused label.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from carriers import parsing as read
from carriers.adapters.canada_post.tracking import PROVINCES, refused
from carriers.answers import read_xml, redacted
from carriers.base import Account, Call, Http, RawAnswer
from carriers.discretion import personal
from carriers.errors import CarrierError, ErrorKind
from carriers.labelling import kilograms, sniff, unfit, unsold
from carriers.model import Address, BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest
from carriers.parsing import write_xml
from carriers.parsing.xml import Node

RETURN = "application/vnd.cpc.authreturn-v2+xml"
NAMESPACE = "http://www.canadapost.ca/ws/authreturn-v2"
SIZES = ("8.5x11", "4x6")  # of a PDF, the setting `label_size`; ZPL is for thermal printers, which print 4x6
LONGEST_REFERENCE = 35
_LONGEST = {"name": 44, "company": 44, "address-line-1": 44, "address-line-2": 44, "city": 40}
_MEDIA = {LabelFormat.PDF: "application/pdf", LabelFormat.ZPL: "application/zpl"}


def create(http: Http, account: Account, request: LabelRequest) -> Label:
    """POST /rs/{customer}/{mobo}/authorizedreturn, then GET the label's file.

    The label stands once it has a number: what fails after that leaves it without its document, with the address of the
    file as its handle.
    """
    customer = _digits(account.credential("customer_number"), "customer_number")
    mobo = _digits(account.setting("mobo", customer), "mobo")
    body = write_xml(("authorized-return", {"xmlns": NAMESPACE}, _body(account, request)))
    headers = {"Accept": RETURN, "Content-Type": RETURN, "Accept-language": account.setting("language", "en-CA")}
    url = account.url(f"/rs/{customer}/{mobo}/authorizedreturn")
    answer = http.send(account, Call("POST", url, headers, body=body, basic=_who(account), repeatable=False))
    pin, address, media = _bought(answer, personal(account, request))
    wanted = _format(request)
    try:
        file = _document(http, account, address, media or _MEDIA[wanted])
    except CarrierError:
        file = LabelDocument(b"", wanted)
    return Label(
        "canada_post", pin, file.content, format=file.format, service=_service(account, request), handle=address
    )


def fetch(http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
    """GET the file by the label's handle. Raises CarrierError(server_error) while Canada Post is still drawing it."""
    if not label.handle:
        raise unfit("The address of this label's file is not known.")
    return _document(http, account, label.handle, _MEDIA.get(label.format, "application/pdf"))


def _document(http: Http, account: Account, address: str, media: str) -> LabelDocument:
    """The file. The credentials go to no other host than the account's own."""
    ours, theirs = urlsplit(account.base_url), _split(address)
    if theirs is None or (ours.scheme, ours.netloc) != theirs:
        raise unfit("The address of the label's file is not at Canada Post.")
    answer = http.send(account, Call("GET", address, {"Accept": media}, basic=_who(account)))
    if answer.status == 202:
        wait = answer.retry_after or 1.0
        raise CarrierError(ErrorKind.SERVER_ERROR, "The label is not drawn yet.", carrier_code="202", retry_after=wait)
    kind = sniff(answer.body)
    if answer.status != 200 or kind is None:
        error = refused(answer, read_xml(answer))
        words = redacted(error.message, personal(account)) or ""
        raise CarrierError(error.kind, words, carrier_code=error.carrier_code, retry_after=error.retry_after)
    return LabelDocument(answer.body, kind)


def _split(address: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return parts.scheme, parts.netloc


def _bought(answer: RawAnswer, secrets: Sequence[str]) -> tuple[str, str, str]:
    """The number, the address of the file and its kind. Raises CarrierError as `labelling.unsold` says."""
    try:
        tree = read_xml(answer)
        info = read.record(read.find_element(tree, "authorized-return-info"))
        pin = read.text(read.content_text(info.get("tracking-pin")))
        if not answer.succeeded or pin is None:
            raise refused(answer, tree)
    except CarrierError as error:
        raise unsold(error, secrets, answer) from None
    links = read.records(read.record(info.get("links")).get("link"))
    link = next((one for one in links if one.get("@rel") in ("returnLabel", "label")), {})
    return pin, read.text(link.get("@href")) or "", read.text(link.get("@media-type")) or ""


def _who(account: Account) -> tuple[str, str]:
    return account.credential("username"), account.credential("password")


# --- the request -------------------------------------------------------------------------------------------------


def _body(account: Account, request: LabelRequest) -> list[Node]:
    reference = _plain(request.reference)
    if len(reference) > LONGEST_REFERENCE:
        raise unfit(f"The reference is longer than {LONGEST_REFERENCE} characters.")
    references: list[Node] = [("customer-ref-1", {}, reference)]
    if rma := _plain(request.rma)[:LONGEST_REFERENCE]:
        references.append(("customer-ref-2", {}, rma))
    parts: list[Node] = [
        ("service-code", {}, _service(account, request)),
        ("returner", {}, _address(request.sender, "sender")),
        ("receiver", {}, _address(request.recipient, "recipient")),
        ("parcel-characteristics", {}, _parcel(request)),
        ("print-preferences", {}, _printing(account, request)),
    ]
    if settlement := _settlement(account):
        parts.append(("settlement-info", {}, settlement))
    return [*parts, ("references", {}, references)]


def _service(account: Account, request: LabelRequest) -> str:
    code = request.service or account.setting("return_service", "DOM.EP")
    if not re.fullmatch(r"[A-Z0-9.]{1,32}", code, re.ASCII):
        raise unfit("The service is not a code of Canada Post's.")
    return code


def _parcel(request: LabelRequest) -> list[Node]:
    weight, sides = kilograms(request.weight_grams), sorted(request.size_cm, reverse=True)
    if weight > 999.999 or sides[0] > 999 or sides[-1] < 1:
        raise unfit("The parcel's weight or size is out of bounds.")
    named: list[Node] = [(name, {}, str(side)) for name, side in zip(("length", "width", "height"), sides, strict=True)]
    return [("weight", {}, f"{weight:.3f}"), ("dimensions", {}, named)]


def _format(request: LabelRequest) -> LabelFormat:
    return LabelFormat.ZPL if request.format is LabelFormat.ZPL else LabelFormat.PDF


def _printing(account: Account, request: LabelRequest) -> list[Node]:
    size = "4x6" if _format(request) is LabelFormat.ZPL else account.setting("label_size", SIZES[0])
    if size not in SIZES:
        raise unfit(f"label_size is one of {', '.join(SIZES)}.")
    return [("output-format", {}, size), ("encoding", {}, _format(request).value.upper())]


def _settlement(account: Account) -> list[Node]:
    known = {"paid-by-customer": account.setting("paid_by_customer"), "contract-id": account.setting("contract_id")}
    return [(name, {}, _digits(value, name)) for name, value in known.items() if value]


def _digits(value: str, name: str) -> str:
    if not re.fullmatch(r"\d{1,10}", value, re.ASCII):
        raise unfit(f"{name} is a number of at most ten digits.")
    return quote(value)


def _address(address: Address, whose: str) -> list[Node]:
    """DomesticAddressDetailsType under a name. Raises CarrierError(bad_request), nothing sent, for what does not fit."""
    postal, province = re.sub(r"[\s-]", "", address.postal_code).upper(), address.region.strip().upper()
    if address.country != "CA" or not re.fullmatch(r"[A-Z]\d[A-Z]\d[A-Z]\d", postal, re.ASCII):
        raise unfit(f"The {whose}'s address needs a Canadian postal code.")
    if province not in PROVINCES:
        raise unfit(f"The {whose}'s address needs a province of two letters.")
    parts = {
        "name": _plain(address.name) or _plain(address.company),
        "company": _plain(address.company),
        "address-line-1": _plain(address.line1),
        "address-line-2": _plain(address.line2),
        "city": _plain(address.city),
    }
    for name, longest in _LONGEST.items():
        if len(parts[name]) > longest:
            raise unfit(f"The {whose}'s {name} is longer than {longest} characters.")
    if not (parts["name"] and parts["address-line-1"] and parts["city"]):
        raise unfit(f"The {whose}'s address needs a name, a street and a city.")
    where: list[Node] = [
        (name, {}, parts[name]) for name in ("address-line-1", "address-line-2", "city") if parts[name]
    ]
    where += [("province", {}, province), ("postal-code", {}, postal)]
    who: list[Node] = [(name, {}, parts[name]) for name in ("name", "company") if parts[name]]
    return [*who, ("domestic-address", {}, where)]


def _plain(words: Any) -> str:
    """A text on one line, of characters that can be printed."""
    return " ".join("".join(char if char.isprintable() else " " for char in str(words)).split())
