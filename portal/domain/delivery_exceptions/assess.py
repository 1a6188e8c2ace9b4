"""All rules asked at once about one parcel or one feed, and what that changes in the cases there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.domain.delivery_exceptions.base import Facts, FeedFacts, Finding, Rule
from portal.domain.delivery_exceptions.registry import feed_rules, rules, shipment_rules, words
from portal.domain.delivery_exceptions.thresholds import Thresholds
from portal.domain.shipments import ordered

__all__ = ["Assessment", "Suppressed", "Thresholds", "assess", "assess_feed", "rules", "words"]

FEED_DOWN = "R29"
# While a feed is down the stopped clocks have no moment to wait for; the parcel is looked at again after this.
LOOK_AGAIN = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that another one already says better."""

    finding: Finding
    by: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """What holds at one moment. `next_check_at` is when silence alone could change it (None: never).

    `history` says that nothing was heard of the parcel for so long that it opens no cases. `ended` names what ended
    the story: "delivered" or "replacement_made".
    """

    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    next_check_at: datetime | None = None
    history: bool = False
    ended: str | None = None


def assess(facts: Facts, thresholds: Thresholds, now: datetime) -> Assessment:
    """Ask every parcel rule. Scans may come in any order and repeat."""
    facts = replace(facts, scans=ordered(facts.scans))
    findings: dict[str, Finding] = {}
    checks: list[datetime] = []
    for rule in shipment_rules():
        limits = thresholds.of(rule.id, vip=facts.is_vip)
        if limits is None or not _concerns(rule, facts):
            continue
        found, later = rule.weigh(facts, limits, now)
        if found is not None:
            findings[rule.id] = found
        checks += [later] if later is not None else []
    if facts.feed_down and not facts.state.final:
        checks.append(now + LOOK_AGAIN)
    kept, suppressed = _suppress(findings, facts)
    history = now - max(facts.created_at, facts.state.last_scan_at or facts.created_at) > timedelta(
        days=thresholds.history_days
    )
    return Assessment(kept, suppressed, min(checks, default=None), history, _ended(facts))


def assess_feed(facts: FeedFacts, thresholds: Thresholds, now: datetime) -> Assessment:
    """Ask every rule about a carrier's feed."""
    findings: list[Finding] = []
    checks: list[datetime] = []
    for rule in feed_rules():
        limits = thresholds.of(rule.id, vip=False)
        if limits is None:
            continue
        found, later = rule.weigh(facts, limits, now)
        findings += [found] if found is not None else []
        checks += [later] if later is not None else []
    return Assessment(tuple(findings), (), min(checks, default=None))


def _ended(facts: Facts) -> str | None:
    if facts.state.delivered:
        return "delivered"
    return "replacement_made" if facts.replaced else None


def _concerns(rule: Rule[Facts], facts: Facts) -> bool:
    if facts.direction not in rule.directions or (facts.replaced and not rule.staff_only):
        return False
    if facts.order_cancelled and rule.moot_when_cancelled:
        return False
    return not (rule.ends_with_delivery and facts.state.delivered)


def _suppress(findings: dict[str, Finding], facts: Facts) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...]]:
    active = {*findings, FEED_DOWN} if facts.feed_down else set(findings)
    suppressed = {
        rule_id: min(by for by in rules()[rule_id].suppressed_by if by in active)
        for rule_id in findings
        if active.intersection(rules()[rule_id].suppressed_by)
    }
    kept = (finding for rule_id, finding in findings.items() if rule_id not in suppressed)
    return _by_weight(kept), tuple(Suppressed(findings[rule_id], by) for rule_id, by in suppressed.items())


def _by_weight(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (-finding.severity.points, finding.rule)))
