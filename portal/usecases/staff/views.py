"""What the console shows of cases and orders: frozen, no rows behind it. Personal data stays out of every repr.

Sums are in minor units of the currency beside them; moments are aware UTC, in business time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar

View = TypeVar("View")


def view_of(cls: type[View], row: object, **more: Any) -> View:
    """A view of a row: each field is taken from `more`, else from the row's column of the same name."""
    names = (f.name for f in fields(cls))  # type: ignore[arg-type]
    return cls(**{name: more[name] if name in more else getattr(row, name) for name in names})


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """What the customer was told last."""

    event: str
    subject: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, repr=False)
class CaseView:
    """A case as a line of the queue, and as the head of its page."""

    id: int
    shop_id: int | None
    shop_slug: str
    shop_name: str
    subject_kind: str
    carrier: str | None
    rule: str
    rule_version: int
    severity: str
    state: str
    message_key: str
    inputs: Mapping[str, Any]
    limits: Mapping[str, Any]
    since: datetime
    is_vip: bool
    vip_reason: Mapping[str, Any] | None
    priority: int
    priority_points: list[dict[str, Any]]
    due_at: datetime
    opened_at: datetime
    reopened: int
    closed_at: datetime | None
    closed_by: str | None
    outcome: str | None
    claimed_by: int | None
    claimed_name: str | None
    claimed_at: datetime | None
    snoozed_until: datetime | None
    revision: int
    shipment_id: int | None
    order_id: int | None
    order_number: str | None
    order_total_minor: int | None
    currency: str | None
    customer_id: int | None
    customer_name: str | None
    customer_value_minor: int | None
    customer_currency: str | None
    customer_orders: int | None
    tracking_number: str | None
    service_level: str | None
    late_hours: int | None  # past the end of the promised day, None while it holds or was never made
    told: Told | None


@dataclass(frozen=True, slots=True, repr=False)
class ScanView:
    at: datetime
    local_time: str | None
    status: str | None
    substatus: str | None
    raw_code: str | None
    raw_text: str | None
    city: str | None
    state: str | None
    country: str | None
    quarantined: bool


@dataclass(frozen=True, slots=True, repr=False)
class ParcelView:
    """A parcel with its timeline, newest scan first."""

    id: int
    public_id: str
    direction: str
    carrier: str
    carrier_name: str
    tracking_number: str
    service_level: str
    status: str
    substatus: str | None
    status_at: datetime | None
    promised_on: date | None
    eta_on: date | None
    first_eta_on: date | None
    delivered_at: datetime | None
    signed_by: str | None
    last_scan_at: datetime | None
    polled_at: datetime | None
    last_error: str | None
    tracking_ended_at: datetime | None
    timezone: str
    scans: tuple[ScanView, ...]


@dataclass(frozen=True, slots=True, repr=False)
class PromiseView:
    kind: str
    date: date
    source: str
    reason: str | None
    recorded_at: datetime
    shipment_id: int | None


@dataclass(frozen=True, slots=True, repr=False)
class MessageView:
    event: str
    channel: str
    state: str
    subject: str | None
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, repr=False)
class ReturnView:
    id: int
    public_id: str
    rma: str
    order_id: int
    decision: str
    parcel: str
    money: str
    resolution: str
    currency: str
    due_minor: int
    submitted_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class LineView:
    sku: str
    title: str
    variant: str | None
    quantity: int
    unit_price_minor: int
    units_returning: int


@dataclass(frozen=True, slots=True, repr=False)
class CaseLine:
    """A case in a list beside something else."""

    id: int
    rule: str
    severity: str
    state: str
    message_key: str
    inputs: Mapping[str, Any]
    outcome: str | None
    closed_by: str | None
    opened_at: datetime
    closed_at: datetime | None
    order_id: int | None
    shipment_id: int | None


@dataclass(frozen=True, slots=True, repr=False)
class OrderView:
    """An order with everything that happened to it."""

    id: int
    public_id: str
    shop_id: int
    shop_slug: str
    shop_name: str
    number: str
    status: str
    placed_at: datetime
    delivered_at: datetime | None
    promised_on: date | None
    timezone: str
    currency: str
    total_minor: int
    shipping_minor: int
    refunded_minor: int
    credited_minor: int
    service_level: str
    email: str | None
    phone: str | None
    locale: str | None
    ship_name: str | None
    ship_line1: str | None
    ship_line2: str | None
    ship_city: str | None
    ship_region: str | None
    ship_postal_code: str | None
    ship_country: str | None
    is_history: bool
    contacted_at: datetime | None
    customer_id: int
    lines: tuple[LineView, ...]
    parcels: tuple[ParcelView, ...]
    promises: tuple[PromiseView, ...]
    messages: tuple[MessageView, ...]
    returns: tuple[ReturnView, ...]
    cases: tuple[CaseLine, ...]


@dataclass(frozen=True, slots=True, repr=False)
class OrderLineOfMany:
    """An order in a list."""

    id: int
    number: str
    placed_at: datetime
    status: str
    total_minor: int
    currency: str


@dataclass(frozen=True, slots=True, repr=False)
class CustomerView:
    """A customer with the newest of what they had with us."""

    id: int
    name: str | None
    email: str | None
    phone: str | None
    locale: str | None
    loyalty_tier: str | None
    tags: list[str]
    currency: str
    ltv_minor: int
    orders_count: int
    orders_12m: int
    first_order_at: datetime | None
    is_vip: bool
    vip_reason: Mapping[str, Any] | None
    vip_since: datetime | None
    orders: tuple[OrderLineOfMany, ...]
    cases: tuple[CaseLine, ...]
    returns: tuple[ReturnView, ...]


@dataclass(frozen=True, slots=True, repr=False)
class CaseEvent:
    """A line of a case's history; `actor_name` is set when a member of staff did it."""

    at: datetime
    actor: str
    actor_name: str | None
    action: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class CasePage:
    """Everything on the page of a case. A feed's case has neither order nor customer."""

    case: CaseView
    order: OrderView | None
    customer: CustomerView | None
    events: tuple[CaseEvent, ...]
    siblings: tuple[CaseLine, ...]  # other cases of the same order
    desk_timezone: str
    snoozes: Mapping[str, datetime]  # moments on offer to put the case off until
