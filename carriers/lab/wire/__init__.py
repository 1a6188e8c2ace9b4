"""The carriers' interfaces, by carrier code. Each is loaded when it is first called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from threading import Lock
from typing import Final

from carriers.lab.wire.base import Desk, Wire

MODULES: Final = {
    "ups": "ups.Ups",
    "fedex": "fedex.Fedex",
    "usps": "usps.Usps",
    "dhl_unified": "dhl_unified.DhlUnified",
    "dhl_parcel_de": "dhl_parcel_de.DhlParcelDe",
    "dhl_express": "dhl_express.DhlExpress",
    "canada_post": "canada_post.CanadaPost",
    "gls": "gls.Gls",
    "hermes_de": "hermes_de.HermesDe",
    "cdek": "cdek.Cdek",
    "easypost": "easypost.EasyPost",
    "shippo": "shippo.Shippo",
    "karrio": "karrio.Karrio",
    "aftership": "aftership.AfterShip",
    "17track": "seventeentrack.SeventeenTrack",
    "royal_mail": "royal_mail.RoyalMail",
    "australia_post": "australia_post.AustraliaPost",
    "la_poste": "la_poste.LaPoste",
    "postnl": "postnl.PostNL",
    "dpd": "dpd.Dpd",
    "russian_post": "russian_post.RussianPost",
}

CARRIERS: Final = tuple(MODULES)
# Where shops sell. Beside the carriers at the same address, with the same faults; they carry nothing.
PLATFORMS: Final = {"shopify": "shopify.Shopify"}
_ALL: Final = MODULES | PLATFORMS


class Wires(Mapping[str, Wire]):
    """Every carrier's interface at one desk, and every platform's by its name; only carriers are counted."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._made: dict[str, Wire] = {}
        self._lock = Lock()

    def __getitem__(self, code: str) -> Wire:
        with self._lock:
            if code not in self._made:
                module, name = _ALL[code].split(".")
                made: Wire = getattr(import_module(f"carriers.lab.wire.{module}"), name)(self._desk)
                self._made[code] = made
            return self._made[code]

    def __contains__(self, code: object) -> bool:
        return code in _ALL

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)
