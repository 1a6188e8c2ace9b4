"""GLS's shop returns: bought once, found by our reference, printed again, cancelled until they are scanned."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from carriers.adapters.gls import adapter
from carriers.adapters.gls.labels import shipment_request
from carriers.base import Account, Call, RawAnswer, Token, token_refused
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, BoughtLabel, LabelFormat, LabelRequest
from tests.carriers.door import Door
from tests.carriers.published import hold, published

gls = adapter()
TOKEN = {"access_token": "t", "expires_in": 14400}
PDF, ZPL = (base64.b64encode(raw).decode() for raw in (b"%PDF-1.4 label", b"^XA^FDlabel^XZ"))
ACCOUNT = Door.account(client_id="id", client_secret="hidden", contact_id="276a165X00")
SHOPPER = Address("Ida Beispiel", "Lange Gasse 12 a", "Lübeck", "23552", "DE", email="ida@example.com", phone="0451123")
SHOP = Address("Retouren", "Holtenauer Straße 1", "Kiel", "24103", "DE", company="Nordlicht")
REQUEST = LabelRequest("rl-0123456789abcdefABCD-_xy", SHOPPER, SHOP, 1200, rma="RMA-1", ship_on=date(2025, 2, 10))
BOUGHT = BoughtLabel("42249028960", "ZX61QJIX 2025-02-10", LabelFormat.PDF)


def made(data: Any = None, **parcel: Any) -> dict[str, Any]:
    facts = {"TrackID": "ZX61QJIX", "ParcelNumber": "42249028960", **parcel}
    printed = [{"Data": [PDF] if data is None else data, "LabelFormat": "PDF"}]
    return {"CreatedShipment": {"ParcelData": [facts], "PrintData": printed, "CustomerID": "1", "PickupLocation": "DE"}}


def listed(*items: Any) -> dict[str, Any]:
    return {"UnitItems": list(items)}


def item(**more: Any) -> dict[str, Any]:
    facts = {"TrackID": "ZX61QJIX", "ParcelNumber": "42249028960", "InitialDate": "2025-02-11", "Status": "PREADVICE"}
    return {**facts, "ShipmentReference": [REQUEST.reference], **more}


def test_a_label_has_its_number_its_document_and_a_name_to_cancel_it_by() -> None:
    door = Door(TOKEN, made())
    label = gls.create_label(door, ACCOUNT, REQUEST, key="k")
    assert (label.carrier, label.tracking_number, label.handle) == ("gls", "42249028960", "ZX61QJIX 2025-02-10")
    assert (label.document, label.format) == (b"%PDF-1.4 label", LabelFormat.PDF)
    call = door.calls[-1]
    assert call.url == "https://carrier.invalid/shipit-farm/v1/backend/rs/shipments"
    assert (call.repeatable, call.headers["Content-Type"]) == (False, "application/glsVersion1+json")


@pytest.mark.parametrize("data", [[ZPL], ZPL, ["", None, ZPL]])
def test_zpl_is_known_by_its_bytes_in_a_list_or_alone(data: Any) -> None:
    label = gls.create_label(Door(TOKEN, made(data)), ACCOUNT, replace(REQUEST, format=LabelFormat.ZPL), key="k")
    assert (label.document, label.format) == (b"^XA^FDlabel^XZ", LabelFormat.ZPL)


@pytest.mark.parametrize("data", [[], "", "no base64!", [base64.b64encode(b"<html>").decode()], 5])
def test_a_label_bought_without_a_document_is_still_bought(data: Any) -> None:
    label = gls.create_label(Door(TOKEN, made(data)), ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.document) == ("42249028960", b"")


def test_the_shopper_is_the_consignee_and_our_reference_is_the_shipment_s() -> None:
    body = shipment_request(ACCOUNT, REQUEST)
    shipment = body["Shipment"]
    assert shipment["Consignee"]["Address"] == {
        "Name1": "Ida Beispiel",
        "CountryCode": "DE",
        "ZIPCode": "23552",
        "City": "Lübeck",
        "Street": "Lange Gasse",
        "StreetNumber": "12a",
        "eMail": "ida@example.com",
        "FixedLinePhonenumber": "0451123",
    }
    home = shipment["Return"]["Address"]
    assert (home["Name1"], home["Name2"]) == ("Nordlicht", "Retouren")
    assert shipment["Shipper"] == {"ContactID": "276a165X00", "AlternativeShipperAddress": home}
    assert shipment["ShipmentReference"] == [REQUEST.reference]
    assert shipment["ShipmentUnit"] == [{"ShipmentUnitReference": ["RMA-1"], "Weight": 1.2}]
    assert shipment["ShippingDate"] == "2025-02-10"
    account = Door.account(**ACCOUNT.credentials, middleware="DoorstepviaGLS")
    assert shipment_request(account, REQUEST)["Shipment"]["Middleware"] == "DoorstepviaGLS"


@pytest.mark.parametrize(
    ("wished", "printing"),
    [(LabelFormat.PDF, ("NONE", "PDF")), (LabelFormat.PNG, ("NONE", "PNG")), (LabelFormat.ZPL, ("ZPL_200", "ZEBRA"))],
)
def test_the_requests_are_as_gls_publishes_them(wished: LabelFormat, printing: tuple[str, str]) -> None:
    document = published("gls", "gls-shipit-farm.yaml")
    body = shipment_request(ACCOUNT, replace(REQUEST, format=wished, rma=""))
    hold(document, "ShipmentRequestData", body)
    assert tuple(body["PrintingOptions"]["ReturnLabels"].values()) == printing
    door = Door(TOKEN, listed(item()), made())
    gls.find_label(door, ACCOUNT, REQUEST, key="k")
    hold(document, "TULReferenceData", door.calls[1].json)
    hold(document, "ReprintParcelRequestParameter", door.calls[2].json)


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, sender=replace(SHOPPER, country="CH")),
        replace(REQUEST, sender=replace(SHOPPER, name="x" * 41)),
        replace(REQUEST, sender=replace(SHOPPER, line1="x" * 41)),
        replace(REQUEST, sender=replace(SHOPPER, postal_code="")),
        replace(REQUEST, recipient=replace(SHOP, city="")),
    ],
)
def test_what_gls_cannot_take_is_refused_before_anything_is_sent(request_: LabelRequest) -> None:
    door = Door()
    with pytest.raises(CarrierError) as caught:
        gls.create_label(door, ACCOUNT, request_, key="k")
    assert (caught.value.kind, caught.value.sent, door.calls) == (ErrorKind.BAD_REQUEST, False, [])


def test_a_lost_label_is_found_by_its_reference_around_its_day() -> None:
    door = Door(TOKEN, listed(item(ShipmentReference=["other"]), item(Status="CANCELED"), item()), made())
    label = gls.find_label(door, ACCOUNT, REQUEST, key="k")
    assert label is not None
    assert (label.tracking_number, label.handle, label.document) == (
        "42249028960",
        "ZX61QJIX 2025-02-11",
        b"%PDF-1.4 label",
    )
    asked: Any = door.calls[1].json
    assert asked == {"ShipmentReference": REQUEST.reference, "DateFrom": "2025-02-08", "DateTo": "2025-02-12"}
    again: Any = door.calls[2].json
    assert (again["TrackID"], again["CreationDate"]) == ("ZX61QJIX", "2025-02-11")


def test_a_found_label_that_cannot_be_printed_again_is_still_found() -> None:
    label = gls.find_label(Door(TOKEN, listed(item()), (500, {})), ACCOUNT, REQUEST, key="k")
    assert label is not None
    assert (label.tracking_number, label.document) == ("42249028960", b"")


@pytest.mark.parametrize("body", [{}, {"UnitItems": []}, {"UnitItems": None}, listed(item(Status="CANCELED"))])
def test_none_is_found_where_gls_lists_none(body: Any) -> None:
    assert gls.find_label(Door(TOKEN, body), ACCOUNT, REQUEST, key="k") is None


@pytest.mark.parametrize("answer", [(500, {}), (429, {}), (200, b"<html>"), (200, []), (400, {}), (200, {"m": "?"})])
def test_a_search_that_failed_is_not_taken_for_no_label(answer: Any) -> None:
    with pytest.raises(CarrierError):
        gls.find_label(Door(TOKEN, answer), ACCOUNT, REQUEST, key="k")
    with pytest.raises(CarrierError):
        gls.find_label(Door(), ACCOUNT, replace(REQUEST, ship_on=None), key="k")


def test_a_label_is_printed_again() -> None:
    door = Door(TOKEN, made([ZPL]))
    document = gls.fetch_label(door, ACCOUNT, replace(BOUGHT, format=LabelFormat.ZPL))
    assert (document.content, document.format) == (b"^XA^FDlabel^XZ", LabelFormat.ZPL)
    assert door.calls[-1].url.endswith("/rs/shipments/reprintparcel")
    by_number = Door(TOKEN, made())
    gls.fetch_label(by_number, ACCOUNT, BoughtLabel("42249028960"))
    asked: Any = by_number.calls[-1].json
    assert asked["ParcelNumber"] == "42249028960"
    with pytest.raises(CarrierError) as caught:
        gls.fetch_label(Door(TOKEN, made([])), ACCOUNT, BOUGHT)
    assert caught.value.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize("answer", [{"Result": "CANCELLED"}, {"result": "cancellation_pending"}, {"Result": "OK"}])
def test_a_label_is_cancelled_by_its_track_id(answer: Any) -> None:
    door = Door(TOKEN, answer)
    gls.void_label(door, ACCOUNT, BOUGHT)
    assert door.calls[-1].url.endswith("/rs/shipments/cancel/ZX61QJIX")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"Result": "SCANNED"}, ErrorKind.BAD_REQUEST),
        ({"Result": "ERROR"}, ErrorKind.SERVER_ERROR),
        ({"TrackID": "ZX61QJIX"}, ErrorKind.MALFORMED),
    ],
)
def test_a_label_that_was_not_cancelled_is_an_error(answer: Any, kind: ErrorKind) -> None:
    with pytest.raises(CarrierError) as caught:
        gls.void_label(Door(TOKEN, answer), ACCOUNT, BOUGHT)
    assert caught.value.kind is kind


class Refusing(Door):
    """A door that refuses with headers, as ShipIT does."""

    def __init__(self, status: int, body: bytes = b"", **headers: str) -> None:
        super().__init__(TOKEN)
        self.refusal = RawAnswer(status, "text/plain", body, headers)

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        fetch()
        return self.refusal


@pytest.mark.parametrize(
    ("door", "kind", "sent"),
    [
        (Refusing(400, error="E005", message="ContactID wrong"), ErrorKind.BAD_REQUEST, False),
        (Refusing(400, b"Error: wrong"), ErrorKind.BAD_REQUEST, False),
        (Refusing(404), ErrorKind.BAD_REQUEST, False),
        (Refusing(401), ErrorKind.AUTH, False),
        (Refusing(429, b'{"fault": {"faultstring": "quota"}}'), ErrorKind.RATE_LIMITED, False),
        (Refusing(500, message="broken"), ErrorKind.SERVER_ERROR, True),
        (Refusing(200, b"<html>"), ErrorKind.MALFORMED, True),
        (Door(TOKEN, {"CreatedShipment": {}}), ErrorKind.MALFORMED, True),
        (Door((500, {})), ErrorKind.SERVER_ERROR, False),
        (Door(TOKEN, CarrierError(ErrorKind.SERVER_ERROR, "lost")), ErrorKind.SERVER_ERROR, True),
    ],
)
def test_only_a_clear_refusal_says_that_nothing_was_sold(door: Door, kind: ErrorKind, sent: bool) -> None:
    with pytest.raises(CarrierError) as caught:
        gls.create_label(door, ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (kind, sent)


def test_a_refusal_repeats_nobody_and_no_secret() -> None:
    words = "Ida Beispiel, LANGE GASSE 12 a in Lübeck 23552, ida@example.com; 276a165X00 hidden"
    with pytest.raises(CarrierError) as caught:
        gls.create_label(Refusing(400, message=words), ACCOUNT, REQUEST, key="k")
    told = str(caught.value).lower()
    assert not any(word in told for word in ("ida", "gasse", "lübeck", "23552", "example.com", "276a", "hidden"))


@pytest.mark.parametrize("strange", [item(TrackID=None), item(TrackID=""), item(ShipmentReference=None)])
def test_a_parcel_in_the_list_that_does_not_say_whose_it_is_may_be_ours(strange: Any) -> None:
    with pytest.raises(CarrierError) as caught:
        gls.find_label(Door(TOKEN, listed(strange)), ACCOUNT, REQUEST, key="k")
    assert caught.value.kind is ErrorKind.MALFORMED
