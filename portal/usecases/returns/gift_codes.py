"""Gift codes: with one, whoever was given the goods can send them back. Kept as keyed hashes, revocable, looked up within
budgets (field: e.13: a code, never a postcode)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.return_flow import GiftCode
from portal.domain.returns import gift_codes
from portal.errors import Conflict, NotFound
from portal.usecases import budgets
from portal.usecases.budgets import Charge
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.find_order import DAY, HOUR, NETWORK_HOUR, SHOP_FACTOR, SHOP_HOUR, WEEK, order_key
from portal.usecases.links import address
from portal.usecases.returns import rows
from portal.usecases.shops import find_shop
from portal.usecases.staff import audit

MOST = 10  # live codes of an order
NETWORK_DAY = 60


@dataclass(frozen=True, slots=True)
class GiftCodeView:
    """A code without its secret: that is shown once, when it is made."""

    id: int
    created_at: datetime
    created_by: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class GiftCodes:
    """The codes of an order, for its buyer and for staff. `form_key` makes the next one."""

    order_public_id: str
    order_number: str
    timezone: str
    locale: str | None
    codes: tuple[GiftCodeView, ...]
    place: str  # the address where a code is typed
    form_key: str = field(repr=False)

    @property
    def may_make(self) -> bool:
        return sum(code.is_live for code in self.codes) < MOST


def code_hash(deps: Deps, shop_id: int, code: str) -> str:
    return hmac.new(deps.secret, f"gift\x1f{shop_id}\x1f{gift_codes.read(code)}".encode(), hashlib.sha256).hexdigest()


def order_by_id(deps: Deps, order_id: int) -> tuple[ShopRef, str]:
    """The shop of an order and its public id, for staff, who come across shops. Raises NotFound."""
    with deps.sessions.read_system() as session:
        found = session.execute(select(Order.shop_id, Order.public_id).where(Order.id == order_id)).one_or_none()
    if found is None:
        raise NotFound("there is no such order")
    return find_shop(deps, shop_id=found[0]), found[1]


def gift_codes_of(deps: Deps, shop: ShopRef, order_public_id: str) -> GiftCodes:
    """Raises NotFound."""
    with deps.sessions.read(shop.id) as session:
        order = rows.order_by_public_id(session, order_public_id)
        found = session.scalars(select(GiftCode).where(GiftCode.order_id == order.id).order_by(GiftCode.id))
        return GiftCodes(
            order_public_id=order.public_id,
            order_number=order.number,
            timezone=order.timezone,
            locale=order.locale,
            codes=tuple(GiftCodeView(c.id, c.created_at, c.created_by, c.revoked_at is None) for c in found),
            place=address(deps, shop, "/gift"),
            form_key=deps.token(),
        )


def make_gift_code(deps: Deps, shop: ShopRef, order_public_id: str, form_key: str, actor: str) -> str:
    """A new code, to be shown once; the same form again gives the same code and makes no other.

    It is made of the form's key with the installation's secret, so it can be told again without being kept.
    Raises NotFound, and Conflict when the order has many already.
    """
    with deps.sessions.write(shop.id) as session:
        order = rows.order_by_public_id(session, order_public_id, lock=True)
        named = f"gift code\x1f{shop.id}\x1f{order.id}\x1f{form_key}"
        digest = hmac.new(deps.secret, named.encode(), hashlib.sha256).digest()
        code = gift_codes.spell(int.from_bytes(digest[:8]) >> 64 - gift_codes.BITS)
        if _by_hash(session, code_hash(deps, shop.id, code)) is None:
            if _live(session, order) >= MOST:
                raise Conflict("this order has many gift codes; revoke one first")
            _add(session, deps, shop, order, code, actor)
        return code


def _live(session: Session, order: Order) -> int:
    live = select(func.count()).select_from(GiftCode)
    return session.scalar(live.where(GiftCode.order_id == order.id, GiftCode.revoked_at.is_(None))) or 0


def _by_hash(session: Session, hashed: str) -> GiftCode | None:
    return session.scalars(select(GiftCode).where(GiftCode.code_hash == hashed)).one_or_none()


def _add(session: Session, deps: Deps, shop: ShopRef, order: Order, code: str, actor: str) -> None:
    made = GiftCode(
        shop_id=shop.id,
        order_id=order.id,
        code_hash=code_hash(deps, shop.id, code),
        created_at=deps.wall(),
        created_by=actor,
    )
    session.add(made)
    session.flush()
    _audit(session, deps, shop, "return.gift_code_made", made, actor)


def revoke_gift_code(deps: Deps, shop: ShopRef, order_public_id: str, code_id: int, actor: str) -> None:
    """From now on the code opens nothing. A second time changes nothing. Raises NotFound."""
    with deps.sessions.write(shop.id) as session:
        order = rows.order_by_public_id(session, order_public_id, lock=True)
        code = session.scalars(
            select(GiftCode).where(GiftCode.id == code_id, GiftCode.order_id == order.id)
        ).one_or_none()
        if code is None:
            raise NotFound("there is no such gift code")
        if code.revoked_at is None:
            code.revoked_at = deps.wall()
            _audit(session, deps, shop, "return.gift_code_revoked", code, actor)


def _audit(session: Session, deps: Deps, shop: ShopRef, action: str, code: GiftCode, actor: str) -> None:
    details = {"gift_code": code.id}
    audit.record(
        session, deps, actor=actor, action=action, subject=f"order {code.order_id}", shop_id=shop.id, details=details
    )


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a list of codes: how many are new, and the rows (from 1) that could not be taken."""

    added: int
    unknown_orders: tuple[int, ...]
    too_short: tuple[int, ...]
    taken: tuple[int, ...]  # the code belongs to another order already


