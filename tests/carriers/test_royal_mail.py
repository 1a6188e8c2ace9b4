"""Royal Mail: events, summaries and signatures, and every error of its list."""

from __future__ import annotations

from typing import Any

import pytest

from carriers.adapters.royal_mail import adapter
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status
from tests.carriers.answers import answer, only, refusal
from tests.carriers.door import Door

royal_mail = adapter()


def piece(**parts: Any) -> dict[str, Any]:
    return {"mailPieces": {"mailPieceId": "AB473124829GB", **parts}}


def event(code: str | None, words: str = "", at: str = "2026-03-10T12:10:00+00:00") -> dict[str, Any]:
    return {"eventCode": code, "eventName": words, "eventDateTime": at, "locationName": "Lerwick DO"}


def test_a_number_is_asked_for_its_whole_history() -> None:
    door = Door(piece(events=[event("EVKNA")]))
    account = door.account(client_id="id", client_secret="hidden")
    ((_, (result,)),) = royal_mail.track(door, account, ["AB 473/124829GB"])
    (call,) = door.calls
    assert (call.method, call.url) == ("GET", "https://carrier.invalid/mailpieces/v2/AB%20473%2F124829GB/events")
    assert call.headers == {
        "X-IBM-Client-Id": "id",
        "X-IBM-Client-Secret": "hidden",
        "X-Accept-RMG-Terms": "yes",
        "Accept": "application/json",
    }
    assert result.tracking_number == "AB 473/124829GB"


@pytest.mark.parametrize(
    ("code", "words", "status", "substatus"),
    [
        ("EVKSP", "Delivered and Signed", Status.DELIVERED, "Delivered_001"),
        ("EVKSP", "Delivered to neighbour", Status.DELIVERED, "Delivered_005"),
        ("EVPLC", "Collected from the collection point", Status.DELIVERED, "Delivered_002"),
        ("EVKLC", "Delivered to collection point", Status.AVAILABLE_FOR_PICKUP, "AvailableForPickup_001"),
        ("EVKRF", "Refused by the addressee", Status.EXCEPTION, "Exception_003"),
        ("EVKGA", "Addressee gone away", Status.EXCEPTION, "Exception_002"),
        ("EVKGA", "Addressee gone away - returning to sender", Status.EXCEPTION, "Exception_010"),
        ("EVRTS", "Returned to sender", Status.EXCEPTION, "Exception_011"),
        ("EVRTS", "Item to be returned to sender", Status.EXCEPTION, "Exception_010"),
        ("EVNAA", "Delivery attempted: business closed", Status.ATTEMPT_FAIL, "AttemptFail_003"),
        ("evgpd", "Due to be delivered today", Status.OUT_FOR_DELIVERY, "OutForDelivery_001"),
    ],
)
def test_an_event_means_what_its_code_says_within_its_words(
    code: str, words: str, status: Status, substatus: str
) -> None:
    result = only(royal_mail, piece(events=[event(code, words)]))
    assert (result.status, result.substatus) == (status, substatus)
    assert result.checkpoints[0].raw_code == code


def test_an_event_of_no_table_stays_unknown_and_the_category_says_where_the_item_is() -> None:
    summary = {"lastEventCode": "EVXXX", "lastEventName": "Qwertz", "statusCategory": "IN TRANSIT"}
    result = only(royal_mail, piece(summary=summary, events=[event("EVXXX", "Qwertz"), event("EVGPD")]))
    assert result.status is Status.IN_TRANSIT
    assert [scan.status for scan in result.checkpoints] == [Status.OUT_FOR_DELIVERY, None]


def test_the_category_only_confirms_what_a_scan_says_better() -> None:
    result = only(royal_mail, piece(summary={"statusCategory": "DELIVERED"}, events=[event("EVPLC", "Collected")]))
    assert (result.status, result.substatus) == (Status.DELIVERED, "Delivered_002")


def test_a_delivery_after_the_item_turned_back_is_its_return() -> None:
    back = event("EVKGA", "Gone away, returning to sender", "2026-03-10T12:10:00+00:00")
    home = event("EVKOP", "Delivered", "2026-03-12T12:10:00+00:00")
    summary = {"lastEventCode": "EVKOP", "lastEventName": "Delivered", "statusCategory": "DELIVERED"}
    result = only(royal_mail, piece(summary=summary, events=[home, back]))
    assert (result.status, result.substatus, result.delivered_at) == (Status.EXCEPTION, "Exception_011", None)


