"""DHL Express by MyDHL API: events in any order, what the request's status is not, errors in three forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from carriers.adapters.dhl_express import adapter
from carriers.base import Account, Call, RawAnswer, Token, token_refused
from carriers.errors import ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import answer, only, refusal

dhl = adapter()
NUMBER = "1234567890"


def event(code: Any, words: Any = None, day: Any = "2024-03-02", at: Any = "10:00:00", **more: Any) -> dict[str, Any]:
    return {"date": day, "time": at, "typeCode": code, "description": words, **more}


def shipment(*events: Any, number: str = NUMBER, **more: Any) -> dict[str, Any]:
    return {"shipmentTrackingNumber": number, "status": "Success", "events": list(events), **more}


def one(*events: Any, **more: Any) -> TrackingResult:
    return only(dhl, {"shipments": [shipment(*events, **more)]}, NUMBER)


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("PU", None, "InTransit_002"),
        ("SA", None, "InTransit_002"),
        ("PL", "Processed at LEIPZIG-DE", "InTransit"),
        ("AF", None, "InTransit_003"),
        ("DF", None, "InTransit_007"),
        ("IC", None, "InTransit_006"),
        ("CR", None, "InTransit_005"),
        ("MS", "Mis-sort", "InTransit_009"),
        ("WC", None, "OutForDelivery_001"),
        ("NH", None, "AttemptFail_002"),
        ("CA", None, "AttemptFail_003"),
        ("ND", None, "AttemptFail_001"),
        ("MD", None, "AttemptFail_001"),
        ("CC", None, "AvailableForPickup_001"),
        ("OK", "Delivered", "Delivered_001"),
        ("PD", None, "Delivered_001"),
        ("DD", "Delivered - damaged", "Delivered_001"),
        ("OK", "Delivered to neighbour", "Delivered_005"),
        ("RD", None, "Exception_003"),
        ("BA", None, "Exception_007"),
        ("CM", None, "Exception_002"),
        ("UD", None, "Exception_004"),
        ("HP", None, "Exception_006"),
        ("OH", None, "Exception_001"),
        ("RT", "Return process started", "Exception_010"),
        ("RT", "Returned to shipper", "Exception_011"),
        ("RT", "Shipment is being returned to the shipper", "Exception_010"),
        ("DS", None, "Exception_021"),
    ],
)
def test_what_the_codes_mean(code: str, words: str | None, expected: str) -> None:
    assert (one(event(code, words)).substatus or "InTransit") == expected


def test_the_request_s_status_says_nothing_of_the_parcel() -> None:
    assert one(event("PU")).status is Status.IN_TRANSIT


def test_a_code_nobody_knows_stays_unknown() -> None:
    result = one(event("PU"), event("QQ", "Xyzzy", at="11:00:00"))
    assert (result.status, result.checkpoints[-1].status) == (Status.IN_TRANSIT, None)


def test_a_delivery_after_the_parcel_turned_back_is_its_return() -> None:
    result = one(event("OK", "Delivered", day="2024-03-05", signedBy="X"), event("RT", "Returning"))
    assert (result.substatus, result.delivered_at, result.signed_by) == ("Exception_011", None, None)


def test_events_stand_in_the_order_of_their_moments() -> None:
    result = one(
        event("AF", at="01:00:00", GMTOffset="+02:00"),
        event("PU", day="2024-03-01", at="23:30:00", GMTOffset="-05:00"),
    )
    assert [scan.raw_code for scan in result.checkpoints] == ["AF", "PU"]
    assert one(event("OK", at="09:00:00"), event("WC", at="08:00:00")).status is Status.DELIVERED


def test_literal_words_where_a_date_belongs_are_no_date() -> None:
    (scan,) = one(event("string", "string", "string", "string", GMTOffset="+09:00")).checkpoints
    assert (scan.time, scan.status) == (None, None)


def test_who_signed_stands_beside_the_delivery_or_in_its_text() -> None:
    assert one(event("OK", "Delivered", signedBy="A B")).signed_by == "A B"
    assert one(event("OK", "Delivered - Signed for by: A B", signedBy="")).signed_by == "A B"
    assert one(event("OK", "Delivered", signedBy="")).signed_by is None


def test_a_shipment_without_events_is_announced() -> None:
    assert one(shipmentTimestamp="2024-03-01T10:00:00").status is Status.INFO_RECEIVED
    assert one().status is Status.PENDING


@pytest.mark.parametrize(
    ("said", "kind"),
    [("No Shipments Found", ErrorKind.NOT_FOUND), ("Failure", ErrorKind.MALFORMED)],
)
def test_a_shipment_may_be_refused_by_itself(said: str, kind: ErrorKind) -> None:
    error = one(status=said).error
    assert error is not None
    assert error.kind is kind


def test_a_piece_asked_for_by_its_number_has_its_own_events() -> None:
    pieces = [{"trackingNumber": "JD01", "events": [event("WC")]}, {"trackingNumber": "JD02", "events": [event("OK")]}]
    body = {"shipments": [shipment(event("PU"), pieces=pieces)]}
    assert only(dhl, body, "JD02").status is Status.DELIVERED
    assert only(dhl, body, NUMBER).status is Status.IN_TRANSIT
    assert only(dhl, {"shipments": [shipment(pieces=pieces)]}, NUMBER).status is Status.OUT_FOR_DELIVERY


def test_a_batch_has_a_result_for_every_number() -> None:
    body = {"shipments": [shipment(event("OK"), number="2"), shipment(event("WC"), number="1")]}
    results = dhl.parse(answer(body), ["1", "2", "3"])
    assert [(one_.tracking_number, one_.status) for one_ in results] == [
        ("1", Status.OUT_FOR_DELIVERY),
        ("2", Status.DELIVERED),
        ("3", Status.PENDING),
    ]
    assert (error := results[2].error) is not None
    assert error.kind is ErrorKind.NOT_FOUND
    assert len(dhl.parse(answer({"title": "No Shipments Found", "status": "404"}, 404), ["1", "2"])) == 2
    assert len(dhl.parse(answer(body))) == 2


def test_of_two_shipments_with_one_number_the_one_heard_of_last_counts() -> None:
    old, new = shipment(event("OK", day="2019-01-01")), shipment(event("WC"))
    for order in ([old, new], [new, old]):
        assert only(dhl, {"shipments": order}, NUMBER).status is Status.OUT_FOR_DELIVERY


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"reasons": [{"msg": "Invalid Credentials"}], "details": {"msgId": "x"}}, 400, ErrorKind.AUTH),
        ({"title": "Unauthorized", "status": 401}, 401, ErrorKind.AUTH),
        (
            {"title": "Missing parameters", "detail": "shipperAccountNumber", "status": "400"},
            400,
            ErrorKind.BAD_REQUEST,
        ),
        (
            {"title": "Internal Server Error", "detail": "999: Process failure", "code": "500"},
            500,
            ErrorKind.SERVER_ERROR,
        ),
        ({"title": "Too many requests"}, 429, ErrorKind.RATE_LIMITED),
        ({"title": "Internal", "status": "500"}, 200, ErrorKind.SERVER_ERROR),
        ({"hello": 1}, 200, ErrorKind.MALFORMED),
    ],
)
def test_errors_of_the_whole_call(body: Any, status: int, kind: ErrorKind) -> None:
    assert refusal(dhl, answer(body, status), NUMBER, "2").kind is kind


def test_a_number_that_dhl_cannot_read_is_invalid() -> None:
    body = {"title": "Wrong format", "detail": "#/shipmentTrackingNumber: expected 10 digits", "status": "400"}
    error = only(dhl, body, "x", 400).error
    assert error is not None
    assert error.kind is ErrorKind.INVALID_NUMBER


class Door:
    """An HTTP door that remembers what was asked and knows nothing."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def send(self, account: Account, call: Call) -> RawAnswer:
        self.calls.append(call)
        return answer({"title": "No Shipments Found", "status": "404"}, 404)

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        raise AssertionError("no token is needed")


def test_numbers_and_pieces_are_asked_for_by_their_own_names() -> None:
    door = Door()
    account = Account("https://lab.invalid/mydhlapi", {"username": "u", "password": "p"})
    dhl.track(door, account, ["1", "JD 2", *map(str, range(49))])
    assert [call.basic for call in door.calls] == [("u", "p")] * 2
    assert "/tracking?shipmentTrackingNumber=1&" in door.calls[0].url
    assert "pieceTrackingNumber=JD+2&" in door.calls[0].url
    assert door.calls[0].url.endswith("levelOfDetail=all")
    assert door.calls[1].url.endswith("shipmentTrackingNumber=48&trackingView=all-checkpoints&levelOfDetail=shipment")
