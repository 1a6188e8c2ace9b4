"""PostNord: statuses that are too wide, messages among scans, shipments of several items, faults inside HTTP 200."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from carriers.adapters.postnord import STATUSES, adapter
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import answer, only, refusal
from tests.carriers.door import Door

postnord = adapter()
NUMBER = "84971563697SE"
UNDER_WAY = "The shipment item is under transportation."


def event(status: str, words: str = "", code: str = "0", at: str = "2026-03-11T09:00:00") -> dict[str, Any]:
    return {"eventTime": at, "eventCode": code, "status": status, "eventDescription": words, "location": {}}


def item(*events: dict[str, Any], number: str = NUMBER, **more: Any) -> dict[str, Any]:
    return {"itemId": number, "events": list(events), **more}


def answered(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    shipment = {"shipmentId": "40133000000000017", "items": list(items), **more}
    return {"TrackingInformationResponse": {"shipments": [shipment]}}


def last(status: str, words: str, code: str = "0") -> TrackingResult:
    """A parcel under way, and one event more, which PostNord's own status of it repeats."""
    before = event("EN_ROUTE", UNDER_WAY, "31", "2026-03-10T09:00:00")
    return only(postnord, answered(item(before, event(status, words, code), status=status)), NUMBER)


def fault(code: str, words: str) -> dict[str, Any]:
    faults = [{"faultCode": code, "explanationText": words}]
    return {"TrackingInformationResponse": {"compositeFault": {"faults": faults}, "shipments": []}}


def test_one_call_a_number_with_the_key_among_the_parameters() -> None:
    door = Door(answered(item(event("EN_ROUTE"))), fault("invalidIdentifier", "No number"))
    answers = postnord.track(door, door.account(api_key="hidden", language="sv"), [NUMBER, "HELLO"])
    assert [call.params for call in door.calls] == [
        {"id": NUMBER, "apikey": "hidden", "locale": "sv"},
        {"id": "HELLO", "apikey": "hidden", "locale": "sv"},
    ]
    assert door.calls[0].url.endswith("/rest/shipment/v5/trackandtrace/findByIdentifier.json")
    assert [results[0].tracking_number for _, results in answers] == [NUMBER, "HELLO"]
    assert "hidden" not in repr(door.calls)


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_every_status_is_known_with_and_without_events(status: str) -> None:
    alone = only(postnord, answered(item(status=status)), NUMBER)
    assert (alone.status, alone.substatus) == STATUSES[status]
    assert last(status, "").checkpoints[-1].status is STATUSES[status][0]


@pytest.mark.parametrize(
    ("status", "words", "code", "found"),
    [
        ("EN_ROUTE", "The delivery of the shipment item is in progress.", "113", "OutForDelivery_001"),
        ("OTHER", "The delivery of the shipment item is in progress.", "113", "OutForDelivery_001"),
        ("RETURNED", "The shipment item is being returned to the sender.", "0", "Exception_010"),
        ("RETURNED", "The shipment item has been delivered to the sender.", "0", "Exception_011"),
        ("RETURNED", "", "0", None),
        ("DELAYED", "The delivery has been delayed due to bad weather.", "0", "Exception_017"),
        ("DELIVERY_IMPOSSIBLE", "The recipient was not at home.", "0", "AttemptFail_002"),
        ("STOPPED", "The shipment item is being customs cleared by us.", "0", "InTransit_006"),
        ("STOPPED", "The shipment item is damaged.", "0", "Exception_012"),
    ],
)
def test_words_say_what_a_wide_status_leaves_open(status: str, words: str, code: str, found: str | None) -> None:
    assert last(status, words, code).substatus == found


def test_a_parcel_kept_until_the_booked_day_is_not_in_trouble() -> None:
    words = "The shipment item is being held at a distribution terminal awaiting the booked delivery date."
    assert last("STOPPED", words).status is Status.IN_TRANSIT
    assert last("STOPPED", "The shipment item is stopped.").status is Status.EXCEPTION


def test_a_message_to_the_recipient_moves_nothing() -> None:
    waits = event("AVAILABLE_FOR_DELIVERY", at="2026-03-11T08:00:00")
    message = event("OTHER", "E-mail notification has been sent to the recipient.")
    result = only(postnord, answered(item(waits, message, status="OTHER")), NUMBER)
    assert [(scan.status, scan.notice) for scan in result.checkpoints] == [
        (Status.AVAILABLE_FOR_PICKUP, False),
        (Status.AVAILABLE_FOR_PICKUP, True),
    ]
    assert result.status is Status.AVAILABLE_FOR_PICKUP
    assert only(postnord, answered(item(message)), NUMBER).checkpoints[0].status is None


def test_a_scan_among_the_messages_is_a_scan() -> None:
    result = last("OTHER", "The shipment item has been incorrectly sorted.")
    assert result.checkpoints[-1].substatus == "Exception_016"
    assert not result.checkpoints[-1].notice


