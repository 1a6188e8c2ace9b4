"""Rows into orders: what is taken, what is left out, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from portal.errors import ConfigError, InvalidInput
from portal.platforms.mapping import OrderMapping, read_mapping
from portal.platforms.model import Built, ImportedOrder, Issue
from portal.platforms.orders import OrderReader, ShopFacts
from portal.platforms.reading import Reading
from portal.platforms.source import open_source
from portal.platforms.spool import Spool
from tests.support.orders_csv import row, template, write

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
SHOP = ShopFacts("USD", "US", "US", "America/New_York", {"ups", "fedex", "dhl_unified"}.__contains__)
Read = Callable[..., list[Built]]


def read_all(path: Path, mapping: OrderMapping, strays: list[Issue] | None = None) -> list[Built]:
    source = open_source(path, mapping)
    reader = OrderReader(mapping, SHOP, NOW)
    with Spool() as spool:
        reading = Reading(source, spool, (strays if strays is not None else []).append)
        return [reader.read(raw) for batch in reading.batches() for raw in batch]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return lambda *rows: read_all(write(tmp_path / "orders.csv", *rows), template())


def only(built: list[Built]) -> ImportedOrder:
    assert len(built) == 1
    order = built[0].order
    assert order is not None
    return order


def codes(built: Built) -> list[tuple[str, str]]:
    return [(issue.severity, issue.code) for issue in built.issues]


def test_a_plain_row_becomes_an_order(read: Read) -> None:
    built = read(row(promised_on="2026-11-21", shipping="5.90", customer_tags="vip; friend", locale="de-AT"))
    order = only(built)
    assert built[0].issues == ()
    assert (order.number, order.total_minor, order.shipping_minor, order.currency) == ("J-1", 5_490, 590, "USD")
    assert order.placed_at == datetime(2026, 11, 16, 14, tzinfo=UTC)
    assert (order.promised_on, order.promised_at, order.timezone) == (date(2026, 11, 21), None, "America/New_York")
    assert order.customer.tags == ("vip", "friend")
    assert order.customer.locale == "de-AT"
    assert [(line.sku, line.quantity, line.unit_price_minor) for line in order.lines] == [("LS-01", 1, 4_900)]


def test_rows_of_an_order_may_be_scattered_over_the_file(read: Read) -> None:
    built = read(row(), row(order_number="J-2", sku="B"), row(sku="C", quantity="2"))
    assert [one.number for one in built] == ["J-1", "J-2"]
    first = built[0].order
    assert first is not None
    assert [(line.position, line.sku) for line in first.lines] == [(1, "LS-01"), (2, "C")]
    assert first.total_minor == 3 * 4_900


def test_units_of_a_line_can_travel_in_two_parcels(read: Read) -> None:
    told = {"line_position": "1", "carrier": "UPS", "shipped_at": "2026-11-16T17:00:00-05:00"}
    order = only(
        read(
            row(quantity="2", tracking_number="1z 999 aa1", **told),
            row(quantity="1", tracking_number="1Z999AA2", **told),
        )
    )
    assert [(line.position, line.quantity) for line in order.lines] == [(1, 3)]
    assert [(p.carrier, p.tracking_number, dict(p.units)) for p in order.parcels] == [
        ("ups", "1Z999AA1", {1: 2}),
        ("ups", "1Z999AA2", {1: 1}),
    ]


def test_a_carrier_may_be_called_as_people_call_it(read: Read) -> None:
    order = only(read(row(carrier="DHL Paket", tracking_number="00340434161094021501")))
    assert [p.carrier for p in order.parcels] == ["dhl_unified"]


def test_a_parcel_of_an_unknown_carrier_is_left_out_and_reported(read: Read) -> None:
    built = read(row(carrier="pigeon", tracking_number="P1"))
    assert only(built).parcels == ()
    assert codes(built[0]) == [("repaired", "unknown_carrier")]
    assert built[0].issues[0].place.line == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"placed_at": ""}, "no_date"),
        ({"placed_at": "yesterday"}, "bad_date"),
        ({"quantity": "-1"}, "bad_quantity"),
        ({"quantity": "1.5"}, "bad_quantity"),
        ({"quantity": ""}, "no_quantity"),
        ({"unit_price": "cheap"}, "bad_money"),
        ({"unit_price": "1.234"}, "ambiguous_money"),
        ({"unit_price": ""}, "no_price"),
        ({"unit_price": "-4"}, "negative_money"),
        ({"sku": ""}, "no_sku"),
        ({"currency": "EUR"}, "other_currency"),
        ({"currency": "dollars"}, "unknown_currency"),
        ({"total": "lots"}, "bad_money"),
        ({"total": "-1"}, "negative_money"),
        ({"order_number": "J-" + "9" * 200}, "bad_number"),
    ],
)
def test_what_an_order_cannot_do_without_rejects_it(read: Read, changes: dict[str, str], code: str) -> None:
    built = read(row(**changes))[0]
    assert built.order is None
    assert codes(built) == [("rejected", code)]


@pytest.mark.parametrize(
    ("changes", "code", "severity"),
    [
        ({"customer_email": "not an address"}, "bad_email", "repaired"),
        ({"promised_on": "soon"}, "bad_date", "repaired"),
        ({"ship_country": "Narnia"}, "bad_country", "repaired"),
        ({"locale": "klingon!"}, "bad_locale", "repaired"),
        ({"service_level": "teleport"}, "unknown_service", "repaired"),
        ({"weight_grams": "heavy"}, "bad_weight", "repaired"),
        ({"final_sale": "perhaps"}, "bad_yes_no", "repaired"),
        ({"title": "Linen\x07shirt"}, "text_cut", "repaired"),
        ({"status": "on the moon"}, "unknown_status", "noted"),
        ({"placed_at": "2027-11-16"}, "placed_in_future", "noted"),
        ({"status": "delivered", "delivered_at": ""}, "delivered_without_date", "noted"),
        ({"status": "cancelled", "delivered_at": "2026-11-17"}, "cancelled_with_delivery", "noted"),
        ({"handed_over_at": "2026-11-17", "delivered_at": "2026-11-16"}, "delivered_before_handed_over", "noted"),
        ({"approved_at": "2026-11-17", "handed_over_at": "2026-11-16"}, "handed_over_before_approved", "noted"),
    ],
)
def test_the_rest_is_imported_and_reported(read: Read, changes: dict[str, str], code: str, severity: str) -> None:
    built = read(row(**changes))
    only(built)
    assert codes(built[0]) == [(severity, code)]


def test_an_order_is_taken_whole_or_not_at_all(read: Read) -> None:
    built = read(row(), row(sku="B", quantity="0"), row(sku="C"))[0]
    assert built.order is None
    told = {(issue.code, issue.place.line) for issue in built.issues}
    assert told == {("bad_quantity", 3), ("with_rejected_row", 4), ("with_rejected_row", 2)}


def test_the_same_row_twice_counts_once(read: Read) -> None:
    built = read(row(line_position="1"), row(line_position="1"))
    assert [line.quantity for line in only(built).lines] == [1]
    assert codes(built[0]) == [("repaired", "duplicate_row")]


def test_a_position_with_two_different_goods_rejects_the_order(read: Read) -> None:
    built = read(row(line_position="1"), row(line_position="1", sku="B"))[0]
    assert built.order is None
    assert ("rejected", "position_twice") in codes(built)


def test_where_rows_disagree_the_first_counts(read: Read) -> None:
    built = read(row(ship_city="Albany"), row(sku="B", ship_city="Troy"))
    assert only(built).address["ship_city"] == "Albany"
    assert codes(built[0]) == [("repaired", "rows_disagree")]


def test_a_reason_never_quotes_who_ordered(read: Read) -> None:
    built = read(row(customer_email="ada.lovelace(at)mail.example", customer_name="Ada\x00Lovelace\x07"))[0]
    assert built.issues
    assert "lovelace" not in repr(built.issues).lower()
    assert "lovelace" not in repr(built.order).lower()


def test_the_hash_follows_the_content_and_nothing_else(tmp_path: Path) -> None:
    def hash_of(*rows: dict[str, str], mapping: OrderMapping | None = None, delimiter: str = ",") -> str:
        path = write(tmp_path / "orders.csv", *rows, delimiter=delimiter)
        return only(read_all(path, mapping or template())).row_hash

    plain = hash_of(row())
    assert hash_of(row(), delimiter=";") == plain
    assert hash_of(row(ship_line2="")) == plain
    assert hash_of(row(note="not read")) == plain
    assert hash_of(row(ship_line2="Apt 2")) != plain
    assert hash_of(row(), mapping=replace(template(), decimal=".")) != plain


def test_broken_rows_and_rows_without_a_number_are_reported(tmp_path: Path) -> None:
    path = write(tmp_path / "orders.csv", row(), row(order_number=""))
    path.write_text(path.read_text() + "J-9,too,short\n")
    strays: list[Issue] = []
    assert [one.number for one in read_all(path, template(), strays)] == ["J-1"]
    assert [(issue.code, issue.place.line) for issue in strays] == [("no_key", 3), ("broken_row", 4)]


def test_a_folder_is_read_as_one(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", row(), row(order_number="J-2"))
    write(tmp_path / "b.csv", row(sku="B"), row(order_number="J-3"))
    built = read_all(tmp_path, template())
    assert [one.number for one in built] == ["J-1", "J-2", "J-3"]
    first = built[0].order
    assert first is not None
    assert len(first.lines) == 2


def test_a_file_without_a_needed_column_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "orders.csv", row(unit_price=None))
    with pytest.raises(InvalidInput, match="lacks the column unit_price"):
        read_all(path, template())
    with pytest.raises(InvalidInput, match="no file or folder"):
        read_all(tmp_path / "absent.csv", template())
    with pytest.raises(InvalidInput, match="has no file"):
        read_all(_empty(tmp_path / "empty"), template())


def _empty(path: Path) -> Path:
    path.mkdir()
    return path


JOINED = {
    "name": "joined",
    "currency": "USD",
    "decimal": ".",
    "orders": {
        "file": "orders.csv",
        "key": "id",
        "columns": {"order_number": "id", "placed_at": "at"},
        "join": [{"file": "people.csv", "key": "pid", "on": "person", "columns": {"customer_id": "who"}}],
    },
    "lines": {
        "file": "items.csv",
        "key": "order",
        "columns": {"sku": "product", "unit_price": "price", "line_shipping": "freight"},
    },
    "payments": {"file": "paid.csv", "key": "order", "amount": "sum", "tolerance": 0.01},
}


def test_files_are_joined_and_what_fits_nowhere_is_reported(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("id,at,person\n1,2026-11-01,a\n2,2026-11-02,b\n3,2026-11-03,x\n")
    (tmp_path / "people.csv").write_text("pid,who\na,Alpha\nb,Beta\n")
    (tmp_path / "items.csv").write_text(
        "order,product,price,freight\n2,S,10,1\n1,T,5,1\n2,U,1.50,0\n9,V,1,1\n3,W,1,0\n"
    )
    (tmp_path / "paid.csv").write_text("order,sum\n1,4\n1,2\n2,12.49\n8,1\n")
    strays: list[Issue] = []
    built = {one.number: one for one in read_all(tmp_path, read_mapping(JOINED, "joined"), strays)}
    one, two, three = (built[n].order for n in "123")
    assert one is not None
    assert two is not None
    assert three is not None
    assert (one.customer.external_id, one.total_minor, one.shipping_minor, built["1"].issues) == ("Alpha", 600, 100, ())
    assert [line.sku for line in two.lines] == ["S", "U"]
    assert (two.total_minor, codes(built["2"])) == (1_249, [("noted", "payment_rounding")])
    assert three.customer.external_id == "order:3"
    assert codes(built["3"]) == [("noted", "no_match"), ("noted", "no_payment")]
    assert [(i.code, i.place.file, i.place.line) for i in strays] == [
        ("no_such_order", "items.csv", 5),
        ("no_such_order", "paid.csv", 5),
    ]


def test_payments_beyond_the_tolerance_differ(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("id,at,person\n1,2026-11-01,a\n")
    (tmp_path / "people.csv").write_text("pid,who\na,Alpha\n")
    (tmp_path / "items.csv").write_text("order,product,price,freight\n1,S,10,1\n")
    (tmp_path / "paid.csv").write_text("order,sum\n1,10.90\n")
    assert codes(read_all(tmp_path, read_mapping(JOINED, "joined"))[0]) == [("noted", "payment_differs")]


def test_a_mapping_of_several_files_wants_their_folder(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("id,at,person\n")
    with pytest.raises(InvalidInput, match="name their folder"):
        open_source(path, read_mapping(JOINED, "joined"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"zone": "Mars/Olympus"}, "no time zone"),
        ({"decimal": ":"}, "decimal must be"),
        ({"orders": {"key": "id", "columns": {"colour": "c"}}}, "no field 'colour'"),
        ({"unheard_of": 1}, "unknown setting unheard_of"),
    ],
)
def test_a_wrong_mapping_names_the_setting(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_mapping(JOINED | change, "joined.toml")
