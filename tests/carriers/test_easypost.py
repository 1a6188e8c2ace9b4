"""EasyPost: its coarse words made exact, its errors, its signature, its webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from carriers.adapters.easypost import adapter
from carriers.base import PushTarget, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import answer, only, refusal
from tests.carriers.door import Door
from tests.carriers.tampering import NOW, SECRET, assert_only_the_true_one_passes, signed

easypost = adapter()
ACCOUNT = Door.account(api_key="key")
HEADER = "X-Hmac-Signature"


def detail(status: str | None, finer: str | None = None, words: str | None = None, **more: Any) -> dict[str, Any]:
    return {"status": status, "status_detail": finer, "message": words, "datetime": "2025-05-06T10:00:00Z", **more}


def tracker(status: str, finer: str | None = None, *details: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "object": "Tracker",
        "tracking_code": "1Z1",
        "status": status,
        "status_detail": finer,
        "tracking_details": list(details),
        **more,
    }


def read(status: str, finer: str | None = None, words: str | None = None, **more: Any) -> TrackingResult:
    return only(easypost, tracker(status, finer, detail(status, finer, words), **more))


@pytest.mark.parametrize(
    ("status", "finer", "words", "expected"),
    [
        ("pre_transit", "label_created", "Shipping Label Created", "InfoReceived_001"),
        ("in_transit", "arrived_at_facility", "Picked up", "InTransit_002"),
        ("in_transit", "arrived_at_facility", "Arrived at FedEx location", "InTransit_003"),
        ("in_transit", "departed_facility", None, "InTransit_007"),
        ("in_transit", "unknown", "On the way", None),
        ("in_transit", None, "Moved through facility", None),
        ("in_transit", None, "Loaded on trailer at SNOW HILL", None),
        ("in_transit", "delayed", "A delay", "Exception_005"),
        ("in_transit", "weather_delay", None, "Exception_017"),
        ("in_transit", "missorted", None, "Exception_016"),
        ("in_transit", "address_correction", None, "Exception_007"),
        ("in_transit", "address_correction_needed", None, "Exception_007"),
        ("in_transit", "damaged", None, "Exception_012"),
        ("in_transit", "lost", None, "Exception_013"),
        ("in_transit", "refused", None, "Exception_003"),
        ("in_transit", "delivery_exception", "Something else", "Exception_001"),
        ("in_transit", "delivery_exception", "Notice left (no authorized recipient available)", "AttemptFail_002"),
        ("in_transit", "status_update", "Delivery attempted", "AttemptFail_001"),
        ("in_transit", "held", "Held in customs", "Exception_004"),
        ("in_transit", "arrived_at_pickup_location", None, "AvailableForPickup_001"),
        ("in_transit", "status_update", "Ready for pickup at the post office", "AvailableForPickup_001"),
        ("in_transit", "return", "On its way back to sender", "Exception_010"),
        ("in_transit", "transferred_to_destination_carrier", "Tendered to agent for final delivery", None),
        ("out_for_delivery", "delayed", None, "OutForDelivery_001"),
        ("available_for_pickup", None, None, "AvailableForPickup_001"),
        ("delivered", "arrived_at_destination", "Delivered, In/At Mailbox", "Delivered_001"),
        ("delivered", None, "Delivered to neighbor", "Delivered_005"),
        ("delivered", None, "Delivered to the pick-up point", "AvailableForPickup_001"),
        ("delivered", None, "Delivered, To Original Sender", "Exception_011"),
        ("return_to_sender", "return", "Address Does Not Exist - Returning to Sender", "Exception_010"),
        ("return_to_sender", "return", None, "Exception_010"),
        ("return_to_sender", "return", "Returned to shipper", "Exception_011"),
        ("failure", "failure", "Undeliverable as addressed", "Exception_007"),
        ("failure", None, None, "Exception_001"),
        ("cancelled", "cancelled", None, "Exception_020"),
        ("canceled", None, None, "Exception_020"),
        ("error", None, None, "Exception_001"),
    ],
)
def test_the_detail_and_the_text_make_the_status_exact(
    status: str, finer: str | None, words: str | None, expected: str | None
) -> None:
    result = read(status, finer, words)
    assert result.substatus == expected
    assert (result.status, result.substatus) == (result.checkpoints[0].status, result.checkpoints[0].substatus)


def test_the_trackers_own_status_comes_before_its_newest_scan() -> None:
    late = detail("in_transit", "departed_facility", "Departed")
    assert only(easypost, tracker("out_for_delivery", "out_for_delivery", late)).status is Status.OUT_FOR_DELIVERY


def test_a_tracker_that_knows_nothing_is_pending_even_where_asking_failed() -> None:
    for status in ("unknown", "error", "a word of tomorrow"):
        result = only(easypost, tracker(status))
        assert (result.status, result.substatus, result.error) == (Status.PENDING, None, None)


def test_a_carrier_that_has_forgotten_the_number_makes_it_pending_whatever_was_scanned() -> None:
    result = only(easypost, tracker("unknown", "unknown", detail("in_transit", "departed_facility")))
    assert (result.status, result.checkpoints[0].status) == (Status.PENDING, Status.IN_TRANSIT)


def test_a_scan_of_an_unknown_kind_stays_unknown() -> None:
    result = only(easypost, tracker("in_transit", None, detail("a word of tomorrow", None, "Zzz")))
    assert (result.checkpoints[0].status, result.checkpoints[0].raw_code) == (None, "a word of tomorrow")


def test_a_delivery_after_the_return_has_begun_is_its_end() -> None:
    back = detail("return_to_sender", "return", "Returning", datetime="2025-05-05T10:00:00Z")
    result = only(easypost, tracker("delivered", None, back, detail("delivered", None, "Delivered")))
    assert (result.substatus, result.delivered_at) == ("Exception_011", None)


@pytest.mark.parametrize(
    ("local", "expected"),
    [("2025-05-09", date(2025, 5, 9)), ("2875-10-22", date(2025, 5, 10)), (None, date(2025, 5, 10))],
)
def test_the_carriers_own_day_counts_where_it_is_believable(local: str | None, expected: date) -> None:
    more: dict[str, Any] = {
        "est_delivery_date": "2025-05-10T00:00:00Z",
        "carrier_detail": {"est_delivery_date_local": local},
    }
    estimate = read("in_transit", **more).estimated_delivery
    assert estimate is not None
    assert estimate.date == expected


def test_a_list_gives_every_tracker_and_of_a_number_the_one_heard_of_last() -> None:
    old, new = tracker("in_transit", updated_at="2025-01-01T00:00:00Z"), tracker("delivered", updated_at="2025-05-01T")
    listed = {"trackers": [new, old, {**old, "tracking_code": "1Z2"}], "has_more": False}
    assert len(easypost.parse(answer(listed))) == 3
    assert only(easypost, listed, "1Z1").status is Status.DELIVERED
    assert only(easypost, {"trackers": [], "has_more": False}, "1Z1").error is not None
    missing = only(easypost, listed, "1Z9").error
    assert missing is not None
    assert missing.kind is ErrorKind.NOT_FOUND


def test_one_tracker_where_a_list_was_promised_is_read() -> None:
    assert only(easypost, {"trackers": tracker("delivered")}).status.value == "delivered"


def test_a_shipments_tracker_is_read_where_it_stands() -> None:
    assert (
        only(easypost, {"object": "Shipment", "id": "shp_1", "tracker": tracker("delivered")}).status.value
        == "delivered"
    )


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (401, "APIKEY.INACTIVE", "no", ErrorKind.AUTH),
        (422, "APIKEY.MISMATCH", "no", ErrorKind.AUTH),
        (200, "APIKEY.INACTIVE", "no", ErrorKind.AUTH),
        (403, "FORBIDDEN", "no", ErrorKind.AUTH),
        (402, "PAYMENT_REQUIRED", "no", ErrorKind.BAD_REQUEST),
        (422, "PARAMETER.REQUIRED", "Missing required parameter.", ErrorKind.BAD_REQUEST),
        (429, "RATE_LIMITED", "slow down", ErrorKind.RATE_LIMITED),
        (503, "SERVICE_UNAVAILABLE", "later", ErrorKind.SERVER_ERROR),
        (200, "INTERNAL", "what", ErrorKind.BAD_REQUEST),
    ],
)
def test_errors_of_the_whole_call(status: int, code: str, message: str, kind: ErrorKind) -> None:
    error = refusal(easypost, answer({"error": {"code": code, "message": message, "errors": []}}, status), "1Z1")
    assert (error.kind, error.carrier_code, error.message) == (kind, code, message)


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (404, {"code": "NOT_FOUND", "message": "The requested resource could not be found."}, ErrorKind.NOT_FOUND),
        (422, {"code": "TRACKER.CREATE.ERROR", "message": "Invalid tracking code"}, ErrorKind.INVALID_NUMBER),
        (
            422,
            {
                "code": "X",
                "message": "no",
                "errors": [{"field": "tracking_code", "message": "tracking_code is invalid"}],
            },
            ErrorKind.INVALID_NUMBER,
        ),
    ],
)
def test_errors_of_one_number(status: int, said: Any, kind: ErrorKind) -> None:
    error = only(easypost, {"error": said}, "1Z1", status).error
    assert error is not None
    assert error.kind is kind


@pytest.mark.parametrize("message", ["words", ["words"], {"errors": "words"}])
def test_the_message_of_an_error_in_every_form_it_has_had(message: Any) -> None:
    assert refusal(easypost, answer({"error": {"code": "X", "message": message}}, 422)).message == "words"


def test_one_call_a_number_and_the_carrier_only_where_it_is_known() -> None:
    door = Door((201, tracker("in_transit")), (201, tracker("in_transit")))
    easypost.track(door, ACCOUNT, ["1Z1"])
    ((_, results),) = easypost.track_for(door, ACCOUNT, "ups", ["1Z1"])
    assert [call.json for call in door.calls] == [
        {"tracker": {"tracking_code": "1Z1"}},
        {"tracker": {"tracking_code": "1Z1", "carrier": "UPS"}},
    ]
    assert {(call.method, call.url, call.basic) for call in door.calls} == {
        ("POST", "https://carrier.invalid/trackers", ("key", ""))
    }
    assert results[0].tracking_number == "1Z1"


def event(about: str, result: Any) -> RawAnswer:
    return answer({"id": "evt_1", "object": "Event", "description": about, "result": result})


def test_a_push_about_something_else_tells_nothing() -> None:
    assert easypost.parse_push(event("batch.updated", {"object": "Batch", "state": "purchased"})) == []
    assert easypost.parse_push(event("tracker.created", tracker("pre_transit")))[0].status is Status.INFO_RECEIVED
    with pytest.raises(CarrierError, match="without a tracker"):
        easypost.parse_push(event("tracker.updated", None))


def test_a_push_has_the_name_of_its_event() -> None:
    assert easypost.push_id(event("tracker.updated", None)) == "evt_1"
    assert easypost.push_id(answer({"id": "trk_1"})) is None


def stamped(body: bytes, secret: str) -> RawAnswer:
    key = unicodedata.normalize("NFKD", secret).encode()
    return signed(body, HEADER, "hmac-sha256-hex=" + hmac.new(key, body, hashlib.sha256).hexdigest())


@pytest.mark.parametrize("secret", [SECRET, "s\u00e9cret", "\ufb01ne"])
def test_only_a_push_signed_with_our_secret_is_believed(secret: str) -> None:
    assert_only_the_true_one_passes(easypost, stamped(b'{"id":"evt_1"}', secret), HEADER, secret)


def test_the_secret_is_the_same_however_it_is_typed() -> None:
    push = stamped(b"{}", "s\u00e9cret")
    assert easypost.verify_push(push, "se\u0301cret", NOW) is True


def test_the_webhook_is_made_once_and_then_brought_up_to_date() -> None:
    target = PushTarget("https://shop.example/push/x", "hush")
    door = Door({"webhooks": [{"id": "hook_0", "url": "https://else.example"}]}, (201, {"id": "hook_1"}))
    assert easypost.subscribe(door, ACCOUNT, [], target).handle == "hook_1"
    assert door.calls[1].json == {"webhook": {"url": target.url, "webhook_secret": "hush"}}
    door = Door({"webhooks": [{"id": "hook_1", "url": target.url}]}, {"id": "hook_1"})
    assert easypost.subscribe(door, ACCOUNT, [], target).handle == "hook_1"
    assert (door.calls[1].method, door.calls[1].url) == ("PATCH", "https://carrier.invalid/webhooks/hook_1")
    with pytest.raises(CarrierError) as caught:
        easypost.subscribe(Door((401, {"error": {"code": "X", "message": "no"}})), ACCOUNT, [], target)
    assert caught.value.kind is ErrorKind.AUTH
    assert "hush" not in json.dumps(repr(target))


def test_the_signature_that_easypost_publishes_is_good() -> None:
    folder = os.environ.get("DOORSTEP_REFERENCE")
    if not folder:
        pytest.skip("DOORSTEP_REFERENCE is not set to the reference folder")
    path = Path(folder) / "samples" / "tracking" / "easypost-webhook-tracker-updated-fedex.json"
    sample = json.loads(path.read_text("utf-8"))
    vector = sample["expected"]["webhook"]["signature_vector"]
    assert easypost.verify_push(signed(sample["raw"].encode(), HEADER, vector["value"]), vector["secret"], NOW) is True
