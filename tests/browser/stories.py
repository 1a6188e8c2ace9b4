"""Orders in every state a shopper can meet, in both demo shops, as rows: what the pages are looked at with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.operations import CarrierFeed
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.shipments import PollQueueEntry, Promise, Shipment, ShipmentLine
from portal.settings import ROOT, read_toml
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import create_shop
from tests.support.factory import Factory

LINES: dict[str, list[dict[str, Any]]] = {
    "juniper": [
        {"title": "Linen bed cover, washed", "variant": "Oatmeal, queen", "unit_price_minor": 14_800},
        {"title": "Stoneware mug", "variant": "Slate", "quantity": 4, "unit_price_minor": 2_400},
        {
            "title": "Beeswax candle, unscented, slow-burning",
            "variant": "Tall",
            "quantity": 2,
            "unit_price_minor": 1_900,
        },
    ],
    "nordlicht": [
        {"title": "Dreilagen-Hardshelljacke Hallig", "variant": "Petrol, Größe M", "unit_price_minor": 34_900},
        {"title": "Trekkingstockspitzen-Ersatzset", "quantity": 2, "unit_price_minor": 990},
    ],
}
PLACES: dict[str, list[tuple[str, str | None, str]]] = {
    "juniper": [("Louisville", "KY", "US"), ("Albany", "NY", "US")],
    "nordlicht": [("HANNOVER", None, "DE"), ("Aschaffenburg-Damm", None, "DE")],
}
CARRIER = {"juniper": "ups", "nordlicht": "dhl_unified"}
PEOPLE: dict[str, dict[str, Any]] = {
    "juniper": {
        "email": "ada@mail.example",
        "ship_name": "Ada Example",
        "ship_line1": "12 Elm Street",
        "ship_city": "Albany",
        "ship_region": "NY",
        "ship_postal_code": "12207",
        "ship_country": "US",
        "timezone": "America/New_York",
    },
    "nordlicht": {
        "email": "jan@post.example",
        "ship_name": "Jan Petersen-Hinrichs",
        "ship_line1": "Überseering 30, Haus 4",
        "ship_city": "Aschaffenburg",
        "ship_region": None,
        "ship_postal_code": "63739",
        "ship_country": "DE",
        "timezone": "Europe/Berlin",
        "phone_last4": "0142",
    },
}


class Stories:
    """Makes orders in one demo shop. Each method returns the order."""

    def __init__(self, deps: Deps, slug: str) -> None:
        self.deps, self.slug = deps, slug
        self.shop: ShopRef = create_shop(deps, slug, read_toml(ROOT / "config" / "shops" / f"{slug}.toml"))
        self.make = Factory(deps, self.shop)
        self.n = 1040

    def day(self, days: int) -> date:
        return (self.deps.clock() + timedelta(days=days)).date()

    def order(self, **changes: Any) -> Order:
        self.n += 1
        values: dict[str, Any] = PEOPLE[self.slug] | {"number": f"{self.slug[0].upper()}-{self.n}"}
        return self.make.order(lines=LINES[self.slug], **(values | {"promised_on": self.day(1)} | changes))

    def parcel(self, order: Order, status: str, substatus: str | None = None, **changes: Any) -> Shipment:
        now = self.deps.clock()
        values: dict[str, Any] = {
            "carrier": CARRIER[self.slug],
            "status": status,
            "substatus": substatus,
            "status_at": now - timedelta(hours=5),
            "polled_at": now - timedelta(minutes=24),
            "eta_on": self.day(1),
        }
        shipment = self.make.shipment(order, queued=False, **(values | changes))
        with self.deps.sessions.write(self.shop.id) as session:
            session.add(
                PollQueueEntry(
                    shop_id=self.shop.id,
                    shipment_id=shipment.id,
                    carrier=shipment.carrier,
                    next_poll_at=now + timedelta(hours=1),
                )
            )
        return shipment

    def scan(
        self, shipment: Shipment, hours_ago: float, status: str | None, substatus: str | None = None, **changes: Any
    ) -> None:
        at = self.deps.clock() - timedelta(hours=hours_ago)
        city, state, country = PLACES[self.slug][0 if hours_ago > 20 else 1]
        values: dict[str, Any] = {
            "shop_id": self.shop.id,
            "shipment_id": shipment.id,
            "identity": f"{status}{hours_ago}{substatus}",
            "at": at,
            "local_time": None,
            "offset_known": True,
            "status": status,
            "substatus": substatus,
            "raw_code": "X1",
            "raw_text": "Your package is moving within the carrier network",
            "city": city,
            "state": state,
            "country": country,
            "seen_at": at,
        }
        with self.deps.sessions.write(self.shop.id) as session:
            session.add(CheckpointRow(**(values | changes)))

    def usual_scans(self, shipment: Shipment) -> None:
        self.scan(shipment, 60, "info_received", "InfoReceived_001", city=None, state=None)
        self.scan(shipment, 50, "in_transit", "InTransit_002", raw_text="Origin scan")
        self.scan(shipment, 45, "in_transit", "InTransit_007", raw_text="Departed from facility")
        self.scan(shipment, 22, "in_transit", "InTransit_003", raw_text="Arrived at facility")
        self.scan(shipment, 6, "in_transit", "InTransit_003", raw_text="Destination scan")

    def on_its_way(self) -> Order:
        order = self.order()
        self.usual_scans(self.parcel(order, "in_transit", "InTransit_003"))
        return order

    def out_today(self) -> Order:
        order = self.order(promised_on=self.day(0))
        zone_end = datetime.combine(self.day(0), datetime.min.time()).replace(hour=20)
        shipment = self.parcel(
            order, "out_for_delivery", "OutForDelivery_001", eta_on=self.day(0), eta_latest=zone_end.isoformat()
        )
        self.usual_scans(shipment)
        self.scan(shipment, 4, "out_for_delivery", "OutForDelivery_001", raw_text="Out For Delivery Today")
        return order

    def late(self) -> Order:
        """Promised yesterday, moved by weather, with an open case."""
        order = self.order(promised_on=self.day(-1))
        shipment = self.parcel(order, "exception", "Exception_017", eta_on=self.day(2), promised_on=self.day(-1))
        self.usual_scans(shipment)
        self.scan(
            shipment, 5, "exception", "Exception_017", raw_text="Severe weather conditions have delayed delivery."
        )
        self.promise(order, None, -1, "promised", hours_ago=70)
        self.promise(order, shipment, 2, "estimated", hours_ago=4)
        self.case(order, shipment, "R08", "R08", {"promised_on": self.day(-1).isoformat(), "carrier": shipment.carrier})
        return order

    def delivered(self) -> Order:
        order = self.order(promised_on=self.day(0))
        at = self.deps.clock() - timedelta(hours=3)
        shipment = self.parcel(
            order,
            "delivered",
            "Delivered_003",
            delivered_at=at,
            status_at=at,
            signed_by="A EXAMPLE",
            eta_on=self.day(0),
        )
        self.usual_scans(shipment)
        self.scan(shipment, 5, "out_for_delivery", "OutForDelivery_001")
        self.scan(shipment, 3, "delivered", "Delivered_003", raw_text="DELIVERED. Signed by: A EXAMPLE, front porch")
        return order

    def split(self) -> Order:
        order = self.order()
        at = self.deps.clock() - timedelta(hours=20)
        one = self.parcel(order, "delivered", "Delivered_001", delivered_at=at, status_at=at)
        two = self.parcel(order, "in_transit", "InTransit_007")
        three = self.parcel(order, "attempt_fail", "AttemptFail_002", eta_on=None)
        self.usual_scans(one)
        self.scan(one, 20, "delivered", "Delivered_001")
        self.scan(two, 30, "in_transit", "InTransit_007")
        self.scan(three, 30, "in_transit", "InTransit_007")
        self.scan(three, 5, "attempt_fail", "AttemptFail_002", raw_text="Recipient not home")
        with self.deps.sessions.read(self.shop.id) as session:
            lines = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).all()
        with self.deps.sessions.write(self.shop.id) as session:
            for shipment, line in zip((one, two, three), lines, strict=False):
                session.add(
                    ShipmentLine(
                        shop_id=self.shop.id, shipment_id=shipment.id, order_line_id=line.id, quantity=line.quantity
                    )
                )
        return order

    def at_pickup(self) -> Order:
        order = self.order()
        shipment = self.parcel(order, "available_for_pickup", "AvailableForPickup_001", eta_on=None)
        self.usual_scans(shipment)
        self.scan(shipment, 5, "available_for_pickup", "AvailableForPickup_001")
        return order

    def lost(self) -> Order:
        order = self.order(promised_on=self.day(-3))
        shipment = self.parcel(order, "exception", "Exception_013", eta_on=None)
        self.usual_scans(shipment)
        self.scan(shipment, 5, "exception", "Exception_013", raw_text="Package declared lost")
        self.case(order, shipment, "R16", "R16.reported", {"carrier": shipment.carrier}, severity="critical")
        return order

    def not_shipped(self) -> Order:
        return self.order(promised_on=None)

    def feed_down(self) -> Order:
        order = self.on_its_way()
        now = self.deps.clock()
        with self.deps.sessions.write_system() as session:
            session.merge(CarrierFeed(carrier=CARRIER[self.slug], window_at=now, down_since=now - timedelta(hours=3)))
        return order

    def promise(self, order: Order, shipment: Shipment | None, day: int, kind: str, hours_ago: float) -> None:
        with self.deps.sessions.write(self.shop.id) as session:
            session.add(
                Promise(
                    shop_id=self.shop.id,
                    order_id=order.id,
                    shipment_id=shipment.id if shipment else None,
                    kind=kind,
                    date=self.day(day),
                    source="shop" if kind == "promised" else "carrier",
                    recorded_at=self.deps.clock() - timedelta(hours=hours_ago),
                )
            )

    def case(
        self, order: Order, shipment: Shipment, rule: str, key: str, inputs: dict[str, Any], severity: str = "high"
    ) -> None:
        now = self.deps.clock()
        with self.deps.sessions.write(self.shop.id) as session:
            session.add(
                DeliveryException(
                    shop_id=self.shop.id,
                    subject_kind="shipment",
                    subject_id=str(shipment.id),
                    shipment_id=shipment.id,
                    order_id=order.id,
                    carrier=shipment.carrier,
                    rule=rule,
                    rule_version=1,
                    message_key=key,
                    cause="test",
                    since=now,
                    severity=severity,
                    inputs=inputs,
                    due_at=now,
                    opened_at=now,
                )
            )
