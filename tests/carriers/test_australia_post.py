"""Australia Post: no codes, only texts; articles alone and in consignments; two shapes of errors."""

from __future__ import annotations

from typing import Any

import pytest

from carriers.adapters.australia_post import adapter
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status
from tests.carriers.answers import answer, only, refusal
from tests.carriers.door import Door

auspost = adapter()
NUMBER = "33DOR1000004"


def article(status: str | None = None, *texts: str, number: str = NUMBER) -> dict[str, Any]:
    """An article with events, newest first."""
    events = [
        {"location": "KEW VIC", "description": text, "date": f"2026-03-{20 - n:02}T10:00:00+11:00"}
        for n, text in enumerate(texts)
    ]
    return {"article_id": number, "status": status, "events": events}


def told(*articles: dict[str, Any], tracking_id: str = NUMBER, **more: Any) -> dict[str, Any]:
    return {"tracking_results": [{"tracking_id": tracking_id, "trackable_items": list(articles), **more}]}


def test_ten_numbers_go_into_one_call() -> None:
    numbers = [f"33DOR1{n:06}" for n in range(11)]
    door = Door(*[{"tracking_results": [{"tracking_id": numbers[0]}]}] * 2)
    auspost.track(door, door.account(api_key="k", password="p", account_number="0001"), numbers)
    first, second = door.calls
    assert first.url == "https://carrier.invalid/shipping/v1/track"
    assert first.params == {"tracking_ids": ",".join(numbers[:10])}
    assert (first.basic, first.headers["Account-Number"]) == (("k", "p"), "0001")
    assert second.params == {"tracking_ids": numbers[10]}
    assert auspost.info.calls_per_second <= 10 / 60


@pytest.mark.parametrize(
    ("status", "newest", "wanted"),
    [
        ("Created", "", (Status.INFO_RECEIVED, "InfoReceived_001")),
        ("In transit", "", (Status.IN_TRANSIT, None)),
        ("On Board for Delivery", "Onboard for delivery", (Status.OUT_FOR_DELIVERY, "OutForDelivery_001")),
        ("Awaiting collection", "", (Status.AVAILABLE_FOR_PICKUP, "AvailableForPickup_001")),
        ("Unsuccessful Delivery", "", (Status.ATTEMPT_FAIL, "AttemptFail_001")),
        ("Unsuccessful Delivery", "Attempted delivery - nobody home", (Status.ATTEMPT_FAIL, "AttemptFail_002")),
        ("Delivered", "Delivered", (Status.DELIVERED, "Delivered_001")),
        ("Delivered", "Collected by customer", (Status.DELIVERED, "Delivered_002")),
        ("Delivered in Full", "", (Status.DELIVERED, "Delivered_001")),
        ("Delivered", "Returned to sender", (Status.EXCEPTION, "Exception_011")),
        ("Cannot be delivered", "Refused by receiver", (Status.EXCEPTION, "Exception_003")),
        ("Cannot be delivered", "", (Status.EXCEPTION, "Exception_001")),
        ("Article damaged", "", (Status.EXCEPTION, "Exception_012")),
        ("Cancelled", "", (Status.EXCEPTION, "Exception_020")),
        ("Held by courier", "", (Status.EXCEPTION, "Exception_001")),
        ("Unknown", "Onboard for delivery", (Status.OUT_FOR_DELIVERY, "OutForDelivery_001")),
        ("Track items for detailed delivery information", "Delivered", (Status.DELIVERED, "Delivered_001")),
        ("Unknown", "", (Status.PENDING, None)),
    ],
)
def test_the_status_text_counts_and_the_newest_event_makes_it_exact(status: str, newest: str, wanted: Any) -> None:
    result = only(auspost, told(article(status, *([newest] if newest else []))))
    assert (result.status, result.substatus) == wanted


def test_the_status_of_the_answer_counts_where_its_only_article_has_none() -> None:
    assert only(auspost, told(article(None), status="Delivered")).status is Status.DELIVERED


