"""Withdrawing from the contract (EU): a way of its own beside the shop's returns, in two labelled steps (field: e.14).

It is a declaration, so it needs no sign-in and nobody's approval: whoever knows the order's number and its e-mail address
may declare it. What stays behind the full proof is what is on file: the address, the label.
"""

from __future__ import annotations

from typing import Any

from flask import Response as Download
from flask import g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from portal.errors import Conflict, InvalidInput
from portal.usecases.find_order import Claim, find_order
from portal.usecases.returns.label_now import buy_label_now
from portal.usecases.returns.rows import OtherContent
from portal.usecases.returns.view_withdrawal import order_of_withdrawal, view_withdrawal
from portal.usecases.returns.withdraw import checked, withdraw
from portal.usecases.returns.withdrawal_offer import withdrawal_offer
from portal.usecases.returns.withdrawal_views import Declaration, WithdrawalOffer
from portal.web import headers
from portal.web.shop_context import shop, speak
from portal.web.shopper.access import grant, require, tier_of
from portal.web.shopper.base import blueprint
from portal.web.shopper.find import FindForm
from portal.web.state import deps

Answer = str | Response | tuple[str, int]
_KEY, _MINE = "withdrawing", "withdrew"
MOST, MOST_MINE = 2, 8  # orders begun, and declarations made, that one browser remembers


def _render(template: str, **values: object) -> str:
    headers.cache(headers.NO_STORE)
    return render_template(f"shopper/withdrawal/{template}.html", **values)


def _to(endpoint: str, public_id: str, **values: Any) -> Response:
    return redirect(url_for(f"shopper.{endpoint}", public_id=public_id, **values), 303)


@blueprint.get("/withdraw")
def withdraw_find() -> str:
    """Which order? For visitors who come without one."""
    form = FindForm(data={"number": request.args.get("order", "")})
    return _render("find", form=form, problem=None)


@blueprint.post("/withdraw")
def withdraw_found() -> Answer:
    """Look the order up. Wrong and unknown are the same page, and it names another way to withdraw."""
    form = FindForm(request.form)
    problem = "number" if not form.validate() else form.missing()
    if problem:
        return _render("find", form=form, problem=problem), 422
    claim = Claim(form.number.data or "", form.email.data or "", form.phone.data or "", form.postcode.data or "")
    public_id = find_order(deps(), shop(), claim, network=request.remote_addr or "")
    if public_id is None:
        return _render("find", form=form, problem="nothing"), 422
    grant(public_id, "masked")
    if not _draft(public_id):
        _keep(public_id, {"e": claim.email.strip()[:254]})
    return _to("withdraw_start", public_id)


def _draft(public_id: str) -> dict[str, Any]:
    """What was typed so far: "n" the name, "e" the address for the receipt, "u" units by line."""
    found: dict[str, Any] = session.get(_KEY, {}).get(public_id, {})
    return found


def _keep(public_id: str, draft: dict[str, Any]) -> None:
    others = {key: value for key, value in session.get(_KEY, {}).items() if key != public_id}
    session[_KEY] = {**dict(list(others.items())[-(MOST - 1) :]), public_id: draft}


def _begin(public_id: str) -> WithdrawalOffer:
    tier = require(public_id, "masked")
    found = withdrawal_offer(deps(), shop(), public_id, full=tier == "full")
    speak(found.timezone, found.locale)
    return found


def _declaration(found: WithdrawalOffer) -> Declaration:
    """What was typed, else what is known: everything that can be withdrawn from, in the name on file."""
    draft = _draft(found.order_public_id)
    every = {line.line_id: line.units for line in found.open_lines}
    units = {int(line): min(int(n), every[int(line)]) for line, n in draft.get("u", {}).items() if int(line) in every}
    return Declaration(
        name=draft.get("n") or found.name,
        email=draft.get("e") or found.email,
        units=units if "u" in draft else every,
        language=g.speaker.language,
    )


@blueprint.get("/orders/<public_id>/withdraw")
def withdraw_start(public_id: str) -> str:
    """Step 1: who, which order, which goods, and where the receipt goes. Everything is chosen already."""
    found = _begin(public_id)
    changed = bool(request.args.get("changed"))
    return _render("start", offer=found, declared=_declaration(found), problem=None, changed=changed)


