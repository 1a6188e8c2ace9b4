"""A shop's settings: brand, policy, VIP, desk, messages. Read from `config/shops/<slug>.toml`, kept as versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

from portal.domain.brand_checks import check_brand, check_font, check_palette, signals_for
from portal.domain.decode import decode
from portal.domain.returns.choices import check_days
from portal.domain.returns.config import ReturnPolicyConfig, destinations_named


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one appearance, as #rrggbb. `on_accent` is text on `accent`."""

    background: str
    surface: str
    text: str
    muted: str
    line: str
    accent: str
    on_accent: str
    good: str = ""  # empty: a colour that can be read on this background
    warn: str = ""
    bad: str = ""

    def __post_init__(self) -> None:
        for name, fallback in signals_for(self.background).items():
            object.__setattr__(self, name, getattr(self, name) or fallback)
        check_palette({f.name: getattr(self, f.name) for f in fields(self)})


@dataclass(frozen=True, slots=True)
class FontFile:
    """A font that we serve ourselves: a file in `portal/web/static/fonts`."""

    family: str
    file: str
    weight: int = 400

    def __post_init__(self) -> None:
        check_font(self.family, self.file, self.weight)


@dataclass(frozen=True, slots=True)
class Brand:
    """How the shop looks and speaks. `voice` picks the wording of headlines: "warm" or "plain"."""

    light: Palette
    dark: Palette
    font_body: str = "system-ui, sans-serif"
    font_display: str = "system-ui, sans-serif"
    fonts: tuple[FontFile, ...] = ()
    display_weight: int = 600
    display_case: str = "none"  # CSS text-transform of headings
    radius: str = "8px"
    display_tracking: str = "normal"  # CSS letter-spacing of headings
    layout: str = "letter"  # shape of the pages: "letter" (centred column) or "ledger" (wide band with a side rail)
    voice: str = "plain"
    logo_svg: str = ""  # shown as an image; the name in type when empty
    logo_has_name: bool = False  # the logo says the name already
    tagline: str = ""

    def __post_init__(self) -> None:
        check_brand({f.name: getattr(self, f.name) for f in fields(self)})


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """Where returns go."""

    name: str
    line1: str
    city: str
    postal_code: str
    country: str
    line2: str = ""
    region: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """How a shopper reaches the shop; shown on every page."""

    email: str
    phone: str = ""
    hours: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """From and Reply-To of every message."""

    name: str
    address: str
    reply_to: str


@dataclass(frozen=True, slots=True)
class LabelConfig:
    """How return labels are bought. A limit of 0 buys none without a person; counted are labels that were asked for.

    `format` is a wish: pdf, png or zpl, as far as the carrier has it. `unused_days` after the last day to send back,
    a label that nobody used is given back.
    """

    carriers: dict[str, str] = field(default_factory=dict)  # country to code, before `returns.label_carrier`
    format: str = "pdf"
    service: str = ""  # the carrier's own code; empty: the account's usual one
    per_return: int = 3
    per_customer: int = 10  # in `customer_days`
    customer_days: int = 30
    per_day: int = 300  # of the whole shop, in 24 hours
    unused_days: int = 7

    def __post_init__(self) -> None:
        if self.format not in ("pdf", "png", "zpl"):
            raise ValueError(f"format must be pdf, png or zpl, not {self.format!r}")
        if min(self.per_return, self.per_customer, self.per_day, self.unused_days) < 0 or self.customer_days < 1:
            raise ValueError("a limit of labels cannot be below 0")
        check_days("customer_days", self.customer_days)
        check_days("unused_days", self.unused_days)


@dataclass(frozen=True, slots=True)
class PlatformConfig:
    """Where the shop sells, so that money goes back through it. Its token stands in the environment."""

    kind: str = ""  # shopify; empty: none is connected, a person pays and confirms it
    base_url: str = ""
    version: str = ""  # of the platform's interface; empty: the one that is known here

    def __post_init__(self) -> None:
        if self.kind not in ("", "shopify"):
            raise ValueError(f"platform kind must be shopify or empty, not {self.kind!r}")
        if self.kind and not self.base_url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise ValueError("platform base_url must begin with https://")


@dataclass(frozen=True, slots=True)
class VipConfig:
    """Who counts as VIP here (field: e.10). The floor is in minor units of the shop's currency."""

    value_floor_minor: int = 50_000
    value_quantile: float = 0.9
    orders_12m: int = 5
    loyalty_tiers: tuple[str, ...] = ("gold", "platinum")
    tags: tuple[str, ...] = ("vip",)
    express_paid: bool = True


@dataclass(frozen=True, slots=True)
class DeskConfig:
    """When somebody answers: working hours of the support desk. Days: 0 is Monday."""

    timezone: str = "UTC"
    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    start: str = "09:00"
    end: str = "18:00"


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class ShopConfig:
    """All of one shop's settings."""

    name: str
    currency: str
    country: str
    timezone: str
    locale: str
    brand: Brand
    contact: Contact
    sender: Sender
    warehouse: PostalAddress
    destinations: dict[str, PostalAddress] = field(default_factory=dict)  # where rules and zones send returns instead
    locales: tuple[str, ...] = ("en", "de", "ar")
    host: str | None = None
    links: tuple[Link, ...] = ()
    returns: ReturnPolicyConfig = field(default_factory=ReturnPolicyConfig)
    labels: LabelConfig = field(default_factory=LabelConfig)
    platform: PlatformConfig = field(default_factory=PlatformConfig)
    vip: VipConfig = field(default_factory=VipConfig)
    desk: DeskConfig = field(default_factory=DeskConfig)
    exceptions: dict[str, Any] = field(default_factory=dict)  # overrides of config/exceptions.toml
    history_days: int = 60  # orders older than this on import open no cases and send nothing

    def __post_init__(self) -> None:
        for name in sorted(destinations_named(self.returns) - self.destinations.keys()):
            raise ValueError(f"there is no address for the destination {name!r}; give it one under [destinations]")

    def place_of(self, destination: str) -> PostalAddress:
        """Where a return goes. An address that has been taken out of the settings since leaves the warehouse."""
        return self.destinations.get(destination, self.warehouse)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ShopConfig:
        """Raises ValueError that names the setting. The same settings are read once: every page asks for them."""
        try:
            return _decoded(json.dumps(document, sort_keys=True))
        except TypeError:  # holds what JSON cannot, which `decode` will name
            return decode(cls, document)


@lru_cache(maxsize=256)
def _decoded(document: str) -> ShopConfig:
    return decode(ShopConfig, json.loads(document))
