"""`portal returns`: decisions made again."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from portal.db.tables.orders import OrderLine
from portal.db.tables.returns import Return
from portal.usecases.deps import Deps
from portal.usecases.returns.gift_codes import find_gift
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.submit import submit
from tests.cli.support import Commands
from tests.support.factory import Factory

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@on_sqlite
def test_decisions_are_made_again_and_what_differs_is_named(commands: Commands, deps: Deps, make: Factory) -> None:
    order = make.order(handed_over_at=deps.clock(), delivered_at=deps.clock())
    with deps.sessions.read(make.shop.id) as session:
        line = session.scalars(select(OrderLine.id)).one()
    request = ReturnRequest(order.public_id, (Choice(line, 1, "changed_mind"),), "refund")
    submit(deps, make.shop, request, offer(deps, make.shop, order.public_id).form_key)
    rma = f"{order.number}-R1"

    said = commands.say("returns", "replay", "--shop", "juniper", rma)
    assert f"{rma}: " in said
    assert "settings 1: the same" in said
    assert commands.say("returns", "replay", "--shop", "juniper", "--all") == said
    assert "1 returns judged again, 0 differ." in said

    with deps.sessions.write(make.shop.id) as session:
        row = session.scalars(select(Return)).one()
        kept = row.decision_record
        (one,) = kept["orders"]
        row.decision_record = kept | {"orders": [one | {"facts": one["facts"] | {"status": "cancelled"}}]}
    result = commands.run("returns", "replay", "--shop", "juniper", "--all")
    assert result.exit_code == 1
    assert "order_cancelled@1 allows: True, now False" in result.output
    assert "1 returns judged again, 1 differ." in result.output


@on_sqlite
def test_which_returns_has_to_be_said(commands: Commands, make: Factory) -> None:
    assert "or give --all" in commands.run("returns", "replay", "--shop", "juniper").output
    assert "there is no return 'X'" in commands.refuse("returns", "replay", "--shop", "juniper", "X")


@on_sqlite
def test_a_policy_is_tried_published_and_taken_back(
    commands: Commands, deps: Deps, make: Factory, tmp_path: Path
) -> None:
    order = make.order(handed_over_at=deps.clock(), delivered_at=deps.clock())
    with deps.sessions.read(make.shop.id) as session:
        line = session.scalars(select(OrderLine.id)).one()
    request = ReturnRequest(order.public_id, (Choice(line, 1, "changed_mind"),), "refund")
    submit(deps, make.shop, request, offer(deps, make.shop, order.public_id).form_key)
    file = tmp_path / "policy.toml"
    file.write_text(commands.say("returns", "policy", "show", "--shop", "juniper"))
    assert "0 of 1 returns come out otherwise" in commands.say("returns", "policy", "try", file, "--shop", "juniper")

    file.write_text("[returns]\nfee_minor = 250\n")
    said = commands.say("returns", "policy", "try", file, "--shop", "juniper")
    assert "1 of 1 returns come out otherwise: -$2.50 to shoppers" in said
    assert "1 customers are affected, 0 of them VIPs." in said
    found = commands.json("returns", "policy", "try", file, "--shop", "juniper", "--json")
    assert found["fees"] == {"USD": 250}

    assert "version 2" in commands.say("returns", "policy", "publish", file, "--shop", "juniper")
    assert "nothing changed" in commands.say("returns", "policy", "publish", file, "--shop", "juniper")
    assert "fee_minor" in commands.say("returns", "policy", "history", "--shop", "juniper")
    assert "as version 3" in commands.say("returns", "policy", "rollback", "--shop", "juniper")


@on_sqlite
def test_what_does_not_fit_together_in_a_policy_is_told_before_it_is_tried(
    commands: Commands, make: Factory, tmp_path: Path
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('rules = [{ id = "a", then = { window_days = 9 } }, { id = "b", then = { window_days = 8 } }]\n')
    result = commands.run("returns", "policy", "check", file, "--shop", "juniper")
    assert result.exit_code == 1
    assert "refused: rules 'a' and 'b' both set window_days" in result.output
    file.write_text("window_days = 40\n")
    assert "fits together" in commands.say("returns", "policy", "check", file, "--shop", "juniper")
    file.write_text("window_dais = 40\n")
    assert "window_dais" in commands.refuse("returns", "policy", "check", file, "--shop", "juniper")


@on_sqlite
def test_gift_codes_of_the_shops_own_print_come_in_and_what_is_left_out_is_named(
    commands: Commands, deps: Deps, make: Factory, tmp_path: Path
) -> None:
    order = make.order()
    file = tmp_path / "codes.csv"
    file.write_text(f"order_number,code\n{order.number},PRNT-0001-AAAA\nJ-none,PRNT-0002-AAAA\n{order.number},SHORT\n")
    result = commands.run("returns", "gift-codes", str(file), "--shop", "juniper")
    assert result.exit_code == 1
    assert "1 gift codes are new, of 3." in result.output
    assert "row 2: there is no such order" in result.output
    assert "row 3: the code is shorter" in result.output
    assert find_gift(deps, make.shop, "prnt 0001 aaaa", network="203.0.113.7") is not None
    file.write_text(f"order_number,code\n{order.number},PRNT-0001-AAAA\n")
    assert commands.say("returns", "gift-codes", str(file), "--shop", "juniper") == "0 gift codes are new, of 1.\n"
    file.write_text("a,b\n")
    refused = commands.run("returns", "gift-codes", str(file), "--shop", "juniper")
    assert "needs the columns" in str(refused.exception)
