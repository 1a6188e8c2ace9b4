"""Is everything right? From here on it costs money, so the visitor proves to be the shopper."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from portal.domain.returns.config import EXCHANGE
from portal.domain.returns.reasons import sub_words_for, words_for
from portal.errors import Conflict, InvalidInput
from portal.usecases.returns.edit import edit
from portal.usecases.returns.label_now import buy_label_now
from portal.usecases.returns.offer_views import Quotes, ResolutionQuote
from portal.usecases.returns.rows import OtherContent
from portal.usecases.returns.submit import submit
from portal.web.shop_context import shop
from portal.web.shopper.return_exchange import wanted
from portal.web.shopper.return_flow import Answer, Flow, question, unfinished
from portal.web.shopper.return_method import needs_answer, stores
from portal.web.state import deps


@question("/review", tier="full")
def return_review(flow: Flow) -> Answer:
    """5. Everything once more, each part changeable."""
    back = unfinished(flow, "review")
    if back is not None:
        return back
    found = flow.quotes()
    return _unanswered(flow, found) or _review(flow, found)


def _unanswered(flow: Flow, found: Quotes) -> Response | None:
    """Back to what the last pages ask, where it has no answer, or one that is no longer possible."""
    if found.photos_for:
        return flow.to("return_reasons", photo="1")
    if found.of(flow.draft.resolution) is None:
        return flow.to("return_exchange" if flow.draft.resolution == EXCHANGE else "return_resolution")
    if needs_answer(flow, found.methods):
        return flow.to("return_method")
    return None


def _review(flow: Flow, found: Quotes, *, changed: bool = False) -> str:
    method = next((quote for quote in found.methods if quote.method.code == flow.draft.method), None)
    return flow.page(
        "review",
        "review",
        quote=found.of(flow.draft.resolution) or found.resolutions[0],
        quoted=found,
        method=method or (found.methods[0] if found.methods else None),
        store=next((store for store in stores(found.methods) if store.name == flow.draft.store), None),
        chosen=[
            (line, choice, words_for(choice.reason), sub_words_for(choice.reason, choice.sub_reason))
            for line, choice in flow.lines
        ],
        instead=wanted(flow),
        changed=changed,
        shown=_digest(flow, found),
    )


def _digest(flow: Flow, found: Quotes) -> str:
    """Names exactly what is shown: the choices, and the sum."""
    quote: ResolutionQuote | None = found.of(flow.draft.resolution)
    return f"{flow.draft.digest()}-{quote.due_minor if quote else ''}"


@question("/review", post=True, tier="full")
def return_confirm(flow: Flow) -> Answer:
    """Make the return, or change it, once however often this is sent, and try to get its label at once."""
    form_key = request.form.get("form_key", "")[:200]
    if form_key == flow.offer.form_key:
        back = unfinished(flow, "review")
        if back is not None:
            return back
        found = flow.quotes()
        back = _unanswered(flow, found)
        if back is not None:
            return back
        if request.form.get("shown", "") != _digest(flow, found):
            return _review(flow, found, changed=True), 409
    return _send_in(flow, form_key)


def _send_in(flow: Flow, form_key: str) -> Answer:
    asked = flow.draft.request()
    try:
        if flow.editing:
            return_id = edit(deps(), shop(), flow.editing, asked, form_key)
        else:
            return_id = submit(deps(), shop(), asked, form_key)
    except OtherContent as other:
        return redirect(url_for("shopper.return_page", public_id=str(other.result["public_id"]), before="1"), 303)
    except (Conflict, InvalidInput):
        return flow.to("return_start", changed="1")
    buy_label_now(deps(), shop(), return_id)
    return redirect(url_for("shopper.return_page", public_id=return_id), 303)
