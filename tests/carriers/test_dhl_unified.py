"""DHL unified tracking: the traps of its answers and pushes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from carriers.adapters.dhl_unified import adapter
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import answer, only, refusal

dhl = adapter()


def scan(stage: Any, code: Any = None, words: Any = None, **more: Any) -> dict[str, Any]:
    return {"timestamp": "2024-03-02T07:53:47", "statusCode": stage, "status": code, "description": words, **more}


def read(
    stage: str | None, code: str | None = None, words: str | None = None, service: str = "express", **more: Any
) -> TrackingResult:
    status = scan(stage, code, words)
    return only(dhl, {"shipments": [{"id": 7777777770, "service": service, "status": status, **more}]})


def test_an_id_that_is_a_number_is_a_text_here() -> None:
    assert read("transit").tracking_number == "7777777770"


@pytest.mark.parametrize(
    ("service", "stage", "code", "words", "expected"),
    [
        ("express", "transit", "WC", "With delivery courier", "OutForDelivery_001"),
        ("parcel-de", "transit", "PO", None, "OutForDelivery_001"),
        ("parcel-de", "transit", None, "Die Sendung wurde in das Zustellfahrzeug geladen.", "OutForDelivery_001"),
        ("ecommerce", "transit", None, "LOADED ONTO THE DELIVERY VEHICLE", "OutForDelivery_001"),
        ("express", "transit", None, "Shipment is out with courier for delivery", "OutForDelivery_001"),
        ("parcel-pl", "transit", None, "przesyłka wydana kurierowi do doręczenia", "OutForDelivery_001"),
        ("parcel-pl", "transit", "LK", "Shipment handed out to courier", "OutForDelivery_001"),
        ("parcel-pl", "delivered", "DOR_SP", "Shipment arrived to DHL POP", "AvailableForPickup_001"),
        ("parcel-de", "transit", None, "Die Sendung kann in der Packstation abgeholt werden.", None),
        ("parcel-de", "transit", None, "Die Sendung kann dort abgeholt werden.", "AvailableForPickup_001"),
        ("parcel-de", "transit", None, "Die Sendung wurde an den Absender zurückgesandt.", "Exception_010"),
        ("parcel-de", "transit", None, "Die Sendung wird zurückgestellt.", None),
        ("parcel-de", "transit", None, "Die Sendung konnte heute nicht zugestellt werden.", "AttemptFail_001"),
        ("express", "transit", "MC", "Miscode", "InTransit_009"),
        ("express", "failure", "MD", "Missed delivery cycle", "AttemptFail_001"),
        ("express", "transit", "CC", None, "AvailableForPickup_001"),
        ("parcel-nl", "transit", "AWAITING_RECEIVER_COLLECTION", None, "AvailableForPickup_001"),
        ("parcel-de", "transit", "ZF", None, "AvailableForPickup_001"),
        ("express", "failure", "NH", None, "AttemptFail_002"),
        ("express", "transit", "CA", None, "AttemptFail_003"),
        ("parcel-de", "transit", "ZN", None, "AttemptFail_001"),
        ("parcel-de", "failure", "ZN", "The recipient has refused the shipment.", "Exception_003"),
        ("parcel-de", "transit", "ZO", "The customs clearance is completed.", "InTransit_005"),
        ("parcel-de", "failure", "ZO", "The shipment is held by customs.", "Exception_004"),
        ("express", "failure", "BA", None, "Exception_007"),
        ("express", "failure", "RD", None, "Exception_003"),
        ("express", "failure", "RT", None, "Exception_010"),
        ("express", "failure", "DD", None, "Exception_012"),
        ("express", "failure", "DS", None, "Exception_021"),
        ("express", "failure", "HP", None, "Exception_006"),
        ("express", "failure", "UD", None, "Exception_004"),
        ("express", "failure", None, "Something went wrong", "Exception_001"),
        ("parcel-de", "transit", "ES", None, "InTransit_002"),
        ("express", "delivered", "OK", "Delivered", "Delivered_001"),
        ("parcel-nl", "delivered", "DELIVERED_AT_NEIGHBOURS", None, "Delivered_005"),
        ("svb", "delivered", "RETURNED_TO_SENDER", None, "Exception_011"),
        ("parcel-nl", "delivered", "DELIVERED_AT_SHIPPER", None, "Exception_011"),
        (
            "ecommerce-europe",
            "delivered",
            "44",
            "The shipment has been handed over to the Parcelshop",
            "AvailableForPickup_001",
        ),
        ("express", "pre-transit", "DELIVERED", "JESSICA", "InfoReceived_001"),
    ],
)
def test_the_stage_is_refined_by_code_or_words(
    service: str, stage: str, code: str | None, words: str | None, expected: str | None
) -> None:
    assert read(stage, code, words, service).substatus == expected


def test_the_same_letters_mean_different_things_in_two_divisions() -> None:
    assert read("transit", "DD", None, "parcel-de").status is Status.IN_TRANSIT
    assert read("transit", "DD", None, "express").substatus == "Exception_012"


@pytest.mark.parametrize("stage", ["unknown", "customs-wonder", None, 7])
def test_an_unknown_stage_keeps_what_the_events_say(stage: Any) -> None:
    assert read(stage, events=[scan(stage), scan("transit")]).status is Status.IN_TRANSIT
    result = read(stage, events=[scan(stage, None, "Never seen")])
    assert (result.status, result.checkpoints[0].status) == (Status.PENDING, None)


def test_event_times_without_an_offset_stay_local_beside_a_status_in_utc() -> None:
    events = [scan("transit"), scan("pre-transit", timestamp="2024-03-01T07:53:47+01:00")]
    assert [one.offset_known for one in read("transit", events=events).checkpoints] == [True, False]


def test_a_missing_description_is_replaced_by_the_status() -> None:
    assert read("transit", events=[scan("transit", "Sorted")]).checkpoints[0].raw_text == "Sorted"


def test_a_country_is_taken_from_the_locality_where_that_is_one() -> None:
    place = {"location": {"address": {"addressLocality": "Germany"}}}
    assert read("transit", events=[scan("transit", **place)]).checkpoints[0].country == "DE"


def test_a_delivery_after_a_return_scan_is_the_return() -> None:
    events = [
        scan("delivered", "OK", timestamp="2024-03-05T10:00:00"),
        scan("failure", "RT", timestamp="2024-03-03T10:00:00"),
    ]
    assert read("delivered", "OK", "Delivered", events=events).substatus == "Exception_011"


def test_of_two_shipments_with_one_number_the_one_heard_of_last_counts() -> None:
    old = {"id": "7", "status": scan("delivered", timestamp="2020-01-01T00:00:00Z")}
    new = {"id": "7", "status": scan("transit", timestamp="2024-01-01T00:00:00Z")}
    assert only(dhl, {"shipments": [old, new]}, "7").status is Status.IN_TRANSIT


def test_the_estimate_has_a_day_and_a_frame() -> None:
    frame = {"estimatedFrom": "2024-08-03T08:00:00Z", "estimatedThrough": "2024-08-03T22:00:00Z"}
    estimate = read(
        "transit", estimatedTimeOfDelivery="2024-08-03T00:00:00Z", estimatedDeliveryTimeFrame=frame
    ).estimated_delivery
    assert estimate is not None
    assert (estimate.date, estimate.latest is not None) == (date(2024, 8, 3), True)


def test_a_status_that_is_one_word_is_the_stage() -> None:
    assert only(dhl, {"shipments": [{"id": "1", "status": "delivered"}]}).status is Status.DELIVERED


def test_a_number_left_out_of_the_question_is_not_an_invalid_one() -> None:
    left_out = {"title": "Bad request", "detail": "Missing required parameter: trackingNumber", "status": 400}
    assert refusal(dhl, answer(left_out, 400), "1").kind is ErrorKind.BAD_REQUEST
    wrong = {"title": "Bad request", "detail": "Invalid tracking number format", "status": 400}
    error = only(dhl, wrong, "1", 400).error
    assert error is not None
    assert error.kind is ErrorKind.INVALID_NUMBER


def test_who_signed() -> None:
    details = {"proofOfDelivery": {"signed": {"givenName": "John", "familyName": "Doe"}}}
    assert read("delivered", details=details).signed_by == "John Doe"


def test_not_found_is_pending() -> None:
    body = {"title": "No result found", "detail": "No shipment with given tracking number found.", "status": 404}
    for status in (404, 200):
        result = only(dhl, body, "8264715546", status)
        assert result.error is not None
        assert (result.status, result.error.kind, result.error.carrier_code) == (
            Status.PENDING,
            ErrorKind.NOT_FOUND,
            "404",
        )
    assert only(dhl, {"shipments": []}, "8264715546").status is Status.PENDING


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, ErrorKind.AUTH), (400, ErrorKind.BAD_REQUEST), (429, ErrorKind.RATE_LIMITED), (500, ErrorKind.SERVER_ERROR)],
)
def test_errors_of_the_whole_call_are_raised(status: int, kind: ErrorKind) -> None:
    assert refusal(dhl, answer({"title": "words", "status": status}, status, Retry_After="5"), "1").kind is kind


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_push_carries_the_same_shipment(wrapped: bool) -> None:
    shipment = {"id": "1", "service": "express", "status": scan("transit", "WC"), "events": [scan("transit", "WC")]}
    (result,) = dhl.parse_push(answer({"shipments": [shipment]} if wrapped else shipment))
    assert (result.tracking_number, result.status) == ("1", Status.OUT_FOR_DELIVERY)


def test_a_push_about_the_subscription_says_nothing_of_a_parcel() -> None:
    assert (
        dhl.parse_push(answer({"scope": "subscription.validate", "self": "https://x.invalid/1", "secret": "s"})) == []
    )


def test_a_push_without_a_shipment_is_malformed() -> None:
    with pytest.raises(CarrierError) as caught:
        dhl.parse_push(answer({"hello": 1}))
    assert caught.value.kind is ErrorKind.MALFORMED
