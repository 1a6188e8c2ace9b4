"""The tracking page."""

from __future__ import annotations

from flask import render_template

from portal.web.shopper.access import require
from portal.web.shopper.base import blueprint


@blueprint.get("/orders/<public_id>")
def order(public_id: str) -> str:
    """Where is it?"""
    tier = require(public_id)
    return render_template("shopper/order.html", public_id=public_id, tier=tier)
