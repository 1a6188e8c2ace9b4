"""Drafts of returns in the database: whoever goes on, on whatever device, finds the choices so far.

A draft holds no names and no sums (`draft_views`). Its link is a secret like any other of the portal's: 128 random bits,
kept as a keyed hash. It opens the draft and the order as far as number and e-mail would: confirming still needs the full
proof, so a forwarded link can send nothing in.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Delete, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.return_flow import ReturnDraft
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.links import MAX_LENGTH, address
from portal.usecases.returns import rows
from portal.usecases.returns.draft_views import RETURN, Draft, OpenedDraft

LIFETIME = timedelta(days=30)  # real time, from the last change
MAX_BYTES = 32_000
PATH = "/returns/continue/"


def load_draft(deps: Deps, shop: ShopRef, order_public_id: str, purpose: str = RETURN) -> Draft:
    """The draft of an order; an empty one of version 0 when there is none. Raises NotFound for a strange order."""
    with deps.sessions.read(shop.id) as session:
        order = rows.order_by_public_id(session, order_public_id)
        row = _find(session, order.id, purpose)
        if row is None or row.expires_at <= deps.wall():
            return Draft(order_public_id, purpose, version=row.version if row else 0)
        return Draft.from_record(order_public_id, purpose, row.content, row.version)


def save_draft(deps: Deps, shop: ShopRef, draft: Draft) -> Draft:
    """Keep a draft, and give it with its new version. Raises Conflict when it was changed elsewhere since it was loaded,
    InvalidInput when it says more than a draft may."""
    content = draft.to_record()
    if len(json.dumps(content)) > MAX_BYTES:
        raise InvalidInput("this is more than a draft can keep; use fewer words", "comment")
    with deps.sessions.write(shop.id) as session:
        order = rows.order_by_public_id(session, draft.order_public_id)
        if draft.version == 0:
            _add(session, deps, shop, order.id, draft.purpose, content)
        elif not _change(session, deps, order.id, draft, content):
            raise Conflict("this return was changed on another page or device; look at it again")
    return Draft.from_record(draft.order_public_id, draft.purpose, content, draft.version + 1)


def continue_link(deps: Deps, shop: ShopRef, order_public_id: str, purpose: str = RETURN) -> str:
    """The full address that goes on with a draft on another device; one made before is worthless from now on.

    Made by whoever has found the order, it grants no more than that. Raises NotFound when there is no draft to go on with.
    """
    token = deps.token()
    with deps.sessions.write(shop.id) as session:
        order = rows.order_by_public_id(session, order_public_id)
        row = _find(session, order.id, purpose)
        if row is None:
            _add(session, deps, shop, order.id, purpose, Draft(order_public_id, purpose).to_record())
            row = _find(session, order.id, purpose)
        assert row is not None
        row.token_hash, row.expires_at = _hash(deps, shop.id, token), deps.wall() + LIFETIME
    return address(deps, shop, f"{PATH}{token}")


def open_draft(deps: Deps, shop: ShopRef, token: str) -> OpenedDraft | None:
    """What a link leads to; None for one that is unknown, expired or used up, all alike."""
    if len(token) > MAX_LENGTH:
        return None
    with deps.sessions.read(shop.id) as session:
        found = session.execute(
            select(Order.public_id, ReturnDraft.purpose)
            .join(Order, (Order.id == ReturnDraft.order_id) & (Order.shop_id == ReturnDraft.shop_id))
            .where(ReturnDraft.token_hash == _hash(deps, shop.id, token), ReturnDraft.expires_at > deps.wall())
        ).one_or_none()
        return OpenedDraft(*found) if found else None


def forget_draft(deps: Deps, shop: ShopRef, order_public_id: str, purpose: str = RETURN) -> None:
    """Throw a draft away, with its link."""
    with deps.sessions.write(shop.id) as session:
        drop(session, rows.order_by_public_id(session, order_public_id).id, purpose)


def drop(session: Session, order_id: int, purpose: str) -> None:
    """The same, in the transaction of what makes the draft needless."""
    session.execute(delete(ReturnDraft).where(ReturnDraft.order_id == order_id, ReturnDraft.purpose == purpose))


def outdated(wall: datetime) -> Delete:
    """Drafts that nobody went on with."""
    return delete(ReturnDraft).where(ReturnDraft.expires_at < wall)


def _find(session: Session, order_id: int, purpose: str) -> ReturnDraft | None:
    return session.scalars(
        select(ReturnDraft).where(ReturnDraft.order_id == order_id, ReturnDraft.purpose == purpose)
    ).one_or_none()


def _add(session: Session, deps: Deps, shop: ShopRef, order_id: int, purpose: str, content: dict[str, Any]) -> None:
    now = deps.wall()
    session.add(
        ReturnDraft(
            shop_id=shop.id,
            order_id=order_id,
            purpose=purpose,
            content=content,
            version=1,
            updated_at=now,
            expires_at=now + LIFETIME,
        )
    )
    try:
        session.flush()
    except IntegrityError:
        raise Conflict("this return was begun on another page or device; look at it again") from None


def _change(session: Session, deps: Deps, order_id: int, draft: Draft, content: dict[str, Any]) -> bool:
    now = deps.wall()
    done: Any = session.execute(
        update(ReturnDraft)
        .where(
            ReturnDraft.order_id == order_id,
            ReturnDraft.purpose == draft.purpose,
            ReturnDraft.version == draft.version,
        )
        .values(content=content, version=draft.version + 1, updated_at=now, expires_at=now + LIFETIME)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount == 1)


def _hash(deps: Deps, shop_id: int, token: str) -> str:
    """Of its own kind: a draft's token opens nothing else."""
    return hmac.new(deps.secret, f"draft\x1f{shop_id}\x1f{token}".encode(), hashlib.sha256).hexdigest()
