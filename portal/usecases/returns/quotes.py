"""What each resolution would bring and how it could go back, exactly, before the shopper chooses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.domain.returns.reasons import is_our_doing
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import checks, rows
from portal.usecases.returns.exchange_choices import value_of_wish
from portal.usecases.returns.exchange_stock import held_by
from portal.usecases.returns.figures import (
    Chosen,
    Outside,
    chosen_of,
    method_quote,
    methods_of,
    resolution_quote,
    resolutions_of,
)
from portal.usecases.returns.judged import Asked, Judged, asked_by, judge_again, judge_all
from portal.usecases.returns.offer import resolutions
from portal.usecases.returns.offer_views import Choice, Quotes, ReturnRequest
from portal.usecases.returns.records import shipping_of
from portal.usecases.returns.way_back import means_of


def quotes(deps: Deps, shop: ShopRef, request: ReturnRequest, *, editing: str | None = None) -> Quotes:
    """The exact sums of each resolution for these choices, and the ways back. What is not chosen yet may be empty: the
    resolution, the method, the fallback.

    Raises NotFound, InvalidInput and Conflict as `checks.items`.
    """
    now = deps.clock()
    with deps.sessions.read(shop.id) as session:
        changed = rows.return_by_public_id(session, editing) if editing is not None else None
        asked = asked_by(request, held=rows.held_units(session, changed) if changed else None)
        orders = checks.orders_asked(session, request)
        since = changed.submitted_at if changed is not None else None
        judged, judged_at = judge_all(session, shop, orders, asked, now, since)
        checks.items(judged, request.choices)
        outside = outside_of(session, shop, judged, request.choices, without=changed)
    return _quotes(deps, shop, judged, request, asked, outside, judged_at)


def _quotes(
    deps: Deps,
    shop: ShopRef,
    judged: Sequence[Judged],
    request: ReturnRequest,
    asked: Asked,
    outside: Outside,
    judged_at: datetime,
) -> Quotes:
    now = deps.clock()
    chosen = chosen_of(judged, request.choices)

    def anew(resolution: str, method: str = asked.method) -> list[Chosen]:
        """Rules may ask for the resolution or the method: each is judged as if it were chosen."""
        with_it = replace(asked, resolution=resolution, method=method)
        return chosen_of([judge_again(one, with_it, judged_at) for one in judged], request.choices)

    offered = resolutions_of(chosen, resolutions([one.config for one in judged]), outside)
    resolution = request.resolution if request.resolution in offered else offered[0]
    methods = []
    for method in methods_of(
        chosen, means_of(deps, shop, request.sender.country if request.sender else judged[0].order.ship_country)
    ):
        with_it = anew(resolution, method.code)
        fee = resolution_quote(with_it, resolution, request.fallback, outside, shop, now).fee_minor
        methods.append(method_quote(with_it, method, fee, shop, now))
    return Quotes(
        resolutions=tuple(resolution_quote(anew(name), name, request.fallback, outside, shop, now) for name in offered),
        methods=tuple(methods),
        photos_for=checks.photos_missing(chosen),
        needs_review=checks.needs_review(chosen),
        nothing_to_send=not methods,
        is_our_doing=is_our_doing(choice.reason for choice in request.choices),
    )


def outside_of(
    session: Session, shop: ShopRef, judged: Sequence[Judged], choices: Sequence[Choice], *, without: Return | None
) -> Outside:
    """What the wanted things count for, and the outbound postage that no return of an order has been promised yet;
    `without` the promise of a return that is being changed. Raises InvalidInput for a wish that cannot be had, Conflict
    for one that has sold out."""
    held: Counter[str] = Counter()
    for one in held_by(session, without) if without is not None else ():
        held[one.variant.sku] += one.reservation.quantity
    return Outside(
        wished={
            one.choice.line_id: _wish(session, shop, one, held[one.choice.exchange_sku])
            for one in chosen_of(judged, choices)
            if one.choice.exchange_sku
        },
        shipping={one.order.id: _postage_left(session, one.order, without) for one in judged},
    )


def _wish(session: Session, shop: ShopRef, one: Chosen, held: int) -> int:
    line = next(line for line in one.judged.lines if line.id == one.choice.line_id)
    worths, config = one.judged.units(one.choice), one.judged.config
    return value_of_wish(session, shop, line, worths, config, one.choice.exchange_sku, held=held)


def _postage_left(session: Session, order: Order, without: Return | None) -> int:
    promised = select(Return).where(
        rows.of_orders([order.id]),
        Return.shipping_minor > 0,
        Return.decision.not_in(("cancelled", "withdrawn_by_shopper", "rejected")),
        Return.id != (without.id if without is not None else 0),
    )
    given = sum(shipping_of(row, order.id) for row in session.scalars(promised))
    return max(0, order.shipping_minor - given)
