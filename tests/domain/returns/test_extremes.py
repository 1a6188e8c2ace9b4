"""Days that no calendar has are refused when the settings are read, and whatever is let through can be judged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.domain.returns.choices import MOST_DAYS
from portal.domain.returns.config import (
    ExchangeConfig,
    ReturnLimits,
    ReturnPolicyConfig,
    Season,
    WithdrawalConfig,
    Zone,
)
from portal.domain.returns.eligibility import judge
from portal.domain.returns.model import CustomerFacts, LineFacts, OrderFacts
from portal.domain.returns.rules import Rule
from portal.domain.returns.withdrawal import right_of

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TOO_MANY = MOST_DAYS + 1


@pytest.mark.parametrize(
    "settings",
    [
        *({name: TOO_MANY} for name in ("window_days", "send_back_days", "vip_extra_days", "transit_days_assumed")),
        *({name: -1} for name in ("window_days", "transit_days_assumed", "pickup_days")),
        {"pickup_days": 61},
        {"product_windows": {"shirts": TOO_MANY}},
    ],
)
def test_days_that_no_calendar_has_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="days"):
        ReturnPolicyConfig(**settings)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (Zone, {"name": "z", "countries": ("CH",), "window_days": -1}),
        (Zone, {"name": "z", "countries": ("CH",), "send_back_days": TOO_MANY}),
        (Zone, {"name": "z", "countries": ("CH",), "fee_minor": -1}),
        (ReturnLimits, {"customer_days": TOO_MANY}),
        (WithdrawalConfig, {"days": TOO_MANY}),
        (ExchangeConfig, {"reserve_days": TOO_MANY}),
        (Rule, {"id": "r", "then": {"window_days": TOO_MANY}}),
        (Rule, {"id": "r", "then": {"extend_days": TOO_MANY}}),
        # Days are compared as they are written: another way to write the same day would never match.
        (Season, {"name": "s", "orders_from": "20261101", "orders_until": "2026-12-24", "last_on": "2027-01-31"}),
        (Season, {"name": "s", "orders_from": "2026-11-01", "orders_until": "2026-12-24", "last_on": "9999-12-31"}),
    ],
)
def test_so_are_those_of_zones_limits_rules_and_seasons(kind: type, settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"days|below 0|like 2026"):
        kind(**settings)


def test_the_longest_days_that_are_let_through_can_be_judged() -> None:
    config = ReturnPolicyConfig(
        window_days=MOST_DAYS,
        vip_extra_days=MOST_DAYS,
        send_back_days=MOST_DAYS,
        transit_days_assumed=MOST_DAYS,
        rules=(Rule("r", {"extend_days": MOST_DAYS}),),
        withdrawal=WithdrawalConfig(days=MOST_DAYS),
    )
    lines = (
        LineFacts(1, 1, 0, "shirts", False, NOW - timedelta(days=3), NOW),
        LineFacts(2, 1, 0, "shirts", False, NOW - timedelta(days=3), None),
    )
    order = OrderFacts("open", "DE", "Europe/Berlin", lines, placed_at=NOW, customer=CustomerFacts(is_vip=True))
    assert [verdict.line_id for verdict in judge(order, config, NOW)] == [1, 2]
    assert right_of(order, config.withdrawal, "DE", NOW).is_open
