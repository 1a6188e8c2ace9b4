"""Karrio: coarse words, reasons, pasted offsets, errors of its own and of the carrier behind it."""

from __future__ import annotations

from typing import Any

import pytest

from carriers.adapters.karrio import adapter
from carriers.base import PushTarget
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import answer, only, refusal
from tests.carriers.door import Door
from tests.carriers.tampering import NOW

karrio = adapter()
ACCOUNT = Door.account(api_key="key")
UPS = "1Z5R89390357567127"


def event(status: Any = None, words: Any = None, reason: Any = None, **more: Any) -> dict[str, Any]:
    return {"date": "2025-02-01", "time": "10:00", "status": status, "description": words, "reason": reason, **more}


def tracker(status: Any, *events: Any, **more: Any) -> dict[str, Any]:
    return {"carrier_name": "ups", "tracking_number": UPS, "status": status, "events": list(events), **more}


def read(status: Any, *events: Any, **more: Any) -> TrackingResult:
    return only(karrio, tracker(status, *events, **more))


@pytest.mark.parametrize(
    ("status", "words", "reason", "expected"),
    [
        ("pending", "Label created", None, "InfoReceived_001"),
        ("picked_up", None, None, "InTransit_002"),
        ("in_transit", "Zzz", None, None),
        ("in_transit", "Out for delivery", None, "OutForDelivery_001"),
        ("in_transit", None, "carrier_parcel_lost", "Exception_013"),
        ("on_hold", None, None, "Exception_001"),
        ("on_hold", "Held in customs", None, "Exception_004"),
        ("on_hold", None, "customs_duties_unpaid", "Exception_006"),
        ("delivery_delayed", None, None, "Exception_005"),
        ("delivery_delayed", None, "weather_delay", "Exception_017"),
        ("out_for_delivery", None, None, "OutForDelivery_001"),
        ("ready_for_pickup", None, None, "AvailableForPickup_001"),
        ("delivery_failed", None, None, "AttemptFail_001"),
        ("delivery_failed", None, "consignee_business_closed", "AttemptFail_003"),
        ("delivery_failed", "The recipient was not home", None, "AttemptFail_002"),
        ("delivery_failed", None, "carrier_parcel_lost", "AttemptFail_001"),
        ("delivered", "Delivered", None, "Delivered_001"),
        ("delivered", "Delivered to sender", None, "Exception_011"),
        ("return_to_sender", "Returned to sender", None, "Exception_011"),
        ("return_to_sender", None, None, "Exception_010"),
        ("cancelled", None, None, "Exception_020"),
    ],
)
def test_a_scan_is_made_exact_by_its_reason_or_its_text(
    status: str, words: Any, reason: Any, expected: str | None
) -> None:
    result = read(status, event(status, words, reason))
    assert result.checkpoints[0].substatus == expected


def test_the_trackers_own_status_comes_first_but_for_the_word_that_means_everything() -> None:
    arrived = event("out_for_delivery")
    assert read("delivered", arrived).status is Status.DELIVERED
    assert read("in_transit", arrived).status is Status.OUT_FOR_DELIVERY
    assert read("in_transit").status is Status.IN_TRANSIT
    assert read("unknown", arrived).status is Status.OUT_FOR_DELIVERY
    assert read("unknown").status is Status.PENDING
    assert read("pending").status is Status.PENDING
    assert read(None, delivered=True).status is Status.DELIVERED


def test_a_delivered_parcel_says_by_its_last_text_whose_hands_it_is_in() -> None:
    assert read("delivered", event(None, "Delivered to the pick-up point")).status is Status.AVAILABLE_FOR_PICKUP


def test_scans_come_in_order_whichever_way_the_carrier_lists_them() -> None:
    old, new = event("picked_up"), event("out_for_delivery", date="2025-02-02")
    for events in ((old, new), (new, old)):
        assert [one.status for one in read("in_transit", *events).checkpoints] == [
            Status.IN_TRANSIT,
            Status.OUT_FOR_DELIVERY,
        ]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"time": "20:34"}, "2025-02-01T20:34:00"),
        ({"time": "20:34 PM"}, "2025-02-01T20:34:00"),
        ({"time": "08:34 PM"}, "2025-02-01T20:34:00"),
        ({"time": "20:34", "timestamp": "2025-02-01T20:34:10.000Z"}, "2025-02-01T20:34:00"),
        ({"time": "20:34", "timestamp": "2025-02-01T20:34:00+01:00"}, "2025-02-01T20:34:00+01:00"),
        ({"time": "20:34", "timestamp": "2025-02-02T01:34:00.000Z"}, "2025-02-01T20:34:00-05:00"),
        ({"time": "20:34", "timestamp": "2025-03-01T01:34:00.000Z"}, "2025-02-01T20:34:00"),
        ({"time": None}, "2025-02-01T00:00:00"),
        ({"date": None, "time": None, "timestamp": "2025-02-01T20:34:00+01:00"}, "2025-02-01T20:34:00+01:00"),
        ({"date": None, "time": None}, None),
    ],
)
def test_an_offset_that_was_only_pasted_on_is_none(times: dict[str, Any], expected: str | None) -> None:
    (scan,) = read("in_transit", event("in_transit", **times)).checkpoints
    assert (scan.time.isoformat() if scan.time else None) == expected


