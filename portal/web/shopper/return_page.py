"""The page of a return that was sent in: its label, what to do now, and later where the parcel is and when the money
comes."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.domain.returns.methods import IN_STORE
from portal.errors import Conflict, InvalidInput
from portal.notify.barcodes import qr
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.own_parcel import carriers_to_choose
from portal.usecases.returns.switch import switch_method
from portal.usecases.returns.view import ReturnPage, order_of_return, view_return
from portal.web import headers
from portal.web.shop_context import shop, speak
from portal.web.shopper import return_page_words as words
from portal.web.shopper.access import require
from portal.web.shopper.base import blueprint
from portal.web.state import deps

Answer = str | Response


def _to(endpoint: str, public_id: str, **values: Any) -> Response:
    return redirect(url_for(f"shopper.{endpoint}", public_id=public_id, **values), 303)


@blueprint.get("/returns/<public_id>")
def return_page(public_id: str) -> str:
    """5. The label, what to do now, and later: where the parcel is and when the money comes."""
    require(order_of_return(deps(), shop(), public_id), "full")
    return show_return(public_id)


def show_return(public_id: str, **given: object) -> str:
    """The page, with `given` of a form that could not be taken. The caller has asked for the proof."""
    headers.cache(headers.NO_STORE)
    page = view_return(deps(), shop(), public_id)
    speak(page.timezone, page.locale)
    warm = shop().config.brand.voice == "warm"
    return render_template(
        "shopper/returns/page.html",
        page=page,
        words=words,
        headline=words.headline(page, g.speaker, warm=warm),
        steps=words.way_back(page, g.speaker),
        before=bool(request.args.get("before")),
        refused=bool(request.args.get("refused")),
        fixed=bool(request.args.get("fixed")),
        switched=request.args.get("switched", ""),
        speaker=g.speaker,
        code=qr(page.rma) if page.method == IN_STORE else None,
        edit_link=edit_link(page),
        late=bool(request.args.get("late")),
        carriers=carriers_to_choose(deps(), shop()) if page.can_name else (),
        **given,
    )


def edit_link(page: ReturnPage) -> str:
    """Where the return can be changed, question by question; empty where it cannot."""
    if not page.can_edit:
        return ""
    return url_for("shopper.return_start", public_id=page.order_public_id, return_id=page.public_id)


@blueprint.get("/returns/<public_id>/cancel")
def return_cancel(public_id: str) -> Answer:
    """Call it off? Asked once more, with what it means."""
    require(order_of_return(deps(), shop(), public_id), "full")
    page = view_return(deps(), shop(), public_id)
    if not page.can_cancel:
        return _to("return_page", public_id)
    speak(page.timezone, page.locale)
    headers.cache(headers.NO_STORE)
    return render_template("shopper/returns/cancel.html", page=page)


@blueprint.post("/returns/<public_id>/cancel")
def return_call_off(public_id: str) -> Response:
    require(order_of_return(deps(), shop(), public_id), "full")
    try:
        cancel(deps(), shop(), public_id)
    except Conflict:
        return _to("return_page", public_id, refused="1")
    return _to("return_page", public_id)


@blueprint.post("/returns/<public_id>/way")
def return_switch(public_id: str) -> Response:
    """Another way back, while there is no label. Sent twice, it changes nothing the second time."""
    require(order_of_return(deps(), shop(), public_id), "full")
    method, _, store = request.form.get("way", "")[:200].partition("|")
    try:
        switch_method(deps(), shop(), public_id, method, store, request.form.get("form_key", "")[:200])
    except InvalidInput:
        return _to("return_page", public_id, _anchor="wait")
    except Conflict:
        return _to("return_page", public_id, switched="late")
    return _to("return_page", public_id)
