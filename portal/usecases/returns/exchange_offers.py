"""For the pages: what could solve it without a return, and what may be had instead, line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.db.tables.orders import OrderLine
from portal.domain.returns import money
from portal.domain.returns.model import ItemAsked, RequestFacts
from portal.domain.returns.offers import Offer
from portal.domain.returns.terms import Terms, terms_of
from portal.errors import InvalidInput
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.exchange_choices import ExchangeChoices, exchange_choices, offers_of_line
from portal.usecases.returns.judged import Judged, judge_order
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
) -> ExchangeChoices:
    """What may be had instead of `units` of a line of this order. Raises NotFound, and InvalidInput when the line is not
    part of the order or has not so many units left."""
    with deps.sessions.read(shop.id) as session:
        judged = _judged(session, deps, shop, order_public_id)
        line, worths = _units(judged, line_id, units)
        return exchange_choices(
            session, shop, line, worths, judged.config, reason=reason, search=search, page=max(page, 1)
        )


def offers_of(
    deps: Deps, shop: ShopRef, order_public_id: str, choices: Sequence[Choice]
) -> Mapping[int, tuple[Offer, ...]]:
    """The offers for each of the choices that are of this order, by line. A line without any is left out."""
    found: dict[int, tuple[Offer, ...]] = {}
    with deps.sessions.read(shop.id) as session:
        judged = _judged(session, deps, shop, order_public_id)
        for choice in choices:
            line, worths = _units(judged, choice.line_id, choice.quantity)
            offers = offers_of_line(session, shop, line, worths, _terms(judged, choice, deps.clock()), choice.reason)
            if offers:
                found[line.id] = offers
    return found


def _judged(session: Session, deps: Deps, shop: ShopRef, order_public_id: str) -> Judged:
    return judge_order(session, shop, rows.order_by_public_id(session, order_public_id), deps.clock())


def _units(judged: Judged, line_id: int, units: int) -> tuple[OrderLine, tuple[int, ...]]:
    line = next((line for line in judged.lines if line.id == line_id), None)
    if line is None or not 1 <= units <= line.quantity - line.units_returning:
        raise InvalidInput("choose from the items of this order, one unit or more", "items")
    return line, money.units_for(judged.worth[line.id], line.units_returning, units)


def _terms(judged: Judged, choice: Choice, now: datetime) -> Terms:
    facts = next(line for line in judged.facts.lines if line.line_id == choice.line_id)
    asked = RequestFacts(items=(ItemAsked(choice.line_id, choice.quantity, choice.reason, choice.sub_reason),))
    return terms_of(facts, judged.facts, asked, judged.config, now)
