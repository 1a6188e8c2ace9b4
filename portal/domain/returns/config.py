"""A shop's return policy as it writes it down: `[returns]` of its settings. Sums in minor units of the shop's currency.

Only shapes and limits stand here; what the settings mean is worked out in `terms.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from portal.domain.returns.choices import ANCHORS as ANCHORS
from portal.domain.returns.choices import EXCHANGE as EXCHANGE
from portal.domain.returns.choices import EXEMPTIONS as EXEMPTIONS
from portal.domain.returns.choices import METHODS as METHODS
from portal.domain.returns.choices import REFUND as REFUND
from portal.domain.returns.choices import REFUND_WHEN as REFUND_WHEN
from portal.domain.returns.choices import RESOLUTIONS as RESOLUTIONS
from portal.domain.returns.choices import STORE_CREDIT as STORE_CREDIT
from portal.domain.returns.choices import check_days as _days
from portal.domain.returns.choices import check_known as _known
from portal.domain.returns.rules import Rule as Rule

_MOST_PICKUP = 60  # each working day is looked at
_LAST = "3000"  # no season lasts longer, and calendars end


def _day(what: str, text: str) -> None:
    try:
        written_so = date.fromisoformat(text).isoformat() == text and text < _LAST  # compared as texts later
    except ValueError:
        written_so = False
    if not written_so:
        raise ValueError(f"{what} must be a day like 2026-12-31, not {text!r}")


@dataclass(frozen=True, slots=True)
class Zone:
    """Countries (ISO 3166 alpha-2) where other terms hold. None: as everywhere else."""

    name: str
    countries: tuple[str, ...]
    window_days: int | None = None
    send_back_days: int | None = None
    fee_minor: int | None = None
    resolutions: tuple[str, ...] | None = None
    methods: tuple[str, ...] | None = None
    refund_when: str | None = None
    destination: str | None = None

    def __post_init__(self) -> None:
        _known("resolution", self.resolutions or (), RESOLUTIONS)
        _known("method", self.methods or (), METHODS)
        _known("refund_when", (self.refund_when,) if self.refund_when else (), REFUND_WHEN)
        if not self.countries or not all(len(code) == 2 and code.isupper() for code in self.countries):
            raise ValueError(f"zone {self.name!r} needs its countries as two capital letters each, such as CH")
        _days(f"window_days of zone {self.name!r}", self.window_days)
        _days(f"send_back_days of zone {self.name!r}", self.send_back_days)
        if self.fee_minor is not None and self.fee_minor < 0:
            raise ValueError(f"the fee of zone {self.name!r} cannot be below 0")


@dataclass(frozen=True, slots=True)
class Season:
    """Orders of these days (inclusive) may go back until `last_on` at least, such as presents in January."""

    name: str
    orders_from: str
    orders_until: str
    last_on: str

    def __post_init__(self) -> None:
        for what in ("orders_from", "orders_until", "last_on"):
            _day(what, getattr(self, what))
        if self.orders_from > self.orders_until:
            raise ValueError(f"season {self.name!r} ends before it begins")


@dataclass(frozen=True, slots=True)
class ReturnLimits:
    """How many returns there may be; 0: any number. `per_item` counts units of one SKU by one customer."""

    per_order: int = 8
    per_item: int = 0
    per_customer: int = 0
    customer_days: int = 365

    def __post_init__(self) -> None:
        if min(self.per_order, self.per_item, self.per_customer) < 0 or self.customer_days < 1:
            raise ValueError("a limit of returns cannot be below 0")
        _days("customer_days", self.customer_days, least=1)


@dataclass(frozen=True, slots=True)
class ReturnLists:
    """Who and what is always, or never, taken back. What is allowed wins over what is blocked; neither touches a
    legal right of withdrawal. E-mail addresses in any case of letters."""

    allow_emails: tuple[str, ...] = field(default=(), repr=False)
    allow_orders: tuple[str, ...] = ()
    block_emails: tuple[str, ...] = field(default=(), repr=False)
    block_orders: tuple[str, ...] = ()
    block_skus: tuple[str, ...] = ()
    block_product_tags: tuple[str, ...] = ()
    block_order_tags: tuple[str, ...] = ()
    block_customer_tags: tuple[str, ...] = ()
    block_discount_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WithdrawalConfig:
    """The legal right of withdrawal of consumers in the EU and EEA (field: e.14). Exempt goods by kind of exemption."""

    offered: bool = True
    days: int = 14
    send_back_days: int = 14
    refund_days: int = 14
    shopper_pays_postage: bool = False
    standard_postage_minor: int | None = None  # what the cheapest delivery would have cost; None: not known
    exempt_types: dict[str, tuple[str, ...]] = field(default_factory=dict)  # exemption to product types
    exempt_tags: dict[str, tuple[str, ...]] = field(default_factory=dict)  # exemption to product tags

    def __post_init__(self) -> None:
        _known("exemption", (*self.exempt_types, *self.exempt_tags), EXEMPTIONS)
        if self.days < 14 or self.send_back_days < 14 or not 0 <= self.refund_days <= 14:
            raise ValueError("the law gives at least 14 days to withdraw and send back, and at most 14 to refund")
        for what in ("days", "send_back_days"):
            _days(f"withdrawal.{what}", getattr(self, what))
        if self.standard_postage_minor is not None and self.standard_postage_minor < 0:
            raise ValueError("standard_postage_minor cannot be below 0")


@dataclass(frozen=True, slots=True)
class OfferConfig:
    """What may solve it without a return. Percents of what was paid for the units, by reason code."""

    next_size: bool = True
    missing_part: bool = True
    keep_percent: dict[str, int] = field(default_factory=dict)
    keep_up_to_minor: int = 5_000

    def __post_init__(self) -> None:
        if any(not 0 < percent < 100 for percent in self.keep_percent.values()) or self.keep_up_to_minor < 0:
            raise ValueError("keep_percent must lie between 1 and 99, keep_up_to_minor at 0 or above")


@dataclass(frozen=True, slots=True)
class ExchangeConfig:
    """Exchanges for another variant or another product. Stock is kept for `reserve_days` from the request."""

    other_products: bool = True
    dearer_variants: bool = False  # a variant that costs more than the one that goes back, at no charge
    reserve_days: int = 21
    send_when: str = "scan"  # scan, arrival or inspection
    fallback: str = REFUND  # suggested to the shopper when it sells out

    def __post_init__(self) -> None:
        _known("send_when", (self.send_when,), REFUND_WHEN)
        _known("fallback", (self.fallback,), (REFUND, STORE_CREDIT))
        if self.reserve_days < 1:
            raise ValueError("reserve_days must be 1 or more")
        _days("reserve_days", self.reserve_days)


@dataclass(frozen=True, slots=True)
class PayoutConfig:
    """When money goes out, and what has to be looked at by a person first. 0: no limit.

    Before inspection, `early_up_to_minor` a return caps what is paid on a scan or on arrival.
    """

    when: str = "inspection"
    automatic: bool = False
    early_up_to_minor: int = 10_000
    four_eyes_above_minor: int = 50_000
    hold_at_score: int = 60  # of 100 (`risk.py`); it holds and never refuses

    def __post_init__(self) -> None:
        _known("when", (self.when,), REFUND_WHEN)
        if min(self.early_up_to_minor, self.four_eyes_above_minor, self.hold_at_score) < 0:
            raise ValueError("sums and scores cannot be below 0")


@dataclass(frozen=True, slots=True)
class Store:
    """A shop with a door, where things can be brought back."""

    name: str
    line1: str
    city: str
    postal_code: str
    country: str
    hours: str = ""


@dataclass(frozen=True, slots=True)
class ReturnPolicyConfig:
    """What the return policies read. Money in minor units of the shop's currency."""

    window_days: int = 30
    window_from: str = "delivery"  # delivery, handover or order
    transit_days_assumed: int = 5  # for an order whose delivery is unknown: window from hand-off plus this
    roll_to_working_day: bool = True
    vip_extra_days: int = 0
    seasons: tuple[Season, ...] = ()
    final_sale: bool = True  # respect `final_sale` on a line
    excluded_product_types: tuple[str, ...] = ()
    product_windows: dict[str, int] = field(default_factory=dict)  # product type to days
    countries: tuple[str, ...] = ()  # empty: everywhere
    zones: tuple[Zone, ...] = ()
    rules: tuple[Rule, ...] = ()
    limits: ReturnLimits = field(default_factory=ReturnLimits)
    lists: ReturnLists = field(default_factory=ReturnLists)
    resolutions: tuple[str, ...] = (REFUND, STORE_CREDIT)
    methods: tuple[str, ...] = ("label", "qr", "own_parcel")
    stores: tuple[Store, ...] = ()
    donate_to: str = ""  # the name of who gets what is donated
    pickup_days: int = 2  # business days from the request to the first day of a pickup
    fee_minor: int = 0
    restocking_percent: int = 0
    fee_waived_reasons: tuple[str, ...] = (
        "not_as_described",
        "wrong_item_sent",
        "missing_parts",
        "defective",
        "damaged_in_transit",
        "arrived_late",
        "allergic_or_unsafe",
    )
    photo_reasons: tuple[str, ...] = ()  # a photo is asked for; each reason's own wish is in `reasons.py`
    credit_bonus_percent: int = 0
    send_back_days: int = 14
    auto_approve: bool = True
    label_carrier: str = "usps"
    offers: OfferConfig = field(default_factory=OfferConfig)
    exchange: ExchangeConfig = field(default_factory=ExchangeConfig)
    payout: PayoutConfig = field(default_factory=PayoutConfig)
    withdrawal: WithdrawalConfig = field(default_factory=WithdrawalConfig)

    def __post_init__(self) -> None:
        _known("resolution", self.resolutions, RESOLUTIONS)
        _known("method", self.methods, METHODS)
        _known("window_from", (self.window_from,), ANCHORS)
        if min(self.window_days, self.send_back_days, self.fee_minor, self.vip_extra_days) < 0:
            raise ValueError("days and sums cannot be below 0")
        if min(self.product_windows.values(), default=0) < 0:
            raise ValueError("product_windows: days cannot be below 0")
        for what in ("window_days", "send_back_days", "vip_extra_days", "transit_days_assumed"):
            _days(what, getattr(self, what))
        for kind, days in self.product_windows.items():
            _days(f"product_windows of {kind!r}", days)
        _days("pickup_days", self.pickup_days, most=_MOST_PICKUP)
        for what, names in (("rules", [rule.id for rule in self.rules]), ("zones", [zone.name for zone in self.zones])):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"two {what} are called {twice[0]!r}; give each a name of its own")
        if not 0 <= self.restocking_percent <= 100 or not 0 <= self.credit_bonus_percent <= 100:
            raise ValueError("a percentage must lie between 0 and 100")


def destinations_named(config: ReturnPolicyConfig) -> set[str]:
    """The places that zones and rules send returns to, by the names that a shop gives them."""
    by_rules = {value for rule in config.rules for action, value in rule.actions if action.name == "destination"}
    return by_rules | {zone.destination for zone in config.zones if zone.destination}
