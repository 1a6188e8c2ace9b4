"""The messages there are, and how long each is worth sending. Pure; the words are in `portal/notify/templates`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notification:
    """One kind of message. After `useful_hours` (business time) it is dropped instead of sent late."""

    event: str
    topic: str  # delivery, problem, returns, access
    useful_hours: int | None = None


CATALOGUE = {
    n.event: n
    for n in (
        Notification("shipped", "delivery", 72),
        Notification("out_for_delivery", "delivery", 10),
        Notification("delivered", "delivery", 72),
        Notification("problem", "problem", 48),
        Notification("code", "access"),
        Notification("link", "access"),
        Notification("return_label_ready", "returns"),
        Notification("return_received", "returns"),
        Notification("refund", "returns"),
    )
}
