"""Whatever a caller sends, a carrier answers in its own words: nothing breaks, and nothing is sold by mistake."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from carriers.lab.server import Lab
from carriers.lab.wire import CARRIERS
from tests.carriers.lab import (
    test_canada_post,
    test_cdek,
    test_dhl_express,
    test_dhl_parcel_de,
    test_easypost,
    test_fedex_labels,
    test_gls,
    test_hermes_de,
    test_karrio,
    test_shippo,
    test_ups_labels,
)
from tests.carriers.lab.conftest import login

LABELS: dict[str, tuple[str, Any]] = {
    "ups": (test_ups_labels.SHIP, test_ups_labels.REQUEST),
    "fedex": (test_fedex_labels.SHIP, test_fedex_labels.REQUEST),
    "dhl_parcel_de": (test_dhl_parcel_de.ORDERS, test_dhl_parcel_de.REQUEST),
    "dhl_express": (test_dhl_express.SHIPMENTS, test_dhl_express.REQUEST),
    "gls": (f"{test_gls.BASE}/shipments", test_gls.REQUEST),
    "hermes_de": (f"{test_hermes_de.BASE}/returnorders/labels", test_hermes_de.REQUEST),
    "cdek": ("/cdek/v2/orders", test_cdek.ORDER),
    "easypost": ("/easypost/v2/shipments", {"shipment": test_easypost.SHIPMENT}),
    "shippo": ("/shippo/shipments", test_shippo.SHIPMENT),
    "karrio": ("/karrio/v1/shipments", test_karrio.SHIPMENT),
}
STRANGE: tuple[Any, ...] = (
    None,
    [],
    {},
    "",
    0,
    -1,
    1e400,
    True,
    "x" * 500,
    [None],
    [[]],
    {"a": 1},
    "\u0000",
    [1, "2", {}],
)
BODIES = (b"", b"null", b"[]", b"{}", b'"x"', b"7", b"\xff\xfe", b"{", b"[[[[", b"<a/>", b'{"a": 1e999}', b"[null]")


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value but the whole."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield (*path, name)
        yield from nodes(part, (*path, name))


def changed(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    copy = deepcopy(value)
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = by
    return copy


def rounds() -> int:
    """How many changes are tried: more in a long search."""
    return 1500 if os.environ.get("DOORSTEP_LONG") else 70


@pytest.mark.parametrize("code", LABELS)
def test_a_request_with_one_strange_value_is_answered(code: str, lab: Lab, caller: Any) -> None:
    path, body = LABELS[code]
    headers, draw = login(caller, code), Random(code)
    if code == "gls":
        headers["Content-Type"] = test_gls.TYPE
    spots = list(nodes(body))
    for _ in range(rounds()):
        spot, by = draw.choice(spots), draw.choice(STRANGE)
        answer = caller.http.post(
            path, data=json.dumps(changed(body, spot, by)), headers={"Content-Type": "application/json"} | headers
        )
        assert answer.status_code < 500, (spot, by)
    for sold in lab.purchases:
        assert sold.order.sender.city
        assert sold.order.recipient.city
        assert 0 < sold.order.weight_grams <= 70_000


@pytest.mark.parametrize("code", CARRIERS)
def test_every_door_answers_any_body(code: str, lab: Lab, caller: Any) -> None:
    headers = login(caller, code)
    if code == "usps":
        headers = caller.payer()
    for route in lab.wires[code].routes():
        path = plain_path(route.path.pattern)
        assert route.path.fullmatch(path), (route.path.pattern, path)
        for content in BODIES:
            for kind in ("application/json", test_canada_post.TYPE, test_gls.TYPE, "text/plain"):
                answer = caller.http.open(
                    f"/{code}{path}",
                    method=route.method.split("|")[0],
                    data=content,
                    headers=headers | {"Content-Type": kind},
                )
                assert answer.status_code < 500 or b"Fault>" in answer.data, (path, content)
    assert lab.purchases == ()


@pytest.mark.parametrize("code", CARRIERS)
def test_odd_questions_in_the_address_are_answered(code: str, lab: Lab, caller: Any) -> None:
    headers = login(caller, code)
    odd = "?page_size=x&page=-1&results=99999999999&limit=NaN&xml=%3Ca&trackingNumber=%00&shipmentID=,,&cdek_number=&tracking_numbers=,"
    for route in lab.wires[code].routes():
        if route.method == "GET":
            answer = caller.http.get(f"/{code}{plain_path(route.path.pattern)}{odd}", headers=headers)
            assert answer.status_code < 500, route.path.pattern


def plain_path(pattern: str) -> str:
    """A path that a route's pattern takes."""
    uuid = "00000000-0000-4000-a000-000000000000"
    for old, new in (
        ("([0-9a-f-]{36})", uuid),
        ("([^/]+/[^/]+?)", "a/b"),
        ("([^/]+/[^/]+)", "a/b"),
        ("([^/]+(?:/[^/]+)?)", "a"),
        ("([^/]+)", "a"),
        ("[^/]+", "a"),
        ("([0-9]+)", "7"),
        ("[0-9]+", "7"),
        ("[a-z]+", "pdf"),
        ("v[12]", "v2"),
        ("(v7)", "v7"),
        ("(?:standard|enhanced)", "standard"),
        ("(?:trackids|references)", "trackids"),
        ("(?:/tracking/[0-9]{4}-[0-9]{2}|/v4)?", "/v4"),
        ("(?:/track/v2(?:\\.[0-9])?)?", "/track/v2"),
        ("/?", ""),
        ("\\.", "."),
    ):
        pattern = pattern.replace(old, new)
    while "(?:" in pattern:
        start = pattern.index("(?:")
        end = pattern.index(")", start)
        pattern = pattern[:start] + pattern[start + 3 : end].split("|")[0] + pattern[end + 1 :].removeprefix("?")
    return pattern
