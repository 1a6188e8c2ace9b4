"""GLS: statuses and events, a shop that is no delivery, a history that ends without one, entries with errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from carriers.adapters.gls import adapter
from carriers.base import Account, Call, RawAnswer, Token, token_refused
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import answer, only, refusal

gls = adapter()
NUMBER = "36301917596"


def event(code: Any, words: Any = "", at: Any = "2024-10-07T10:46:14+0200", **more: Any) -> dict[str, Any]:
    return {"code": code, "description": words, "eventDateTime": at, **more}


def parcel(status: Any, *events: Any, number: str = NUMBER, **more: Any) -> dict[str, Any]:
    return {"requested": number, "unitno": number, "status": status, "events": list(events), **more}


def one(status: Any, *events: Any, **more: Any) -> TrackingResult:
    return only(gls, {"parcels": [parcel(status, *events, **more)]}, NUMBER)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("PLANNEDPICKUP", "InfoReceived_001"),
        ("INPICKUP", "InfoReceived_001"),
        ("NOTPICKEDUP", "InfoReceived_001"),
        ("PREADVICE", "InfoReceived_001"),
        ("INTRANSIT", "InTransit"),
        ("INWAREHOUSE", "InTransit"),
        ("INDELIVERY", "OutForDelivery_001"),
        ("NOTDELIVERED", "AttemptFail_001"),
        ("DELIVEREDPS", "AvailableForPickup_001"),
        ("DELIVERED", "Delivered_001"),
        ("FINAL", "Delivered_001"),
        ("CANCELED", "Exception_020"),
    ],
)
def test_the_parcel_s_status_decides(status: str, expected: str) -> None:
    assert (one(status).substatus or "InTransit") == expected
    assert (one(status.lower(), event("XYZ.NEW", "qwertz")).substatus or "InTransit") == expected


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("INTIAL.PREADVICE", "", "InfoReceived_001"),
        ("INTIAL.E48_DATA", "", "InfoReceived_001"),
        ("INTIAL.NORMAL", "", "InTransit_002"),
        ("INBOUD.NORMAL", "", "InTransit_003"),
        ("OUTBOD.NORMAL", "", "InTransit_007"),
        ("OUTDEL.NORMAL", "", "OutForDelivery_001"),
        ("NOTDEL.ABSENT", "The consignee was not at home.", "AttemptFail_002"),
        ("NOTDEL.REFUSED", "The consignee has refused the parcel.", "Exception_003"),
        ("DELIVD.NORMAL", "The parcel has been delivered.", "Delivered_001"),
        ("DELIVD.NEIGHBOUR", "The parcel has been delivered to a neighbour.", "Delivered_005"),
        ("DELIVD.PARCELSHOP", "", "AvailableForPickup_001"),
        ("DELIVD.DEL_BY_PSAPP", "", "Delivered_002"),
        ("CANCEL.NORMAL", "", "Exception_020"),
        ("RETURN.NORMAL", "The parcel is being returned to the shipper.", "Exception_010"),
        ("RETURN.NORMAL", "The parcel has been returned to the shipper.", "Exception_011"),
        ("INBOUD.DAMAGE", "The parcel was damaged.", "Exception_012"),
        ("OUTBOD.CUSTOMS", "The customs clearance has been completed.", "InTransit_005"),
        ("INBOUD.NORMAL", "The damaged parcel centre in Neuenstein", "InTransit_003"),
        ("INBOUD.OTHER", "qwertz", "InTransit_003"),
    ],
)
def test_what_the_events_mean(code: str, words: str, expected: str) -> None:
    assert one(None, event(code, words)).checkpoints[0].substatus == expected


def test_an_event_nobody_knows_stays_unknown() -> None:
    result = one("WEIRDCODE", event("QQQ.NORMAL", "qwertz"), event("INTIAL.NORMAL", at="2024-10-06T10:00:00+0200"))
    assert (result.status, result.checkpoints[-1].status) == (Status.IN_TRANSIT, None)


def test_the_newest_event_makes_the_status_exact() -> None:
    assert one("INTRANSIT", event("INBOUD.NORMAL")).substatus == "InTransit_003"
    assert one("NOTDELIVERED", event("NOTDEL.X", "The consignee has refused the parcel.")).substatus == "Exception_003"
    assert one("INDELIVERY", event("INBOUD.NORMAL")).status is Status.OUT_FOR_DELIVERY


def test_a_closed_history_is_a_delivery_only_where_nothing_turned_back() -> None:
    assert one("FINAL", event("DELIVD.PARCELSHOP")).status is Status.DELIVERED
    assert one("FINAL", event("CANCEL.NORMAL")).substatus == "Exception_020"
    assert one("FINAL", event("RETURN.NORMAL", "Returning to sender")).substatus == "Exception_010"
    back = one("DELIVERED", event("DELIVD.NORMAL"), event("RETURN.NORMAL", at="2024-10-06T10:00:00+0200"))
    assert (back.substatus, back.delivered_at) == ("Exception_011", None)


def test_a_change_of_the_delivery_moves_nothing() -> None:
    result = one(
        None,
        event("CHANGD.PARCELBOX", at="2024-10-07T12:00:00+0200"),
        event("OUTDEL.NORMAL", at="2024-10-07T08:00:00+0200"),
    )
    assert result.status is Status.OUT_FOR_DELIVERY
    assert result.checkpoints[-1].notice


def test_offsets_without_a_colon_are_read() -> None:
    (scan,) = one("INTRANSIT", event("INTIAL.NORMAL")).checkpoints
    assert scan.time is not None
    assert scan.time.isoformat() == "2024-10-07T10:46:14+02:00"


def test_an_unknown_number_is_an_entry_in_a_good_answer() -> None:
    body = {"parcels": [{"requested": NUMBER, "errorCode": "E_404_01", "errorMessage": "Resource Not Found"}]}
    result = only(gls, body, NUMBER)
    assert (error := result.error) is not None
    assert (result.status, error.kind, error.carrier_code) == (Status.PENDING, ErrorKind.NOT_FOUND, "E_404_01")
    broken = only(gls, {"parcels": [{"requested": NUMBER, "errorCode": "E_500_01"}]}).error
    assert broken is not None
    assert broken.kind is ErrorKind.SERVER_ERROR


def test_every_number_asked_has_a_result_by_either_of_its_names() -> None:
    body = {"parcels": [parcel("DELIVERED", number="1"), {**parcel("INTRANSIT", number="9"), "requested": "2"}]}
    results = gls.parse(answer(body), ["2", "1", "3"])
    assert [(result.tracking_number, result.status) for result in results] == [
        ("2", Status.IN_TRANSIT),
        ("1", Status.DELIVERED),
        ("3", Status.PENDING),
    ]
    assert (error := results[2].error) is not None
    assert error.kind is ErrorKind.MALFORMED


def test_a_reference_with_two_parcels_gives_both_by_their_own_numbers_or_the_newer_for_the_number_asked() -> None:
    first = {**parcel("DELIVERED", number="1"), "requested": "747N6K", "statusDateTime": "2024-09-18T06:50:22+0200"}
    second = {**parcel("INTRANSIT", number="2"), "requested": "747N6K", "statusDateTime": "2024-09-19T06:50:22+0200"}
    body = {"parcels": [first, second]}
    assert [result.tracking_number for result in gls.parse(answer(body))] == ["1", "2"]
    assert only(gls, body, "747N6K").status is Status.IN_TRANSIT


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (
            {"title": "Bad Request", "status": 400, "detail": "more than allowed limit of 10"},
            400,
            ErrorKind.BAD_REQUEST,
        ),
        (
            {"fault": {"faultstring": "Expired", "detail": {"errorcode": "steps.jwt.TokenExpired"}}},
            401,
            ErrorKind.AUTH,
        ),
        ({"fault": {"faultstring": "Quota"}}, 429, ErrorKind.RATE_LIMITED),
        ({"title": "Internal Server Error"}, 500, ErrorKind.SERVER_ERROR),
        ({"title": "Bad Request", "status": 400}, 200, ErrorKind.BAD_REQUEST),
        ({"fault": {"detail": {"errorcode": "policies.ratelimit.QuotaViolation"}}}, 200, ErrorKind.RATE_LIMITED),
        ({"fault": {"detail": {"errorcode": "steps.jwt.TokenExpired"}}}, 200, ErrorKind.AUTH),
        ({"hello": 1}, 200, ErrorKind.MALFORMED),
        ({"parcels": []}, 200, ErrorKind.MALFORMED),
    ],
)
def test_errors_of_the_whole_call(body: Any, status: int, kind: ErrorKind) -> None:
    assert refusal(gls, answer(body, status)).kind is kind


ACCOUNT = Account("https://lab.invalid/", {"client_id": "id", "client_secret": "secret"})


class Door:
    """An HTTP door with a token, which knows every parcel."""

    def __init__(self, token: Any = None, status: int = 200) -> None:
        self.calls: list[Call] = []
        self.token, self.status = token or {"access_token": "t", "expires_in": 14400}, status

    def send(self, account: Account, call: Call) -> RawAnswer:
        self.calls.append(call)
        if call.url.endswith("/oauth2/v2/token"):
            return RawAnswer(self.status, "application/json", json.dumps(self.token).encode())
        names = call.url.rpartition("/")[2].split(",")
        return answer({"parcels": [parcel("INTRANSIT", number=name) for name in names]})

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        assert fetch().expires_in == 14400
        return self.send(account, call)


def test_ten_numbers_are_asked_for_in_one_call() -> None:
    door = Door()
    answers = gls.track(door, ACCOUNT, [str(number) for number in range(11)])
    assert [len(results) for _raw, results in answers] == [10, 1]
    token, asked = door.calls[0], door.calls[1]
    assert (token.basic, token.form) == (("id", "secret"), {"grant_type": "client_credentials"})
    assert asked.url == "https://lab.invalid/track-and-trace-v1/tracking/simple/trackids/0,1,2,3,4,5,6,7,8,9"


@pytest.mark.parametrize("status", [400, 401])
def test_a_client_that_gls_does_not_know_is_an_error_of_its_credentials(status: int) -> None:
    door = Door({"errors": [{"message": "Invalid client identifier", "type": "400"}]}, status)
    with pytest.raises(CarrierError) as caught:
        gls.track(door, ACCOUNT, [NUMBER])
    assert caught.value.kind is ErrorKind.AUTH
