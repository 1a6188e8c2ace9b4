"""Stock for exchanges: kept at the request, given free or used up once, never below nothing."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.db.tables.catalogue import Reservation, Variant
from portal.db.tables.returns import Return, ReturnItem
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps
from portal.usecases.returns import exchange_stock, rows
from portal.usecases.returns.exchange_choices import PER_PAGE, value_of_wish
from portal.usecases.returns.exchange_offers import choices_of, offers_of
from portal.usecases.returns.offer_views import Choice
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_label_races import at_once

ROUNDS = 100 if os.environ.get("DOORSTEP_LONG") else 5


def wish(desk: Desk, public_id: str, *skus: str) -> None:
    """As the submission does it: the items name what is wanted, and it is kept, in one transaction."""
    with desk.deps.sessions.write(desk.shop.id) as session:
        _, row = rows.lock_return(session, rows.return_by_public_id(session, public_id).id)
        items = [item for item, _ in rows.items_of(session, row)]
        for item, sku in zip(items, skus, strict=True):
            item.exchange_sku = sku or None
        session.flush()
        exchange_stock.move(session, desk.deps, desk.shop, row, items)


def let_go(desk: Desk, public_id: str) -> None:
    with desk.deps.sessions.write(desk.shop.id) as session:
        _, row = rows.lock_return(session, rows.return_by_public_id(session, public_id).id)
        exchange_stock.release(session, desk.deps, row, "called off")


def stock(desk: Desk, sku: str) -> tuple[int, int]:
    with desk.deps.sessions.read(desk.shop.id) as session:
        variant = session.scalars(select(Variant).where(Variant.sku == sku)).one()
        return variant.stock, variant.reserved


def test_what_is_wanted_instead_is_kept_for_the_shop_s_days(desk: Desk) -> None:
    desk.make.variant("SKU-1-L", stock=3)
    public_id = desk.submit(desk.order(), 2)
    wish(desk, public_id, "SKU-1-L")
    assert stock(desk, "SKU-1-L") == (3, 2)
    assert desk.returned(public_id).exchange == "reserved"
    (kept,) = desk.all(Reservation)
    assert (kept.state, kept.quantity, kept.expires_at) == ("held", 2, desk.deps.clock() + timedelta(days=21))


def test_what_is_sold_out_is_named_and_nothing_is_kept(desk: Desk) -> None:
    desk.make.variant("SKU-1-L", stock=5)
    desk.make.variant("SKU-2-XL", stock=1, title="Linen coat", product_ref="SKU-2")
    order = desk.order({"quantity": 2}, {"quantity": 2, "sku": "SKU-2"})
    public_id = desk.submit(order, 2, 2)
    with pytest.raises(exchange_stock.SoldOut, match=r"Linen coat \(XL\)") as caught:
        wish(desk, public_id, "SKU-1-L", "SKU-2-XL")
    assert (caught.value.sku, caught.value.line_id) == ("SKU-2-XL", desk.line_ids(order)[1])
    assert stock(desk, "SKU-1-L") == (5, 0)
    assert desk.returned(public_id).exchange == "none"
    assert desk.all(Reservation) == []


def test_a_variant_that_is_not_sold_any_more_cannot_be_kept(desk: Desk) -> None:
    desk.make.variant("SKU-1-L", active=False)
    with pytest.raises(exchange_stock.SoldOut):
        wish(desk, desk.submit(desk.order()), "SKU-1-L")


def test_what_is_called_off_is_free_again_and_twice_makes_no_difference(desk: Desk) -> None:
    desk.make.variant("SKU-1-L")
    public_id = desk.submit(desk.order())
    wish(desk, public_id, "SKU-1-L")
    let_go(desk, public_id)
    let_go(desk, public_id)
    assert stock(desk, "SKU-1-L") == (1, 0)
    assert desk.returned(public_id).exchange == "released"


def test_another_wish_takes_the_place_of_the_first_one(desk: Desk) -> None:
    desk.make.variant("SKU-1-L")
    desk.make.variant("SKU-1-XL")
    public_id = desk.submit(desk.order())
    wish(desk, public_id, "SKU-1-L")
    wish(desk, public_id, "SKU-1-XL")
    assert (stock(desk, "SKU-1-L"), stock(desk, "SKU-1-XL")) == ((1, 0), (1, 1))
    wish(desk, public_id, "SKU-1-XL")
    assert stock(desk, "SKU-1-XL") == (1, 1), "the same again changes nothing"
    wish(desk, public_id, "")
    assert stock(desk, "SKU-1-XL") == (1, 0)
    assert desk.returned(public_id).exchange == "released"


def test_a_new_wish_that_is_sold_out_leaves_the_old_one_kept(desk: Desk) -> None:
    desk.make.variant("SKU-1-L")
    desk.make.variant("SKU-1-XL", stock=0)
    public_id = desk.submit(desk.order())
    wish(desk, public_id, "SKU-1-L")
    with pytest.raises(exchange_stock.SoldOut):
        wish(desk, public_id, "SKU-1-XL")
    assert stock(desk, "SKU-1-L") == (1, 1)
    assert desk.returned(public_id).exchange == "reserved"


def test_what_is_ordered_already_cannot_be_called_off_or_changed(desk: Desk) -> None:
    desk.make.variant("SKU-1-L")
    public_id = desk.submit(desk.order())
    wish(desk, public_id, "SKU-1-L")
    with desk.deps.sessions.write(desk.shop.id) as session:
        session.scalars(select(Return)).one().exchange = "ordered"
    with pytest.raises(Conflict, match="on its way"):
        let_go(desk, public_id)
    with pytest.raises(Conflict, match="on its way"):
        wish(desk, public_id, "")
    assert stock(desk, "SKU-1-L") == (1, 1)


def test_units_leave_the_stock_once(desk: Desk) -> None:
    desk.make.variant("SKU-1-L", stock=3)
    public_id = desk.submit(desk.order(), 2)
    wish(desk, public_id, "SKU-1-L")
    with desk.deps.sessions.write(desk.shop.id) as session:
        (held,) = exchange_stock.held_by(session, desk.returned(public_id))
        assert exchange_stock.use_up(session, desk.deps, held)
        assert not exchange_stock.use_up(session, desk.deps, held)
        assert not exchange_stock.give_free(session, desk.deps, held)
    assert stock(desk, "SKU-1-L") == (1, 0)


def test_the_last_unit_wanted_by_sixty_four_at_once_goes_to_exactly_one(desk: Desk) -> None:
    returns = [desk.submit(desk.order()) for _ in range(64)]
    for turn in range(ROUNDS):
        sku = f"SKU-1-{turn}"
        desk.make.variant(sku, stock=1)
        raised = at_once(lambda n, sku=sku: wish(desk, returns[n], sku))  # type: ignore[misc]
        assert [type(error) for error in raised] == [exchange_stock.SoldOut] * 63
        assert stock(desk, sku) == (1, 1)
        held = [one.return_item_id for one in desk.all(Reservation) if one.state == "held"]
        assert len(held) == len(set(held)) == sum(variant.reserved for variant in desk.all(Variant))


def test_the_page_shows_the_other_sizes_and_what_is_left_of_them(deps: Deps, desk: Desk) -> None:
    desk.make.variant("SKU-1", variant="M", size_rank=3)
    desk.make.variant("SKU-1-S", size_rank=2, stock=4, reserved=1)
    desk.make.variant("SKU-1-L", size_rank=4, stock=2, reserved=2)
    desk.make.variant("SKU-1-XL", size_rank=5, stock=2, price_minor=9_900)
    order = desk.order({"quantity": 2, "unit_price_minor": 4_900})
    line = desk.line_ids(order)[0]
    choices = choices_of(deps, desk.shop, order.public_id, line, 2, reason="size_too_large")
    assert [(c.sku, c.available, c.enough, c.suggested) for c in choices.variants] == [
        ("SKU-1-S", 3, True, True),
        ("SKU-1-L", 0, False, False),
    ]
    assert choices.possible


def test_what_arrived_broken_can_be_had_once_more(deps: Deps, desk: Desk) -> None:
    desk.make.variant("SKU-1", variant="M", stock=3)
    desk.make.variant("SKU-1-L")
    order = desk.order()
    found = choices_of(deps, desk.shop, order.public_id, desk.line_ids(order)[0], 1, reason="defective").variants
    assert [(choice.sku, choice.suggested) for choice in found] == [("SKU-1-L", False), ("SKU-1", True)]


def test_other_products_are_looked_up_by_words_a_page_at_a_time(deps: Deps, desk: Desk) -> None:
    for n in range(PER_PAGE + 2):
        desk.make.variant(f"CUP-{n:02d}", product_ref="CUP", title=f"Cup {n:02d}", variant="100%", price_minor=900)
    desk.make.variant("TOO-DEAR", product_ref="X", title="Cup of gold", price_minor=99_900)
    desk.make.variant("GONE", product_ref="Y", title="Cup of yore", stock=0)
    order = desk.order()
    line = desk.line_ids(order)[0]

    def skus(**asked: object) -> tuple[list[str], int | None]:
        found = choices_of(deps, desk.shop, order.public_id, line, 1, **asked)  # type: ignore[arg-type]
        return [c.sku for c in found.others], found.next_page

    first, next_page = skus()
    assert (len(first), next_page) == (PER_PAGE, 2)
    assert skus(page=2) == (["CUP-12", "CUP-13"], None)
    assert skus(search="cup 07") == (["CUP-07"], None)
    assert skus(search="%07") == ([], None), "a percent sign is a sign"
    assert skus(search="nothing like it") == ([], None)


def test_a_line_of_another_order_or_too_many_units_are_refused(deps: Deps, desk: Desk) -> None:
    order, other = desk.order(), desk.order()
    for line, units in ((desk.line_ids(other)[0], 1), (desk.line_ids(order)[0], 3), (desk.line_ids(order)[0], 0)):
        with pytest.raises(InvalidInput):
            choices_of(deps, desk.shop, order.public_id, line, units)


def test_a_wish_is_checked_before_it_counts_for_anything(desk: Desk) -> None:
    desk.make.variant("SKU-1-L")
    desk.make.variant("DEAR", product_ref="DEAR", price_minor=99_900)
    order = desk.order({"quantity": 2, "product_ref": "SKU-1"})
    line = desk.line(order)
    with desk.deps.sessions.read(desk.shop.id) as session:

        def value(sku: str, *worths: int) -> int:
            return value_of_wish(session, desk.shop, line, worths, desk.shop.config.returns, sku)

        assert value("SKU-1-L", 4_000) == 4_000
        with pytest.raises(Conflict, match="sold out"):
            value("SKU-1-L", 4_000, 4_000)
        for sku in ("DEAR", "NO-SUCH"):
            with pytest.raises(InvalidInput) as caught:
                value(sku, 4_000)
            assert caught.value.field == f"exchange-{line.id}"


def test_what_could_solve_it_is_offered_line_by_line(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 2}, {"sku": "CUP"})
    lines = desk.line_ids(order)
    choices = [Choice(lines[0], 1, "changed_mind"), Choice(lines[1], 1, "missing_parts")]
    assert {
        line: [o.kind for o in found] for line, found in offers_of(deps, desk.shop, order.public_id, choices).items()
    } == {lines[1]: ["part"]}


def test_a_reservation_belongs_to_one_item_at_a_time(desk: Desk) -> None:
    desk.make.variant("SKU-1-L", stock=5)
    public_id = desk.submit(desk.order(), 2)
    wish(desk, public_id, "SKU-1-L")
    assert len(desk.all(Reservation)) == len(desk.all(ReturnItem)) == 1
