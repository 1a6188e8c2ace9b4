"""Search, and the page of an order."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.usecases.staff.search import LONGEST, search
from portal.usecases.staff.story import show_order
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import number
from portal.web.state import deps


@blueprint.get("/search")
def find() -> str | Response:
    """What the box finds; one single hit is opened at once."""
    text = request.args.get("q", "")[:LONGEST]
    results = search(deps(), text, page=number(request.args, "page", 1))
    if len(results.hits) == 1 and results.page == 1:
        return redirect(url_for("staff.order", order_id=results.hits[0].id))
    return render_template("staff/search.html", text=text, results=results)


@blueprint.get("/orders/<int(max=9223372036854775807):order_id>")
def order(order_id: int) -> str:
    """Everything about an order."""
    found, customer = show_order(deps(), order_id)
    g.business_now = deps().clock()
    return render_template("staff/order.html", order=found, customer=customer, now=g.business_now)
