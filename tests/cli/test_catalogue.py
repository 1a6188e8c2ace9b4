"""`portal catalogue`, as an operator uses it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from portal.platforms.catalogue import COLUMNS
from portal.settings import ROOT
from portal.usecases.deps import ShopRef
from tests.cli.support import Commands
from tests.support.factory import Factory

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_template_imports_as_it_is_printed_and_comes_out_the_same(
    commands: Commands, shop: ShopRef, tmp_path: Path
) -> None:
    path = tmp_path / "template.csv"
    path.write_text(commands.say("catalogue", "template"), encoding="utf-8")
    report = commands.json("catalogue", "import", path, "--shop", "juniper")
    assert report["variants"] == {"read": 3, "created": 3, "updated": 0, "unchanged": 0, "rejected": 0}
    path.write_text(commands.say("catalogue", "list", "--shop", "juniper", "--csv"), encoding="utf-8")
    assert commands.json("catalogue", "import", path, "--shop", "juniper")["variants"]["unchanged"] == 3


def test_every_column_is_explained(commands: Commands) -> None:
    told = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")
    _, _, catalogue = told.partition("## What a shop sells")
    assert commands.say("catalogue", "template").partition("\n")[0] == ",".join(COLUMNS)
    assert [name for name in COLUMNS if f"`{name}`" not in catalogue] == []


def test_the_list_says_what_is_promised(commands: Commands, make: Factory) -> None:
    make.variant("SKU-1-L", stock=3, reserved=2)
    make.variant("OTHER", product_ref="O", title="Cup", active=False)
    said = commands.say("catalogue", "list", "--shop", "juniper")
    assert "Linen shirt (L)" in said
    assert "49.00 USD  3 in stock, 2 of them promised" in said
    assert "not sold any more" in said
    assert "Cup" not in commands.say("catalogue", "list", "--shop", "juniper", "--product", "SKU-1")


def test_the_report_for_people_names_line_sku_and_reason(commands: Commands, shop: ShopRef, tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text("sku,title,price,stock,colour\nA,Cup,1.00,-4,red\nB,Cup,1.00,4,red\n", encoding="utf-8")
    said = commands.say("catalogue", "import", path, "--shop", "juniper")
    assert "1 created, 0 updated, 0 unchanged, 1 rejected" in said
    assert "stock.csv:2: rejected: A: this is no whole number" in said
    assert "not read: colour" in said


def test_rejects_and_lists_run_no_formula(commands: Commands, make: Factory, tmp_path: Path) -> None:
    path, rejects = tmp_path / "stock.csv", tmp_path / "rejects.csv"
    path.write_text("sku,title,price,stock\n=1+1,Cup,x,1\n", encoding="utf-8")
    commands.say("catalogue", "import", path, "--shop", "juniper", "--rejects", rejects)
    with rejects.open(encoding="utf-8-sig", newline="") as stream:
        assert [row["sku"] for row in csv.DictReader(stream)] == ["'=1+1"]
    make.variant("=2+2")
    assert "'=2+2" in commands.say("catalogue", "list", "--shop", "juniper", "--csv")
