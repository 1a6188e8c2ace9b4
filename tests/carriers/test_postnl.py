"""PostNL: three envelopes and a bare list, objects for lists, day-first local times."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from carriers.adapters.postnl import EVENTS, STATUSES, adapter
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status
from tests.carriers.answers import answer, only, refusal
from tests.carriers.door import Door

postnl = adapter()
NUMBER = "3SDOOR204857163"


def complete(**parts: Any) -> dict[str, Any]:
    return {"CompleteStatus": {"Shipment": {"Barcode": NUMBER, **parts}}}


def event(code: str, words: str = "", at: str = "26-03-2026 09:44:45") -> dict[str, Any]:
    return {
        "Code": code,
        "Description": words,
        "DestinationLocationCode": {},
        "LocationCode": "161102",
        "TimeStamp": at,
    }


def status(code: str, words: str = "") -> dict[str, Any]:
    return {"TimeStamp": "26-03-2026 15:06:53", "StatusCode": code, "StatusDescription": words}


def test_a_barcode_is_asked_for_with_its_history() -> None:
    door = Door(complete(Status=status("7")))
    ((_, (result,)),) = postnl.track(door, door.account(api_key="hidden"), [NUMBER])
    (call,) = door.calls
    assert (call.url, call.headers) == (
        f"https://carrier.invalid/shipment/v2/status/barcode/{NUMBER}",
        {"apikey": "hidden"},
    )
    assert call.params == {"detail": "true", "language": "EN"}
    assert result.status is Status.OUT_FOR_DELIVERY


@pytest.mark.parametrize(
    ("code", "words", "wanted"),
    [
        ("1", "", (Status.INFO_RECEIVED, "InfoReceived_001")),
        ("02", "", (Status.IN_TRANSIT, "InTransit_002")),
        ("6", "", (Status.IN_TRANSIT, None)),
        ("8", "", (Status.ATTEMPT_FAIL, "AttemptFail_001")),
        ("8", "Not delivered: nobody was at home", (Status.ATTEMPT_FAIL, "AttemptFail_002")),
        ("8", "Delivery refused by the recipient", (Status.EXCEPTION, "Exception_003")),
        ("9", "Shipment at customs", (Status.IN_TRANSIT, "InTransit_006")),
        ("20", "Shipment held by customs", (Status.EXCEPTION, "Exception_004")),
        ("11", "Delivered to the neighbours", (Status.DELIVERED, "Delivered_005")),
        ("12", "", (Status.AVAILABLE_FOR_PICKUP, "AvailableForPickup_001")),
        ("16", "Missing in sorting", (Status.IN_TRANSIT, None)),
        ("18", "Definitely missing", (Status.EXCEPTION, "Exception_013")),
        ("19", "Shipment rejected", (Status.EXCEPTION, "Exception_009")),
        ("22", "", (Status.DELIVERED, "Delivered_002")),
        ("99", "Not applicable", (Status.PENDING, None)),
        ("77", "", (Status.PENDING, None)),
    ],
)
def test_the_shipment_is_where_its_status_says(code: str, words: str, wanted: Any) -> None:
    result = only(postnl, {"CurrentStatus": {"Shipment": {"Barcode": NUMBER, "Status": status(code, words)}}})
    assert (result.status, result.substatus) == wanted


def test_every_event_belongs_to_a_known_status() -> None:
    assert set(EVENTS.values()) <= {*STATUSES, "99"}


@pytest.mark.parametrize(("table", "answered"), [("B01", "01B"), ("I01", "01I"), ("A01", "01a")])
def test_an_event_is_known_in_the_way_answers_write_its_code(table: str, answered: str) -> None:
    assert table in EVENTS
    known, told = (only(postnl, complete(Event=[event(code)])).checkpoints[0] for code in (table, answered))
    assert told.status is known.status is not None
    assert told.raw_code == answered


def test_a_status_that_does_not_apply_leaves_the_parcel_where_the_scans_have_it() -> None:
    result = only(postnl, complete(Status=status("99"), Event=[event("J05", "Driver is en route")]))
    assert result.status is Status.OUT_FOR_DELIVERY


def test_an_administrative_event_repeats_what_went_before() -> None:
    events = [event("P20", at="26-03-2026 10:00:00"), event("J05")]
    first, second = only(postnl, complete(Event=events)).checkpoints
    assert (second.status, second.notice, first.notice) == (Status.OUT_FOR_DELIVERY, True, False)


def test_an_event_of_no_table_is_read_by_its_words_or_stays_unknown() -> None:
    texts = ("Qwertz", "Bezorger is onderweg", "Zending wordt verwacht, maar zit nog niet in sorteerproces")
    found = only(postnl, complete(Event=[event("00Q", text) for text in texts])).checkpoints
    assert [scan.status for scan in found] == [Status.INFO_RECEIVED, Status.OUT_FOR_DELIVERY, None]


def test_an_object_stands_where_a_list_was_promised() -> None:
    body = complete(Event=event("J05"), OldStatus={}, Address={}, Status=status("7"))
    assert len(only(postnl, body).checkpoints) == 1
    body = {"CompleteStatus": {"Shipment": [{"Barcode": "3SOTHER"}, {"Barcode": NUMBER, "Status": status("11")}]}}
    assert only(postnl, body, NUMBER).status is Status.DELIVERED


def test_a_delivery_after_a_return_began_is_the_return() -> None:
    events = [event("I01", "Delivered", "28-03-2026 10:00:00"), event("H16", "Undeliverable, returned")]
    result = only(postnl, complete(Event=events, Status=status("11")))
    assert (result.status, result.substatus, result.delivered_at) == (Status.EXCEPTION, "Exception_011", None)


def test_times_are_the_dutch_clock_without_an_offset() -> None:
    result = only(
        postnl, complete(Event=event("I01", at="07-03-2026 23:22:56.326"), DeliveryDate="08-03-2026 00:00:00")
    )
    assert result.checkpoints[0].time == datetime.fromisoformat("2026-03-07T23:22:56")
    assert not result.checkpoints[0].offset_known
    assert result.estimated_delivery is not None
    assert result.estimated_delivery.date == date(2026, 3, 8)


def test_a_signature_alone_is_a_delivery() -> None:
    body = {
        "Signature": {"Barcode": NUMBER, "SignatureDate": "2026-03-26T15:06:53.000+01:00", "SignatureImage": "R0lG"}
    }
    result = only(postnl, body)
    assert (result.status, result.delivered_at and result.delivered_at.isoformat()) == (
        Status.DELIVERED,
        "2026-03-26T15:06:53+01:00",
    )


@pytest.mark.parametrize(
    "body", [{}, [], {"CurrentStatus": {}}, {"CompleteStatus": {"Shipment": {}}, "Warnings": {"Code": "2"}}]
)
def test_an_empty_answer_is_not_found(body: Any) -> None:
    result = only(postnl, body, NUMBER)
    assert (result.status, result.error and result.error.kind) == (Status.PENDING, ErrorKind.NOT_FOUND)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"fault": {"faultstring": "Invalid ApiKey", "detail": {"errorcode": "x"}}}, 401, ErrorKind.AUTH),
        ({"Errors": [{"Code": "15", "Description": "Barcode is required"}]}, 400, ErrorKind.BAD_REQUEST),
        ({"message": "API rate limit exceeded", "http_status_code": 429}, 429, ErrorKind.RATE_LIMITED),
        ({"message": "Internal error", "http_status_code": 500}, 200, ErrorKind.SERVER_ERROR),
        ({"something": "else"}, 200, ErrorKind.MALFORMED),
        ({"fault": {"detail": {"errorcode": "oauth.v2.InvalidApiKey"}}}, 200, ErrorKind.AUTH),
        ({"fault": {"detail": {"errorcode": "policies.ratelimit.QuotaViolation"}}}, 200, ErrorKind.RATE_LIMITED),
        ("<html>down</html>", 200, ErrorKind.MALFORMED),
        ("<html>down</html>", 503, ErrorKind.SERVER_ERROR),
    ],
)
def test_what_concerns_the_whole_call_is_raised(body: Any, status: int, kind: ErrorKind) -> None:
    assert refusal(postnl, answer(body, status), NUMBER).kind is kind


def test_a_barcode_that_postnl_refuses_is_an_invalid_number() -> None:
    result = only(postnl, {"Errors": {"Code": "6", "Description": "Barcode is invalid"}}, NUMBER, 400)
    assert (result.status, result.error and result.error.kind) == (Status.PENDING, ErrorKind.INVALID_NUMBER)


def test_no_pushes() -> None:
    with pytest.raises(CarrierError) as caught:
        postnl.parse_push(answer({}))
    assert caught.value.kind is ErrorKind.NOT_SUPPORTED
