"""How it goes back: each way that is possible, with what it costs, what is needed and the last day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from flask import request
from werkzeug.wrappers import Response

from portal.domain.business_days import is_business_day
from portal.domain.returns.config import Store
from portal.domain.returns.methods import IN_STORE, PICKUP
from portal.usecases.returns.offer_views import MethodQuote
from portal.usecases.returns.view_label import drop_off_page
from portal.web.shop_context import shop
from portal.web.shopper.return_flow import Answer, Flow, question, unfinished

_ASKING = (PICKUP, IN_STORE)
PICKUP_DAYS = 6  # days of a pickup to choose from


@question("/method")
def return_method(flow: Flow) -> Answer:
    """4. How does it go back? Not asked where there is only one way, or nothing to send."""
    back = unfinished(flow, "method")
    if back is not None:
        return back
    methods = flow.quotes().methods
    return _page(flow, methods) if _is_asked(methods) else after_resolution(flow)


def after_resolution(flow: Flow) -> Response:
    """To the ways back where there is something to choose, else past them."""
    methods = flow.quotes().methods
    if _is_asked(methods):
        return flow.to("return_method")
    only = methods[0].method.code if methods else ""
    if flow.draft.method != only:
        flow.save(lambda draft: replace(draft, method=only, pickup_on=None, store=""))
    return flow.to("return_review")


def _is_asked(methods: tuple[MethodQuote, ...]) -> bool:
    return len(methods) > 1 or any(quote.method.code in _ASKING for quote in methods)


def needs_answer(flow: Flow, methods: tuple[MethodQuote, ...]) -> bool:
    """Whether this question is still open: nothing is chosen of several ways, or what was chosen is no longer possible."""
    chosen = next((quote for quote in methods if quote.method.code == flow.draft.method), None)
    if chosen is None:
        return bool(methods) and (_is_asked(methods) or bool(flow.draft.method))
    if chosen.method.code == PICKUP:
        return flow.draft.pickup_on not in pickup_days(chosen)
    return chosen.method.code == IN_STORE and flow.draft.store not in chosen.stores


def _page(flow: Flow, methods: tuple[MethodQuote, ...], problem: str = "", picked: str = "") -> str:
    return flow.page(
        "method",
        "method",
        methods=methods,
        problem=problem,
        picked=picked or flow.draft.method or methods[0].method.code,
        days={quote.method.code: pickup_days(quote) for quote in methods},
        stores=stores(methods),
        places={quote.method.code: drop_off_page(quote.method.carrier) for quote in methods if quote.method.carrier},
        fees_differ=len({quote.fee_minor for quote in methods}) > 1,
    )


def pickup_days(quote: MethodQuote) -> list[date]:
    """The first days on which the carrier can come, up to the last day for sending it back."""
    first = quote.first_pickup_on
    if first is None:
        return []
    country = shop().config.country
    days = (first + timedelta(days=n) for n in range(21))
    return [day for day in days if day <= quote.send_back_by and is_business_day(day, (country,))][:PICKUP_DAYS]


def stores(methods: tuple[MethodQuote, ...]) -> list[Store]:
    """The shops where it can be brought."""
    names = {name for quote in methods if quote.method.code == IN_STORE for name in quote.stores}
    return [store for store in shop().config.returns.stores if store.name in names]


@question("/method", post=True)
def return_way(flow: Flow) -> Answer:
    back = unfinished(flow, "method")
    if back is not None:
        return back
    methods = flow.quotes().methods
    code = request.form.get("method", "")
    chosen = next((quote for quote in methods if quote.method.code == code), None)
    if chosen is None:
        return _page(flow, methods, "method"), 422
    day = _day(request.form.get("pickup_on", "")) if code == PICKUP else None
    place = request.form.get("store", "") if code == IN_STORE else ""
    if code == PICKUP and day not in pickup_days(chosen):
        return _page(flow, methods, "pickup_on", code), 422
    if code == IN_STORE and place not in chosen.stores:
        return _page(flow, methods, "store", code), 422
    flow.save(lambda draft: replace(draft, method=code, pickup_on=day, store=place))
    return flow.to("return_review")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
