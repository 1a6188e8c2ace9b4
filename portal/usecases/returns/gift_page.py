"""The page of a present's return, behind a secret link of its own: it opens this return and nothing else, least of all
the order that the present came with (reliability: T11)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.returns import Return
from portal.db.tables.staff import LinkToken
from portal.errors import NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.links import LIFETIME, MAX_LENGTH, address, token_hash
from portal.usecases.returns import rows
from portal.usecases.returns.gift_return import KIND
from portal.usecases.returns.gift_views import GiftItem, GiftPage
from portal.usecases.returns.view import view_return

PATH = "/gift/l/"


def gift_link(session: Session, deps: Deps, shop: ShopRef, row: Return) -> str:
    """A new secret link to the page of one gift return, for a mail to whoever sends it."""
    now, token = deps.wall(), deps.token()
    session.add(
        LinkToken(
            shop_id=shop.id,
            order_id=row.order_id,
            scope=_scope(row.id),
            token_hash=token_hash(deps, shop.id, token),
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    return address(deps, shop, f"{PATH}{token}")


def _scope(return_id: int) -> str:
    return f"{KIND} {return_id}"


def redeem_gift_link(deps: Deps, shop: ShopRef, token: str) -> str | None:
    """The public id of the return that a link opens; None for one that is unknown, expired, revoked or of another kind."""
    if len(token) > MAX_LENGTH:
        return None
    with deps.sessions.read(shop.id) as session:
        found = session.scalars(
            select(LinkToken).where(
                LinkToken.token_hash == token_hash(deps, shop.id, token),
                LinkToken.revoked_at.is_(None),
                LinkToken.expires_at > deps.wall(),
            )
        ).one_or_none()
        kind, _, number = found.scope.partition(" ") if found is not None else ("", "", "")
        if kind != KIND or not number.isdigit():
            return None
        row = session.get(Return, int(number))
        return row.public_id if row is not None and row.kind == KIND else None


def view_gift(deps: Deps, shop: ShopRef, public_id: str) -> GiftPage:
    """Raises NotFound, also for a return that is not a present's."""
    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, public_id)
        if row.kind != KIND:
            raise NotFound("there is no such return")
        sender = row.sender or {}
    page = view_return(deps, shop, public_id)
    return GiftPage(
        public_id=page.public_id,
        rma=page.rma,
        timezone=page.timezone,
        locale=sender.get("locale") or None,
        decision=page.decision,
        parcel=page.parcel,
        money=page.money.state,
        method=page.method,
        resolution=page.resolution,
        items=tuple(
            GiftItem(item.title, item.variant, item.quantity, item.received, item.reason_words) for item in page.items
        ),
        send_back_by=page.send_back_by,
        label=page.label,
        wait=page.wait,
        tracked=page.tracked,
        warehouse=page.warehouse,
        can_cancel=page.can_cancel,
        credit_code=page.money.credit_code,
    )
