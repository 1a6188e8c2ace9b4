"""What customers are worth, and who is a VIP for it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from portal.db.tables.orders import Customer, Order
from portal.db.tables.shops import Shop
from portal.usecases.customer_values import recompute_all_values, recompute_values
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import create_shop
from tests.support.doubles import Clock
from tests.support.factory import Factory, shop_document


def fresh(deps: Deps, customer: Customer) -> Customer:
    with deps.sessions.read(customer.shop_id) as session:
        return session.get_one(Customer, customer.id)


def test_value_is_what_was_paid_less_what_went_back_and_cancelled_orders_count_for_nothing(
    deps: Deps, make: Factory
) -> None:
    ada = make.customer()
    make.order(ada, total_minor=10_000, refunded_minor=2_500, credited_minor=500)
    make.order(ada, total_minor=4_000, placed_at=deps.clock() - timedelta(days=400))
    make.order(ada, total_minor=99_000, status="cancelled")
    recompute_values(deps, make.shop)
    ada = fresh(deps, ada)
    assert (ada.ltv_minor, ada.orders_count, ada.orders_12m) == (11_000, 2, 1)
    assert ada.first_order_at == deps.clock() - timedelta(days=400)
    assert ada.last_order_at == deps.clock() - timedelta(days=3)
    assert not ada.is_vip


def test_the_floor_is_learnt_from_customers_who_came_back(deps: Deps, make: Factory) -> None:
    people = [make.customer() for _ in range(10)]
    for n, person in enumerate(people, start=1):
        for _ in range(2):
            make.order(person, total_minor=n * 10_000)
    rich_once = make.customer()
    make.order(rich_once, total_minor=10_000_000)
    recompute_values(deps, make.shop)
    with deps.sessions.read_system() as session:
        shop = session.get_one(Shop, make.shop.id)
        assert (shop.vip_value_floor_minor, shop.values_computed_at) == (180_000, deps.clock())
    vips = [n for n, person in enumerate(people, start=1) if fresh(deps, person).is_vip]
    assert vips == [9, 10]
    reason = fresh(deps, people[8]).vip_reason
    assert reason == {"key": "value", "inputs": {"ltv_minor": 180_000, "needed_minor": 180_000, "currency": "USD"}}
    assert fresh(deps, rich_once).is_vip


def test_the_shops_own_floor_holds_where_customers_are_worth_less(deps: Deps, make: Factory) -> None:
    ada = make.customer()
    for _ in range(2):
        make.order(ada, total_minor=24_999)
    recompute_values(deps, make.shop)
    assert not fresh(deps, ada).is_vip
    make.order(ada, total_minor=2)
    recompute_values(deps, make.shop)
    assert fresh(deps, ada).is_vip


def test_tier_tag_pin_and_orders_of_a_year_make_a_vip(deps: Deps, make: Factory) -> None:
    tier, tag, pin = make.customer(loyalty_tier="Gold"), make.customer(tags=["VIP"]), make.customer(pinned_vip=True)
    often = make.customer()
    for _ in range(5):
        make.order(often, total_minor=100)
    recompute_values(deps, make.shop)
    found = [(fresh(deps, c).vip_reason or {}).get("key") for c in (tier, tag, pin, often)]
    assert found == ["loyalty_tier", "tag", "pinned", "orders"]


def test_the_date_moves_only_when_the_reason_does(deps: Deps, make: Factory, clock: Clock) -> None:
    ada = make.customer(tags=["vip"])
    assert recompute_values(deps, make.shop) == 1
    began = deps.clock()
    clock.advance(days=3)
    assert recompute_values(deps, make.shop) == 0
    assert fresh(deps, ada).vip_since == began
    with deps.sessions.write(make.shop.id) as session:
        session.get_one(Customer, ada.id).tags = []
    assert recompute_values(deps, make.shop) == 1
    ada = fresh(deps, ada)
    assert (ada.is_vip, ada.vip_reason, ada.vip_since) == (False, None, None)


def test_some_customers_can_be_recomputed_alone(deps: Deps, make: Factory) -> None:
    ada, bob = make.customer(), make.customer()
    make.order(ada, total_minor=100)
    make.order(bob, total_minor=200)
    recompute_values(deps, make.shop, {ada.id})
    assert (fresh(deps, ada).ltv_minor, fresh(deps, bob).ltv_minor) == (100, 0)


def test_shops_do_not_mix(deps: Deps, make: Factory, shop: ShopRef) -> None:
    other = Factory(deps, create_shop(deps, "other", shop_document(name="Other")))
    ada, bob = make.customer(), other.customer()
    make.order(ada, total_minor=60_000)
    other.order(bob, total_minor=70_000)
    recompute_values(deps, shop)
    assert (fresh(deps, ada).is_vip, fresh(deps, bob).is_vip) == (True, False)
    assert recompute_all_values(deps) == 1
    assert fresh(deps, bob).is_vip


def test_a_year_ends(deps: Deps, make: Factory, clock: Clock) -> None:
    often = make.customer()
    for _ in range(5):
        make.order(often, total_minor=100)
    recompute_values(deps, make.shop)
    assert fresh(deps, often).is_vip
    clock.advance(days=363)
    recompute_values(deps, make.shop)
    assert not fresh(deps, often).is_vip
    with deps.sessions.write(make.shop.id) as session:
        session.execute(update(Order).values(placed_at=deps.clock()))
        assert session.scalars(select(Customer.orders_12m)).one() == 0
