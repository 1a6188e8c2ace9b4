"""CDEK: orders, client returns, bar codes; all of it done a moment after it was accepted."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from carriers.lab.places import Place
from carriers.lab.server import Lab
from tests.carriers.lab.published import answer_schema, fits, published, request_schema, without

MOSCOW = Place("Москва", "", "101000", "RU", "Europe/Moscow")
OMSK = Place("Омск", "", "644000", "RU", "Asia/Omsk")
ORDER: dict[str, Any] = {
    "type": 1,
    "number": "R-1",
    "is_client_return": True,
    "tariff_code": 139,
    "sender": {"name": "Анна Смирнова", "phones": [{"number": "+79990000000"}]},
    "recipient": {"company": "Магазин", "name": "Возвраты", "phones": [{"number": "+79990000001"}]},
    "from_location": {"city": "Омск", "address": "ул. Ленина, 1", "country_code": "RU", "postal_code": "644000"},
    "to_location": {"city": "Москва", "address": "ул. Мира, 2", "country_code": "RU", "postal_code": "101000"},
    "packages": [{"number": "1", "weight": 1200, "comment": "Возврат"}],
}


@pytest.fixture
def ask(caller: Any) -> Any:
    def send(path: str, body: Any = None, method: str = "") -> Any:
        method = method or ("GET" if body is None else "POST")
        path = path if path.startswith("http") else f"/cdek/v2/{path}"
        return caller.http.open(path, method=method, json=body, headers=caller.bearer("cdek"))

    return send


@pytest.fixture
def delivered(lab: Lab) -> str:
    """The number of an order of CDEK that was delivered."""
    parcel = lab.world.add("cdek", "on_time", promised_on=lab.world.start.date(), origin=MOSCOW, destination=OMSK)
    lab.clock.jump(timedelta(days=9))
    return parcel.number


def state(answer: Any) -> tuple[str, list[str]]:
    request = answer.get_json()["requests"][0]
    return request["state"], [error["code"] for error in request["errors"]]


def test_a_client_return_is_accepted_and_done_when_it_is_asked_for_again(lab: Lab, ask: Any, delivered: str) -> None:
    direct = ask(f"orders?cdek_number={delivered}").get_json()["entity"]
    accepted = ask(f"orders/{direct['uuid']}/clientReturn", {"tariff_code": 139})
    uuid, (sold,) = accepted.get_json()["entity"]["uuid"], lab.purchases
    assert (accepted.status_code, state(accepted)) == (202, ("ACCEPTED", []))
    first, second = ask(f"orders/{uuid}"), ask(f"orders/{uuid}")
    assert state(first)[0] == "ACCEPTED"
    assert "cdek_number" not in first.get_json()["entity"]
    shown = second.get_json()["entity"]
    assert (state(second)[0], shown["cdek_number"], shown["is_client_return"]) == ("SUCCESSFUL", sold.number, True)
    assert shown["delivery_detail"]["total_sum"] == sold.cost_minor / 100
    assert (sold.order.sender.city, sold.order.recipient.city, sold.reference) == ("Омск", "Москва", delivered)
    assert second.get_json()["related_entities"][0]["cdek_number"] == delivered


def test_a_client_return_is_found_from_the_order_it_belongs_to(lab: Lab, ask: Any, delivered: str) -> None:
    uuid = ask(f"orders?cdek_number={delivered}").get_json()["entity"]["uuid"]
    made = [ask(f"orders/{uuid}/clientReturn", {"tariff_code": 139}).get_json()["entity"]["uuid"] for _ in range(2)]
    related = ask(f"orders/{uuid}").get_json()["related_entities"]
    assert [(one["uuid"], one["type"]) for one in related] == [(one, "client_return_order") for one in made]
    assert len(lab.purchases) == 2


def test_only_what_was_delivered_goes_back(lab: Lab, ask: Any) -> None:
    parcel = lab.world.add("cdek", "on_time", created_at=lab.world.start, origin=MOSCOW, destination=OMSK)
    lab.clock.jump(timedelta(hours=1))
    uuid = ask(f"orders?cdek_number={parcel.number}").get_json()["entity"]["uuid"]
    refused = ask(f"orders/{uuid}/clientReturn", {"tariff_code": 139})
    assert (refused.status_code, state(refused)) == (400, ("INVALID", ["v2_entity_invalid"]))
    assert ask(f"orders/{uuid}/clientReturn", {}).status_code == 400
    assert state(ask(f"orders/{'0' * 8}-0000-4000-a000-{'0' * 12}/clientReturn", {"tariff_code": 1}))[1] == [
        "v2_entity_not_found"
    ]
    assert lab.purchases == ()


def test_a_number_of_the_shops_own_is_used_once(lab: Lab, ask: Any) -> None:
    first, second = (ask("orders", ORDER).get_json()["entity"]["uuid"] for _ in range(2))
    assert state(ask(f"orders/{second}")) == ("INVALID", ["error_validate_im_dep_number_has_already_had_integration"])
    ask(f"orders/{first}")
    found = ask("orders?im_number=R-1").get_json()["entity"]
    assert (found["uuid"], found["number"], found["is_client_return"]) == (first, "R-1", True)
    assert len(lab.purchases) == 1
    assert state(ask("orders?im_number=R-2")) == ("INVALID", ["v2_order_not_found"])


def test_bar_codes_are_made_a_moment_later(lab: Lab, caller: Any, ask: Any) -> None:
    uuid = ask("orders", ORDER).get_json()["entity"]["uuid"]
    made = ask("print/barcodes", {"orders": [{"order_uuid": uuid}], "format": "A6"})
    path = f"print/barcodes/{made.get_json()['entity']['uuid']}"
    first, second = (ask(path).get_json()["entity"] for _ in range(2))
    assert (first["statuses"][-1]["code"], second["statuses"][-1]["code"]) == ("PROCESSING", "READY")
    assert "url" not in first
    assert ask(second["url"]).data.startswith(b"%PDF")
    assert caller.http.get(second["url"]).status_code == 401
    assert ask("print/barcodes", {"orders": [{"cdek_number": 1}]}).status_code == 400
    assert ask("print/barcodes", {"orders": [{"order_uuid": uuid}], "format": "B5"}).status_code == 400


def test_an_unused_order_is_deleted_and_a_used_one_is_not(lab: Lab, ask: Any) -> None:
    unused, used = (ask("orders", ORDER | {"number": name}).get_json()["entity"]["uuid"] for name in ("a", "b"))
    assert state(ask(f"orders/{unused}", method="DELETE")) == ("ACCEPTED", [])
    assert state(ask(f"orders/{unused}", method="DELETE"))[1] == ["v2_entity_not_found"]
    lab.clock.jump(timedelta(days=9))
    refused = ask(f"orders/{used}", method="DELETE")
    assert (refused.status_code, state(refused)) == (400, ("INVALID", ["v2_delete_forbidden"]))
    ask(f"orders/{unused}")
    assert ask(f"orders/{unused}").get_json()["entity"]["statuses"][-1]["code"] == "REMOVED"


def test_requests_and_answers_are_as_the_interface_says(lab: Lab, ask: Any, delivered: str) -> None:
    document = published("cdek", "cdek-v2-orders-openapi.json")
    fits(ORDER, request_schema(document, "/v2/orders", "post"))
    direct = ask(f"orders?cdek_number={delivered}")
    fits(direct.get_json(), answer_schema(document, "/v2/orders", "get"))
    uuid = direct.get_json()["entity"]["uuid"]
    accepted = ask(f"orders/{uuid}/clientReturn", {"tariff_code": 139})
    fits(accepted.get_json(), answer_schema(document, "/v2/orders/{uuid}/clientReturn", "post", status="202"))
    made = accepted.get_json()["entity"]["uuid"]
    ask(f"orders/{made}")
    for days in (0, 3, 9):
        lab.clock.jump(timedelta(days=days))
        fits(ask(f"orders/{made}").get_json(), answer_schema(document, "/v2/orders/{uuid}", "get"))
    printed = ask("print/barcodes", {"orders": [{"order_uuid": made}]})
    fits(printed.get_json(), answer_schema(document, "/v2/print/barcodes", "post", status="202"))
    # The published list of states of a bar code is two empty words.
    loose = without("enum", document)
    ready = ask(f"print/barcodes/{printed.get_json()['entity']['uuid']}").get_json()
    fits(ready, answer_schema(loose, "/v2/print/barcodes/{uuid}", "get"))


def test_an_order_is_told_oldest_first_with_offsets_without_a_colon(lab: Lab, ask: Any, delivered: str) -> None:
    shown = ask(f"orders?cdek_number={delivered}").get_json()["entity"]
    assert [shown["statuses"][place]["code"] for place in (0, -1)] == ["CREATED", "DELIVERED"]
    assert shown["statuses"][-1]["date_time"].endswith("+0600")
    assert shown["delivery_detail"]["recipient_name"]


@pytest.mark.parametrize("name", ["tariff_code", "recipient", "sender", "packages", "from_location", "to_location"])
def test_an_order_that_lacks_something_buys_nothing(name: str, lab: Lab, ask: Any) -> None:
    body = deepcopy(ORDER)
    del body[name]
    assert state(ask("orders", body)) == ("INVALID", ["v2_field_is_empty"])
    assert lab.purchases == ()


def test_strangers_are_refused(lab: Lab, caller: Any) -> None:
    assert caller.http.post("/cdek/v2/orders", json=ORDER).status_code == 401
    assert caller.fresh_token("cdek", client_secret="x").status_code == 401
    assert lab.purchases == ()
