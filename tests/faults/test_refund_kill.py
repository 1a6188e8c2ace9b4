"""The real worker is killed while it refunds. The platform pays once, with and without idempotency keys (F04).

Real HTTP to the lab's Shopify, SQLite and PostgreSQL, SIGKILL.
"""

from __future__ import annotations

import signal
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from carriers.lab.accounts import PLATFORM_TOKENS
from carriers.lab.wire.shopify import refunds_in
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.return_money import ReturnMoneyEntry
from portal.db.tables.returns import Return
from portal.usecases.returns.desk import Receipt, find_return, receive
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.payout import pay
from portal.usecases.returns.submit import submit
from portal.usecases.shops import apply_config, find_shop
from tests.faults.test_kill import Stage
from tests.faults.test_kill import stage as stage
from tests.support.doubles import FakeRefunds
from tests.support.factory import shop_document

POINTS = ("refund.after_intent", "refund.after_submitted", "refund.after_reply", "refund.before_saved")
PAID = 4_900


def a_refund(stage: Stage, version: str) -> None:
    """A return of which everything came, and somebody has agreed to its money: it is intended, not paid."""
    platform = {"kind": "shopify", "base_url": f"{stage.lab.url}/shopify", "version": version}
    apply_config(stage.deps, stage.shop.slug, shop_document(platform=platform))
    stage.shop = find_shop(stage.deps, shop_id=stage.shop.id)
    stage.env["PORTAL_PLATFORM_JUNIPER_TOKEN"] = PLATFORM_TOKENS["shopify"]
    deps = replace(stage.deps, refunds=FakeRefunds())
    yesterday = deps.clock() - timedelta(days=1)
    order = stage.make.order(delivered_at=yesterday, handed_over_at=yesterday, external_id="1001")
    given = offer(deps, stage.shop, order.public_id)
    choice = Choice(given.eligible[0].line_id, 1, "changed_mind")
    asked = ReturnRequest(order.public_id, (choice,), "refund")
    submit(deps, stage.shop, asked, given.form_key)
    with stage.sessions.read_system() as session:
        return_id = session.scalars(select(Return.id)).one()
    items = {item.id: Receipt(item.quantity) for item in find_return(deps, return_id).items}
    receive(deps, return_id, 3, items, "form-receive")
    assert pay(deps, return_id, 3, "form-pay").money == "due"


def is_paid_once(stage: Stage) -> None:
    assert len(refunds_in(stage.lab.shelf)) == 1
    with stage.sessions.read_system() as session:
        assert session.scalars(select(Return.money)).one() == "paid"
        assert session.scalars(select(Order.refunded_minor)).one() == PAID
    assert stage.count(ReturnMoneyEntry) == 1
    assert stage.count(OutboxMessage, event="refund") == 1


@pytest.mark.parametrize("version", ["2026-04", "2025-10"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_while_refunding_it_is_paid_exactly_once(stage: Stage, point: str, version: str) -> None:
    a_refund(stage, version)
    assert stage.work(crash=point) == -signal.SIGKILL
    paid = len(refunds_in(stage.lab.shelf))
    assert paid == (1 if point in ("refund.after_reply", "refund.before_saved") else 0)
    stage.work()  # at once: what is in doubt is not asked for again before it has settled
    assert len(refunds_in(stage.lab.shelf)) == (1 if point == "refund.after_intent" else paid)
    for _ in range(3):
        stage.leases_run_out()
        assert stage.work() == 0
    is_paid_once(stage)


@pytest.mark.parametrize("version", ["2026-04", "2025-10"])
@pytest.mark.parametrize("fault", ["answer_lost", "500_after", "request_lost"])
def test_an_answer_that_goes_wrong_pays_no_second_time(stage: Stage, fault: str, version: str) -> None:
    a_refund(stage, version)
    stage.lab.faults.set("shopify", fault, calls=1, on="refund")
    stage.work()
    for _ in range(3):
        stage.leases_run_out()
        stage.work()
    is_paid_once(stage)
