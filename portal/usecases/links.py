"""Signed links: 128 random bits in a mail, kept as a keyed hash, expiring, revocable (reliability: D10, G8). Real time."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.staff import LinkToken
from portal.usecases.deps import Deps, ShopRef

LIFETIME = timedelta(days=90)
MAX_LENGTH = 128
ORDER = "order"


def address(deps: Deps, shop: ShopRef, path: str) -> str:
    """A full address of one of the shop's pages; `path` starts with a slash. Never taken from a request."""
    if shop.host is None:
        return f"{deps.public_url}/{shop.slug}{path}"
    return f"{urlsplit(deps.public_url).scheme}://{shop.host}{path}"


def token_hash(deps: Deps, shop_id: int, token: str) -> str:
    return hmac.new(deps.secret, f"link\x1f{shop_id}\x1f{token}".encode(), hashlib.sha256).hexdigest()


def make_link(session: Session, deps: Deps, shop: ShopRef, order_id: int, scope: str = ORDER) -> str:
    """A new signed link to everything of one order, for a mail to the address on file. Returns its full address."""
    now, token = deps.wall(), deps.token()
    session.add(
        LinkToken(
            shop_id=shop.id,
            order_id=order_id,
            scope=scope,
            token_hash=token_hash(deps, shop.id, token),
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    return address(deps, shop, f"/l/{token}")


def redeem_link(deps: Deps, shop: ShopRef, token: str) -> str | None:
    """The public id of the order a link opens; None for one that is unknown, expired or revoked, all alike."""
    if len(token) > MAX_LENGTH:
        return None
    with deps.sessions.read(shop.id) as session:
        return session.scalar(
            select(Order.public_id)
            .join(LinkToken, (LinkToken.order_id == Order.id) & (LinkToken.shop_id == Order.shop_id))
            .where(
                LinkToken.token_hash == token_hash(deps, shop.id, token),
                LinkToken.scope == ORDER,  # a present's link opens its return and never the order
                LinkToken.revoked_at.is_(None),
                LinkToken.expires_at > deps.wall(),
            )
        )


def revoke_links(session: Session, deps: Deps, shop: ShopRef, order_id: int) -> int:
    """Make every link of an order worthless, at once. Returns how many there were."""
    done = session.execute(
        update(LinkToken)
        .where(LinkToken.shop_id == shop.id, LinkToken.order_id == order_id, LinkToken.revoked_at.is_(None))
        .values(revoked_at=deps.wall())
    )
    return int(getattr(done, "rowcount", 0))
