"""What a request has to be before it becomes a return. InvalidInput (422) for what a form should not have sent, with the
field; Conflict (409) for what cannot go back any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order, OrderLine
from portal.domain.returns import quoting
from portal.domain.returns.config import EXCHANGE, REFUND, STORE_CREDIT
from portal.domain.returns.methods import IN_STORE, PICKUP, Method
from portal.domain.returns.offers import MISSING, keep_sum
from portal.domain.returns.reasons import REASONS
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import ShopRef
from portal.usecases.returns import figures, rows
from portal.usecases.returns.figures import Chosen
from portal.usecases.returns.judged import Judged
from portal.usecases.returns.offer import orders_together
from portal.usecases.returns.offer_views import Choice, ReturnRequest

MAX_COMMENT = 500
MAX_CHOICES = 100
OUTCOMES = (quoting.SEND_BACK, quoting.KEEP, quoting.PART)
GIFT = "gift"


def orders_asked(session: Session, request: ReturnRequest) -> list[Order]:
    """The order that a request was begun from, then the others that its choices are of. Raises NotFound for orders of
    other people, InvalidInput for lines that are nobody's."""
    begun = rows.order_by_public_id(session, request.order_public_id)
    lines = {choice.line_id for choice in request.choices[:MAX_CHOICES]}
    found = session.execute(
        select(OrderLine.id, Order.public_id).join(Order, Order.id == OrderLine.order_id).where(OrderLine.id.in_(lines))
    ).all()
    if len(found) != len(lines):
        raise InvalidInput("choose from the items of this order, one unit or more", "items")
    others = sorted({public_id for _, public_id in found} - {begun.public_id})
    return orders_together(session, [begun.public_id, *others])


def items(judged: Sequence[Judged], choices: Sequence[Choice], *, override: bool = False) -> None:
    """Every choice is of these orders, may go back, and says why. `override`: a policy's no does not count."""
    if not choices:
        raise InvalidInput("choose at least one item", "items")
    if len({choice.line_id for choice in choices}) != len(choices):
        raise InvalidInput("each item can be chosen once", "items")
    for choice in choices:
        one = next((one for one in judged if choice.line_id in one.verdicts), None)
        if one is None or choice.quantity < 1 or choice.outcome not in OUTCOMES:
            raise InvalidInput("choose from the items of this order, one unit or more", "items")
        verdict = one.verdicts[choice.line_id]
        if not (verdict.eligible or override) or choice.quantity > verdict.units_left:
            raise Conflict("an item cannot be returned any more; look at the list again")
        reason(choice)


def reason(choice: Choice) -> None:
    """Raises InvalidInput when the reason is missing or says too little."""
    known = REASONS.get(choice.reason)
    if known is None or not known.offered:
        raise InvalidInput("choose a reason for each item", f"reason-{choice.line_id}")
    if choice.sub_reason and choice.sub_reason not in {sub.code for sub in known.subs}:
        raise InvalidInput("choose a reason for each item", f"sub-{choice.line_id}")
    if known.needs_words and not choice.comment.strip():
        raise InvalidInput("say in a few words what the reason is", f"comment-{choice.line_id}")
    if len(choice.comment) > MAX_COMMENT:
        raise InvalidInput("use at most 500 characters", f"comment-{choice.line_id}")


def photos_missing(chosen: Sequence[Chosen]) -> tuple[int, ...]:
    """Lines whose terms insist on a photo and that have none."""
    return tuple(one.choice.line_id for one in chosen if one.terms.photo_required and not one.choice.photos)


def needs_review(chosen: Sequence[Chosen]) -> bool:
    """Whether a person has to approve it: the shop wants that of every return, or a rule of this one."""
    return any(one.terms.needs_person for one in chosen)


def whole(request: ReturnRequest, chosen: Sequence[Chosen], offered: Sequence[str], *, by_staff: bool) -> None:
    """Everything beyond the items: what is wanted for them, who sends them, photos, offers that solve it."""
    if request.kind == GIFT:  # whatever is offered to buyers: a present has to bring something to its new owner
        offered = (STORE_CREDIT, *(name for name in offered if name == EXCHANGE))
    if request.resolution not in offered:
        raise InvalidInput("choose what you would like for the items", "resolution")
    _offers(chosen)
    if request.resolution == EXCHANGE:
        _exchange(request)
    if request.kind == GIFT:
        _gift(request)
    missing = photos_missing(chosen)
    if missing and not by_staff:
        raise InvalidInput("add a photo of the item", f"photo-{missing[0]}")


def _offers(chosen: Sequence[Chosen]) -> None:
    for one in chosen:
        line_id, outcome, reason = one.choice.line_id, one.choice.outcome, one.choice.reason
        refused = {
            quoting.KEEP: not keep_sum(reason, one.judged.units(one.choice), one.terms)[1],
            quoting.PART: reason not in MISSING or not one.terms.config.offers.missing_part,
        }
        if refused.get(outcome, False):
            raise InvalidInput("this offer does not hold for the item; choose again", f"outcome-{line_id}")


def _exchange(request: ReturnRequest) -> None:
    if request.fallback not in (REFUND, STORE_CREDIT):
        raise InvalidInput("choose what you would like if it sells out", "fallback")


def _gift(request: ReturnRequest) -> None:
    """The money of a present goes to nobody but its new owner, who has to say where the parcel comes from."""
    if REFUND in (request.resolution, request.fallback):
        raise InvalidInput("a present is returned for store credit or an exchange", "resolution")
    if request.sender is None:
        raise InvalidInput("say who sends the parcel and from where", "sender")


def method(
    request: ReturnRequest, chosen: Sequence[Chosen], possible: Sequence[Method], shop: ShopRef, now: datetime
) -> Method:
    """The way back that is asked for, or the first that is possible. The caller keeps `possible` free of what is not."""
    if not possible:
        return figures.unsent_method(chosen)
    found = next((one for one in possible if one.code == request.method), None)
    if found is None and request.method:
        raise InvalidInput("choose how you would like to send it back", "method")
    found = found or possible[0]
    if found.code == PICKUP:
        _pickup(request, chosen, shop, now)
    if found.code == IN_STORE and request.store not in {store.name for store in shop.config.returns.stores}:
        raise InvalidInput("choose the shop you would like to bring it to", "store")
    return found


def _pickup(request: ReturnRequest, chosen: Sequence[Chosen], shop: ShopRef, now: datetime) -> None:
    first, last = figures.first_pickup(chosen, shop, now), figures.send_back_by(chosen, now)
    if request.pickup_on is None or not first <= request.pickup_on <= max(first, last):
        raise InvalidInput("choose a day on which the parcel can be picked up", "pickup_on")


def limits(judged: Sequence[Judged]) -> None:
    """Each return may buy a label; an order that needs more than the shop's limit needs a person."""
    for one in judged:
        most = one.config.limits.per_order
        if most and one.facts.returns_so_far >= most:
            raise Conflict("this order has had many returns; write to us and we will arrange the next one")
