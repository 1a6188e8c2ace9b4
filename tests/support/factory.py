"""Makes shops, customers, orders and shipments with sensible defaults; a test names only what it is about."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from portal.db.tables.catalogue import Variant
from portal.db.tables.orders import Customer, Order, OrderLine
from portal.db.tables.returns import Return
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.usecases.deps import Deps, ShopRef

Row = TypeVar("Row")

_LIGHT = dict(
    background="#ffffff",
    surface="#f6f5f1",
    text="#1c1b19",
    muted="#5f5b53",
    line="#d9d5cb",
    accent="#1f5c3f",
    on_accent="#ffffff",
)
_DARK = dict(
    background="#141413",
    surface="#1e1d1b",
    text="#f2efe8",
    muted="#aaa597",
    line="#37352f",
    accent="#8fd1ac",
    on_accent="#0d1f16",
)


def shop_document(**changes: Any) -> dict[str, Any]:
    """A shop's settings as they would stand in TOML."""
    document: dict[str, Any] = dict(
        name="Juniper",
        currency="USD",
        country="US",
        timezone="America/New_York",
        locale="en",
        brand=dict(light=_LIGHT, dark=_DARK),
        contact=dict(email="help@juniper.example", phone="+1 202 555 0123"),
        sender=dict(name="Juniper", address="orders@juniper.example", reply_to="help@juniper.example"),
        warehouse=dict(
            name="Juniper Returns",
            line1="400 Mill Road",
            city="Burlington",
            region="VT",
            postal_code="05401",
            country="US",
        ),
    )
    return document | changes


@dataclass
class Factory:
    """Rows in one shop. Each method commits, and returns the row (detached)."""

    deps: Deps
    shop: ShopRef
    count: Any = field(default_factory=lambda: itertools.count(1))

    def customer(self, **changes: Any) -> Customer:
        n = next(self.count)
        values: dict[str, Any] = dict(
            shop_id=self.shop.id, external_id=f"c{n}", email=f"ada{n}@mail.example", name="Ada Example", tags=[]
        )
        return self._add(Customer(**(values | changes)))

    def order(
        self, customer: Customer | None = None, lines: list[dict[str, Any]] | None = None, **changes: Any
    ) -> Order:
        n = next(self.count)
        customer = customer or self.customer()
        now = self.deps.clock()
        number = changes.get("number", f"J-{1000 + n}")
        values: dict[str, Any] = dict(
            shop_id=self.shop.id,
            public_id=f"order-{self.shop.id:04d}{n:018d}",
            number=number,
            number_key="".join(c for c in number.upper() if c.isalnum()),
            source="csv",
            row_hash="-",
            customer_id=customer.id,
            status="open",
            placed_at=now - timedelta(days=3),
            timezone="America/New_York",
            currency=self.shop.config.currency,
            total_minor=10_000,
            shipping_minor=590,
            email=customer.email,
            phone="+1 202 555 0199",
            phone_last4="0199",
            ship_name="Ada Example",
            ship_line1="12 Elm Street",
            ship_city="Albany",
            ship_region="NY",
            ship_postal_code="12207",
            ship_country="US",
            promised_on=(now + timedelta(days=2)).date(),
            created_at=now - timedelta(days=3),
            changed_at=now,
        )
        order = self._add(Order(**(values | changes)))
        for position, line in enumerate(lines or [dict()], start=1):
            self.line(order, position=position, **line)
        return order

    def line(self, order: Order, **changes: Any) -> OrderLine:
        values: dict[str, Any] = dict(
            shop_id=self.shop.id,
            order_id=order.id,
            position=1,
            sku="SKU-1",
            title="Linen shirt",
            quantity=1,
            unit_price_minor=4_900,
        )
        return self._add(OrderLine(**(values | changes)))

    def variant(self, sku: str = "SKU-1-L", **changes: Any) -> Variant:
        values: dict[str, Any] = dict(
            shop_id=self.shop.id,
            sku=sku,
            product_ref="SKU-1",
            title="Linen shirt",
            variant=sku.rpartition("-")[2],
            price_minor=4_900,
            stock=1,
            changed_at=self.deps.clock(),
        )
        return self._add(Variant(**(values | changes)))

    def returned(self, order: Order, **changes: Any) -> Return:
        """A bare return of an order: approved, and nothing in it."""
        now = self.deps.clock()
        values: dict[str, Any] = dict(
            shop_id=self.shop.id,
            public_id=f"return-{self.shop.id:04d}{next(self.count):017d}",
            rma=f"{order.number}-R9",
            order_id=order.id,
            decision="approved",
            resolution="refund",
            currency=order.currency,
            goods_minor=0,
            due_minor=0,
            policy_version=1,
            decision_record={},
            send_back_by=(now + timedelta(days=14)).date(),
            submitted_at=now,
        )
        return self._add(Return(**(values | changes)))

    def shipment(self, order: Order | None = None, *, queued: bool = True, **changes: Any) -> Shipment:
        n = next(self.count)
        order = order or self.order()
        now = self.deps.clock()
        values: dict[str, Any] = dict(
            shop_id=self.shop.id,
            public_id=f"parcel-{self.shop.id:04d}{n:017d}",
            order_id=order.id,
            carrier="ups",
            tracking_number=f"1Z999AA1{self.shop.id:02d}{n:08d}",
            created_at=now - timedelta(days=2),
            origin_country="US",
            destination_country=order.ship_country,
            destination_postal_code=order.ship_postal_code,
            timezone=order.timezone,
            promised_on=order.promised_on,
            changed_at=now,
        )
        shipment = self._add(Shipment(**(values | changes)))
        if queued:
            self._add(
                PollQueueEntry(
                    shop_id=self.shop.id, shipment_id=shipment.id, carrier=shipment.carrier, next_poll_at=now
                )
            )
        return shipment

    def _add(self, row: Row) -> Row:
        with self.deps.sessions.write(self.shop.id) as session:
            session.add(row)
        return row
