"""A request worked out against judged orders: each line's numbers, the sums of a resolution, the ways back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.domain.business_days import add_business_days
from portal.domain.returns import money, quoting
from portal.domain.returns.config import EXCHANGE, REFUND
from portal.domain.returns.methods import DONATE, IN_STORE, KEEP, NOT_SENT, PICKUP, Means, Method, method_of, possible
from portal.domain.returns.offers import keep_sum
from portal.domain.returns.quoting import QuotedLine
from portal.domain.returns.terms import Terms
from portal.usecases.deps import ShopRef
from portal.usecases.returns.judged import Judged
from portal.usecases.returns.offer_views import Choice, MethodQuote, ResolutionQuote


@dataclass(frozen=True, slots=True)
class Outside:
    """What the sums need from elsewhere, in minor units: what the wanted things count for, by order line, and outbound
    postage still to be given back, by order."""

    wished: Mapping[int, int]
    shipping: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """One choice with the order that it is of."""

    choice: Choice
    judged: Judged

    @property
    def terms(self) -> Terms:
        return self.judged.terms(self.choice.line_id)

    @property
    def outcome(self) -> str:
        """What is really done: where the shop wants nothing back, it is kept."""
        if self.choice.outcome == quoting.SEND_BACK and self._is_left:
            return quoting.KEEP
        return self.choice.outcome

    @property
    def _is_left(self) -> bool:
        return is_left(self.terms) or self.judged.asked.method in NOT_SENT

    def line(self, outside: Outside) -> QuotedLine:
        choice, terms = self.choice, self.terms
        units = self.judged.units(choice)
        return QuotedLine(
            line_id=choice.line_id,
            order_id=self.judged.order.id,
            currency=self.judged.order.currency,
            units=units,
            outcome=self.outcome,
            keep_minor=self._keep_minor(units),
            exchange_minor=outside.wished.get(choice.line_id, 0),
            fee_minor=terms.fee_minor,
            restocking_percent=terms.restocking_percent,
            waived=self._waived,
            says=self._says,
            bonus_percent=terms.credit_bonus_percent,
            shipping_minor=outside.shipping.get(self.judged.order.id, 0) if terms.refund_shipping else 0,
        )

    def _keep_minor(self, units: Sequence[int]) -> int:
        if self.outcome != quoting.KEEP:
            return 0
        return keep_sum(self.choice.reason, units, self.terms)[1] if self.choice.outcome == quoting.KEEP else sum(units)

    @property
    def _waived(self) -> str:
        if self.choice.reason in self.terms.config.fee_waived_reasons:
            return quoting.BY_REASON
        return quoting.BY_RULE if self.terms.fee_waived else ""

    @property
    def _says(self) -> dict[str, str]:
        words = [dict(one.says) for one in self.terms.applied if one.action == "waive_fee" and one.says]
        return words[0] if words else {}


def is_left(terms: Terms) -> bool:
    """Whether the shop wants nothing back, and gives the money all the same."""
    return terms.keep_item or terms.donate


def chosen_of(judged: Sequence[Judged], choices: Sequence[Choice]) -> list[Chosen]:
    """The choices with their orders; those that belong to none are left out (`checks` refuses them)."""
    by_line = {line.id: one for one in judged for line in one.lines}
    return [Chosen(choice, by_line[choice.line_id]) for choice in choices if choice.line_id in by_line]


def resolution_quote(
    chosen: Sequence[Chosen], resolution: str, fallback: str, outside: Outside, shop: ShopRef, now: datetime
) -> ResolutionQuote:
    """The sums of one resolution, with the day of the money."""
    first = chosen[0].judged
    fallback = fallback or first.config.exchange.fallback
    lines = [one.line(outside) for one in chosen]
    settled = quoting.settlement_of(lines, resolution, fallback)
    paid_as = fallback if resolution == EXCHANGE else resolution
    return ResolutionQuote(
        resolution=resolution,
        currency=first.order.currency,
        goods_minor=settled.goods_minor,
        fee=quoting.fee_quote(lines, settled),
        bonus_minor=settled.bonus_minor,
        shipping_minor=settled.shipping_minor,
        exchange_minor=settled.exchange_minor,
        keep_minor=sum(line.keep_minor for line in lines),
        money_on=_money_on(chosen, paid_as, shop, now) if settled.due_minor else None,
        needs_fallback=resolution == EXCHANGE,
    )


def _money_on(chosen: Sequence[Chosen], paid_as: str, shop: ShopRef, now: datetime) -> date:
    first = chosen[0].judged
    zone = first.order.timezone
    if not any(one.outcome == quoting.SEND_BACK for one in chosen):  # nothing has to travel first
        days = money.HANDLING_DAYS[paid_as]
        tz = ZoneInfo(zone)
        return add_business_days(now, days, (shop.config.country,), tz).astimezone(tz).date()
    return money.money_expected(paid_as, now, first.config, country=shop.config.country, zone=zone)


def resolutions_of(chosen: Sequence[Chosen], offered: Sequence[str], outside: Outside) -> tuple[str, ...]:
    """Of what the shop offers, what every line's terms allow; an exchange only when something is wanted instead."""
    names = [name for name in offered if all(name in one.terms.resolutions for one in chosen)]
    wants = any(one.choice.line_id in outside.wished for one in chosen)
    return tuple(name for name in names if name != EXCHANGE or wants) or (REFUND,)


def methods_of(chosen: Sequence[Chosen], means: Means) -> tuple[Method, ...]:
    """The ways back that are possible; none when nothing has to be sent."""
    sent = [one for one in chosen if one.choice.outcome == quoting.SEND_BACK and not is_left(one.terms)]
    return possible([one.terms.methods for one in sent], means) if sent else ()


def method_quote(chosen: Sequence[Chosen], method: Method, fee: int, shop: ShopRef, now: datetime) -> MethodQuote:
    """What a way back means for these choices."""
    first = chosen[0].judged
    country = first.order.ship_country
    return MethodQuote(
        method=method,
        fee_minor=fee,
        send_back_by=send_back_by(chosen, now),
        first_pickup_on=first_pickup(chosen, shop, now) if method.code == PICKUP else None,
        stores=tuple(store.name for store in shop.config.returns.stores if store.country == country)
        if method.code == IN_STORE
        else (),
    )


def send_back_by(chosen: Sequence[Chosen], now: datetime) -> date:
    """The last day to hand it in: the earliest of what its lines allow, in the recipient's zone."""
    days = min(one.terms.send_back_days for one in chosen)
    return chosen[0].judged.facts.day(now) + timedelta(days=days)


def first_pickup(chosen: Sequence[Chosen], shop: ShopRef, now: datetime) -> date:
    """The first day on which a carrier can come, in the recipient's zone."""
    order = chosen[0].judged.order
    zone = ZoneInfo(order.timezone)
    days = shop.config.returns.pickup_days
    countries = (order.ship_country or shop.config.country,)
    return add_business_days(now, days, countries, zone).astimezone(zone).date()


def unsent_method(chosen: Sequence[Chosen]) -> Method:
    """For a return of which nothing is sent."""
    return method_of(DONATE if any(one.terms.donate for one in chosen) else KEEP, None)