def test_postnords_own_status_counts_where_the_newest_scan_is_of_another() -> None:
    result = only(postnord, answered(item(event("EN_ROUTE", UNDER_WAY), status="DELIVERED")), NUMBER)
    assert (result.status, result.delivered_at) == (Status.DELIVERED, None)
    dated = item(event("EN_ROUTE"), status="DELIVERED", deliveryDate="2026-03-12T17:20:00")
    assert only(postnord, answered(dated), NUMBER).delivered_at == datetime.fromisoformat("2026-03-12T17:20:00")


def test_a_record_of_the_sender_takes_back_no_scan() -> None:
    result = only(postnord, answered(item(event("EN_ROUTE", UNDER_WAY), status="INFORMED")), NUMBER)
    assert result.status is Status.IN_TRANSIT


def test_a_status_nobody_knows_is_read_by_its_words_or_stays_unknown() -> None:
    assert last("SPLIT", "Qwzx").checkpoints[-1].status is None
    assert last("SPLIT", "Qwzx").status is Status.IN_TRANSIT
    assert last("NEWLY_MADE", "The shipment item has been delivered to a service point.").status is (
        Status.AVAILABLE_FOR_PICKUP
    )


def test_a_delivery_after_the_parcel_had_turned_back_is_its_return() -> None:
    back = event("RETURNED", "The shipment item is being returned to the sender.", at="2026-03-10T08:00:00")
    result = only(postnord, answered(item(back, event("DELIVERED"), status="DELIVERED")), NUMBER)
    assert (result.substatus, result.delivered_at) == ("Exception_011", None)


def test_a_shipment_is_as_far_as_the_item_that_lags_and_an_item_as_far_as_itself() -> None:
    items = [item(event("DELIVERED"), status="DELIVERED"), item(event("EN_ROUTE"), number="2", status="EN_ROUTE")]
    body = answered(*items, status="SPLIT")
    whole = only(postnord, body, "40133000000000017")
    assert (whole.tracking_number, whole.status) == ("40133000000000017", Status.IN_TRANSIT)
    assert only(postnord, body, NUMBER).status is Status.DELIVERED
    assert only(postnord, body, "2").status is Status.IN_TRANSIT


def test_a_shipment_among_others_is_the_one_asked_for() -> None:
    body = answered(item(event("DELIVERED"), number="9", status="DELIVERED"))
    body["TrackingInformationResponse"]["shipments"] += answered(item(event("EN_ROUTE"), status="EN_ROUTE"))[
        "TrackingInformationResponse"
    ]["shipments"]
    assert only(postnord, body, NUMBER).status is Status.IN_TRANSIT
    assert [one.tracking_number for one in postnord.parse(answer(body))] == ["9", NUMBER]


def test_the_booked_window_comes_before_the_day_shown_and_the_day_planned() -> None:
    days = {"publicTimeOfArrival": "2026-03-13T16:00:00", "estimatedTimeOfArrival": "2026-03-12T16:00:00"}
    shown = only(postnord, answered(item(**days)), NUMBER).estimated_delivery
    assert shown is not None
    assert (shown.date, shown.earliest, shown.latest) == (date(2026, 3, 13), None, None)
    booked = {"bookedDeliveryDateFrom": "2026-03-14T17:00:00", "bookedDeliveryDateTo": "2026-03-14T22:00:00"}
    window = only(postnord, answered(item(**days, **booked)), NUMBER).estimated_delivery
    assert window is not None
    assert (window.date, window.earliest) == (date(2026, 3, 14), datetime.fromisoformat("2026-03-14T17:00:00"))
    planned = only(postnord, answered(item(), estimatedTimeOfArrival="2026-03-12T16:00:00"), NUMBER)
    assert planned.estimated_delivery is not None


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (fault("invalidLocale", "Locale not valid"), 200, ErrorKind.BAD_REQUEST),
        (
            {"compositeFault": {"faults": [{"faultCode": "API-005", "explanationText": "x"}]}},
            400,
            ErrorKind.BAD_REQUEST,
        ),
        ({"status": 400, "detail": "Required parameter 'id' is not present."}, 400, ErrorKind.BAD_REQUEST),
        ({"message": "Forbidden"}, 403, ErrorKind.AUTH),
        ({"message": "Not Found"}, 404, ErrorKind.MALFORMED),
        (fault("systemError", "Try again later"), 500, ErrorKind.SERVER_ERROR),
        ({"message": "Rate limit exceeded"}, 429, ErrorKind.RATE_LIMITED),
        ({}, 200, ErrorKind.MALFORMED),
    ],
)
def test_what_concerns_the_call_is_raised(body: Any, status: int, kind: ErrorKind) -> None:
    assert refusal(postnord, answer(body, status), NUMBER).kind is kind


def test_there_are_no_pushes() -> None:
    with pytest.raises(CarrierError):
        postnord.parse_push(RawAnswer(200, "application/json", b"{}"))
