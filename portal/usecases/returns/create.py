"""Staff send a return in for a shopper: the same rules, the same page for the shopper, and a name behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.domain.words import N_
from portal.errors import InvalidInput, NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import ReturnOffer, ReturnRequest
from portal.usecases.returns.submit import submit
from portal.usecases.shops import find_shop
from portal.usecases.staff.people import actor_of

LONGEST_WHY = 600


@dataclass(frozen=True, slots=True)
class StaffOffer:
    """What may go back of an order, for staff: with the reasons against what may not."""

    order_id: int
    shop: ShopRef
    offer: ReturnOffer


def offer_to_staff(deps: Deps, order_id: int) -> StaffOffer:
    """Raises NotFound."""
    shop, public_id = _order(deps, order_id)
    return StaffOffer(order_id, shop, offer(deps, shop, public_id))


def create(deps: Deps, order_id: int, staff_id: int, request: ReturnRequest, form_key: str) -> int:
    """Make the return and give its id. `request.override` says why a policy's no is set aside, where it is.

    Raises NotFound, Forbidden (who may not set it aside), and InvalidInput and Conflict as `submit`.
    """
    if len(request.override) > LONGEST_WHY:
        raise InvalidInput(N_("Say it in fewer words."), "override")
    shop, public_id = _order(deps, order_id)
    request = replace(request, order_public_id=public_id)
    made = submit(deps, shop, request, form_key, actor=actor_of(staff_id))
    with deps.sessions.read(shop.id) as session:
        return session.scalars(select(Return.id).where(Return.public_id == made)).one()


def _order(deps: Deps, order_id: int) -> tuple[ShopRef, str]:
    with deps.sessions.read_system() as session:
        found = session.execute(select(Order.shop_id, Order.public_id).where(Order.id == order_id)).one_or_none()
    if found is None:
        raise NotFound("there is no such order")
    return find_shop(deps, shop_id=found[0]), found[1]
