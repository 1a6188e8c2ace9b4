"""The console's door: closed to strangers, slow to guess, and shut behind whoever leaves (reliability: T38, T40, T41)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.usecases.deps import Deps
from portal.usecases.staff import accounts
from portal.usecases.staff.people import StaffUser
from portal.usecases.staff.sign_in import ACCOUNT_TRIES
from tests.support.doubles import Clock, MailBin
from tests.web.staff.conftest import PASSWORD, Browser

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# What a stranger needs to come in. Everything else is closed; a new page is closed until it stands here.
OPEN = {
    "staff.sign_in", "staff.sign_in_now", "staff.sign_out", "staff.forgot", "staff.forgot_now", "staff.password_link",
    "staff.new_password", "staff.new_password_now",
}  # fmt: skip
ADMINS = {"staff.team", "staff.team_add", "staff.team_change", "staff.audit_log", "staff.audit_check"}
ADMINS |= {f"staff.carriers_{what}" for what in ("account", "held", "code", "unmap")}
ADMINS |= {"staff.returns_export", "staff.policy_try", "staff.policy_back", "staff.policy_publish"}


def _routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(endpoint, method, path) of every page of the console, with 1 or a word in place of each variable."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("staff."):
            path = re.sub(r"<int[^>]*:[^>]*>", "1", rule.rule)
            path = re.sub(r"<[^>]*>", "on" if "team" in path else "claim", path)
            for method in (rule.methods or set()) & {"GET", "POST"}:
                yield rule.endpoint, method, path


def test_every_page_is_closed_to_a_stranger(app: Flask, stranger: Browser) -> None:
    checked = 0
    for endpoint, method, path in _routes(app):
        if endpoint in OPEN:
            continue
        answer = stranger.get(path) if method == "GET" else stranger.post(path)
        assert (endpoint, answer.status_code) == (endpoint, 303)
        assert answer.headers["Location"].startswith("/staff/sign-in")
        assert PASSWORD not in answer.text
        checked += 1
    assert checked >= 15


def test_an_agent_is_refused_what_is_for_administrators(app: Flask, browser: Browser) -> None:
    for endpoint, method, path in _routes(app):
        if endpoint in OPEN:
            continue
        answer = browser.get(path) if method == "GET" else browser.post(path)
        assert (answer.status_code == 403) == (endpoint in ADMINS), endpoint
        if answer.status_code == 303:  # the password form signs out
            assert "sign-in" not in answer.headers["Location"]


def test_no_form_works_without_its_token_or_from_another_site(app: Flask, browser: Browser) -> None:
    posts = [path for _, method, path in _routes(app) if method == "POST"]
    assert len(posts) > 10
    for path in posts:
        assert browser.client.post(path, data={}).status_code in (400, 403), path
        foreign = browser.client.post(path, data={}, headers={"Origin": "https://evil.example"})
        assert foreign.status_code in (400, 403), path


def test_nothing_of_the_console_is_kept_by_browsers_or_framed(app: Flask, browser: Browser) -> None:
    answer = browser.get("/staff/")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_who_signs_in_comes_where_they_wanted_to_go(stranger: Browser, noor: StaffUser) -> None:
    asked = stranger.get("/staff/returns?state=to_pay")
    onward = asked.headers["Location"]
    page = stranger.get(onward)
    assert 'value="/staff/returns?state=to_pay"' in page.text
    answer = stranger.sign_in(noor.email, next="/staff/returns?state=to_pay")
    assert answer.headers["Location"] == "/staff/returns?state=to_pay"


@pytest.mark.parametrize(
    "away", ["https://evil.example/staff/", "//evil.example/staff/", "/staff/\\evil", "/elsewhere", "/staff/../x", "javascript:1", "//["]
)  # fmt: skip
def test_nobody_is_led_elsewhere(stranger: Browser, noor: StaffUser, away: str) -> None:
    assert stranger.get("/staff/sign-in", query_string={"next": away}).status_code == 200
    answer = stranger.sign_in(noor.email, next=away)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/")


def test_a_wrong_password_says_no_more_than_an_unknown_account(stranger: Browser, noor: StaffUser) -> None:
    wrong, unknown = stranger.sign_in(noor.email, "wrong"), stranger.sign_in("no@staff.example", "wrong")
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    strip = re.compile(r'value="[^"]*"')
    assert strip.sub("", wrong.text) == strip.sub("", unknown.text)
    assert "is not right" in wrong.text


def test_guessing_ends_in_a_wait(stranger: Browser, noor: StaffUser) -> None:
    for _ in range(ACCOUNT_TRIES):
        stranger.sign_in(noor.email, "wrong")
    answer = stranger.sign_in(noor.email)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "minute" in answer.text


def test_signing_out_ends_a_copied_cookie_too(browser: Browser, visit: Callable[[], FlaskClient]) -> None:
    name = browser.client.application.config["SESSION_COOKIE_NAME"]
    cookie = browser.client.get_cookie(name)
    assert cookie is not None
    thief = visit()
    thief.set_cookie(name, cookie.value)
    assert thief.get("/staff/").status_code == 200
    assert browser.post("/staff/sign-out").status_code == 303
    assert thief.get("/staff/").status_code == 303
    assert browser.get("/staff/").status_code == 303


def test_whoever_is_switched_off_is_out_at_the_next_click(browser: Browser, admin: Browser, noor: StaffUser) -> None:
    assert browser.get("/staff/").status_code == 200
    assert admin.post(f"/staff/team/{noor.id}/off", "/staff/team").status_code == 303
    assert browser.get("/staff/").status_code == 303


def test_an_idle_session_ends(browser: Browser, clock: Clock) -> None:
    clock.advance(hours=8)
    assert browser.get("/staff/").status_code == 303


def test_the_forgotten_password_page_tells_nobody_who_has_an_account(
    stranger: Browser, noor: StaffUser, mail: MailBin
) -> None:
    known = stranger.post("/staff/forgot", email=noor.email)
    unknown = stranger.post("/staff/forgot", email="no@staff.example")
    assert (known.status_code, known.text) == (200, unknown.text)
    assert [m["To"] for m in mail.sent] == ["Noor <noor@staff.example>"]


def test_a_mail_server_that_is_down_shows_nothing_either(stranger: Browser, noor: StaffUser, mail: MailBin) -> None:
    mail.error = RuntimeError("no connection")
    known = stranger.post("/staff/forgot", email=noor.email)
    assert (known.status_code, known.text) == (200, stranger.post("/staff/forgot", email="no@staff.example").text)


def test_the_mailed_link_sets_a_password_once_and_leaves_the_address(
    stranger: Browser, noor: StaffUser, mail: MailBin
) -> None:
    stranger.post("/staff/forgot", email=noor.email)
    body = mail.sent[0].get_body(("plain",))
    assert body is not None
    found = re.search(r"https://portal\.example(/staff/password/\S+)", body.get_content())
    assert found
    answer = stranger.get(found.group(1))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/staff/password")
    fields = {"password": "lantern gravel mint 4", "password_again": "lantern gravel mint 4"}
    unlike = stranger.post("/staff/password", "/staff/password", **(fields | {"password_again": "x"}))
    assert (unlike.status_code, "not the same" in unlike.text) == (422, True)
    assert stranger.post("/staff/password", "/staff/password", **fields).status_code == 303
    assert stranger.sign_in(noor.email, "lantern gravel mint 4").status_code == 303
    stranger.get(found.group(1))
    assert stranger.get("/staff/password").status_code == 422


def test_a_new_password_from_the_account_page_ends_this_session(browser: Browser) -> None:
    fields = {"password": PASSWORD, "new_password": "lantern gravel mint 4", "password_again": "lantern gravel mint 4"}
    wrong = browser.post("/staff/account/password", "/staff/account", **(fields | {"password": "wrong"}))
    assert (wrong.status_code, "current password is not right" in wrong.text) == (422, True)
    assert browser.post("/staff/account/password", "/staff/account", **fields).status_code == 303
    assert browser.get("/staff/").status_code == 303


def test_the_team_page_makes_accounts_and_keeps_the_last_administrator(
    deps: Deps, admin: Browser, mira: StaffUser
) -> None:
    made = {"name": "Lea", "email": "lea@staff.example", "role": "agent", "password": "gravel mint lantern"}
    short = admin.post("/staff/team", "/staff/team", **(made | {"password": "short"}))
    assert (short.status_code, 'value="Lea"' in short.text, "short" in short.text) == (422, True, False)
    assert admin.post("/staff/team", "/staff/team", **made).status_code == 303
    assert "Lea has an account now." in admin.get("/staff/team").text
    again = admin.post("/staff/team", "/staff/team", **made)
    assert (again.status_code, "already" in again.text) == (409, True)
    last = admin.post(f"/staff/team/{mira.id}/off", "/staff/team")
    assert (last.status_code, "last administrator" in last.text) == (409, True)
    assert {u.name: u.active for u in accounts.list_staff(deps)} == {"Mira": True, "Lea": True}


def test_the_audit_log_shows_who_did_what_and_checks_its_chain(admin: Browser) -> None:
    page = admin.get("/staff/audit").text
    assert "Signed in" in page
    assert "Mira" in page
    assert "The chain is intact" in admin.post("/staff/audit/check", "/staff/audit").text


def test_language_and_time_zone_are_kept(deps: Deps, browser: Browser) -> None:
    browser.post("/staff/account", "/staff/account", locale="en", timezone="Asia/Tokyo")
    assert accounts.list_staff(deps)[0].timezone == "Asia/Tokyo"
    bad = browser.post("/staff/account", "/staff/account", locale="xx", timezone="")
    assert bad.status_code == 422
