"""Sending something back: one question a page, up to the label.

Works without script. Choices are kept in the session; the label costs money, so the last step needs the full proof.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.domain.returns.reasons import REASONS, is_our_doing, offered, words_for
from portal.errors import Conflict, InvalidInput
from portal.usecases.returns.label_now import buy_label_now
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import ResolutionQuote, ReturnOffer, ReturnRequest
from portal.usecases.returns.quotes import quotes
from portal.usecases.returns.rows import OtherContent
from portal.usecases.returns.submit import submit
from portal.web import headers
from portal.web.shop_context import shop, speak
from portal.web.shopper import return_draft as drafts
from portal.web.shopper import return_words as words
from portal.web.shopper.access import require
from portal.web.shopper.base import blueprint
from portal.web.shopper.find import FindForm
from portal.web.shopper.return_draft import Draft
from portal.web.state import deps

Answer = str | Response | tuple[str, int]


def _page(template: str, step: int, offer: ReturnOffer, **values: object) -> str:
    headers.cache(headers.NO_STORE)
    return render_template(
        f"shopper/returns/{template}.html",
        offer=offer,
        trail=words.trail(step, offer.method.code, g.speaker),
        said=lambda reason: words.said(reason, g.speaker),
        words=words,
        **values,
    )


def _begin(public_id: str) -> tuple[ReturnOffer, Draft]:
    """The offer and the choices so far; the visitor has found the order."""
    require(public_id, "masked")
    found = offer(deps(), shop(), public_id)
    speak(found.timezone, found.locale)
    return found, drafts.load(public_id).only_possible(found)


def _to(endpoint: str, public_id: str, **values: Any) -> Response:
    return redirect(url_for(f"shopper.{endpoint}", public_id=public_id, **values), 303)


@blueprint.get("/returns")
def return_find() -> str:
    """Find the order first; the form leads on to the first question."""
    headers.cache(headers.NO_STORE)
    form = FindForm(data={"number": request.args.get("order", "")})
    return render_template("shopper/returns/find.html", form=form)


@blueprint.get("/orders/<public_id>/return")
def return_start(public_id: str) -> str:
    """1. What goes back? With every reason for what cannot."""
    found, draft = _begin(public_id)
    return _page("items", 0, found, draft=draft, changed=bool(request.args.get("changed")))


@blueprint.post("/orders/<public_id>/return")
def return_items(public_id: str) -> Answer:
    found, draft = _begin(public_id)
    units = {}
    for line in found.eligible:
        wanted = request.form.get(f"units-{line.line_id}", str(line.units_left))
        if f"line-{line.line_id}" in request.form and wanted.isascii() and wanted.isdigit():
            units[line.line_id] = min(int(wanted[:6]), line.units_left)
    units = {line: n for line, n in units.items() if n > 0}
    if not units:
        return _page("items", 0, found, draft=draft, problem=True), 422
    drafts.save(public_id, replace(draft, units=units))
    return _to("return_reasons", public_id)


@blueprint.get("/orders/<public_id>/return/reasons")
def return_reasons(public_id: str) -> Answer:
    """2. Why?"""
    found, draft = _begin(public_id)
    if not draft.units:
        return _to("return_start", public_id)
    return _page("reasons", 1, found, draft=draft, groups=offered(public_id), problems={})


@blueprint.post("/orders/<public_id>/return/reasons")
def return_why(public_id: str) -> Answer:
    found, draft = _begin(public_id)
    if not draft.units:
        return _to("return_start", public_id)
    given = {
        line: (
            request.form.get(f"reason-{line}", "")[:40],
            request.form.get(f"comment-{line}", "").strip()[: drafts.MAX_COMMENT],
        )
        for line in draft.units
    }
    draft = replace(draft, reasons=given)
    problems = _reason_problems(draft)
    if problems:
        page = _page("reasons", 1, found, draft=draft, groups=offered(public_id), problems=problems)
        return page, 422
    drafts.save(public_id, draft)
    return _to("return_resolution", public_id)


def _reason_problems(draft: Draft) -> dict[int, str]:
    """What is missing, by line: "reason", "comment" or "long"."""
    found = {}
    room = drafts.MAX_ALL_COMMENTS
    for line, (code, comment) in draft.reasons.items():
        room -= len(comment)
        reason = REASONS.get(code)
        if reason is None or not reason.offered:
            found[line] = "reason"
        elif reason.needs_words and not comment:
            found[line] = "comment"
        elif room < 0:
            found[line] = "long"
    return found


@blueprint.get("/orders/<public_id>/return/resolution")
def return_resolution(public_id: str) -> Answer:
    """3. What would you like? With the exact sum, the fee and the day, before choosing."""
    found, draft = _begin(public_id)
    back = _unfinished(public_id, draft, resolution=False)
    if back is not None:
        return back
    return _page("resolution", 2, found, draft=draft, quotes=_sums(public_id, draft))


@blueprint.post("/orders/<public_id>/return/resolution")
def return_wish(public_id: str) -> Answer:
    found, draft = _begin(public_id)
    back = _unfinished(public_id, draft, resolution=False)
    if back is not None:
        return back
    wish = request.form.get("resolution", "")
    if wish not in found.resolutions:
        sums = _sums(public_id, draft)
        return _page("resolution", 2, found, draft=draft, quotes=sums, problem=True), 422
    drafts.save(public_id, replace(draft, resolution=wish))
    return _to("return_review", public_id)


def _request(public_id: str, draft: Draft) -> ReturnRequest:
    return ReturnRequest(public_id, tuple(draft.choices()), draft.resolution or "refund")


def _sums(public_id: str, draft: Draft) -> tuple[ResolutionQuote, ...]:
    return quotes(deps(), shop(), _request(public_id, draft)).resolutions


def _unfinished(public_id: str, draft: Draft, *, resolution: bool = True) -> Response | None:
    """Back to the first question that has no answer yet."""
    if not draft.units:
        return _to("return_start", public_id)
    if not draft.has_reasons:
        return _to("return_reasons", public_id)
    if resolution and not draft.resolution:
        return _to("return_resolution", public_id)
    return None


@blueprint.get("/orders/<public_id>/return/review")
def return_review(public_id: str) -> Answer:
    """4. Is this right? From here on it costs money, so the visitor proves to be the shopper."""
    found, draft = _begin(public_id)
    back = _unfinished(public_id, draft)
    if back is not None:
        return back
    require(public_id, "full")
    return _review(found, draft)


def _review(found: ReturnOffer, draft: Draft, *, changed: bool = False) -> str:
    sums = _sums(found.order_public_id, draft)
    quote = next((quote for quote in sums if quote.resolution == draft.resolution), sums[0])
    lines = {line.line_id: line for line in found.lines}
    chosen = [(lines[choice.line_id], choice, words_for(choice.reason)) for choice in draft.choices()]
    ours = is_our_doing(choice.reason for choice in draft.choices())
    return _page("review", 3, found, draft=draft, quote=quote, chosen=chosen, changed=changed, is_our_doing=ours)


@blueprint.post("/orders/<public_id>/return/review")
def return_confirm(public_id: str) -> Answer:
    """Make the return, once however often this is sent, and try to get its label at once."""
    require(public_id, "full")
    form_key = request.form.get("form_key", "")[:200]
    shown = request.form.get("shown", "")
    found, draft = _begin(public_id)
    if shown != drafts.load(public_id).digest() and form_key == found.form_key:
        back = _unfinished(public_id, draft)
        return back if back is not None else (_review(found, draft, changed=True), 409)
    try:
        return_id = submit(deps(), shop(), _request(public_id, drafts.load(public_id)), form_key)
    except OtherContent as other:
        return _to("return_page", str(other.result["public_id"]), before="1")
    except (Conflict, InvalidInput):
        return _to("return_start", public_id, changed="1")
    drafts.forget(public_id)
    buy_label_now(deps(), shop(), return_id)
    return _to("return_page", return_id)
