"""UPS: the traps of its tracking answers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from carriers.adapters.ups import adapter
from carriers.errors import ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import answer, only, refusal

NUMBER = "1Z5R89390357567127"
ups = adapter()


def activity(
    day: str, at: str, kind: str = "I", code: str = "AR", number: str | None = "005", **more: Any
) -> dict[str, Any]:
    status = {"type": kind, "code": code, "description": more.pop("text", "Arrived at Facility ")}
    status |= {"statusCode": number} if number else {}
    return {"date": day, "time": at, "gmtOffset": "-05:00", "status": status} | more


def tree(current: Any = None, activities: Any = (), **package: Any) -> dict[str, Any]:
    package = {"trackingNumber": NUMBER, "activity": list(activities), **package}
    package |= {"currentStatus": current} if current is not None else {}
    return {"trackResponse": {"shipment": [{"inquiryNumber": NUMBER, "package": [package]}]}}


def read(current: Any = None, activities: Any = (), **package: Any) -> TrackingResult:
    return only(ups, tree(current, activities, **package), NUMBER)


def test_the_three_digit_code_of_production_stands_in_current_status_code() -> None:
    result = read({"description": "On the Way", "code": "005"}, [activity("20240201", "092400", code="DP")])
    assert (result.status, result.substatus) == (Status.IN_TRANSIT, "InTransit_001")


def test_the_shape_of_the_specification_has_it_in_status_code() -> None:
    current = {"type": "X", "code": "SR", "statusCode": "064", "description": "The receiver refused it."}
    assert read(current).substatus == "Exception_003"


@pytest.mark.parametrize(
    ("code", "status", "substatus"),
    [
        ("011", Status.DELIVERED, "Delivered_001"),
        ("021", Status.OUT_FOR_DELIVERY, "OutForDelivery_001"),
        ("161", Status.AVAILABLE_FOR_PICKUP, "AvailableForPickup_001"),
        ("040", Status.AVAILABLE_FOR_PICKUP, "AvailableForPickup_001"),
        ("034", Status.EXCEPTION, "Exception_011"),
        ("035", Status.EXCEPTION, "Exception_010"),
        ("118", Status.EXCEPTION, "Exception_010"),
        ("149", Status.EXCEPTION, "Exception_021"),
        ("007", Status.EXCEPTION, "Exception_020"),
        ("052", Status.EXCEPTION, "Exception_017"),
        ("141", Status.EXCEPTION, "Exception_018"),
        ("014", Status.IN_TRANSIT, "InTransit_005"),
        ("012", Status.IN_TRANSIT, "InTransit_006"),
        ("160", Status.IN_TRANSIT, "InTransit_002"),
        ("148", Status.PENDING, None),
    ],
)
def test_status_codes_have_their_meaning(code: str, status: Status, substatus: str | None) -> None:
    result = read({"code": code, "description": "words"})
    assert (result.status, result.substatus) == (status, substatus)


def test_a_held_parcel_waits_for_pickup_only_when_the_text_says_so() -> None:
    assert read({"code": "083", "description": "Held for customer pickup"}).status is Status.AVAILABLE_FOR_PICKUP
    assert read({"code": "083", "description": "Held"}).substatus == "Exception_005"


def test_a_notice_leaves_the_parcel_where_it_was() -> None:
    attempted = activity("20240201", "120000", "X", "48", "022")
    notice = activity("20240201", "130000", "I", "ZZ", "154")
    result = read({"code": "154", "description": "Updated Delivery Date"}, [notice, attempted])
    assert result.status is Status.ATTEMPT_FAIL
    assert [scan.notice for scan in result.checkpoints] == [False, True]
    assert read({"code": "054", "description": "Delivery Change Requested"}).status is Status.IN_TRANSIT


def test_a_photo_of_a_delivery_is_no_second_delivery() -> None:
    result = read(
        {"code": "155"},
        [activity("20240202", "130000", "D", "PX", "155"), activity("20240202", "120435", "D", "FS", "011")],
    )
    assert result.status is Status.DELIVERED
    assert result.delivered_at is not None
    assert result.delivered_at.isoformat() == "2024-02-02T12:04:35-05:00"


def test_a_photo_alone_tells_of_a_delivery_unless_the_parcel_came_back() -> None:
    photo = activity("20240202", "130000", "U", "PX", "155")
    moving = activity("20240202", "120435", "I", "OT", "021")
    back = activity("20240202", "120435", "X", "RT", "034")
    assert read({"code": "155", "description": "Delivery Photo"}, [photo, moving]).status is Status.DELIVERED
    assert read({"code": "155", "description": "Delivery Photo"}, [photo, back]).substatus == "Exception_011"


def test_a_current_code_that_no_table_knows_leaves_it_to_the_type() -> None:
    assert read({"type": "D", "code": "F4", "statusCode": "777"}).status is Status.DELIVERED
    assert read({"type": "O", "description": "Out For Delivery Today"}).status is Status.OUT_FOR_DELIVERY
    assert read({"type": "RS", "description": "Returned"}).substatus == "Exception_011"


def test_an_unknown_current_code_keeps_the_last_known_status_of_the_scans() -> None:
    result = read({"code": "777", "description": "?"}, [activity("20240201", "092400", "I", "OT", "021")])
    assert result.status is Status.OUT_FOR_DELIVERY


def test_a_scan_whose_code_and_type_are_unknown_has_no_status() -> None:
    result = read(None, [activity("20240201", "092400", "QQ", "ZZ", "999", text="Something new")])
    assert result.checkpoints[0].status is None
    assert (result.checkpoints[0].raw_code, result.checkpoints[0].raw_text) == ("ZZ", "Something new")
    assert result.status is Status.PENDING


def test_without_status_codes_the_type_decides_and_the_words_say_what_an_exception_is() -> None:
    refused = activity("20240201", "0924", "X", "RF", None, text="The receiver refused the package.")
    assert read(None, [refused]).substatus == "Exception_003"
    assert read(None, [activity("20240201", "092400", "I", "OT", None)]).status is Status.OUT_FOR_DELIVERY
    assert read(None, [activity("20240201", "092400", "I", "MP", None)]).status is Status.INFO_RECEIVED
    assert read(None, [activity("20240201", "092400", "MV", "VP", None)]).substatus == "Exception_020"


def test_a_delivery_to_the_sender_or_to_an_access_point_is_none() -> None:
    back = activity("20240202", "120435", "D", "FS", None, text="Returned to shipper")
    assert read(None, [back]).substatus == "Exception_011"
    for kind in ("D", "X"):
        shop = activity("20240202", "120435", kind, "2Q", None, text="Delivered to UPS Access Point")
        assert read(None, [shop]).status is Status.AVAILABLE_FOR_PICKUP


def test_the_label_record_at_the_end_of_the_list_takes_no_scan_back() -> None:
    label = activity("20240131", "173405", "M", "MP", "003")
    picked_up = activity("20240131", "173157", "I", "OR", "038")
    result = read(None, [picked_up, label])
    assert result.status is Status.IN_TRANSIT
    assert [scan.raw_code for scan in result.checkpoints] == ["OR", "MP"]


@pytest.mark.parametrize("gmt", ["74700", "07:47:00", "074700"])
def test_an_unpadded_gmt_clock_gives_the_offset_that_is_missing(gmt: str) -> None:
    scan = {"date": "20210210", "time": "024700", "gmtDate": "20210210", "gmtTime": gmt, "status": {"type": "I"}}
    assert read(None, [scan]).checkpoints[0].time == datetime(2021, 2, 10, 7, 47, tzinfo=UTC)


def test_a_scan_without_any_offset_stays_local() -> None:
    scan = {"date": "20210210", "time": "024700", "status": {"type": "I"}}
    assert not read(None, [scan]).checkpoints[0].offset_known


def test_a_rescheduled_day_beats_the_scheduled_one_and_a_window_has_two_ends() -> None:
    days = [{"type": "SDD", "date": "20240203"}, {"type": "RDD", "date": "20240205"}]
    window = {"type": "EDW", "startTime": "101500", "endTime": "141500"}
    estimate = read({"code": "005"}, deliveryDate=days, deliveryTime=window).estimated_delivery
    assert estimate is not None
    assert (estimate.date, str(estimate.earliest), str(estimate.latest)) == (
        date(2024, 2, 5),
        "2024-02-05 10:15:00",
        "2024-02-05 14:15:00",
    )
    assert read({"code": "005"}, deliveryDate=[]).estimated_delivery is None
    assert read({"code": "011"}, deliveryDate={"type": "DEL", "date": "20240203"}).estimated_delivery is None


def test_the_package_that_was_asked_for_is_read_among_several() -> None:
    body = tree({"code": "005"})
    other = {"trackingNumber": "1Z879E930346834440", "currentStatus": {"code": "011"}, "activity": []}
    body["trackResponse"]["shipment"][0]["package"].append(other)
    assert only(ups, body, "1Z879E930346834440").status is Status.DELIVERED
    assert only(ups, body).status is Status.IN_TRANSIT


def test_a_parcel_asked_for_by_its_postal_number_answers_under_it() -> None:
    postal = "92419900000033499522966220"
    body = tree({"code": "005"}, alternateTrackingNumber=[{"number": postal, "type": "USPS_PIC"}])
    assert only(ups, body, postal).tracking_number == postal


def test_objects_where_lists_were_promised_are_read() -> None:
    one = activity("20240201", "092400", "I", "OT", "021")
    package = {"trackingNumber": NUMBER, "activity": one}
    result = only(ups, {"trackResponse": {"shipment": {"package": package}}}, NUMBER)
    assert result.status is Status.OUT_FOR_DELIVERY


def test_not_found_inside_http_200_is_pending_with_an_error_of_the_number() -> None:
    body = {
        "trackResponse": {"shipment": [{"warnings": [{"code": "TW0001", "message": "Tracking Information Not Found"}]}]}
    }
    result = only(ups, body, NUMBER)
    assert (result.status, result.tracking_number) == (Status.PENDING, NUMBER)
    assert result.error is not None
    assert (result.error.kind, result.error.carrier_code) == (ErrorKind.NOT_FOUND, "TW0001")


def failed(code: str, message: str = "words") -> dict[str, Any]:
    return {"response": {"errors": [{"code": code, "message": message}]}}


@pytest.mark.parametrize("status", [200, 400, 404])
def test_an_error_that_says_there_is_no_tracking_information_is_not_found(status: int) -> None:
    error = only(ups, failed("TZ0009", "No tracking information available"), NUMBER, status).error
    assert error is not None
    assert (error.kind, error.carrier_code) == (ErrorKind.NOT_FOUND, "TZ0009")


def test_an_invalid_number_concerns_the_number_alone() -> None:
    error = only(ups, failed("TV1002", "Invalid inquiry number"), NUMBER, 400).error
    assert error is not None
    assert error.kind is ErrorKind.INVALID_NUMBER


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "250002", ErrorKind.AUTH),
        (400, "251004", ErrorKind.AUTH),
        (403, "250009", ErrorKind.AUTH),
        (400, "TV0003", ErrorKind.BAD_REQUEST),
        (400, "10429", ErrorKind.RATE_LIMITED),
        (429, "10429", ErrorKind.RATE_LIMITED),
        (500, "TV9999", ErrorKind.SERVER_ERROR),
        (503, "TV9999", ErrorKind.SERVER_ERROR),
    ],
)
def test_errors_of_the_whole_call_are_raised(status: int, code: str, kind: ErrorKind) -> None:
    error = refusal(ups, answer(failed(code), status, Retry_After="30"), NUMBER)
    assert (error.kind, error.carrier_code, error.retry_after) == (kind, code, 30.0)
