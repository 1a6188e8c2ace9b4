"""Put a message into the outbox, in the transaction of the fact that it tells."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.domain import notifications
from portal.usecases.deps import Deps, ShopRef


def enqueue(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    event: str,
    order: Order,
    *,
    once: str,
    payload: dict[str, Any] | None = None,
    shipment_id: int | None = None,
    return_id: int | None = None,
    useful_until: datetime | None = None,
) -> OutboxMessage | None:
    """Queue `event` (a name of `notifications.CATALOGUE`) for the order's shopper; None when it was queued before.

    `once` names the fact ("shipment 12 delivered"): the same fact to the same address by the same channel is told
    once, whatever runs twice (reliability: D3). `payload` holds JSON values for the template; it may hold a code,
    but no name or address: those are read when the message is made.
    """
    now = deps.clock()
    spec = notifications.CATALOGUE[event]
    recipient = order.email or ""
    key = hashlib.sha256("\x1f".join((event, once, recipient, "email")).encode()).hexdigest()
    if session.scalar(select(OutboxMessage.id).where(OutboxMessage.shop_id == shop.id, OutboxMessage.key == key)):
        return None
    message = OutboxMessage(
        shop_id=shop.id,
        key=key,
        event=event,
        recipient=recipient,
        locale=order.locale or shop.config.locale,
        payload=payload or {},
        order_id=order.id,
        shipment_id=shipment_id,
        return_id=return_id,
        state="queued" if recipient and not order.is_history else "suppressed",
        last_error=None if recipient else "no address on file",
        message_id=f"<{deps.token()}@{shop.config.sender.address.rpartition('@')[2]}>",
        next_attempt_at=deps.wall(),
        useful_until=useful_until or (now + timedelta(hours=spec.useful_hours) if spec.useful_hours else None),
        created_at=now,
    )
    session.add(message)
    return message
