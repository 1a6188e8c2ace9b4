"""Orders as a tracking page shows them: three parcels and thirty checkpoints each, taken in through the merge step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks.databases import Database
from carriers.model import Checkpoint, EstimatedDelivery, Status, TrackingResult
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import create_shop
from portal.usecases.tracking.poll import poll_due
from tests.support.doubles import NOON, Clock, FakeCarriers, MailBin, make_deps
from tests.support.factory import Factory, shop_document

PARCELS, SCANS = 3, 10


@dataclass(frozen=True, slots=True)
class Shown:
    """A shop with polled orders; `public_ids` are theirs."""

    deps: Deps
    shop: ShopRef
    public_ids: tuple[str, ...]


def shown_orders(database: Database, orders: int) -> Shown:
    """`orders` orders in transit, each polled once."""
    carriers = FakeCarriers()
    deps = make_deps(database.sessions, Clock(), carriers, MailBin())
    shop = create_shop(deps, "juniper", shop_document())
    make = Factory(deps, shop)
    public_ids = []
    for _ in range(orders):
        order = make.order()
        public_ids.append(order.public_id)
        for n in range(PARCELS):
            number = make.shipment(order).tracking_number
            carriers.results[number] = _in_transit(number, n)
    assert poll_due(deps) == orders * PARCELS
    return Shown(deps, shop, tuple(public_ids))


def _in_transit(number: str, parcel: int) -> TrackingResult:
    scans = tuple(_scan(parcel, n) for n in range(SCANS))
    return TrackingResult(number, Status.IN_TRANSIT, None, scans, EstimatedDelivery(date(2026, 11, 20)))


def _scan(parcel: int, n: int) -> Checkpoint:
    at = NOON - timedelta(hours=40 - 4 * n - parcel)
    words = "Arrived at facility" if n % 2 else "Departed from facility"
    return Checkpoint(at, Status.IN_TRANSIT, None, f"{parcel}{n}", words, "Albany", "NY", "12207", "US")
