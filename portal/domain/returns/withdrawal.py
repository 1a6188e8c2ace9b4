"""The right of withdrawal from a distance contract (Directive 2011/83/EU, Art. 9 to 16; field: e.14). Pure.

It is the consumer's own right: the shop's policy (lists, limits, final sale, rules, review, VIPs) does not touch it, so
nothing of the policy is read here but `[returns.withdrawal]`. Days are days where the consumer lives. Periods are counted
as Regulation (EEC, Euratom) 1182/71 says: the day of the event does not count, the last day counts to its end, and a
Saturday, Sunday or public holiday at the end moves it to the next working day. Shops must check their national law.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from portal.domain.business_days import end_of_day, is_holiday_somewhere
from portal.domain.returns.config import WithdrawalConfig
from portal.domain.returns.model import LineFacts, OrderFacts
from portal.domain.words import N_

_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_EEA = "IS LI NO"
_PARTS = "AX GF GP MF MQ RE YT"  # of Finland and France: in the EU, with country codes of their own
COUNTRIES = frozenset(f"{_EU} {_EEA} {_PARTS}".split())
_DAY = timedelta(days=1)
_SATURDAY = 5
_OVER_BEFORE_IT_BEGAN = frozenset({"cancelled", "canceled"})


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why there is no right of withdrawal for goods, or only as long as something holds (Art. 16). `words` are for the
    shopper; `lasting` is false where the goods may go back as long as the words' condition is met, which only whoever
    has them in hand can know."""

    code: str
    article: str
    words: str
    lasting: bool


EXEMPTIONS: Mapping[str, Exemption] = MappingProxyType(
    {
        one.code: one
        for one in (
            Exemption(
                "made_to_measure",
                "16(c)",
                N_(
                    "It was made to your measure or personalised for you. The law gives no right of withdrawal for that."
                ),
                True,
            ),
            Exemption(
                "perishable",
                "16(d)",
                N_("It spoils or expires quickly. The law gives no right of withdrawal for that."),
                True,
            ),
            Exemption(
                "dated_service",
                "16(l)",
                N_("It is a booking for a certain day. The law gives no right of withdrawal for that."),
                True,
            ),
            Exemption(
                "sealed_hygiene",
                "16(e)",
                N_("For hygiene, you can withdraw from this only as long as its seal is unbroken."),
                False,
            ),
            Exemption(
                "sealed_media",
                "16(i)",
                N_("You can withdraw from recordings and software only as long as their seal is unbroken."),
                False,
            ),
            Exemption(
                "mixed",
                "16(f)",
                N_("You can withdraw from this only as long as it is not mixed with other things for good."),
                False,
            ),
            Exemption(
                "digital",
                "16(m)",
                N_("You can withdraw from this only as long as you have not begun to download or stream it."),
                False,
            ),
        )
    }
)


def holds_in(country: str | None, home: str) -> bool:
    """Whether a consumer in `country` has the right; one whose country is not known is taken to live where the shop is."""
    return (country or home).upper() in COUNTRIES


def is_shown_by(home: str, countries: Iterable[str]) -> bool:
    """Whether a shop has consumers with the right, as far as its settings say: where it is, and the countries they
    name. For pages that know no order yet."""
    return home.upper() in COUNTRIES or not COUNTRIES.isdisjoint(code.upper() for code in countries)


def working_day_from(day: date, country: str) -> date:
    """`day`, or the next that is neither a Saturday, a Sunday nor a public holiday anywhere in the country: which part
    of it the consumer lives in is not known, and a period never ends too early for that."""
    while day.weekday() >= _SATURDAY or is_holiday_somewhere(country, day):
        day += _DAY
    return day


@dataclass(frozen=True, slots=True)
class Period:
    """The period of withdrawal. `last_on` is None while the goods, or some of them, have not arrived as far as anybody
    knows: then it has not begun to run, and a consumer may withdraw all the same. `due_on` is the last day before it
    was moved to a working day."""

    arrived_on: date | None
    due_on: date | None
    last_on: date | None

    @property
    def moved(self) -> bool:
        return self.last_on != self.due_on

    def is_over(self, now: datetime, zone: str) -> bool:
        """Whether the last day has ended where the consumer lives."""
        return self.last_on is not None and now >= end_of_day(self.last_on, ZoneInfo(zone))


