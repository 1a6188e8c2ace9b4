"""Find an order for a visitor who is nobody yet: one function for every way in, one answer, budgets (reliability: D14).

Wrong and unknown cost the same work and look the same: the same statements run, the same comparisons are made, the
same number of attempts is written.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from sqlalchemy import select

from portal.db.tables.orders import Order
from portal.usecases import budgets
from portal.usecases.budgets import Charge
from portal.usecases.deps import Deps, ShopRef

MINUTES_15, HOUR, DAY, WEEK = 900, 3600, 86_400, 7 * 86_400
ORDER_QUICK, ORDER_DAY, NETWORK_HOUR = 5, 10, 20
# The whole shop stops answering when wrong answers come at five times their usual rate, but never below this an hour.
SHOP_HOUR, SHOP_FACTOR = 200, 5


@dataclass(frozen=True, slots=True, repr=False)
class Claim:
    """What the visitor says: an order number with an e-mail address, or with a phone's last four and a postcode."""

    number: str
    email: str = ""
    phone_last4: str = ""
    postcode: str = ""


def order_key(number: str) -> str:
    """An order number as it is looked up: letters and digits, upper case."""
    return "".join(filter(str.isalnum, number.upper()))[:64]


def _plain(text: str | None) -> str:
    return re.sub(r"[^0-9a-z]", "", (text or "").lower())


def _same(given: str, stored: str | None) -> bool:
    """Compare without telling by time how far it matched. An empty side never matches."""
    same = hmac.compare_digest(given.encode(), (stored or "").encode())
    return same and bool(given) and bool(stored)


def _proves(claim: Claim, order: Order | None) -> bool:
    email = _same(claim.email.strip().lower(), order.email if order else None)
    digits = re.sub(r"\D", "", claim.phone_last4)[-4:]
    phone = _same(digits if len(digits) == 4 else "", order.phone_last4 if order else None)
    postcode = _same(_plain(claim.postcode), _plain(order.ship_postal_code if order else None))
    return (email or (phone and postcode)) and order is not None


def _charges(deps: Deps, shop: ShopRef, claim: Claim, network: str) -> list[Charge]:
    order, place = f"{shop.id}:{order_key(claim.number)}", str(shop.id)
    usual = budgets.peek(deps, "lookup.shop.week", place, seconds=WEEK) / (WEEK / HOUR)
    return [
        Charge("lookup.order", order, ORDER_QUICK, MINUTES_15),
        Charge("lookup.order.day", order, ORDER_DAY, DAY),
        Charge("lookup.network", budgets.network_key(network), NETWORK_HOUR, HOUR),
        Charge("lookup.shop", place, max(SHOP_HOUR, int(SHOP_FACTOR * usual)), HOUR),
        Charge("lookup.shop.week", place, 2**31, WEEK),
    ]


def find_order(deps: Deps, shop: ShopRef, claim: Claim, *, network: str) -> str | None:
    """The public id of the order that `claim` proves, else None: unknown and wrong are one answer.

    `network` is the visitor's IP address. Raises TooManyAttempts, for orders that exist and that do not alike.
    """
    charges = _charges(deps, shop, claim, network)
    budgets.spend_all(deps, charges)
    with deps.sessions.read(shop.id) as session:
        candidates = session.scalars(select(Order).where(Order.number_key == order_key(claim.number)).limit(5)).all()
    compared: list[Order | None] = list(candidates) or [None]
    proved = [order for order in compared if _proves(claim, order)]
    found = proved[0] if len(proved) == 1 else None
    # A right answer gives its attempt back; a wrong one writes the same rows with nothing.
    budgets.spend_all(deps, charges, -1 if found is not None else 0)
    return found.public_id if found is not None else None
