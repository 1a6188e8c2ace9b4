"""The number of a parcel that a shopper sends with a carrier of their own. Optional, and correctable until its first
scan."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from portal.domain.words import N_
from portal.errors import Conflict, InvalidInput
from portal.usecases.returns.own_parcel import name_parcel
from portal.usecases.returns.view import order_of_return
from portal.web.shop_context import shop
from portal.web.shopper.access import require
from portal.web.shopper.base import blueprint
from portal.web.shopper.return_page import show_return
from portal.web.state import deps

PROBLEMS = {
    "carrier": N_("Please choose the carrier you gave the parcel to."),
    "number": N_(
        "This cannot be a number of this carrier. Please compare it with your receipt, character by character."
    ),
    "number.outbound": N_(
        "This is the number of the parcel that came to you. Please enter the one on your new receipt."
    ),
    "number.taken": N_(
        "Another return of this order has this number. If both travel in one parcel, one of them is enough."
    ),
}


@blueprint.post("/returns/<public_id>/parcel")
def return_parcel(public_id: str) -> Response | tuple[str, int]:
    """Watch the parcel under this number. Sent twice, it changes nothing the second time."""
    require(order_of_return(deps(), shop(), public_id), "full")
    carrier, number = request.form.get("carrier", "")[:40], request.form.get("number", "")[:80]
    try:
        name_parcel(deps(), shop(), public_id, carrier, number)
    except InvalidInput as problem:
        field = problem.field or "number"
        given = {"given_carrier": carrier, "given_number": number, "wrong": field.partition(".")[0]}
        return show_return(public_id, **given, problem=PROBLEMS[field]), 422
    except Conflict:
        return redirect(url_for("shopper.return_page", public_id=public_id, late="1"), 303)
    return redirect(url_for("shopper.return_page", public_id=public_id, _anchor="parcel"), 303)


@blueprint.get("/returns/<public_id>/parcel")
def return_parcel_again(public_id: str) -> Response:
    """Where a reload, or another language, leads after a number that could not be taken."""
    language: dict[str, Any] = {name: value for name, value in request.args.items() if name == "lang"}
    return redirect(url_for("shopper.return_page", public_id=public_id, **language), 303)
