"""USPS return labels: bought once, found again, cancelled; nothing personal in what goes wrong."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from carriers.adapters.usps import adapter
from carriers.base import Account, Call, RawAnswer, Token, token_refused
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, BoughtLabel, LabelFormat, LabelRequest
from tests.carriers.published import hold, published

usps = adapter()
PDF, PNG, ZPL, QR = (
    base64.b64encode(raw).decode()
    for raw in (b"%PDF-1.7 label", b"\x89PNG\r\n\x1a\n label", b"^XA^FDlabel^XZ", b"\x89PNG\r\n\x1a\n code")
)
ACCOUNT = Account(
    "https://lab.invalid/usps",
    {
        "client_id": "id",
        "client_secret": "secret",
        "crid": "12345678",
        "mid": "901234567",
        "account_number": "1000000001",
    },
)
SHOPPER = Address("Ada Example", "12 Oak Street", "AUSTIN", "78704-1234", "US", region="tx", email="ada@example.com")
SHOP = Address("Returns", "2100 NE Broadway", "PORTLAND", "97232", "US", region="OR", company="Juniper")
REQUEST = LabelRequest("ref-1", SHOPPER, SHOP, 1000, rma="RMA-1")


class Script:
    """An HTTP door that answers from a table of paths and remembers what was asked."""

    def __init__(self, **answers: Any) -> None:
        self.calls: list[Call] = []
        self.answers: dict[str, Any] = {
            "oauth": {"access_token": "t", "expires_in": "28799"},
            "payment": {"paymentAuthorizationToken": "pay"},
        }
        self.answers |= answers

    def send(self, account: Account, call: Call) -> RawAnswer:
        self.calls.append(call)
        name = next(name for name in ("oauth", "payment", "reprint", "return-label", "label") if name in call.url)
        given = self.answers[name]
        if isinstance(given, CarrierError):
            raise given
        status, body = given if isinstance(given, tuple) else (200, given)
        return RawAnswer(status, "application/json", json.dumps(body).encode())

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        fetch()
        return self.send(account, call)


NESTED = {
    "returnLabelMetadata": {"trackingNumber": "9400", "postage": 8.45},
    "returnLabelImage": PDF,
    "labelBrokerQR": QR,
}
FLAT = {"trackingNumber": "9400", "postage": 8.45, "labelImage": PDF, "labelBrokerQR": QR}


def refused(message: str, status: int = 400) -> tuple[int, Any]:
    return status, {"error": {"code": str(status), "message": message, "errors": [{"code": "160004"}]}}


def detailed(detail: str) -> tuple[int, Any]:
    """A refusal as USPS publishes it: the message only names the HTTP status."""
    errors = [{"title": "Bad Request", "detail": detail, "code": "0000001"}]
    return 400, {"apiVersion": "/labels/v3", "error": {"code": "400", "message": "Bad Request", "errors": errors}}


@pytest.mark.parametrize("body", [NESTED, FLAT])
def test_a_label_has_its_number_document_code_and_price(body: Any) -> None:
    http = Script(**{"return-label": body})
    label = usps.create_label(http, ACCOUNT, REQUEST, key="8be4df61-93ca-11d2-aa0d-00e098032b8c")
    assert (label.tracking_number, label.document, label.cost_minor, label.currency) == (
        "9400",
        b"%PDF-1.7 label",
        845,
        "USD",
    )
    assert label.qr_png == b"\x89PNG\r\n\x1a\n code"
    assert (label.format, label.service, label.handle) == (
        LabelFormat.PDF,
        "USPS_GROUND_ADVANTAGE_RETURN_SERVICE",
        "9400",
    )
    call = http.calls[-1]
    assert not call.repeatable
    assert call.headers["X-Idempotency-Key"] == "8be4df61-93ca-11d2-aa0d-00e098032b8c"
    assert (call.headers["X-Payment-Authorization-Token"], call.headers["Accept"]) == (
        "pay",
        "application/vnd.usps.labels+json",
    )


def test_the_request_says_who_sends_what_to_whom() -> None:
    http = Script(**{"return-label": FLAT})
    usps.create_label(http, ACCOUNT, REQUEST, key="k")
    body: Any = http.calls[-1].json
    assert body["fromAddress"] == {
        "firstName": "Ada",
        "lastName": "Example",
        "streetAddress": "12 Oak Street",
        "city": "AUSTIN",
        "state": "TX",
        "ZIPCode": "78704",
        "ZIPPlus4": "1234",
    }
    assert body["toAddress"]["firm"] == "Juniper"
    package = body["packageDescription"]
    assert (package["weight"], package["weightUOM"], package["customerReference"][0]["referenceNumber"]) == (
        2.2,
        "lb",
        "RMA-1",
    )


@pytest.mark.parametrize(
    ("kind", "image", "asked"),
    [
        (LabelFormat.PNG, PNG, "PNG"),
        (LabelFormat.ZPL, ZPL, "ZPL203DPI"),
        (LabelFormat.PDF, PDF, "LABEL_BROKER"),
    ],
)
def test_a_label_comes_in_the_format_wanted_and_only_a_pdf_with_a_code_for_the_counter(
    kind: LabelFormat, image: str, asked: str
) -> None:
    answer = (
        {**FLAT, "labelImage": image} if kind is LabelFormat.PDF else {**FLAT, "labelImage": image, "labelBrokerQR": ""}
    )
    http = Script(**{"return-label": answer})
    label = usps.create_label(http, ACCOUNT, replace(REQUEST, format=kind), key="k")
    body: Any = http.calls[-1].json
    assert body["imageInfo"]["imageType"] == asked
    assert (label.format, label.qr_png is not None) == (kind, kind is LabelFormat.PDF)


def test_an_account_without_label_broker_gets_a_plain_pdf() -> None:
    http = Script(**{"return-label": {**FLAT, "labelBrokerQR": None}})
    account = Account(ACCOUNT.base_url, {**ACCOUNT.credentials, "label_broker": "no"})
    assert usps.create_label(http, account, REQUEST, key="k").qr_png is None
    body: Any = http.calls[-1].json
    assert body["imageInfo"] == {"imageType": "PDF", "labelType": "4X6LABEL", "receiptOption": "NONE"}


def test_the_service_is_the_request_s_before_the_account_s() -> None:
    account = Account(ACCOUNT.base_url, {**ACCOUNT.credentials, "mail_class": "PRIORITY_MAIL_RETURN_SERVICE"})
    for request, wanted in (
        (REQUEST, "PRIORITY_MAIL_RETURN_SERVICE"),
        (replace(REQUEST, service="PRIORITY_MAIL_EXPRESS_RETURN_SERVICE"), "PRIORITY_MAIL_EXPRESS_RETURN_SERVICE"),
    ):
        http = Script(**{"return-label": FLAT})
        assert usps.create_label(http, account, request, key="k").service == wanted
        body: Any = http.calls[-1].json
        assert body["packageDescription"]["mailClass"] == wanted


def test_the_size_and_the_fees_are_as_they_are() -> None:
    http = Script(**{"return-label": {**FLAT, "fees": [{"name": "Nonstandard length", "price": 4.0}, {"price": None}]}})
    label = usps.create_label(http, ACCOUNT, replace(REQUEST, size_cm=(10, 30, 23)), key="k")
    assert label.cost_minor == 1245
    body: Any = http.calls[-1].json
    package = body["packageDescription"]
    assert (package["length"], package["width"], package["height"]) == (11.8, 9.1, 3.9)


@pytest.mark.parametrize("image", [None, "PGh0bWw+", "not base64!"])
def test_a_label_bought_without_a_document_is_still_bought(image: str | None) -> None:
    http = Script(**{"return-label": {"trackingNumber": "9400", "labelImage": image}})
    label = usps.create_label(http, ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.document, label.cost_minor) == ("9400", b"", None)


@pytest.mark.parametrize("kind", list(LabelFormat))
def test_the_request_is_as_the_interface_says(kind: LabelFormat) -> None:
    http = Script(**{"return-label": FLAT})
    usps.create_label(http, ACCOUNT, replace(REQUEST, format=kind), key="k")
    document = published("usps", "usps-domestic-labels-v3.yaml")
    hold(document, "ReturnLabelRequest", http.calls[-1].json)


def test_the_request_for_another_print_is_as_the_interface_says() -> None:
    http = Script(reprint={**NESTED, "returnLabelImage": PNG})
    found = usps.fetch_label(http, ACCOUNT, BoughtLabel("9400", format=LabelFormat.PNG))
    assert found.format is LabelFormat.PNG
    hold(published("usps", "usps-domestic-labels-v3.yaml"), "LabelReprintRequest", http.calls[-1].json)


def test_another_print_that_is_none_is_an_error() -> None:
    with pytest.raises(CarrierError) as caught:
        usps.fetch_label(Script(reprint={"trackingNumber": "9400"}), ACCOUNT, BoughtLabel("9400"))
    assert caught.value.kind is ErrorKind.MALFORMED


def test_any_key_becomes_a_uuid_and_always_the_same() -> None:
    keys = set()
    for _ in range(2):
        http = Script(**{"return-label": FLAT})
        usps.create_label(http, ACCOUNT, REQUEST, key="return-17")
        keys.add(http.calls[-1].headers["X-Idempotency-Key"])
    assert len(keys) == 1
    assert len(keys.pop()) == 36


def test_a_lost_label_is_found_by_its_key() -> None:
    found = usps.find_label(Script(reprint=NESTED), ACCOUNT, REQUEST, key="k")
    assert found is not None
    assert found.tracking_number == "9400"
    assert (
        usps.find_label(
            Script(reprint=refused("Idempotency-Key not found for a mailing date within the last 7 days")),
            ACCOUNT,
            REQUEST,
            key="k",
        )
        is None
    )


@pytest.mark.parametrize(
    "answer",
    [
        refused("A label can only be reprinted 3 times."),
        refused("The payment account was not found."),
        refused("No label was found", 503),
    ],
)
def test_a_search_that_failed_is_not_taken_for_no_label(answer: Any) -> None:
    with pytest.raises(CarrierError):
        usps.find_label(Script(reprint=answer), ACCOUNT, REQUEST, key="k")


@pytest.mark.parametrize(
    ("answer", "kind", "sent"),
    [
        (refused("bad"), ErrorKind.BAD_REQUEST, False),
        (refused("who", 401), ErrorKind.AUTH, False),
        (refused("slow down", 429), ErrorKind.RATE_LIMITED, False),
        (refused("broken", 500), ErrorKind.SERVER_ERROR, True),
        ({"labelImage": PDF}, ErrorKind.MALFORMED, True),
        ([], ErrorKind.MALFORMED, True),
    ],
)
def test_only_a_clear_refusal_says_that_nothing_was_sold(answer: Any, kind: ErrorKind, sent: bool) -> None:
    with pytest.raises(CarrierError) as caught:
        usps.create_label(Script(**{"return-label": answer}), ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (kind, sent)


def test_a_failed_payment_has_bought_nothing() -> None:
    lost = CarrierError(ErrorKind.SERVER_ERROR, "lost")
    http = Script(payment=lost)
    with pytest.raises(CarrierError) as caught:
        usps.create_label(http, ACCOUNT, REQUEST, key="k")
    assert caught.value.sent is False
    assert not any("return-label" in call.url for call in http.calls)


@pytest.mark.parametrize(
    "sender",
    [
        replace(SHOPPER, country="CA"),
        replace(SHOPPER, postal_code="K1A 0B1"),
        replace(SHOPPER, region="Texas"),
        replace(SHOPPER, line1="x" * 51),
        replace(SHOPPER, line1=""),
    ],
)
def test_an_address_that_cannot_be_printed_is_refused_before_anything_is_sent(sender: Address) -> None:
    http = Script()
    with pytest.raises(CarrierError) as caught:
        usps.create_label(http, ACCOUNT, replace(REQUEST, sender=sender), key="k")
    assert (caught.value.kind, caught.value.sent, http.calls) == (ErrorKind.BAD_REQUEST, False, [])


def test_an_error_repeats_no_address_and_no_secret() -> None:
    words = "Address 12 OAK street, Austin for Ada Example (ada@example.com, 78704-1234) is wrong; token secret"
    with pytest.raises(CarrierError) as caught:
        usps.create_label(Script(**{"return-label": refused(words)}), ACCOUNT, REQUEST, key="k")
    told = (str(caught.value) + caught.value.message + repr(REQUEST) + repr(ACCOUNT)).lower()
    for hidden in ("oak", "austin", "ada", "78704", "secret"):
        assert hidden not in told


def test_a_label_is_cancelled_or_its_refund_asked_for() -> None:
    for status in ("CANCELED", "DISPUTED"):
        http = Script(label={"trackingNumber": "9400", "status": status})
        usps.void_label(http, ACCOUNT, BoughtLabel("9400"))
        assert (http.calls[-1].method, http.calls[-1].url) == (
            "DELETE",
            "https://lab.invalid/usps/labels/v3/label/9400",
        )
    for again in (
        detailed("A refund request for this order has already been submitted today"),
        refused("The label is already canceled."),
    ):
        usps.void_label(Script(label=again), ACCOUNT, BoughtLabel("9400"))
    with pytest.raises(CarrierError, match="cannot be submitted"):
        usps.void_label(
            Script(label=detailed("A refund request for this order cannot be submitted")), ACCOUNT, BoughtLabel("9400")
        )
    with pytest.raises(CarrierError):
        usps.void_label(Script(label=refused("The label has been used.")), ACCOUNT, BoughtLabel("9400"))


def test_a_missing_credential_is_named() -> None:
    poor = Account("https://lab.invalid", {"client_id": "id", "client_secret": "secret"})
    with pytest.raises(CarrierError, match="crid") as caught:
        usps.create_label(Script(), poor, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.AUTH, False)
