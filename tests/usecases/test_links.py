"""Signed links: hashed, expiring, revocable, of one shop (reliability: G8)."""

from __future__ import annotations

from sqlalchemy import select

from portal.db.tables.staff import LinkToken
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.links import make_link, redeem_link, revoke_links
from tests.support.doubles import Clock
from tests.support.factory import Factory


def _link(deps: Deps, make: Factory) -> tuple[str, str]:
    order = make.order()
    with deps.sessions.write(make.shop.id) as session:
        address = make_link(session, deps, make.shop, order.id)
    return order.public_id, address


def test_a_link_leads_to_the_shops_own_pages_and_opens_its_order(deps: Deps, make: Factory) -> None:
    public_id, address = _link(deps, make)
    assert address.startswith("https://portal.example/juniper/l/")
    assert redeem_link(deps, make.shop, address.rpartition("/")[2]) == public_id


def test_the_database_holds_a_hash_not_the_token(deps: Deps, make: Factory) -> None:
    _, address = _link(deps, make)
    token = address.rpartition("/")[2]
    with deps.sessions.read(make.shop.id) as session:
        row = session.scalars(select(LinkToken)).one()
    assert token not in row.token_hash
    assert len(row.token_hash) == 64


def test_a_link_dies_after_ninety_days_of_real_time(deps: Deps, make: Factory, clock: Clock) -> None:
    public_id, address = _link(deps, make)
    token = address.rpartition("/")[2]
    clock.advance(days=89)
    assert redeem_link(deps, make.shop, token) == public_id
    clock.advance(days=2)
    assert redeem_link(deps, make.shop, token) is None


def test_a_revoked_link_is_worthless_at_once(deps: Deps, make: Factory) -> None:
    public_id, address = _link(deps, make)
    token = address.rpartition("/")[2]
    with deps.sessions.write(make.shop.id) as session:
        row = session.scalars(select(LinkToken)).one()
        assert revoke_links(session, deps, make.shop, row.order_id) == 1
    assert redeem_link(deps, make.shop, token) is None
    assert public_id


def test_a_link_of_one_shop_opens_nothing_at_another(deps: Deps, make: Factory, other_shop: ShopRef) -> None:
    _, address = _link(deps, make)
    assert redeem_link(deps, other_shop, address.rpartition("/")[2]) is None


def test_forged_and_endless_tokens_open_nothing(deps: Deps, make: Factory) -> None:
    _link(deps, make)
    assert redeem_link(deps, make.shop, "guess") is None
    assert redeem_link(deps, make.shop, "x" * 10_000) is None
