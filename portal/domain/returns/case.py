"""The facts of a return: an order, its lines, its customer, and what is asked for. No names, nothing that can change.

Moments are aware UTC; days are days in the recipient's zone; sums are minor units of the order's currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """A customer without a name. `lists` are the entries of the shop's lists that mean this customer."""

    is_vip: bool = False
    tier: str | None = None
    tags: tuple[str, ...] = ()
    orders_placed: int = 1
    value_minor: int = 0  # net paid so far
    returns_placed: int = 0  # within the limits' days; those that were called off do not count
    returns_wrong: int = 0  # of those, with missing, wrong or rejected items
    units_returned: dict[str, int] = field(default_factory=dict)  # by SKU, for the limit of an item
    items_kept: int = 0  # that were paid for without coming back
    lists: tuple[str, ...] = ()  # "allow_emails", "block_emails"


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One order line. `units_returning` are already in a return, open or finished."""

    line_id: int
    quantity: int
    units_returning: int
    product_type: str | None
    final_sale: bool
    handed_over_at: datetime | None  # its last parcel went to the carrier
    delivered_at: datetime | None  # its last parcel arrived
    sku: str = ""
    product_ref: str | None = None
    vendor: str | None = None
    tags: tuple[str, ...] = ()
    unit_price_minor: int = 0
    stuck_days: int = 0  # days on which its parcel was late or without a scan, before it arrived

    @property
    def units_left(self) -> int:
        return max(0, self.quantity - self.units_returning)


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order without anybody's name: what a verdict rests on, kept with the verdict so that it can be replayed."""

    status: str
    country: str | None
    timezone: str
    lines: tuple[LineFacts, ...]
    number: str = ""
    placed_at: datetime | None = None
    channel: str = ""  # where the order came from
    currency: str = ""
    total_minor: int = 0
    shipping_minor: int = 0
    discount_minor: int = 0
    discount_codes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    service_level: str = "standard"
    returns_so_far: int = 0  # called off or not: each may have cost a label
    customer: CustomerFacts = CustomerFacts()
    calendar: dict[str, bool] = field(default_factory=dict)  # days as they were known: whether they are working days

    def day(self, moment: datetime) -> date:
        """The day of a moment where the recipient lives."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()

    def to_record(self) -> dict[str, Any]:
        """As JSON values, for the decision record."""
        return dict(_plain(asdict(self)))

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> OrderFacts:
        """The facts of a decision record. What a record of former times does not know has its usual value."""
        lines = tuple(_read(LineFacts, line) for line in record["lines"])
        customer = _read(CustomerFacts, record.get("customer") or {})
        return _read(cls, {**record, "lines": lines, "customer": customer})


@dataclass(frozen=True, slots=True)
class ItemAsked:
    """One line that somebody wants to send back. Empty or None: not said yet. `worth_minor` is of all its units."""

    line_id: int
    units: int
    reason: str = ""
    sub_reason: str = ""
    worth_minor: int = 0
    has_photo: bool = False


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What is asked for, as far as it is known: rules about reasons or methods wait until there is one."""

    items: tuple[ItemAsked, ...] = ()
    resolution: str = ""
    method: str = ""
    filed_by: str = "shopper"
    kind: str = "return"  # return, gift, blind
    risk_score: int | None = None

    def item(self, line_id: int) -> ItemAsked | None:
        """What is asked for one line."""
        return next((item for item in self.items if item.line_id == line_id), None)

    def to_record(self) -> dict[str, Any]:
        """As JSON values, for the decision record."""
        return dict(_plain(asdict(self)))

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> RequestFacts:
        """What was asked for when a decision was made."""
        return _read(cls, {**record, "items": tuple(_read(ItemAsked, item) for item in record.get("items", ()))})


def _plain(value: Any) -> Any:
    """JSON values: moments in ISO 8601, tuples as lists."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _read(kind: type[T], record: Mapping[str, Any]) -> T:
    """The other way. Names that the facts no longer have are left out."""
    values = {}
    for name in (spec.name for spec in fields(kind) if spec.name in record):  # type: ignore[arg-type]
        value = record[name]
        if name.endswith("_at") and isinstance(value, str):
            value = datetime.fromisoformat(value)
        values[name] = tuple(value) if isinstance(value, list) else value
    return kind(**values)
