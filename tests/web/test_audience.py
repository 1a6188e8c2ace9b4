"""Every route says whom it is for, and strangers stay outside."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from portal.web.audience import UndeclaredRoute, audience_of, check, declare
from tests.support.factory import Factory


def test_every_route_of_the_application_has_an_audience(app: Flask) -> None:
    audiences = {rule.endpoint: audience_of(rule.endpoint) for rule in app.url_map.iter_rules()}
    assert all(audiences.values())
    assert {"shopper", "staff", "public"} <= set(audiences.values())


def test_a_route_without_one_keeps_the_application_from_starting() -> None:
    app = Flask(__name__)
    app.register_blueprint(Blueprint("fine", __name__))
    check(app)
    silent = Blueprint("silent", __name__)
    silent.get("/secret")(lambda: "")
    app.register_blueprint(silent)
    with pytest.raises(UndeclaredRoute, match="silent"):
        check(app)


def test_an_audience_nobody_knows_is_refused() -> None:
    with pytest.raises(UndeclaredRoute):
        declare(Blueprint("odd", __name__), "everybody")  # type: ignore[arg-type]


def _address(rule: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        for kind in ("", "string:", "int:"):
            rule = rule.replace(f"<{kind}{name}>", value)
    return rule


def test_no_page_about_an_order_answers_a_stranger(app: Flask, client: FlaskClient, make: Factory) -> None:
    order = make.order()
    asked = 0
    for rule in app.url_map.iter_rules():
        if audience_of(rule.endpoint) != "shopper" or "public_id" not in rule.arguments:
            continue
        address = _address(rule.rule, {"shop": make.shop.slug, "public_id": order.public_id})
        if "<" in address or "GET" not in (rule.methods or set()):
            continue
        answer = client.get(address)
        assert answer.status_code in (302, 303, 404), address
        assert str(order.email) not in answer.text
        asked += 1
    assert asked >= 3


def test_staff_pages_refuse_a_stranger(app: Flask, client: FlaskClient) -> None:
    open_doors = {"staff.sign_in", "staff.forgot", "staff.reset", "staff.login"}
    for rule in app.url_map.iter_rules():
        if audience_of(rule.endpoint) != "staff" or "<" in rule.rule or "GET" not in (rule.methods or set()):
            continue
        answer = client.get(rule.rule)
        if answer.status_code == 200:
            assert "password" in answer.text.lower() or rule.endpoint in open_doors, rule.rule
