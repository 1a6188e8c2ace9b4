"""What holds for one line of one order: the shop's general terms, its zone's, and what the matching rules change."""

from __future__ import annotations

from dataclasses import dataclass, field

from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.model import LineFacts, OrderFacts, RequestFacts


@dataclass(frozen=True, slots=True)
class Applied:
    """A rule or zone that changed something: what a person is told about why."""

    source: str  # "rule:vip-window@7", "zone:Alps@7"; the number is the version of the settings
    action: str
    value: object
    says: dict[str, str] = field(default_factory=dict)  # to the shopper, by language


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one line. Sums in minor units of the order's currency; a percentage is of what was paid."""

    config: ReturnPolicyConfig
    window_days: int
    window_from: str
    send_back_days: int
    resolutions: tuple[str, ...]
    methods: tuple[str, ...]
    fee_minor: int  # for the whole return; of several lines the highest is taken once
    restocking_percent: int
    fee_waived: bool = False
    credit_bonus_percent: int = 0
    bypass_final_sale: bool = False
    rejected_by: tuple[Applied, ...] = ()
    review_by: tuple[Applied, ...] = ()  # a person has to approve
    photo_required: bool = False
    keep_item: bool = False  # the money without sending it back
    donate: bool = False
    keep_percent: int = 0  # offered for keeping it
    refund_shipping: bool = False
    refund_when: str = "inspection"
    destination: str = ""
    reason_group: str = ""
    hidden: bool = False
    exchange_express: bool = False
    applied: tuple[Applied, ...] = ()


def terms_of(line: LineFacts, order: OrderFacts, asked: RequestFacts, config: ReturnPolicyConfig) -> Terms:
    """The terms of a line, as far as what is asked for is known."""
    return Terms(
        config=config,
        window_days=config.window_days,
        window_from=config.window_from,
        send_back_days=config.send_back_days,
        resolutions=config.resolutions,
        methods=config.methods,
        fee_minor=config.fee_minor,
        restocking_percent=config.restocking_percent,
        credit_bonus_percent=config.credit_bonus_percent,
        refund_when=config.payout.when,
    )
