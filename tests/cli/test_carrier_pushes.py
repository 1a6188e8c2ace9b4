"""`portal carriers pushes`, as an operator types it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from carriers.registry import all_adapters
from portal.app import create_app
from portal.cli.carrier_pushes import _AT_THE_CARRIER
from portal.cli.serve import WebServer
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.messages import InboxDelivery
from portal.db.tables.pushes import PushEndpoint
from portal.db.tables.staff import AuditRow
from portal.settings import load
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.keyring import Keyring
from portal.usecases.pushes.inbox import work_inbox
from portal.usecases.pushes.receive import Outcome, receive
from tests.cli.support import Commands
from tests.support.factory import Factory
from tests.support.pushes import SECRET, Hook, PushCarriers, body_of, hook_for, ups_event

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NUMBER = "1Z999AA10123456784"


@pytest.fixture
def carriers() -> PushCarriers:
    return PushCarriers()


@pytest.fixture
def hook(deps: Deps) -> Hook:
    return hook_for(deps, "ups")


def take(deps: Deps, hook: Hook, body: bytes) -> None:
    assert receive(deps, hook.endpoint.carrier, hook.token, hook.push(body)) is Outcome.TAKEN


def test_an_address_is_made_and_shown_once(commands: Commands, deps: Deps, shop: ShopRef) -> None:
    said = commands.say("carriers", "pushes", "add", "ups", "--shop", "juniper")
    lines = [line.strip() for line in said.splitlines()]
    address = next(line for line in lines if line.startswith("https://portal.example/hooks/ups/"))
    secret = lines[lines.index("Secret, shown only now:") + 1]
    assert "credential" in said
    listed = commands.say("carriers", "pushes", "list")
    assert "juniper" in listed
    assert "no push yet" in listed
    assert address.rpartition("/")[2] not in listed
    push = Hook(None, secret).push  # type: ignore[arg-type]
    headers = {"credential": secret}
    assert receive(deps, "ups", address.rpartition("/")[2], push(b"{}", headers=headers)) is Outcome.TAKEN
    with deps.sessions.read_system() as session:
        rows = session.scalars(select(AuditRow)).all()
    assert [(r.actor, r.action, r.shop_id) for r in rows] == [("cli", "push_address_made", shop.id)]
    assert secret not in repr([(r.subject, r.details) for r in rows])


def test_what_to_enter_is_said_of_carriers_that_push(database_url: str) -> None:
    assert set(_AT_THE_CARRIER) <= {code for code, adapter in all_adapters().items() if adapter.info.push}


@pytest.mark.parametrize("code", sorted(code for code, adapter in all_adapters().items() if adapter.info.push))
def test_every_carrier_that_pushes_gets_an_address(commands: Commands, code: str) -> None:
    said = commands.say("carriers", "pushes", "add", code)
    assert f"/hooks/{code}/" in said
    assert ("Secret, shown only now" in said) == (code in ("ups", "easypost"))


def test_a_secret_comes_from_standard_input_and_is_not_printed(commands: Commands, deps: Deps) -> None:
    said = commands.say("carriers", "pushes", "add", "aftership", "--secret-from-stdin", stdin=f"{SECRET}\n")
    assert SECRET not in said
    assert commands.json("carriers", "pushes", "list")[0]["proof"] == "signature"
    assert "no secret" in commands.refuse("carriers", "pushes", "add", "aftership", "--secret-from-stdin")
    said = commands.say("carriers", "pushes", "secret", 1, "--secret-from-stdin", stdin="another\n")
    assert "24 hours" in said


def test_who_asks_for_what_is_not_there_is_told_so(commands: Commands, deps: Deps) -> None:
    assert "sends no pushes" in commands.refuse("carriers", "pushes", "add", "fedex")
    assert "nosuch" in commands.refuse("carriers", "pushes", "add", "ups", "--shop", "nosuch")
    for command in ("remove", "test", "last"):
        assert "9" in commands.refuse("carriers", "pushes", command, 9)
    assert "no address" in commands.say("carriers", "pushes", "list")


def test_a_removed_address_is_gone(commands: Commands, deps: Deps, hook: Hook) -> None:
    commands.say("carriers", "pushes", "remove", hook.endpoint.id)
    assert receive(deps, "ups", hook.token, hook.push(b"{}")) is Outcome.NOWHERE
    assert "no address" in commands.say("carriers", "pushes", "list")


def test_the_list_says_how_each_address_is_doing(commands: Commands, deps: Deps, hook: Hook, make: Factory) -> None:
    make.shipment(tracking_number=NUMBER)
    take(deps, hook, body_of(ups_event(NUMBER)))
    take(deps, hook, body_of(ups_event("1Z0000000000000000")))
    take(deps, hook, b"<html>")
    work_inbox(deps)
    take(deps, hook, b"later")
    receive(deps, "ups", hook.token, hook.push(b"x", headers={}))
    said = commands.say("carriers", "pushes", "list")
    assert "3 pushes, the last 2026-11-18 12:00 UTC" in said
    assert "1 waiting, 1 without a parcel, 1 unreadable" in said
    assert "1 refused, 1 of them today" in said
    with deps.sessions.write_system() as session:
        row = session.scalars(select(PushEndpoint)).one()
        row.silent_since, row.subscribe_error = deps.clock(), "auth"
    said = commands.say("carriers", "pushes", "list")
    assert "SILENT since 2026-11-18 12:00 UTC" in said
    assert "subscribing fails: auth" in said


def test_the_newest_push_is_shown_as_it_came(commands: Commands, deps: Deps, hook: Hook) -> None:
    take(deps, hook, b"first")
    take(deps, hook, b"\x00second\xff")
    result = commands.run("carriers", "pushes", "last", hook.endpoint.id)
    assert result.stdout_bytes == b"\x00second\xff"


def test_unreadable_pushes_are_tried_again_on_demand(
    commands: Commands, deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.shipment(tracking_number=NUMBER)
    with monkeypatch.context() as broken:
        broken.setattr(carriers, "parse", lambda *args, **options: 1 / 0)
        take(deps, hook, body_of(ups_event(NUMBER)))
        work_inbox(deps)
    assert "reads again: 0" in commands.say("carriers", "pushes", "retry", "dhl_unified")
    assert "reads again: 1" in commands.say("carriers", "pushes", "retry")
    work_inbox(deps)
    with deps.sessions.read_system() as session:
        assert session.scalars(select(InboxDelivery.state)).all() == ["processed"]


def test_kept_pushes_are_read_again_with_todays_tables(
    commands: Commands, deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.shipment(tracking_number=NUMBER)
    take(deps, hook, body_of(ups_event(NUMBER)))
    real = carriers.parse

    def without_table(*args: object, **options: object) -> list[object]:
        (result,) = real(*args, **options)  # type: ignore[arg-type]
        scans = tuple(replace(scan, status=None, substatus=None) for scan in result.checkpoints)
        return [replace(result, checkpoints=scans)]

    with monkeypatch.context() as former:
        former.setattr(carriers, "parse", without_table)
        work_inbox(deps)
    said = commands.say("carriers", "pushes", "replay", "ups", "--since", "2026-11-01")
    assert said == "Pushes read again: 1, unreadable: 0, parcels changed: 1.\n"
    with deps.sessions.read_system() as session:
        assert session.scalars(select(CheckpointRow.status)).all() == ["out_for_delivery"]
    assert "parcels changed: 0" in commands.say("carriers", "pushes", "replay", "ups")
    assert "Pushes read again: 0" in commands.say("carriers", "pushes", "replay", "ups", "--since", "2026-12-01")


def test_secrets_of_addresses_are_sealed_anew_with_the_others(commands: Commands, deps: Deps, hook: Hook) -> None:
    old = deps.keyring
    both = Keyring([b"a new secret, long enough for a key too", deps.secret])
    newer = Commands(replace(deps, keyring=both), commands.settings)
    assert "Sealed anew: 1" in newer.say("carriers", "rekey")
    assert "Sealed anew: 0" in newer.say("carriers", "rekey")
    new_only = replace(deps, keyring=Keyring([b"a new secret, long enough for a key too"]))
    assert receive(new_only, "ups", hook.token, hook.push(b"{}")) is Outcome.TAKEN
    assert receive(replace(deps, keyring=old), "ups", hook.token, hook.push(b"{}")) is Outcome.NOT_NOW


@pytest.fixture
def served(deps: Deps, database_url: str) -> Iterator[Commands]:
    """The same installation at an address of its own."""
    settings = load(database_url=database_url, public_url="http://127.0.0.1:1", _env_file=None)
    server = WebServer(create_app(deps, settings), "127.0.0.1", 0, 2)
    server.start()
    yield Commands(replace(deps, public_url=server.url), settings)
    server.stop()


@pytest.mark.parametrize("code", ["ups", "dhl_unified"])
def test_an_address_is_tried_by_its_public_way(served: Commands, deps: Deps, code: str) -> None:
    made = hook_for(deps, code, secret=SECRET if code == "ups" else "").endpoint
    assert "answers as it should" in served.say("carriers", "pushes", "test", made.id)
    with deps.sessions.read_system() as session:
        assert session.scalars(select(InboxDelivery)).all() == []
    lost = Commands(replace(served.deps, public_url=served.deps.public_url + "/elsewhere"), served.settings)
    result = lost.run("carriers", "pushes", "test", made.id)
    assert (result.exit_code, "Something else answers" in result.output) == (1, True)
    gone = Commands(replace(served.deps, public_url="http://127.0.0.1:9"), served.settings)
    result = gone.run("carriers", "pushes", "test", made.id)
    assert (result.exit_code, "Nothing answers" in result.output) == (1, True)
