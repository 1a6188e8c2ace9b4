"""What makes a page the shop's own, served by us from an address of its own: colours and type, and the logo."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from portal.errors import NotFound
from portal.web import assets, headers
from portal.web.shop_context import shop
from portal.web.shopper.base import blueprint
from portal.web.theme_css import font_files, theme_css


def _serve(body: str, mimetype: str) -> Response:
    response = Response(body, mimetype=mimetype)
    response.set_etag(f"{shop().id}-{shop().config_version}")
    current = request.args.get("v") == str(shop().config_version)
    headers.cache(assets.FOREVER if current else "public, no-cache")
    response.make_conditional(request)
    return response


@blueprint.app_context_processor
def _fonts() -> dict[str, Any]:
    return {"shop_fonts": lambda: [address for _, address in font_files(shop().config.brand)]}


@blueprint.get("/theme.css")
def theme() -> Response:
    """The shop's design tokens."""
    return _serve(theme_css(shop().config.brand), "text/css")


@blueprint.get("/logo.svg")
def logo() -> Response:
    """The shop's logo as an image: nothing in it can run."""
    svg = shop().config.brand.logo_svg
    if not svg:
        raise NotFound("this shop has no logo")
    response = _serve(svg, "image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response
