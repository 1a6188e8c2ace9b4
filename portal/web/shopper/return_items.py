"""What goes back, of one order or of several orders of one shopper; with every reason for what cannot."""

from __future__ import annotations

from dataclasses import replace

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from portal.usecases.returns.draft_views import Draft
from portal.usecases.returns.drafts import forget_draft
from portal.usecases.returns.offer import orders_of_shopper
from portal.usecases.returns.offer_views import Choice, OfferLine
from portal.web.shop_context import shop
from portal.web.shopper.return_flow import Answer, Flow, is_new_here, question
from portal.web.state import deps

MOST_OTHERS = 9  # orders beside the first one


@question()
def return_start(flow: Flow) -> Answer:
    """1. What goes back?"""
    return _page(flow, changed=bool(request.args.get("changed")), resumed=is_new_here(flow))


@question(post=True)
def return_items(flow: Flow) -> Answer:
    units = {line.line_id: _wanted(line) for line in flow.offer.eligible}
    elsewhere = "orders" in request.form
    if not any(units.values()) and not elsewhere:
        return _page(flow, problem=True), 422

    def change(draft: Draft) -> Draft:
        known = {choice.line_id: choice for choice in draft.choices}
        return replace(
            draft,
            choices=tuple(replace(known.get(line, Choice(line, n)), quantity=n) for line, n in units.items() if n),
        )

    flow.save(change)
    return flow.to("return_orders" if elsewhere else "return_reasons")


def _wanted(line: OfferLine) -> int:
    """How many units the form asks for; 0 when the line is not ticked."""
    if f"line-{line.line_id}" not in request.form:
        return 0
    asked = request.form.get(f"units-{line.line_id}", str(line.units_left))
    return min(int(asked[:6]), line.units_left) if asked.isascii() and asked.isdigit() else 0


def _page(flow: Flow, **values: object) -> str:
    return flow.page("items", "items", orders=_by_order(flow), chosen=_units(flow), **values)


def _units(flow: Flow) -> dict[int, int]:
    return {choice.line_id: choice.quantity for choice in flow.draft.choices}


def _by_order(flow: Flow) -> list[tuple[str, str, list[OfferLine]]]:
    """Public id and number of each order with what may go back of it."""
    names = dict.fromkeys((line.order_public_id or flow.order, line.order_number) for line in flow.offer.eligible)
    return [
        (public_id, number, [line for line in flow.offer.eligible if (line.order_public_id or flow.order) == public_id])
        for public_id, number in names
    ]


@question("/orders", tier="full")
def return_orders(flow: Flow) -> Answer:
    """Something from another order? The shopper's other orders that have something to return."""
    return _orders_page(flow)


def _orders_page(flow: Flow, **values: object) -> str:
    number = request.args.get("page", "1")
    page = int(number[:4]) if number.isascii() and number.isdigit() and number.strip("0") else 1
    found = orders_of_shopper(deps(), shop(), flow.order, page=page)
    return flow.page("orders", "items", found=found, **values)


@question("/orders", post=True, tier="full")
def return_join(flow: Flow) -> Answer:
    """Take other orders in, or leave one out again."""
    wanted = request.form.getlist("order")[:MOST_OTHERS]
    shown = set(request.form.getlist("shown")[:100])
    kept = [order for order in flow.draft.other_orders if order not in shown]
    joined = tuple(dict.fromkeys((*kept, *wanted)))[:MOST_OTHERS]
    flow.save(lambda draft: replace(draft, other_orders=joined))
    return flow.to("return_start")


@question("/start-over", post=True)
def return_start_over(flow: Flow) -> Response:
    """Forget everything that was chosen."""
    forget_draft(deps(), shop(), flow.order, flow.draft.purpose)
    if flow.editing:
        return redirect(url_for("shopper.return_page", public_id=flow.editing), 303)
    return flow.to("return_start")
