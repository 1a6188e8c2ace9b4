"""What the shopper gets: with the exact sum, each fee and the day, before anything is chosen."""

from __future__ import annotations

from dataclasses import replace

from flask import request

from portal.domain.returns.config import EXCHANGE
from portal.web.shop_context import shop
from portal.web.shopper.return_exchange import can_exchange
from portal.web.shopper.return_flow import Answer, Flow, question, unfinished
from portal.web.shopper.return_method import after_resolution
from portal.web.shopper.return_offers import solutions


@question("/resolution")
def return_resolution(flow: Flow) -> Answer:
    """3. What would you like?"""
    return unfinished(flow, "resolution") or _page(flow)


def _page(flow: Flow, **values: object) -> str:
    found = flow.quotes()
    return flow.page(
        "resolution",
        "resolution",
        quotes=found.resolutions,
        quoted=found,
        exchange=can_exchange(flow),
        exchange_sent=shop().config.returns.exchange.send_when,
        has_offers=bool(solutions(flow)),
        **values,
    )


@question("/resolution", post=True)
def return_wish(flow: Flow) -> Answer:
    back = unfinished(flow, "resolution")
    if back is not None:
        return back
    wish = request.form.get("resolution", "")
    keeps_goods = wish == EXCHANGE
    known = can_exchange(flow) if keeps_goods else flow.quotes().of(wish) is not None
    if not known:
        return _page(flow, problem=True), 422
    flow.choose(
        lambda choice: choice if keeps_goods else replace(choice, exchange_sku=""),
        resolution=wish,
        fallback=flow.draft.fallback if keeps_goods else "",
    )
    return flow.to("return_exchange") if keeps_goods else after_resolution(flow)
