"""What holds for one line of one order: the shop's general terms, its zone's, and what the matching rules change.

The country's zone comes first, then the window of the kind of product, then every rule that matches. Where the shop
writes its rules in another order, the terms are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from portal.domain.returns.actions import ACTIONS
from portal.domain.returns.anchors import began
from portal.domain.returns.case import LineFacts, OrderFacts, RequestFacts
from portal.domain.returns.choices import DONATE, KEEP, REFUND
from portal.domain.returns.conditions import Scene, Stage
from portal.domain.returns.config import ReturnPolicyConfig, Zone
from portal.domain.returns.rules import Open, Rule, holds, holds_for_order
from portal.domain.returns.shapes import fold

VERSION = 1  # goes up whenever the same facts under the same settings would give other terms
_ZONE_SETS = (
    "window_days",
    "send_back_days",
    "fee_minor",
    "resolutions",
    "methods",
    "refund_when",
    "destination",
)


@dataclass(frozen=True, slots=True)
class Applied:
    """A rule or zone that changed something: what a person is told about why."""

    source: str  # "rule:vip-window@7", "zone:Alps@7"; the number is the version of the settings
    action: str
    value: Any
    says: Mapping[str, str] = field(default_factory=dict)  # to the shopper, by language

    def to_record(self) -> dict[str, Any]:
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"source": self.source, "action": self.action, "value": value, "says": dict(self.says)}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A rule that may still apply, once more is known: what it would do, and the stage at which that is known."""

    rule: str
    stage: str  # "items", "reasons", "resolution", "method", "desk"
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one line. Sums in minor units of the order's currency; a percentage is of what was paid."""

    config: ReturnPolicyConfig
    window_days: int
    window_from: str
    send_back_days: int
    resolutions: tuple[str, ...]  # never empty
    methods: tuple[str, ...]  # never empty
    fee_minor: int  # for the whole return; of several lines the highest is taken once
    restocking_percent: int
    extend_days: int = 0  # on top of the window
    fee_waived: bool = False  # by a rule; reasons that waive it are the shop's `fee_waived_reasons`
    credit_bonus_percent: int = 0
    bypass_final_sale: bool = False
    rejected_by: tuple[Applied, ...] = ()
    review_by: tuple[Applied, ...] = ()  # a person has to approve
    auto_approve: bool = True
    photo_required: bool = False
    keep_item: bool = False  # the money without sending it back
    donate: bool = False
    must_ship: bool = False  # it is neither kept nor donated
    keep_percent: int = 0  # offered for keeping it
    refund_shipping: bool = False
    refund_when: str = "inspection"
    destination: str = ""
    reason_group: str = ""
    hidden: bool = False
    exchange_express: bool = False
    allowed_by: str = ""  # the shop's list that takes this back in any case
    applied: tuple[Applied, ...] = ()
    waiting: tuple[Waiting, ...] = ()

    @property
    def needs_person(self) -> bool:
        """Whether a person has to approve the return."""
        return bool(self.review_by) or not self.auto_approve

    def to_record(self) -> dict[str, Any]:
        """As JSON values, for the decision record: what held, and which zone and rules made it so."""
        given = {
            name: list(value) if isinstance(value, tuple) else value
            for name in self.__slots__
            if name not in ("config", "rejected_by", "review_by", "applied", "waiting")
            for value in (getattr(self, name),)
        }
        return {"version": VERSION, "applied": [applied.to_record() for applied in self.applied], **given}


Effects = tuple[tuple[Applied, bool], ...]


def terms_recorded(record: Mapping[str, Any], config: ReturnPolicyConfig) -> Terms:
    """The terms of a decision record, where they would be worked out otherwise by now."""
    applied = tuple(
        Applied(one["source"], one["action"], one["value"], one.get("says", {})) for one in record["applied"]
    )
    known = {spec.name for spec in fields(Terms)} - {"config", "applied", "waiting", "rejected_by", "review_by"}
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in record.items() if name in known
    }
    for name, action in (("rejected_by", "reject"), ("review_by", "review")):
        given[name] = tuple(one for one in applied if one.action == action)
    return Terms(config=config, applied=applied, **given)


def terms_of_lines(
    order: OrderFacts,
    asked: RequestFacts,
    config: ReturnPolicyConfig,
    now: datetime,
    version: int = 0,
    only: Sequence[LineFacts] | None = None,
) -> Iterator[Terms]:
    """The terms of each line, or of `only` some, as far as what is asked for is known. `version` is that of the
    settings."""
    first = next((_scene(line, order, asked, config, now) for line in order.lines), None)
    if first is None:
        return
    general, applied = _general(order, config, version)
    left = [
        (found, _effects(rule, version))
        for rule in sorted(config.rules, key=_rank)
        if (found := holds_for_order(rule, first))
    ]
    for line in order.lines if only is None else only:
        scene = _scene(line, order, asked, config, now)
        yield _line_terms(scene, config, dict(general), list(applied), left, version)


