"""AfterShip: tags as they are, both forms of a tracking, numbers created on the way, its signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import date
from typing import Any

import pytest

from carriers.adapters.aftership import adapter
from carriers.base import PushTarget, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status
from tests.carriers.answers import answer, only, refusal
from tests.carriers.door import Door
from tests.carriers.tampering import SECRET, assert_only_the_true_one_passes, signed

aftership = adapter()
ACCOUNT = Door.account(api_key="key")


def tracking(
    number: str = "1Z1", tag: Any = "InTransit", subtag: Any = None, *points: Any, **more: Any
) -> dict[str, Any]:
    return {"id": "abc", "tracking_number": number, "tag": tag, "subtag": subtag, "checkpoints": list(points), **more}


def point(tag: Any = "InTransit", subtag: Any = None, **more: Any) -> dict[str, Any]:
    return {"checkpoint_time": "2025-03-01T18:11:00", "message": "words", "tag": tag, "subtag": subtag, **more}


def ok(data: Any) -> dict[str, Any]:
    return {"meta": {"code": 200}, "data": data}


def refused(code: int, message: str = "no", status: int = 400, **data: Any) -> tuple[int, Any]:
    return status, {"meta": {"code": code, "type": "BadRequest", "message": message}, "data": data}


@pytest.mark.parametrize(
    ("tag", "subtag", "expected"),
    [
        ("Pending", "Pending_003", (Status.PENDING, "Pending_003")),
        ("InTransit", "InTransit_012", (Status.IN_TRANSIT, "InTransit_012")),
        ("InTransit", None, (Status.IN_TRANSIT, None)),
        ("InTransit", "Exception_001", (Status.IN_TRANSIT, None)),
        ("OutForDelivery", "OutForDelivery_002", (Status.AVAILABLE_FOR_PICKUP, "AvailableForPickup_001")),
        ("Delivered", "Delivered_099", (Status.DELIVERED, "Delivered_099")),
        ("Expired", "Expired_001", (Status.EXPIRED, "Expired_001")),
        ("Exception", "Exception_011", (Status.EXCEPTION, "Exception_011")),
        (None, "AttemptFail_002", (Status.ATTEMPT_FAIL, "AttemptFail_002")),
        ("Teleported", "Teleported_001", (Status.OUT_FOR_DELIVERY, None)),
    ],
)
def test_tag_and_sub_tag_are_taken_as_they_are(tag: Any, subtag: Any, expected: Any) -> None:
    result = only(aftership, ok({"tracking": tracking("1Z1", tag, subtag, point("OutForDelivery"))}))
    assert (result.status, result.substatus) == expected


@pytest.mark.parametrize("wrapped", [True, False])
def test_the_old_form_and_the_new_one_read_the_same(wrapped: bool) -> None:
    one = tracking("1Z1", "Delivered", "Delivered_001", point("Delivered", "Delivered_001"), signed_by="A. Example")
    result = only(aftership, ok({"tracking": one} if wrapped else one))
    assert result.delivered_at is not None
    assert (result.signed_by, result.delivered_at.isoformat()) == ("A. Example", "2025-03-01T18:11:00")


def test_the_last_checkpoint_alone_is_one_checkpoint() -> None:
    one = tracking("1Z1", "InTransit") | {"checkpoint": point("InTransit")}
    del one["checkpoints"]
    assert len(only(aftership, ok(one)).checkpoints) == 1


def test_a_checkpoint_has_the_couriers_own_code_where_it_is_given() -> None:
    points = [point(raw_tag="EE", subtag="InTransit_003"), point(subtag="InTransit_003"), point()]
    scans = only(aftership, ok(tracking("1Z1", "InTransit", None, *points))).checkpoints
    assert [scan.raw_code for scan in scans] == ["EE", "InTransit_003", "InTransit"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"expected_delivery": "2025-03-04"}, date(2025, 3, 4)),
        ({"courier_estimated_delivery_date": {"estimated_delivery_date": "2025-03-05T00:00:00"}}, date(2025, 3, 5)),
        (
            {"courier_estimated_delivery_date": {"date": None, "min": "2025-03-05", "max": "2025-03-06"}},
            date(2025, 3, 6),
        ),
        ({"latest_estimated_delivery": {"source": "Carrier EDD", "datetime": "2025-03-07"}}, date(2025, 3, 7)),
        ({"latest_estimated_delivery": {"source": "AfterShip EDD", "datetime": "2025-03-07"}}, None),
        ({"aftership_estimated_delivery_date": {"estimated_delivery_date": "2025-03-08"}}, None),
    ],
)
def test_only_the_couriers_own_date_is_an_estimate(more: dict[str, Any], expected: date | None) -> None:
    estimate = only(aftership, ok(tracking(**more))).estimated_delivery
    assert (estimate.date if estimate else None) == expected


def test_of_a_list_those_that_were_asked_for_and_what_is_missing() -> None:
    listed = answer(ok({"trackings": [tracking("RR1DE"), tracking("other")]}))
    results = aftership.parse(listed, ["rr 1 de", "RR2DE"])
    assert [(one.tracking_number, one.error is None) for one in results] == [("rr 1 de", True), ("RR2DE", False)]
    assert len(aftership.parse(listed)) == 2
    assert aftership.parse(answer(ok({"trackings": []})))[0].error is not None


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (refused(4001), ErrorKind.BAD_REQUEST),
        (refused(4003, "Tracking already exists."), ErrorKind.BAD_REQUEST),
        (refused(4007), ErrorKind.BAD_REQUEST),
        (refused(4012, "Cannot detect courier."), ErrorKind.BAD_REQUEST),
        (refused(401, status=401), ErrorKind.AUTH),
        (refused(403, status=403), ErrorKind.AUTH),
        (refused(429, status=429), ErrorKind.RATE_LIMITED),
        (refused(500, status=500), ErrorKind.SERVER_ERROR),
        (refused(503, status=200), ErrorKind.SERVER_ERROR),
        ((200, {"data": {}}), ErrorKind.MALFORMED),
    ],
)
def test_errors_of_the_whole_call(given: tuple[int, Any], kind: ErrorKind) -> None:
    assert refusal(aftership, answer(given[1], given[0]), "1Z1").kind is kind


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [(4004, 404, ErrorKind.NOT_FOUND), (4005, 400, ErrorKind.INVALID_NUMBER), (4017, 400, ErrorKind.INVALID_NUMBER)],
)
def test_errors_of_one_number(code: int, status: int, kind: ErrorKind) -> None:
    error = only(aftership, refused(code)[1], "1Z1", status).error
    assert error is not None
    assert (error.kind, error.carrier_code) == (kind, str(code))


def test_a_limit_says_when_it_ends_by_the_answers_own_clock() -> None:
    told = {"Date": "Mon, 12 May 2025 12:00:00 GMT", "X-RateLimit-Reset": "1747051230"}
    for reset, expected in (("1747051230", 30.0), ("5", None), ("soon", None), ("9" * 40, None)):
        raw = RawAnswer(429, "application/json", answer(refused(429)[1]).body, told | {"X-RateLimit-Reset": reset})
        assert refusal(aftership, raw).retry_after == expected


def test_numbers_that_are_not_there_are_created() -> None:
    door = Door(ok({"trackings": [tracking("1Z1")]}), (201, ok(tracking("1Z2", "Pending", "Pending_001"))))
    answers = aftership.track_for(door, ACCOUNT, "ups", ["1Z1", "1Z2"])
    assert [(one.tracking_number, one.status) for _, results in answers for one in results] == [
        ("1Z1", Status.IN_TRANSIT),
        ("1Z2", Status.PENDING),
    ]
    assert (door.calls[0].url, dict(door.calls[0].params)) == (
        "https://carrier.invalid/trackings",
        {"tracking_numbers": "1Z1,1Z2", "slug": "ups"},
    )
    assert door.calls[1].json == {"tracking_number": "1Z2", "slug": "ups"}
    assert door.calls[1].headers == {"as-api-key": "key"}


def test_a_number_that_exists_under_another_courier_is_read_by_its_id() -> None:
    door = Door(ok({"trackings": []}), refused(4003, "exists", id="abc"), ok(tracking("1Z1", "Delivered")))
    assert aftership.track(door, ACCOUNT, ["1Z1"])[1][1][0].status is Status.DELIVERED
    assert (door.calls[2].method, door.calls[2].url) == ("GET", "https://carrier.invalid/trackings/abc")
    door = Door(ok({"trackings": []}), refused(4003, "exists"))
    error = aftership.track(door, ACCOUNT, ["1Z1"])[1][1][0].error
    assert error is not None
    assert error.kind is ErrorKind.NOT_FOUND


def test_a_number_that_cannot_be_created_says_why_and_leaves_the_others() -> None:
    door = Door(ok({"trackings": []}), refused(4012, "Cannot detect courier."), (201, ok(tracking("1Z2"))))
    first, second = (results[0] for _, results in aftership.track(door, ACCOUNT, ["1Z1", "1Z2"])[1:])
    assert first.error is not None
    assert (first.error.kind, second.error) == (ErrorKind.BAD_REQUEST, None)


@pytest.mark.parametrize(
    "broken", [refused(429, status=429), CarrierError(ErrorKind.SERVER_ERROR, "late"), (502, b"<h1>")]
)
def test_what_was_found_is_kept_when_creating_the_rest_fails(broken: Any) -> None:
    door = Door(ok({"trackings": [tracking("1Z1")]}), broken)
    results = [one for _, found in aftership.track(door, ACCOUNT, ["1Z1", "1Z2", "1Z3"]) for one in found]
    assert [one.error is None for one in results] == [True, False, False]
    assert len(door.calls) == 2


def test_a_refused_key_is_raised() -> None:
    with pytest.raises(CarrierError) as caught:
        aftership.track(Door(refused(401, status=401)), ACCOUNT, ["1Z1"])
    assert caught.value.kind is ErrorKind.AUTH


def test_only_a_push_signed_with_our_secret_is_believed() -> None:
    body = b'{"event_id":"e","msg":{}}'
    mark = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    assert_only_the_true_one_passes(aftership, signed(body, "aftership-hmac-sha256", mark), "aftership-hmac-sha256")


def test_a_push_has_a_tracking_and_the_name_of_its_event() -> None:
    body = {"event": "edd_revise", "event_id": "5bd2", "msg": tracking("1Z1", "InTransit")}
    assert aftership.parse_push(answer(body))[0].tracking_number == "1Z1"
    assert aftership.push_id(answer(body)) == "5bd2"
    assert only(aftership, body).status is Status.IN_TRANSIT
    with pytest.raises(CarrierError, match="without a tracking"):
        aftership.parse_push(answer({"event": "tracking_update", "msg": {}}))


def test_subscribing_is_creating() -> None:
    door = Door((201, ok(tracking("1Z1"))), refused(4003, "exists"), refused(4005))
    target = PushTarget("https://shop.example/push/x", "hush")
    assert aftership.subscribe(door, ACCOUNT, ["1Z1", "1Z2", "1Z3"], target).refused == ("1Z3",)
    with pytest.raises(CarrierError):
        aftership.subscribe(Door(refused(401, status=401)), ACCOUNT, ["1Z1"], target)
