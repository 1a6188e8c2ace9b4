"""A shop's rows cannot be reached without saying whose they are (reliability: D9)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from portal.db.session import ScopedSession, ScopeError
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.orders import Order
from portal.usecases.deps import Deps, ShopRef
from tests.support.factory import Factory


def test_a_shop_sees_its_own_orders_and_no_others(
    deps: Deps, make: Factory, other_shop: ShopRef, make_in: Callable[[ShopRef], Factory]
) -> None:
    mine = make.order()
    theirs = make_in(other_shop).order()
    with deps.sessions.read(make.shop.id) as session:
        assert session.scalars(select(Order.id)).all() == [mine.id]
        assert session.get(Order, theirs.id) is None
    with deps.sessions.read_system() as session:
        assert set(session.scalars(select(Order.id))) == {mine.id, theirs.id}


def test_a_query_without_a_scope_raises(deps: Deps, make: Factory) -> None:
    make.order()
    with ScopedSession(deps.sessions.engine) as session, pytest.raises(ScopeError):
        session.scalars(select(Order)).all()


def test_a_core_statement_on_a_shops_table_raises_too(deps: Deps, make: Factory) -> None:
    with deps.sessions.read(make.shop.id) as session, pytest.raises(ScopeError):
        session.execute(select(Order.__table__.c.id))


def test_an_update_cannot_reach_another_shop(
    deps: Deps, make: Factory, other_shop: ShopRef, make_in: Callable[[ShopRef], Factory]
) -> None:
    make.order()
    theirs = make_in(other_shop).order()
    with deps.sessions.write(make.shop.id) as session:
        session.execute(update(Order).values(status="cancelled"))
    with deps.sessions.read(other_shop.id) as session:
        assert session.get_one(Order, theirs.id).status == "open"


def test_a_row_of_another_shop_cannot_be_written(deps: Deps, make: Factory, other_shop: ShopRef) -> None:
    order = make.order()
    order.shop_id = other_shop.id
    with deps.sessions.read(make.shop.id) as session:
        session.add(order)
        with pytest.raises(ScopeError):
            session.flush()


def test_a_checkpoints_own_words_cannot_be_rewritten(deps: Deps, make: Factory) -> None:
    shipment = make.shipment()
    row = CheckpointRow(
        shop_id=make.shop.id,
        shipment_id=shipment.id,
        identity="a",
        at=deps.clock(),
        offset_known=True,
        status="in_transit",
        raw_text="Departed",
        seen_at=deps.clock(),
    )
    with deps.sessions.write(make.shop.id) as session:
        session.add(row)
    with deps.sessions.write(make.shop.id) as session:
        session.get_one(CheckpointRow, row.id).status = "exception"
    with deps.sessions.read(make.shop.id) as session:
        session.get_one(CheckpointRow, row.id).raw_text = "Delivered"
        with pytest.raises(ScopeError, match="append-only"):
            session.flush()
