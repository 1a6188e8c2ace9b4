"""Any decision on a return can be made again, a year later and under other settings, with the same words."""

from __future__ import annotations

from typing import Any

import pytest

from portal.db.tables.returns import Return
from portal.errors import NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.replay import replay, replay_all, replay_by_rma
from portal.usecases.shops import apply_config
from tests.support.doubles import Clock
from tests.support.factory import shop_document
from tests.usecases.returns.conftest import Desk

RULES = [
    {"id": "loyal", "when": {"customer_tags": ["loyal"]}, "then": {"fee_minor": 0, "extend_days": 4}},
    {"id": "small", "when": {"return_reason": ["size_too_small"]}, "then": {"photo": True}, "says": {"en": "Show us."}},
]


def test_a_year_later_and_under_another_policy_the_answer_and_its_words_are_the_same(
    deps: Deps, desk: Desk, clock: Clock
) -> None:
    apply_config(deps, desk.shop.slug, shop_document(returns={"rules": RULES, "fee_minor": 500}))
    customer = desk.make.customer(tags=["loyal"])
    order = desk.order({"quantity": 2}, customer=customer, placed_at=deps.clock())
    public_id = desk.submit(order, 1, reason="changed_mind")
    clock.advance(days=365)
    apply_config(deps, desk.shop.slug, shop_document(returns={"window_days": 1, "countries": ["DE"]}))
    desk.make.customer()
    found = replay(deps, desk.shop, public_id)
    assert (found.same, found.config_versions) == (True, (2,))
    assert found.answers >= 12
    assert [one.rma for one in replay_all(deps, desk.shop)] == [found.rma]
    assert list(replay_by_rma(deps, desk.shop, [found.rma])) == [found]


def test_what_comes_out_otherwise_is_named(deps: Deps, desk: Desk) -> None:
    public_id = desk.submit(desk.order({"quantity": 2}), 1)
    _record(deps, desk, public_id, "country", words="We take returns from everywhere.")
    found = replay(deps, desk.shop, public_id)
    assert not found.same
    assert [(d.where, d.then) for d in found.differences] == [("country@1 words", "We take returns from everywhere.")]


def test_the_sums_are_worked_out_again_from_their_lines(deps: Deps, desk: Desk) -> None:
    apply_config(deps, desk.shop.slug, shop_document(returns={"fee_minor": 500, "restocking_percent": 10}))
    order = desk.order({"quantity": 3}, placed_at=deps.clock())
    public_id = desk.submit(order, 2, resolution="store_credit")
    assert replay(deps, desk.shop, public_id).same
    with deps.sessions.write(desk.shop.id) as session:
        row = session.get_one(Return, desk.returned(public_id).id)
        kept = row.decision_record
        row.decision_record = kept | {"quote": kept["quote"] | {"fee": 0}}
    found = replay(deps, desk.shop, public_id).differences
    assert [(d.line_id, d.where, d.then, d.now) for d in found] == [(0, "sum fee", 0, kept["quote"]["fee"])]
    assert kept["quote"]["fee"] > 500


def test_another_shops_returns_are_not_there(deps: Deps, desk: Desk, other_shop: ShopRef) -> None:
    public_id = desk.submit(desk.order())
    with pytest.raises(NotFound):
        replay(deps, other_shop, public_id)
    with pytest.raises(NotFound, match="there is no return 'J-1-R1'"):
        list(replay_by_rma(deps, desk.shop, ["J-1-R1"]))
    assert list(replay_all(deps, other_shop)) == []


def _record(deps: Deps, desk: Desk, public_id: str, policy: str, **changes: Any) -> None:
    with deps.sessions.write(desk.shop.id) as session:
        row = session.get_one(Return, desk.returned(public_id).id)
        kept = row.decision_record
        (order,) = kept["orders"]
        (verdict,) = order["verdicts"]
        reasons = [r | changes if r["policy"] == policy else r for r in verdict["reasons"]]
        row.decision_record = kept | {"orders": [order | {"verdicts": [verdict | {"reasons": reasons}]}]}


def test_every_return_is_looked_at_however_many(deps: Deps, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.usecases.returns.replay._AT_A_TIME", 2)
    rmas = [desk.returned(desk.submit(desk.order())).rma for _ in range(4)]
    assert [one.rma for one in replay_all(deps, desk.shop)] == rmas
