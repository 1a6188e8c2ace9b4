"""Sending something back: the entrance. The questions are in `return_items` to `return_review`, one a module."""

from __future__ import annotations

from flask import render_template, request

from portal.web import headers
from portal.web.shopper.base import blueprint
from portal.web.shopper.find import FindForm


@blueprint.get("/returns")
def return_find() -> str:
    """Find the order first; the form leads on to the first question."""
    headers.cache(headers.NO_STORE)
    form = FindForm(data={"number": request.args.get("order", "")})
    return render_template("shopper/returns/find.html", form=form)
