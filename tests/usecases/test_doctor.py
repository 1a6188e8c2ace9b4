"""The doctor's checks: how things stand, and what to do about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from portal.db.session import Sessions
from portal.db.tables.operations import JobHeartbeat
from portal.db.tables.shops import ShopConfigVersion
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.doctor import (
    Check,
    SettingsFacts,
    check_carriers,
    check_database,
    check_jobs,
    check_mail,
    check_settings,
    check_shops,
)
from tests.support.factory import shop_document

KNOWN = {"ups": ("client_id", "client_secret"), "usps": ("client_id",)}
GOOD = SettingsFacts("production", False, 48, "https://portal.example", "")


def states(checks: Any) -> list[tuple[str, str]]:
    return [(check.name, check.state) for check in checks]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (GOOD, [("settings", "ok"), ("secret", "ok")]),
        (
            SettingsFacts("production", True, 33, "https://portal.example", "SECRET_KEY is missing"),
            [("settings", "fail"), ("secret", "fail")],
        ),
        (SettingsFacts("development", True, 33, "", ""), [("settings", "ok"), ("secret", "warn"), ("address", "warn")]),
        (SettingsFacts("demo", False, 8, "", ""), [("settings", "ok"), ("secret", "warn")]),
    ],
)
def test_the_settings_are_judged_without_seeing_the_secret(
    facts: SettingsFacts, expected: list[tuple[str, str]]
) -> None:
    assert states(check_settings(facts)) == expected


def test_a_database_that_works_is_said_to(deps: Deps) -> None:
    found = {check.name: check for check in check_database(deps.sessions, lambda: True)}
    assert found["database"].state == found["migrations"].state == "ok"
    assert ("sqlite" in found) == (deps.sessions.engine.dialect.name == "sqlite")
    behind = {check.name: check for check in check_database(deps.sessions, lambda: False)}
    assert (behind["migrations"].state, behind["migrations"].remedy) == ("fail", "Run `portal db upgrade`.")


def test_a_database_that_cannot_be_reached_says_what_to_check(sessions: Sessions) -> None:
    def broken() -> bool:
        raise OperationalError("SELECT 1", {}, Exception("refused"))

    last = list(check_database(sessions, broken))[-1]
    assert (last.name, last.state) == ("database", "fail")
    assert "DATABASE_URL" in last.remedy


def test_each_named_carrier_is_known_configured_and_asked() -> None:
    asked: list[str] = []

    def call(code: str) -> str:
        asked.append(code)
        return "auth: refused"

    found = list(check_carriers(KNOWN, ["ups", "usps", "pigeon"], ["ups"], call))
    assert states(found) == [("carrier ups", "fail"), ("carrier usps", "warn"), ("carrier pigeon", "fail")]
    assert found[1].remedy == "Set PORTAL_CARRIER_USPS_CLIENT_ID."
    assert "ups, usps" in found[2].remedy
    assert asked == ["ups"]


def test_without_the_online_option_nobody_is_asked_and_no_carrier_at_all_is_a_warning() -> None:
    assert states(check_carriers(KNOWN, ["ups"], ["ups"])) == [("carrier ups", "ok")]
    assert states(check_carriers(KNOWN, [], [])) == [("carriers", "warn")]


def test_mail_fails_with_its_reason() -> None:
    assert check_mail("mx:25", lambda: "") == Check("mail", "ok", "mx:25 takes messages")
    bad = check_mail("mx:25", lambda: "the server refuses the login")
    assert (bad.state, bad.message) == ("fail", "mx:25: the server refuses the login")


def test_a_job_that_stands_still_is_named_with_its_last_error(deps: Deps) -> None:
    ages = {"poll": timedelta(minutes=1), "sweep": timedelta(minutes=1), "outbox": timedelta(minutes=1)}
    assert states(check_jobs(deps.sessions, ages, deps.wall())) == [("jobs", "warn")]
    now = deps.wall()
    with deps.sessions.write_system() as session:
        session.add(JobHeartbeat(job="poll", started_at=now, ok_at=now))
        late = now - timedelta(hours=3)
        session.add(JobHeartbeat(job="sweep", started_at=late, ok_at=late, error="OperationalError"))
    found = list(check_jobs(deps.sessions, ages, now))
    assert states(found) == [("job poll", "ok"), ("job sweep", "warn"), ("job outbox", "warn")]
    assert found[1].message == "did not end well since 2026-11-18 09:00 UTC (OperationalError)"


def test_a_shops_settings_are_read_as_they_are_in_force(deps: Deps, shop: ShopRef) -> None:
    assert states(check_shops(deps.sessions, {"usps"})) == [("shop juniper", "ok")]
    assert states(check_shops(deps.sessions, set())) == [("shop juniper", "warn")]
    pale = shop_document()
    pale["brand"] = {**pale["brand"], "light": {**pale["brand"]["light"], "text": "#eeeeee"}}
    with deps.sessions.write_system() as session:
        session.add(
            ShopConfigVersion(
                shop_id=shop.id, version=2, source="file", document=pale, created_at=deps.clock(), created_by="test"
            )
        )
    found = list(check_shops(deps.sessions, {"usps"}))
    assert states(found) == [("shop juniper", "fail")]
    assert "cannot be read on" in found[0].message
    assert "portal config apply" in found[0].remedy


def test_an_installation_without_shops_is_told_how_to_make_one(deps: Deps) -> None:
    assert states(check_shops(deps.sessions, {"usps"})) == [("shops", "warn")]
