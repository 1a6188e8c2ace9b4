"""Put a message into the outbox, in the transaction of the fact that it tells."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.domain import notifications
from portal.usecases.deps import Deps, ShopRef

CHANNEL = "email"


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
    recipient: str | None = None,
    locale: str | None = None,
) -> OutboxMessage | None:
    """Queue `event` (a name of `notifications.CATALOGUE`) for the order's shopper; None when it was queued before.

    `once` names the fact ("shipment 12 delivered"): the same fact to the same address by the same channel is told
    once, whatever runs twice (reliability: D3). `payload` holds JSON values for the template; it may hold a code,
    but no name or address: those are read when the message is made. `useful_until` is business time. `recipient`: who is
    written to, where that is not the address on file; then no link in it opens the order. `locale`: their language.

    What the templates read from `payload`: "problem" wants `message_key` ("R08" or "R08.predicted") and `inputs` of
    the finding; "code" wants `code`, and may have `minutes`; "return_draft" wants the `path` of the page to go on at;
    the others read the parcel or the return itself.
    """
    present = _present(session, return_id)
    if present is None:
        recipient = recipient or order.email or ""
    else:
        recipient, locale = str(present.get("email") or ""), str(present.get("locale") or "") or locale
        once, payload, event = f"{once} {event}", {"about": event}, notifications.GIFT_NEWS
    spec = notifications.CATALOGUE[event]
    key = _key(event, once, recipient)
    if session.scalar(select(OutboxMessage.id).where(OutboxMessage.shop_id == shop.id, OutboxMessage.key == key)):
        return None
    now = deps.clock()
    silent = _silent(order, spec, recipient)
    message = OutboxMessage(
        shop_id=shop.id,
        key=key,
        event=event,
        channel=CHANNEL,
        recipient=recipient,
        locale=locale or order.locale or shop.config.locale,
        payload=payload or {},
        order_id=order.id,
        shipment_id=shipment_id,
        return_id=return_id,
        state="suppressed" if silent else "queued",
        last_error=silent,
        message_id=f"<{deps.token()}@{shop.config.sender.address.rpartition('@')[2]}>",
        next_attempt_at=deps.wall(),
        useful_until=useful_until or (now + timedelta(hours=spec.useful_hours) if spec.useful_hours else None),
        created_at=now,
    )
    session.flush()
    try:
        with session.begin_nested():  # two transactions at once: the constraint lets one of them through
            session.add(message)
    except IntegrityError:
        return None
    return message


def _present(session: Session, return_id: int | None) -> dict[str, Any] | None:
    """Who sends a present back. All news of it goes to them, in words of its own, and none to the buyer."""
    row = session.get(Return, return_id) if return_id is not None else None
    return (row.sender or {}) if row is not None and row.kind == "gift" else None


def _key(event: str, once: str, recipient: str) -> str:
    return hashlib.sha256("\x1f".join((event, once, recipient, CHANNEL)).encode()).hexdigest()


def _silent(order: Order, spec: notifications.Notification, recipient: str) -> str | None:
    """Why this order's shopper is not written to, or None."""
    if not recipient:
        return "no address on file"
    if order.is_history and not spec.asked_for:
        return "too old to write about"
    return None
