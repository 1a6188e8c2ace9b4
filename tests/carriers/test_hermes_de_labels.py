"""Hermes Germany's return orders: PDF, ZPL or the code for a ParcelShop; ordered once and never found again."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from carriers.adapters.hermes_de import adapter
from carriers.adapters.hermes_de.labels import return_order
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, BoughtLabel, LabelFormat, LabelRequest
from tests.carriers.door import Door
from tests.carriers.published import hold, published

hermes = adapter()
TOKEN = {"access_token": "t", "expires_in": 3600}
PDF, ZPL, PNG = (
    base64.b64encode(raw).decode() for raw in (b"%PDF-1.4 label", b"^XA^FDlabel^XZ", b"\x89PNG\r\n\x1a\n code")
)
ACCOUNT = Door.account(client_id="id", client_secret="hidden", username="shopuser", password="secretword")
SHOPPER = Address("Ida Beispiel", "Lange Gasse 12 a", "Lübeck", "23552", "DE", email="ida@example.com", phone="0451123")
SHOP = Address("Retouren", "Holtenauer Straße 1", "Kiel", "24103", "DE", company="Nordlicht")
REQUEST = LabelRequest("rl-0123456789abcdefABCD-_xy", SHOPPER, SHOP, 1200, rma="RMA-1")
SOLD = {"shipmentID": "H1000000000000000017", "returnOrderID": "12345678901", "labelMediatype": "application/pdf"}


def codes(code: str, words: str = "words") -> dict[str, Any]:
    return {"listOfResultCodes": [{"code": code, "message": words}]}


def test_a_label_has_its_number_its_document_and_its_order() -> None:
    door = Door(TOKEN, {**SOLD, "shippinglabel": PDF, **codes("w100")})
    label = hermes.create_label(door, ACCOUNT, REQUEST, key="k")
    assert (label.carrier, label.tracking_number, label.handle) == ("hermes_de", SOLD["shipmentID"], "12345678901")
    assert (label.document, label.format, label.qr_png) == (b"%PDF-1.4 label", LabelFormat.PDF, None)
    call = door.calls[-1]
    assert (call.url, call.repeatable) == ("https://carrier.invalid/returnorders/labels", False)
    assert call.headers["Accept"] == "application/shippinglabel-pdf+json"


def test_zpl_and_the_code_for_a_parcelshop_are_asked_for_by_their_media_types() -> None:
    zpl = Door(TOKEN, {**SOLD, "shippinglabel": ZPL})
    label = hermes.create_label(zpl, ACCOUNT, replace(REQUEST, format=LabelFormat.ZPL), key="k")
    assert (label.document, label.format) == (b"^XA^FDlabel^XZ", LabelFormat.ZPL)
    assert zpl.calls[-1].headers["Accept"] == "application/shippinglabel-zpl+json;dpi=203"
    code = Door(TOKEN, {**SOLD, "qrcode": PNG})
    label = hermes.create_label(code, ACCOUNT, replace(REQUEST, format=LabelFormat.PNG), key="k")
    assert (label.document, label.format, label.qr_png) == (
        b"\x89PNG\r\n\x1a\n code",
        LabelFormat.PNG,
        b"\x89PNG\r\n\x1a\n code",
    )
    assert code.calls[-1].headers["Accept"] == "application/x-qrcode-png+json"


@pytest.mark.parametrize("document", [None, "", "no base64!", base64.b64encode(b"<html>").decode()])
def test_a_label_bought_without_a_document_is_still_bought(document: Any) -> None:
    sold = {**SOLD, "shippinglabel": document, "qrcode": document}
    label = hermes.create_label(Door(TOKEN, sold), ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.document, label.qr_png) == (SOLD["shipmentID"], b"", None)


def test_the_order_names_the_rma_and_our_reference_as_far_as_they_fit() -> None:
    order = return_order(REQUEST)
    assert (order["clientReference"], order["clientReference2"]) == ("RMA-1", "456789abcdefABCD-_xy")
    assert return_order(replace(REQUEST, rma=""))["clientReference"] == "456789abcdefABCD-_xy"
    assert order["senderName"] == {"firstname": "Ida", "lastname": "Beispiel"}
    assert order["senderAddress"] == {
        "street": "Lange Gasse",
        "houseNumber": "12a",
        "zipCode": "23552",
        "town": "Lübeck",
        "countryCode": "DE",
    }
    assert order["senderContact"] == {"phone": "0451123", "mail": "ida@example.com"}
    assert (order["receiverName"], order["parcel"]) == ({"lastname": "Nordlicht"}, {"parcelWeight": 1200})


def test_a_house_number_that_does_not_fit_stays_in_the_street() -> None:
    order = return_order(replace(REQUEST, sender=replace(SHOPPER, line1="Lange Gasse 112-114b", line2="Hinterhaus")))
    assert order["senderAddress"]["street"] == "Lange Gasse 112-114b"
    assert "houseNumber" not in order["senderAddress"]
    assert order["senderAddress"]["addressAddition"] == "Hinterhaus"


@pytest.mark.parametrize(
    "request_",
    [REQUEST, replace(REQUEST, sender=Address("Ida", "Am Markt", "Wien", "1080", "AT", company="Werkstatt"), rma="")],
)
def test_the_order_is_as_hermes_publishes_it(request_: LabelRequest) -> None:
    hold(published("hermes_de", "hermes-de-openapi.yaml"), "CreateReturnOrder", return_order(request_))


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, sender=replace(SHOPPER, country="CH")),
        replace(REQUEST, weight_grams=31_501),
        replace(REQUEST, sender=replace(SHOPPER, name="")),
        replace(REQUEST, sender=replace(SHOPPER, name="x" * 51)),
        replace(REQUEST, sender=replace(SHOPPER, line1="x" * 51)),
        replace(REQUEST, sender=replace(SHOPPER, line2="x" * 51)),
        replace(REQUEST, sender=replace(SHOPPER, city="x" * 31)),
        replace(REQUEST, sender=replace(SHOPPER, postal_code="123456789")),
        replace(REQUEST, recipient=replace(SHOP, line1="")),
    ],
)
def test_what_hermes_cannot_take_is_refused_before_anything_is_sent(request_: LabelRequest) -> None:
    door = Door()
    with pytest.raises(CarrierError) as caught:
        hermes.create_label(door, ACCOUNT, request_, key="k")
    assert (caught.value.kind, caught.value.sent, door.calls) == (ErrorKind.BAD_REQUEST, False, [])


@pytest.mark.parametrize(
    ("door", "kind", "sent"),
    [
        (Door(TOKEN, (400, codes("e001"))), ErrorKind.BAD_REQUEST, False),
        (Door(TOKEN, (400, codes("e073"))), ErrorKind.BAD_REQUEST, False),
        (Door(TOKEN, (400, codes("e058"))), ErrorKind.SERVER_ERROR, True),
        (Door(TOKEN, (400, codes("e084"))), ErrorKind.AUTH, False),
        (Door(TOKEN, (200, codes("e021"))), ErrorKind.BAD_REQUEST, False),
        (Door(TOKEN, (500, codes("e999"))), ErrorKind.SERVER_ERROR, True),
        (Door(TOKEN, (429, {})), ErrorKind.RATE_LIMITED, False),
        (Door(TOKEN, (415, codes("e096"))), ErrorKind.BAD_REQUEST, False),
        (Door(TOKEN, {"returnOrderID": "1"}), ErrorKind.MALFORMED, True),
        (Door(TOKEN, b"<html>"), ErrorKind.MALFORMED, True),
        (Door((500, {})), ErrorKind.SERVER_ERROR, False),
        (Door(TOKEN, CarrierError(ErrorKind.SERVER_ERROR, "lost")), ErrorKind.SERVER_ERROR, True),
    ],
)
def test_only_a_clear_refusal_says_that_nothing_was_sold(door: Door, kind: ErrorKind, sent: bool) -> None:
    with pytest.raises(CarrierError) as caught:
        hermes.create_label(door, ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (kind, sent)


def test_an_expired_token_is_replaced_once() -> None:
    door = Door(TOKEN, (400, codes("e903")), TOKEN, {**SOLD, "shippinglabel": PDF})
    assert hermes.create_label(door, ACCOUNT, REQUEST, key="k").tracking_number == SOLD["shipmentID"]
    assert len(door.tokens) == 2


def test_a_refusal_repeats_nobody_and_no_secret() -> None:
    words = "Ida Beispiel, LANGE GASSE 12 a in Lübeck 23552, ida@example.com; shopuser secretword hidden"
    with pytest.raises(CarrierError) as caught:
        hermes.create_label(Door(TOKEN, (400, codes("e001", words))), ACCOUNT, REQUEST, key="k")
    told = str(caught.value).lower()
    assert not any(word in told for word in ("ida", "gasse", "lübeck", "23552", "example.com", "shopuser", "hidden"))


def test_a_label_that_was_not_printed_yet_is_printed_by_its_order() -> None:
    bought = BoughtLabel(str(SOLD["shipmentID"]), "12345678901")
    door = Door(TOKEN, {**SOLD, "shippinglabel": PDF})
    document = hermes.fetch_label(door, ACCOUNT, bought)
    assert (document.content, document.format) == (b"%PDF-1.4 label", LabelFormat.PDF)
    assert door.calls[-1].url == "https://carrier.invalid/returnorders/12345678901/labels"


@pytest.mark.parametrize(
    ("answer", "handle", "kind"),
    [
        ((400, codes("e018")), "1", ErrorKind.NOT_SUPPORTED),
        ((400, codes("e019")), "1", ErrorKind.BAD_REQUEST),
        (SOLD, "1", ErrorKind.MALFORMED),
        (SOLD, "", ErrorKind.NOT_SUPPORTED),
    ],
)
def test_a_label_is_printed_once(answer: Any, handle: str, kind: ErrorKind) -> None:
    with pytest.raises(CarrierError) as caught:
        hermes.fetch_label(Door(TOKEN, answer), ACCOUNT, BoughtLabel("H1", handle))
    assert caught.value.kind is kind


def test_what_hermes_does_not_do_is_said() -> None:
    asks: list[Callable[[], object]] = [
        lambda: hermes.find_label(Door(), ACCOUNT, REQUEST, key="k"),
        lambda: hermes.void_label(Door(), ACCOUNT, BoughtLabel("H1")),
    ]
    for ask in asks:
        with pytest.raises(CarrierError) as caught:
            ask()
        assert caught.value.kind is ErrorKind.NOT_SUPPORTED
