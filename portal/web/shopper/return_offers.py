"""What may solve it without a return: the next size, a part that is missing, keeping it for a part of the money.

Asked only where there is something to offer. "No, thank you" is chosen from the start: skipping takes one click.
"""

from __future__ import annotations

from dataclasses import replace

from flask import request
from werkzeug.wrappers import Response

from portal.domain.returns.config import EXCHANGE, REFUND
from portal.domain.returns.offers import KEEP, NEXT_SIZE, PART, Offer
from portal.usecases.returns.exchange_offers import offers_of
from portal.usecases.returns.offer_views import Choice
from portal.web.shop_context import shop
from portal.web.shopper.return_flow import Answer, Flow, question, unfinished
from portal.web.state import deps

SEND_BACK = "send_back"


def solutions(flow: Flow) -> dict[int, tuple[Offer, ...]]:
    """The offers by line, of all orders."""
    found: dict[int, tuple[Offer, ...]] = {}
    for order in dict.fromkeys(line.order_public_id for line, _ in flow.lines):
        choices = [choice for line, choice in flow.lines if line.order_public_id == order]
        found |= offers_of(deps(), shop(), order, choices, editing=flow.editing or None)
    return found


@question("/offers")
def return_offers(flow: Flow) -> Answer:
    """2b. Would one of these do?"""
    back = unfinished(flow, "offers")
    if back is not None:
        return back
    found = solutions(flow)
    if not found:
        return after_reasons(flow)
    taken = {choice.line_id: _taken(choice, found.get(choice.line_id, ())) for choice in flow.draft.choices}
    return flow.page("offers", "reasons", offers=found, taken=taken)


def after_reasons(flow: Flow) -> Response:
    """To the offers where there are any, else past them."""
    if solutions(flow):
        return flow.to("return_offers")
    if any(choice.outcome != SEND_BACK for choice in flow.draft.choices):  # what was taken is offered no more
        flow.choose(lambda choice: replace(choice, outcome=SEND_BACK))
    return flow.to("return_resolution")


def _taken(choice: Choice, offers: tuple[Offer, ...]) -> str:
    """Which of the offers the choice has taken."""
    for offer in offers:
        if offer.kind == choice.outcome:
            return offer.kind
        if offer.goods is not None and offer.goods.sku == choice.exchange_sku:
            return offer.kind
    return ""


@question("/offers", post=True)
def return_solved(flow: Flow) -> Answer:
    back = unfinished(flow, "offers")
    if back is not None:
        return back
    found = solutions(flow)

    def answer(choice: Choice) -> Choice:
        return _with(choice, found.get(choice.line_id, ()), request.form.get(f"offer-{choice.line_id}", ""))

    flow.choose(answer)
    return _on(flow)


def _with(choice: Choice, offers: tuple[Offer, ...], kind: str) -> Choice:
    """The choice with an offer taken, or as something that simply goes back."""
    offer = next((offer for offer in offers if offer.kind == kind), None)
    if offer is None:
        suggested = {one.goods.sku for one in offers if one.goods is not None}
        sku = "" if choice.exchange_sku in suggested else choice.exchange_sku
        return replace(choice, outcome=SEND_BACK, exchange_sku=sku)
    if offer.kind == NEXT_SIZE and offer.goods is not None:
        return replace(choice, outcome=SEND_BACK, exchange_sku=offer.goods.sku)
    return replace(choice, outcome=PART if offer.kind == PART else KEEP, exchange_sku="")


def _on(flow: Flow) -> Response:
    """To the next question that is left: whoever takes another size needs no other answer than what if it sells out, and
    whoever waits for a part gets no money."""
    choices = flow.draft.choices
    if any(choice.exchange_sku for choice in choices):
        flow.save(lambda draft: replace(draft, resolution=EXCHANGE))
        return flow.to("return_exchange")
    if all(choice.outcome == PART for choice in choices):
        flow.save(lambda draft: replace(draft, resolution=REFUND, fallback="", method=""))
        return flow.to("return_review")
    return flow.to("return_resolution")