def test_an_error_beside_data_does_not_hide_the_data() -> None:
    summary = {"lastEventCode": "EVGPD", "lastEventName": "Due to be delivered today", "statusCategory": "IN TRANSIT"}
    result = only(royal_mail, piece(summary=summary, error={"errorCode": "E1308", "errorDescription": "No update"}))
    assert (result.status, len(result.checkpoints)) == (Status.OUT_FOR_DELIVERY, 1)
    assert result.error is not None
    assert result.error.kind is ErrorKind.NOT_FOUND


def test_one_event_may_come_as_an_object() -> None:
    assert len(only(royal_mail, piece(events=event("EVGPD"))).checkpoints) == 1


def test_a_piece_without_its_own_id_goes_by_the_one_on_its_label() -> None:
    body = {"mailPieces": {"summary": {"oneDBarcode": "AB473124829GB", "lastEventCode": "EVGPD"}}}
    assert only(royal_mail, body).tracking_number == "AB473124829GB"


def test_a_summary_of_several_is_told_apart_by_either_name() -> None:
    body = {
        "mailPieces": [
            {"mailPieceId": "0B0481", "summary": {"oneDBarcode": "AB473124829GB", "lastEventCode": "EVGPD"}},
            {"mailPieceId": "CD125468937GB", "summary": {"lastEventCode": "EVKOP"}},
        ]
    }
    found = royal_mail.parse(answer(body), ["CD125468937GB", "AB473124829GB", "EF987654325GB"])
    assert [(one.tracking_number, one.status) for one in found] == [
        ("AB473124829GB", Status.OUT_FOR_DELIVERY),
        ("CD125468937GB", Status.DELIVERED),
        ("EF987654325GB", Status.PENDING),
    ]
    assert found[2].error is not None
    assert found[2].error.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("E0001", 503, ErrorKind.SERVER_ERROR),
        ("E0009", 500, ErrorKind.SERVER_ERROR),
        ("E0010", 429, ErrorKind.RATE_LIMITED),
        ("E0004", 400, ErrorKind.BAD_REQUEST),
        ("E0013", 400, ErrorKind.BAD_REQUEST),
        ("E1145", 405, ErrorKind.BAD_REQUEST),
        (None, 403, ErrorKind.AUTH),
    ],
)
def test_an_error_of_the_whole_call_has_a_kind(code: str | None, status: int, kind: ErrorKind) -> None:
    said = {"httpCode": str(status), "errors": [{"errorCode": code, "errorDescription": "No."}] if code else []}
    error = refusal(royal_mail, answer(said, status, Retry_After="7"), "AB473124829GB")
    assert (error.kind, error.carrier_code, error.retry_after) == (kind, code or str(status), 7)
    assert refusal(royal_mail, answer(said, 200), "AB473124829GB").kind is kind  # the code in the body counts


@pytest.mark.parametrize("code", ["E1142", "E1283", "E1284", "E1307", "E1308"])
def test_an_item_without_news_is_pending(code: str) -> None:
    said = {"httpCode": "404", "errors": [{"errorCode": code, "errorDescription": "Not now."}]}
    result = only(royal_mail, said, "AB473124829GB", 404)
    assert (result.status, result.error and result.error.kind) == (Status.PENDING, ErrorKind.NOT_FOUND)


def test_a_number_that_cannot_be_one_is_final_and_a_wrong_path_is_ours() -> None:
    said = {"httpCode": "400", "errors": [{"errorCode": "E1144", "errorDescription": "mailPieceId is not valid"}]}
    result = only(royal_mail, said, "X", 400)
    assert result.error is not None
    assert result.error.kind is ErrorKind.INVALID_NUMBER
    said = {"httpCode": "404", "httpMessage": "Not Found", "moreInformation": "No resources match requested URI"}
    assert refusal(royal_mail, answer(said, 404), "AB473124829GB").kind is ErrorKind.BAD_REQUEST


def test_no_pushes() -> None:
    with pytest.raises(CarrierError) as caught:
        royal_mail.parse_push(answer({}))
    assert caught.value.kind is ErrorKind.NOT_SUPPORTED


def test_the_words_count_where_there_is_no_known_code() -> None:
    result = only(royal_mail, piece(events=[event(None, "Delivery attempted - nobody was home")]))
    assert (result.status, result.checkpoints[0].raw_code) == (Status.ATTEMPT_FAIL, None)
    result = only(royal_mail, piece(summary={"statusCategory": "AVAILABLE FOR COLLECTION"}))
    assert (result.status, result.checkpoints) == (Status.AVAILABLE_FOR_PICKUP, ())
