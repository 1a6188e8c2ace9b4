"""The tracking page, and the part of it that an open page fetches again."""

from __future__ import annotations

import hashlib

from flask import Response, g, make_response, render_template, request

from portal.errors import NotFound
from portal.usecases.view_order import page_stamp, view_order
from portal.web import assets, headers
from portal.web.shop_context import shop, speak
from portal.web.shopper.access import require
from portal.web.shopper.base import blueprint
from portal.web.state import deps

_STYLES = ("shopper.css", "letter.css", "ledger.css", "shopper.js")


@blueprint.get("/orders/<public_id>")
def order(public_id: str) -> Response:
    """Where is it, and will it come today?"""
    return _answer(public_id, "shopper/order.html")


@blueprint.get("/orders/<public_id>/live")
def live(public_id: str) -> Response:
    """The changing part of the page, for an open page that asks once a minute."""
    return _answer(public_id, "shopper/_order_live.html")


def _answer(public_id: str, template: str) -> Response:
    tier = require(public_id)
    stamp = page_stamp(deps(), shop(), public_id)
    if stamp is None:
        raise NotFound("there is no such order")
    speak(known=stamp[2])
    headers.cache(headers.PERSONAL)
    built = [assets.fingerprint(name) for name in _STYLES]
    parts = (template, public_id, stamp, shop().config_version, g.speaker.language, tier, built)
    tag = hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
    response = Response()
    response.set_etag(tag)
    if request.if_none_match.contains(tag):
        response.status_code = 304
        return response
    page = view_order(deps(), shop(), public_id, tier, g.speaker)
    response = make_response(render_template(template, page=page, tag=f'"{tag}"'))
    response.set_etag(tag)
    return response