def terms_of(
    line: LineFacts,
    order: OrderFacts,
    asked: RequestFacts,
    config: ReturnPolicyConfig,
    now: datetime,
    version: int = 0,
) -> Terms:
    """The terms of one line of an order. Raises ValueError when it is none of its lines."""
    for one, terms in zip(order.lines, terms_of_lines(order, asked, config, now, version), strict=True):
        if one.line_id == line.line_id:
            return terms
    raise ValueError("this is no line of the order")


def _rank(rule: Rule) -> tuple[int, str]:
    """The order in which rules are heard: the highest priority first, equal ones by their ids."""
    return -rule.priority, rule.id


def _scene(line: LineFacts, order: OrderFacts, asked: RequestFacts, config: ReturnPolicyConfig, now: datetime) -> Scene:
    start = began(line, order, config.window_from, config.transit_days_assumed)
    return Scene(line, order, asked, asked.item(line.line_id), now, order.day(start[0]) if start else None)


def zone_of(country: str | None, config: ReturnPolicyConfig) -> Zone | None:
    """The first zone that has a country."""
    return next((zone for zone in config.zones if country in zone.countries), None)


def _general(order: OrderFacts, config: ReturnPolicyConfig, version: int) -> tuple[dict[str, Any], list[Applied]]:
    """What is the same for all lines: the shop's own terms, then its zone's."""
    values: dict[str, Any] = {
        "config": config,
        "window_days": config.window_days,
        "window_from": config.window_from,
        "send_back_days": config.send_back_days,
        "resolutions": config.resolutions,
        "methods": config.methods,
        "fee_minor": config.fee_minor,
        "restocking_percent": config.restocking_percent,
        "credit_bonus_percent": config.credit_bonus_percent,
        "refund_when": config.payout.when,
        "auto_approve": config.auto_approve,
        "allowed_by": _allowed_by(order, config),
    }
    zone = zone_of(order.country, config)
    applied = []
    for name in _ZONE_SETS if zone else ():
        if (value := getattr(zone, name)) is not None:
            values[name] = value
            applied.append(Applied(f"zone:{zone.name if zone else ''}@{version}", name, value))
    return values, applied


def _allowed_by(order: OrderFacts, config: ReturnPolicyConfig) -> str:
    if fold(order.number) in map(fold, config.lists.allow_orders):
        return "allow_orders"
    return "allow_emails" if "allow_emails" in order.customer.lists else ""


def _line_terms(
    scene: Scene,
    config: ReturnPolicyConfig,
    values: dict[str, Any],
    applied: list[Applied],
    left: Iterable[tuple[Open, Effects]],
    version: int,
) -> Terms:
    kind = fold(scene.line.product_type or "")
    for name, days in config.product_windows.items():
        if kind and fold(name) == kind:
            values["window_days"] = days
            applied.append(Applied(f"product:{kind}@{version}", "window_days", days))
    if scene.item:
        values["photo_required"] = scene.item.reason in config.photo_reasons
        values["keep_percent"] = config.offers.keep_percent.get(scene.item.reason, 0)
    by_rules, waiting = _matching(scene, left)
    _apply(values, by_rules)
    return Terms(**values, applied=(*applied, *by_rules), waiting=waiting)


def _matching(scene: Scene, left: Iterable[tuple[Open, Effects]]) -> tuple[tuple[Applied, ...], tuple[Waiting, ...]]:
    """What takes effect of these rules, which come in the order of their rank, and those that wait."""
    by_rules: list[Applied] = []
    waiting: list[Waiting] = []
    settled: set[str] = set()
    for found, effects in left:
        held = holds(found, scene)
        if held is True:
            for effect, adds in effects:
                if adds or effect.action not in settled:
                    settled.add(effect.action)
                    by_rules.append(effect)
        elif isinstance(held, Stage):
            waiting.append(Waiting(found.rule.id, held.name.lower(), tuple(found.rule.then)))
    return tuple(by_rules), tuple(waiting)


def _effects(rule: Rule, version: int) -> Effects:
    """What a rule does, and whether that adds to what others do."""
    source = f"rule:{rule.id}@{version}"
    return tuple((Applied(source, action.name, value, rule.says), action.adds) for action, value in rule.actions)


def _apply(values: dict[str, Any], effects: Iterable[Applied]) -> None:
    without: set[str] = set()
    for effect in effects:
        action = ACTIONS[effect.action]
        if not action.adds:
            values[action.changes] = effect.value
        elif isinstance(effect.value, tuple):
            without.update(effect.value)
        else:
            values[action.changes] = (*values.get(action.changes, ()), effect)
    if values.get("must_ship"):
        values |= {"keep_item": False, "donate": False}
        without |= {KEEP, DONATE}
    elif values.get("keep_item") or values.get("donate"):
        values["methods"] = (KEEP,) if values.get("keep_item") else (DONATE,)
    values["methods"] = tuple(m for m in values["methods"] if m not in without) or ("own_parcel",)
    values["resolutions"] = tuple(r for r in values["resolutions"] if r not in without) or (REFUND,)
