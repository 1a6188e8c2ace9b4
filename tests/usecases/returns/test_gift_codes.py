"""Gift codes: made once a form, kept as hashes, revocable, looked up within budgets, imported from the shop's own print."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from portal.db.tables.orders import Order
from portal.db.tables.return_flow import GiftCode
from portal.errors import Conflict, NotFound, TooManyAttempts
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.find_order import NETWORK_HOUR
from portal.usecases.returns.gift_codes import (
    MOST,
    find_gift,
    gift_codes_of,
    import_gift_codes,
    make_gift_code,
    revoke_gift_code,
)
from tests.support.doubles import Clock
from tests.usecases.returns.conftest import Desk

PLACE = "203.0.113.7"


def make(desk: Desk, order: Order, key: str = "a") -> str:
    return make_gift_code(desk.deps, desk.shop, order.public_id, key, "shopper")


def find(desk: Desk, code: str, network: str = PLACE) -> int | None:
    return find_gift(desk.deps, desk.shop, code, network=network)


def codes(desk: Desk) -> list[GiftCode]:
    return desk.all(GiftCode)


def test_a_code_finds_its_order_however_it_is_typed_and_is_not_kept_itself(desk: Desk) -> None:
    order = desk.order()
    code = make(desk, order)
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", code)
    (kept,) = codes(desk)
    assert (kept.order_id, kept.created_by) == (order.id, "shopper")
    assert code.replace("-", "") not in kept.code_hash.upper()
    assert find(desk, code) == find(desk, code.lower().replace("-", " ")) == kept.id


def test_the_same_form_again_is_the_same_code_and_another_form_another(desk: Desk) -> None:
    order = desk.order()
    assert make(desk, order) == make(desk, order) != make(desk, order, "b")
    assert len(codes(desk)) == 2
    assert make(desk, desk.order()) not in {make(desk, order)}


def test_codes_made_at_the_same_moment_from_one_form_are_one(desk: Desk) -> None:
    order = desk.order()
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(make(desk, order))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 16
    assert len(set(made)) == len(codes(desk)) == 1


def test_an_order_has_so_many_live_codes_and_no_more(desk: Desk) -> None:
    order = desk.order()
    for n in range(MOST):
        make(desk, order, f"{n}")
    with pytest.raises(Conflict):
        make(desk, order, "one more")
    assert not gift_codes_of(desk.deps, desk.shop, order.public_id).may_make
    revoke_gift_code(desk.deps, desk.shop, order.public_id, codes(desk)[0].id, "shopper")
    assert make(desk, order, "one more")


def test_a_revoked_code_opens_nothing_from_that_moment(desk: Desk, deps: Deps) -> None:
    order = desk.order()
    code = make(desk, order)
    for _ in range(2):
        revoke_gift_code(deps, desk.shop, order.public_id, codes(desk)[0].id, "shopper")
    assert find(desk, code) is None
    assert [one.is_live for one in gift_codes_of(deps, desk.shop, order.public_id).codes] == [False]
    with pytest.raises(NotFound):
        revoke_gift_code(deps, desk.shop, desk.order().public_id, codes(desk)[0].id, "shopper")


def test_another_shops_code_does_not_exist(desk: Desk, deps: Deps, other_shop: ShopRef) -> None:
    order = desk.order()
    code = make(desk, order)
    assert find_gift(deps, other_shop, code, network=PLACE) is None
    with pytest.raises(NotFound):
        gift_codes_of(deps, other_shop, order.public_id)


def test_guessing_is_throttled_and_right_answers_cost_nothing(desk: Desk) -> None:
    code = make(desk, desk.order())
    for _ in range(NETWORK_HOUR + 5):
        assert find(desk, code) is not None
    for n in range(NETWORK_HOUR):
        assert find(desk, f"AAAA-BBBB-{n:04d}") is None
    with pytest.raises(TooManyAttempts):
        find(desk, "AAAA-BBBB-CCCC")
    with pytest.raises(TooManyAttempts):
        find(desk, code)
    assert find(desk, code, "198.51.100.9") is not None


def test_an_hour_later_the_same_visitor_may_try_again(desk: Desk, clock: Clock) -> None:
    for n in range(NETWORK_HOUR):
        find(desk, f"AAAA-BBBB-{n:04d}")
    with pytest.raises(TooManyAttempts):
        find(desk, "AAAA-BBBB-CCCC")
    clock.advance(minutes=80)
    assert find(desk, "AAAA-BBBB-CCCC") is None


@contextmanager
def counted(desk: Desk) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(re.sub(r"\s+", " ", statement))

    event.listen(desk.deps.sessions.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(desk.deps.sessions.engine, "before_cursor_execute", note)


def test_wrong_unknown_and_revoked_are_one_answer_by_the_same_statements(desk: Desk, deps: Deps) -> None:
    order = desk.order()
    revoked = make(desk, order)
    revoke_gift_code(deps, desk.shop, order.public_id, codes(desk)[0].id, "shopper")
    asked = []
    for code in (revoked, "AAAA-BBBB-CCCC", "x", "§" * 90):
        with counted(desk) as statements:
            assert find(desk, code) is None
        asked.append(statements)
    assert asked[0] == asked[1] == asked[2] == asked[3]


def test_codes_that_the_shop_prints_come_from_a_list_and_the_same_list_again_changes_nothing(desk: Desk) -> None:
    one, other = desk.order(), desk.order()
    rows = [
        (one.number, "PRNT-0001-AAAA"),
        ("J-unknown", "PRNT-0002-AAAA"),
        (other.number.lower(), "SHORT"),
        (other.number, "PRNT-0001-AAAA"),
    ]
    done = import_gift_codes(desk.deps, desk.shop, rows)
    assert (done.added, done.unknown_orders, done.too_short, done.taken) == (1, (2,), (3,), (4,))
    assert import_gift_codes(desk.deps, desk.shop, rows[:1]).added == 0
    assert find(desk, "prnt 0001 aaaa") == codes(desk)[0].id
