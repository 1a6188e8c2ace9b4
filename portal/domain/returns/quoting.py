"""What a whole return is quoted on: lines of several orders, each with the numbers of its own terms.

`settlement.settle` adds them up. The same lines, with fewer units in them, give what is owed for what really came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from portal.domain.returns.config import EXCHANGE
from portal.domain.returns.settlement import Conditions, Part, Settlement, settle

SEND_BACK, KEEP, PART = "send_back", "keep", "part"
BY_REASON, BY_RULE, BY_EXCHANGE = "reason", "rule", "exchange"


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One line of a return with the numbers of its terms. Sums in minor units, percentages of what was paid."""

    line_id: int
    order_id: int
    currency: str
    units: tuple[int, ...]  # what each unit was paid with
    outcome: str = SEND_BACK
    keep_minor: int = 0  # given for keeping all its units
    exchange_minor: int = 0  # what that counts for which is wanted instead of all its units
    fee_minor: int = 0  # for the whole return: of several lines the highest is taken, once
    restocking_percent: int = 0
    waived: str = ""  # BY_REASON or BY_RULE: why this line pays no fee
    says: dict[str, str] = field(default_factory=dict)  # the shop's words for the rule that waives it, by language
    bonus_percent: int = 0  # on store credit
    shipping_minor: int = 0  # outbound postage of its order that is given back with it, once an order

    @property
    def is_sent(self) -> bool:
        return self.outcome == SEND_BACK

    def part(self, resolution: str) -> Part:
        return Part(
            order_id=self.order_id,
            line_id=self.line_id,
            currency=self.currency,
            units=self.units if self.is_sent else (),
            keep_minor=self.keep_minor,
            exchange_minor=self.exchange_minor if resolution == EXCHANGE and self.is_sent else 0,
            restocking_percent=0 if self.waived else self.restocking_percent,
        )

    def to_record(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self) | {"units": list(self.units)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> QuotedLine:
        return cls(**{**record, "units": tuple(record["units"])})


def conditions(lines: Sequence[QuotedLine], paid_as: str) -> Conditions:
    """What holds for the whole return. A parcel that has to come anyway for a reason the shop answers for costs nothing;
    a rule waives the fee for its own lines. Of several bonuses the smallest holds: one sum is paid."""
    sent = [line for line in lines if line.is_sent]
    return Conditions(
        paid_as=paid_as,
        fee_minor=max((line.fee_minor for line in sent if not line.waived), default=0),
        fee_waived=any(line.waived == BY_REASON for line in sent),
        bonus_percent=min((line.bonus_percent for line in sent), default=0),
        shipping={line.order_id: line.shipping_minor for line in sent if line.shipping_minor},
    )


def settlement_of(lines: Sequence[QuotedLine], resolution: str, fallback: str = "") -> Settlement:
    """What is owed for these lines. What an exchange leaves over is paid as the fallback says."""
    paid_as = fallback if resolution == EXCHANGE else resolution
    return settle([line.part(resolution) for line in lines], conditions(lines, paid_as))


@dataclass(frozen=True, slots=True)
class FeeQuote:
    """What is kept back, and why, or why not. Sums in minor units.

    `waived`: "" (it is taken, or there is none), "reason" (something was wrong that is not the shopper's doing), "rule"
    (`says` are the shop's words for it, by language), "exchange" (there is nothing left to take it of).
    """

    total_minor: int = 0
    waived: str = ""
    waived_minor: int = 0  # what it would have been
    restocking_minor: int = 0  # of the total, for restocking
    says: Mapping[str, str] = field(default_factory=dict)


def fee_quote(lines: Sequence[QuotedLine], settled: Settlement) -> FeeQuote:
    """Why the fee is what it is."""
    sent = [line for line in lines if line.is_sent]
    whole = sum(-(-sum(line.units) * line.restocking_percent // 100) for line in sent)
    full = min(max((line.fee_minor for line in sent), default=0) + whole, sum(sum(line.units) for line in sent))
    saved = full - settled.fee_minor
    restocking = min(sum(part.restocking_minor for share in settled.shares for part in share.parts), settled.fee_minor)
    if saved <= 0:
        return FeeQuote(settled.fee_minor, restocking_minor=restocking)
    by_rule = [line for line in sent if line.waived == BY_RULE]
    if any(line.waived == BY_REASON for line in sent):
        return FeeQuote(settled.fee_minor, BY_REASON, saved, restocking)
    if by_rule:
        return FeeQuote(settled.fee_minor, BY_RULE, saved, restocking, by_rule[0].says)
    return FeeQuote(settled.fee_minor, BY_EXCHANGE if settled.exchange_minor else "", saved, restocking)
