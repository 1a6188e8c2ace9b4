"""Orders come in: the same again changes nothing, a corrected row updates, and what happened here is not undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from carriers.base import AdapterInfo
from carriers.errors import CarrierError, ErrorKind
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.orders import Customer, Order, OrderLine
from portal.db.tables.returns import Return
from portal.db.tables.shipments import PollQueueEntry, Promise, Shipment, ShipmentLine
from portal.platforms.model import Issue
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.import_orders import import_orders
from portal.usecases.importing.tally import ImportReport
from tests.support.doubles import Clock, FakeCarriers
from tests.support.orders_csv import row, template, write

SHIPPED: dict[str, Any] = {
    "carrier": "ups",
    "tracking_number": "1Z999AA10123456784",
    "shipped_at": "2026-11-16T17:00:00-05:00",
    "promised_on": "2026-11-21",
}


@dataclass
class PickyCarriers(FakeCarriers):
    """Knows some carriers only."""

    known: set[str] = field(default_factory=lambda: {"ups", "usps"})

    def info(self, code: str) -> AdapterInfo:
        if code not in self.known:
            raise CarrierError(ErrorKind.UNKNOWN_CARRIER, "no adapter")
        return super().info(code)


@pytest.fixture
def carriers() -> PickyCarriers:
    return PickyCarriers()


Import = Callable[..., ImportReport]


@pytest.fixture
def bring(deps: Deps, shop: ShopRef, tmp_path: Path) -> Import:
    """Imports rows into the shop."""

    def run(*rows: dict[str, str], **options: Any) -> ImportReport:
        into = options.pop("into", shop)
        return import_orders(deps, into, write(tmp_path / "orders.csv", *rows), template(), **options)

    return run


def all_of(deps: Deps, shop: ShopRef, table: Any) -> list[Any]:
    with deps.sessions.read(shop.id) as session:
        return list(session.scalars(select(table).order_by(*table.__table__.primary_key)))


def one_of(deps: Deps, shop: ShopRef, table: Any) -> Any:
    rows = all_of(deps, shop, table)
    assert len(rows) == 1
    return rows[0]


def test_an_order_comes_in_with_customer_lines_parcel_and_promise(deps: Deps, shop: ShopRef, bring: Import) -> None:
    report = bring(row(customer_phone="+1 202 555 0199", loyalty_tier="gold", **SHIPPED))
    assert report.orders == {"read": 1, "created": 1, "updated": 0, "unchanged": 0, "rejected": 0}
    order = one_of(deps, shop, Order)
    assert (order.number, order.number_key, order.total_minor, order.currency) == ("J-1", "J1", 4_900, "USD")
    assert (order.email, order.phone_last4, order.timezone) == ("ada@mail.example", "0199", "America/New_York")
    assert (order.promised_on, order.is_history, order.source) == (date(2026, 11, 21), False, "template")
    customer = one_of(deps, shop, Customer)
    assert (customer.external_id, customer.email, customer.name) == ("c-1", "ada@mail.example", "Ada Example")
    assert (customer.is_vip, customer.vip_reason["key"], customer.ltv_minor) == (True, "loyalty_tier", 4_900)
    line = one_of(deps, shop, OrderLine)
    shipment = one_of(deps, shop, Shipment)
    assert (shipment.carrier, shipment.status, shipment.destination_postal_code) == ("ups", "pending", "12207")
    assert shipment.created_at == shipment.shipped_at == datetime(2026, 11, 16, 22, tzinfo=UTC)
    assert shipment.next_check_at == deps.clock()
    carried = one_of(deps, shop, ShipmentLine)
    assert (carried.shipment_id, carried.order_line_id, carried.quantity) == (shipment.id, line.id, 1)
    entry = one_of(deps, shop, PollQueueEntry)
    assert (entry.shipment_id, entry.carrier, entry.next_poll_at) == (shipment.id, "ups", deps.clock())
    promise = one_of(deps, shop, Promise)
    assert (promise.kind, promise.date, promise.source, promise.reason) == (
        "promised",
        date(2026, 11, 21),
        "shop",
        "import",
    )


def test_the_same_again_changes_nothing(deps: Deps, shop: ShopRef, bring: Import, clock: Clock) -> None:
    rows = [row(**SHIPPED), row(order_number="J-2", sku="B", customer_id="c-2")]
    bring(*rows)
    before = [(o.number, o.version, o.changed_at) for o in all_of(deps, shop, Order)]
    clock.advance(hours=5)
    report = bring(*rows)
    assert report.orders == {"read": 2, "created": 0, "updated": 0, "unchanged": 2, "rejected": 0}
    assert report.customers == {"created": 0, "updated": 0}
    assert [(o.number, o.version, o.changed_at) for o in all_of(deps, shop, Order)] == before
    assert len(all_of(deps, shop, Promise)) == len(all_of(deps, shop, Shipment)) == 1


def test_a_corrected_row_updates_its_order(deps: Deps, shop: ShopRef, bring: Import, clock: Clock) -> None:
    bring(row(**SHIPPED), row(sku="B", **SHIPPED))
    clock.advance(hours=1)
    fixed = SHIPPED | {"promised_on": "2026-11-23"}
    report = bring(
        row(title="Linen shirt long", quantity="2", ship_postal_code="12208", **fixed), row(order_number="J-2")
    )
    assert report.orders == {"read": 2, "created": 1, "updated": 1, "unchanged": 0, "rejected": 0}
    order = next(o for o in all_of(deps, shop, Order) if o.number == "J-1")
    assert (order.version, order.changed_at, order.total_minor) == (2, deps.clock(), 9_800)
    lines = [x for x in all_of(deps, shop, OrderLine) if x.order_id == order.id]
    assert [(x.position, x.title, x.quantity) for x in lines] == [(1, "Linen shirt long", 2)]
    shipment = one_of(deps, shop, Shipment)
    assert (shipment.promised_on, shipment.destination_postal_code) == (date(2026, 11, 23), "12208")
    assert shipment.next_check_at == deps.clock()
    assert [p.date for p in all_of(deps, shop, Promise)] == [date(2026, 11, 21), date(2026, 11, 23)]
    assert [(x.quantity) for x in all_of(deps, shop, ShipmentLine)] == [2]


def test_a_parcel_that_comes_later_is_added(deps: Deps, shop: ShopRef, bring: Import) -> None:
    bring(row())
    assert all_of(deps, shop, Shipment) == []
    bring(row(**SHIPPED))
    shipment = one_of(deps, shop, Shipment)
    assert one_of(deps, shop, PollQueueEntry).shipment_id == shipment.id
    assert one_of(deps, shop, ShipmentLine).quantity == 1


def test_a_mistyped_tracking_number_is_corrected_in_place_while_nothing_was_heard(
    deps: Deps, shop: ShopRef, bring: Import
) -> None:
    bring(row(**SHIPPED))
    before = one_of(deps, shop, Shipment)
    with deps.sessions.write(shop.id) as session:
        session.get_one(Shipment, before.id).not_found_count = 3
    bring(row(**SHIPPED | {"tracking_number": "1Z999AA10123456799", "carrier": "usps"}))
    after = one_of(deps, shop, Shipment)
    assert (after.id, after.tracking_number, after.carrier) == (before.id, "1Z999AA10123456799", "usps")
    assert after.not_found_count == 0
    assert one_of(deps, shop, PollQueueEntry).carrier == "usps"


def test_a_parcel_that_was_seen_stays_beside_the_new_one(deps: Deps, shop: ShopRef, bring: Import) -> None:
    bring(row(**SHIPPED))
    seen = one_of(deps, shop, Shipment)
    scan = CheckpointRow(
        shop_id=shop.id,
        shipment_id=seen.id,
        identity="a",
        at=deps.clock(),
        offset_known=True,
        status="in_transit",
        raw_text="Departed",
        seen_at=deps.clock(),
    )
    with deps.sessions.write(shop.id) as session:
        session.add(scan)
    bring(row(**SHIPPED | {"tracking_number": "1Z999AA10123456799"}))
    assert [s.tracking_number for s in all_of(deps, shop, Shipment)] == ["1Z999AA10123456784", "1Z999AA10123456799"]


def test_a_correction_never_takes_back_what_was_refunded_or_is_coming_back(
    deps: Deps, shop: ShopRef, bring: Import
) -> None:
    bring(row(quantity="3"), row(sku="B"))
    with deps.sessions.write(shop.id) as session:
        session.scalars(select(Order)).one().refunded_minor = 9_000
        for line in session.scalars(select(OrderLine)):
            line.units_returning = 2 if line.position == 1 else 1
    report = bring(row(quantity="1"))
    assert report.orders["updated"] == 1
    assert report.reasons["noted"] == {"line_with_return": 1, "quantity_below_returns": 1, "total_below_refunds": 1}
    assert one_of(deps, shop, Order).total_minor == 19_600
    assert [(x.position, x.quantity) for x in all_of(deps, shop, OrderLine)] == [(1, 3), (2, 1)]


def test_history_is_not_polled_and_opens_nothing(deps: Deps, shop: ShopRef, bring: Import) -> None:
    old = deps.clock() - timedelta(days=shop.config.history_days + 1)
    bring(row(placed_at=old.isoformat(), delivered_at=(old + timedelta(days=4)).isoformat(), **SHIPPED))
    assert one_of(deps, shop, Order).is_history
    shipment = one_of(deps, shop, Shipment)
    assert (shipment.status, shipment.next_check_at, shipment.tracking_ended_at) == ("delivered", None, deps.clock())
    assert all_of(deps, shop, PollQueueEntry) == []
    assert all_of(deps, shop, Promise) == []


def test_an_order_becomes_no_history_by_being_corrected_later(
    deps: Deps, shop: ShopRef, bring: Import, clock: Clock
) -> None:
    bring(row(**SHIPPED))
    clock.advance(days=shop.config.history_days + 30)
    bring(row(ship_city="Troy", **SHIPPED))
    assert not one_of(deps, shop, Order).is_history
    assert len(all_of(deps, shop, PollQueueEntry)) == 1


def test_a_dry_run_says_what_it_would_do_and_does_nothing(deps: Deps, shop: ShopRef, bring: Import) -> None:
    bring(row())
    report = bring(
        row(title="Other"), row(order_number="J-2", **SHIPPED), row(order_number="J-3", quantity="0"), dry_run=True
    )
    assert report.orders == {"read": 3, "created": 1, "updated": 1, "unchanged": 0, "rejected": 1}
    assert report.parcels_created == 1
    assert one_of(deps, shop, Order).version == 1


def test_rejected_orders_are_told_with_file_line_and_reason_and_the_rest_comes_in(
    deps: Deps, shop: ShopRef, bring: Import
) -> None:
    heard: list[Issue] = []
    report = bring(
        row(), row(order_number="J-2", quantity="-1"), row(order_number="J-3", currency="EUR"), on_issue=heard.append
    )
    assert report.orders["created"] == 1
    assert report.orders["rejected"] == 2
    assert report.reasons["rejected"] == {"bad_quantity": 1, "other_currency": 1}
    assert [(i.place.file, i.place.line, i.order) for i in heard] == [
        ("orders.csv", 3, "J-2"),
        ("orders.csv", 4, "J-3"),
    ]
    assert report.as_json()["listing"][0]["line"] == 3
    assert [o.number for o in all_of(deps, shop, Order)] == ["J-1"]


def test_a_rejected_correction_leaves_the_stored_order_as_it_was(deps: Deps, shop: ShopRef, bring: Import) -> None:
    bring(row())
    assert bring(row(unit_price="free")).orders["rejected"] == 1
    assert one_of(deps, shop, Order).total_minor == 4_900


def test_a_parcel_left_out_for_its_carrier_is_taken_up_once_the_carrier_is_known(
    deps: Deps, shop: ShopRef, bring: Import, carriers: PickyCarriers
) -> None:
    shipped = SHIPPED | {"carrier": "pigeon"}
    assert bring(row(**shipped)).reasons["repaired"] == {"unknown_carrier": 1}
    assert all_of(deps, shop, Shipment) == []
    carriers.known.add("pigeon")
    assert bring(row(**shipped)).orders["updated"] == 1
    assert one_of(deps, shop, Shipment).carrier == "pigeon"


def test_an_older_order_does_not_overwrite_newer_contact_data(deps: Deps, shop: ShopRef, bring: Import) -> None:
    bring(row(customer_email="new@mail.example", loyalty_tier="silver"))
    bring(row(order_number="J-0", placed_at="2026-11-01", customer_email="old@mail.example"))
    assert one_of(deps, shop, Customer).email == "new@mail.example"
    bring(row(order_number="J-3", placed_at="2026-11-17", customer_email="newest@mail.example"))
    customer = one_of(deps, shop, Customer)
    assert (customer.email, customer.loyalty_tier, customer.orders_count) == ("newest@mail.example", "silver", 3)


def test_a_customer_without_an_id_is_known_by_address_and_without_both_by_the_order(
    deps: Deps, shop: ShopRef, bring: Import
) -> None:
    bring(
        row(customer_id=None, customer_email="Ada@Mail.Example"),
        row(order_number="J-2", customer_id=None, customer_email="ada@mail.example"),
        row(order_number="J-3", customer_id=None, customer_email=None),
    )
    assert {c.external_id: c.orders_count for c in all_of(deps, shop, Customer)} == {
        "ada@mail.example": 2,
        "order:J-3": 1,
    }


def test_the_returns_of_an_order_go_over_to_whoever_it_turns_out_to_be_of(
    deps: Deps, shop: ShopRef, bring: Import
) -> None:
    bring(row(), row(order_number="J-2"))
    orders = {order.number: order for order in all_of(deps, shop, Order)}
    with deps.sessions.write(shop.id) as session:
        for number, order in orders.items():
            values: dict[str, Any] = dict(shop_id=shop.id, public_id=number, rma=number, order_id=order.id)
            values |= dict(decision="approved", resolution="refund", currency="USD", goods_minor=0, due_minor=0)
            values |= dict(policy_version=1, decision_record={}, send_back_by=date(2026, 12, 1))
            session.add(Return(**values, submitted_at=deps.clock()))
    first = one_of(deps, shop, Customer).id
    assert {row.customer_id for row in all_of(deps, shop, Return)} == {first}
    bring(row(customer_id="c-2"))
    (second,) = {c.id for c in all_of(deps, shop, Customer)} - {first}
    assert {row.rma: row.customer_id for row in all_of(deps, shop, Return)} == {"J-1": second, "J-2": first}


def test_two_shops_with_the_same_numbers_keep_apart(
    deps: Deps, shop: ShopRef, other_shop: ShopRef, bring: Import
) -> None:
    bring(row(**SHIPPED))
    bring(row(ship_country="DE", **SHIPPED), into=other_shop)
    assert one_of(deps, shop, Order).currency == "USD"
    assert (one_of(deps, other_shop, Order).currency, one_of(deps, other_shop, Order).timezone) == (
        "EUR",
        "Europe/Berlin",
    )
    assert one_of(deps, shop, Customer).shop_id == shop.id
    assert bring(row(**SHIPPED)).orders["unchanged"] == 1


def test_more_orders_than_a_batch_come_in_whole_and_are_counted_as_they_go(
    deps: Deps, shop: ShopRef, bring: Import
) -> None:
    seen: list[tuple[int, int]] = []
    rows = [row(order_number=f"J-{n}", customer_id=f"c-{n % 7}") for n in range(1_200)]
    report = bring(*rows, on_progress=lambda done, total: seen.append((done, total)))
    assert report.orders["created"] == 1_200
    assert seen == [(500, 1_200), (1_000, 1_200), (1_200, 1_200)]
    with deps.sessions.read(shop.id) as session:
        assert session.scalar(select(func.count(Order.id))) == 1_200
        assert session.scalar(select(func.count(Customer.id))) == 7
        assert session.scalar(select(func.sum(Customer.orders_count))) == 1_200


WORTH: dict[str, Any] = {
    "line_discount": "4.90",
    "line_tax": "3.53",
    "product": "LS",
    "vendor": "Fjord",
    "line_tags": "linen;summer",
    "line_id": "li-1",
    "hs_code": "620520",
    "goods_origin": "PT",
}


def test_discounts_taxes_and_what_exchanges_and_customs_need_come_along(
    deps: Deps, shop: ShopRef, bring: Import
) -> None:
    told = {"tax_included": "no", "discount_codes": "WELCOME;VIP", "order_tags": "gift", "order_id": "gid-9"}
    bring(row(shipping="5.00", **WORTH, **told))
    with deps.sessions.read(shop.id) as session:
        order, line = session.scalars(select(Order)).one(), session.scalars(select(OrderLine)).one()
        assert (order.total_minor, order.discount_minor, order.tax_minor) == (4_900 - 490 + 353 + 500, 490, 353)
        assert (order.tax_included, order.discount_codes) == (False, ["WELCOME", "VIP"])
        assert (order.tags, order.external_id) == (["gift"], "gid-9")
        assert (line.discount_minor, line.tax_minor, line.product_ref, line.vendor) == (490, 353, "LS", "Fjord")
        assert (line.tags, line.external_id, line.hs_code) == (["linen", "summer"], "li-1", "620520")
        assert line.origin_country == "PT"


def test_what_a_source_does_not_say_of_a_line_is_not_nothing(deps: Deps, shop: ShopRef, bring: Import) -> None:
    bring(row(discount="10.00", total="39.00"))
    with deps.sessions.read(shop.id) as session:
        order, line = session.scalars(select(Order)).one(), session.scalars(select(OrderLine)).one()
        assert (order.discount_minor, order.tax_included) == (1_000, True)
        assert (line.discount_minor, line.tax_minor) == (None, None)


def test_rows_of_one_line_tell_the_discount_of_their_own_units(deps: Deps, shop: ShopRef, bring: Import) -> None:
    bring(
        row(line_position=1, quantity=2, line_discount="2.00"),
        row(line_position=1, quantity=1, line_discount="1.00"),
    )
    with deps.sessions.read(shop.id) as session:
        line = session.scalars(select(OrderLine)).one()
        assert (line.quantity, line.discount_minor) == (3, 300)


def test_an_exchange_s_parcel_is_not_taken_for_a_corrected_one(
    deps: Deps, shop: ShopRef, bring: Import, make: Any
) -> None:
    """A file that brings a new number corrects a parcel of which nothing was heard, but never one that we sent."""
    bring(row(**SHIPPED))
    with deps.sessions.write(shop.id) as session:
        session.scalars(select(Shipment)).one().status = "delivered"
        order = session.scalars(select(Order)).one()
    sent = make.shipment(order, tracking_number="1Z999AA10000000001")
    returned = make.returned(order)
    with deps.sessions.write(shop.id) as session:
        session.get_one(Shipment, sent.id).return_id = returned.id
    bring(row(**SHIPPED | {"tracking_number": "1Z999AA10000000002"}))
    with deps.sessions.read(shop.id) as session:
        numbers = set(session.scalars(select(Shipment.tracking_number)))
    assert numbers == {"1Z999AA10123456784", "1Z999AA10000000001", "1Z999AA10000000002"}