def test_a_consignment_beside_its_article_is_no_parcel_of_its_own() -> None:
    sum_of_all = {"status": "Delivered in Full", "events": [{"location": "MEL", "description": "Item Delivered"}]}
    body = told(article(None, "Delivered", "Onboard for delivery"), consignment=sum_of_all)
    result = only(auspost, body)
    assert (result.tracking_number, result.status, len(result.checkpoints)) == (NUMBER, Status.DELIVERED, 2)
    assert only(auspost, told(article(None), consignment=sum_of_all)).status is Status.DELIVERED
    assert len(only(auspost, told(consignment=sum_of_all)).checkpoints) == 1


def test_what_was_asked_for_stands_before_what_else_the_answer_tells() -> None:
    body = told(article("Delivered", number="A1"), tracking_id="A1")
    body["tracking_results"] += told(article("In transit"))["tracking_results"]
    assert [one.tracking_number for one in auspost.parse(answer(body), [NUMBER])] == [NUMBER, "A1"]
    assert [one.tracking_number for one in auspost.parse(answer(body))] == ["A1", NUMBER]


def test_an_event_that_nobody_understands_stays_unknown() -> None:
    assert only(auspost, told(article("In transit", "Qwertz"))).checkpoints[0].status is None


def test_of_a_consignment_asked_for_the_article_furthest_behind_counts() -> None:
    delivered, coming = article("Delivered", "Delivered", number="A1"), article("In transit", number="A2")
    body = told({"consignment_id": NUMBER, "items": [delivered, coming]})
    assert [one.tracking_number for one in auspost.parse(answer(body))] == ["A1", "A2"]
    (result,) = auspost.parse(answer(body), [NUMBER])
    assert (result.tracking_number, result.status, result.delivered_at) == (NUMBER, Status.IN_TRANSIT, None)


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("OAKLEIGH SOUTH VIC", ("OAKLEIGH SOUTH", "VIC", None, None)),
        ("KEW VIC 3101", ("KEW", "VIC", "3101", None)),
        ("CHICAGO (US)", ("CHICAGO", None, None, "US")),
        ("US-60199, UNITED STATES", ("US-60199", None, None, "US")),
        ("NZ", (None, None, None, "NZ")),
        ("Transit Scan", (None, None, None, None)),
        ("SOMEWHERE", ("SOMEWHERE", None, None, None)),
        ("", (None, None, None, None)),
    ],
)
def test_a_place_is_taken_apart_as_far_as_it_says(location: str, place: Any) -> None:
    body = told({"article_id": NUMBER, "events": {"location": location, "description": "x", "date": "2026-03-01"}})
    scan = only(auspost, body).checkpoints[0]
    assert (scan.city, scan.state, scan.postal_code, scan.country) == place


def test_numbers_left_out_are_named() -> None:
    found = auspost.parse(answer(told(article("Delivered"))), [NUMBER, "33DOR1000005"])
    assert found[1].tracking_number == "33DOR1000005"
    assert found[1].error is not None
    assert found[1].error.kind is ErrorKind.MALFORMED


def test_an_id_without_items_is_not_known_yet() -> None:
    result = only(auspost, told(), NUMBER)
    assert (result.status, result.error and result.error.kind) == (Status.PENDING, ErrorKind.NOT_FOUND)


@pytest.mark.parametrize(
    ("said", "status", "kind"),
    [
        ({"errors": [{"code": "API_001", "message": "No."}]}, 403, ErrorKind.AUTH),
        ({"error_code": "API_002", "error_message": "Too many requests"}, 200, ErrorKind.RATE_LIMITED),
        ([{"error_code": "API_002", "error_message": "Too many requests"}], 429, ErrorKind.RATE_LIMITED),
        ({"errors": [{"code": "51101", "name": "TOO_MANY"}]}, 400, ErrorKind.BAD_REQUEST),
        ({"errors": [{"code": "99", "name": "?"}]}, 500, ErrorKind.SERVER_ERROR),
        ({"tracking_results": []}, 200, ErrorKind.MALFORMED),
        ("<html>", 200, ErrorKind.MALFORMED),
    ],
)
def test_what_concerns_the_whole_call_is_raised(said: Any, status: int, kind: ErrorKind) -> None:
    assert refusal(auspost, answer(said, status), NUMBER, "33DOR1000005").kind is kind


def test_no_pushes() -> None:
    with pytest.raises(CarrierError) as caught:
        auspost.parse_push(answer({}))
    assert caught.value.kind is ErrorKind.NOT_SUPPORTED
