"""A forgotten password: one link, half an hour, one use, and no word on who has an account."""

from __future__ import annotations

import re

import pytest

from portal.errors import InvalidInput, TooManyAttempts
from portal.usecases.deps import Deps
from portal.usecases.staff import accounts, password_reset
from portal.usecases.staff.people import StaffUser
from portal.usecases.staff.sign_in import resume, sign_in
from tests.support.doubles import Clock, MailBin

PASSWORD = "river tin orchard 9"
NEW = "lantern gravel mint 4"
HERE = "192.0.2.7"


@pytest.fixture
def ada(deps: Deps) -> StaffUser:
    return accounts.create_staff(deps, "ada@staff.example", "Ada", "agent", PASSWORD)


def _link(mail: MailBin) -> str:
    body = mail.sent[-1].get_body(("plain",))
    assert body is not None
    found = re.search(r"https://portal\.example/staff/password/(\S+)", body.get_content())
    assert found
    return found.group(1)


def test_the_link_sets_a_new_password_and_ends_all_sessions(deps: Deps, ada: StaffUser, mail: MailBin) -> None:
    _, token = sign_in(deps, ada.email, PASSWORD, address=HERE)
    assert password_reset.send_reset(deps, " ADA@staff.example")
    password_reset.reset_password(deps, _link(mail), NEW)
    assert resume(deps, token) is None
    assert sign_in(deps, ada.email, NEW, address=HERE)[0].id == ada.id
    with pytest.raises(InvalidInput):
        sign_in(deps, ada.email, PASSWORD, address=HERE)


def test_the_link_works_once(deps: Deps, ada: StaffUser, mail: MailBin) -> None:
    password_reset.send_reset(deps, ada.email)
    link = _link(mail)
    password_reset.reset_password(deps, link, NEW)
    with pytest.raises(InvalidInput):
        password_reset.reset_password(deps, link, "yet another long one")


def test_the_link_dies_after_half_an_hour(deps: Deps, ada: StaffUser, mail: MailBin, clock: Clock) -> None:
    password_reset.send_reset(deps, ada.email)
    link = _link(mail)
    clock.advance(minutes=29)
    assert password_reset.check_token(deps, link) == ada.id
    clock.advance(minutes=1)
    with pytest.raises(InvalidInput):
        password_reset.check_token(deps, link)


def test_a_forged_link_is_refused_like_a_dead_one(deps: Deps, ada: StaffUser, mail: MailBin) -> None:
    password_reset.send_reset(deps, ada.email)
    link = _link(mail)
    for forged in ("", "x", link[:-2] + ("AA" if not link.endswith("AA") else "BB"), link[1:]):
        with pytest.raises(InvalidInput, match="expired"):
            password_reset.check_token(deps, forged)


def test_a_weak_password_is_refused_and_the_link_stays_good(deps: Deps, ada: StaffUser, mail: MailBin) -> None:
    password_reset.send_reset(deps, ada.email)
    with pytest.raises(InvalidInput):
        password_reset.reset_password(deps, _link(mail), "short")
    password_reset.reset_password(deps, _link(mail), NEW)


def test_nobody_and_those_switched_off_get_no_mail(deps: Deps, ada: StaffUser, mail: MailBin) -> None:
    accounts.set_active(deps, ada.id, False, actor="cli")
    assert not password_reset.send_reset(deps, ada.email)
    assert not password_reset.send_reset(deps, "nobody@staff.example")
    assert mail.sent == []


def test_an_account_gets_few_mails_an_hour_and_nobody_is_told(deps: Deps, ada: StaffUser) -> None:
    allowed = [password_reset.check_budget(deps, ada.email, address=HERE) for _ in range(5)]
    assert allowed == [True, True, True, False, False]
    unknown = [password_reset.check_budget(deps, "no@staff.example", address=HERE) for _ in range(5)]
    assert unknown == allowed


def test_one_place_cannot_ask_without_end(deps: Deps) -> None:
    for n in range(password_reset.ADDRESS_MAILS):
        password_reset.check_budget(deps, f"a{n}@x.example", address=HERE)
    with pytest.raises(TooManyAttempts):
        password_reset.check_budget(deps, "b@x.example", address=HERE)


def test_the_mail_has_both_parts_and_says_what_to_do_when_it_was_not_you(
    deps: Deps, ada: StaffUser, mail: MailBin
) -> None:
    password_reset.send_reset(deps, ada.email)
    message = mail.sent[0]
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "your password stays as it is" in plain.get_content()
    assert "/staff/password/" in html.get_content()
    assert message["To"] == "Ada <ada@staff.example>"