@blueprint.post("/orders/<public_id>/withdraw")
def withdraw_said(public_id: str) -> Answer:
    found = _begin(public_id)
    _keep(
        public_id,
        {
            "n": request.form.get("name", "").strip()[:120],
            "e": request.form.get("email", "").strip()[:254],
            "u": {str(line.line_id): _wanted(line.line_id, line.units) for line in found.open_lines},
        },
    )
    said = Declaration(_draft(public_id)["n"], _draft(public_id)["e"], _declaration(found).units, g.speaker.language)
    try:
        checked(said)
    except InvalidInput as error:
        return _render("start", offer=found, declared=said, problem=error.field, changed=False), 422
    return _to("withdraw_check", public_id)


def _wanted(line_id: int, units: int) -> int:
    wanted = request.form.get(f"units-{line_id}", str(units))
    if f"line-{line_id}" not in request.form:
        return 0
    return min(int(wanted[:6]), units) if wanted.isascii() and wanted.isdigit() else units


@blueprint.get("/orders/<public_id>/withdraw/confirm")
def withdraw_check(public_id: str) -> Answer:
    """Step 2: all of it once more, and the button that makes it count."""
    found = _begin(public_id)
    declared = _declaration(found)
    try:
        declared = checked(declared)
    except InvalidInput:
        return _to("withdraw_start", public_id)
    return _render("confirm", offer=found, declared=declared)


@blueprint.post("/orders/<public_id>/withdraw/confirm")
def withdraw_confirm(public_id: str) -> Answer:
    """Receive the declaration, once however often it is sent. It says by itself what is declared: the form carries it."""
    found = _begin(public_id)
    form_key = request.form.get("form_key", "")[:200]
    units = {
        line.line_id: int(given[:6])
        for line in found.lines
        if (given := request.form.get(f"units-{line.line_id}", "")).isascii() and given.isdigit()
    }
    declared = Declaration(request.form.get("name", ""), request.form.get("email", ""), units, g.speaker.language)
    try:
        made = withdraw(deps(), shop(), public_id, declared, form_key or found.form_key)
    except OtherContent as other:
        return _to("withdrawal_page", str(other.result["public_id"]), before="1")
    except (Conflict, InvalidInput):
        return _to("withdraw_start", public_id, changed="1")
    session[_KEY] = {key: value for key, value in session.get(_KEY, {}).items() if key != public_id}
    session[_MINE] = [*session.get(_MINE, []), made][-MOST_MINE:]
    buy_label_now(deps(), shop(), view_withdrawal(deps(), shop(), made).return_public_id)
    return _to("withdrawal_page", made)


def _sees_receipt(public_id: str, order_public_id: str) -> bool:
    """Whoever declared it in this browser, and whoever has proved to be the shopper."""
    return public_id in session.get(_MINE, []) or tier_of(order_public_id) == "full"


@blueprint.get("/withdrawals/<public_id>")
def withdrawal_page(public_id: str) -> str:
    """The receipt, and what happens next."""
    order_public_id = order_of_withdrawal(deps(), shop(), public_id)
    require(order_public_id, "masked")
    page = view_withdrawal(deps(), shop(), public_id)
    speak(page.timezone, page.locale)
    sees = _sees_receipt(public_id, order_public_id)
    return _render("done", page=page, sees=sees, before=bool(request.args.get("before")))


@blueprint.get("/withdrawals/<public_id>/receipt.txt")
def withdrawal_receipt(public_id: str) -> Response:
    """The receipt as it was sent, to the byte."""
    order_public_id = order_of_withdrawal(deps(), shop(), public_id)
    require(order_public_id, "masked")
    if not _sees_receipt(public_id, order_public_id):
        require(order_public_id, "full")
    page = view_withdrawal(deps(), shop(), public_id)
    headers.cache(headers.NO_STORE)
    answer = Download(page.receipt, content_type="text/plain; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename=f"withdrawal-{page.rma}.txt")
    return answer
