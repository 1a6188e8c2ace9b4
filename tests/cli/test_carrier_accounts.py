"""`portal carriers accounts`, `check`, `rekey`, `replay`, `held` and `unmapped`, as an operator types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.clock import VirtualClock
from carriers.lab.server import Lab
from carriers.lab.world import World
from carriers.model import Status
from portal.bootstrap.carriers import CarrierBook, EnvironmentAccounts
from portal.cli import wiring
from portal.settings import load
from portal.usecases.carriers.stored import StoredAccounts
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.tracking.poll import poll_due
from tests.cli.support import Commands
from tests.support.doubles import NOON, Clock, FakeCarriers
from tests.support.factory import Factory
from tests.usecases.tracking.test_poll import moving, scan
from tests.usecases.tracking.test_unmapped import parcel_with, strange

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CANARY = "canary-9b7e21"
LINES = f"client_id={CANARY}\nclient_secret={CANARY}\n"


@pytest.fixture
def lab() -> Iterator[Lab]:
    start = NOON - timedelta(days=2)
    with Lab(World(7, start), VirtualClock(lambda: start, start)) as running:
        yield running


@pytest.fixture
def real(commands: Commands, deps: Deps) -> Commands:
    book = CarrierBook(EnvironmentAccounts(), StoredAccounts(deps.sessions, deps.keyring), secret=deps.secret)
    return Commands(replace(deps, carriers=book), commands.settings)


def typed(credentials: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in credentials.items())


@on_sqlite
def test_an_account_is_added_checked_paused_resumed_and_removed(real: Commands, shop: ShopRef, lab: Lab) -> None:
    add = ("carriers", "accounts", "add", "ups", "--shop", "juniper", "--base-url", lab.base_url("ups"), "--stdin")
    said = real.say(*add, stdin=typed(LAB_CREDENTIALS["ups"]))
    assert said == "Kept account 1 for UPS. Try it: portal carriers check ups --shop juniper\n"
    checked = real.run("carriers", "check", "ups", "--shop", "juniper")
    assert (checked.exit_code, checked.output) == (0, "ups: lets us in (account 1)\n")
    assert "no account" in real.refuse("carriers", "check", "ups")  # the installation has none
    real.say("carriers", "accounts", "pause", 1)
    assert "paused (staff)" in real.say("carriers", "accounts", "list")
    real.say("carriers", "accounts", "resume", 1)
    real.say("carriers", "accounts", "change", 1, "--calls-per-day", 250)
    (row,) = real.json("carriers", "accounts", "list")
    assert (row["key"], row["shop_name"], row["state"], row["calls_per_day"]) == ("1", "Juniper", "active", 250)
    real.say("carriers", "accounts", "remove", 1)
    assert "no account yet" in real.say("carriers", "accounts", "list")


@on_sqlite
def test_wrong_credentials_fail_the_check_with_one_line_and_exit_code_1(real: Commands, lab: Lab) -> None:
    real.say("carriers", "accounts", "add", "ups", "--base-url", lab.base_url("ups"), "--stdin", stdin=LINES)
    checked = real.run("carriers", "check", "ups")
    assert (checked.exit_code, checked.output.count("\n")) == (1, 1)
    assert checked.output.startswith("ups: auth: ")
    renewed = typed(LAB_CREDENTIALS["ups"])
    real.say("carriers", "accounts", "change", 1, "--stdin", stdin=renewed)
    assert real.run("carriers", "check", "ups").exit_code == 0


@on_sqlite
def test_credentials_are_asked_for_unseen_and_never_shown(real: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = real.say(
        "carriers", "accounts", "add", "ups", "--base-url", "http://127.0.0.1:1", stdin=f"{CANARY}\n{CANARY}\n"
    )
    monkeypatch.setenv("PORTAL_CARRIER_FEDEX_CLIENT_ID", CANARY)
    monkeypatch.setenv("PORTAL_CARRIER_FEDEX_CLIENT_SECRET", CANARY)
    seen += real.say("carriers", "accounts", "add", "fedex", "--from-env")
    seen += real.say("carriers", "accounts", "list") + json.dumps(real.json("carriers", "accounts", "list"))
    for refused in (
        real.run("carriers", "check", "ups"),
        real.run("carriers", "accounts", "add", "ups", "--stdin", stdin=LINES),
        real.run("carriers", "accounts", "add", "usps", "--stdin", stdin=f"client_id={CANARY}\n"),
        real.run("carriers", "accounts", "add", "usps", "--stdin", stdin=f"{CANARY}\n"),
    ):
        assert refused.exit_code != 0
        seen += refused.output + str(refused.exception)
    assert CANARY not in seen


@on_sqlite
def test_no_command_knows_a_carrier_that_is_none(real: Commands) -> None:
    assert "No carrier has this code" in real.refuse("carriers", "check", "pigeon")
    assert "No carrier has this code" in real.refuse("carriers", "accounts", "add", "pigeon", "--stdin")
    assert "There is no such account" in real.refuse("carriers", "accounts", "pause", "77")


@on_sqlite
def test_rekey_says_how_many_were_sealed_anew(real: Commands) -> None:
    real.say("carriers", "accounts", "add", "ups", "--stdin", stdin=LINES)
    assert real.say("carriers", "rekey").startswith("Sealed anew: 0.")


@on_sqlite
def test_a_carrier_with_an_account_in_the_database_is_configured(
    real: Commands, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert "ups" not in wiring._configured()
    real.say("carriers", "accounts", "add", "ups", "--stdin", stdin=LINES)
    assert "ups" in wiring._configured()
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/portal.sqlite3")
    assert "ups" not in wiring._configured()
    assert load().database_url == "sqlite:////nowhere/portal.sqlite3"


@on_sqlite
def test_kept_answers_are_read_again(commands: Commands, make: Factory, carriers: FakeCarriers) -> None:
    parcel = make.shipment()
    carriers.results[parcel.tracking_number] = moving(parcel.tracking_number, scan(5, Status.IN_TRANSIT))
    poll_due(commands.deps)
    dry = commands.say("carriers", "replay", "--carrier", "ups", "--since", "2026-11-18", "--dry-run")
    assert dry == "1 answers about 1 parcels; 0 parcels change\n"
    assert commands.say("carriers", "replay", "--shipment", parcel.id) == "1 answers about 1 parcels; 0 changed\n"


@on_sqlite
def test_held_answers_are_listed_and_decided_on(
    commands: Commands, make: Factory, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.guarded = True
    parcels = [make.shipment() for _ in range(8)]
    for status in (Status.IN_TRANSIT, Status.DELIVERED):
        for parcel in parcels:
            carriers.results[parcel.tracking_number] = moving(
                parcel.tracking_number, scan(5, status, status.value), status=status
            )
        poll_due(commands.deps)
        clock.advance(hours=5)
    assert "8 of 8 open parcels would end" in commands.say("carriers", "held", "list")
    assert commands.say("carriers", "held", "release", 1) == "8 parcels changed\n"
    assert "decided on these answers already" in commands.refuse("carriers", "held", "discard", 1)
    assert commands.say("carriers", "held", "list") == "No answers wait for a person.\n"


@on_sqlite
def test_an_unknown_code_is_listed_mapped_exported_and_undone(
    commands: Commands, make: Factory, carriers: FakeCarriers
) -> None:
    parcel_with(make, carriers, scan(9, Status.IN_TRANSIT), strange(3, text="Your parcel was damaged"))
    poll_due(commands.deps)
    assert "→ Exception_012?" in commands.say("carriers", "unmapped", "list")
    (row,) = commands.json("carriers", "unmapped", "list", "--carrier", "ups")
    assert (row["code"], row["count"], row["suggestion"]) == ("ZZ", 1, "Exception_012")
    said = commands.say("carriers", "unmapped", "map", row["id"], "Exception_012")
    assert said == "Mapping 1 is in force; 1 parcels were corrected.\n"
    assert commands.say("carriers", "unmapped", "export") == '# carriers/adapters/ups\n"Exception_012": "ZZ",\n'
    assert "ZZ → Exception_012  (cli)" in commands.say("carriers", "unmapped", "mappings")
    assert commands.say("carriers", "unmapped", "undo", 1) == "Undone; 1 parcels were corrected.\n"
    commands.say("carriers", "unmapped", "ignore", row["id"])
    assert commands.say("carriers", "unmapped", "list") == "The inbox is empty.\n"
    assert commands.run("carriers", "unmapped", "map", row["id"], "Nonsense").exit_code == 2


@on_sqlite
def test_the_doctor_knows_the_accounts_of_the_database(
    real: Commands, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.cli.doctor.at_head", lambda engine: True)
    (tmp_path / "carriers.toml").write_text("[ups]\n")
    secret = SecretStr(real.deps.secret.decode())
    commands = Commands(real.deps, load(database_url=database_url, config_dir=tmp_path, secret_key=secret, smtp_port=1))

    def states(commands: Commands) -> dict[str, tuple[str, str]]:
        found = json.loads(commands.run("doctor", "--json").output)["checks"]
        return {check["name"]: (check["state"], check["message"]) for check in found}

    assert states(commands)["carriers"] == ("warn", "no carrier is configured")
    real.say("carriers", "accounts", "add", "ups", "--stdin", stdin=LINES)
    found = states(commands)
    assert (found["account 1"], found["carrier ups"][0], "carriers" in found) == (("ok", "ups, UPS"), "ok", False)
    real.say("carriers", "accounts", "pause", 1)
    assert states(commands)["account 1"] == ("warn", "ups: paused, staff paused it")
    real.say("carriers", "accounts", "resume", 1)
    other = SecretStr("another secret, and the former one is lost")
    lost = Commands(real.deps, load(database_url=database_url, config_dir=tmp_path, secret_key=other, smtp_port=1))
    state, message = states(lost)["account 1"]
    assert (state, "PORTAL_KEYRING" in message, CANARY in message) == ("fail", True, False)
