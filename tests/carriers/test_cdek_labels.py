"""CDEK's client returns: accepted first and decided later, one an order, printed in a second go, deleted until they move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from carriers.adapters.cdek import adapter
from carriers.adapters.cdek.labels import TIMES_ASKED
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, BoughtLabel, LabelFormat, LabelRequest
from tests.carriers.door import Door
from tests.carriers.published import hold, published

cdek = adapter()
TOKEN = {"access_token": "t", "expires_in": 3599}
DIRECT, UUID, PRINT = (f"72753031-0a1b-4c2d-8e3f-00000000000{number}" for number in (1, 2, 3))
ACCOUNT = Door.account(client_id="id", client_secret="hidden")
SHOPPER = Address(
    "Ия Примерова", "Тихая улица 5", "Томск", "634000", "RU", email="iya@example.com", phone="+79990000000"
)
SHOP = Address("Возвраты", "Складская 1", "Новосибирск", "630000", "RU", company="Север")
REQUEST = LabelRequest("rl-1", SHOPPER, SHOP, 1200, service="137", outbound_number="1100000001")
BOUGHT = BoughtLabel("1100000002", UUID, LabelFormat.PDF)
PDF = b"%PDF-1.4 label"


def related(*uuids: str) -> list[dict[str, Any]]:
    return [{"type": "client_return_order", "uuid": uuid} for uuid in uuids]


def direct(*returns: str) -> dict[str, Any]:
    return {
        "entity": {"uuid": DIRECT, "cdek_number": "1100000001", "statuses": [{"code": "DELIVERED"}]},
        "requests": [{"type": "CREATE", "state": "SUCCESSFUL"}],
        "related_entities": [{"type": "waybill", "uuid": PRINT}, *related(*returns)],
    }


def accepted(uuid: str, kind: str = "CREATE") -> tuple[int, dict[str, Any]]:
    return 202, {"entity": {"uuid": uuid}, "requests": [{"type": kind, "state": "ACCEPTED", "errors": []}]}


def invalid(code: str, words: str = "", kind: str = "CREATE_CLIENT_RETURN") -> dict[str, Any]:
    told = [{"code": code, "message": words}]
    return {"requests": [{"type": kind, "state": "INVALID", "errors": told}]}


WAITING = {"entity": {"uuid": UUID, "statuses": []}, "requests": [{"type": "CREATE_CLIENT_RETURN", "state": "WAITING"}]}
STANDING: dict[str, Any] = {
    "entity": {"uuid": UUID, "cdek_number": "1100000002", "tariff_code": 137, "statuses": [{"code": "CREATED"}]},
    "requests": [{"type": "CREATE_CLIENT_RETURN", "state": "SUCCESSFUL"}],
}
DELETED = {**STANDING, "requests": [*STANDING["requests"], {"type": "DELETE", "state": "SUCCESSFUL"}]}
FAILED = {"entity": {"uuid": UUID, "statuses": []}, **invalid("v2_tariff_unavailable", "No such tariff.")}
NONE_YET = (400, invalid("v2_entity_not_found", kind="GET"))


def printing(*codes: str) -> dict[str, Any]:
    return {"entity": {"uuid": PRINT, "statuses": [{"code": code} for code in codes]}, "requests": []}


PRINTED = (accepted(PRINT), printing("ACCEPTED", "PROCESSING"), printing("ACCEPTED", "PROCESSING", "READY"), PDF)


def without(code: str) -> dict[str, Any]:
    return {**STANDING, "entity": {**STANDING["entity"], "statuses": [{"code": "CREATED"}, {"code": code}]}}


def refused(call: Callable[[], object]) -> CarrierError:
    with pytest.raises(CarrierError) as caught:
        call()
    return caught.value


def asked(door: Door) -> list[str]:
    return [f"{call.method} {call.url.removeprefix('https://carrier.invalid')}" for call in door.calls]


def test_a_return_is_bought_for_the_order_that_went_out_and_then_printed() -> None:
    door = Door(TOKEN, direct(), accepted(UUID), NONE_YET, WAITING, STANDING, *PRINTED)
    label = cdek.create_label(door, ACCOUNT, REQUEST, key="k")
    assert (label.carrier, label.tracking_number, label.handle, label.service) == ("cdek", "1100000002", UUID, "137")
    assert (label.document, label.format) == (PDF, LabelFormat.PDF)
    order, paper = f"GET /v2/orders/{UUID}", f"GET /v2/print/barcodes/{PRINT}"
    assert asked(door) == [
        "POST /v2/oauth/token",
        "GET /v2/orders",
        f"POST /v2/orders/{DIRECT}/clientReturn",
        *[order] * 3,
        "POST /v2/print/barcodes",
        *[paper] * 2,
        f"{paper}.pdf",
    ]
    assert door.calls[1].params == {"cdek_number": "1100000001"}
    assert [call.repeatable for call in door.calls if call.url.endswith("/clientReturn")] == [False]


def test_the_requests_are_as_cdek_publishes_them() -> None:
    document = published("cdek", "cdek-v2-orders-openapi.json")
    door = Door(TOKEN, direct(), accepted(UUID), STANDING, *PRINTED)
    cdek.create_label(door, ACCOUNT, REQUEST, key="k")
    bodies = {call.url.rpartition("/")[2]: call.json for call in door.calls if call.json is not None}
    hold(document, "CreateClientReturnRequestDto", bodies["clientReturn"])
    hold(document, "BarcodeRequestDto", bodies["barcodes"])
    assert bodies == {
        "clientReturn": {"tariff_code": 137},
        "barcodes": {"orders": [{"order_uuid": UUID}], "copy_count": 1, "format": "A6"},
    }


def test_the_account_has_a_usual_tariff() -> None:
    door = Door(TOKEN, direct(), accepted(UUID), STANDING, *PRINTED)
    account = Door.account(**ACCOUNT.credentials, tariff_code="368")
    assert cdek.create_label(door, account, replace(REQUEST, service=""), key="k").service == "368"


@pytest.mark.parametrize(
    "printed",
    [
        [(500, {})],
        [CarrierError(ErrorKind.SERVER_ERROR, "lost")],
        [accepted(PRINT), *[printing("PROCESSING")] * TIMES_ASKED],
        [accepted(PRINT), printing("INVALID")],
        [accepted(PRINT), printing("READY"), b"<html>"],
        [accepted(PRINT), printing("READY"), (404, {})],
    ],
)
def test_a_label_bought_without_its_file_is_still_bought(printed: list[Any]) -> None:
    label = cdek.create_label(Door(TOKEN, direct(), accepted(UUID), STANDING, *printed), ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.handle, label.document) == ("1100000002", UUID, b"")


@pytest.mark.parametrize("service", ["", "express", "٣", "1234567890"])
def test_without_a_tariff_nothing_is_sent(service: str) -> None:
    door = Door()
    error = refused(lambda: cdek.create_label(door, ACCOUNT, replace(REQUEST, service=service), key="k"))
    assert (error.kind, error.sent, door.calls) == (ErrorKind.BAD_REQUEST, False, [])


def test_without_an_order_of_cdek_nothing_is_sent() -> None:
    door = Door()
    error = refused(lambda: cdek.create_label(door, ACCOUNT, replace(REQUEST, outbound_number=""), key="k"))
    assert (error.kind, error.sent, door.calls) == (ErrorKind.BAD_REQUEST, False, [])


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([(500, {})], ErrorKind.SERVER_ERROR),
        ([TOKEN, NONE_YET], ErrorKind.BAD_REQUEST),
        ([TOKEN, (429, {})], ErrorKind.RATE_LIMITED),
        ([TOKEN, (502, b"<html>")], ErrorKind.SERVER_ERROR),
        ([TOKEN, b"<html>"], ErrorKind.MALFORMED),
        ([TOKEN, {"entity": {}}], ErrorKind.MALFORMED),
        ([TOKEN, CarrierError(ErrorKind.SERVER_ERROR, "lost")], ErrorKind.SERVER_ERROR),
        ([TOKEN, direct(UUID), STANDING], ErrorKind.BAD_REQUEST),
        ([TOKEN, direct(UUID), WAITING], ErrorKind.BAD_REQUEST),
        ([TOKEN, direct(UUID), (500, {})], ErrorKind.SERVER_ERROR),
    ],
)
def test_what_fails_before_the_purchase_says_that_nothing_was_sold(answers: list[Any], kind: ErrorKind) -> None:
    door = Door(*answers)
    error = refused(lambda: cdek.create_label(door, ACCOUNT, REQUEST, key="k"))
    assert (error.kind, error.sent) == (kind, False)
    assert not any("clientReturn" in call for call in asked(door))


@pytest.mark.parametrize("ended", [NONE_YET, FAILED, without("REMOVED"), without("INVALID")])
def test_a_return_that_came_to_nothing_is_no_hindrance(ended: Any) -> None:
    door = Door(TOKEN, direct(PRINT), ended, accepted(UUID), STANDING, *PRINTED)
    assert cdek.create_label(door, ACCOUNT, REQUEST, key="k").tracking_number == "1100000002"


@pytest.mark.parametrize(
    ("answers", "kind", "sent"),
    [
        ([(400, invalid("v2_entity_invalid", "Not delivered."))], ErrorKind.BAD_REQUEST, False),
        ([(200, invalid("v2_entity_invalid"))], ErrorKind.BAD_REQUEST, False),
        ([(400, invalid("v2_entity_not_found"))], ErrorKind.BAD_REQUEST, False),
        ([(202, {"entity": {"uuid": UUID}, "requests": [{"state": "INVALID"}]})], ErrorKind.BAD_REQUEST, False),
        ([(429, {})], ErrorKind.RATE_LIMITED, False),
        ([accepted(UUID), WAITING, FAILED], ErrorKind.BAD_REQUEST, False),
        ([(500, {})], ErrorKind.SERVER_ERROR, True),
        ([(400, invalid("v2_internal_error"))], ErrorKind.SERVER_ERROR, True),
        ([(202, b"")], ErrorKind.MALFORMED, True),
        ([(202, {"entity": {}, "requests": []})], ErrorKind.MALFORMED, True),
        ([CarrierError(ErrorKind.SERVER_ERROR, "lost")], ErrorKind.SERVER_ERROR, True),
        ([accepted(UUID), (429, {})], ErrorKind.SERVER_ERROR, True),
        ([accepted(UUID), *[WAITING] * TIMES_ASKED], ErrorKind.SERVER_ERROR, True),
        ([accepted(UUID), *[NONE_YET] * TIMES_ASKED], ErrorKind.SERVER_ERROR, True),
    ],
)
def test_only_a_clear_refusal_says_that_nothing_was_sold(answers: list[Any], kind: ErrorKind, sent: bool) -> None:
    error = refused(lambda: cdek.create_label(Door(TOKEN, direct(), *answers), ACCOUNT, REQUEST, key="k"))
    assert (error.kind, error.sent) == (kind, sent)


def test_a_refusal_repeats_nobody_and_no_secret() -> None:
    words = "Ия Примерова, ТИХАЯ УЛИЦА 5, Томск 634000, iya@example.com, +79990000000; hidden"
    for answers in (
        [(400, invalid("v2_bad_request", words))],
        [accepted(UUID), {"entity": {}, **invalid("v2_bad", words)}],
    ):
        door = Door(TOKEN, direct(), *answers)
        told = str(refused(lambda: cdek.create_label(door, ACCOUNT, REQUEST, key="k"))).lower()  # noqa: B023
        assert not any(
            word in told for word in ("примерова", "тихая", "томск", "634000", "example.com", "7999", "hidden")
        )


def test_a_lost_label_is_found_at_the_order_that_went_out() -> None:
    label = cdek.find_label(Door(TOKEN, direct(PRINT, UUID), FAILED, STANDING, *PRINTED), ACCOUNT, REQUEST, key="k")
    assert label is not None
    assert (label.tracking_number, label.handle, label.service, label.document) == ("1100000002", UUID, "137", PDF)


def test_a_lost_label_that_is_not_decided_yet_is_waited_for() -> None:
    label = cdek.find_label(Door(TOKEN, direct(UUID), WAITING, WAITING, STANDING, *PRINTED), ACCOUNT, REQUEST, key="k")
    assert label is not None
    assert label.tracking_number == "1100000002"


def test_relations_may_stand_inside_the_order() -> None:
    inside = {"entity": {**direct()["entity"], "related_entities": related(UUID)}}
    label = cdek.find_label(Door(TOKEN, inside, STANDING, (500, {})), ACCOUNT, REQUEST, key="k")
    assert label is not None
    assert (label.tracking_number, label.document) == ("1100000002", b"")


@pytest.mark.parametrize("answers", [[direct()], [direct(UUID), FAILED], [direct(UUID), without("REMOVED")]])
def test_none_is_found_where_no_return_stands(answers: list[Any]) -> None:
    assert cdek.find_label(Door(TOKEN, *answers), ACCOUNT, REQUEST, key="k") is None


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([(500, {})], ErrorKind.SERVER_ERROR),
        ([NONE_YET], ErrorKind.BAD_REQUEST),
        ([direct(UUID), (500, {})], ErrorKind.SERVER_ERROR),
        ([direct(UUID), WAITING, *[WAITING] * TIMES_ASKED], ErrorKind.SERVER_ERROR),
        ([direct(UUID, PRINT), STANDING, STANDING], ErrorKind.BAD_REQUEST),
    ],
)
def test_a_search_that_says_nothing_sure_is_an_error(answers: list[Any], kind: ErrorKind) -> None:
    assert refused(lambda: cdek.find_label(Door(TOKEN, *answers), ACCOUNT, REQUEST, key="k")).kind is kind


def test_a_bar_code_is_printed_again_by_handle_or_number() -> None:
    document = cdek.fetch_label(Door(TOKEN, *PRINTED), ACCOUNT, BOUGHT)
    assert (document.content, document.format) == (PDF, LabelFormat.PDF)
    door = Door(TOKEN, *PRINTED)
    cdek.fetch_label(door, ACCOUNT, BoughtLabel("1100000002"))
    printed: Any = door.calls[1].json
    assert printed["orders"] == [{"cdek_number": 1100000002}]
    waiting = Door(TOKEN, accepted(PRINT), *[printing("PROCESSING")] * TIMES_ASKED)
    assert refused(lambda: cdek.fetch_label(waiting, ACCOUNT, BOUGHT)).retryable


@pytest.mark.parametrize(
    "answers",
    [
        [accepted(UUID, "DELETE"), without("REMOVED")],
        [accepted(UUID, "DELETE"), STANDING, without("REMOVED")],
        [accepted(UUID, "DELETE"), NONE_YET],
        [accepted(UUID, "DELETE"), DELETED],
        [NONE_YET, without("REMOVED")],
    ],
)
def test_an_order_is_deleted_by_its_uuid(answers: list[Any]) -> None:
    door = Door(TOKEN, *answers)
    cdek.void_label(door, ACCOUNT, BOUGHT)
    assert asked(door)[1] == f"DELETE /v2/orders/{UUID}"


def test_an_order_is_deleted_by_its_number_where_no_more_is_known() -> None:
    door = Door(TOKEN, STANDING, accepted(UUID, "DELETE"), NONE_YET)
    cdek.void_label(door, ACCOUNT, BoughtLabel("1100000002"))
    assert asked(door)[1:3] == ["GET /v2/orders", f"DELETE /v2/orders/{UUID}"]


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([(400, invalid("v2_delete_forbidden", kind="DELETE"))], ErrorKind.BAD_REQUEST),
        ([(400, invalid("v2_entity_forbidden", kind="DELETE"))], ErrorKind.BAD_REQUEST),
        ([accepted(UUID), {**STANDING, **invalid("v2_bad", kind="DELETE")}], ErrorKind.BAD_REQUEST),
        ([(500, {})], ErrorKind.SERVER_ERROR),
        ([NONE_YET, NONE_YET], ErrorKind.NOT_FOUND),
        ([accepted(UUID, "DELETE"), *[STANDING] * TIMES_ASKED], ErrorKind.SERVER_ERROR),
    ],
)
def test_an_order_that_was_not_deleted_is_an_error(answers: list[Any], kind: ErrorKind) -> None:
    assert refused(lambda: cdek.void_label(Door(TOKEN, *answers), ACCOUNT, BOUGHT)).kind is kind


def test_a_token_that_ran_out_is_told_with_http_400() -> None:
    door = Door(TOKEN, (400, invalid("v2_token_expired", kind="AUTH")), TOKEN, direct())
    assert cdek.find_label(door, ACCOUNT, REQUEST, key="k") is None
    assert len(door.tokens) == 2
