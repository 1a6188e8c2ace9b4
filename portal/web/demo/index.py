"""`/`: everything there is to see, with what one needs to see it."""

from __future__ import annotations

from flask import Response, render_template

from portal.domain.shop_config import Brand, Palette
from portal.usecases.shops import list_shops
from portal.web import headers
from portal.web.demo.blueprint import blueprint, controls
from portal.web.state import deps


@blueprint.get("/")
def index() -> str:
    demo = controls()
    samples = demo.samples()
    shops = [(shop, [s for s in samples if s.shop_slug == shop.slug]) for shop in list_shops(deps())]
    return render_template(
        "demo/index.html", shops=shops, logins=demo.staff_logins(), addresses=demo.addresses(), here="index"
    )


@blueprint.get("/lab/brands.css")
def brands() -> Response:
    """Each shop's colours and type, for its part of the index. The settings refuse values that are no CSS."""
    light = [_rule(shop.slug, shop.config.brand, shop.config.brand.light) for shop in list_shops(deps())]
    dark = [_rule(shop.slug, shop.config.brand, shop.config.brand.dark) for shop in list_shops(deps())]
    sheet = "\n".join([*light, "@media (prefers-color-scheme: dark) {", *dark, "}"])
    headers.cache(headers.PERSONAL)
    return Response(sheet, mimetype="text/css")


def _rule(slug: str, brand: Brand, palette: Palette) -> str:
    values = {
        "paper": palette.background,
        "ink": palette.text,
        "soft": palette.muted,
        "rule": palette.line,
        "accent": palette.accent,
        "on-accent": palette.on_accent,
        "display": brand.font_display,
        "face": brand.font_body,
        "weight": brand.display_weight,
        "case": brand.display_case,
        "tracking": brand.display_tracking,
        "corner": brand.radius,
    }
    return f".shop-{slug} {{ {' '.join(f'--{name}: {value};' for name, value in values.items())} }}"
