"""Bringing in what a shop sells: nothing twice, nothing in silence, and never less than nothing in stock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.db.tables.catalogue import Reservation, Variant
from portal.db.tables.messages import OutboxMessage
from portal.errors import InvalidInput
from portal.platforms.model import Issue
from portal.usecases.catalogue.import_catalogue import CatalogueReport, import_catalogue
from portal.usecases.catalogue.list_catalogue import list_catalogue
from portal.usecases.deps import Deps
from portal.usecases.returns.exchange_orders import send_due
from tests.support.factory import Factory
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_exchange_orders import change, exchanged
from tests.usecases.returns.test_exchange_stock import stock, wish
from tests.usecases.returns.test_label_races import at_once

HEADER = "sku,product,title,variant,size_rank,price,stock,type,vendor,tags,weight,active"
SHIRT = 'SKU-1-L,SKU-1,Linen shirt,L,4,49.00,3,shirts,Fjord,"linen; summer",230,yes'


@pytest.fixture
def desk(deps: Deps, make: Factory) -> Desk:
    return Desk(deps, make)


class Bring:
    """Writes a file and imports it."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.path = desk, folder / "catalogue.csv"

    def __call__(self, *lines: str, header: str = HEADER, **more: Any) -> CatalogueReport:
        self.path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
        return import_catalogue(self.desk.deps, self.desk.shop, self.path, **more)


@pytest.fixture
def bring(desk: Desk, tmp_path: Path) -> Bring:
    return Bring(desk, tmp_path)


def test_the_same_again_changes_nothing_and_a_changed_row_changes_its_variant(desk: Desk, bring: Bring) -> None:
    assert bring(SHIRT).variants == {"read": 1, "created": 1, "updated": 0, "unchanged": 0, "rejected": 0}
    before = desk.all(Variant)[0].changed_at
    assert bring(SHIRT).variants["unchanged"] == 1
    assert desk.all(Variant)[0].changed_at == before
    assert bring(SHIRT.replace("49.00", "45.00")).variants["updated"] == 1
    (row,) = desk.all(Variant)
    assert (row.price_minor, row.tags, row.size_rank, row.weight_grams) == (4_500, ["linen", "summer"], 4, 230)


def test_a_file_of_skus_and_stock_changes_the_stock_alone(desk: Desk, bring: Bring) -> None:
    bring(SHIRT)
    report = bring("SKU-1-L,9", "NEW,5", header="sku,stock")
    assert report.variants == {"read": 2, "created": 0, "updated": 1, "unchanged": 0, "rejected": 1}
    assert report.reasons == {"new_variant_lacks": 1}
    (row,) = desk.all(Variant)
    assert (row.stock, row.title, row.active) == (9, "Linen shirt", True)


def test_what_is_wrong_with_a_row_is_named_and_the_rest_comes_in(desk: Desk, bring: Bring) -> None:
    met: list[Issue] = []
    report = bring(
        SHIRT,
        "A,A,,M,,1.00,1,,,,,",
        "B,B,Cup,,,one,1,,,,,",
        "C,C,Cup,,,1.00,-1,,,,,",
        "D,D,Cup,,,1.00,,,,,,",
        "E,E,Cup,,,-1.00,1,,,,,",
        ",F,Cup,,,1.00,1,,,,,",
        "SKU-1-L,SKU-1,Again,L,4,49.00,3,,,,,",
        'G,"open',
        "H,H,Cup,,,1.00,1,,,,,maybe",
        "I,I,Cup,,big,1.00,1,,,,heavy,",
        on_issue=met.append,
    )
    assert report.variants["created"] == 2
    assert report.variants["rejected"] == 9
    assert [(issue.place.line, issue.code, issue.severity) for issue in met] == [
        (3, "no_title", "rejected"),
        (4, "bad_money", "rejected"),
        (5, "bad_number", "rejected"),
        (6, "no_stock", "rejected"),
        (7, "negative_money", "rejected"),
        (8, "no_key", "rejected"),
        (9, "duplicate_row", "rejected"),
        (10, "broken_row", "rejected"),
        (11, "bad_yes_no", "rejected"),
        (12, "bad_number", "repaired"),
        (12, "bad_weight", "repaired"),
    ]
    assert [view.sku for view in list_catalogue(desk.deps, desk.shop)] == ["I", "SKU-1-L"]


