"""What the questions about a present share: the code in the signed session cookie, for a day, with the address that the
visitor types; the choices so far, which are a draft of the code's own; the way back to a question without an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import abort, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from portal.domain.returns.config import EXCHANGE, STORE_CREDIT
from portal.errors import Conflict, NotFound
from portal.usecases.returns import drafts
from portal.usecases.returns.draft_views import Draft
from portal.usecases.returns.gift_return import gift_draft, gift_offer, gift_quotes
from portal.usecases.returns.gift_views import GiftLine, GiftOffer, GiftQuotes
from portal.usecases.returns.offer_views import Choice, Sender
from portal.web import headers
from portal.web.shop_context import shop, speak
from portal.web.shopper import return_words as words
from portal.web.shopper.base import blueprint
from portal.web.shopper.uploads import MAX_BODY_BYTES
from portal.web.state import deps

Answer = str | Response | tuple[str, int]
LIFETIME = timedelta(hours=24)
_KEY = "gift"


@dataclass(slots=True)
class Present:
    """What a page of the flow works with."""

    offer: GiftOffer
    draft: Draft
    sender: Sender | None

    @property
    def chosen(self) -> list[tuple[GiftLine, Choice]]:
        lines = {line.line_id: line for line in self.offer.lines}
        return [(lines[choice.line_id], choice) for choice in self.draft.choices]

    @property
    def units(self) -> dict[int, int]:
        return {choice.line_id: choice.quantity for choice in self.draft.choices}

    def save(self, **changes: Any) -> None:
        """Keep the choices. Changed elsewhere in the meantime: what was said last counts."""
        try:
            self.draft = drafts.save_draft(deps(), shop(), replace(self.draft, **changes))
        except Conflict:
            newest = drafts.load_draft(deps(), shop(), self.offer.order_public_id, self.offer.purpose)
            self.draft = drafts.save_draft(deps(), shop(), replace(newest, **changes))

    def quotes(self) -> GiftQuotes:
        return gift_quotes(deps(), shop(), self.draft, self.sender)


def kept() -> dict[str, Any]:
    found: dict[str, Any] = session.get(_KEY, {})
    good = found.get("shop") == shop().id and found.get("until", 0) > deps().wall().timestamp()
    return found if good else {}


@blueprint.url_value_preprocessor
def _larger(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """The form that takes pictures may be as large as they are, for who has a code. Before anything reads it."""
    if endpoint == f"{blueprint.name}.gift_why" and request.method == "POST" and kept():
        request.max_content_length = MAX_BODY_BYTES


def the_present() -> Present:
    """The present of this visitor's code; without one, back to where it is typed."""
    known = kept()
    if not known:
        abort(redirect(url_for("shopper.gift", expired="1" if _KEY in session else None)))
    try:
        found = gift_offer(deps(), shop(), int(known["id"]))
    except NotFound:  # revoked since
        session.pop(_KEY, None)
        abort(redirect(url_for("shopper.gift", expired="1")))
    speak(found.timezone)
    sender = Sender(**known["from"]) if known.get("from") else None
    return Present(found, gift_draft(deps(), shop(), found), sender)


def step(
    path: str, *, needs: str = "", post: bool = False
) -> Callable[[Callable[[Present], Answer]], Callable[[], Answer]]:
    """A question. `needs` names what has to be answered before it: "items", "reasons", "wish" or "sender"."""

    def add(view: Callable[[Present], Answer]) -> Callable[[], Answer]:
        @wraps(view)
        def run() -> Answer:
            headers.cache(headers.NO_STORE)
            present = the_present()
            return _unfinished(present, needs) or view(present)

        blueprint.add_url_rule(f"/gift/{path}", view_func=run, methods=["POST" if post else "GET"])
        return run

    return add


_ORDER = ("items", "reasons", "wish", "sender")


def _unfinished(present: Present, needs: str) -> Response | None:
    """Back to the first question before `needs` and with it that has no answer yet."""
    draft = present.draft
    answered = {
        "items": bool(draft.choices),
        "reasons": all(choice.reason for choice in draft.choices),
        "wish": draft.resolution in (STORE_CREDIT, EXCHANGE),
        "sender": present.sender is not None,
    }
    for name in _ORDER[: _ORDER.index(needs) + 1] if needs else ():
        if not answered[name]:
            return to(f"gift_{name}")
    return None


def to(endpoint: str, **values: Any) -> Response:
    return redirect(url_for(f"shopper.{endpoint}", **values), 303)


def page(template: str, present: Present, **values: Any) -> str:
    return render_template(
        f"shopper/gift/{template}.html",
        present=present,
        offer=present.offer,
        draft=present.draft,
        words=words,
        said=lambda reason: words.said(reason, g.speaker),
        **({"problem": None} | values),
    )


def begin(gift_id: int) -> None:
    """Remember the code of this visitor for a day."""
    until = int((deps().wall() + LIFETIME).timestamp())
    session[_KEY] = {"shop": shop().id, "id": gift_id, "until": until}


def keep_sender(sender: dict[str, Any]) -> None:
    """Remember what was typed as the sender, as long as the code."""
    session[_KEY] = {**kept(), "from": sender}
