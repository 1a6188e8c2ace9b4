"""Six-digit codes, sent to the e-mail address on file: what is private or costs money asks for one (field: e.13)."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from sqlalchemy import select, update

from portal.db.tables.orders import Order
from portal.db.tables.staff import AccessCode
from portal.usecases.budgets import Charge, network_key, spend_all
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue

DIGITS, MINUTES, TRIES = 6, 10, 5
SENT_QUICK, SENT_DAY, SENT_NETWORK = 3, 10, 10
# The mail waits at most this long for a mail server that is down. Business time, which the demo runs faster.
MAIL_USEFUL = timedelta(hours=6)


def _hash(deps: Deps, shop: ShopRef, order_id: int, browser: str, code: str) -> str:
    text = f"code\x1f{shop.id}\x1f{order_id}\x1f{browser}\x1f{code}"
    return hmac.new(deps.secret, text.encode(), hashlib.sha256).hexdigest()


def send_code(deps: Deps, shop: ShopRef, public_id: str, *, browser: str, network: str) -> None:
    """Send a code for the order, for use in `browser` alone; an older one of that browser stops working.

    The same for an order without an address on file: nothing tells the visitor. Raises TooManyAttempts.
    """
    order_key = f"{shop.id}:{public_id}"
    spend_all(
        deps,
        [
            Charge("code.order", order_key, SENT_QUICK, 900),
            Charge("code.order.day", order_key, SENT_DAY, 86_400),
            Charge("code.network", network_key(network), SENT_NETWORK, 3600),
        ],
    )
    now, code = deps.wall(), deps.digits(DIGITS)
    with deps.sessions.write(shop.id) as session:
        order = session.scalars(select(Order).where(Order.public_id == public_id)).one_or_none()
        if order is None:
            return
        row = AccessCode(
            shop_id=shop.id,
            order_id=order.id,
            browser=browser,
            code_hash=_hash(deps, shop, order.id, browser, code),
            created_at=now,
            expires_at=now + timedelta(minutes=MINUTES),
        )
        session.add(row)
        session.flush()
        enqueue(
            session,
            deps,
            shop,
            "code",
            order,
            once=f"code {row.id}",
            payload={"code": code, "minutes": MINUTES},
            useful_until=deps.clock() + MAIL_USEFUL,
        )


def check_code(deps: Deps, shop: ShopRef, public_id: str, code: str, *, browser: str) -> bool:
    """True once for the newest code this browser asked for, within ten minutes and five tries; every try counts."""
    now = deps.wall()
    with deps.sessions.write(shop.id) as session:
        row = session.scalars(
            select(AccessCode)
            .join(Order, (Order.id == AccessCode.order_id) & (Order.shop_id == AccessCode.shop_id))
            .where(Order.public_id == public_id, AccessCode.browser == browser)
            .order_by(AccessCode.id.desc())
            .limit(1)
            .with_for_update(of=AccessCode)
        ).one_or_none()
        if row is None or row.used_at is not None or row.expires_at <= now or row.tries >= TRIES:
            return False
        digits = "".join(c for c in code if c.isdecimal())
        good = hmac.compare_digest(row.code_hash, _hash(deps, shop, row.order_id, browser, digits))
        session.execute(
            update(AccessCode)
            .where(AccessCode.id == row.id)
            .values(tries=AccessCode.tries + 1, used_at=now if good else None)
        )
        return good
