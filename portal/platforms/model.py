"""Orders as they come from outside, whatever the source: plain values, read and checked, not yet stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

REJECTED = "rejected"  # the order was not imported
REPAIRED = "repaired"  # imported without a value that could not be used
NOTED = "noted"  # imported as it stands, but it contradicts itself or lacks something


class Place(NamedTuple):
    """Where something stands in the source. `line` counts physical lines from 1, the header included."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Issue:
    """What was wrong with a row and what was done about it. `reason` never quotes personal data."""

    severity: str
    code: str
    reason: str
    place: Place
    order: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class ImportedCustomer:
    """Who ordered. None: the source does not say, what is known already stays."""

    external_id: str
    email: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    locale: str | None = None
    tags: tuple[str, ...] | None = None
    loyalty_tier: str | None = None


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """An order line. Money in minor units of the order's currency, for one unit."""

    position: int
    sku: str
    title: str
    quantity: int
    unit_price_minor: int
    variant: str | None = None
    product_type: str | None = None
    final_sale: bool = False
    weight_grams: int | None = None
    product_ref: str | None = None
    vendor: str | None = None
    tags: tuple[str, ...] = ()
    discount_minor: int | None = None  # of the whole line, as is the tax; None: the source does not say
    tax_minor: int | None = None
    external_id: str | None = None
    hs_code: str | None = None
    origin_country: str | None = None  # of the goods, for customs


@dataclass(frozen=True, slots=True)
class ImportedParcel:
    """A parcel, and how many units of which line (by position) travel in it."""

    carrier: str
    tracking_number: str
    shipped_at: datetime | None
    origin_country: str | None
    units: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class ImportedOrder:
    """An order with all that belongs to it. Moments are aware UTC; `promised_on` is a day where the recipient lives.

    `address` holds the ship_* columns of the orders table. `row_hash` is the same for the same source rows.
    """

    number: str
    place: Place
    row_hash: str
    customer: ImportedCustomer
    placed_at: datetime
    status: str
    currency: str
    total_minor: int
    shipping_minor: int
    timezone: str
    service_level: str
    lines: tuple[ImportedLine, ...]
    parcels: tuple[ImportedParcel, ...]
    approved_at: datetime | None = None
    handed_over_at: datetime | None = None
    delivered_at: datetime | None = None
    promised_at: datetime | None = None
    promised_on: date | None = None
    address: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    discount_minor: int = 0
    discount_codes: tuple[str, ...] = ()
    tax_minor: int = 0
    tax_included: bool = True
    tags: tuple[str, ...] = ()
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """What became of one order of the source: an order unless it was rejected, and everything that was noticed."""

    number: str
    order: ImportedOrder | None
    issues: tuple[Issue, ...]
