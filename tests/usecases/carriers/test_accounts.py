"""Accounts in the database: kept sealed, found by shop, paused, taken away; their secrets are seen nowhere."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from carriers.base import Account
from carriers.errors import ErrorKind
from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.server import Lab
from portal.bootstrap.carriers import EnvironmentAccounts
from portal.db.tables.carrier_accounts import AccountState, CarrierAccount
from portal.db.tables.staff import AuditRow
from portal.domain.carrier_accounts import choose
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.carriers.accounts import (
    Changes,
    NewAccount,
    add_account,
    change_account,
    pause_account,
    rekey,
    remove_account,
    resume_account,
)
from portal.usecases.carriers.check import trouble_with
from portal.usecases.carriers.overview import list_accounts, need_a_person
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.keyring import Keyring
from portal.usecases.tracking.poll import poll_due
from tests.support.doubles import Clock
from tests.support.factory import Factory
from tests.usecases.carriers.conftest import with_book
from tests.usecases.tracking.test_poll import row

CANARY = "canary-4f1d0c"
SECRETS = {"client_id": f"{CANARY}-id", "client_secret": f"{CANARY}-secret"}
NOWHERE = "http://127.0.0.1:1"  # nobody listens there


def ups(**changes: object) -> NewAccount:
    return replace(NewAccount("ups", SECRETS, base_url=NOWHERE), **changes)  # type: ignore[arg-type]


def keys(deps: Deps) -> list[str]:
    return [account.key for account in deps.carriers.accounts()]


def test_an_account_is_kept_sealed_and_bound_to_its_row(real: Deps, shop: ShopRef) -> None:
    ref = add_account(real, ups(shop_id=shop.id, name="Vermont", calls_per_day=900), actor="cli")
    assert (ref.adapter, ref.name, ref.shop_id, ref.calls_per_day) == ("ups", "Vermont", shop.id, 900)
    with real.sessions.read_system() as session:
        stored = session.scalars(select(CarrierAccount)).one()
        assert CANARY.encode() not in stored.sealed
        assert real.keyring.open(stored.kid, stored.sealed, bound_to=f"carrier_accounts {stored.id}")
        assert CANARY not in str(session.execute(text("SELECT * FROM carrier_accounts")).all())


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewAccount("pigeon", SECRETS), "carrier"),
        (NewAccount("ups", {"client_id": "x"}), "client_secret"),
        (ups(base_url="http://ups.example"), "base_url"),
        (ups(base_url="file:///etc/passwd"), "base_url"),
        (ups(calls_per_day=0), "calls_per_day"),
        (ups(calls_per_second=0.0), "calls_per_day"),
    ],
)
def test_what_cannot_work_is_refused_with_its_field(real: Deps, new: NewAccount, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        add_account(real, new, actor="cli")
    assert refused.value.field == field
    assert CANARY not in str(refused.value)
    assert keys(real) == []


def test_a_shop_has_one_account_with_a_carrier_and_the_installation_another(
    real: Deps, shop: ShopRef, other_shop: ShopRef
) -> None:
    for owner in (None, shop.id, other_shop.id):
        add_account(real, ups(shop_id=owner), actor="cli")
        with pytest.raises(Conflict):
            add_account(real, ups(shop_id=owner), actor="cli")
    accounts = real.carriers.accounts()
    assert [choose(accounts, owner, "ups").shop_id for owner in (shop.id, other_shop.id, 999)] == [  # type: ignore[union-attr]
        shop.id,
        other_shop.id,
        None,
    ]


def test_carriers_that_only_an_aggregator_brings_are_known_and_reached_by_shops_that_have_one(
    real: Deps, shop: ShopRef, other_shop: ShopRef
) -> None:
    japan = real.carriers.info("japan_post")
    assert (japan.name, japan.country, japan.labels) == ("Japan Post", "JP", False)
    assert "{number}" in japan.tracking_link
    with pytest.raises(InvalidInput):
        add_account(real, NewAccount("japan_post", SECRETS), actor="cli")
    add_account(real, ups(), actor="cli")
    add_account(real, NewAccount("easypost", {"api_key": CANARY}, shop_id=shop.id), actor="cli")
    assert real.carriers.reachable(other_shop.id) == {"ups"}
    mine = real.carriers.reachable(shop.id)
    assert {"ups", "japan_post", "evri_uk"} < mine
    assert "easypost" not in mine  # nobody's parcel travels with it
    assert real.carriers.reachable(None) == mine


def test_what_the_environment_gives_is_the_installations_account(deps: Deps, shop: ShopRef) -> None:
    env = EnvironmentAccounts({"ups": Account(NOWHERE, SECRETS)}, {"ups": 2.0}, {"ups": 250})
    found = with_book(deps, env)
    (ref,) = found.carriers.accounts()
    assert (ref.key, ref.shop_id, ref.calls_per_second, ref.calls_per_day) == ("env:ups", None, 2.0, 250)
    with pytest.raises(InvalidInput):
        remove_account(found, "env:ups", actor="cli")
    stored = add_account(found, ups(), actor="cli")
    assert choose(found.carriers.accounts(), shop.id, "ups") == stored  # what was kept on purpose comes first
    other = with_book(deps, EnvironmentAccounts({"ups": Account(NOWHERE, SECRETS | {"client_secret": "other"})}))
    assert other.carriers.accounts()[0].mark != ref.mark


def test_parcels_are_asked_about_with_the_shops_own_credentials(
    real: Deps, lab: Lab, make: Factory, other_shop: ShopRef, make_in: Callable[[ShopRef], Factory]
) -> None:
    mine, theirs = lab.world.add("ups", "on_time"), lab.world.add("ups", "on_time")
    lab.clock.jump(timedelta(days=1))
    base = lab.base_url("ups")
    add_account(real, NewAccount("ups", LAB_CREDENTIALS["ups"], shop_id=make.shop.id, base_url=base), actor="cli")
    add_account(real, NewAccount("ups", SECRETS, shop_id=other_shop.id, base_url=base), actor="cli")
    good = make.shipment(tracking_number=mine.number)
    bad = make_in(other_shop).shipment(tracking_number=theirs.number)
    poll_due(real)
    assert row(real, good).status == "in_transit"
    assert row(real, bad).status == "pending"
    assert [(view.state, view.reason) for view in list_accounts(real)] == [("active", None), ("paused", "auth")]
    assert [view.shop_name for view in need_a_person(real)] == ["Nordlicht"]


def test_new_credentials_let_a_refused_account_go_on_at_once(real: Deps, lab: Lab, make: Factory) -> None:
    parcel = lab.world.add("ups", "on_time")
    lab.clock.jump(timedelta(days=1))
    ref = add_account(real, NewAccount("ups", SECRETS, base_url=lab.base_url("ups")), actor="cli")
    shipment = make.shipment(tracking_number=parcel.number)
    poll_due(real)
    assert row(real, shipment).status == "pending"
    change_account(real, ref.key, Changes(credentials=LAB_CREDENTIALS["ups"]), actor="cli")
    assert need_a_person(real) == []
    assert poll_due(real) == 1
    assert row(real, shipment).status == "in_transit"


def test_an_account_that_comes_late_takes_up_the_parcels_that_waited_for_one(
    real: Deps, lab: Lab, make: Factory
) -> None:
    parcel = lab.world.add("ups", "on_time")
    lab.clock.jump(timedelta(days=1))
    shipment = make.shipment(tracking_number=parcel.number)
    other = make.shipment(carrier="fedex", tracking_number="449044304137821")
    assert (poll_due(real), poll_due(real)) == (2, 0)
    assert {row(real, one).last_error for one in (shipment, other)} == {"auth"}
    account = NewAccount("ups", LAB_CREDENTIALS["ups"], base_url=lab.base_url("ups"))
    add_account(real, account, actor="cli")
    assert poll_due(real) == 1  # at once, not after its back-off
    assert (row(real, shipment).status, row(real, shipment).last_error) == ("in_transit", None)


def test_a_paused_account_is_asked_nothing_until_it_is_resumed(real: Deps, make: Factory, clock: Clock) -> None:
    ref = add_account(real, ups(), actor="cli")
    make.shipment()
    pause_account(real, ref.key, actor="staff 1")
    pause_account(real, ref.key, actor="staff 2")
    clock.advance(days=1)
    assert poll_due(real) == 0
    (view,) = list_accounts(real)
    assert (view.state, view.reason, view.by) == ("paused", "staff", "staff 1")
    resume_account(real, ref.key, actor="staff 2")
    assert poll_due(real) == 1
    with real.sessions.read_system() as session:
        done = session.execute(select(AuditRow.action, AuditRow.actor).order_by(AuditRow.id)).all()
    assert [tuple(one) for one in done] == [
        ("account_added", "cli"),
        ("account_paused", "staff 1"),
        ("account_resumed", "staff 2"),
    ]


def test_an_account_that_is_taken_away_leaves_nothing(real: Deps, make: Factory) -> None:
    ref = add_account(real, ups(), actor="cli")
    make.shipment()
    poll_due(real)
    remove_account(real, ref.key, actor="cli")
    assert keys(real) == []
    with real.sessions.read_system() as session:
        assert session.scalars(select(AccountState).where(AccountState.account == ref.key)).all() == []
    for missing in (ref.key, "99", "x"):
        with pytest.raises(NotFound):
            remove_account(real, missing, actor="cli")


def test_sealing_anew_leaves_the_old_key_unneeded(deps: Deps) -> None:
    old, new = b"a former secret of this place", b"a coming secret of this place"
    before = with_book(replace(deps, keyring=Keyring([old])), EnvironmentAccounts())
    ref = add_account(before, ups(), actor="cli")
    turning = with_book(replace(deps, keyring=Keyring([new, old])), EnvironmentAccounts())
    assert (rekey(turning), rekey(turning)) == (1, 0)
    after = with_book(replace(deps, keyring=Keyring([new])), EnvironmentAccounts())
    assert trouble_with(after.carriers, ref).startswith("server_error")  # opened, and nobody there
    assert after.carriers.accounts() == [ref]


def test_an_account_whose_key_is_gone_is_paused_like_one_whose_password_is_wrong(deps: Deps, make: Factory) -> None:
    sealed = with_book(replace(deps, keyring=Keyring([b"a secret that will be lost"])), EnvironmentAccounts())
    ref = add_account(sealed, ups(), actor="cli")
    make.shipment()
    later = with_book(deps, EnvironmentAccounts())
    assert later.carriers.track(ref, "ups", ["1Z"]).error.kind is ErrorKind.AUTH  # type: ignore[union-attr]
    poll_due(later)
    assert [view.reason for view in list_accounts(later)] == ["auth"]


def test_a_check_says_in_one_line_what_is_wrong(real: Deps, lab: Lab) -> None:
    base = lab.base_url("ups")
    good = add_account(real, NewAccount("ups", LAB_CREDENTIALS["ups"], base_url=base), actor="cli")
    assert trouble_with(real.carriers, good) == ""
    remove_account(real, good.key, actor="cli")
    bad = add_account(real, NewAccount("ups", SECRETS, base_url=base), actor="cli")
    said = trouble_with(real.carriers, bad)
    assert said.startswith("auth: ")
    assert ("\n" in said, CANARY in said) == (False, False)


def test_credentials_are_in_no_representation_log_or_kept_answer(
    real: Deps, lab: Lab, make: Factory, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    new = NewAccount("ups", SECRETS, base_url=lab.base_url("ups"))
    ref = add_account(real, new, actor="cli")
    make.shipment()
    poll_due(real)
    asked = real.carriers.track(ref, "ups", ["1Z999AA10123456784"])
    seen = [repr(new), repr(ref), repr(real.carriers), repr(real), repr(asked), str(asked.error), repr(real.keyring)]
    seen += [repr(Changes(credentials=SECRETS)), repr(list_accounts(real)), caplog.text, *capfd.readouterr()]
    with real.sessions.read_system() as session:
        for table in (
            "raw_answers",
            "audit",
            "carrier_account_states",
            "shipments",
            "carrier_feeds",
            "carrier_accounts",
        ):
            seen.append(str(session.execute(text(f"SELECT * FROM {table}")).all()))
    assert [one for one in seen if CANARY in one] == []
