"""Shippo: sub-statuses below their status, errors by field, a signature with a time, numbers told by their format."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from carriers.adapters.shippo import adapter
from carriers.base import PushTarget, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import answer, only, refusal
from tests.carriers.door import Door
from tests.carriers.tampering import NOW, SECRET, assert_refused, signed, spoilt

shippo = adapter()
ACCOUNT = Door.account(api_token="shippo_test_x")
HEADER = "Shippo-Auth-Signature"
UPS, USPS = "1Z5R89390357567127", "9400111899223397541123"


def event(status: Any, sub: Any = None, words: Any = None, **more: Any) -> dict[str, Any]:
    told = {"code": sub, "text": words, "action_required": False} if sub else None
    return {"status": status, "substatus": told, "status_details": words, "status_date": "2024-11-04T10:00:00Z", **more}


def track(status: Any, *history: Any, **more: Any) -> dict[str, Any]:
    return {
        "carrier": "ups",
        "tracking_number": UPS,
        "tracking_status": status,
        "tracking_history": list(history),
        **more,
    }


def read(status: Any, sub: Any = None, words: Any = None) -> TrackingResult:
    one = event(status, sub, words)
    return only(shippo, track(one, one))


@pytest.mark.parametrize(
    ("status", "sub", "words", "expected"),
    [
        ("PRE_TRANSIT", "information_received", None, "InfoReceived_001"),
        ("TRANSIT", None, "Your shipment has departed from the origin.", "InTransit_007"),
        ("TRANSIT", None, "Your shipment is out for delivery.", "OutForDelivery_001"),
        ("TRANSIT", None, "Zzz", None),
        ("TRANSIT", "package_processing", "Zzz", None),
        ("TRANSIT", "package_accepted", None, "InTransit_002"),
        ("TRANSIT", "package_arrived", None, "InTransit_003"),
        ("TRANSIT", "package_departed", None, "InTransit_007"),
        ("TRANSIT", "out_for_delivery", None, "OutForDelivery_001"),
        ("TRANSIT", "pickup_available", None, "AvailableForPickup_001"),
        ("TRANSIT", "delivery_attempted", None, "AttemptFail_001"),
        ("TRANSIT", "notice_left", "Notice left, no one was home", "AttemptFail_002"),
        ("TRANSIT", "delivery_rescheduled", None, "AttemptFail_001"),
        ("TRANSIT", "location_inaccessible", None, "AttemptFail_001"),
        ("TRANSIT", "delayed", None, "Exception_005"),
        ("TRANSIT", "address_issue", None, "Exception_007"),
        ("TRANSIT", "package_damaged", None, "Exception_012"),
        ("TRANSIT", "package_held", "Package is held in customs", "Exception_004"),
        ("TRANSIT", "contact_carrier", None, "Exception_001"),
        ("DELIVERED", "delivered", None, "Delivered_001"),
        ("DELIVERED", "information_received", None, "Delivered_001"),
        ("DELIVERED", None, "Delivered to the original sender", "Exception_011"),
        ("RETURNED", None, "Your shipment has been returned to the original sender.", "Exception_011"),
        ("RETURNED", None, None, "Exception_011"),
        ("RETURNED", None, "Returning to sender", "Exception_010"),
        ("RETURNED", "return_to_sender", "Package is to be returned to sender.", "Exception_010"),
        ("RETURNED", "return_to_sender", "Delivered to sender", "Exception_011"),
        ("RETURNED", "package_unclaimed", None, "Exception_008"),
        ("FAILURE", "package_undeliverable", None, "Exception_001"),
        ("FAILURE", "package_lost", None, "Exception_013"),
        ("FAILURE", "package_disposed", None, "Exception_021"),
        ("FAILURE", None, "The address is incorrect: incomplete address", "Exception_007"),
    ],
)
def test_a_status_is_made_exact_by_its_own_sub_status_or_by_its_text(
    status: str, sub: str | None, words: str | None, expected: str | None
) -> None:
    result = read(status, sub, words)
    assert (result.substatus, result.checkpoints[0].substatus) == (expected, expected)
    assert result.checkpoints[0].raw_code == sub


def test_a_sub_status_may_be_a_bare_text() -> None:
    assert only(shippo, track({**event("TRANSIT"), "substatus": "delayed"})).substatus == "Exception_005"


@pytest.mark.parametrize("status", [None, {}, "UNKNOWN", event("UNKNOWN", "other")])
def test_a_number_that_nobody_knows_is_pending_and_asked_about_again(status: Any) -> None:
    result = only(shippo, track(status))
    assert result.error is not None
    assert (result.status, result.error.kind) == (Status.PENDING, ErrorKind.NOT_FOUND)


def test_a_missing_status_leaves_what_the_history_says_and_an_unknown_one_does_not() -> None:
    history = event("TRANSIT", "package_accepted")
    result = only(shippo, track(None, history))
    assert (result.substatus, result.error) == ("InTransit_002", None)
    result = only(shippo, track(event("UNKNOWN"), history))
    assert (result.status, result.error, result.checkpoints[0].status) == (Status.PENDING, None, Status.IN_TRANSIT)


def test_times_keep_what_they_were_given_with() -> None:
    local = event("TRANSIT", status_date="2018-07-28T14:39:42.589")
    assert [scan.offset_known for scan in only(shippo, track(None, local, event("TRANSIT"))).checkpoints] == [
        False,
        True,
    ]


def test_an_unknown_word_stays_unknown() -> None:
    scan = only(shippo, track(event("TELEPORTED"), event("TELEPORTED", None, "Zzz"))).checkpoints[0]
    assert (scan.status, scan.raw_code) == (None, "TELEPORTED")


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (401, {"detail": "Invalid token"}, ErrorKind.AUTH, "Invalid token"),
        (400, {"carrier": ["No such carrier."]}, ErrorKind.BAD_REQUEST, "No such carrier."),
        (400, {"tracking_number": ["This field is required."]}, ErrorKind.BAD_REQUEST, "This field is required."),
        (400, {"__all__": [{"message": "words"}]}, ErrorKind.BAD_REQUEST, "words"),
        (400, ["words"], ErrorKind.BAD_REQUEST, "The carrier answered with HTTP status 400."),
        (429, {"detail": "Request was throttled."}, ErrorKind.RATE_LIMITED, "Request was throttled."),
        (500, {}, ErrorKind.SERVER_ERROR, "The carrier answered with HTTP status 500."),
    ],
)
def test_errors_of_the_whole_call(status: int, body: Any, kind: ErrorKind, message: str) -> None:
    error = refusal(shippo, answer(body, status), UPS)
    assert (error.kind, error.message) == (kind, message)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, {"detail": "Not found."}, ErrorKind.NOT_FOUND),
        (404, b"<h1>Not Found</h1><p>The requested resource was not found on this server.</p>", ErrorKind.NOT_FOUND),
        (400, {"tracking_number": ["Not a tracking number of this carrier."]}, ErrorKind.INVALID_NUMBER),
    ],
)
def test_errors_of_one_number(status: int, body: Any, kind: ErrorKind) -> None:
    error = only(shippo, body, UPS, status).error
    assert error is not None
    assert error.kind is kind


def test_the_carrier_is_the_named_one_or_told_by_the_number() -> None:
    door = Door(track(event("TRANSIT")), track(event("TRANSIT")))
    shippo.track_for(door, ACCOUNT, "usps", ["94/001"])
    shippo.track(door, ACCOUNT, [UPS])
    assert [call.url for call in door.calls] == [
        "https://carrier.invalid/tracks/usps/94%2F001",
        f"https://carrier.invalid/tracks/ups/{UPS}",
    ]
    assert door.calls[0].headers["Authorization"] == "ShippoToken shippo_test_x"


@pytest.mark.parametrize("carrier", [None, "acme"])
def test_a_carrier_that_shippo_has_no_name_for_is_not_asked_about(carrier: str | None) -> None:
    door = Door()
    with pytest.raises(CarrierError) as caught:
        shippo.track_for(door, ACCOUNT, carrier, ["?"]) if carrier else shippo.track(door, ACCOUNT, ["?"])
    assert (caught.value.kind, caught.value.sent, door.calls) == (ErrorKind.NOT_SUPPORTED, False, [])


def test_a_push_about_something_else_tells_nothing() -> None:
    assert shippo.parse_push(answer({"event": "transaction_created", "data": {"tracking_number": UPS}})) == []
    assert shippo.parse_push(answer(track(event("DELIVERED"))))[0].status is Status.DELIVERED
    with pytest.raises(CarrierError, match="without a track"):
        shippo.parse_push(answer({"event": "track_updated", "data": {}}))
    assert shippo.push_id(answer({})) is None


def stamped(*secrets: str, age: float = 0, body: bytes = b'{"event":"track_updated"}') -> RawAnswer:
    at = str(int((NOW - timedelta(seconds=age)).timestamp()))
    marks = [hmac.new(one.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest() for one in secrets]
    return signed(body, HEADER, ",".join([f"t={at}", *(f"v1={mark}" for mark in marks)]))


def test_only_a_push_signed_with_our_secret_is_believed() -> None:
    push = stamped(SECRET)
    assert shippo.verify_push(push, SECRET, NOW) is True
    for other in spoilt(push, HEADER):
        assert_refused(shippo, other)
    assert_refused(shippo, push, "another secret")


@pytest.mark.parametrize(("age", "believed"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_a_signature_is_good_for_five_minutes_either_way(age: float, believed: bool) -> None:
    if believed:
        assert shippo.verify_push(stamped(SECRET, age=age), SECRET, NOW) is True
    else:
        assert_refused(shippo, stamped(SECRET, age=age))


def test_while_the_secret_changes_one_of_two_signatures_is_enough() -> None:
    push = stamped("the old one", SECRET)
    assert shippo.verify_push(push, SECRET, NOW) is True
    assert shippo.verify_push(push, "the old one", NOW) is True
    assert_refused(shippo, stamped("the old one"))


def test_a_second_time_in_the_header_is_refused() -> None:
    push = stamped(SECRET)
    assert_refused(shippo, replace(push, headers={HEADER: push.headers[HEADER] + ",t=1"}))


def test_without_a_secret_a_push_is_a_hint() -> None:
    assert shippo.verify_push(answer({}), "", NOW) is False


TARGET = PushTarget("https://shop.example/push/x", "hush")


def test_numbers_are_registered_after_the_webhook_is_there() -> None:
    door = Door([], (201, {"object_id": "w1"}), (201, track(None)), (400, {"carrier": ["no"]}))
    subscription = shippo.subscribe(door, ACCOUNT, [UPS, USPS, "?"], TARGET)
    assert (subscription.handle, subscription.refused) == ("w1", (USPS, "?"))
    assert [call.json for call in door.calls[1:]] == [
        {"url": TARGET.url, "event": "track_updated", "active": True, "is_test": True},
        {"carrier": "ups", "tracking_number": UPS},
        {"carrier": "usps", "tracking_number": USPS},
    ]


def test_a_webhook_that_is_there_is_not_made_again() -> None:
    hook = {"object_id": "w2", "url": TARGET.url, "active": True}
    door = Door({"results": [hook]}, (201, track(None)))
    assert shippo.subscribe(door, ACCOUNT, [UPS], TARGET).handle == "w2"
    assert len(door.calls) == 2


def test_a_refused_key_is_no_refused_number() -> None:
    with pytest.raises(CarrierError) as caught:
        shippo.subscribe(Door([{"url": TARGET.url}], (401, {"detail": "no"})), ACCOUNT, [UPS], TARGET)
    assert caught.value.kind is ErrorKind.AUTH
    with pytest.raises(CarrierError):
        shippo.subscribe(Door((401, {"detail": "no"})), ACCOUNT, [UPS], TARGET)
