"""What return policies know, and what they answer. Moments are aware UTC; days are days in the recipient's zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.domain.returns.config import ReturnPolicyConfig

Inputs = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """A customer without a name. `lists` are the entries of the shop's lists that mean this customer."""

    is_vip: bool = False
    tier: str | None = None
    tags: tuple[str, ...] = ()
    orders_placed: int = 1
    value_minor: int = 0  # net paid so far
    returns_placed: int = 0  # within the limits' days, called off or not counted
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
    returns_so_far: int = 0
    customer: CustomerFacts = CustomerFacts()

    def day(self, moment: datetime) -> date:
        """The day of a moment where the recipient lives."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()

    def to_record(self) -> dict[str, Any]:
        """As JSON values, for the decision record."""
        record = asdict(self)
        for line in record["lines"]:
            for name in ("handed_over_at", "delivered_at"):
                line[name] = line[name].isoformat() if line[name] else None
        return record | {"lines": list(record["lines"])}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> OrderFacts:
        """The facts of a decision record."""
        lines = tuple(
            LineFacts(
                **(
                    line
                    | {
                        name: datetime.fromisoformat(line[name]) if line[name] else None
                        for name in ("handed_over_at", "delivered_at")
                    }
                )
            )
            for line in record["lines"]
        )
        return cls(record["status"], record["country"], record["timezone"], lines)


@dataclass(frozen=True, slots=True)
class ItemAsked:
    """One line that somebody wants to send back. Empty or None: not said yet."""

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


@dataclass(frozen=True, slots=True)
class Reason:
    """What one policy says of one line, and from what. `words` is a message id with named placeholders; inputs that
    end in `_on` are days as ISO 8601, `country` is ISO 3166 alpha-2.
    """

    policy: str
    version: int
    key: str  # "window.over"
    allows: bool
    inputs: Inputs
    words: str

    def to_record(self) -> dict[str, Any]:
        """As JSON values, without the words: those belong to the version."""
        return {
            "policy": self.policy,
            "version": self.version,
            "key": self.key,
            "allows": self.allows,
            "inputs": dict(self.inputs),
        }


Judge = Callable[[LineFacts, OrderFacts, ReturnPolicyConfig, datetime], Reason]


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule of the house. Its version goes up whenever the same facts would be answered otherwise."""

    id: str
    version: int
    judge: Judge

    def reason(self, key: str, words: str, *, allows: bool, **inputs: str | int) -> Reason:
        return Reason(self.id, self.version, f"{self.id}.{key}", allows, inputs, words)


def arrival(line: LineFacts, config: ReturnPolicyConfig) -> tuple[datetime, bool] | None:
    """When a line arrived, and whether a delivery says so; without one, the hand-off plus the assumed transit days.

    None when it was never handed to a carrier.
    """
    if line.delivered_at is not None:
        return line.delivered_at, True
    if line.handed_over_at is not None:
        return line.handed_over_at + timedelta(days=config.transit_days_assumed), False
    return None
