"""Who sends a return, and where it goes: the parts of an address, for labels and for papers."""

from __future__ import annotations

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return

PARTS = ("name", "line1", "line2", "city", "region", "postal_code", "country", "phone", "email")


def sender_parts(order: Order, row: Return) -> dict[str, str]:
    """Who sends it: a present's new owner where they said so, else whoever the order went to. Unknown parts are empty."""
    if row.sender:
        return {part: str(row.sender.get(part) or "") for part in PARTS}
    own = ("phone", "email")  # of the order itself, not of the address it went to
    return {part: getattr(order, part if part in own else f"ship_{part}") or "" for part in PARTS}
