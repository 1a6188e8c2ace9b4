"""CDEK: statuses in any order, taken back, with reasons; errors inside bad requests; pushes and their subscription."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from carriers.adapters.cdek import adapter
from carriers.adapters.cdek.calls import expired
from carriers.base import Account, Call, PushTarget, RawAnswer, Token, token_refused
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import answer, only, refusal

cdek = adapter()
NUMBER = "1105661402"
UUID = "72753031-ebf7-4f15-8d23-dc6951808d69"


def status(code: Any, at: Any = "2024-01-20T10:00:00+0700", **more: Any) -> dict[str, Any]:
    return {"code": code, "date_time": at, **more}


def order(*statuses: Any, requests: Any = (), **more: Any) -> dict[str, Any]:
    entity = {"uuid": UUID, "cdek_number": NUMBER, "number": "N-1", "statuses": list(statuses), **more}
    return {"entity": entity, "requests": list(requests)}


def one(*codes: Any, **more: Any) -> TrackingResult:
    """An order with one status an hour."""
    events = [
        code if isinstance(code, dict) else status(code, f"2024-01-20T{hour:02}:00:00+0700")
        for hour, code in enumerate(codes)
    ]
    return only(cdek, order(*events, **more), NUMBER)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ACCEPTED", "InfoReceived_001"),
        ("CREATED", "InfoReceived_001"),
        ("RECEIVED_AT_SHIPMENT_WAREHOUSE", "InTransit_002"),
        ("READY_FOR_SHIPMENT_IN_SENDER_CITY", "InTransit"),
        ("SENT_TO_TRANSIT_CITY", "InTransit_007"),
        ("SENT_TO_SENDER_CITY", "InTransit"),
        ("RETURNED_TO_SENDER_CITY_WAREHOUSE", "InTransit"),
        ("IN_CUSTOMS_LOCAL", "InTransit_006"),
        ("CUSTOMS_COMPLETE", "InTransit_005"),
        ("TAKEN_BY_COURIER", "OutForDelivery_001"),
        ("RETURNED_TO_RECIPIENT_CITY_WAREHOUSE", "AttemptFail_001"),
        ("POSTOMAT_POSTED", "AvailableForPickup_001"),
        ("ENTERED_TO_WAREHOUSE_ON_DEMAND", "AvailableForPickup_001"),
        ("POSTOMAT_RECEIVED", "Delivered_002"),
        ("POSTOMAT_SEIZED", "Exception_008"),
        ("REMOVED", "Exception_020"),
        ("INVALID", "Exception_009"),
        ("SENT_TO_THE_MOON", "InTransit"),
        ("11", "OutForDelivery_001"),
        (4, "Delivered_001"),
    ],
)
def test_what_the_statuses_mean(code: Any, expected: str) -> None:
    assert (one(code).substatus or "InTransit") == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("1", "Exception_007"),
        ("02", "Exception_001"),
        (9, "Exception_012"),
        ("17", "Exception_003"),
        ("23", "Exception_008"),
        ("26", "Exception_013"),
        ("27", "Exception_021"),
        ("31", "Exception_010"),
        ("", "Exception_001"),
    ],
)
def test_an_order_that_was_not_delivered_has_a_reason(reason: Any, expected: str) -> None:
    assert one(status("NOT_DELIVERED", reason_code=reason)).substatus == expected


def test_a_delivery_in_part_is_a_delivery() -> None:
    assert one(status("DELIVERED", reason_code="20")).status is Status.DELIVERED


def test_a_status_nobody_knows_stays_unknown() -> None:
    result = one("TAKEN_BY_COURIER", status("QWERTZ", "2024-01-21T10:00:00+0700", name="йцукен"))
    assert (result.status, result.checkpoints[-1].status) == (Status.OUT_FOR_DELIVERY, None)


@pytest.mark.parametrize("code", ["NOT_DELIVERED", "ACCEPTED_AT_PICK_UP_POINT", "RETURNED_TO_RECIPIENT_CITY_WAREHOUSE"])
def test_from_the_city_of_destination_the_way_to_the_sender_is_the_way_back(code: str) -> None:
    assert one(code, "SENT_TO_SENDER_CITY").substatus == "Exception_010"
    assert one(code, "RETURNED_TO_SENDER_CITY_WAREHOUSE").substatus == "Exception_011"
    missed = one("TAKEN_BY_TRANSPORTER_FROM_SENDER_CITY", "RETURNED_TO_SENDER_CITY_WAREHOUSE")
    assert missed.status is Status.IN_TRANSIT


def test_the_order_that_brings_a_parcel_back_is_never_delivered_but_a_shopper_s_return_is() -> None:
    assert one("DELIVERED", is_return=True).substatus == "Exception_011"
    assert one("DELIVERED", is_return=True, is_client_return=True).status is Status.DELIVERED
    assert one("DELIVERED", is_client_return=True).status is Status.DELIVERED


def test_a_status_that_was_taken_back_is_left_out() -> None:
    gone = status("DELIVERED", "2024-01-21T10:00:00+0700", deleted=True)
    result = one("TAKEN_BY_COURIER", gone)
    assert (result.status, len(result.checkpoints)) == (Status.OUT_FOR_DELIVERY, 1)


def test_statuses_are_put_in_the_order_of_their_moments_whichever_end_the_list_begins_at() -> None:
    early = status("CREATED", "2024-01-20T23:00:00+0700")
    late = status("TAKEN_BY_COURIER", "2024-01-20T20:30:00+0300")
    for events in ((early, late), (late, early)):
        assert [scan.raw_code for scan in one(*events).checkpoints] == ["CREATED", "TAKEN_BY_COURIER"]
    same = [status("ACCEPTED"), status("CREATED")]
    later = status("TAKEN_BY_COURIER", "2024-01-21T10:00:00+0700")
    assert [scan.raw_code for scan in one(*same, later).checkpoints] == ["ACCEPTED", "CREATED", "TAKEN_BY_COURIER"]
    assert [scan.raw_code for scan in one(later, *same[::-1]).checkpoints] == [
        "ACCEPTED",
        "CREATED",
        "TAKEN_BY_COURIER",
    ]


def test_who_took_it_and_when_it_was_planned() -> None:
    detail = {"recipient_name": "Анна", "date": "2024-01-20"}
    result = one("DELIVERED", delivery_detail=detail, planned_delivery_date="2024-01-22")
    assert (result.signed_by, str(result.delivered_at)) == ("Анна", "2024-01-20 00:00:00+07:00")
    assert result.estimated_delivery is not None
    assert one("TAKEN_BY_COURIER", delivery_detail=detail).signed_by is None


def test_an_order_that_was_never_registered_is_rejected() -> None:
    failed = {"type": "CREATE", "state": "INVALID", "errors": [{"code": "x", "message": "y"}]}
    assert only(cdek, order(requests=[failed]), NUMBER).substatus == "Exception_009"
    waiting = order(requests=[{"type": "CREATE", "state": "ACCEPTED"}])
    assert [only(cdek, waiting, NUMBER, http).status for http in (200, 202)] == [Status.PENDING, Status.PENDING]


def invalid(code: str, words: str = "words", kind: str = "GET") -> dict[str, Any]:
    return {"requests": [{"type": kind, "state": "INVALID", "errors": [{"code": code, "message": words}]}]}


@pytest.mark.parametrize("http", [400, 404, 200])
@pytest.mark.parametrize("code", ["v2_entity_not_found", "v2_entity_not_found_im_number", "v2_order_not_found"])
def test_not_found_is_pending_whatever_http_says(code: str, http: int) -> None:
    result = only(cdek, invalid(code), NUMBER, http)
    assert (error := result.error) is not None
    assert (result.status, error.kind, error.carrier_code) == (Status.PENDING, ErrorKind.NOT_FOUND, code)


def test_errors_may_stand_at_the_top() -> None:
    result = only(cdek, {"errors": [{"code": "v2_entity_not_found", "message": "x"}]}, NUMBER, 400)
    assert result.error is not None
    assert result.error.kind is ErrorKind.NOT_FOUND


def test_a_number_that_cdek_cannot_read_is_invalid() -> None:
    result = only(cdek, invalid("v2_invalid_format", "Invalid value [x] in [cdek_number] parameter"), "x", 400)
    assert result.error is not None
    assert result.error.kind is ErrorKind.INVALID_NUMBER


@pytest.mark.parametrize(
    ("body", "http", "kind"),
    [
        (invalid("v2_token_expired", kind="AUTH"), 401, ErrorKind.AUTH),
        (invalid("v2_authorization_incorrect"), 400, ErrorKind.AUTH),
        (invalid("v2_bad_request"), 400, ErrorKind.BAD_REQUEST),
        (invalid("v2_internal_error"), 500, ErrorKind.SERVER_ERROR),
        (invalid("v2_internal_error"), 400, ErrorKind.SERVER_ERROR),
        ({"message": "API rate limit exceeded"}, 429, ErrorKind.RATE_LIMITED),
        ({"requests": [{"type": "GET", "state": "SUCCESSFUL"}]}, 200, ErrorKind.MALFORMED),
        ({"entity": {}}, 200, ErrorKind.MALFORMED),
    ],
)
def test_errors_of_the_whole_call(body: Any, http: int, kind: ErrorKind) -> None:
    assert refusal(cdek, answer(body, http), NUMBER).kind is kind


def push(kind: str = "ORDER_STATUS", **attributes: Any) -> RawAnswer:
    said = {"cdek_number": NUMBER, "status_date_time": "2024-01-20T10:00:00+0000", "city_name": "Омск", **attributes}
    return answer({"type": kind, "date_time": "2024-01-20T10:00:05+0000", "uuid": UUID, "attributes": said})


def test_a_push_says_one_status() -> None:
    (result,) = cdek.parse_push(push(code="NOT_DELIVERED", status_code="5", status_reason_code="11"))
    (scan,) = result.checkpoints
    assert (result.tracking_number, result.substatus, scan.raw_code) == (NUMBER, "Exception_003", "NOT_DELIVERED")
    assert str(scan.time) == "2024-01-20 10:00:00+00:00"


@pytest.mark.parametrize(("order", "number"), [("order 7", "order 7"), (None, UUID)])
def test_a_push_of_an_order_that_got_no_number_names_it_as_it_can(order: str | None, number: str) -> None:
    (result,) = cdek.parse_push(push(code="INVALID", cdek_number=None, number=order))
    assert (result.tracking_number, result.status) == (number, Status.EXCEPTION)


def test_a_push_of_a_status_that_was_taken_back_says_nothing_of_the_parcel() -> None:
    (result,) = cdek.parse_push(push(code="DELIVERED", deleted=True))
    assert (result.status, result.checkpoints) == (Status.PENDING, ())


def test_pushes_about_other_things_name_the_order_at_most() -> None:
    assert [one_.tracking_number for one_ in cdek.parse_push(push("DELIV_PROBLEM", code="13"))] == [NUMBER]
    assert cdek.parse_push(push("PRINT_FORM", cdek_number=None)) == []


@pytest.mark.parametrize("raw", [push(code=None), answer({"type": "ORDER_STATUS"}), answer({}), answer([1])])
def test_a_push_that_says_nothing_is_malformed(raw: RawAnswer) -> None:
    with pytest.raises(CarrierError) as caught:
        cdek.parse_push(raw)
    assert caught.value.kind is ErrorKind.MALFORMED


def test_no_push_is_believed() -> None:
    now = datetime(2024, 1, 20, tzinfo=UTC)
    assert not cdek.verify_push(push(code="DELIVERED"), "secret", now)
    assert cdek.push_id(push(code="DELIVERED")) is None


ACCOUNT = Account("https://lab.invalid", {"client_id": "id", "client_secret": "secret"})
TARGET = PushTarget("https://parcels.example/push/cdek/secret-path", "secret-path")


class Door:
    """An HTTP door with a token, that answers from a list."""

    def __init__(self, *answers: Any) -> None:
        self.calls: list[Call] = []
        self.answers = list(answers)

    def send(self, account: Account, call: Call) -> RawAnswer:
        if call.url.endswith("/oauth/token"):
            return RawAnswer(200, "application/json", b'{"access_token": "t", "expires_in": 3599}')
        self.calls.append(call)
        http, body = self.answers.pop(0)
        return RawAnswer(http, "application/json", json.dumps(body).encode())

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        assert fetch().expires_in == 3599
        return self.send(account, call)


def test_each_kind_of_number_is_asked_for_in_its_own_way() -> None:
    door = Door(*[(200, order(status("CREATED")))] * 3)
    cdek.track(door, ACCOUNT, [NUMBER, UUID, "N-1"])
    assert [(call.url, dict(call.params)) for call in door.calls] == [
        ("https://lab.invalid/v2/orders", {"cdek_number": NUMBER}),
        (f"https://lab.invalid/v2/orders/{UUID}", {}),
        ("https://lab.invalid/v2/orders", {"im_number": "N-1"}),
    ]


def test_pushes_are_asked_for_once() -> None:
    door = Door((200, []), (200, {"entity": {"uuid": UUID}, "requests": [{"type": "CREATE", "state": "SUCCESSFUL"}]}))
    assert cdek.subscribe(door, ACCOUNT, [], TARGET).handle == UUID
    assert door.calls[1].json == {"type": "ORDER_STATUS", "url": TARGET.url}
    there = [{"uuid": "other", "type": "PRINT_FORM", "url": TARGET.url}, {**door.calls[1].json, "uuid": UUID}]
    again = Door((200, there))
    assert cdek.subscribe(again, ACCOUNT, [], TARGET).handle == UUID
    assert len(again.calls) == 1


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        ((400, invalid("v2_webhook_type_incorrect", kind="CREATE")), ErrorKind.BAD_REQUEST),
        ((200, invalid("v2_bad_request", kind="CREATE")), ErrorKind.BAD_REQUEST),
        ((200, {"requests": []}), ErrorKind.MALFORMED),
    ],
)
def test_a_subscription_that_was_not_made_is_an_error(made: Any, kind: ErrorKind) -> None:
    with pytest.raises(CarrierError) as caught:
        cdek.subscribe(Door((200, []), made), ACCOUNT, [], TARGET)
    assert caught.value.kind is kind


def test_an_expired_token_may_be_told_with_http_400() -> None:
    assert expired(answer(invalid("v2_token_expired"), 400))
    assert expired(answer({}, 401))
    assert not expired(answer(invalid("v2_bad_request"), 400))
