"""`portal orders`, as an operator uses it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from portal.cli.orders import template_columns
from portal.platforms.mapping import LINE_FIELDS, ORDER_FIELDS
from portal.settings import ROOT
from portal.usecases.deps import ShopRef
from tests.cli.support import Commands
from tests.support.orders_csv import row, template, write

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_template_imports_as_it_is_printed(commands: Commands, shop: ShopRef, tmp_path: Path) -> None:
    path = tmp_path / "template.csv"
    path.write_text(commands.say("orders", "template"))
    report = commands.json("orders", "import", path, "--shop", "juniper")
    assert report["orders"] == {"read": 2, "created": 2, "updated": 0, "unchanged": 0, "rejected": 0}
    assert report["parcels_created"] == 3
    assert report["reasons"] == {"rejected": {}, "repaired": {}, "noted": {}}
    assert commands.json("orders", "import", path, "--shop", "juniper")["orders"]["unchanged"] == 2


def test_every_column_of_the_template_is_read_and_explained(commands: Commands) -> None:
    columns = template_columns()
    assert commands.say("orders", "template", "--headers-only").strip() == ",".join(columns)
    mapping = template()
    assert set(columns) <= {*mapping.orders.columns, *mapping.lines.columns} <= {*ORDER_FIELDS, *LINE_FIELDS}
    told = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")
    assert [name for name in mapping.orders.columns if f"`{name}`" not in told] == []
    assert [name for name in mapping.lines.columns if f"`{name}`" not in told] == []


def test_the_report_for_people_names_file_line_and_reason(commands: Commands, shop: ShopRef, tmp_path: Path) -> None:
    path = write(
        tmp_path / "orders.csv", row(), row(order_number="J-2", quantity="0"), row(order_number="J-3", locale="??")
    )
    said = commands.say("orders", "import", path, "--shop", "juniper")
    assert "3 orders read for juniper by the mapping template" in said
    assert "2 created, 0 updated, 0 unchanged, 1 rejected" in said
    assert "orders.csv:3: rejected: order J-2: quantity: this must be 1 or more" in said
    assert said.index("orders.csv:3: rejected") < said.index("orders.csv:4: repaired")
    assert "1  bad_locale" in said


def test_rejects_are_written_whole_and_run_no_formula(commands: Commands, shop: ShopRef, tmp_path: Path) -> None:
    rows = [row(order_number=f"=1+{n}", quantity="0") for n in range(300)]
    rejects = tmp_path / "rejects.csv"
    path = write(tmp_path / "orders.csv", *rows)
    said = commands.say("orders", "import", path, "--shop", "juniper", "--rejects", rejects)
    assert "… and 280 more; all of them are in" in said
    with rejects.open(encoding="utf-8-sig", newline="") as stream:
        written = list(csv.DictReader(stream))
    assert len(written) == 300
    assert (written[0]["line"], written[0]["code"]) == ("2", "bad_quantity")
    assert all(not one["order"].startswith("=") for one in written)


def test_a_dry_run_says_so(commands: Commands, shop: ShopRef, tmp_path: Path) -> None:
    path = write(tmp_path / "orders.csv", row())
    assert "(dry run: nothing was stored)" in commands.say("orders", "import", path, "--shop", "juniper", "--dry-run")
    assert commands.json("shops", "report", "--shop", "juniper")["orders"] == 0


def test_what_cannot_be_read_is_one_clear_line(commands: Commands, shop: ShopRef, tmp_path: Path) -> None:
    into = ("--shop", "juniper")
    assert "no file or folder" in commands.refuse("orders", "import", tmp_path / "absent.csv", *into)
    assert "is empty" in commands.refuse("orders", "import", write(tmp_path / "e.csv"), *into)
    plain = write(tmp_path / "a.csv", {"name": "Ada"})
    assert "lacks the column order_number" in commands.refuse("orders", "import", plain, *into)
    assert "there are olist, template" in commands.refuse("orders", "import", plain, *into, "--mapping", "shopif")
    assert "there is no shop 'nope'" in commands.refuse("orders", "import", plain, "--shop", "nope")
    good = write(tmp_path / "b.csv", row())
    missing = tmp_path / "no" / "folder" / "r.csv"
    assert "cannot be written" in commands.refuse("orders", "import", good, *into, "--rejects", missing)


def test_a_mapping_may_be_a_file_of_ones_own(commands: Commands, shop: ShopRef, tmp_path: Path) -> None:
    mapping = tmp_path / "mine.toml"
    mapping.write_text(
        'name = "mine"\ndecimal = ","\n[orders]\nkey = "nr"\n[orders.columns]\nplaced_at = "datum"\n'
        '[lines]\nkey = "nr"\n[lines.columns]\nsku = "artikel"\nunit_price = "preis"\n'
    )
    (tmp_path / "o.csv").write_text("Nr;Datum;Artikel;Preis\n7;2026-11-16;S;1.234,50\n")
    report = commands.json("orders", "import", tmp_path / "o.csv", "--shop", "juniper", "--mapping", mapping)
    assert report["orders"]["created"] == 1
