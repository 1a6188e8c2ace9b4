"""A return that was begun waits in the database, and goes on where its link is opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from portal.db.tables.orders import Order
from portal.db.tables.return_flow import ReturnDraft
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.deps import ShopRef
from portal.usecases.housekeeping import tidy
from portal.usecases.returns.draft_views import GIFT, Draft, OpenedDraft
from portal.usecases.returns.drafts import (
    LIFETIME,
    PATH,
    continue_link,
    forget_draft,
    load_draft,
    open_draft,
    save_draft,
)
from portal.usecases.returns.offer_views import Choice
from tests.support.doubles import Clock
from tests.usecases.returns.asking import request, sent_in
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_label_races import at_once


@pytest.fixture
def order(desk: Desk) -> Order:
    return desk.order()


@pytest.fixture
def draft(order: Order) -> Draft:
    """Every field in use."""
    return Draft(
        order_public_id=order.public_id,
        other_orders=("order-2",),
        choices=(Choice(1, 2, "other", "it scratches", "", ("photo",), "keep", "SKU-2"),),
        resolution="exchange",
        fallback="refund",
        method="pickup",
        pickup_on=date(2026, 12, 1),
        store="Mill Road",
    )


def token(desk: Desk, order: Order, purpose: str = "return") -> str:
    return continue_link(desk.deps, desk.shop, order.public_id, purpose).rpartition(PATH)[2]


def test_what_was_saved_is_what_is_found_on_another_device(desk: Desk, order: Order, draft: Draft) -> None:
    saved = save_draft(desk.deps, desk.shop, draft)
    assert saved == replace(draft, version=1)
    assert load_draft(desk.deps, desk.shop, order.public_id) == saved
    assert load_draft(desk.deps, desk.shop, order.public_id, GIFT).version == 0
    assert draft.digest() == saved.digest() != replace(draft, method="label").digest()


def test_it_keeps_the_shoppers_words_and_no_name_address_or_sum(desk: Desk, draft: Draft) -> None:
    save_draft(desk.deps, desk.shop, draft)
    (row,) = desk.all(ReturnDraft)
    assert "it scratches" in str(row.content)
    assert set(row.content) == {"orders", "choices", "resolution", "fallback", "method", "pickup_on", "store"}
    assert "Ada" not in str(row.content)
    assert "it scratches" not in repr(draft)


def test_of_two_pages_that_save_the_second_is_told(desk: Desk, order: Order, draft: Draft) -> None:
    first = save_draft(desk.deps, desk.shop, draft)
    save_draft(desk.deps, desk.shop, replace(first, resolution="refund"))
    for stale in (first, draft):
        with pytest.raises(Conflict):
            save_draft(desk.deps, desk.shop, stale)
    assert load_draft(desk.deps, desk.shop, order.public_id).resolution == "refund"


def test_of_many_that_save_at_once_one_does(desk: Desk, draft: Draft) -> None:
    first = at_once(lambda _n: save_draft(desk.deps, desk.shop, draft), 16)
    second = at_once(lambda _n: save_draft(desk.deps, desk.shop, replace(draft, version=1)), 16)
    assert [type(error) for error in (*first, *second)] == [Conflict] * 30
    assert [row.version for row in desk.all(ReturnDraft)] == [2]


def test_a_link_opens_the_draft_and_grants_no_more_than_finding_the_order_did(
    desk: Desk, order: Order, draft: Draft
) -> None:
    save_draft(desk.deps, desk.shop, draft)
    opened = open_draft(desk.deps, desk.shop, token(desk, order))
    assert opened == OpenedDraft(order.public_id, "return", "masked")
    assert load_draft(desk.deps, desk.shop, order.public_id).choices == draft.choices


def test_only_the_newest_link_counts_and_only_its_hash_is_kept(desk: Desk, order: Order) -> None:
    first, second = token(desk, order), token(desk, order)
    assert first != second
    assert open_draft(desk.deps, desk.shop, first) is None
    assert open_draft(desk.deps, desk.shop, second) is not None
    assert second not in str([row.token_hash for row in desk.all(ReturnDraft)])


def test_a_link_that_is_old_unknown_too_long_or_of_another_shop_opens_nothing(
    desk: Desk, order: Order, clock: Clock, other_shop: ShopRef
) -> None:
    link = token(desk, order)
    assert open_draft(desk.deps, other_shop, link) is None
    for wrong in ("", "x", link + "x", "x" * 5_000):
        assert open_draft(desk.deps, desk.shop, wrong) is None
    clock.advance(seconds=LIFETIME.total_seconds() + 1)
    assert open_draft(desk.deps, desk.shop, link) is None
    assert load_draft(desk.deps, desk.shop, order.public_id).choices == ()


def test_a_draft_that_ran_out_can_be_begun_anew_and_is_thrown_away(
    desk: Desk, order: Order, draft: Draft, clock: Clock
) -> None:
    save_draft(desk.deps, desk.shop, draft)
    clock.advance(seconds=LIFETIME.total_seconds() - 60)
    tidy(desk.deps)
    assert len(desk.all(ReturnDraft)) == 1
    clock.advance(seconds=120)
    empty = load_draft(desk.deps, desk.shop, order.public_id)
    save_draft(desk.deps, desk.shop, replace(empty, resolution="refund"))
    clock.advance(seconds=LIFETIME.total_seconds() + timedelta(days=2).total_seconds())
    tidy(desk.deps)
    assert desk.all(ReturnDraft) == []


def test_sending_in_or_giving_up_forgets_the_draft_and_its_link(desk: Desk, order: Order) -> None:
    link = token(desk, order)
    sent_in(desk, request(Choice(desk.line_ids(order)[0], 1, "changed_mind"), begun=order))
    assert open_draft(desk.deps, desk.shop, link) is None
    link = token(desk, order)
    forget_draft(desk.deps, desk.shop, order.public_id)
    assert open_draft(desk.deps, desk.shop, link) is None


def test_strange_orders_and_novels_are_refused(desk: Desk, other_shop: ShopRef, draft: Draft) -> None:
    with pytest.raises(NotFound):
        save_draft(desk.deps, other_shop, draft)
    with pytest.raises(NotFound):
        load_draft(desk.deps, desk.shop, "nobody's")
    with pytest.raises(InvalidInput):
        save_draft(desk.deps, desk.shop, replace(draft, choices=(Choice(1, 1, "other", "x" * 40_000),)))
