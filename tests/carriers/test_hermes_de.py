"""Hermes Germany: codes of two times two digits, return orders, events taken back, errors inside good answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from carriers.adapters.hermes_de import adapter, token_refused
from carriers.base import Account, Call, RawAnswer, Token
from carriers.base import token_refused as usual
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import answer, only, refusal

hermes = adapter()
NUMBER = "H1234567890123456789"


def event(code: Any, at: str = "2024-01-19T10:15:00+01:00", words: Any = None, **more: Any) -> dict[str, Any]:
    return {"timestamp": at, "code": code, "description": words, **more}


def one(*codes: Any, **more: Any) -> TrackingResult:
    """A parcel with one event an hour."""
    events = [
        code if isinstance(code, dict) else event(code, f"2024-01-19T{hour:02}:00:00+01:00")
        for hour, code in enumerate(codes)
    ]
    return only(hermes, {"shipmentinfo": [{"shipmentID": NUMBER, "status": events, **more}]}, NUMBER)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("0000", "InfoReceived_001"),
        ("0800", "InfoReceived_001"),
        ("1000", "InTransit"),
        ("1720", "InTransit_005"),
        ("1730", "Exception_004"),
        ("2400", "InTransit_002"),
        ("3000", "OutForDelivery_001"),
        ("3010", "InTransit_007"),
        ("3410", "AvailableForPickup_001"),
        ("3511", "Delivered_001"),
        ("3530", "Delivered_002"),
        ("3710", "Exception_003"),
        ("3715", "Exception_006"),
        ("3720", "Exception_007"),
        ("3733", "AttemptFail_002"),
        ("3740", "Exception_012"),
        ("3752", "AttemptFail_001"),
        ("3780", "Exception_016"),
        ("3783", "AttemptFail_001"),
        ("4031", "AttemptFail_001"),
        ("4035", "Exception_008"),
        ("4100", "InTransit"),
        ("4630", "Exception_013"),
        ("6088", "InTransit_009"),
        ("6084", "Exception_010"),
        ("9340", "Exception_020"),
        (0, "InfoReceived_001"),
    ],
)
def test_what_the_codes_mean(code: Any, expected: str) -> None:
    assert (one(code).substatus or "InTransit") == expected


def test_a_code_nobody_knows_stays_unknown() -> None:
    result = one("2000", event("9876", "2024-01-19T20:00:00+01:00", "qwertz"))
    assert (result.status, result.checkpoints[-1].status) == (Status.IN_TRANSIT, None)


@pytest.mark.parametrize("codes", [("3760", "4060", "1520", "7500"), ("0000", "2400", "4062", "4061", "1520", "7500")])
def test_a_return_order_arrives_where_it_should(codes: tuple[str, ...]) -> None:
    result = one(*codes)
    assert result.status is Status.DELIVERED
    assert all(scan.status is not Status.EXCEPTION for scan in result.checkpoints)
    assert one(*codes[:-1]).status is Status.IN_TRANSIT


@pytest.mark.parametrize("codes", [("3000", "3731", "6084", "1520", "7500"), ("3410", "4035", "4060", "7500")])
def test_a_parcel_that_could_not_be_delivered_comes_back_by_the_same_codes(codes: tuple[str, ...]) -> None:
    assert one(*codes).substatus == "Exception_011"
    assert one(*codes[:-1]).substatus == "Exception_010"


def test_wishes_move_nothing() -> None:
    result = one("3410", "9324", "9040")
    assert result.status is Status.AVAILABLE_FOR_PICKUP
    assert [scan.notice for scan in result.checkpoints] == [False, True, True]
    assert one("9323").status is Status.INFO_RECEIVED


def test_an_event_that_was_taken_back_does_not_count() -> None:
    assert one("3000", "3710", "4072").status is Status.OUT_FOR_DELIVERY
    assert one("0000", "9340", "9399").status is Status.INFO_RECEIVED
    assert one("2000", "3410", "4690").status is Status.IN_TRANSIT


def test_events_are_put_in_order() -> None:
    result = one(event("3500", "2024-01-20T14:30:00+01:00"), event("3000", "2024-01-20T07:00:00+01:00"))
    assert [scan.raw_code for scan in result.checkpoints] == ["3000", "3500"]
    assert str(result.delivered_at) == "2024-01-20 14:30:00+01:00"


def test_the_forecast_has_a_day_and_a_window_of_local_times() -> None:
    forecast = {"fixed": False, "date": "2024-01-20", "timeSlot": {"from": "10:00", "to": "18:00"}}
    estimate = one("3000", deliveryForecast=forecast).estimated_delivery
    assert estimate is not None
    assert (str(estimate.date), str(estimate.latest)) == ("2024-01-20", "2024-01-20 18:00:00")
    assert one("3000", deliveryForecast={"date": "soon"}).estimated_delivery is None


def test_the_two_older_answers_are_read_too() -> None:
    entry = {"statusDate": "2024-01-20", "statusTime": "14:30:00", "statusCode": "3500", "description": "Delivered."}
    for name, key, value in (
        ("listOfShipmentHistoryStatus", "listOfStatus", [entry]),
        ("listOfCurrentShipmentStatus", "statusInformation", entry),
    ):
        result = only(hermes, {name: [{"shipmentID": NUMBER, key: value}]}, NUMBER)
        assert (result.status, str(result.delivered_at)) == (Status.DELIVERED, "2024-01-20 14:30:00")
    nothing = {"resultCode": "e001", "resultMessage": "There is no information for the entered value."}
    unknown = only(hermes, {"listOfShipmentHistoryStatus": [{"shipmentID": NUMBER, "listOfStatus": [nothing]}]}, NUMBER)
    assert unknown.error is not None
    assert unknown.error.kind is ErrorKind.NOT_FOUND


def test_every_number_asked_has_a_result() -> None:
    entries = [
        {"shipmentID": "2", "internationalShipmentID": "I2", "status": [event("3000")]},
        {"shipmentID": "1", "result": {"code": "e001", "message": "None."}},
    ]
    results = hermes.parse(answer({"shipmentinfo": entries}), ["1", "I2", "3"])
    assert [result.tracking_number for result in results] == ["1", "I2", "3"]
    kinds = [result.error.kind if result.error else None for result in results]
    assert kinds == [ErrorKind.NOT_FOUND, None, ErrorKind.MALFORMED]


def codes(code: str, words: str = "words") -> dict[str, Any]:
    return {"listOfResultCodes": [{"code": code, "message": words}]}


def test_nothing_known_of_any_number_is_not_found_for_each() -> None:
    results = hermes.parse(answer(codes("e001")), ["1", "2"])
    assert [result.error.kind for result in results if result.error] == [ErrorKind.NOT_FOUND] * 2


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (codes("e902"), 400, ErrorKind.AUTH),
        (codes("e900"), 403, ErrorKind.AUTH),
        (codes("e008"), 400, ErrorKind.BAD_REQUEST),
        (codes("e999"), 500, ErrorKind.SERVER_ERROR),
        ({"error": "access_denied", "error_description": "Access denied for token"}, 401, ErrorKind.AUTH),
        ({"hello": 1}, 200, ErrorKind.MALFORMED),
        ({"shipmentinfo": []}, 200, ErrorKind.MALFORMED),
        ({}, 429, ErrorKind.RATE_LIMITED),
    ],
)
def test_errors_of_the_whole_call(body: Any, status: int, kind: ErrorKind) -> None:
    assert refusal(hermes, answer(body, status), NUMBER).kind is kind


def test_a_number_that_hermes_cannot_read_is_invalid() -> None:
    result = only(hermes, codes("e005", "Syntax error during validation: shipmentID"), "x", 400)
    assert result.error is not None
    assert result.error.kind is ErrorKind.INVALID_NUMBER


SECRETS = {"client_id": "c", "client_secret": "s", "username": "u", "password": "p"}


class Door:
    """An HTTP door with a token, which knows no parcel."""

    def __init__(self, token: Any = None, status: int = 200) -> None:
        self.calls: list[Call] = []
        self.token, self.status = token or {"access_token": "t", "expires_in": 3600}, status

    def send(self, account: Account, call: Call) -> RawAnswer:
        self.calls.append(call)
        if call.url.endswith("/oauth2/access_token"):
            return RawAnswer(self.status, "application/json", json.dumps(self.token).encode())
        return answer(codes("e001"))

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = usual,
    ) -> RawAnswer:
        fetch()
        return self.send(account, call)


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("https://de-api.hermesworld.com/services/hsi", "https://authme.myhermes.de"),
        ("https://de-api-int.hermesworld.com/services/hsi", "https://authme-int.myhermes.de"),
        ("https://lab.invalid/hermes", "https://lab.invalid/hermes"),
    ],
)
def test_the_token_comes_from_hermes_s_other_host(base: str, host: str) -> None:
    door = Door()
    hermes.track(door, Account(base, SECRETS), ["1", "2"])
    assert door.calls[0].url == f"{host}/authorization-facade/oauth2/access_token"
    assert door.calls[0].form == {"grant_type": "password", **SECRETS}
    assert door.calls[1].url == f"{base}/shipmentinfo?shipmentID=1&shipmentID=2"


def test_a_user_that_hermes_does_not_know_is_an_error_of_its_credentials() -> None:
    with pytest.raises(CarrierError) as caught:
        hermes.track(Door({"error": "invalid_grant"}, 400), Account("https://lab.invalid", SECRETS), ["1"])
    assert caught.value.kind is ErrorKind.AUTH


def test_an_expired_token_is_told_with_http_400() -> None:
    assert token_refused(answer(codes("e903"), 400))
    assert token_refused(answer({}, 401))
    assert not token_refused(answer(codes("e005"), 400))
