"""The platforms on which shops sold: one account a shop, from its settings and the environment."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from carriers.base import Account
from carriers.errors import CarrierError, ErrorKind
from carriers.http import CarrierHttp
from portal.platforms.refunds import MoneyAsk, MoneyDone, MoneyRecovery, RefundPlatform
from portal.platforms.shopify import Shopify
from portal.usecases.deps import ShopRef

SECONDS = 45.0  # for all calls of one payment: less than its lease
PREFIX = "PORTAL_PLATFORM_"


class PlatformBook:
    """`portal.usecases.deps.Refunds`. Safe for many threads. A shop's token stands in the environment, as
    PORTAL_PLATFORM_<SLUG>_TOKEN; without one a person pays and confirms it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
        self._platforms: dict[str, RefundPlatform] = {platform.name: platform for platform in (Shopify(),)}
        self._ways: dict[int, CarrierHttp] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"PlatformBook({', '.join(self._platforms)})"

    def provider(self, shop: ShopRef, kind: str, order: str | None) -> str | None:
        name = shop.config.platform.kind
        found = self._platforms.get(name)
        if found is None or not order or not found.does(kind) or not self._token(shop):
            return None
        return name

    def recovery(self, shop: ShopRef, provider: str, kind: str) -> MoneyRecovery:
        return self._platform(provider).recovery(self._account(shop, provider), kind)

    def account(self, shop: ShopRef, provider: str) -> str:
        return self._account(shop, provider).base_url

    def pay(self, shop: ShopRef, provider: str, ask: MoneyAsk) -> MoneyDone:
        account = self._account(shop, provider)
        return self._platform(provider).pay(self._way(shop).within(SECONDS), account, ask)

    def find(self, shop: ShopRef, provider: str, ask: MoneyAsk) -> MoneyDone | None:
        account = self._account(shop, provider)
        return self._platform(provider).find(self._way(shop).within(SECONDS), account, ask)

    def _platform(self, provider: str) -> RefundPlatform:
        if provider not in self._platforms:
            raise CarrierError(ErrorKind.UNKNOWN_CARRIER, f"No platform is called {provider!r}.", sent=False)
        return self._platforms[provider]

    def _account(self, shop: ShopRef, provider: str) -> Account:
        if shop.config.platform.kind != provider:
            raise CarrierError(ErrorKind.AUTH, f"The shop is not connected with {provider} any more.", sent=False)
        settings = {"token": self._token(shop), "version": shop.config.platform.version}
        return Account(shop.config.platform.base_url, {name: value for name, value in settings.items() if value})

    def _token(self, shop: ShopRef) -> str:
        slug = "".join(letter if letter.isalnum() else "_" for letter in shop.slug).upper()
        return self._environ.get(f"{PREFIX}{slug}_TOKEN", "")

    def _way(self, shop: ShopRef) -> CarrierHttp:
        with self._lock:
            return self._ways.setdefault(shop.id, CarrierHttp("platform", calls_per_second=2.0))