def test_a_variant_without_a_product_is_one_of_its_own(desk: Desk, bring: Bring) -> None:
    bring("CU-1,,Cup,,,9.00,1,,,,,")
    bring("CU-2,Cup,9.00", header="sku,title,price")
    assert [(row.product_ref, row.stock) for row in desk.all(Variant)] == [("CU-1", 1), ("CU-2", 0)]


def test_a_dry_run_stores_nothing_and_says_the_same(desk: Desk, bring: Bring) -> None:
    assert bring(SHIRT, dry_run=True).variants["created"] == 1
    assert desk.all(Variant) == []
    bring(SHIRT)
    assert bring(SHIRT.replace(",3,", ",9,"), dry_run=True).variants["updated"] == 1
    assert stock(desk, "SKU-1-L") == (3, 0)


def test_a_file_without_skus_is_refused(bring: Bring) -> None:
    with pytest.raises(InvalidInput, match="needs the column sku"):
        bring("x", header="title")
    with pytest.raises(InvalidInput, match="needs the column sku"):
        bring("x", header="sku")


def test_columns_that_are_not_read_are_named(bring: Bring) -> None:
    assert bring("A,Cup,1.00,blue", header="sku,title,price,colour").notices == ("not read: colour",)


def test_another_shop_s_variants_are_not_touched(
    desk: Desk, bring: Bring, make_in: Any, other_shop: Any, tmp_path: Path
) -> None:
    make_in(other_shop).variant("SKU-1-L", stock=7)
    bring(SHIRT)
    assert stock(desk, "SKU-1-L") == (3, 0)
    assert [view.stock for view in list_catalogue(desk.deps, other_shop)] == [7]


def test_less_in_stock_than_promised_takes_from_the_newest_promise_and_its_shopper_is_told(
    desk: Desk, bring: Bring
) -> None:
    bring(SHIRT)
    first, second, third = (exchanged(desk, fallback="refund") for _ in range(3))
    report = bring(SHIRT.replace(",3,", ",1,"))
    assert (report.fell_back, stock(desk, "SKU-1-L")) == (2, (1, 1))
    assert [desk.returned(one).exchange for one in (first, second, third)] == [
        "reserved",
        "fallback_used",
        "fallback_used",
    ]
    told = [m for m in desk.all(OutboxMessage) if m.event == "exchange_fallback"]
    assert [m.payload["why"] for m in told] == ["sold_out", "sold_out"]
    assert bring(SHIRT.replace(",3,", ",1,")).variants["unchanged"] == 1


def test_what_is_to_be_sent_already_is_the_last_to_lose_its_place(desk: Desk, bring: Bring) -> None:
    bring(SHIRT)
    older, newer = exchanged(desk), exchanged(desk)
    change(desk, newer, parcel="in_transit")
    assert send_due(desk.deps) == 1
    bring(SHIRT.replace(",3,", ",1,"))
    assert (desk.returned(older).exchange, desk.returned(newer).exchange) == ("fallback_used", "reserved")
    bring(SHIRT.replace(",3,", ",0,"))
    assert (desk.returned(newer).exchange, stock(desk, "SKU-1-L")) == ("fallback_used", (0, 0))


def test_promises_and_a_falling_stock_at_the_same_moment_never_go_below_nothing(desk: Desk, bring: Bring) -> None:
    bring(SHIRT)
    returns = [desk.submit(desk.order()) for _ in range(8)]

    def act(n: int) -> None:
        if n == 0:
            bring(SHIRT.replace(",3,", ",1,"))
        else:
            wish(desk, returns[n - 1], "SKU-1-L")

    raised = at_once(act, 9)
    assert {type(error).__name__ for error in raised} <= {"SoldOut"}
    left, reserved = stock(desk, "SKU-1-L")
    held = [one for one in desk.all(Reservation) if one.state == "held"]
    assert (left, reserved, len(held)) == (1, 1, 1)
