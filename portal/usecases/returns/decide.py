"""A request judged and worked out, under the locks of its orders: let through with everything that follows, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import Return
from portal.domain.returns import quoting
from portal.domain.returns.config import EXCHANGE
from portal.domain.returns.methods import PICKUP, Method
from portal.errors import Conflict
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import checks, figures, records, rows, staff_made
from portal.usecases.returns.figures import Chosen, Outside
from portal.usecases.returns.judged import Asked, Judged, asked_by, judge_again, judge_all
from portal.usecases.returns.offer import resolutions
from portal.usecases.returns.offer_views import ResolutionQuote, ReturnRequest
from portal.usecases.returns.quotes import outside_of
from portal.usecases.returns.way_back import means_of

REVIEW, MISSING_PART, PICKUP_WANTED = "review", "missing_part", "pickup"  # what a person should look at


@dataclass(frozen=True, slots=True)
class Decided:
    """A request that was let through, with everything that follows from it."""

    request: ReturnRequest
    judged: Sequence[Judged]
    chosen: Sequence[Chosen]
    outside: Outside
    method: Method
    quote: ResolutionQuote
    now: datetime
    judged_at: datetime

    OWN_FLAGS: ClassVar[frozenset[str]] = frozenset({REVIEW, MISSING_PART, PICKUP_WANTED})

    @property
    def flags(self) -> list[str]:
        """What a person should look at."""
        wanted = {
            REVIEW: checks.needs_review(self.chosen),
            MISSING_PART: any(one.outcome == quoting.PART for one in self.chosen),
            PICKUP_WANTED: self.method.code == PICKUP,
        }
        return [name for name, holds in wanted.items() if holds]

    def record(self) -> dict[str, Any]:
        return records.record_of(self.judged, self.chosen, self.quote, self.outside, self.judged_at)


def decide(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    request: ReturnRequest,
    orders: Sequence[Order],
    actor: str,
    *,
    changed: Return | None = None,
) -> Decided:
    """Judge a request and work it out. The caller holds the locks of its orders. `changed`: the return that is to become
    this. Raises InvalidInput and Conflict."""
    now = deps.clock()
    request = _wanted(request)
    held = rows.held_units(session, changed) if changed is not None else None
    asked = asked_by(request, filed_by(actor), held)
    since = changed.submitted_at if changed is not None else None
    judged, judged_at = judge_all(session, shop, orders, asked, now, since)
    checks.items(judged, request.choices, override=staff_made.overrides(request, actor))
    outside = outside_of(session, shop, judged, request.choices, without=changed)
    chosen = figures.chosen_of(judged, request.choices)
    possible = figures.methods_of(chosen, means_of(deps, shop, _country(request, orders[0])))
    method = checks.method(request, chosen, possible, shop, now)
    judged, chosen = _with_method(judged, request, asked, method, judged_at)
    offered = figures.resolutions_of(chosen, resolutions([one.config for one in judged]), outside)
    checks.whole(request, chosen, offered, by_staff=actor.startswith("staff"))
    quote = figures.resolution_quote(chosen, request.resolution, request.fallback, outside, shop, now)
    return Decided(request, judged, chosen, outside, method, quote, now, judged_at)


def _wanted(request: ReturnRequest) -> ReturnRequest:
    """Wishes for an exchange that is not asked for any more are left out: they may have sold out since."""
    if request.resolution == EXCHANGE:
        return request
    return replace(request, choices=tuple(replace(choice, exchange_sku="") for choice in request.choices))


def _with_method(
    judged: Sequence[Judged], request: ReturnRequest, asked: Asked, method: Method, now: datetime
) -> tuple[list[Judged], list[Chosen]]:
    """Rules may ask how it goes back, so it is judged once more when that is known."""
    again = [judge_again(one, replace(asked, method=method.code), now) for one in judged]
    return again, figures.chosen_of(again, request.choices)


def _country(request: ReturnRequest, order: Order) -> str | None:
    return request.sender.country if request.sender is not None else order.ship_country


def filed_by(actor: str) -> str:
    """As the return says who sent it in."""
    return "customer_support" if actor.startswith("staff") else "shopper"


def take_units(session: Session, units: dict[int, int]) -> None:
    """One open return per unit: of two at once, the second finds nothing left (reliability: D8). Below 0 gives back."""
    for line_id, n in sorted(units.items()):
        taken: Any = session.execute(
            update(OrderLine)
            .where(OrderLine.id == line_id, OrderLine.units_returning + n <= OrderLine.quantity)
            .values(units_returning=OrderLine.units_returning + n)
            .execution_options(synchronize_session=False)
        )
        if taken.rowcount != 1:
            raise Conflict("an item is already part of another return; look at the list again")