def test_who_signed_and_when_it_should_come() -> None:
    result = read("in_transit", info={"signed_by": "A. Example", "expected_delivery": "2025-02-05"})
    assert result.estimated_delivery is not None
    assert (result.signed_by, str(result.estimated_delivery.date)) == ("A. Example", "2025-02-05")


def test_the_proxys_answer_holds_the_tracker_or_what_the_carrier_said() -> None:
    assert only(karrio, {"messages": [], "tracking": tracker("delivered")}).status is Status.DELIVERED
    gone = {"messages": [{"code": "x", "message": "No tracking information", "level": "error"}], "tracking": None}
    error = only(karrio, gone, UPS).error
    assert error is not None
    assert error.kind is ErrorKind.NOT_FOUND


def test_a_page_holds_what_was_asked_for_or_nothing() -> None:
    page = {"results": [tracker("delivered"), {**tracker("in_transit"), "tracking_number": "2"}]}
    assert len(karrio.parse(answer(page))) == 2
    assert only(karrio, page, "2").status is Status.IN_TRANSIT
    assert only(karrio, page, "3").error is not None
    assert only(karrio, {"results": []}, "3").error is not None


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"errors": [{"code": "authentication_failed", "message": "no"}]}, ErrorKind.AUTH),
        (400, {"errors": [{"code": "not_authenticated", "message": "no"}]}, ErrorKind.AUTH),
        (424, {"messages": [{"code": "x", "message": "Invalid Access Licence number"}]}, ErrorKind.AUTH),
        (400, {"errors": [{"code": "invalid", "message": {"carrier_name": "Not a choice."}}]}, ErrorKind.BAD_REQUEST),
        (424, {"messages": [{"code": "500", "message": "The carrier is down"}]}, ErrorKind.SERVER_ERROR),
        (409, {"errors": [{"code": "state_error", "message": "no"}]}, ErrorKind.BAD_REQUEST),
        (429, {"detail": "throttled"}, ErrorKind.RATE_LIMITED),
        (500, {"errors": [{"message": "no"}]}, ErrorKind.SERVER_ERROR),
        (200, {"id": "x"}, ErrorKind.MALFORMED),
    ],
)
def test_errors_of_the_whole_call(status: int, body: Any, kind: ErrorKind) -> None:
    assert refusal(karrio, answer(body, status), UPS).kind is kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, {"errors": [{"code": "not_found", "message": "Tracker not found"}]}, ErrorKind.NOT_FOUND),
        (424, {"messages": [{"code": "x", "message": "Tracking number not found"}]}, ErrorKind.NOT_FOUND),
        (424, {"messages": [{"code": "x", "message": "Invalid tracking number"}]}, ErrorKind.INVALID_NUMBER),
    ],
)
def test_errors_of_one_number(status: int, body: Any, kind: ErrorKind) -> None:
    error = only(karrio, body, UPS, status).error
    assert error is not None
    assert error.kind is kind


def test_the_carrier_is_the_named_one_or_told_by_the_number() -> None:
    door = Door((202, tracker("in_transit")), (202, tracker("in_transit")))
    karrio.track_for(door, ACCOUNT, "usps", ["9400"])
    karrio.track(door, ACCOUNT, [UPS])
    assert [call.json for call in door.calls] == [
        {"tracking_number": "9400", "carrier_name": "usps"},
        {"tracking_number": UPS, "carrier_name": "ups"},
    ]
    call = door.calls[0]
    assert (call.url, dict(call.params)) == ("https://carrier.invalid/v1/trackers", {"pending_pickup": "true"})
    assert call.headers == {"Authorization": "Token key"}
    with pytest.raises(CarrierError) as caught:
        karrio.track(Door(), ACCOUNT, ["?"])
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.NOT_SUPPORTED, False)


def test_a_push_proves_nothing_and_is_a_hint() -> None:
    push = answer({"event": "tracker_updated", "data": tracker("delivered")}, X_Event_Id="whatever")
    assert karrio.verify_push(push, "whatever", NOW) is False
    assert karrio.push_id(push) is None
    assert karrio.parse_push(push)[0].status is Status.DELIVERED
    assert karrio.parse_push(answer({"event": "shipment_purchased", "data": {"tracking_number": UPS}})) == []
    with pytest.raises(CarrierError, match="without a tracker"):
        karrio.parse_push(answer({"event": "tracker_updated", "data": {}}))


def test_the_webhook_is_made_once() -> None:
    target = PushTarget("https://shop.example/push/x", "hush")
    door = Door({"results": []}, (201, {"id": "w1", "secret": "theirs"}))
    assert karrio.subscribe(door, ACCOUNT, [], target).handle == "w1"
    assert door.calls[1].json == {
        "url": target.url,
        "enabled_events": ["tracker_created", "tracker_updated"],
        "description": "Doorstep",
    }
    assert karrio.subscribe(Door({"results": [{"id": "w1", "url": target.url}]}), ACCOUNT, [], target).handle == "w1"
    with pytest.raises(CarrierError):
        karrio.subscribe(Door((401, {"errors": []})), ACCOUNT, [], target)
