"""How the parcel of an order can go back, from what the shop and its carriers can do now."""

from __future__ import annotations

from carriers.errors import CarrierError
from portal.domain.returns.methods import LabelMaker, Means, Method, method_for
from portal.usecases.deps import Deps, ShopRef


def way_back(deps: Deps, shop: ShopRef, country: str | None) -> Method:
    """The method for a sender in `country` (ISO 3166 alpha-2), by the shop's present settings: a label can only be
    bought where the shop buys them now."""
    return method_for(_maker(deps, shop, label_carrier(shop, country)), country)


def means_of(deps: Deps, shop: ShopRef, country: str | None) -> Means:
    """What is possible for a sender in `country`, by the shop's present settings."""
    maker = _maker(deps, shop, label_carrier(shop, country))
    config = shop.config.returns
    return Means(
        maker=maker,
        country=country,
        has_codes=maker is not None and deps.carriers.info(maker.code).qr,
        has_stores=any(store.country == country for store in config.stores),
        has_charity=bool(config.donate_to),
    )


def label_carrier(shop: ShopRef, country: str | None) -> str:
    """The code of the carrier that sells a shop's labels to senders in a country; empty where none does."""
    return shop.config.labels.carriers.get(country or "", shop.config.returns.label_carrier)


def _maker(deps: Deps, shop: ShopRef, code: str) -> LabelMaker | None:
    """The carrier, if it sells labels and there is an account to buy them with: the shop's or the installation's."""
    accounts = deps.carriers.accounts() if code else []
    if not any(one.adapter == code and one.shop_id in (shop.id, None) for one in accounts):
        return None
    try:
        info = deps.carriers.info(code)
    except CarrierError:  # no such carrier here; `portal doctor` says so
        return None
    return LabelMaker(code, info.label_countries) if info.labels else None