def period_of(order: OrderFacts, config: WithdrawalConfig, home: str) -> Period:
    """Art. 9(2)(b): from the day on which the last good of the order came into the consumer's hands."""
    arrivals = [line.delivered_at for line in order.lines]
    known = [moment for moment in arrivals if moment is not None]
    if not known or len(known) < len(arrivals):
        return Period(None, None, None)
    arrived = order.day(max(known))
    due = arrived + timedelta(days=config.days)
    return Period(arrived, due, working_day_from(due, order.country or home))


def exemption_of(line: LineFacts, config: WithdrawalConfig) -> Exemption | None:
    """The exemption of a line by its product type or tags, however they are written; one without a condition first."""
    kind, tags = (line.product_type or "").casefold(), {tag.casefold() for tag in line.tags}
    for code, exemption in EXEMPTIONS.items():
        types = {name.casefold() for name in config.exempt_types.get(code, ())}
        marked = {name.casefold() for name in config.exempt_tags.get(code, ())}
        if (kind and kind in types) or not tags.isdisjoint(marked):
            return exemption
    return None


@dataclass(frozen=True, slots=True)
class LineRight:
    """One line: how many units can still be withdrawn from, and the exemption if there is one."""

    line_id: int
    units: int
    exemption: Exemption | None

    @property
    def is_open(self) -> bool:
        return self.units > 0 and (self.exemption is None or not self.exemption.lasting)


# Why there is nothing to withdraw from.
NOT_HERE, CANCELLED, OVER, EXEMPT, ALL_DONE = "not_here", "cancelled", "over", "exempt", "all_done"


@dataclass(frozen=True, slots=True)
class Right:
    """What a consumer may withdraw from now. `against` says why nothing, empty when there is something."""

    against: str
    period: Period
    lines: tuple[LineRight, ...]

    @property
    def is_open(self) -> bool:
        return not self.against

    @property
    def concerns(self) -> bool:
        """Whether the order has, or had, the right at all."""
        return self.against not in (NOT_HERE, CANCELLED)


def right_of(order: OrderFacts, config: WithdrawalConfig, home: str, now: datetime) -> Right:
    """The right of an order at a moment. `home` is the shop's country."""
    period = period_of(order, config, home)
    lines = tuple(LineRight(line.line_id, line.units_left, exemption_of(line, config)) for line in order.lines)
    return Right(_against(order, config, home, now, period, lines), period, lines)


def _against(
    order: OrderFacts,
    config: WithdrawalConfig,
    home: str,
    now: datetime,
    period: Period,
    lines: Sequence[LineRight],
) -> str:
    if not config.offered or not holds_in(order.country, home):
        return NOT_HERE
    if order.status.lower() in _OVER_BEFORE_IT_BEGAN and not any(line.handed_over_at for line in order.lines):
        return CANCELLED
    if period.is_over(now, order.timezone):
        return OVER
    if any(line.is_open for line in lines):
        return ""
    return EXEMPT if lines and all(line.exemption and line.exemption.lasting for line in lines) else ALL_DONE


def send_back_by(declared_on: date, arrived_on: date | None, config: WithdrawalConfig, country: str) -> date:
    """The last day to hand the goods in: Art. 14(1), from the declaration. Whoever withdraws before the goods have come
    cannot send them back before that; the day is then only the earliest that can be said."""
    return working_day_from(
        max(declared_on, arrived_on or declared_on) + timedelta(days=config.send_back_days), country
    )


def refund_by(declared_on: date, config: WithdrawalConfig) -> date:
    """The last day for the money: Art. 13(1). Not moved to a working day: a shop may be early. It may wait for the goods
    or a proof that they were sent, whichever is earlier (Art. 13(3))."""
    return declared_on + timedelta(days=config.refund_days)


def postage_back(
    shipping_minor: int, service_level: str, standard_minor: int | None, given_back_minor: int, *, whole: bool
) -> int:
    """What is given back of the outbound postage, in minor units: all of it when the whole order is withdrawn from,
    but for what a dearer delivery than the standard one cost on top (Art. 13(2)). Where the standard price is not known,
    the whole of what was paid. `given_back_minor`: of the postage, before."""
    if not whole:
        return 0
    owed = shipping_minor
    if service_level != "standard" and standard_minor is not None:
        owed = min(owed, standard_minor)
    return max(0, owed - given_back_minor)
