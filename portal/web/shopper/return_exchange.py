"""What is wanted instead: another variant of the same product, or another product; with what is in stock, what the
difference means, and what happens when it sells out before it is sent."""

from __future__ import annotations

from dataclasses import replace

from flask import request

from portal.domain.returns.config import EXCHANGE, REFUND, STORE_CREDIT
from portal.domain.words import N_
from portal.usecases.returns.exchange_choices import ExchangeChoice, ExchangeChoices
from portal.usecases.returns.exchange_offers import choices_of
from portal.usecases.returns.offer_views import Choice, OfferLine
from portal.web.shop_context import shop
from portal.web.shopper.return_flow import Answer, Flow, question, unfinished
from portal.web.shopper.return_method import after_resolution
from portal.web.state import deps

PROBLEMS = {
    "none": N_("Please choose what you would like instead, of one item at least."),
    "gone": N_("This has just sold out. Please choose something else."),
    "fallback": N_("Please choose what happens if it sells out."),
}
_FALLBACKS = (REFUND, STORE_CREDIT)


def _instead(flow: Flow, line: OfferLine, choice: Choice, search: str = "", page: int = 1) -> ExchangeChoices:
    return choices_of(
        deps(),
        shop(),
        line.order_public_id,
        line.line_id,
        choice.quantity,
        reason=choice.reason,
        search=search,
        page=page,
        editing=flow.editing or None,
    )


def wanted(flow: Flow) -> dict[int, ExchangeChoice]:
    """What was chosen instead, by line, as far as it can still be had."""
    found = {}
    for line, choice in _sent(flow):
        if choice.exchange_sku:
            these = _instead(flow, line, choice, choice.exchange_sku)
            for one in (*these.variants, *these.others):
                if one.sku == choice.exchange_sku and one.enough:
                    found[line.line_id] = one
    return found


def _sent(flow: Flow) -> list[tuple[OfferLine, Choice]]:
    """What really goes back, and may be exchanged."""
    return [(line, choice) for line, choice in flow.lines if choice.outcome == "send_back"]


def can_exchange(flow: Flow) -> bool:
    """Whether anything can be had instead: the shop offers it for what goes back, and has something in stock."""
    if EXCHANGE not in flow.offer.resolutions:
        return False
    return any(
        EXCHANGE in line.terms.resolutions and _instead(flow, line, choice).possible
        for line, choice in _sent(flow)
        if line.terms is not None
    )


def fallbacks(flow: Flow) -> tuple[str, ...]:
    """What can be given when it sells out."""
    return tuple(name for name in _FALLBACKS if name in flow.offer.resolutions) or (REFUND,)


@question("/exchange")
def return_exchange(flow: Flow) -> Answer:
    """3b. What would you like instead?"""
    gone = {f"want-{line.line_id}": PROBLEMS["gone"] for line, _ in _sent(flow)[:1] if "gone" in request.args}
    return unfinished(flow, "resolution") or _page(flow, gone)


def _page(flow: Flow, problems: dict[str, str] | None = None) -> str:
    shown = []
    for line, choice in _sent(flow):
        found = _instead(flow, line, choice, choice.exchange_sku)
        shown.append((line, choice, found, _other(found, choice)))
    possible = fallbacks(flow)
    suggested = flow.draft.fallback or shop().config.returns.exchange.fallback
    return flow.page(
        "exchange",
        "resolution",
        shown=shown,
        browsable=shop().config.returns.exchange.other_products,
        fallbacks=possible,
        fallback=suggested if suggested in possible else possible[0],
        problems=problems or {},
    )


def _other(found: ExchangeChoices, choice: Choice) -> ExchangeChoice | None:
    """The other product that was chosen before."""
    return next((one for one in found.others if one.sku == choice.exchange_sku), None)


@question("/exchange", post=True)
def return_swap(flow: Flow) -> Answer:
    back = unfinished(flow, "resolution")
    if back is not None:
        return back
    asked = {line.line_id: request.form.get(f"want-{line.line_id}", "")[:80] for line, _ in _sent(flow)}
    fallback = request.form.get("fallback", "")
    flow.choose(
        lambda choice: replace(choice, exchange_sku=asked.get(choice.line_id, "")),
        resolution=EXCHANGE,
        fallback=fallback if fallback in fallbacks(flow) else "",
    )
    browse = request.form.get("browse", "")
    if browse.isascii() and browse.isdigit() and int(browse) in asked:
        return flow.to("return_browse", line=browse)
    problems = _problems(flow, asked)
    if problems:
        return _page(flow, problems), 422
    return after_resolution(flow)


def _problems(flow: Flow, asked: dict[int, str]) -> dict[str, str]:
    """What is missing, by field."""
    if not any(asked.values()):
        return {f"want-{line}": PROBLEMS["none"] for line in list(asked)[:1]}
    there = wanted(flow)
    found = {f"want-{line}": PROBLEMS["gone"] for line, sku in asked.items() if sku and line not in there}
    return found if flow.draft.fallback else found | {"fallback": PROBLEMS["fallback"]}


@question("/exchange/other")
def return_browse(flow: Flow) -> Answer:
    """Another product, looked for by its words."""
    back = unfinished(flow, "resolution")
    if back is not None:
        return back
    asked = request.args.get("line", "")
    pair = next(((line, choice) for line, choice in _sent(flow) if str(line.line_id) == asked), None)
    if pair is None:
        return flow.to("return_exchange")
    number = request.args.get("page", "1")[:4]
    page = max(1, int(number)) if number.isascii() and number.isdigit() else 1
    search = request.args.get("q", "").strip()[:80]
    found = _instead(flow, *pair, search, page)
    return flow.page("browse", "resolution", line=pair[0], choice=pair[1], found=found, search=search)


@question("/exchange/other", post=True)
def return_browsed(flow: Flow) -> Answer:
    line, sku = request.form.get("line", ""), request.form.get("want", "")[:80]
    flow.choose(lambda choice: replace(choice, exchange_sku=sku) if str(choice.line_id) == line else choice)
    return flow.to("return_exchange", _anchor=f"line-{line}")
