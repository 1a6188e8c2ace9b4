"""The tables an import writes to in bulk. Statements on them run in the system scope and name the shop themselves."""

from __future__ import annotations

from sqlalchemy import Table

from portal.db.tables.orders import Customer, Order, OrderLine
from portal.db.tables.shipments import PollQueueEntry, Promise, Shipment, ShipmentLine

customers: Table = Customer.__table__  # type: ignore[assignment]
orders: Table = Order.__table__  # type: ignore[assignment]
order_lines: Table = OrderLine.__table__  # type: ignore[assignment]
shipments: Table = Shipment.__table__  # type: ignore[assignment]
shipment_lines: Table = ShipmentLine.__table__  # type: ignore[assignment]
poll_queue: Table = PollQueueEntry.__table__  # type: ignore[assignment]
promises: Table = Promise.__table__  # type: ignore[assignment]
