"""What every policy answers on a fixed set of cases, written down by version.

`python -m tests.domain.returns.golden` adds versions, and cases at the end of `LINES`, that are not written down yet. It
never changes an answer that is: who changes what a policy answers gives it a new version, and keeps the former judge in
`earlier`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from portal.domain.returns.config import ReturnLimits, ReturnLists, ReturnPolicyConfig, Rule, Season, Zone
from portal.domain.returns.eligibility import policies
from portal.domain.returns.model import CustomerFacts, Judge, LineFacts, OrderFacts, RequestFacts
from portal.domain.returns.terms import terms_of

FILE = Path(__file__).with_name("golden_policies.json")
NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
LINE = LineFacts(1, 2, 0, "shirts", False, NOW - timedelta(days=9), NOW - timedelta(days=4), sku="LS-1")
ORDER = OrderFacts("open", "DE", "Europe/Berlin", (LINE,), number="J-1", placed_at=NOW - timedelta(days=12))
LINES: tuple[dict[str, Any], ...] = (
    {},
    {"final_sale": True, "product_type": "Gift card"},
    {"units_returning": 1},
    {"units_returning": 2, "sku": "WB-2", "tags": ("hygiene",)},
    {"delivered_at": None, "stuck_days": 3},
    {"delivered_at": None, "handed_over_at": NOW - timedelta(days=2)},
    {"delivered_at": None, "handed_over_at": None},
    {"delivered_at": NOW - timedelta(days=45), "stuck_days": 2},
)
ORDERS: tuple[dict[str, Any], ...] = (
    {},
    {"status": "Cancelled", "country": "CH", "timezone": "Europe/Zurich"},
    {"country": None, "tags": ("wholesale",), "discount_codes": ("BULK",), "returns_so_far": 8},
    {
        "customer": CustomerFacts(is_vip=True, tags=("reseller",), returns_placed=5, units_returned={"LS-1": 3}),
        "country": "US",
        "timezone": "America/New_York",
        "returns_so_far": 2,
    },
    {"customer": CustomerFacts(lists=("block_emails",)), "placed_at": datetime(2026, 10, 2, tzinfo=UTC)},
)
CONFIGS = (
    ReturnPolicyConfig(),
    ReturnPolicyConfig(
        window_days=14,
        window_from="order",
        vip_extra_days=10,
        seasons=(Season("Autumn", "2026-10-01", "2026-10-31", "2026-12-06"),),
        zones=(Zone("Alps", ("CH",), window_days=60),),
        product_windows={"gift card": 5},
        final_sale=False,
        countries=("DE", "US"),
        limits=ReturnLimits(2, 3, 5),
        lists=ReturnLists(
            block_skus=("WB-2",),
            block_product_tags=("hygiene",),
            block_order_tags=("wholesale",),
            block_customer_tags=("reseller",),
            block_discount_codes=("BULK",),
        ),
        rules=(
            Rule("no cards", then={"reject": True}, when={"product_type": ["gift card"]}, says={"en": "No cards."}),
            Rule("more", then={"extend_days": 3}, when={"customer_is_vip": True}),
        ),
    ),
    ReturnPolicyConfig(
        window_from="handover",
        roll_to_working_day=False,
        excluded_product_types=("gift card",),
        lists=ReturnLists(allow_orders=("J-1",)),
        rules=(Rule("lift", then={"bypass_final_sale": True, "window_days": 90, "hide": True}),),
    ),
)


def answers(judge: Judge) -> list[str]:
    """What a judge says of each case: the key, and a digest of the whole answer with its words."""
    return [_short(judge(line, order, terms_of(line, order, RequestFacts(), config, NOW, 1), NOW).to_record())
            for line, order, config in _cases()]  # fmt: skip


def _cases() -> Iterator[tuple[LineFacts, OrderFacts, ReturnPolicyConfig]]:
    for line_changes, order_changes, config in product(LINES, ORDERS, CONFIGS):
        line = replace(LINE, **line_changes)
        yield line, replace(ORDER, lines=(line,), **order_changes), config


def _short(record: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:8]
    return f"{record['key'].partition('.')[2]} {digest}"


def known() -> dict[str, list[str]]:
    """What is written down, by "policy@version"."""
    return dict(json.loads(FILE.read_text(encoding="utf-8"))) if FILE.exists() else {}


def judges() -> dict[str, Judge]:
    """Every judge there is, by "policy@version"."""
    return {
        f"{policy.id}@{version}": judge
        for policy in policies()
        for version, judge in {**policy.earlier, policy.version: policy.judge}.items()
    }


if __name__ == "__main__":
    written = known()
    found = written | {
        name: (before := written.get(name, [])) + answers(judge)[len(before) :] for name, judge in judges().items()
    }
    lines = (f"{json.dumps(name)}: {json.dumps(found[name])}" for name in sorted(found))
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
