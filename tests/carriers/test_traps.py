"""What the big three do against their own documents, trap by trap, where no test of theirs says it already.

The others stand in test_ups.py, test_fedex.py and test_usps.py; gateway pages, cut off and empty answers in
test_robustness.py, for every carrier.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carriers import wire
from carriers.adapters import fedex, ups, usps
from carriers.base import RawAnswer, Token
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status
from carriers.registry import all_adapters
from tests.carriers.answers import answer, only, refusal
from tests.carriers.door import Door

UPS, FEDEX, USPS = "1Z5R89390357567127", "986578788855", "9400109104250532908587"
SAMPLES = sorted((Path(__file__).parent / "samples").glob("*/*.json"))


def accented(tree: Any) -> Any:
    """The same tree with an umlaut and an accent in every text of more than one word."""
    if isinstance(tree, dict):
        return {key: accented(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [accented(value) for value in tree]
    return f"{tree} à Köln" if isinstance(tree, str) and " " in tree.strip() and "<" not in tree else tree


def said(code: str, raw: RawAnswer) -> dict[str, Any]:
    try:
        return wire.answer_object(code, all_adapters()[code].parse(raw))
    except CarrierError as error:
        return wire.answer_object(code, error=error)


def in_windows_1252() -> Iterator[Any]:
    """The samples in JSON whose letters that encoding has: Cyrillic is not among them."""
    for path in SAMPLES:
        sample = json.loads(path.read_text("utf-8"))
        words = json.dumps(accented(sample["body"]), ensure_ascii=False)
        if not isinstance(sample["body"], str) and not any("\u0370" < letter < "\u2000" for letter in words):
            yield pytest.param(
                path.parent.name, words, sample.get("http_status", 200), id=f"{path.parent.name}-{path.stem}"
            )


@pytest.mark.parametrize(("code", "words", "status"), list(in_windows_1252()))
def test_windows_1252_that_poses_as_utf_8_is_read_as_it_was_meant(code: str, words: str, status: int) -> None:
    meant = said(code, RawAnswer(status, "application/json", words.encode("utf-8")))
    assert said(code, RawAnswer(status, "application/json", words.encode("cp1252"))) == meant


# --- UPS ---------------------------------------------------------------------------------------------------------


def ups_tree(*activities: dict[str, Any], **package: Any) -> dict[str, Any]:
    told = {"trackingNumber": UPS, "activity": list(activities), **package}
    return {"trackResponse": {"shipment": [{"inquiryNumber": UPS, "package": [told]}]}}


def ups_activity(day: str, kind: str, code: str, number: str) -> dict[str, Any]:
    status = {"type": kind, "code": code, "statusCode": number, "description": "words"}
    return {"date": day, "time": "120000", "gmtOffset": "-05:00", "status": status}


def test_ups_sends_activities_without_a_place_and_without_a_code() -> None:
    bare = {"date": "20240202", "time": "091500", "status": {"type": "X", "statusCode": "052", "description": "Storm"}}
    (scan,) = only(ups.adapter(), ups_tree(bare), UPS).checkpoints
    assert (scan.status, scan.substatus, scan.raw_code) == (Status.EXCEPTION, "Exception_017", "052")
    assert (scan.city, scan.country, scan.offset_known) == (None, None, False)


def test_ups_sends_empty_texts_for_what_has_no_value() -> None:
    place = {"city": "", "stateProvince": " ", "countryCode": "", "country": "", "postalCode": ""}
    empty = ups_activity("20240202", "I", "", "021") | {"location": {"address": place}, "gmtDate": "", "gmtTime": ""}
    body = ups_tree(
        empty,
        currentStatus={"code": "", "description": "", "statusCode": ""},
        deliveryDate=[{"type": "", "date": ""}],
        deliveryTime={"type": "EDW", "startTime": "", "endTime": ""},
        deliveryInformation={"receivedBy": ""},
    )
    result = only(ups.adapter(), body, UPS)
    assert (result.status, result.signed_by, result.estimated_delivery) == (Status.OUT_FOR_DELIVERY, None, None)
    assert (result.checkpoints[0].city, result.checkpoints[0].raw_code) == (None, "021")


def test_ups_gives_a_window_without_its_second_end() -> None:
    body = ups_tree(
        currentStatus={"code": "005"},
        deliveryDate=[{"type": "SDD", "date": "20240203"}],
        deliveryTime={"type": "EOD", "startTime": "", "endTime": "190000"},
    )
    estimate = only(ups.adapter(), body, UPS).estimated_delivery
    assert estimate is not None
    assert (str(estimate.date), estimate.earliest, estimate.latest) == ("2024-02-03", None, None)


def test_of_two_ups_packages_with_one_number_the_newest_counts() -> None:
    body = ups_tree(ups_activity("20200105", "D", "FS", "011"))
    again = ups_tree(ups_activity("20240105", "I", "OR", "038"))["trackResponse"]["shipment"][0]["package"][0]
    for place in (0, 1):
        packages = [*body["trackResponse"]["shipment"][0]["package"]]
        packages.insert(place, again)
        both = {"trackResponse": {"shipment": [{"inquiryNumber": UPS, "package": packages}]}}
        assert only(ups.adapter(), both, UPS).status is Status.IN_TRANSIT


def test_ups_writes_its_token_s_lifetime_as_a_text_and_replaces_an_expired_one() -> None:
    expired = (400, {"response": {"errors": [{"code": "251004", "message": "Token expired"}]}})
    first, second = ({"access_token": name, "expires_in": "14399"} for name in "ab")
    door = Door(first, expired, second, ups_tree(currentStatus={"code": "011"}))
    account = door.account(client_id="id", client_secret="hidden")
    ((_, (result,)),) = ups.adapter().track(door, account, [UPS])
    assert (result.status, door.tokens[-1]) == (Status.DELIVERED, Token("b", 14399.0))


# --- FedEx -------------------------------------------------------------------------------------------------------


def fedex_tree(**track: Any) -> dict[str, Any]:
    one = {"trackingNumberInfo": {"trackingNumber": FEDEX}, **track}
    return {"output": {"completeTrackResults": [{"trackingNumber": FEDEX, "trackResults": [one]}]}}


def test_fedex_running_late_derives_to_another_code() -> None:
    latest = {
        "code": "FD",
        "derivedCode": "RL",
        "statusByLocale": "Running late",
        "description": "At FedEx destination",
    }
    assert only(fedex.adapter(), fedex_tree(latestStatusDetail=latest), FEDEX).status is Status.IN_TRANSIT


def test_a_fedex_label_may_have_a_pickup_date_before_anything_was_picked_up() -> None:
    dates = [{"type": "ACTUAL_PICKUP", "dateTime": "2024-05-01T00:00:00-06:00"}]
    body = fedex_tree(latestStatusDetail={"code": "OC", "derivedCode": "IN"}, dateAndTimes=dates)
    assert only(fedex.adapter(), body, FEDEX).status is Status.INFO_RECEIVED


def test_fedex_sends_objects_for_lists_and_empty_texts() -> None:
    scan = {"date": "2024-05-01T10:00:00-05:00", "eventType": "OD", "eventDescription": "", "exceptionCode": ""}
    track = {
        "trackingNumberInfo": {"trackingNumber": FEDEX},
        "latestStatusDetail": {"code": "", "ancillaryDetails": {}},
        "scanEvents": scan | {"scanLocation": {"city": "", "countryCode": ""}},
        "dateAndTimes": {"type": "ESTIMATED_DELIVERY", "dateTime": ""},
        "deliveryDetails": {"receivedByName": "", "signedByName": ""},
        "estimatedDeliveryTimeWindow": {"window": {"begins": "", "ends": ""}},
    }
    body = {"output": {"completeTrackResults": {"trackingNumber": FEDEX, "trackResults": track}}}
    result = only(fedex.adapter(), body, FEDEX)
    assert (result.status, result.signed_by, result.estimated_delivery) == (Status.OUT_FOR_DELIVERY, None, None)
    assert (result.checkpoints[0].raw_text, result.checkpoints[0].city) == (None, None)


def test_fedex_calls_an_unreadable_token_a_bad_request() -> None:
    unread = (400, {"errors": [{"code": "BAD.REQUEST.ERROR", "message": "Invalid JWT token"}]})
    good = fedex_tree(latestStatusDetail={"code": "DL"})
    door = Door({"access_token": "a", "expires_in": 3599}, unread, {"access_token": "b", "expires_in": 3599}, good)
    account = door.account(client_id="id", client_secret="hidden")
    ((_, (result,)),) = fedex.adapter().track(door, account, [FEDEX])
    assert (result.status, len(door.tokens)) == (Status.DELIVERED, 2)


# --- USPS --------------------------------------------------------------------------------------------------------


def test_usps_sends_texts_for_booleans_entities_for_letters_and_null_for_home() -> None:
    body = {
        "trackingNumber": USPS,
        "statusCategory": "In Transit",
        "onTime": "true",
        "mailClass": "Priority Mail&lt;SUP&gt;&amp;reg;&lt;/SUP&gt;",
        "services": "USPS Tracking<SUP>&#174;</SUP>",
        "trackingEvents": [
            {"eventCode": "10", "eventType": "Arrived", "eventTimestamp": "2024-11-22T13:58:00", "eventCountry": None}
        ],
    }
    result = only(usps.adapter(), body, USPS)
    assert (result.status, result.checkpoints[0].country) == (Status.IN_TRANSIT, None)


def test_usps_sends_empty_texts_and_one_event_as_an_object() -> None:
    event = {"eventCode": "OF", "eventType": "Out for Delivery", "eventTimestamp": "", "GMTOffset": "", "eventCity": ""}
    body = {"trackingNumber": USPS, "statusCategory": "", "status": "", "trackingEvents": event, "recipientName": ""}
    result = only(usps.adapter(), body, USPS)
    assert (result.status, result.signed_by) == (Status.OUT_FOR_DELIVERY, None)
    assert (result.checkpoints[0].time, result.checkpoints[0].city) == (None, None)


def test_usps_says_404_and_retry_after_as_others_do() -> None:
    words = {"error": {"code": "404", "message": "Tracking number not found"}}
    unknown = only(usps.adapter(), words, USPS, 404).error
    assert unknown is not None
    assert unknown.kind is ErrorKind.NOT_FOUND
    busy = refusal(
        usps.adapter(),
        answer(
            "<html>busy</html>", 503, Retry_After="Tue, 10 Mar 2026 15:02:00 GMT", Date="Tue, 10 Mar 2026 15:00:00 GMT"
        ),
        USPS,
    )
    assert (busy.kind, busy.retry_after) == (ErrorKind.SERVER_ERROR, 120.0)
