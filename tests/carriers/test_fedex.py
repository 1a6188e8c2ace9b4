"""FedEx: the traps of its tracking answers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from carriers.adapters.fedex import adapter
from carriers.adapters.fedex.tracking import CODES
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import answer, only, refusal

NUMBER = "986578788855"
fedex = adapter()


def track(code: str | None = None, **more: Any) -> dict[str, Any]:
    latest = {"code": code, **more.pop("latest", {})} if code is not None else {}
    info = {"trackingNumber": NUMBER, "trackingNumberUniqueId": more.pop("unique", "")}
    return {"trackingNumberInfo": info, "latestStatusDetail": latest, **more}


def tree(*tracks: dict[str, Any], number: str = NUMBER) -> dict[str, Any]:
    return {"output": {"completeTrackResults": [{"trackingNumber": number, "trackResults": list(tracks)}]}}


def read(code: str | None = None, **more: Any) -> TrackingResult:
    return only(fedex, tree(track(code, **more)), NUMBER)


def test_the_code_counts_and_not_the_derived_code() -> None:
    assert read("OD", latest={"derivedCode": "IT", "statusByLocale": "In transit"}).status is Status.OUT_FOR_DELIVERY
    scan = {"date": "2024-05-02T10:00:00-05:00", "eventType": "RS", "derivedStatusCode": "DL"}
    assert read(None, scanEvents=[scan]).substatus == "Exception_010"
    assert read("OC", latest={"derivedCode": "IN"}).status is Status.INFO_RECEIVED


@pytest.mark.parametrize(
    ("reason", "words", "expected"),
    [
        ("007", "Customer not available or business closed", "AttemptFail_001"),
        ("15", "Customer not available or business closed", "AttemptFail_001"),
        ("03", "Incorrect address", "Exception_007"),
        ("083", "Local delivery restriction", "Exception_001"),
        ("099", "Unable to deliver", "Exception_001"),
        ("060G", "Returning package to shipper", "Exception_010"),
        ("07", "Shipment refused by recipient", "Exception_003"),
        ("", "Refused by recipient", "Exception_003"),
        ("", "Business closed", "AttemptFail_003"),
        ("", "", "Exception_001"),
    ],
)
def test_a_delivery_exception_is_what_its_reason_says(reason: str, words: str, expected: str) -> None:
    detail = {"ancillaryDetails": [{"reason": reason, "reasonDescription": words}]}
    assert read("DE", latest=detail).substatus == expected


def test_a_parcel_redirected_to_a_location_is_on_its_way() -> None:
    assert read("DE", latest={"ancillaryDetails": {"reason": "A47"}}).status is Status.IN_TRANSIT


@pytest.mark.parametrize(
    ("code", "substatus"), [("CA", "Exception_020"), ("CD", "Exception_004"), ("DY", "Exception_005")]
)
def test_exceptions_have_their_number(code: str, substatus: str) -> None:
    assert read(code).substatus == substatus


def test_the_weather_is_named_where_the_delay_names_it() -> None:
    assert read("DY", latest={"delayDetail": {"type": "WEATHER", "status": "DELAYED"}}).substatus == "Exception_017"


@pytest.mark.parametrize("code", ["HL", "HP"])
def test_a_parcel_held_at_a_location_waits_for_pickup(code: str) -> None:
    assert read(code).status is Status.AVAILABLE_FOR_PICKUP


def test_a_parcel_handed_back_to_its_sender_is_not_delivered() -> None:
    assert read("DL", returnDetail={"authorizationName": "someone"}).substatus == "Exception_011"
    assert read("DL", latest={"description": "Delivered to shipper, returned to sender"}).substatus == "Exception_011"
    back = {"date": "2024-05-01T10:00:00-05:00", "eventType": "RS"}
    home = {"date": "2024-05-03T10:00:00-05:00", "eventType": "DL"}
    result = read("DL", scanEvents=[home, back])
    assert (result.substatus, result.checkpoints[-1].substatus) == ("Exception_011", "Exception_011")


def test_an_unknown_code_keeps_what_the_scans_say() -> None:
    scans = [
        {"date": "2024-05-02T10:00:00-05:00", "eventType": "ZZ"},
        {"date": "2024-05-01T10:00:00", "eventType": "AR"},
    ]
    result = read("ZZ", scanEvents=scans)
    assert result.status is Status.IN_TRANSIT
    assert [scan.status for scan in result.checkpoints] == [Status.IN_TRANSIT, None]
    assert read("ZZ").status is Status.PENDING


def test_a_scan_without_its_code_is_what_it_derives_to_else_what_it_says() -> None:
    scans = [{"eventDescription": "Out for delivery"}, {"derivedStatusCode": "PU", "eventDescription": "?"}]
    result = read("IT", scanEvents=[{**scan, "date": f"2025-03-0{3 - at}T08:00:00"} for at, scan in enumerate(scans)])
    assert [scan.substatus for scan in result.checkpoints] == ["InTransit_002", "OutForDelivery_001"]


def test_a_result_without_a_number_is_of_the_one_asked() -> None:
    nameless = {"latestStatusDetail": {"code": "DL"}}
    assert only(fedex, {"output": {"completeTrackResults": [{"trackResults": [nameless]}]}}, NUMBER).error is None


def test_every_code_of_the_movement_list_is_mapped() -> None:
    listed = "PF AA PL AC PM AD PU AF PX AO RR AP RM AR RC AX RS CA RP CH LP DD RG DE RD DL SE DP SF DR SP DS TR DY EA ED EO EP"
    listed += " FD HL HP IT IX LO OC OD OF OX PD CC CD CP"
    assert set(listed.split()) <= set(CODES)
    assert read("Ow").status is Status.IN_TRANSIT


def test_dates_keep_their_offset_even_behind_a_blank() -> None:
    scans = [
        {"date": "2018-02-02T12:01:00 -0500", "eventType": "PU"},
        {"date": "2018-02-01T12:01:00", "eventType": "OC"},
    ]
    times = [scan.time.isoformat() for scan in read("PU", scanEvents=scans).checkpoints if scan.time]
    assert times == ["2018-02-01T12:01:00", "2018-02-02T12:01:00-05:00"]


def test_of_two_results_for_one_number_the_newest_counts() -> None:
    old = track("DL", scanEvents=[{"date": "2021-01-05T10:00:00-05:00", "eventType": "DL"}], unique="245822~1~FDEG")
    new = track("IT", scanEvents=[{"date": "2024-05-01T10:00:00-05:00", "eventType": "IT"}], unique="245999~1~FDEG")
    assert only(fedex, tree(old, new), NUMBER).status is Status.IN_TRANSIT
    assert only(fedex, tree(new, old), NUMBER).status is Status.IN_TRANSIT


def test_an_error_of_one_number_leaves_the_others_alone() -> None:
    body = tree(track("DL"))
    unknown = {"error": {"code": "TRACKING.TRACKINGNUMBER.NOTFOUND", "message": "Tracking number cannot be found."}}
    body["output"]["completeTrackResults"].append({"trackingNumber": "39936862321", "trackResults": [unknown]})
    delivered, pending, absent = fedex.parse(answer(body), [NUMBER, "39936862321", "477179081230"])
    assert delivered.status is Status.DELIVERED
    assert pending.error is not None
    assert (pending.status, pending.error.kind) == (Status.PENDING, ErrorKind.NOT_FOUND)
    assert absent.error is not None
    assert (absent.tracking_number, absent.error.kind) == ("477179081230", ErrorKind.MALFORMED)


@pytest.mark.parametrize("error", [{}, {"code": "TRACKING.TRACKINGNUMBER.EMPTY", "message": "left over"}, None])
def test_an_error_beside_a_filled_status_is_ignored(error: Any) -> None:
    result = read("PU", error=error)
    assert (result.status, result.error) == (Status.IN_TRANSIT, None)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "TRACKING.TRACKINGNUMBER.EMPTY", ErrorKind.INVALID_NUMBER),
        (401, "NOT.AUTHORIZED.ERROR", ErrorKind.AUTH),
        (403, "FORBIDDEN.ERROR", ErrorKind.AUTH),
        (400, "BAD.REQUEST.ERROR", ErrorKind.BAD_REQUEST),
        (429, "RATE.LIMIT.EXCEEDED", ErrorKind.RATE_LIMITED),
        (500, "INTERNAL.SERVER.ERROR", ErrorKind.SERVER_ERROR),
        (503, "SERVICE.UNAVAILABLE.ERROR", ErrorKind.SERVER_ERROR),
        (404, "NOT.FOUND.ERROR", ErrorKind.NOT_FOUND),
    ],
)
def test_errors_of_the_whole_call_are_raised(status: int, code: str, kind: ErrorKind) -> None:
    error = refusal(fedex, answer({"errors": [{"code": code, "message": "words"}]}, status), NUMBER)
    assert (error.kind, error.carrier_code) == (kind, code)


def test_the_estimate_is_the_estimated_day_then_the_window_then_the_commitment() -> None:
    window = {"window": {"begins": "2024-05-03T08:00:00-05:00", "ends": "2024-05-03T12:00:00-05:00"}}
    dates = [{"type": "ESTIMATED_DELIVERY", "dateTime": "2024-05-03T20:00:00-05:00"}]
    both = read("IT", dateAndTimes=dates, estimatedDeliveryTimeWindow=window).estimated_delivery
    assert both is not None
    assert (both.date, both.earliest is not None, both.latest is not None) == (date(2024, 5, 3), True, True)
    late = [{"type": "COMMITMENT", "dateTime": "2024-05-04T20:00:00"}]
    committed = read("IT", dateAndTimes=late, estimatedDeliveryTimeWindow={"window": {}}).estimated_delivery
    assert committed is not None
    assert committed.date == date(2024, 5, 4)


def test_who_signed_and_when_it_was_delivered() -> None:
    dates = [{"type": "ACTUAL_DELIVERY", "dateTime": "2024-05-03T10:11:00-05:00"}]
    result = read("DL", dateAndTimes=dates, deliveryDetails={"receivedByName": "A.SMITH", "signedByName": ""})
    assert result.delivered_at is not None
    assert (result.delivered_at.isoformat(), result.signed_by) == ("2024-05-03T10:11:00-05:00", "A.SMITH")


def test_pushes_are_not_supported() -> None:
    with pytest.raises(CarrierError) as caught:
        fedex.parse_push(answer({}))
    assert caught.value.kind is ErrorKind.NOT_SUPPORTED
