"""What the questions of a return share: whose it is, what was chosen so far, and where each question lives.

A question has two addresses: of a new return of an order, and of the change of a return that was sent in. Choices are
kept in the database after each answer, so that a reload, a way back or another device loses nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from flask import abort, g, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.returns.draft_views import RETURN, Draft, edit_of
from portal.usecases.returns.drafts import load_draft, save_draft
from portal.usecases.returns.edit import draft_of
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, OfferLine, Quotes, ReturnOffer
from portal.usecases.returns.quotes import quotes
from portal.usecases.returns.refusals import refusals
from portal.usecases.returns.view import order_of_return
from portal.web import headers
from portal.web.shop_context import shop, speak
from portal.web.shopper import return_words as words
from portal.web.shopper.access import Tier, require
from portal.web.shopper.base import blueprint
from portal.web.state import deps

Answer = str | Response | tuple[str, int]
Step = Literal["items", "reasons", "offers", "resolution", "method", "review"]
_BEGUN = "returning"  # in the session: the drafts that this browser has worked on
_MOST = 8
_NEW, _CHANGE = "/orders/<public_id>/return", "/orders/<public_id>/returns/<return_id>/change"


@dataclass(slots=True)
class Flow:
    """One visit of a question."""

    order: str  # public id of the order where it was begun
    editing: str  # public id of the return that is being changed, empty for a new one
    tier: Tier
    offer: ReturnOffer
    draft: Draft

    def url(self, endpoint: str, **values: Any) -> str:
        """The address of another question of the same return."""
        if self.editing:
            values["return_id"] = self.editing
        return url_for(f"shopper.{endpoint}", public_id=self.order, **values)

    def to(self, endpoint: str, **values: Any) -> Response:
        return redirect(self.url(endpoint, **values), 303)

    @property
    def lines(self) -> list[tuple[OfferLine, Choice]]:
        """What goes back, in the orders' order."""
        chosen = {choice.line_id: choice for choice in self.draft.choices}
        return [(line, chosen[line.line_id]) for line in self.offer.lines if line.line_id in chosen]

    @property
    def several_orders(self) -> bool:
        return len(self.offer.orders) > 1

    def save(self, change: Callable[[Draft], Draft]) -> None:
        """Keep an answer. Whatever another window has answered to other questions in between stays."""
        for _ in range(3):
            try:
                self.draft = save_draft(deps(), shop(), change(self.draft))
                break
            except Conflict:
                self.draft = possible(load_draft(deps(), shop(), self.order, self.draft.purpose), self.offer)
        else:
            raise Conflict("these choices are being changed in another window; look again in a moment")
        remember(self.order, self.draft.purpose)

    def choose(self, change: Callable[[Choice], Choice], **others: Any) -> None:
        """Keep an answer about each thing that goes back."""
        self.save(lambda draft: replace(draft, choices=tuple(change(choice) for choice in draft.choices), **others))

    def quotes(self) -> Quotes:
        """What the choices so far bring. Where something can no longer go back, or not as it is asked for, the visitor is
        led to where that is said."""
        asked, editing = self.draft.request(), self.editing or None
        try:
            return quotes(deps(), shop(), asked, editing=editing)
        except (Conflict, InvalidInput):
            abort(self._mend(refusals(deps(), shop(), asked, editing=editing) if self.draft.choices else {}))

    def _mend(self, against: Mapping[int, object]) -> Response:
        """To the question whose answer is no longer possible."""
        if against:
            return self.to("return_reasons", refused="1")
        if any(choice.exchange_sku for choice in self.draft.choices):  # it has sold out meanwhile
            self.choose(lambda choice: replace(choice, exchange_sku=""))
            return self.to("return_exchange", gone="1")
        return self.to("return_start", changed="1")

    def page(self, template: str, step: Step, **values: object) -> str:
        """The page of a question."""
        headers.cache(headers.NO_STORE)
        return render_template(
            f"shopper/returns/{template}.html",
            flow=self,
            offer=self.offer,
            draft=self.draft,
            trail=words.flow_trail(step, g.speaker),
            said=lambda reason: words.said(reason, g.speaker),
            words=words,
            **values,
        )


def question(path: str = "", *, post: bool = False, tier: Tier = "masked") -> Callable[..., Any]:
    """Make a function that takes a Flow a page of the questions, at `path` behind both addresses."""

    def register(view: Callable[[Flow], Answer]) -> Callable[[Flow], Answer]:
        @functools.wraps(view)
        def answer(public_id: str, return_id: str = "") -> Answer:
            return view(begin(public_id, return_id, tier))

        for base in (_NEW, _CHANGE):
            blueprint.add_url_rule(base + path, view.__name__, answer, methods=["POST" if post else "GET"])
        return view

    return register


def begin(public_id: str, return_id: str, tier: Tier) -> Flow:
    """The offer and the choices so far, for a visitor who has proved enough: to change a return, or to see things of
    another order, takes the full proof. Raises NotFound."""
    held = require(public_id, "full" if return_id else tier)
    if return_id and order_of_return(deps(), shop(), return_id) != public_id:
        raise NotFound("there is no such return")
    draft = _changing(public_id, return_id) if return_id else load_draft(deps(), shop(), public_id, RETURN)
    if draft.other_orders:
        held = require(public_id, "full")
    found, draft = _offer(draft, return_id)
    speak(found.timezone, found.locale)
    return Flow(public_id, return_id, held, found, possible(draft, found))


def _offer(draft: Draft, return_id: str) -> tuple[ReturnOffer, Draft]:
    """What may go back of the draft's orders. Others that cannot join (any more) are left out. Raises NotFound."""
    try:
        return offer(deps(), shop(), draft.orders, editing=return_id or None), draft
    except (Conflict, NotFound):
        if not draft.other_orders:
            raise
        return offer(deps(), shop(), draft.order_public_id), replace(draft, other_orders=())


def _changing(public_id: str, return_id: str) -> Draft:
    """What is being changed of a return: as it is now, until something else was chosen."""
    try:
        now = draft_of(deps(), shop(), return_id)
    except Conflict:
        abort(redirect(url_for("shopper.return_page", public_id=return_id, fixed="1"), 303))
    kept = load_draft(deps(), shop(), public_id, edit_of(return_id))
    return kept if kept.choices else replace(now, version=kept.version)


def possible(draft: Draft, found: ReturnOffer) -> Draft:
    """Without what cannot go back any more."""
    left = {line.line_id: line.units_left for line in found.eligible}
    kept = (choice for choice in draft.choices if left.get(choice.line_id))
    return replace(draft, choices=tuple(replace(c, quantity=min(c.quantity, left[c.line_id])) for c in kept))


def is_new_here(flow: Flow) -> bool:
    """Whether there are choices that this browser had no part in: begun elsewhere, or long ago."""
    return flow.draft.version > 0 and bool(flow.draft.choices) and [flow.order, flow.draft.purpose] not in _begun()


def remember(order: str, purpose: str) -> None:
    others = [one for one in _begun() if one != [order, purpose]]
    session[_BEGUN] = [*others[-(_MOST - 1) :], [order, purpose]]


def _begun() -> list[list[str]]:
    found: Any = session.get(_BEGUN)
    return found if isinstance(found, list) else []


def unfinished(flow: Flow, before: Step) -> Response | None:
    """Back to the first question before this one that has no answer yet."""
    if not flow.draft.choices:
        return flow.to("return_start")
    if before != "reasons" and not all(choice.reason for choice in flow.draft.choices):
        return flow.to("return_reasons")
    if before in ("method", "review") and not flow.draft.resolution:
        return flow.to("return_resolution")
    return None
