"""How a source's files and columns become orders. Read from `config/imports/<name>.toml`; docs/import.md explains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from portal.domain.decode import decode
from portal.errors import ConfigError

LINE_FIELDS = [
    "line_position",
    "sku",
    "title",
    "variant",
    "product_type",
    "quantity",
    "unit_price",
    "line_shipping",
    "final_sale",
    "weight_grams",
    "carrier",
    "tracking_number",
    "shipped_at",
    "origin_country",
    "product",
    "vendor",
    "line_tags",
    "line_discount",
    "line_tax",
    "line_id",
    "hs_code",
    "goods_origin",
]
ORDER_FIELDS = [
    "order_number",
    "placed_at",
    "status",
    "customer_id",
    "customer_email",
    "customer_name",
    "customer_phone",
    "customer_tags",
    "loyalty_tier",
    "locale",
    "currency",
    "total",
    "shipping",
    "service_level",
    "approved_at",
    "handed_over_at",
    "delivered_at",
    "promised_at",
    "promised_on",
    "ship_name",
    "ship_line1",
    "ship_line2",
    "ship_city",
    "ship_region",
    "ship_postal_code",
    "ship_country",
    "discount",
    "discount_codes",
    "tax",
    "tax_included",
    "order_tags",
    "order_id",
]


@dataclass(frozen=True, slots=True)
class Join:
    """Columns that stand in another file: the row whose `key` equals this row's `on`."""

    file: str
    key: str
    on: str
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """Where orders, or their lines, stand. `columns` says which of our fields is which column of theirs.

    `file` is a name or a pattern; empty for lines that stand in the rows of the orders. `key` is the column with the
    order's number.
    """

    key: str
    columns: Mapping[str, str]
    file: str = ""
    required: tuple[str, ...] = ()  # our fields without which a file cannot be read
    join: tuple[Join, ...] = ()


@dataclass(frozen=True, slots=True)
class Payments:
    """What was paid, a row a payment. Payments that differ from lines and shipping by more than `tolerance` are noted.

    `arithmetic` = "float" compares sums in binary floating point, as spreadsheets do; "decimal" compares them exactly.
    The amounts that are stored are exact either way.
    """

    file: str
    key: str
    amount: str
    tolerance: float = 0.0
    arithmetic: str = "decimal"


@dataclass(frozen=True, slots=True)
class OrderMapping:
    """One source. Words are compared in lower case."""

    name: str
    orders: Part
    lines: Part
    payments: Payments | None = None
    zone: str = ""  # of times without an offset; empty: the shop's
    recipient_zone: str = ""  # empty: by country and region of the address
    currency: str = ""  # where the source does not say; empty: the shop's
    country: str = ""  # where the source does not say
    decimal: str = "auto"  # "." or ",", or "auto": told from the amount where it is plain
    date_formats: tuple[str, ...] = ()  # tried after ISO 8601, as in Python's strptime
    status: Mapping[str, str] = field(default_factory=dict)
    carriers: Mapping[str, str] = field(default_factory=dict)
    express: tuple[str, ...] = ("express",)  # words for the express service level
    standard: tuple[str, ...] = ("standard",)

    def __post_init__(self) -> None:
        for zone in (self.zone, self.recipient_zone):
            _check_zone(zone)
        if self.decimal not in ("auto", ".", ","):
            raise ValueError('decimal must be "auto", "." or ","')
        if self.payments is not None and self.payments.arithmetic not in ("decimal", "float"):
            raise ValueError('payments.arithmetic must be "decimal" or "float"')
        known = {*ORDER_FIELDS, *LINE_FIELDS}
        for part in (self.orders, self.lines):
            for columns in (part.columns, *(join.columns for join in part.join)):
                _check_fields(set(columns), known)


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone or "UTC")
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {zone!r}") from None


def _check_fields(named: set[str], known: set[str]) -> None:
    unknown = sorted(named - known)
    if unknown:
        raise ValueError(f"there is no field {unknown[0]!r}; there are: {', '.join(sorted(known))}")


def read_mapping(document: Mapping[str, Any], where: str) -> OrderMapping:
    """A mapping from its TOML. Raises ConfigError that names the setting."""
    try:
        return decode(OrderMapping, document)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None
