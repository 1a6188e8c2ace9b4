"""A changed policy tried on what has happened: which decisions come out otherwise, for whom, and what that is in money.

Pure: decisions of the past go in, differences come out. Legal rights of withdrawal are no matter of policy and are left
out by whoever collects the decisions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from portal.domain.returns.case import OrderFacts, RequestFacts
from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.eligibility import Verdict, judge
from portal.domain.returns.quoting import BY_REASON, BY_RULE, QuotedLine, settlement_of

RETURN, ORDER = "return", "order"
# What can change. Of an order without a return: whether a line could go back now, and until when.
ALLOWED, REFUSED, REVIEW, NO_REVIEW, RESOLUTION, SUM, WINDOW = (
    "allowed",
    "refused",
    "review",
    "no_review",
    "resolution",
    "sum",
    "window",
)


@dataclass(frozen=True, slots=True)
class PastLine:
    """What was paid for the units that were sent back, or that still could be; `quoted` has the other numbers of a
    decision that was made."""

    line_id: int
    reason: str
    quoted: QuotedLine


@dataclass(frozen=True, slots=True)
class Past:
    """One order at one moment: with what was asked for then (a return), or with nothing asked (an order as it is now).

    `name` is an RMA or an order number, `customer` an id: what a person looks it up by.
    """

    kind: str
    name: str
    customer: int
    is_vip: bool
    currency: str
    facts: OrderFacts
    asked: RequestFacts
    moment: datetime
    lines: tuple[PastLine, ...]
    resolution: str = ""
    fallback: str = ""
    lists: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())  # on which lists the customer stands, of old and new

    def under(self, which: int) -> OrderFacts:
        """The facts as the old (0) or the new (1) policy sees them."""
        return replace(self.facts, customer=replace(self.facts.customer, lists=self.lists[which]))


@dataclass(frozen=True, slots=True)
class Said:
    """What a policy says of a past decision. Sums in minor units: `due` to the shopper, `fee` kept, `worth` of what can
    go back."""

    due_minor: int
    fee_minor: int
    worth_minor: int
    refused: Mapping[int, tuple[dict[str, Any], ...]]  # records of the reasons, by line
    review: bool
    resolution_offered: bool
    last_days: Mapping[int, str]
    sources: frozenset[str]  # rules and zones that had a say


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that comes out otherwise. `kinds` name how; `before` and `after` are what both policies say."""

    past: Past
    kinds: tuple[str, ...]
    before: Said
    after: Said

    @property
    def money_minor(self) -> int:
        """What the shopper gets more (or less, below 0); for an order, what can go back more."""
        if self.past.kind == ORDER:
            return self.after.worth_minor - self.before.worth_minor
        return self.after.due_minor - self.before.due_minor


def say(past: Past, facts: OrderFacts, config: ReturnPolicyConfig, version: int = 0) -> Said:
    """What a policy says of a decision of the past."""
    only = {line.line_id for line in past.lines}
    verdicts = {v.line_id: v for v in judge(facts, config, past.moment, past.asked, version, only)}
    mine = [(line, verdicts[line.line_id]) for line in past.lines if line.line_id in verdicts]
    taken = [(line, verdict) for line, verdict in mine if verdict.eligible]
    numbers = [_numbers(line, verdict) for line, verdict in taken]
    settled = settlement_of(numbers, past.resolution or "refund", past.fallback or config.exchange.fallback)
    return Said(
        due_minor=settled.due_minor if past.kind == RETURN else 0,
        fee_minor=settled.fee_minor if past.kind == RETURN else 0,
        worth_minor=sum(sum(line.quoted.units) for line, _ in taken),
        refused={line.line_id: tuple(r.to_record() for r in v.against) for line, v in mine if not v.eligible},
        review=any(verdict.terms.needs_person for _, verdict in taken),
        resolution_offered=all(past.resolution in verdict.terms.resolutions for _, verdict in taken),
        last_days={line.line_id: v.last_day.isoformat() for line, v in mine if v.last_day},
        sources=frozenset(_plain(applied.source) for _, v in mine for applied in _had_a_say(v)),
    )


def _had_a_say(verdict: Verdict) -> Iterator[Any]:
    yield from verdict.terms.applied
    yield from verdict.terms.rejected_by


def _plain(source: str) -> str:
    """Without the version, which differs between two policies that say the same."""
    return source.partition("@")[0]


def _numbers(line: PastLine, verdict: Verdict) -> QuotedLine:
    terms = verdict.terms
    by_reason = line.reason in terms.config.fee_waived_reasons
    return replace(
        line.quoted,
        fee_minor=terms.fee_minor,
        restocking_percent=terms.restocking_percent,
        waived=BY_REASON if by_reason else BY_RULE if terms.fee_waived else "",
        bonus_percent=terms.credit_bonus_percent,
        says={},
    )


