"""`portal shops` and `portal config`."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.toml_text import dumps
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import apply_config, find_shop
from tests.cli.support import Commands
from tests.support.factory import Factory, shop_document

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PLAIN = ("--name", "Blue Door", "--currency", "eur", "--country", "de", "--email", "help@blue.example")


@on_sqlite
def test_a_shop_is_made_from_options(commands: Commands) -> None:
    assert "https://portal.example/blue/track" in commands.say("shops", "create", "blue", *PLAIN)
    assert commands.json("shops", "list") == [
        {"slug": "blue", "name": "Blue Door", "currency": "EUR", "country": "DE", "host": None, "config_version": 1}
    ]
    assert "blue" in commands.say("shops", "list")


@on_sqlite
def test_a_shop_is_made_from_a_file_and_its_settings_go_round(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "juniper.toml"
    file.write_text(dumps(shop_document()))
    commands.say("shops", "create", "juniper", "--from", file)
    exported = commands.say("config", "export", "--shop", "juniper")
    assert tomllib.loads(exported) == shop_document()
    file.write_text(exported)
    assert "nothing changed" in commands.say("config", "apply", file, "--shop", "juniper")
    file.write_text(exported.replace('name = "Juniper"', 'name = "Juniper & Co"', 1))
    assert "Version 2 of juniper's settings is in force." in commands.say("config", "apply", file, "--shop", "juniper")
    assert find_shop(commands.deps, slug="juniper").config.name == "Juniper & Co"


@on_sqlite
def test_a_file_over_newer_edits_in_the_browser_asks_for_force(
    commands: Commands, deps: Deps, shop: ShopRef, tmp_path: Path
) -> None:
    apply_config(deps, "juniper", shop_document(name="From the browser"), source="browser")
    file = tmp_path / "juniper.toml"
    file.write_text(dumps(shop_document(name="From the file")))
    assert "--force" in commands.refuse("config", "apply", file, "--shop", "juniper")
    assert find_shop(deps, slug="juniper").config.name == "From the browser"
    commands.say("config", "apply", file, "--shop", "juniper", "--force")
    assert find_shop(deps, slug="juniper").config.name == "From the file"


@on_sqlite
def test_return_rules_that_are_ambiguous_are_refused_and_doubts_are_told(
    commands: Commands, shop: ShopRef, tmp_path: Path
) -> None:
    vip = {"id": "vip", "when": {"customer_tags": ["vip"]}, "then": {"window_days": 60}}
    swim = {"id": "swim", "when": {"product_type": ["swimwear"]}, "then": {"window_days": 14}}
    file = tmp_path / "juniper.toml"
    file.write_text(dumps(shop_document(returns={"rules": [vip, swim]})))
    refused = commands.refuse("config", "apply", file, "--shop", "juniper")
    assert "rules 'swim' and 'vip' both set window_days (14 and 60) at priority 0" in refused
    assert "give one of them a higher `priority`" in refused
    assert "'swim' and 'vip'" in commands.refuse("shops", "create", "blue", "--from", file)
    assert find_shop(commands.deps, slug="juniper").config_version == 1

    file.write_text(dumps(shop_document(returns={"rules": [vip | {"priority": 1}, swim], "methods": ["in_store"]})))
    said = commands.say("config", "apply", file, "--shop", "juniper")
    assert "Version 2 of juniper's settings is in force." in said
    assert "Look at this: returns: in_store is offered, and there is no store; add one to `stores`." in said

    vip["when"] = {"customer_mood": ["good"]}
    file.write_text(dumps(shop_document(returns={"rules": [vip]})))
    refused = commands.refuse("config", "apply", file, "--shop", "juniper")
    assert "returns.rules[0]: rule 'vip': when.customer_mood is no condition" in refused


@on_sqlite
def test_what_cannot_be_a_shop_is_refused(commands: Commands, tmp_path: Path) -> None:
    assert "cannot be a shop's short name" in commands.refuse("shops", "create", "staff", *PLAIN)
    assert "Give --from FILE.toml, or --name" in commands.run("shops", "create", "blue").output
    bad = tmp_path / "bad.toml"
    bad.write_text("name = ")
    assert "bad.toml" in commands.refuse("shops", "create", "blue", "--from", bad)
    bad.write_text(dumps(shop_document(colour="blue")))
    assert "unknown setting colour" in commands.refuse("shops", "create", "blue", "--from", bad)
    commands.say("shops", "create", "blue", *PLAIN)
    assert "exists already" in commands.refuse("shops", "create", "blue", *PLAIN)


@on_sqlite
def test_the_report_as_json_and_for_people(commands: Commands, make: Factory) -> None:
    when = datetime(2026, 11, 10, 12, tzinfo=UTC)
    make.order(promised_at=when, promised_on=date(2026, 11, 10), delivered_at=datetime(2026, 11, 12, tzinfo=UTC))
    report = commands.json("shops", "report", "--shop", "juniper")
    assert list(report) == [
        "shop",
        "orders",
        "customers",
        "delivered",
        "late_by_minute",
        "late_by_day",
        "share_late_by_minute",
        "share_late_by_day",
        "vips",
    ]
    assert (report["delivered"], report["late_by_day"], report["share_late_by_day"]) == (1, 1, 1.0)
    assert "100.00%" in commands.say("shops", "report", "--shop", "juniper")
    assert commands.json("shops", "report", "--shop", "juniper", "--as-of", "2026-11-15")["orders"] == 0
    assert commands.json("shops", "report", "--shop", "juniper", "--as-of", "2026-11-16")["orders"] == 1
    assert "write a day as" in commands.run("shops", "report", "--shop", "juniper", "--as-of", "then").output


_SCALARS = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.dates(min_value=date(1000, 1, 1))
)
_VALUES: Any = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), _VALUES, max_size=4))
def test_any_plain_document_reads_back_as_it_was_written(document: dict[str, Any]) -> None:
    assert tomllib.loads(dumps(document)) == document


def test_what_has_no_value_is_left_out_and_what_toml_cannot_say_is_refused() -> None:
    assert dumps({"a": None, "b": {"c": None}}) == "[b]\n"
    with pytest.raises(ValueError, match="no way to write complex"):
        dumps({"a": 1j})
