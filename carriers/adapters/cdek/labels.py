"""CDEK's client returns (API v2): the way back of an order that CDEK delivered.

CDEK only accepts what it is asked (202) and says later what became of it, so that a purchase, its bar code and the file
are asked for a few times each. A client return carries no reference of ours, but hangs on the order that went out: none is
ordered where one hangs there already, so that the one found after a lost answer is the one that was ordered.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers.adapters.cdek import calls, tracking
from carriers.answers import read_json
from carriers.base import Account, Call, Http
from carriers.discretion import personal
from carriers.errors import CarrierError, ErrorKind
from carriers.labelling import sniff, unfit, unsold, unvoided
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest

COUNTRIES = ("AM", "BY", "KG", "KZ", "RU")
TIMES_ASKED = 15  # three seconds at the adapter's pace: what is not done by then is looked up later
RETURN = "client_return_order"
PAPER = "A6"
_ENDED = ("REMOVED", "INVALID")


def create(http: Http, account: Account, request: LabelRequest) -> Label:
    """POST /v2/orders/{uuid}/clientReturn for the order that went out. Never repeated: CDEK knows no idempotency key.

    Raises CarrierError(server_error) where CDEK has not said yet what became of it.
    """
    tariff = _tariff(account, request)
    secrets = personal(account, request)
    try:
        direct = _direct(http, account, request)
        if _returns(http, account, direct):
            raise unfit("CDEK has a return for this order already.")
    except CarrierError as error:
        error.sent = False
        raise unsold(error, secrets) from None
    url = account.url(f"/v2/orders/{_uuid(direct)}/clientReturn")
    answer = calls.send(http, account, Call("POST", url, json={"tariff_code": tariff}, repeatable=False))
    try:
        made = calls.said(answer)
        _not_refused(made)
        uuid = read.text(read.dig(made, "entity", "uuid"))
        if uuid is None:
            raise CarrierError(ErrorKind.MALFORMED, "CDEK did not name the return that it accepted.")
        number = _number_of(http, account, uuid)
    except CarrierError as error:
        raise unsold(error, secrets, answer) from None
    return _label(http, account, uuid, number, str(tariff))


def find(http: Http, account: Account, request: LabelRequest) -> Label | None:
    """The return that hangs on the order that went out. None when there is none that stands."""
    try:
        found = _returns(http, account, _direct(http, account, request))
    except CarrierError as error:
        raise unsold(error, personal(account, request)) from None
    if not found:
        return None
    if len(found) > 1:
        raise unfit("CDEK has more than one return for this order.")
    entity = read.record(read.dig(found[0], "entity"))
    uuid = _uuid(found[0])
    number = read.text(entity.get("cdek_number")) or _number_of(http, account, uuid)
    return _label(http, account, uuid, number, read.text(entity.get("tariff_code")))


def fetch(http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
    """POST /v2/print/barcodes, its state until the file is there, the file. CDEK keeps a file for an hour."""
    try:
        return _printed(http, account, label)
    except CarrierError as error:
        raise unsold(error, personal(account)) from None


def void(http: Http, account: Account, label: BoughtLabel) -> None:
    """DELETE /v2/orders/{uuid}: while nothing has moved. An order that is deleted already is no error.

    Raises CarrierError(server_error) where CDEK has not said yet whether it deletes the order.
    """
    try:
        uuid = label.handle or _uuid(calls.asked(http, account, calls.by_number(account, label.tracking_number)))
        _delete(http, account, uuid)
    except CarrierError as error:
        raise unvoided(error, personal(account)) from None


def _delete(http: Http, account: Account, uuid: str) -> None:
    call = Call("DELETE", account.url(f"/v2/orders/{quote(uuid, safe='')}"), repeatable=False)
    try:
        _not_refused(calls.asked(http, account, call))
    except CarrierError as error:
        if "forbidden" in (error.carrier_code or ""):  # it stands, or is another client's
            error.kind = ErrorKind.BAD_REQUEST
        if error.kind is not ErrorKind.NOT_FOUND or not _deleted(http, account, uuid):
            raise
        return
    for _ in range(TIMES_ASKED):
        try:
            if _deleted(http, account, uuid):
                return
        except CarrierError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return  # it was there to be deleted
            raise
    raise CarrierError(ErrorKind.SERVER_ERROR, "CDEK has not said yet whether it deletes the order.")


def _deleted(http: Http, account: Account, uuid: str) -> bool:
    """Whether an order is deleted. Raises CarrierError(bad_request) where CDEK could not delete it."""
    tree = _order(http, account, uuid)
    if _ended(tree):
        return True
    _not_refused(tree, "DELETE")
    return False


def _tariff(account: Account, request: LabelRequest) -> int:
    given = request.service or account.setting("tariff_code") or ""
    if not (given.isascii() and given.isdigit() and len(given) <= 9):
        raise unfit("A return with CDEK needs the number of a tariff.")
    return int(given)


def _direct(http: Http, account: Account, request: LabelRequest) -> Any:
    """The order under which the goods went out."""
    if not request.outbound_number:
        raise unfit("CDEK takes back what it delivered: the number of that order is missing.")
    tree = calls.asked(http, account, calls.by_number(account, request.outbound_number))
    _uuid(tree)
    return tree


def _uuid(tree: Any) -> str:
    uuid = read.text(read.dig(tree, "entity", "uuid"))
    if uuid is None:
        raise CarrierError(ErrorKind.MALFORMED, "CDEK answered without an order.")
    return quote(uuid, safe="")


def _returns(http: Http, account: Account, direct: Any) -> list[Any]:
    """The client returns of an order that stand: neither deleted nor refused."""
    listed = [*_related(direct), *_related(read.dig(direct, "entity"))]
    names = dict.fromkeys(uuid for one in listed if one.get("type") == RETURN and (uuid := read.text(one.get("uuid"))))
    return [tree for uuid in names if (tree := _standing(http, account, uuid))]


def _related(tree: Any) -> list[dict[str, Any]]:
    return read.records(read.dig(tree, "related_entities"))


def _standing(http: Http, account: Account, uuid: str) -> Any:
    try:
        tree = _order(http, account, uuid)
    except CarrierError as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return None
        raise
    return None if _ended(tree) or _invalid(tree, "CREATE") else tree


def _ended(tree: Any) -> bool:
    """Whether an order is deleted, or was none: by a status of it, or by the request to delete it."""
    statuses = read.records(read.dig(tree, "entity", "statuses"))
    done = [one for one in read.records(read.dig(tree, "requests")) if one.get("state") == "SUCCESSFUL"]
    return any(one.get("code") in _ENDED and not tracking.true(one.get("deleted")) for one in statuses) or any(
        read.text(one.get("type")) == "DELETE" for one in done
    )


def _order(http: Http, account: Account, uuid: str) -> Any:
    """An order as it is, whatever its requests came to."""
    answer = calls.send(http, account, Call("GET", account.url(f"/v2/orders/{quote(uuid, safe='')}")))
    tree = read_json(answer)
    if answer.status != 200 or not isinstance(read.dig(tree, "entity"), dict):
        raise tracking.refused(answer, tree, about_number=False)
    return tree


def _invalid(tree: Any, kind: str = "") -> dict[str, Any] | None:
    """The first request, of those whose type begins so, that CDEK could not fulfil."""
    for one in read.records(read.dig(tree, "requests")):
        if one.get("state") == "INVALID" and (read.text(one.get("type")) or "").startswith(kind):
            return one
    return None


def _not_refused(tree: Any, kind: str = "") -> None:
    """Raises CarrierError(bad_request) for an order that CDEK accepted first and could not fulfil then."""
    request = _invalid(tree, kind)
    if request is not None:
        told = next(iter(read.records(request.get("errors"))), {})
        words = read.text(told.get("message")) or "CDEK could not fulfil the request."
        raise CarrierError(ErrorKind.BAD_REQUEST, words, carrier_code=read.text(told.get("code")))


def _undecided() -> CarrierError:
    return CarrierError(ErrorKind.SERVER_ERROR, "CDEK has not said yet whether it takes the parcel back.")


def _number_of(http: Http, account: Account, uuid: str) -> str:
    """The number of a return that was accepted. Raises CarrierError: refused after all, or undecided."""
    for _ in range(TIMES_ASKED):
        try:
            tree = _order(http, account, uuid)
        except CarrierError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                continue  # it is not there yet
            raise _undecided() from None
        _not_refused(tree, "CREATE")
        if number := read.text(read.dig(tree, "entity", "cdek_number")):
            return number
    raise _undecided()


def _label(http: Http, account: Account, uuid: str, number: str, tariff: str | None) -> Label:
    """A label that was bought, with its file where that could be had at once."""
    try:
        content = _printed(http, account, BoughtLabel(number, uuid)).content
    except CarrierError:
        content = b""
    return Label("cdek", number, content, format=LabelFormat.PDF, service=tariff, handle=uuid)


def _printed(http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
    url = account.url("/v2/print/barcodes")
    order: dict[str, Any] = {"order_uuid": label.handle}
    if not label.handle and label.tracking_number.isdecimal():
        order = {"cdek_number": int(label.tracking_number)}
    made = calls.asked(http, account, Call("POST", url, json={"orders": [order], "copy_count": 1, "format": PAPER}))
    _not_refused(made)
    name = f"{url}/{_uuid(made)}"
    if not any("READY" in states for states in _states(http, account, name)):
        raise CarrierError(ErrorKind.SERVER_ERROR, "CDEK has not made the bar code yet.")
    answer = calls.send(http, account, Call("GET", f"{name}.pdf"))
    if answer.status == 200 and (kind := sniff(answer.body)) is not None:
        return LabelDocument(answer.body, kind)
    raise tracking.refused(answer, read_json(answer), about_number=False)


def _states(http: Http, account: Account, name: str) -> Iterator[list[str]]:
    """What has become of a file so far, a few times. Raises CarrierError where CDEK cannot make it."""
    for _ in range(TIMES_ASKED):
        tree = calls.asked(http, account, Call("GET", name))
        _not_refused(tree)
        states = [read.text(one.get("code")) or "" for one in read.records(read.dig(tree, "entity", "statuses"))]
        if "INVALID" in states:
            raise CarrierError(ErrorKind.BAD_REQUEST, "CDEK could not make the bar code.")
        yield states
