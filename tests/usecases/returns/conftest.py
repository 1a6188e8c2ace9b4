"""An order that arrived four days ago, and the few steps that most of these tests begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.returns import LabelRow, Return
from portal.usecases.deps import Deps
from portal.usecases.returns.label_effects import run_label
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.submit import submit
from tests.support.desk import make_staff as make_staff
from tests.support.factory import Factory


class Desk:
    """What a test about returns asks of the database."""

    def __init__(self, deps: Deps, make: Factory) -> None:
        self.deps, self.make, self.shop = deps, make, make.shop

    def order(self, *lines: dict[str, Any], **changes: Any) -> Order:
        now = self.deps.clock()
        values = {
            "handed_over_at": now - timedelta(days=8),
            "delivered_at": now - timedelta(days=4),
            "placed_at": now - timedelta(days=10),
        }
        return self.make.order(lines=list(lines) or [{"quantity": 2}], **(values | changes))

    def line_ids(self, order: Order) -> list[int]:
        with self.deps.sessions.read(self.shop.id) as session:
            return list(
                session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id).order_by(OrderLine.position))
            )

    def line(self, order: Order, n: int = 0) -> OrderLine:
        with self.deps.sessions.read(self.shop.id) as session:
            return session.get_one(OrderLine, self.line_ids(order)[n])

    def choices(self, order: Order, *quantities: int, reason: str = "changed_mind") -> list[Choice]:
        ids = self.line_ids(order)
        return [Choice(line, n, reason) for line, n in zip(ids, quantities or (1,), strict=False) if n]

    def submit(self, order: Order, *quantities: int, resolution: str = "refund", reason: str = "changed_mind") -> str:
        key = offer(self.deps, self.shop, order.public_id).form_key
        choices = self.choices(order, *quantities, reason=reason)
        return self.send(order, choices, resolution, key)

    def send(self, order: Order, choices: Sequence[Choice], resolution: str, key: str, **more: Any) -> str:
        """Send exactly this in."""
        request = ReturnRequest(order.public_id, tuple(choices), resolution, **more)
        return submit(self.deps, self.shop, request, key)

    def with_label(self, order: Order, *quantities: int, **values: Any) -> str:
        public_id = self.submit(order, *quantities, **values)
        assert run_label(self.deps, self.shop, self.effects()[-1].id)
        return public_id

    def returned(self, public_id: str) -> Return:
        with self.deps.sessions.read(self.shop.id) as session:
            return session.scalars(select(Return).where(Return.public_id == public_id)).one()

    def effects(self, kind: str = "label") -> list[Effect]:
        with self.deps.sessions.read(self.shop.id) as session:
            return list(session.scalars(select(Effect).where(Effect.kind == kind).order_by(Effect.id)))

    def all(self, table: Any) -> list[Any]:
        with self.deps.sessions.read(self.shop.id) as session:
            return list(session.scalars(select(table).order_by(*table.__mapper__.primary_key)))

    def labels(self) -> list[LabelRow]:
        return self.all(LabelRow)


@pytest.fixture
def desk(deps: Deps, make: Factory) -> Desk:
    return Desk(deps, make)


@pytest.fixture
def reload(deps: Deps) -> Callable[[Order], Order]:
    def again(order: Order) -> Order:
        with deps.sessions.read(order.shop_id) as session:
            return session.get_one(Order, order.id)

    return again
