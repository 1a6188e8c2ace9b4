"""UPS Track Alert: subscriptions for some numbers, the credential that comes back, events with empty values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from carriers.adapters.ups import adapter
from carriers.base import PushProof, PushTarget, RawAnswer, Subscribes
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status
from tests.carriers.answers import answer
from tests.carriers.door import Door
from tests.carriers.published import example, hold, published

ups = adapter()
TOKEN = {"access_token": "t", "expires_in": "14399"}
ACCOUNT = Door.account(client_id="id", client_secret="hidden")
TARGET = PushTarget("https://parcels.example/hooks/ups/abc", "agreed")
NUMBERS = ["1Z5R89390357567127", "1Z5R89390357567136"]
NOW = datetime(2026, 3, 10, tzinfo=UTC)


def event(**more: Any) -> dict[str, Any]:
    """An event as UPS sends it: what has no value is an empty text."""
    return {
        "trackingNumber": NUMBERS[0],
        "localActivityDate": "20260310",
        "localActivityTime": "91519",
        "activityLocation": {"city": "Charlotte", "stateProvince": "NC", "postalCode": "", "country": "US"},
        "activityStatus": {"type": "I", "code": "OT", "description": "Out for Delivery", "descriptionCode": "021"},
        "scheduledDeliveryDate": "20260310",
        "actualDeliveryDate": "",
        "actualDeliveryTime": "",
        "gmtActivityDate": "20260310",
        "gmtActivityTime": "131519",
        "gmtOffset": "-04.00",
        "deliveryStartTime": "",
        "deliveryEndTime": "",
        "deliveryTimeDescription": "end of day",
        "receivedBy": "",
        "deliveryPhoto": "",
        **more,
    }


def test_numbers_are_subscribed_for_two_weeks_and_the_refused_come_back() -> None:
    assert (ups.info.subscribes, ups.info.subscription_days, ups.info.subscription_batch) == (
        Subscribes.NUMBERS,
        14,
        100,
    )
    door = Door(TOKEN, {"validTrackingNumbers": NUMBERS[:1], "invalidTrackingNumbers": NUMBERS[1:]})
    agreed = ups.subscribe(door, ACCOUNT, NUMBERS, TARGET)
    assert agreed.refused == (NUMBERS[1],)
    call = door.calls[-1]
    assert (call.method, call.url) == ("POST", "https://carrier.invalid/api/track/v2/subscription/standard/package")
    assert call.json == {"locale": "en_US", "countryCode": "US", "trackingNumberList": NUMBERS}
    assert {"transId", "transactionSrc"} <= set(call.headers)
    assert "agreed" not in str(call.json)


def test_the_subscription_is_as_the_interface_says() -> None:
    door = Door(TOKEN, {"validTrackingNumbers": NUMBERS})
    assert ups.subscribe(door, ACCOUNT, NUMBERS, TARGET).refused == ()
    hold(published("ups", "UPSTrackAlert.yaml"), "PackageSubscriptionRequest", door.calls[-1].json)


def test_numbers_that_are_all_refused_are_no_failure() -> None:
    body = {"invalidTrackingNumbers": NUMBERS, "response": {"errors": [{"code": "VSS210", "message": "None valid."}]}}
    assert ups.subscribe(Door(TOKEN, (400, body)), ACCOUNT, NUMBERS, TARGET).refused == tuple(NUMBERS)
    body.pop("invalidTrackingNumbers")
    assert ups.subscribe(Door(TOKEN, (400, body)), ACCOUNT, NUMBERS, TARGET).refused == tuple(NUMBERS)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "VSS300", ErrorKind.BAD_REQUEST),
        (404, "404", ErrorKind.BAD_REQUEST),
        (500, "VSS100", ErrorKind.SERVER_ERROR),
        (401, "250002", ErrorKind.AUTH),
        (429, "10429", ErrorKind.RATE_LIMITED),
    ],
)
def test_a_subscription_that_failed_has_a_kind(status: int, code: str, kind: ErrorKind) -> None:
    said = (status, {"response": {"errors": [{"code": code, "message": "No."}]}})
    with pytest.raises(CarrierError) as caught:
        ups.subscribe(Door(TOKEN, said, TOKEN, said), ACCOUNT, NUMBERS, TARGET)
    assert caught.value.kind is kind


@pytest.mark.parametrize("header", ["credential", "Credential", "Authorization"])
def test_a_push_is_believed_by_the_credential_that_comes_back(header: str) -> None:
    assert ups.info.push_proof is PushProof.CREDENTIAL
    given = "Bearer agreed" if header == "Authorization" else "agreed"
    push = RawAnswer(200, "application/json", b"{}", {header: given})
    assert ups.verify_push(push, "agreed", NOW) is True
    assert ups.push_id(push) is None


@pytest.mark.parametrize(
    ("headers", "secret"),
    [
        ({}, "agreed"),
        ({"credential": "other"}, "agreed"),
        ({"credential": ""}, ""),
        ({"Authorization": "agree"}, "agreed"),
    ],
)
def test_any_other_push_is_refused(headers: dict[str, str], secret: str) -> None:
    with pytest.raises(CarrierError) as caught:
        ups.verify_push(RawAnswer(200, "application/json", b"{}", headers), secret, NOW)
    assert caught.value.kind is ErrorKind.AUTH
    assert "agreed" not in caught.value.message


def test_a_push_is_one_scan_with_its_dotted_offset() -> None:
    (result,) = ups.parse_push(answer(event()))
    (scan,) = result.checkpoints
    assert (result.status, result.substatus) == (Status.OUT_FOR_DELIVERY, "OutForDelivery_001")
    assert scan.time is not None
    assert scan.time.isoformat() == "2026-03-10T09:15:19-04:00"
    assert (scan.city, scan.state, scan.postal_code, scan.country, scan.raw_code) == (
        "Charlotte",
        "NC",
        None,
        "US",
        "OT",
    )
    assert (result.signed_by, result.delivered_at) == (None, None)


def test_without_an_offset_the_two_clocks_give_it() -> None:
    (result,) = ups.parse_push(answer(event(gmtOffset="")))
    assert result.checkpoints[0].time is not None
    assert result.checkpoints[0].time.isoformat() == "2026-03-10T09:15:19-04:00"


def test_a_delivery_says_when_and_by_whom_it_was_received() -> None:
    status = {"type": "D", "code": "FS", "description": "Delivered", "descriptionCode": "011"}
    body = event(activityStatus=status, actualDeliveryDate="20260310", actualDeliveryTime="95004", receivedBy="MILLER")
    (result,) = ups.parse_push(answer(body))
    assert result.delivered_at is not None
    assert (result.delivered_at.isoformat(), result.signed_by) == ("2026-03-10T09:50:04-04:00", "MILLER")
    assert result.status is Status.DELIVERED


@pytest.mark.parametrize("code", [17, 21, "17", None, ""])
def test_a_description_code_that_lost_its_zeros_as_a_number_does_not_count(code: Any) -> None:
    """021 in YAML or JSON written as a number is 17 to whoever reads octal: type and code then say it."""
    status = {"type": "I", "code": "OT", "description": "Out for Delivery", "descriptionCode": code}
    (result,) = ups.parse_push(answer(event(activityStatus=status)))
    assert result.status is Status.OUT_FOR_DELIVERY


def test_an_update_moves_nothing() -> None:
    status = {"type": "U", "code": "DL", "description": "Scheduled delivery updated", "descriptionCode": ""}
    (result,) = ups.parse_push(answer(event(activityStatus=status)))
    assert result.checkpoints[0].notice


def test_a_photo_is_not_kept_with_the_scan() -> None:
    (result,) = ups.parse_push(answer(event(deliveryPhoto="aGVsbG8=")))
    assert "deliveryPhoto" not in result.checkpoints[0].raw


@pytest.mark.parametrize("body", [{}, [], {"activityStatus": {}}, {"trackingNumber": ""}, b"<html>"])
def test_a_push_without_a_number_is_malformed(body: Any) -> None:
    with pytest.raises(CarrierError) as caught:
        ups.parse_push(answer(body))
    assert caught.value.kind is ErrorKind.MALFORMED


def test_the_published_example_is_read() -> None:
    (result,) = ups.parse_push(answer(example("ups", "UPSTrackAlert-05-out-for-delivery-message.json")))
    assert (result.status, result.checkpoints[0].offset_known) == (Status.OUT_FOR_DELIVERY, True)
