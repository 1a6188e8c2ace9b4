"""Short ways to ask for a return, and to set a shop's policy."""

from __future__ import annotations

from typing import Any

from portal.db.tables.orders import Order
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.submit import submit
from portal.usecases.shops import apply_config
from tests.support.factory import shop_document
from tests.usecases.returns.conftest import Desk


def policy(desk: Desk, **returns: Any) -> None:
    """Orders that are placed from now on are judged by these settings."""
    desk.shop, _ = apply_config(desk.deps, desk.shop.slug, shop_document(returns=returns))


def placed_now(desk: Desk, *lines: dict[str, Any], **changes: Any) -> Order:
    """An order that is judged by the newest settings."""
    return desk.order(*lines, placed_at=desk.deps.clock(), **changes)


def request(*choices: Choice, begun: Order, resolution: str = "refund", **more: Any) -> ReturnRequest:
    return ReturnRequest(begun.public_id, choices, resolution, **more)


def sent_in(desk: Desk, asked: ReturnRequest, actor: str = "shopper") -> str:
    """The public id of the return, with the form that a page would send."""
    key = offer(desk.deps, desk.shop, asked.order_public_id).form_key
    return submit(desk.deps, desk.shop, asked, key, actor)
