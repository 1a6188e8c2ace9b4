"""What is news for the shopper."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from carriers.model import Status
from portal.domain.events import Happening, happenings
from portal.domain.scans import Scan
from portal.domain.shipments import fold

DAY = datetime(2026, 10, 5, tzinfo=UTC)


def scan(hours: float, status: Status | None, substatus: str | None = None) -> Scan:
    moment = DAY + timedelta(hours=hours)
    return Scan(moment, moment.isoformat(), status=status, substatus=substatus, raw_code=substatus or str(status))


INFO = scan(1, Status.INFO_RECEIVED)
HUB = scan(10, Status.IN_TRANSIT)
OUT = scan(30, Status.OUT_FOR_DELIVERY)
TRIED = scan(35, Status.ATTEMPT_FAIL)
HOME = scan(36, Status.DELIVERED)
HELD = scan(20, Status.EXCEPTION, "Exception_005")
WRONG = scan(22, Status.EXCEPTION, "Exception_007")
BACK = scan(40, Status.EXCEPTION, "Exception_010")
PICKUP = scan(34, Status.AVAILABLE_FOR_PICKUP)


@pytest.mark.parametrize(
    ("before", "new", "news"),
    [
        ([INFO], [HUB], ["shipped"]),
        ([], [INFO], []),
        ([INFO, HUB], [scan(15, Status.IN_TRANSIT, "InTransit_007")], []),
        ([INFO, HUB], [OUT], ["out_for_delivery"]),
        ([INFO], [HUB, OUT], ["out_for_delivery"]),
        ([], [INFO, HUB, OUT, HOME], ["delivered"]),
        ([HUB, OUT], [HOME], ["delivered"]),
        ([HUB, OUT], [TRIED], ["problem"]),
        ([HUB, OUT, TRIED], [scan(60, Status.ATTEMPT_FAIL)], ["problem"]),
        ([HUB, OUT, TRIED], [scan(50, Status.IN_TRANSIT)], []),
        ([HUB], [HELD], ["problem"]),
        ([HUB, HELD], [WRONG], ["problem"]),
        ([HUB, HELD], [scan(21, Status.EXCEPTION, "Exception_005")], []),
        ([HUB, OUT], [PICKUP], ["pickup_ready"]),
        ([HUB, HOME], [BACK], []),
        ([HUB, HOME], [scan(37, Status.OUT_FOR_DELIVERY)], []),
        ([HUB, BACK], [scan(41, Status.DELIVERED)], []),
        ([HUB, OUT], [], []),
        ([HUB], [scan(12, None)], []),
    ],
)
def test_a_change_tells_its_newest_news_once(before: list[Scan], new: list[Scan], news: list[str]) -> None:
    now = DAY + timedelta(hours=61)
    now = max((s.at for s in [*before, *new]), default=now) + timedelta(hours=1)
    assert list(happenings(fold(before), fold([*before, *new]), now=now)) == news


@pytest.mark.parametrize(
    ("story", "hours", "told"),
    [
        ([HUB], 10 + 72, True),
        ([HUB], 10 + 73, False),
        ([HUB, OUT], 30 + 18, True),
        ([HUB, OUT], 30 + 19, False),
        ([HUB, OUT, HOME], 36 + 72, True),
        ([HUB, OUT, HOME], 36 + 73, False),
        ([HUB, HELD], 20 + 73, False),
    ],
)
def test_old_news_is_no_news(story: list[Scan], hours: float, told: bool) -> None:
    assert bool(happenings(fold([]), fold(story), now=DAY + timedelta(hours=hours))) is told


def test_a_return_parcel_has_its_own_news() -> None:
    now = DAY + timedelta(hours=40)
    assert happenings(fold([INFO]), fold([INFO, HUB]), now=now, direction="return") == (Happening.RETURN_IN_TRANSIT,)
    assert happenings(fold([HUB]), fold([HUB, OUT]), now=now, direction="return") == ()
    assert happenings(fold([HUB]), fold([HUB, HOME]), now=now, direction="return") == (Happening.RETURN_RECEIVED,)
