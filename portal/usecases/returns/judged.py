"""The orders of a return, each judged by the settings of its own date, with everything a decision rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from portal.db.tables.orders import Order, OrderLine
from portal.domain.returns import money
from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.eligibility import Verdict, judge
from portal.domain.returns.model import ItemAsked, OrderFacts, RequestFacts
from portal.domain.returns.terms import Terms
from portal.usecases.deps import ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.facts import facts_of_orders
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.worth import worth_of


@dataclass(frozen=True, slots=True)
class Judged:
    """An order with everything a decision rests on."""

    order: Order
    lines: Sequence[OrderLine]
    facts: OrderFacts
    asked: RequestFacts
    config_version: int
    config: ReturnPolicyConfig
    verdicts: Mapping[int, Verdict]
    worth: Mapping[int, tuple[int, ...]]  # of each unit, by line

    def terms(self, line_id: int) -> Terms:
        """What holds for one of its lines."""
        return self.verdicts[line_id].terms

    def units(self, choice: Choice) -> tuple[int, ...]:
        """What the units of a choice are worth, one by one."""
        taken = next(line.units_returning for line in self.facts.lines if line.line_id == choice.line_id)
        return money.units_for(self.worth[choice.line_id], taken, choice.quantity)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, as far as it is known, with what the return that is being changed holds already."""

    choices: tuple[Choice, ...] = ()
    resolution: str = ""
    method: str = ""
    filed_by: str = "shopper"
    kind: str = "return"
    held: Mapping[int, int] | None = None  # units by line of the return that is being changed: they count as free


NOTHING_YET = Asked()


def asked_by(request: ReturnRequest, filed_by: str = "shopper", held: Mapping[int, int] | None = None) -> Asked:
    return Asked(request.choices, request.resolution, request.method, filed_by, request.kind, held)


def judge_order(session: Session, shop: ShopRef, order: Order, now: datetime, asked: Asked = NOTHING_YET) -> Judged:
    """Judge an order by the settings that were in force when it was placed."""
    return judge_orders(session, shop, [order], now, asked)[0]


def judge_orders(
    session: Session, shop: ShopRef, orders: Sequence[Order], now: datetime, asked: Asked = NOTHING_YET
) -> list[Judged]:
    """Each by the settings of its own date, with as many questions as for one while they are of one customer."""
    lines = rows.lines_of_orders(session, orders)
    configs = rows.configs_of_dates(session, shop, [order.placed_at for order in orders])
    known = [(order, lines.get(order.id, []), config) for order, (_, config) in zip(orders, configs, strict=True)]
    return [
        _judged(order, mine, facts, config, asked, now)
        for (order, mine, _), facts, config in zip(known, facts_of_orders(session, known, now), configs, strict=True)
    ]


def _judged(
    order: Order,
    lines: Sequence[OrderLine],
    facts: OrderFacts,
    config: tuple[int, ReturnPolicyConfig],
    asked: Asked,
    now: datetime,
) -> Judged:
    worth = {line_id: paid.units for line_id, paid in worth_of(order, lines).items()}
    nothing = Judged(order, lines, _without(facts, asked.held or {}), RequestFacts(), *config, {}, worth)
    return judge_again(nothing, asked, now)


def judge_again(judged: Judged, asked: Asked, now: datetime) -> Judged:
    """The same order, with more known of what is asked for. Reads nothing."""
    said = _request_facts(judged.facts, asked, judged.worth)
    found = judge(judged.facts, judged.config, now, said, judged.config_version)
    return replace(judged, asked=said, verdicts={verdict.line_id: verdict for verdict in found})


def judge_all(
    session: Session, shop: ShopRef, orders: Sequence[Order], asked: Asked, now: datetime, since: datetime | None = None
) -> tuple[list[Judged], datetime]:
    """Orders with the moment by which they are judged: now, unless that takes from a return what it holds. `since`: when
    the return that is being changed was sent in; nobody loses by a change what they had."""
    judged = judge_orders(session, shop, orders, now, asked)
    if since is None or all(_covers(one, asked) for one in judged):
        return judged, now
    return [judge_change(one, asked, since) for one in judged], since


def judge_change(today: Judged, asked: Asked, since: datetime) -> Judged:
    """An order of which a return holds something since a moment: that much may stay, whatever has ended meanwhile."""
    then = judge_again(today, asked, since)
    held = asked.held or {}
    verdicts = dict(today.verdicts)
    for line_id in held.keys() & verdicts.keys():
        if not verdicts[line_id].eligible:
            verdicts[line_id] = replace(then.verdicts[line_id], units_left=held[line_id])
    return replace(then, verdicts=verdicts)


def _covers(judged: Judged, asked: Asked) -> bool:
    mine = [choice for choice in asked.choices if choice.line_id in judged.verdicts]
    verdicts = [(judged.verdicts[choice.line_id], choice.quantity) for choice in mine]
    return all(verdict.eligible and units <= verdict.units_left for verdict, units in verdicts)


def _without(facts: OrderFacts, held: Mapping[int, int]) -> OrderFacts:
    """The facts as if a return, and the units that it holds, were not there: it is judged anew when it is changed."""
    if not held:
        return facts
    lines = tuple(
        replace(line, units_returning=line.units_returning - held.get(line.line_id, 0)) for line in facts.lines
    )
    customer = facts.customer
    units = dict(customer.units_returned)
    for line in facts.lines:
        if line.sku in units:
            units[line.sku] = max(0, units[line.sku] - held.get(line.line_id, 0))
    without = replace(customer, returns_placed=max(0, customer.returns_placed - 1), units_returned=units)
    return replace(facts, lines=lines, returns_so_far=max(0, facts.returns_so_far - 1), customer=without)


def _request_facts(facts: OrderFacts, asked: Asked, worth: Mapping[int, tuple[int, ...]]) -> RequestFacts:
    taken = {line.line_id: line.units_returning for line in facts.lines}
    items = tuple(
        ItemAsked(
            line_id=choice.line_id,
            units=choice.quantity,
            reason=choice.reason,
            sub_reason=choice.sub_reason,
            worth_minor=sum(money.units_for(worth[choice.line_id], taken[choice.line_id], choice.quantity)),
            has_photo=bool(choice.photos),
        )
        for choice in asked.choices
        if choice.line_id in taken
    )
    return RequestFacts(items, asked.resolution, asked.method, asked.filed_by, asked.kind)
