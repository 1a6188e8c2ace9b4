"""Returns that staff make: for a shopper from the order's page, and of goods that came without an order."""

from __future__ import annotations

import re

from babel.numbers import get_currency_precision
from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.domain.returns.config import METHODS, REFUND, STORE_CREDIT
from portal.domain.returns.model import Note, Reason
from portal.domain.returns.reasons import REASONS
from portal.errors import Conflict, InvalidInput
from portal.usecases.returns import blind, create
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.shops import list_shops
from portal.web.language import speaker
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import message_of, number, sent_key
from portal.web.staff.said import say
from portal.web.state import deps
from portal.web.verdicts import sentence

OrderId = "<int(max=9223372036854775807):order_id>"
ROWS = 6  # items that a form without scripts has room for; more go into another return
_SUM = re.compile(r"(\d{1,9})(?:[.,](\d{1,3}))?")
Answer = Response | tuple[str, int]


@blueprint.get(f"/orders/{OrderId}/return")
def return_new(order_id: int) -> str:
    """What may go back of an order, and what the policy says against the rest."""
    return _page(order_id)


def _page(order_id: int, problem: str | None = None) -> str:
    found = create.offer_to_staff(deps(), order_id)
    reasons = [reason for reason in REASONS.values() if reason.offered]
    return render_template(
        "staff/return_new.html",
        order_id=order_id,
        offer=found.offer,
        shop=found.shop,
        methods=[code for code in found.shop.config.returns.methods if code in METHODS],
        reasons=reasons,
        reason_text=_said,
        problem=problem,
        typed=request.form if problem else {},
    )


def _said(reason: Reason) -> str:
    """What a policy says against a line."""
    parts: tuple[Reason | Note, ...] = (reason, *reason.notes)
    return " ".join(sentence(part.words, part.says, part.inputs, speaker()) for part in parts)


@blueprint.post(f"/orders/{OrderId}/return")
def return_create(order_id: int) -> Answer:
    """Send it in for the shopper."""
    _ = speaker().gettext
    form = request.form
    lines = [line.line_id for line in create.offer_to_staff(deps(), order_id).offer.lines]
    choices = [
        Choice(line, units, form.get(f"reason-{line}", ""), form.get(f"comment-{line}", "")[:2000])
        for line in lines
        if (units := number(form, f"units-{line}", 0))
    ]
    wanted = ReturnRequest(
        order_public_id="",
        choices=tuple(choices),
        resolution=form.get("resolution", ""),
        method=form.get("method", ""),
        override=form.get("override", "")[:2000],
    )
    try:
        made = create.create(deps(), order_id, login.me().id, wanted, sent_key())
    except (Conflict, InvalidInput) as problem:
        said = message_of(problem) if isinstance(problem, InvalidInput) else _refused()
        return _page(order_id, said), problem.http_status
    say(_("The return is made, and the shopper is told."))
    return redirect(url_for("staff.return_page", return_id=made), 303)


def _refused() -> str:
    return speaker().gettext(
        "The policy says no to something you chose, or it is in another return already. An administrator can set the "
        "policy aside, with a reason."
    )


@blueprint.get("/returns/blind")
def return_blind() -> str:
    """Goods without an order."""
    return _blind_page()


def _blind_page(problem: str | None = None) -> str:
    return render_template(
        "staff/return_blind.html",
        shops=list_shops(deps()),
        places=range(ROWS),
        reasons=list(REASONS.values()),
        resolutions=(REFUND, STORE_CREDIT),
        problem=problem,
        typed=request.form if problem else {},
    )


@blueprint.post("/returns/blind")
def return_blind_create() -> Answer:
    """Write down what came, and what it is worth."""
    _ = speaker().gettext
    form = request.form
    try:
        wanted = blind.BlindReturn(
            shop_slug=form.get("shop", ""),
            items=_items(),
            resolution=form.get("resolution", ""),
            name=form.get("name", ""),
            email=form.get("email", ""),
            note=form.get("note", "")[:600],
        )
        made = blind.create_blind(deps(), login.me().id, wanted, sent_key())
    except InvalidInput as problem:
        return _blind_page(message_of(problem)), 422
    say(_("Written down. Check in what came, then inspect it."))
    return redirect(url_for("staff.return_page", return_id=made, scanned=1, _anchor="receive"), 303)


def _items() -> tuple[blind.BlindItem, ...]:
    form = request.form
    currency = next((shop.config.currency for shop in list_shops(deps()) if shop.slug == form.get("shop")), "")
    return tuple(
        blind.BlindItem(
            title=form.get(f"title-{n}", "") or form.get(f"sku-{n}", ""),
            units=number(form, f"units-{n}", 0),
            worth_minor=minor(form.get(f"worth-{n}", ""), currency),
            sku=form.get(f"sku-{n}", ""),
            reason=form.get(f"reason-{n}", "other"),
        )
        for n in range(ROWS)
        if form.get(f"title-{n}") or form.get(f"sku-{n}")
    )


def minor(text: str, currency: str) -> int:
    """A sum as it is typed, with a point or a comma, in minor units; 0 for what is none."""
    digits = get_currency_precision(currency) if currency else 2
    found = _SUM.fullmatch(text.strip().replace(" ", ""))
    if found is None or len(found[2] or "") > digits:
        return 0
    return int(found[1] + (found[2] or "").ljust(digits, "0"))
