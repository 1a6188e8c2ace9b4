"""Which shop a page belongs to: `g.shop`, and `g.speaker` in its time zone and one of its languages."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, g, request

from portal.domain.returns.withdrawal import is_shown_by
from portal.errors import NotFound
from portal.usecases.deps import ShopRef
from portal.usecases.shops import SLUG, find_shop
from portal.web.hosts import PLACE, public_path
from portal.web.language import language_links, remember_choice, speaker_for
from portal.web.state import deps


def shop() -> ShopRef:
    """The shop of this request; only on a shop's pages."""
    found: ShopRef = g.shop
    return found


def offered(shop: ShopRef) -> tuple[str, ...]:
    """The shop's languages, its own first."""
    config = shop.config
    return tuple(dict.fromkeys((config.locale, *config.locales)))


def enter(slug: str) -> ShopRef:
    """Make `slug` the shop of this request. Raises NotFound."""
    if not SLUG.fullmatch(slug):
        raise NotFound("there is no such page")
    g.shop = find_shop(deps(), slug=slug)
    speak()
    return shop()


def speak(timezone: str | None = None, known: str | None = None) -> None:
    """Choose the language again, now that an order's time zone and language are known."""
    g.speaker = speaker_for(offered(g.shop), timezone or g.shop.config.timezone, known)


def here() -> str:
    """The address of this page as the visitor sees it."""
    return public_path(request.environ.get(PLACE), request.full_path.rstrip("?"))


def withdrawal_shown() -> bool:
    """Whether every page of this shop leads to the right of withdrawal: visitors may come without an order."""
    returns = g.shop.config.returns
    places = (*returns.countries, *(code for zone in returns.zones for code in zone.countries))
    return bool(returns.withdrawal.offered and is_shown_by(g.shop.config.country, places))


def guess() -> None:
    """Brand an error page: the first part of a path that led nowhere may still name a shop."""
    if "shop" in g:
        return
    try:
        enter(request.path.split("/")[1])
    except (NotFound, IndexError):
        return


def bind(blueprint: Blueprint) -> None:
    """All routes of `blueprint` are under `/<shop>`: take the shop out of the address and put it into new ones."""

    @blueprint.url_value_preprocessor
    def _take(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        enter((values or {}).pop("shop"))
        remember_choice(offered(g.shop))


def install(app: Flask) -> None:
    app.jinja_env.globals["here"] = here
    app.jinja_env.globals["withdrawal_shown"] = withdrawal_shown

    @app.url_defaults
    def _put(endpoint: str, values: dict[str, Any]) -> None:
        if "shop" not in values and "shop" in g and app.url_map.is_endpoint_expecting(endpoint, "shop"):
            values["shop"] = g.shop.slug

    @app.context_processor
    def _brand() -> dict[str, Any]:
        if "shop" not in g:
            return {"shop": None, "brand": None, "config": None, "languages": []}
        config = g.shop.config
        return {"shop": g.shop, "brand": config.brand, "config": config, "languages": language_links(offered(g.shop))}
