"""What may go back, what it would bring and when, before the shopper decides anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import Return
from portal.domain.returns import money
from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.eligibility import Verdict, judge
from portal.domain.returns.model import OrderFacts
from portal.domain.returns.money import Quote
from portal.domain.returns.reasons import REASONS
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.facts import order_facts
from portal.usecases.returns.offer_views import Choice, EarlierReturn, OfferLine, ReturnOffer
from portal.usecases.returns.way_back import way_back
from portal.usecases.returns.worth import worth_of

MAX_COMMENT = 500
# Each return may buy a label; an order that needs more than this needs a person.
MAX_RETURNS_OF_AN_ORDER = 8


@dataclass(frozen=True, slots=True)
class Judged:
    """An order with everything a decision rests on."""

    order: Order
    lines: Sequence[OrderLine]
    facts: OrderFacts
    config_version: int
    config: ReturnPolicyConfig
    verdicts: Mapping[int, Verdict]
    worth: Mapping[int, tuple[int, ...]]  # of each unit, by line


def judge_order(session: Session, shop: ShopRef, order: Order, now: datetime) -> Judged:
    """Judge an order by the settings that were in force when it was placed."""
    lines = rows.lines_of(session, order)
    version, config = rows.config_of_date(session, shop, order.placed_at)
    facts = order_facts(session, order, lines, config, now)
    worth = {line_id: paid.units for line_id, paid in worth_of(order, lines).items()}
    verdicts = {verdict.line_id: verdict for verdict in judge(facts, config, now, version=version)}
    return Judged(order, lines, facts, version, config, verdicts, worth)


def offer(deps: Deps, shop: ShopRef, order_public_id: str) -> ReturnOffer:
    """Each line of an order, with every reason for those that cannot go back. Raises NotFound."""
    with deps.sessions.read(shop.id) as session:
        order = rows.order_by_public_id(session, order_public_id)
        judged = judge_order(session, shop, order, deps.clock())
        earlier = session.scalars(select(Return).where(Return.order_id == order.id).order_by(Return.id)).all()
        return ReturnOffer(
            order_public_id=order.public_id,
            order_number=order.number,
            timezone=order.timezone,
            locale=order.locale,
            currency=order.currency,
            lines=tuple(_offer_line(line, judged) for line in judged.lines),
            resolutions=resolutions(judged.config),
            earlier=tuple(EarlierReturn(row.public_id, row.rma, row.decision) for row in earlier),
            method=way_back(deps, shop, order.ship_country),
            form_key=f"{order.public_id}:{len(earlier)}",
        )


def _offer_line(line: OrderLine, judged: Judged) -> OfferLine:
    verdict = judged.verdicts[line.id]
    left = money.units_for(judged.worth[line.id], line.units_returning, 1)
    return OfferLine(
        line_id=line.id,
        title=line.title,
        variant=line.variant,
        quantity=line.quantity,
        units_left=verdict.units_left,
        worth_minor=left[0] if left else judged.worth[line.id][0],
        eligible=verdict.eligible,
        against=verdict.against,
        window=verdict.window,
        last_day=verdict.last_day,
    )


def resolutions(config: ReturnPolicyConfig) -> tuple[str, ...]:
    """What the shop offers, as far as it can be given here."""
    return tuple(name for name in config.resolutions if name in money.HANDLING_DAYS) or (money.REFUND,)


def quotes(deps: Deps, shop: ShopRef, order_public_id: str, choices: Sequence[Choice]) -> tuple[Quote, ...]:
    """The exact sums of each resolution for these choices. Raises NotFound, InvalidInput and Conflict as `check`."""
    now = deps.clock()
    with deps.sessions.read(shop.id) as session:
        judged = judge_order(session, shop, rows.order_by_public_id(session, order_public_id), now)
        check(judged, choices)
        return tuple(quote_for(judged, choices, name, shop, now) for name in resolutions(judged.config))


def quote_for(judged: Judged, choices: Sequence[Choice], resolution: str, shop: ShopRef, now: datetime) -> Quote:
    """The sums of one resolution, for choices that `check` has let through."""
    returning = {line.id: line.units_returning for line in judged.lines}
    goods = sum(
        sum(money.units_for(judged.worth[choice.line_id], returning[choice.line_id], choice.quantity))
        for choice in choices
    )
    return money.quote(
        resolution,
        goods,
        [choice.reason for choice in choices],
        judged.config,
        currency=judged.order.currency,
        money_on=money.money_expected(
            resolution, now, judged.config, country=shop.config.country, zone=judged.order.timezone
        ),
    )


def check(judged: Judged, choices: Sequence[Choice]) -> None:
    """Raises InvalidInput for what the form should not have sent, Conflict for what cannot go back (any more)."""
    if not choices:
        raise InvalidInput("choose at least one item", "items")
    if len({choice.line_id for choice in choices}) != len(choices):
        raise InvalidInput("each item can be chosen once", "items")
    for choice in choices:
        verdict = judged.verdicts.get(choice.line_id)
        if verdict is None or choice.quantity < 1:
            raise InvalidInput("choose from the items of this order, one unit or more", "items")
        if not verdict.eligible or choice.quantity > verdict.units_left:
            raise Conflict("an item cannot be returned any more; look at the list again")
        check_reason(choice)


def check_reason(choice: Choice) -> None:
    """Raises InvalidInput when the reason is missing or says too little."""
    reason = REASONS.get(choice.reason)
    if reason is None or not reason.offered:
        raise InvalidInput("choose a reason for each item", f"reason-{choice.line_id}")
    if reason.needs_words and not choice.comment.strip():
        raise InvalidInput("say in a few words what the reason is", f"comment-{choice.line_id}")
    if len(choice.comment) > MAX_COMMENT:
        raise InvalidInput("use at most 500 characters", f"comment-{choice.line_id}")


def returns_so_far(session: Session, order: Order) -> int:
    """How many returns an order has had, called off or not."""
    return session.scalar(select(func.count()).select_from(Return).where(Return.order_id == order.id)) or 0
