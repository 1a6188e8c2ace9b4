"""The edge: hosts, headers, forms of other sites, errors, health."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.app import create_app
from portal.errors import ConfigError, Conflict, Forbidden, TooManyAttempts
from portal.settings import Settings, load
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import create_shop
from portal.web.hosts import split_host
from tests.support.factory import shop_document
from tests.web.support import send, token_in


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "portal.example.evil.example",
        "",
        "portal.example@evil.example",
        "portal.example/evil",
        "portal.example:80:80",
        "portal_example",
        "ⓟortal.example",
    ],
)
def test_any_other_host_is_misdirected_before_anything_is_routed(client: FlaskClient, shop: ShopRef, host: str) -> None:
    answer = client.get("/juniper/track", headers={"Host": host.encode().decode("latin-1")})
    assert answer.status_code == 421
    assert "Juniper" not in answer.text
    assert "evil" not in answer.text


def test_a_shops_own_host_needs_no_shop_in_the_address(
    deps: Deps, settings: Settings, visit: Callable[[], FlaskClient]
) -> None:
    create_shop(deps, "juniper", shop_document(host="track.juniper.example"))
    client = visit()
    client.base = "https://track.juniper.example"  # type: ignore[attr-defined]
    assert client.get("/").headers["Location"] == "/track"
    page = client.get("/track").text
    assert 'action="/track"' in page
    assert "/juniper/" not in page
    assert client.get("/staff/").status_code == 404
    assert client.get("/healthz").status_code == 200


def test_in_development_loopback_is_home_and_in_production_it_is_not(deps: Deps, shop: ShopRef) -> None:
    def status(**settings: Any) -> int:
        app = create_app(deps, load(_env_file=None, **settings))
        return app.test_client().get("/juniper/track", headers={"Host": "127.0.0.1:8123"}).status_code

    assert status(public_url="http://portal.example") == 200
    assert status(public_url="https://portal.example", env="production", secret_key="s" * 40) == 421


@pytest.mark.parametrize("host", ["a.example:8000", "A.Example", "[::1]:80", "127.0.0.1"])
def test_ports_and_case_of_a_host_do_not_matter(host: str) -> None:
    assert split_host(host) == host.lower().rsplit(":", 1)[0] if host.endswith("00") else split_host(host)


def test_every_answer_carries_the_headers(client: FlaskClient, shop: ShopRef) -> None:
    for address in ("/juniper/track", "/juniper/nothing", "/healthz", "/static/shopper.css", "/juniper/theme.css"):
        with client.get(address) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_page_has_inline_style_or_script(client: FlaskClient, shop: ShopRef) -> None:
    page = client.get("/juniper/track").text
    assert " style=" not in page
    assert "<style" not in page
    assert "<script>" not in page


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(deps: Deps, shop: ShopRef) -> None:
    app = create_app(deps, load(_env_file=None, public_url="https://p.example", env="production", secret_key="s" * 40))
    cookie = app.test_client().get("/juniper/track", base_url="https://p.example").headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    for part in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
        assert part in cookie


def _posts(app: Flask) -> list[str]:
    rules = [r for r in app.url_map.iter_rules() if "POST" in (r.methods or set())]
    return [r.rule.replace("<shop>", "juniper").replace("<public_id>", "x") for r in rules if r.rule.count("<") <= 2]


def test_every_form_without_its_token_is_refused(app: Flask, client: FlaskClient, shop: ShopRef) -> None:
    addresses = [a for a in _posts(app) if "<" not in a]
    assert len(addresses) >= 3
    for address in addresses:
        assert client.post(address, data={"a": "b"}).status_code == 403, address


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused_even_with_a_token(
    client: FlaskClient, shop: ShopRef, headers: dict[str, str]
) -> None:
    token = token_in(client.get("/juniper/track").text)
    answer = client.post("/juniper/track", data={"csrf_token": token, "number": "1"}, headers=headers)
    assert answer.status_code == 403
    assert 'name="number"' not in answer.text  # nothing to send again with one click


@pytest.mark.parametrize(
    "address", ["/juniper/returns/%00", "/juniper/track?order=%00", "/juniper/track?%00=1", "/staff/search?q=a%00b"]
)
def test_an_address_with_a_nul_byte_is_refused_at_the_door(client: FlaskClient, shop: ShopRef, address: str) -> None:
    assert client.get(address).status_code == 400  # PostgreSQL takes no text that holds one


@pytest.mark.parametrize("field", ["number", "email", "x\0"])
def test_a_form_with_a_nul_byte_is_refused_at_the_door(client: FlaskClient, shop: ShopRef, field: str) -> None:
    answer = send(client, "/juniper/track", {"number": "1", "email": "a@mail.example", field: "\0"})
    assert answer.status_code == 400


def test_an_expired_form_loses_nothing(visit: Callable[[], FlaskClient], shop: ShopRef) -> None:
    client = visit()
    data = {"number": "J-77", "email": "ada@mail.example", "csrf_token": "old"}
    answer = client.post("/juniper/track", data=data, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 403
    assert 'name="number" value="J-77"' in answer.text
    again = client.post(
        "/juniper/track",
        data={**data, "csrf_token": token_in(answer.text)},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert again.status_code == 422  # looked up now
    assert "J-77" in again.text


def test_a_secret_is_never_written_back_into_a_page(client: FlaskClient, shop: ShopRef) -> None:
    for field in ("password", "code"):
        answer = client.post("/juniper/track", data={field: "hunter2"}, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 403
        assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Conflict("someone was faster"), 409),
        (Forbidden("secret reason"), 403),
        (TooManyAttempts("slow down", 61), 429),
        (ConfigError("secret detail"), 500),
        (ValueError("ada@mail.example"), 500),
    ],
)
def test_errors_are_the_shops_pages_with_a_way_to_reach_it(
    app: Flask, client: FlaskClient, shop: ShopRef, error: Exception, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise error

    monkeypatch.setitem(app.view_functions, "shopper.track", broken)
    answer = client.get("/juniper/track")
    assert answer.status_code == status
    assert "help@juniper.example" in answer.text
    assert "Traceback" not in answer.text
    assert str(error) not in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert ("Retry-After" in answer.headers) is (status == 429)


def test_a_crash_is_logged_without_values(
    app: Flask,
    client: FlaskClient,
    shop: ShopRef,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(**_kwargs: object) -> None:
        canary = "canary@mail.example"
        raise ValueError(canary)

    monkeypatch.setitem(app.view_functions, "shopper.track", broken)
    client.get("/juniper/track")
    logged = "".join(capsys.readouterr()) + caplog.text
    assert "canary@mail.example" not in logged
    assert "ValueError" in logged


def test_a_path_that_leads_nowhere_is_still_the_shops(client: FlaskClient, shop: ShopRef) -> None:
    answer = client.get("/juniper/nothing/here")
    assert answer.status_code == 404
    assert "help@juniper.example" in answer.text
    for odd in ("/nobody/track", "/juniper/track/", "/juniper//track", "/juniper/orders/x%2Fy.css"):
        assert client.get(odd).status_code == 404, odd


def test_a_method_that_is_not_there_says_which_are(client: FlaskClient, shop: ShopRef) -> None:
    answer = client.delete("/juniper/orders/x", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code in (403, 405)
    answer = client.post("/healthz")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_body_that_is_too_large_is_refused(client: FlaskClient, shop: ShopRef) -> None:
    assert client.post("/juniper/track", data={"number": "x" * 1_100_000}).status_code == 413


def test_without_a_database_the_visitor_is_asked_to_come_back(
    app: Flask, client: FlaskClient, deps: Deps, shop: ShopRef
) -> None:
    with deps.sessions.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE shops RENAME TO gone")
        connection.commit()
    answer = client.get("/juniper/track")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "records" in answer.text


def test_the_process_and_its_work_are_two_questions(deps: Deps, settings: Settings) -> None:
    app = create_app(deps, settings, ready_jobs={"poll": 60}, migrated=lambda: False)
    client = app.test_client()
    assert client.get("/healthz", base_url="https://portal.example").json == {"status": "ok"}
    answer = client.get("/readyz", base_url="https://portal.example")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["checks"]["database"] == "ok"
    assert "portal db upgrade" in answer.json["checks"]["migrations"]
    assert "poll" in answer.json["checks"]["jobs"]
    assert create_app(deps, settings).test_client().get("/readyz", base_url="https://portal.example").status_code == 200


def test_the_language_can_be_chosen_by_link_and_stays(client: FlaskClient, shop: ShopRef) -> None:
    assert 'lang="en"' in client.get("/juniper/track").text
    assert 'lang="en"' in client.get("/juniper/track?lang=xx").text


def test_a_theme_may_be_kept_for_ever_under_its_version_only(client: FlaskClient, shop: ShopRef) -> None:
    assert "immutable" in client.get("/juniper/theme.css?v=1").headers["Cache-Control"]
    first = client.get("/juniper/theme.css")
    assert "no-cache" in first.headers["Cache-Control"]
    assert client.get("/juniper/theme.css", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_a_sent_form_with_its_token_is_read(client: FlaskClient, shop: ShopRef) -> None:
    assert send(client, "/juniper/track", {"number": "", "email": ""}).status_code == 422
