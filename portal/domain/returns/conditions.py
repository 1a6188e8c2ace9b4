"""What a rule of a shop's settings may ask about customer, order, product and return (field: e.8).

Each is a name, the shape of what it takes, what it reads, and from when that is known. A new one is one more entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType
from typing import Any

from portal.domain.returns.case import ItemAsked, LineFacts, OrderFacts, RequestFacts
from portal.domain.returns.choices import FILED_BY, KINDS, METHODS, RESOLUTIONS
from portal.domain.returns.reasons import REASONS, Fault
from portal.domain.returns.shapes import Shape, countries, days, numbers, texts, yes_no


class Unknown(Enum):
    """Nobody has said it yet: a rule that asks for it does not apply yet."""

    YET = 0


class Stage(Enum):
    """From when something is known: at once, when items or reasons are chosen, and so on until the desk looks at it."""

    ALWAYS, ITEMS, REASONS, RESOLUTION, METHOD, DESK = range(6)


@dataclass(frozen=True, slots=True)
class Scene:
    """What conditions read: one line of an order, and what is asked for it. `window_began` is a day."""

    line: LineFacts
    order: OrderFacts
    asked: RequestFacts
    item: ItemAsked | None
    now: datetime
    window_began: date | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. `many`: what it reads has several values; `each_line`: lines of one order may differ in it."""

    name: str
    takes: Shape
    reads: Callable[[Scene], Any]
    known: Stage = Stage.ALWAYS
    many: bool = False
    each_line: bool = False


def _asked(read: Callable[[Scene], Any]) -> Callable[[Scene], Any]:
    """Known when items are chosen."""
    return lambda scene: read(scene) if scene.asked.items else Unknown.YET


def _said(value: Any) -> Any:
    return value or Unknown.YET


def _of_item(name: str) -> Callable[[Scene], Any]:
    return lambda scene: _said(getattr(scene.item, name)) if scene.item else Unknown.YET


def _fault(scene: Scene) -> Any:
    reason = REASONS.get(scene.item.reason) if scene.item else None
    return reason.fault.value if reason else Unknown.YET


def _photo(scene: Scene) -> Any:
    return scene.item.has_photo if scene.item and scene.item.reason else Unknown.YET


def _is_full(scene: Scene) -> bool:
    units = {item.line_id: item.units for item in scene.asked.items}
    return all(units.get(line.line_id, 0) >= line.quantity for line in scene.order.lines)


def _share(part: int, whole: int) -> int:
    """In percent, rounded down; of nothing it is 0."""
    return part * 100 // whole if whole else 0


def _discount_percent(scene: Scene) -> int:
    order = scene.order
    return _share(order.discount_minor, order.discount_minor + max(0, order.total_minor - order.shipping_minor))


def _placed_on(scene: Scene) -> int | None:
    placed = scene.order.placed_at
    return scene.order.day(placed).toordinal() if placed else None


def _window_days(scene: Scene) -> int | None:
    began = scene.window_began
    return (scene.order.day(scene.now) - began).days if began else None


