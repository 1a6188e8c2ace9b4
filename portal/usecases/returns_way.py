"""Whether a delivered order's page shows the way to a return, and until when: as the return itself would be judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.domain.returns.eligibility import Verdict
from portal.domain.returns.windows import is_plain
from portal.domain.words import N_
from portal.usecases.deps import ShopRef
from portal.usecases.returns.judged import judge_order
from portal.usecases.view_parcel import Reader


@dataclass(frozen=True, slots=True)
class ReturnsWay:
    """`until` is the last day of whatever may go back longest; None where nothing may, or no day ends it."""

    is_open: bool
    until: date | None
    words: str


def returns_way(session: Session, shop: ShopRef, order: Order, reader: Reader, now: datetime) -> ReturnsWay:
    """What may be sent back of an order, of all its lines together."""
    verdicts = list(judge_order(session, shop, order, now).verdicts.values())
    open_ones = [verdict for verdict in verdicts if verdict.eligible]
    until = _latest(open_ones)
    if until is not None:
        return ReturnsWay(True, until, _open_words(open_ones, until, reader))
    if open_ones or any(verdict.may_open for verdict in verdicts):
        return ReturnsWay(True, None, "")
    ended = _latest([verdict for verdict in verdicts if _is_over(verdict)])
    words = N_("The time for returns ended on %(day)s.")
    return ReturnsWay(False, None, reader.word(words, day=reader.speaker.day(ended)) if ended else "")


def _latest(verdicts: list[Verdict]) -> date | None:
    return max((verdict.last_day for verdict in verdicts if verdict.last_day is not None), default=None)


def _is_over(verdict: Verdict) -> bool:
    return any(reason.key == "window.over" for reason in verdict.against)


def _open_words(verdicts: list[Verdict], until: date, reader: Reader) -> str:
    """With its days where these are all there is to say; how each item's day came about stands on the return's page."""
    reasons = [verdict.window for verdict in verdicts if verdict.window]
    day = reader.speaker.day(until)
    if all(verdict.last_day == until for verdict in verdicts) and all(map(is_plain, reasons)):
        words = N_("You can send things back until %(day)s: %(days)s days from the day they arrived.")
        return reader.word(words, day=day, days=reasons[0].inputs["days"])
    return reader.word(N_("You can send things back until %(day)s."), day=day)
