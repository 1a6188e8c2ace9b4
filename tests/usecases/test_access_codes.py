"""Codes sent to the address on file: ten minutes, five tries, once, one browser."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.staff import AccessCode
from portal.errors import TooManyAttempts
from portal.usecases.access_codes import check_code, send_code
from portal.usecases.deps import Deps
from tests.support.doubles import Clock
from tests.support.factory import Factory

NET = "203.0.113.7"


def _sent(deps: Deps, make: Factory, order: Order, browser: str = "b1") -> str:
    send_code(deps, make.shop, order.public_id, browser=browser, network=NET)
    with deps.sessions.read(make.shop.id) as session:
        message = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    assert message is not None
    return str(message.payload["code"])


def test_the_code_goes_to_the_address_on_file_and_opens_once(deps: Deps, make: Factory) -> None:
    order = make.order(email="ada@mail.example")
    code = _sent(deps, make, order)
    with deps.sessions.read(make.shop.id) as session:
        assert session.scalars(select(OutboxMessage.recipient)).one() == "ada@mail.example"
    assert check_code(deps, make.shop, order.public_id, f" {code[:3]} {code[3:]} ", browser="b1")
    assert not check_code(deps, make.shop, order.public_id, code, browser="b1")


def test_the_database_holds_a_hash_of_the_code(deps: Deps, make: Factory) -> None:
    code = _sent(deps, make, make.order())
    with deps.sessions.read(make.shop.id) as session:
        assert code not in session.scalars(select(AccessCode.code_hash)).one()


def test_a_code_works_only_in_the_browser_that_asked(deps: Deps, make: Factory) -> None:
    order = make.order()
    code = _sent(deps, make, order, "b1")
    assert not check_code(deps, make.shop, order.public_id, code, browser="b2")
    assert check_code(deps, make.shop, order.public_id, code, browser="b1")


def test_a_code_of_one_order_opens_no_other(deps: Deps, make: Factory) -> None:
    one, other = make.order(), make.order()
    code = _sent(deps, make, one)
    assert not check_code(deps, make.shop, other.public_id, code, browser="b1")


def test_after_five_wrong_tries_the_right_code_is_too_late(deps: Deps, make: Factory) -> None:
    order = make.order()
    code = _sent(deps, make, order)
    for _ in range(5):
        assert not check_code(deps, make.shop, order.public_id, "000000", browser="b1")
    assert not check_code(deps, make.shop, order.public_id, code, browser="b1")


def test_a_code_dies_after_ten_minutes_of_real_time(deps: Deps, make: Factory, clock: Clock) -> None:
    order = make.order()
    code = _sent(deps, make, order)
    clock.advance(minutes=10)
    assert not check_code(deps, make.shop, order.public_id, code, browser="b1")


def test_in_the_demo_business_time_may_run_ahead_without_killing_the_code(
    deps: Deps, make: Factory, clock: Clock
) -> None:
    order = make.order()
    code = _sent(deps, make, order)
    clock.now = clock.now.replace(month=12)
    assert check_code(deps, make.shop, order.public_id, code, browser="b1")


def test_codes_are_not_sent_without_end(deps: Deps, make: Factory) -> None:
    order = make.order()
    for _ in range(3):
        _sent(deps, make, order)
    with pytest.raises(TooManyAttempts):
        send_code(deps, make.shop, order.public_id, browser="b1", network=NET)


def test_an_order_without_an_address_says_nothing_and_sends_nothing(deps: Deps, make: Factory) -> None:
    order = make.order(email=None)
    send_code(deps, make.shop, order.public_id, browser="b1", network=NET)
    with deps.sessions.read(make.shop.id) as session:
        assert [m.state for m in session.scalars(select(OutboxMessage))] in ([], ["suppressed"])