_CUSTOMER = (
    Condition("customer_tags", texts(), lambda s: s.order.customer.tags, many=True),
    Condition("customer_tier", texts(), lambda s: s.order.customer.tier),
    Condition("customer_is_vip", yes_no, lambda s: s.order.customer.is_vip),
    Condition("customer_orders_placed", numbers, lambda s: s.order.customer.orders_placed),
    Condition("customer_value_minor", numbers, lambda s: s.order.customer.value_minor),
    Condition("customer_returns_placed", numbers, lambda s: s.order.customer.returns_placed),
    Condition("customer_returns_wrong", numbers, lambda s: s.order.customer.returns_wrong),
    Condition(
        "customer_return_percent",
        numbers,
        lambda s: _share(s.order.customer.returns_placed, s.order.customer.orders_placed),
    ),
    Condition("customer_items_kept", numbers, lambda s: s.order.customer.items_kept),
    Condition(
        "customer_units_returned",
        numbers,
        lambda s: s.order.customer.units_returned.get(s.line.sku, 0),
        each_line=True,
    ),
)
_ORDER = (
    Condition("order_number", texts(), lambda s: s.order.number),
    Condition("order_country", countries, lambda s: s.order.country),
    Condition("order_placed_on", days, _placed_on),
    Condition("order_discount_codes", texts(), lambda s: s.order.discount_codes, many=True),
    Condition("order_discount_minor", numbers, lambda s: s.order.discount_minor),
    Condition("order_discount_percent", numbers, _discount_percent),
    Condition("order_returns", numbers, lambda s: s.order.returns_so_far),
    Condition("order_tags", texts(), lambda s: s.order.tags, many=True),
    Condition("order_total_minor", numbers, lambda s: s.order.total_minor),
    Condition("order_currency", texts(), lambda s: s.order.currency),
    Condition("order_service_level", texts(), lambda s: s.order.service_level),
    Condition("order_channel", texts(), lambda s: s.order.channel),
    Condition("order_status", texts(), lambda s: s.order.status),
    Condition("days_since_window_began", numbers, _window_days, each_line=True),
    Condition("late_days", numbers, lambda s: s.line.stuck_days, each_line=True),
)
_PRODUCT = (
    Condition("product_sku", texts(), lambda s: s.line.sku, each_line=True),
    Condition("product_ref", texts(), lambda s: s.line.product_ref, each_line=True),
    Condition("product_type", texts(), lambda s: s.line.product_type, each_line=True),
    Condition("product_tags", texts(), lambda s: s.line.tags, many=True, each_line=True),
    Condition("product_vendor", texts(), lambda s: s.line.vendor, each_line=True),
    Condition("product_price_minor", numbers, lambda s: s.line.unit_price_minor, each_line=True),
    Condition("product_units_bought", numbers, lambda s: s.line.quantity, each_line=True),
    Condition("product_final_sale", yes_no, lambda s: s.line.final_sale, each_line=True),
)
_RETURN = (
    Condition("return_reason", texts(*REASONS), _of_item("reason"), Stage.REASONS, each_line=True),
    Condition("return_sub_reason", texts(), _of_item("sub_reason"), Stage.REASONS, each_line=True),
    Condition("return_fault", texts(*(f.value for f in Fault)), _fault, Stage.REASONS, each_line=True),
    Condition("return_photo", yes_no, _photo, Stage.REASONS, each_line=True),
    Condition("return_units", numbers, _asked(lambda s: sum(i.units for i in s.asked.items)), Stage.ITEMS),
    Condition("return_lines", numbers, _asked(lambda s: len(s.asked.items)), Stage.ITEMS),
    Condition("return_value_minor", numbers, _asked(lambda s: sum(i.worth_minor for i in s.asked.items)), Stage.ITEMS),
    Condition("return_is_full", yes_no, _asked(_is_full), Stage.ITEMS),
    Condition("return_resolution", texts(*RESOLUTIONS), lambda s: _said(s.asked.resolution), Stage.RESOLUTION),
    Condition("return_method", texts(*METHODS), lambda s: _said(s.asked.method), Stage.METHOD),
    Condition("return_filed_by", texts(*FILED_BY), lambda s: s.asked.filed_by),
    Condition("return_kind", texts(*KINDS), lambda s: s.asked.kind),
    Condition(
        "return_risk_score",
        numbers,
        lambda s: Unknown.YET if s.asked.risk_score is None else s.asked.risk_score,
        Stage.DESK,
    ),
    Condition("return_asked_on", days, lambda s: s.order.day(s.now).toordinal()),
)
CONDITIONS: Mapping[str, Condition] = MappingProxyType(
    {condition.name: condition for condition in (*_CUSTOMER, *_ORDER, *_PRODUCT, *_RETURN)}
)
