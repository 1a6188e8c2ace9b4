"""For the pages: what could solve it without a return, and what may be had instead, line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from portal.db.tables.orders import OrderLine
from portal.domain.returns.offers import Offer
from portal.errors import InvalidInput
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.exchange_choices import ExchangeChoices, exchange_choices, offers_of_line
from portal.usecases.returns.exchange_stock import held_by
from portal.usecases.returns.judged import Asked, Judged, judge_order
from portal.usecases.returns.offer_views import Choice


def choices_of(
    deps: Deps,
    shop: ShopRef,
    order_public_id: str,
    line_id: int,
    units: int,
    *,
    reason: str = "",
    search: str = "",
    page: int = 1,
    editing: str | None = None,
) -> ExchangeChoices:
    """What may be had instead of `units` of a line of this order; `editing` names the return that is being changed: what
    it holds counts as free. Raises NotFound, and InvalidInput when the line is not part of the order or has not so many
    units left."""
    choice = Choice(line_id, units, reason)
    with deps.sessions.read(shop.id) as session:
        judged = _judged(session, deps, shop, order_public_id, (choice,), editing)
        return exchange_choices(
            session,
            shop,
            _line(judged, choice),
            judged.units(choice),
            judged.config,
            reason=reason,
            search=search,
            page=max(page, 1),
            held=_held(session, editing),
        )


def offers_of(
    deps: Deps, shop: ShopRef, order_public_id: str, choices: Sequence[Choice], *, editing: str | None = None
) -> Mapping[int, tuple[Offer, ...]]:
    """The offers for choices of this order, by line; a line without any is left out. `editing` and errors as above."""
    found: dict[int, tuple[Offer, ...]] = {}
    with deps.sessions.read(shop.id) as session:
        judged, held = _judged(session, deps, shop, order_public_id, choices, editing), _held(session, editing)
        for choice in choices:
            line, terms = _line(judged, choice), judged.terms(choice.line_id)
            offers = offers_of_line(session, shop, line, judged.units(choice), terms, choice.reason, held)
            if offers:
                found[line.id] = offers
    return found


def _judged(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    order_public_id: str,
    choices: Sequence[Choice],
    editing: str | None,
) -> Judged:
    held = rows.held_units(session, rows.return_by_public_id(session, editing)) if editing is not None else None
    order = rows.order_by_public_id(session, order_public_id)
    return judge_order(session, shop, order, deps.clock(), Asked(tuple(choices), held=held))


def _held(session: Session, editing: str | None) -> Counter[str]:
    """Units by SKU that the return which is being changed keeps already."""
    found: Counter[str] = Counter()
    if editing is not None:
        for one in held_by(session, rows.return_by_public_id(session, editing)):
            found[one.variant.sku] += one.reservation.quantity
    return found


def _line(judged: Judged, choice: Choice) -> OrderLine:
    line = next((line for line in judged.lines if line.id == choice.line_id), None)
    left = next((facts.units_left for facts in judged.facts.lines if facts.line_id == choice.line_id), 0)
    if line is None or not 1 <= choice.quantity <= left:
        raise InvalidInput("choose from the items of this order, one unit or more", "items")
    return line