def compare(
    past: Past, old: ReturnPolicyConfig, new: ReturnPolicyConfig, versions: tuple[int, int] = (0, 0)
) -> Difference | None:
    """How a decision comes out under two policies; None when it is the same."""
    before, after = say(past, past.under(0), old, versions[0]), say(past, past.under(1), new, versions[1])
    kinds = tuple(kind for kind, differs in _kinds(past, before, after) if differs)
    return Difference(past, kinds, before, after) if kinds else None


def _kinds(past: Past, before: Said, after: Said) -> Iterator[tuple[str, bool]]:
    yield ALLOWED, bool(before.refused.keys() - after.refused.keys())
    yield REFUSED, bool(after.refused.keys() - before.refused.keys())
    if past.kind == ORDER:
        still = (before.last_days.keys() & after.last_days.keys()) - after.refused.keys() - before.refused.keys()
        yield WINDOW, any(before.last_days[line] != after.last_days[line] for line in still)
        return
    yield REVIEW, after.review and not before.review
    yield NO_REVIEW, before.review and not after.review
    yield RESOLUTION, before.resolution_offered != after.resolution_offered
    same_items = before.refused.keys() == after.refused.keys()
    yield SUM, same_items and (before.due_minor, before.fee_minor) != (after.due_minor, after.fee_minor)


@dataclass(slots=True)
class Tally:
    """Differences added up. Sums are in minor units by currency; customers are counted once."""

    most: int = 50  # examples and customers that are kept
    looked_at: dict[str, int] = field(default_factory=lambda: {RETURN: 0, ORDER: 0})
    changed: dict[str, int] = field(default_factory=lambda: {RETURN: 0, ORDER: 0})
    kinds: dict[str, dict[str, int]] = field(default_factory=lambda: {RETURN: {}, ORDER: {}})
    money: dict[str, dict[str, int]] = field(default_factory=lambda: {RETURN: {}, ORDER: {}})
    fees: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    customers: dict[int, list[int]] = field(default_factory=dict)  # decisions, money, VIP
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, past: Past, difference: Difference | None) -> None:
        self.looked_at[past.kind] += 1
        if difference is None:
            return
        kind = past.kind
        self.changed[kind] += 1
        for name in difference.kinds:
            self.kinds[kind][name] = self.kinds[kind].get(name, 0) + 1
        self.money[kind][past.currency] = self.money[kind].get(past.currency, 0) + difference.money_minor
        fee = difference.after.fee_minor - difference.before.fee_minor
        self.fees[past.currency] = self.fees.get(past.currency, 0) + fee
        for source in difference.before.sources ^ difference.after.sources:
            self.sources[source] = self.sources.get(source, 0) + 1
        mine = self.customers.setdefault(past.customer, [0, 0, int(past.is_vip)])
        mine[0], mine[1] = mine[0] + 1, mine[1] + difference.money_minor
        if len(self.examples) < self.most:
            self.examples.append(_example(difference))

    @property
    def vips(self) -> int:
        return sum(vip for _, _, vip in self.customers.values())

    def to_record(self) -> dict[str, Any]:
        """As JSON values: VIPs first, then whoever is affected most."""
        first = sorted(self.customers.items(), key=lambda one: (-one[1][2], -abs(one[1][1]), one[0]))
        return {
            "looked_at": self.looked_at,
            "changed": self.changed,
            "kinds": self.kinds,
            "money": self.money,
            "fees": self.fees,
            "sources": dict(sorted(self.sources.items(), key=lambda one: (-one[1], one[0]))),
            "customers": len(self.customers),
            "vips": self.vips,
            "affected": [
                {"customer_id": who, "decisions": count, "money_minor": sum_, "vip": bool(vip)}
                for who, (count, sum_, vip) in first[: self.most]
            ],
            "examples": self.examples,
        }


def _example(difference: Difference) -> dict[str, Any]:
    past = difference.past
    before, after = difference.before.refused, difference.after.refused
    turned = [
        *(after[line] for line in after.keys() - before.keys()),
        *(before[line] for line in before.keys() - after),
    ]
    said = {(reason["key"], str(reason["inputs"])): reason for reasons in turned for reason in reasons}
    return {
        "kind": past.kind,
        "name": past.name,
        "customer_id": past.customer,
        "vip": past.is_vip,
        "currency": past.currency,
        "changes": list(difference.kinds),
        "before_minor": difference.before.due_minor if past.kind == RETURN else difference.before.worth_minor,
        "after_minor": difference.after.due_minor if past.kind == RETURN else difference.after.worth_minor,
        "reasons": list(said.values())[:3],
    }


def try_on(
    decisions: Sequence[Past], old: ReturnPolicyConfig, new: ReturnPolicyConfig, tally: Tally | None = None
) -> Tally:
    """Compare many decisions."""
    tally = tally or Tally()
    for past in decisions:
        tally.add(past, compare(past, old, new))
    return tally
