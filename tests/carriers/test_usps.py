"""USPS tracking: both generations and their traps."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from carriers.adapters.usps import adapter
from carriers.errors import ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import answer, only, refusal

NUMBER = "9400109104250532908587"
usps = adapter()


def event(code: str | None, words: str | None = "words", **more: Any) -> dict[str, Any]:
    at = {"eventTimestamp": "2024-11-22T13:58:00", "GMTOffset": "-05:00"}
    return at | {"eventCode": code, "eventType": words} | more


def read(category: str | None = None, *events: dict[str, Any], **more: Any) -> TrackingResult:
    return only(usps, {"trackingNumber": NUMBER, "statusCategory": category, "trackingEvents": list(events), **more})


def test_a_gmt_timestamp_that_is_a_day_off_is_never_used() -> None:
    scan = event("OF", eventTimestamp="2024-11-22T20:30:00", GMTTimestamp="2024-11-22T01:30:00Z", GMTOffset="-05:00")
    (checkpoint,) = read("Out for Delivery", scan).checkpoints
    assert checkpoint.time == datetime(2024, 11, 23, 1, 30, tzinfo=UTC)
    assert checkpoint.time.isoformat() == "2024-11-22T20:30:00-05:00"


@pytest.mark.parametrize("offset", ["-07:00", "-7:00", "-420", -420])
def test_a_time_that_ends_in_z_is_local_and_the_offset_has_many_forms(offset: Any) -> None:
    scan = event("10", eventTimestamp="2024-11-22T13:58:00Z", GMTOffset=offset)
    (checkpoint,) = read("In Transit", scan).checkpoints
    assert checkpoint.time is not None
    assert checkpoint.time.isoformat() == "2024-11-22T13:58:00-07:00"


def test_a_label_event_without_an_offset_stays_local() -> None:
    scan = {"eventCode": "GX", "eventType": "Shipping Label Created", "eventTimestamp": "2024-11-15T00:00:00Z"}
    (checkpoint,) = read("Pre-Shipment", scan).checkpoints
    assert (checkpoint.offset_known, checkpoint.country) == (False, None)


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("03", "USPS in possession of item", "InTransit_002"),
        ("56", "Notice Left (No Authorized Recipient Available)", "AttemptFail_002"),
        ("51", "Notice Left (Business Closed)", "AttemptFail_003"),
        ("02", "Notice Left", "AttemptFail_001"),
        ("04", "Refused", "Exception_003"),
        ("21", "No Such Number", "Exception_007"),
        ("21", "Return to Sender Processed", "Exception_010"),
        ("21", None, "Exception_010"),
        ("27", "Unclaimed/Being Returned to Sender", "Exception_010"),
        ("27", "Unclaimed", "Exception_008"),
        ("23", "Moved, Left no Address", "Exception_002"),
        ("09", "Return to Sender Processed", "Exception_010"),
        ("11", "Sent to Mail Recovery Center", "Exception_013"),
        ("17", "Delivered, Individual Picked Up at Post Office", "Delivered_002"),
        ("01", "Delivered, Neighbor as Requested", "Delivered_005"),
        ("01", "Delivered, To Original Sender", "Exception_011"),
        ("06", "Forwarded", "InTransit_009"),
    ],
)
def test_event_codes_have_their_meaning(code: str, words: str | None, expected: str) -> None:
    assert read(None, event(code, words)).checkpoints[0].substatus == expected


def test_a_parcel_locker_of_the_recipient_is_a_delivery() -> None:
    result = read("Delivered", event("01", "Delivered, Parcel Locker"), status="Delivered, Parcel Locker")
    assert (result.status, result.substatus) == (Status.DELIVERED, "Delivered_001")


def test_back_at_its_sender_is_not_delivered_whatever_the_category() -> None:
    result = read("Delivered", event("01", "Delivered, To Original Sender"), status="Delivered, To Original Sender")
    assert (result.status, result.substatus) == (Status.EXCEPTION, "Exception_011")


def test_a_delivery_after_the_parcel_turned_back_is_its_return() -> None:
    home = event("01", "Delivered, Front Door/Porch", eventTimestamp="2024-11-24T10:00:00")
    result = read("Delivered", home, event("09", "Return to Sender Processed"))
    assert (result.status, result.checkpoints[-1].substatus) == (Status.EXCEPTION, "Exception_011")


def test_an_alert_is_what_its_newest_event_says() -> None:
    assert read("Alert", event("04", "Refused")).substatus == "Exception_003"
    assert read("Alert", status="Held in Customs").substatus == "Exception_004"
    assert read("Alert").substatus == "Exception_001"


def test_an_unknown_code_stays_unknown_whatever_its_text() -> None:
    result = read("In Transit", event("Q9", "Arrived somewhere new"))
    assert (result.status, result.checkpoints[0].status) == (Status.IN_TRANSIT, None)
    assert read("A New Category", event("Q9")).status is Status.PENDING


def test_a_country_is_the_united_states_only_where_a_state_or_zip_says_so() -> None:
    scans = [event("A1", eventState="FL"), event("A1", eventCity="QUEENS NY"), event("10", eventCountry="CANADA")]
    found = {
        scan.raw["eventTimestamp"] + (scan.state or scan.city or ""): scan.country
        for scan in read(None, *scans).checkpoints
    }
    assert sorted(filter(None, found.values())) == ["CA", "US"]


V3R2 = {
    "trackingNumber": NUMBER,
    "statusCategory": "Delivered",
    "recipientName": "J DOE",
    "deliveryDateExpectation": {
        "predictedDeliveryDate": "2024-11-22",
        "predictedDeliveryWindowStartTime": "1:00 pm",
        "predictedDeliveryWindowEndTime": "17:00:00",
    },
    "trackingEvents": {
        "eventCode": "01",
        "eventType": "Delivered",
        "eventTimestamp": "2024-11-22T13:58:00",
        "eventZIPCode": "34442",
    },
}


def test_the_newer_generation_answers_in_a_list_with_errors_beside_results() -> None:
    entry = {"code": "404", "message": "12: A status update is not yet available", "errors": [{"code": "150001"}]}
    body = [
        V3R2,
        {"trackingNumber": "A", "statusCode": "404", "error": entry},
        {"trackingNumber": "B", "statusCode": "400", "error": {"message": "no"}},
    ]
    delivered, pending, invalid, absent = usps.parse(answer(body, 207), [NUMBER, "A", "B", "C"])
    assert (delivered.status, delivered.signed_by, delivered.checkpoints[0].postal_code) == (
        Status.DELIVERED,
        "J DOE",
        "34442",
    )
    kinds = [result.error.kind for result in (pending, invalid, absent) if result.error]
    assert kinds == [ErrorKind.NOT_FOUND, ErrorKind.INVALID_NUMBER, ErrorKind.MALFORMED]


def test_estimates_of_both_generations() -> None:
    newer = usps.parse(answer([V3R2]))[0].estimated_delivery
    assert newer is not None
    assert (newer.date, str(newer.earliest), str(newer.latest)) == (
        date(2024, 11, 22),
        "2024-11-22 13:00:00",
        "2024-11-22 17:00:00",
    )
    older = read("In Transit", expectedDeliveryTimeStamp="2024-11-23T20:00:00Z").estimated_delivery
    assert older is not None
    assert (older.date, older.earliest) == (date(2024, 11, 23), None)


def no(message: str, code: str = "", status: str = "400") -> dict[str, Any]:
    return {"apiVersion": "v3", "error": {"code": status, "message": message, "errors": [{"code": code}]}}


def test_an_unknown_number_is_http_400_and_pending() -> None:
    result = only(usps, no("12: A status update is not yet available on your package.", "150001"), NUMBER, 400)
    assert result.error is not None
    assert (result.status, result.tracking_number, result.error.kind) == (Status.PENDING, NUMBER, ErrorKind.NOT_FOUND)


def test_any_other_400_about_one_number_means_that_it_is_none_of_theirs() -> None:
    error = only(usps, no("04: The tracking number is not valid."), NUMBER, 400).error
    assert error is not None
    assert error.kind is ErrorKind.INVALID_NUMBER
    assert refusal(usps, answer(no("Too many entries."), 400), "A", "B").kind is ErrorKind.BAD_REQUEST


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, ErrorKind.AUTH), (403, ErrorKind.AUTH), (429, ErrorKind.RATE_LIMITED), (503, ErrorKind.SERVER_ERROR)],
)
def test_errors_of_the_whole_call_are_raised(status: int, kind: ErrorKind) -> None:
    error = refusal(usps, answer(no("words", "1", str(status)), status, Retry_After="30"), NUMBER)
    assert (error.kind, error.retry_after) == (kind, 30.0)


def test_a_refused_client_is_told_by_oauth_words() -> None:
    body = {"error": "invalid_client", "error_description": "Client authentication failed."}
    error = refusal(usps, answer(body, 401))
    assert (error.kind, error.carrier_code, error.message) == (
        ErrorKind.AUTH,
        "invalid_client",
        "Client authentication failed.",
    )


def test_summaries_in_words_are_survived() -> None:
    assert (
        only(usps, {"trackingNumber": NUMBER, "eventSummaries": ["Out for Delivery, November 22"]}).status
        is Status.OUT_FOR_DELIVERY
    )
    nested = {"TrackResults": {"TrackInfo": {"ID": NUMBER, "TrackSummary": "Delivered, In/At Mailbox, 12:55 pm"}}}
    result = only(usps, nested)
    assert (result.status, result.tracking_number) == (Status.DELIVERED, NUMBER)


def older(**info: Any) -> dict[str, Any]:
    return {"TrackResults": {"RequestSeqNumber": None, "TrackInfo": {"@ID": NUMBER, **info}}}


def test_the_older_shape_has_its_events_in_words_and_halves() -> None:
    newest = {"Event": "Out for Delivery", "EventDate": "March 4, 2024", "EventTime": "7:31 am", "EventCode": "OF"}
    newest |= {"EventCity": "DOVER", "EventState": "DE", "EventZIPCode": "19901", "GMTOffset": "-05:00"}
    label = {
        "Event": "Pre-Shipment Info Sent to USPS",
        "EventDate": "March 1, 2024",
        "EventTime": "",
        "EventCode": "MA",
    }
    result = only(usps, older(StatusCategory="Out for Delivery", TrackSummary=newest, TrackDetail=[label]))
    assert (result.status, result.tracking_number) == (Status.OUT_FOR_DELIVERY, NUMBER)
    assert [str(scan.time) for scan in result.checkpoints] == ["2024-03-01 00:00:00", "2024-03-04 07:31:00-05:00"]
    last = result.checkpoints[-1]
    assert (last.raw_code, last.city, last.postal_code, last.country) == ("OF", "DOVER", "19901", "US")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("USPS is now in possession of your item as of 8:02 am on March 2, 2024.", Status.IN_TRANSIT),
        ("Your item was delivered in or at the mailbox at 1:10 pm.", Status.DELIVERED),
        ("A shipping label has been prepared. This does not say that USPS has it.", Status.INFO_RECEIVED),
        ("Your item was delivered to the original sender at 9:10 am.", Status.EXCEPTION),
    ],
)
def test_a_summary_alone_says_where_the_parcel_is(words: str, status: Status) -> None:
    assert only(usps, older(TrackSummary=words)).status is status
    assert only(usps, {"trackingNumber": NUMBER, "statusSummary": words}).status is status


def test_an_error_of_the_older_shape_concerns_its_number() -> None:
    error = {"Number": "-2147219302", "Description": "The Postal Service could not locate the tracking information."}
    found = only(usps, older(Error=error)).error
    assert found is not None
    assert found.kind is ErrorKind.NOT_FOUND


def test_an_error_inside_http_200_has_its_own_status() -> None:
    assert refusal(usps, answer(no("words", "1", "503")), NUMBER).kind is ErrorKind.SERVER_ERROR
    found = only(usps, no("12: A status update is not yet available.", "150001"), NUMBER).error
    assert found is not None
    assert found.kind is ErrorKind.NOT_FOUND


def test_a_category_that_is_not_published_is_read_as_words() -> None:
    assert read("Return to Sender").substatus == "Exception_010"
    assert read("In Transit to Next Facility").status is Status.IN_TRANSIT


def test_words_that_speak_of_expiry_do_not_make_a_parcel_expired() -> None:
    assert read(None, event(None, "Forwarding expired")).checkpoints[0].status is not Status.EXPIRED
