"""Items go back within a number of days from their delivery, or from the hand-off or the order, as the shop says."""

from __future__ import annotations

from datetime import datetime

from portal.domain.returns.former.window_1 import FORMER, OPEN, OPEN_ASSUMED, OVER, OVER_ASSUMED, WAITING
from portal.domain.returns.model import LineFacts, OrderFacts, Policy, Reason, Terms
from portal.domain.returns.windows import window_of
from portal.domain.words import N_

OPEN_SENT = N_("You can send this back until %(last_on)s: %(days)s days from %(start_on)s, when it was sent to you.")
OPEN_ORDERED = N_("You can send this back until %(last_on)s: %(days)s days from your order on %(start_on)s.")
OVER_SENT = N_(
    "The %(days)s days for sending this back began on %(start_on)s, when it was sent to you, and ended on %(last_on)s."
)
OVER_ORDERED = N_(
    "The %(days)s days for sending this back began with your order on %(start_on)s and ended on %(last_on)s."
)
_OPEN = {"delivery": OPEN, "handover": OPEN_SENT, "order": OPEN_ORDERED}
_OVER = {"delivery": OVER, "handover": OVER_SENT, "order": OVER_ORDERED}


def judge(line: LineFacts, order: OrderFacts, terms: Terms, now: datetime) -> Reason:
    window = window_of(line, order, terms)
    notes = tuple(window.notes)
    if window.start is None or window.last is None:
        return POLICY.reason("waiting", WAITING, allows=True, notes=notes, days=window.days)
    is_open = order.day(now) <= window.last
    words = (_OPEN if is_open else _OVER)[window.anchor]
    if not window.known:
        words = OPEN_ASSUMED if is_open else OVER_ASSUMED
    return POLICY.reason(
        "open" if is_open else "over",
        words,
        allows=is_open,
        notes=notes,
        days=window.days,
        start_on=window.start.isoformat(),
        last_on=window.last.isoformat(),
        start_known=int(window.known),
    )


# 2: days that do not count or are added, seasons, and the next working day.
POLICY = Policy("window", 2, judge, earlier={1: FORMER.judge})
