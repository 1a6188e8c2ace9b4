"""The demo's own pages show everything there is, steer the lab, and let no mail do anything to the reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.app import create_app
from portal.notify.message import build
from portal.notify.render import render
from portal.settings import Settings
from portal.usecases.deps import Deps
from portal.web.audience import audience_of
from tests.notify.samples import LETTERS
from tests.notify.samples import shop as sample_shop
from tests.web.demo.conftest import FakeLab

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


def raw(event: str = "shipped") -> bytes:
    config, letter = sample_shop(), LETTERS[event]
    message = build(
        letter, render(letter, config), config, recipient="ada@mail.example", message_id="<1@j.example>", now=NOON
    )
    return message.as_bytes()


def token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/lab/").get_data(as_text=True))
    assert found is not None
    return found.group(1)


def post(client: FlaskClient, path: str, **fields: object) -> int:
    return client.post(path, data={"csrf_token": token(client), **fields}).status_code


def test_the_first_page_shows_both_shops_their_orders_and_the_way_into_each(client: FlaskClient) -> None:
    answer = client.get("/")
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 200
    for word in ("Juniper", "Nordlicht", "J-1001", "ada@mail.example", "A finished return", "vera@doorstep.example"):
        assert word in page
    for link in ("/juniper/track", "/nordlicht/track", "/juniper/l/token", "/label.pdf", "/staff/", "/mail/", "/lab/"):
        assert f'href="{link}"' in page


def test_each_shop_stands_in_its_own_colours_without_inline_styles(client: FlaskClient) -> None:
    sheet = client.get("/lab/brands.css")
    assert sheet.mimetype == "text/css"
    text = sheet.get_data(as_text=True)
    assert ".shop-juniper {" in text
    assert ".shop-nordlicht {" in text
    assert "#1f5c3f" in text
    assert "style=" not in client.get("/").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/", "/mail/", "/lab/"])
@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_every_page_comes_in_every_language(path: str, language: str, client: FlaskClient) -> None:
    answer = client.get(path, query_string={"lang": language})
    assert answer.status_code == 200
    assert not re.search(r"%\(|\{\{", answer.get_data(as_text=True))


def test_without_demo_controls_there_are_no_demo_pages(deps: Deps, settings: Settings) -> None:
    app = create_app(deps, settings)
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert not any(endpoint.startswith("demo.") for endpoint in endpoints)
    client = app.test_client()
    client.environ_base["HTTP_HOST"] = "portal.example"
    assert client.post("/lab/clock", data={"speed": "600"}).status_code in {400, 403, 404, 405}


def test_every_demo_route_says_whom_it_is_for(app: Flask) -> None:
    routes = [rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("demo.")]
    assert len(routes) >= 9
    assert {audience_of(endpoint) for endpoint in routes} == {"demo"}


@pytest.mark.parametrize("speed", [0, 1, 30, 600])
def test_time_can_be_made_to_run_at_each_speed(speed: int, client: FlaskClient, lab: FakeLab) -> None:
    assert post(client, "/lab/clock", speed=speed) == 303
    assert lab.pace == speed
    pressed = re.findall(r'value="(\d+)" aria-pressed="true"', client.get("/lab/").get_data(as_text=True))
    assert pressed == [str(speed)]


def test_time_can_jump(client: FlaskClient, lab: FakeLab) -> None:
    before = lab.clock.now
    assert post(client, "/lab/clock", jump=24) == 303
    assert (lab.clock.now - before).days == 1


@pytest.mark.parametrize("fields", [{"speed": "9000"}, {"speed": "-1"}, {"jump": "٢٤"}, {"jump": "1e9"}, {}])
def test_no_other_speed_or_jump_is_taken(fields: dict[str, str], client: FlaskClient, lab: FakeLab) -> None:
    assert post(client, "/lab/clock", **fields) == 422
    assert (lab.pace, lab.jumped) == (30, [])


def test_a_fault_can_be_switched_on_and_off(client: FlaskClient, lab: FakeLab) -> None:
    assert post(client, "/lab/faults", carrier="ups", fault="timeout") == 303
    assert lab.broken["ups"] == "timeout"
    assert "failing" in client.get("/lab/").get_data(as_text=True)
    assert post(client, "/lab/faults", carrier="ups", fault="") == 303
    assert lab.broken["ups"] is None


@pytest.mark.parametrize("fields", [{"carrier": "acme", "fault": "500"}, {"carrier": "ups", "fault": "fire"}])
def test_unknown_carriers_and_faults_are_refused(fields: dict[str, str], client: FlaskClient, lab: FakeLab) -> None:
    assert post(client, "/lab/faults", **fields) == 422
    assert lab.broken == {"ups": None, "fedex": "429"}


def test_the_controls_want_a_form_of_ours(client: FlaskClient, lab: FakeLab) -> None:
    assert client.post("/lab/clock", data={"speed": "600"}).status_code == 403
    assert lab.pace == 30


def test_parcels_of_the_world_lead_to_their_tracking_pages(client: FlaskClient) -> None:
    page = client.get("/lab/").get_data(as_text=True)
    assert '<a href="/lab/parcels/1Z999AA10123456784">1Z999AA10123456784</a>' in page
    assert "9400100000000000000001" in page
    assert client.get("/lab/parcels/1Z999AA10123456784").headers["Location"] == "/juniper/l/token"
    assert client.get("/lab/parcels/9400100000000000000001").status_code == 404


def test_an_empty_mailbox_says_what_to_do(client: FlaskClient) -> None:
    assert "Nothing yet" in client.get("/mail/").get_data(as_text=True)


def test_a_received_message_is_listed_and_shown_with_both_its_parts(
    client: FlaskClient, keep: Callable[[bytes], int]
) -> None:
    number = keep(raw())
    assert f'href="/mail/{number}"' in client.get("/mail/").get_data(as_text=True)
    page = unescape(client.get(f"/mail/{number}").get_data(as_text=True))
    for word in ("Your order J-1001 is on its way", "orders@juniper.example", "Follow my parcel:", "auto-generated"):
        assert word in page
    assert f'src="/mail/{number}/page"' in page
    assert client.get(f"/mail/{number}/source").get_data() == as_kept(client, number)


def as_kept(client: FlaskClient, number: int) -> bytes:
    state = client.application.extensions["doorstep"]
    kept: bytes = state.demo.message(number)
    return kept


def test_a_message_is_framed_where_it_can_do_nothing(client: FlaskClient, keep: Callable[[bytes], int]) -> None:
    number = keep(raw())
    page, message = client.get(f"/mail/{number}"), client.get(f"/mail/{number}/page")
    policy = message.headers["Content-Security-Policy"]
    for rule in ("sandbox allow-popups", "default-src 'none'", "frame-ancestors 'self'", "form-action 'none'"):
        assert rule in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert message.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


def test_a_label_can_be_downloaded_and_its_code_is_seen_in_the_message(
    client: FlaskClient, keep: Callable[[bytes], int]
) -> None:
    number = keep(raw("return_label_ready"))
    assert "return-label-RMA-7K2M.pdf" in client.get(f"/mail/{number}").get_data(as_text=True)
    part = client.get(f"/mail/{number}/parts/0")
    assert (part.mimetype, part.get_data()) == ("application/pdf", b"%PDF-1.4 label")
    assert part.headers["Content-Disposition"].startswith("attachment")
    assert "data:image/png;base64," in client.get(f"/mail/{number}/page").get_data(as_text=True)


@pytest.mark.parametrize(
    "path", ["/mail/77", "/mail/77/page", "/mail/77/source", "/mail/77/parts/0", "/mail/1/parts/9"]
)
def test_what_is_not_there_is_a_plain_404(path: str, client: FlaskClient, keep: Callable[[bytes], int]) -> None:
    keep(raw())
    assert client.get(path).status_code == 404


def test_a_broken_message_does_not_break_the_viewer(client: FlaskClient, keep: Callable[[bytes], int]) -> None:
    for broken in (
        b"",
        b"\xff\xfe\r\n\r\n\x00",
        b"Content-Type: text/html; charset=nonsense\r\n\r\n<script>1</script>",
    ):
        number = keep(broken)
        assert client.get(f"/mail/{number}").status_code == 200
        assert client.get(f"/mail/{number}/page").status_code == 200


def test_words_of_a_message_are_shown_as_words(client: FlaskClient, keep: Callable[[bytes], int]) -> None:
    number = keep(b"Subject: <script>alert(1)</script>\r\nFrom: <b>x</b>\r\n\r\n<img src=x>\r\n")
    for path in ("/mail/", f"/mail/{number}"):
        page = client.get(path).get_data(as_text=True)
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_a_sample_without_a_link_is_no_dead_link(app: Flask, client: FlaskClient) -> None:
    demo = app.extensions["doorstep"].demo
    bare = replace(demo.samples()[0], link="")
    app.extensions["doorstep"] = replace(app.extensions["doorstep"], demo=replace(demo, samples=lambda: [bare]))
    page = client.get("/").get_data(as_text=True)
    assert 'href=""' not in page
    assert "J-1001" in page
