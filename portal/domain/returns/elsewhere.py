"""Our four machines in the words of other systems (field: e.3, e.5): one status where we have several, so some of ours
share one of theirs. None: they have no word for it, and are not told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

# AfterShip: approval_status. It has none for what was called off; nobody is to send anything, as after a rejection.
AFTERSHIP_APPROVAL: Mapping[str, str | None] = MappingProxyType(
    {
        "draft": None,
        "submitted": "submitted",
        "approved": "approved",
        "resolved": "done",
        "rejected": "rejected",
        "expired": "expired",
        "cancelled": "rejected",
        "withdrawn_by_shopper": "rejected",
    }
)
# AfterShip: shipping_status of the whole return, before the warehouse has counted.
AFTERSHIP_SHIPPING: Mapping[str, str] = MappingProxyType(
    {
        "none": "no_label",
        "label_queued": "no_label",
        "label_failed": "no_label",
        "label_ready": "pending",
        "label_lapsed": "void",
        "in_transit": "in_transit",
        "lost": "in_transit",
        "delivered_to_us": "delivered",
        "void": "void",
    }
)
# Loop: state. What waits for a person is under review, whether it is approved or not.
LOOP: Mapping[str, str | None] = MappingProxyType(
    {
        "draft": None,
        "submitted": "review",
        "approved": "open",
        "resolved": "closed",
        "rejected": "cancelled",
        "expired": "expired",
        "cancelled": "cancelled",
        "withdrawn_by_shopper": "cancelled",
    }
)
# Shopify: ReturnStatus. One that ran out is closed: that can be reopened and frees no units, as with us.
SHOPIFY: Mapping[str, str | None] = MappingProxyType(
    {
        "draft": None,
        "submitted": "REQUESTED",
        "approved": "OPEN",
        "resolved": "CLOSED",
        "rejected": "DECLINED",
        "expired": "CLOSED",
        "cancelled": "CANCELED",
        "withdrawn_by_shopper": "CANCELED",
    }
)
_SHOPIFY_DECLINES = MappingProxyType({"period_ended": "RETURN_PERIOD_ENDED", "final_sale": "FINAL_SALE"})
REVIEW = "review"


def aftership_shipping(parcel: str, received: int, expected: int) -> str:
    """How far the goods are. `expected` units were announced, `received` have been counted in."""
    if received:
        return "received" if received >= expected else "partially_received"
    return AFTERSHIP_SHIPPING[parcel]


def aftership_exceptions(parcel: str, money: str, exchange: str, flags: Collection[str], held: bool) -> tuple[str, ...]:
    """What a person has to see to, as AfterShip lists it."""
    found = {
        "exchange_failed": exchange == "fallback_used",
        "generate_label_failed": parcel == "label_failed",
        "refund_failed": money == "failed",
        "flagged": held or bool(flags),
    }
    return tuple(name for name, holds in found.items() if holds)


def loop_state(decision: str, flags: Collection[str]) -> str | None:
    """Loop's state. With us a review is a flag, with Loop a state."""
    return "review" if decision in ("submitted", "approved") and REVIEW in flags else LOOP[decision]


def shopify_decline_reason(reject_code: str | None) -> str:
    """Why a return was turned down, in one of Shopify's three reasons."""
    return _SHOPIFY_DECLINES.get(reject_code or "", "OTHER")