def import_gift_codes(deps: Deps, shop: ShopRef, pairs: Iterable[tuple[str, str]], actor: str = "cli") -> Imported:
    """Codes that the shop prints itself: pairs of order number and code. The same list again changes nothing."""
    added, unknown, short, taken = 0, [], [], []
    with deps.sessions.write(shop.id) as session:
        for n, (number, code) in enumerate(pairs, start=1):
            orders = session.scalars(select(Order).where(Order.number_key == order_key(number)).limit(2)).all()
            there = _by_hash(session, code_hash(deps, shop.id, code))
            if len(orders) != 1:
                unknown.append(n)
            elif not gift_codes.is_hard_to_guess(code):
                short.append(n)
            elif there is None:
                _add(session, deps, shop, orders[0], code, actor)
                added += 1
            elif there.order_id != orders[0].id:
                taken.append(n)
    return Imported(added, tuple(unknown), tuple(short), tuple(taken))


def find_gift(deps: Deps, shop: ShopRef, typed: str, *, network: str) -> int | None:
    """The id of the code, None for one that is wrong, unknown or revoked: all alike, in the same statements.

    `network` is the visitor's IP address. Raises TooManyAttempts.
    """
    charges = _charges(deps, shop, network)
    budgets.spend_all(deps, charges)
    with deps.sessions.read(shop.id) as session:
        code = _by_hash(session, code_hash(deps, shop.id, typed))
    found = code.id if code is not None and code.revoked_at is None else None
    # A right answer gives its attempt back; a wrong one writes the same rows with nothing.
    budgets.spend_all(deps, charges, -1 if found is not None else 0)
    return found


def _charges(deps: Deps, shop: ShopRef, network: str) -> list[Charge]:
    place, visitor = str(shop.id), budgets.network_key(network)
    usual = budgets.peek(deps, "gift.shop.week", place, seconds=WEEK) / (WEEK / HOUR)
    return [
        Charge("gift.network", visitor, NETWORK_HOUR, HOUR),
        Charge("gift.network.day", visitor, NETWORK_DAY, DAY),
        Charge("gift.shop", place, max(SHOP_HOUR, int(SHOP_FACTOR * usual)), HOUR),
        Charge("gift.shop.week", place, 2**31, WEEK),
    ]
