"""The page of a present's return, opened by its own secret link; and the gift codes that a buyer makes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from portal.errors import Conflict, NotFound
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.documents import label_pdf, label_qr
from portal.usecases.returns.gift_codes import gift_codes_of, make_gift_code, revoke_gift_code
from portal.usecases.returns.gift_page import redeem_gift_link, view_gift
from portal.usecases.returns.gift_return import ACTOR
from portal.usecases.returns.gift_views import GiftPage
from portal.web import headers
from portal.web.shop_context import shop, speak
from portal.web.shopper import return_words as words
from portal.web.shopper.access import require
from portal.web.shopper.base import blueprint
from portal.web.shopper.gift_words import headline
from portal.web.shopper.return_label import hand_out
from portal.web.state import deps

Answer = str | Response | tuple[str, int]
LIFETIME = timedelta(hours=24)
MOST = 4  # returns of presents that one browser has open
_KEY = "presents"


def remember(public_id: str) -> None:
    """Let this browser see the page of a return for a day. The caller has seen a code or a link."""
    until = int((deps().wall() + LIFETIME).timestamp())
    others = {key: value for key, value in session.get(_KEY, {}).items() if key != public_id}
    session[_KEY] = {**dict(list(others.items())[-(MOST - 1) :]), public_id: until}


def _page(public_id: str) -> GiftPage:
    """The return, for who has its link; everybody else is led to where a code is typed, whether it exists or not."""
    if session.get(_KEY, {}).get(public_id, 0) <= deps().wall().timestamp():
        abort(redirect(url_for("shopper.gift", expired="1")))
    page = view_gift(deps(), shop(), public_id)
    speak(page.timezone, page.locale)
    headers.cache(headers.NO_STORE)
    return page


def _to(endpoint: str, public_id: str, **values: Any) -> Response:
    return redirect(url_for(f"shopper.{endpoint}", public_id=public_id, **values), 303)


@blueprint.get("/gift/l/<token>")
def gift_link(token: str) -> Response:
    """The link of a mail: exchanged for a proof in the session, then on to the address without the secret."""
    headers.cache(headers.NO_STORE)
    public_id = redeem_gift_link(deps(), shop(), token)
    if public_id is None:
        raise NotFound("this link is no longer good")
    remember(public_id)
    return _to("gift_return", public_id)


@blueprint.get("/gift/returns/<public_id>")
def gift_return(public_id: str) -> str:
    """Its label, what to do now, where the parcel is, and at last the credit."""
    page = _page(public_id)
    return render_template(
        "shopper/gift/page.html",
        page=page,
        headline=headline(page),
        refused=bool(request.args.get("refused")),
        words=words,
    )


@blueprint.get("/gift/returns/<public_id>/label.pdf")
def gift_label(public_id: str) -> Response:
    _page(public_id)
    return hand_out(label_pdf(deps(), shop(), public_id), download=True)


@blueprint.get("/gift/returns/<public_id>/qr.png")
def gift_qr(public_id: str) -> Response:
    _page(public_id)
    return hand_out(label_qr(deps(), shop(), public_id), download=False)


@blueprint.get("/gift/returns/<public_id>/cancel")
def gift_cancel(public_id: str) -> Answer:
    """Call it off? Asked once more."""
    page = _page(public_id)
    if not page.can_cancel:
        return _to("gift_return", public_id)
    return render_template("shopper/gift/cancel.html", page=page)


@blueprint.post("/gift/returns/<public_id>/cancel")
def gift_call_off(public_id: str) -> Response:
    _page(public_id)
    try:
        cancel(deps(), shop(), public_id, ACTOR)
    except Conflict:
        return _to("gift_return", public_id, refused="1")
    return _to("gift_return", public_id)


@blueprint.get("/orders/<public_id>/gift")
def gift_codes(public_id: str) -> str:
    """For the buyer: make a code for whoever was given the goods, or take one back."""
    return _codes(public_id)


def _codes(public_id: str, *, made: str = "", full: bool = False) -> str:
    require(public_id, "full")
    found = gift_codes_of(deps(), shop(), public_id)
    speak(found.timezone, found.locale)
    headers.cache(headers.NO_STORE)
    return render_template("shopper/gift/codes.html", codes=found, made=made, full=full)


@blueprint.post("/orders/<public_id>/gift")
def gift_code_made(public_id: str) -> Answer:
    """The code is shown once. The same form again shows it again, and makes no other."""
    require(public_id, "full")
    form_key = request.form.get("form_key", "")[:200]
    if not form_key:
        return _to("gift_codes", public_id)
    try:
        code = make_gift_code(deps(), shop(), public_id, form_key, "shopper")
    except Conflict:
        return _codes(public_id, full=True), 409
    return _codes(public_id, made=code)


@blueprint.post("/orders/<public_id>/gift/<int:code_id>/revoke")
def gift_code_revoked(public_id: str, code_id: int) -> Response:
    require(public_id, "full")
    revoke_gift_code(deps(), shop(), public_id, code_id, "shopper")
    return _to("gift_codes", public_id)
