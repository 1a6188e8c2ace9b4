"""17TRACK: registering before asking, two carriers in one story, its codes, its signature that is no HMAC."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from carriers.adapters.seventeen_track import adapter
from carriers.base import PushTarget
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import answer, only, refusal
from tests.carriers.door import Door
from tests.carriers.tampering import SECRET, assert_only_the_true_one_passes, signed

track17 = adapter()
ACCOUNT = Door.account(api_key="key")
TARGET = PushTarget("https://shop.example/push/x", "hush")


def scan(sub: Any, words: Any = "words", **more: Any) -> dict[str, Any]:
    return {"time_iso": "2024-06-01T10:00:00+08:00", "sub_status": sub, "description": words, **more}


def info(status: Any, sub: Any, *providers: Any, **more: Any) -> dict[str, Any]:
    told = [{"provider": {"key": n}, "events": events} for n, events in enumerate(providers)]
    newest = told[0]["events"][0] if told and told[0]["events"] else None
    latest = {"status": status, "sub_status": sub}
    return {"latest_status": latest, "latest_event": newest, "tracking": {"providers": told}, **more}


def accepted(*entries: Any) -> dict[str, Any]:
    return {"code": 0, "data": {"accepted": list(entries), "rejected": []}}


def rejected(*codes: int, number: str = "N1") -> dict[str, Any]:
    entries = [{"number": number, "error": {"code": code, "message": "words"}} for code in codes]
    return {"code": 0, "data": {"accepted": [], "rejected": entries}}


def of(track_info: Any, number: str = "N1") -> dict[str, Any]:
    return {"number": number, "carrier": 3011, "track_info": track_info}


def read(status: Any, sub: Any, words: Any = "words") -> TrackingResult:
    return only(track17, accepted(of(info(status, sub, [scan(sub, words)]))))


@pytest.mark.parametrize(
    ("status", "sub", "words", "expected"),
    [
        ("InfoReceived", "InfoReceived", "words", "InfoReceived_001"),
        ("InTransit", "InTransit_Other", "words", None),
        ("InTransit", "InTransit_Arrival", "words", "InTransit_004"),
        ("InTransit", "InTransit_CustomsProcessing", "words", "InTransit_006"),
        ("InTransit", "InTransit_CustomsRequiringInformation", "words", "Exception_018"),
        ("OutForDelivery", "OutForDelivery_Other", "words", "OutForDelivery_001"),
        ("AvailableForPickup", "AvailableForPickup_Other", "words", "AvailableForPickup_001"),
        ("DeliveryFailure", "DeliveryFailure_NoBody", "words", "AttemptFail_002"),
        ("DeliveryFailure", "DeliveryFailure_Other", "The business was closed", "AttemptFail_003"),
        ("DeliveryFailure", "DeliveryFailure_InvalidAddress", "words", "AttemptFail_001"),
        ("Delivered", "Delivered_Other", "words", "Delivered_001"),
        ("Delivered", "Delivered_Other", "Delivered to the sender", "Exception_011"),
        ("Delivered", "Delivered_Other", "Delivered to the pick-up point", "AvailableForPickup_001"),
        ("Delivered", "A word of tomorrow", "words", "Delivered_001"),
        ("Exception", "Exception_Other", "Damaged", "Exception_012"),
        ("Exception", "Exception_Returning", "words", "Exception_010"),
        ("Exception", "Exception_Returned", "words", "Exception_011"),
        ("Exception", "Exception_Rejected", "words", "Exception_003"),
        ("Exception", "Exception_Delayed", "words", "Exception_005"),
        ("Exception", "Exception_Lost", "words", "Exception_013"),
        ("Exception", "Exception_Destroyed", "words", "Exception_021"),
        ("Exception", "Exception_Cancel", "words", "Exception_020"),
        ("Expired", "Expired_Other", "words", "Expired_001"),
    ],
)
def test_the_sub_status_comes_before_the_status(status: str, sub: str, words: str, expected: str | None) -> None:
    assert read(status, sub, words).substatus == expected


def test_an_unknown_word_stays_unknown() -> None:
    result = read("Teleported", "Teleported_Other")
    assert (result.status, result.checkpoints[0].status) == (Status.PENDING, None)
    assert result.checkpoints[0].raw_code == "Teleported_Other"


def test_the_stage_stands_in_for_a_sub_status_and_the_text_for_both() -> None:
    events = [scan(None, "Picked up", stage="PickedUp"), scan(None, "Out for delivery")]
    scans = only(track17, accepted(of(info("InTransit", "InTransit_Other", events)))).checkpoints
    assert {(one.raw_code, one.substatus) for one in scans} == {
        ("PickedUp", "InTransit_002"),
        (None, "OutForDelivery_001"),
    }


def test_two_carriers_make_one_story_in_order_of_time_and_tell_nothing_twice() -> None:
    origin = [scan("InTransit_Departure", time_iso="2024-06-03T08:00:00+08:00"), scan("InTransit_PickedUp")]
    last_mile = [
        scan("Delivered_Other", time_iso="2024-06-09T08:00:00-07:00"),
        scan("InTransit_Departure", time_iso="2024-06-03T00:00:00Z"),
    ]
    for providers in ([origin, last_mile], [last_mile, origin], [last_mile[::-1], origin[::-1]]):
        result = only(track17, accepted(of(info("Delivered", "Delivered_Other", *providers))))
        assert [one.raw_code for one in result.checkpoints] == [
            "InTransit_PickedUp",
            "InTransit_Departure",
            "Delivered_Other",
        ]


def test_scans_of_one_moment_keep_their_order_whichever_way_the_list_runs() -> None:
    same = {"time_iso": "2024-06-01T10:00:00Z", "time_utc": "2024-06-01T10:00:00Z"}
    later = scan("Delivered_Other", time_iso="2024-06-02T10:00:00Z", time_utc="2024-06-02T10:00:00Z")
    a, b = scan("InTransit_PickedUp", "a", **same), scan("InTransit_Departure", "b", **same)
    for events in ([later, b, a], [a, b, later]):
        scans = only(track17, accepted(of(info("Delivered", "Delivered_Other", events)))).checkpoints
        assert [one.raw_text for one in scans] == ["a", "b", "words"]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"time_iso": "2024-06-01T10:00:00+08:00", "time_utc": "2024-06-01T02:00:00Z"}, "2024-06-01T10:00:00+08:00"),
        ({"time_iso": None, "time_utc": "2024-06-01T02:00:00Z"}, "2024-06-01T02:00:00+00:00"),
        (
            {"time_iso": None, "time_raw": {"date": "2024-06-01", "time": "10:00:00", "timezone": None}},
            "2024-06-01T10:00:00",
        ),
        (
            {"time_iso": None, "time_raw": {"date": "2024-06-01", "time": "10:00:00", "timezone": "+08:00"}},
            "2024-06-01T10:00:00+08:00",
        ),
        (
            {
                "time_iso": None,
                "time_utc": "2024-06-01T02:00:00Z",
                "time_raw": {"date": "2024-06-01", "time": "10:00:00"},
            },
            "2024-06-01T10:00:00+08:00",
        ),
        ({"time_iso": None}, None),
    ],
)
def test_times_have_the_places_own_clock(times: dict[str, Any], expected: str | None) -> None:
    (one,) = only(
        track17, accepted(of(info("InTransit", "InTransit_Other", [scan("InTransit_Other", **times)])))
    ).checkpoints
    assert (one.time.isoformat() if one.time else None) == expected


def test_a_window_of_days_has_its_first_as_its_date() -> None:
    frame = {"source": "Official", "from": "2024-06-08T00:00:00-07:00", "to": "2024-06-09T23:59:59-07:00"}
    one = info("InTransit", "InTransit_Other", time_metrics={"estimated_delivery_date": frame})
    estimate = only(track17, accepted(of(one))).estimated_delivery
    assert estimate is not None
    assert (str(estimate.date), str(estimate.latest)[:10]) == ("2024-06-08", "2024-06-09")


@pytest.mark.parametrize(
    "entry", [of(info("NotFound", "NotFound_Other")), of(None), {"number": "N1", "carrier": 3011, "origin": 1}]
)
def test_a_number_without_data_is_pending_and_asked_about_again(entry: Any) -> None:
    result = only(track17, accepted(entry))
    assert result.error is not None
    assert (result.status, result.error.kind, result.tracking_number) == (Status.PENDING, ErrorKind.NOT_FOUND, "N1")


def test_a_list_of_numbers_has_their_status_alone() -> None:
    result = only(track17, accepted({"number": "N1", "package_status": "Delivered", "track_status": "Stopped"}))
    assert (result.status, result.checkpoints, result.error) == (Status.DELIVERED, (), None)


def test_an_answer_of_the_first_version_is_not_taken_for_no_data() -> None:
    error = only(track17, accepted({"number": "N1", "carrier": 1, "track": {"e": 40, "z1": []}})).error
    assert error is not None
    assert error.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-18019909, ErrorKind.NOT_FOUND),
        (-18019902, ErrorKind.NOT_FOUND),
        (-18010012, ErrorKind.INVALID_NUMBER),
        (-18019903, ErrorKind.BAD_REQUEST),
        (-18019910, ErrorKind.BAD_REQUEST),
        (-18019907, ErrorKind.RATE_LIMITED),
        (-18019908, ErrorKind.RATE_LIMITED),
        (-18019815, ErrorKind.SERVER_ERROR),
    ],
)
def test_a_rejected_number_says_why(code: int, kind: ErrorKind) -> None:
    error = only(track17, rejected(code)).error
    assert error is not None
    assert (error.kind, error.carrier_code, error.message) == (kind, str(code), "words")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, -18010002, ErrorKind.AUTH),
        (200, -18010002, ErrorKind.AUTH),
        (401, -18010001, ErrorKind.AUTH),
        (200, -18010003, ErrorKind.SERVER_ERROR),
        (200, -18010012, ErrorKind.BAD_REQUEST),
        (200, -18010014, ErrorKind.BAD_REQUEST),
        (200, -18019908, ErrorKind.RATE_LIMITED),
        (429, 429, ErrorKind.RATE_LIMITED),
        (200, 429, ErrorKind.RATE_LIMITED),
        (503, 503, ErrorKind.SERVER_ERROR),
    ],
)
def test_errors_of_the_whole_call(status: int, code: int, kind: ErrorKind) -> None:
    body = {"code": code, "data": {"errors": [{"code": code, "message": "words"}]}}
    error = refusal(track17, answer(body, status), "N1")
    assert (error.kind, error.carrier_code, error.message) == (kind, str(code), "words")


def test_a_success_that_holds_errors_is_none() -> None:
    body = {"code": 0, "data": {"errors": [{"code": -18010010, "message": "number is required"}]}}
    assert refusal(track17, answer(body), "N1").kind is ErrorKind.BAD_REQUEST
    assert refusal(track17, answer({"data": {}}), "N1").kind is ErrorKind.MALFORMED
    assert refusal(track17, answer({"code": 0, "data": {}}), "N1").kind is ErrorKind.MALFORMED


def test_of_a_batch_every_number_has_a_result() -> None:
    results = track17.parse(answer(accepted(of(info("InTransit", "InTransit_Other")))), ["n1", "N2"])
    assert [(one.tracking_number, one.error.kind if one.error else None) for one in results] == [
        ("n1", None),
        ("N2", ErrorKind.MALFORMED),
    ]
    assert track17.parse(answer(accepted()), ["N1"])[0].error is not None


def test_numbers_are_registered_when_they_are_not_yet() -> None:
    both = rejected(-18019902)
    both["data"]["accepted"] = [of(info("InTransit", "InTransit_Other"), "N2")]
    door = Door(both, accepted({"number": "N1", "carrier": 3011, "origin": 1}))
    answers = track17.track_for(door, ACCOUNT, "ups", ["N1", "N2"])
    results = {one.tracking_number: one for _, found in answers for one in found}
    assert [(call.method, call.url.rpartition("/")[2]) for call in door.calls] == [
        ("POST", "gettrackinfo"),
        ("POST", "register"),
    ]
    assert [call.json for call in door.calls] == [
        [{"number": "N1", "carrier": 100002}, {"number": "N2", "carrier": 100002}],
        [{"number": "N1", "carrier": 100002}],
    ]
    assert door.calls[0].headers == {"17token": "key"}
    error = results["N1"].error
    assert error is not None
    assert (error.kind, results["N2"].status) == (ErrorKind.NOT_FOUND, Status.IN_TRANSIT)


@pytest.mark.parametrize(("code", "kind"), [(-18019901, ErrorKind.NOT_FOUND), (-18019903, ErrorKind.BAD_REQUEST)])
def test_a_number_that_is_registered_already_only_waits(code: int, kind: ErrorKind) -> None:
    answers = track17.track(Door(rejected(-18019902), rejected(code)), ACCOUNT, ["N1"])
    error = answers[-1][1][0].error
    assert error is not None
    assert error.kind is kind


def test_what_was_found_is_kept_when_registering_the_rest_fails() -> None:
    both = rejected(-18019902)
    both["data"]["accepted"] = [of(info("InTransit", "InTransit_Other"), "N2")]
    broken = {"code": -18019908, "data": {"errors": [{"code": -18019908, "message": "quota"}]}}
    results = [one for _, found in track17.track(Door(both, broken), ACCOUNT, ["N1", "N2"]) for one in found]
    assert [one.error.kind if one.error else None for one in results] == [None, ErrorKind.RATE_LIMITED]


def test_a_push_has_one_number_or_several_or_only_the_end_of_tracking() -> None:
    one = of(info("Delivered", "Delivered_Other"))
    assert len(track17.parse_push(answer({"event": "TRACKING_UPDATED", "data": one}))) == 1
    assert (
        len(track17.parse_push(answer({"event": "TRACKING_UPDATED", "data": [one, of(info("InTransit", None), "N2")]})))
        == 2
    )
    assert track17.parse_push(answer({"event": "TRACKING_STOPPED", "data": {"number": "N1", "carrier": 1}})) == []
    with pytest.raises(CarrierError, match="without a number"):
        track17.parse_push(answer({"event": "TRACKING_UPDATED", "data": {}}))
    assert track17.push_id(answer({})) is None


def test_a_push_whose_status_stands_beside_the_tracking_is_read() -> None:
    whole = of(info("Delivered", "Delivered_Other"))
    beside = {"number": whole["number"], "track_info": {"shipping_info": {}}, **whole["track_info"]}
    (result,) = track17.parse_push(answer({"event": "TRACKING_UPDATED", "data": beside}))
    assert result.status is Status.DELIVERED


def test_a_push_taken_for_an_answer_is_read_all_the_same() -> None:
    body = {"event": "TRACKING_UPDATED", "data": of(info("Delivered", "Delivered_Other"))}
    assert only(track17, body).status is Status.DELIVERED


def test_only_a_push_signed_with_our_key_is_believed() -> None:
    body = b'{"event":"TRACKING_UPDATED","data":{}}'
    mark = hashlib.sha256(body + b"/" + SECRET.encode()).hexdigest()
    assert_only_the_true_one_passes(track17, signed(body, "sign", mark), "sign")


def test_subscribing_is_registering() -> None:
    door = Door(rejected(-18019901, number="N1") | {})
    assert track17.subscribe(door, ACCOUNT, ["N1"], TARGET).refused == ()
    assert track17.subscribe(Door(rejected(-18019903)), ACCOUNT, ["N1"], TARGET).refused == ("N1",)
