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
from carriers.model import Address, BoughtLabel, LabelRequest

usps = adapter()
PDF = base64.b64encode(b"%PDF-1.7 label").decode()
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
    "labelBrokerQR": "iVBORw0=",
}
FLAT = {"trackingNumber": "9400", "postage": 8.45, "labelImage": PDF, "labelBrokerQR": "iVBORw0="}


def refused(message: str, status: int = 400) -> tuple[int, Any]:
    return status, {"error": {"code": str(status), "message": message, "errors": [{"code": "160004"}]}}


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
    assert label.qr_png is not None
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
        usps.find_label(Script(reprint=refused("No label was found for this request.")), ACCOUNT, REQUEST, key="k")
        is None
    )


@pytest.mark.parametrize("answer", [refused("A label can only be reprinted 3 times."), refused("busy", 503)])
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
        ({"trackingNumber": "9400"}, ErrorKind.MALFORMED, True),
        ({"trackingNumber": "9400", "labelImage": "PGh0bWw+"}, ErrorKind.MALFORMED, True),
        ({"trackingNumber": "9400", "labelImage": "not base64!"}, ErrorKind.MALFORMED, True),
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
    with pytest.raises(CarrierError):
        usps.void_label(Script(label=refused("The label has been used.")), ACCOUNT, BoughtLabel("9400"))


def test_a_missing_credential_is_named() -> None:
    poor = Account("https://lab.invalid", {"client_id": "id", "client_secret": "secret"})
    with pytest.raises(CarrierError, match="crid") as caught:
        usps.create_label(Script(), poor, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.AUTH, False)
