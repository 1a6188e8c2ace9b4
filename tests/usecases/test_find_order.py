"""One look-up, one answer (reliability: D14, T01 to T03)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import event

from portal.errors import TooManyAttempts
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.find_order import Claim, find_order
from tests.support.doubles import Clock
from tests.support.factory import Factory

HOME = "203.0.113.7"


@pytest.mark.parametrize(
    "claim",
    [
        Claim("J-1042", email="ada@mail.example"),
        Claim(" j 1042 ", email="  ADA@Mail.Example "),
        Claim("#J1042", phone_last4="0199", postcode="122 07"),
        Claim("J-1042", phone_last4="+1 202 555 0199", postcode="12207"),
    ],
)
def test_number_and_a_second_factor_find_the_order_however_they_are_typed(
    deps: Deps, make: Factory, claim: Claim
) -> None:
    order = make.order(number="J-1042", email="ada@mail.example")
    assert find_order(deps, make.shop, claim, network=HOME) == order.public_id


@pytest.mark.parametrize(
    "claim",
    [
        Claim("J-1042", email="eve@mail.example"),
        Claim("J-9999", email="ada@mail.example"),
        Claim("J-1042"),
        Claim("J-1042", postcode="12207"),
        Claim("J-1042", phone_last4="0199"),
        Claim("J-1042", phone_last4="0199", postcode="99999"),
        Claim("J-1042", phone_last4="199", postcode="12207"),
        Claim("", email="ada@mail.example"),
        Claim("J-1042", email="\x00\x00"),
    ],
)
def test_anything_less_finds_nothing(deps: Deps, make: Factory, claim: Claim) -> None:
    make.order(number="J-1042", email="ada@mail.example")
    assert find_order(deps, make.shop, claim, network=HOME) is None


def test_an_order_without_factors_on_file_is_found_by_nobody(deps: Deps, make: Factory) -> None:
    make.order(number="J-1", email=None, phone_last4=None, ship_postal_code=None)
    for claim in (Claim("J-1", email=""), Claim("J-1", phone_last4="", postcode=""), Claim("J-1", email="\x00\x00")):
        assert find_order(deps, make.shop, claim, network=HOME) is None


def test_another_shops_order_is_not_found(
    deps: Deps, make: Factory, other_shop: ShopRef, make_in: Callable[[ShopRef], Factory]
) -> None:
    make_in(other_shop).order(number="N-1", email="jan@mail.example")
    assert find_order(deps, make.shop, Claim("N-1", email="jan@mail.example"), network=HOME) is None


def test_five_wrong_answers_lock_an_order_for_right_ones_too_from_any_network(deps: Deps, make: Factory) -> None:
    make.order(number="J-1042", email="ada@mail.example")
    for n in range(5):
        find_order(deps, make.shop, Claim("J-1042", email=f"guess{n}@mail.example"), network=f"203.0.113.{n}")
    with pytest.raises(TooManyAttempts):
        find_order(deps, make.shop, Claim("J-1042", email="ada@mail.example"), network="198.51.100.1")


def test_a_number_that_does_not_exist_is_locked_in_the_same_way(deps: Deps, make: Factory) -> None:
    for n in range(5):
        find_order(deps, make.shop, Claim("J-404", email=f"guess{n}@mail.example"), network=f"203.0.113.{n}")
    with pytest.raises(TooManyAttempts):
        find_order(deps, make.shop, Claim("J-404", email="x@mail.example"), network="198.51.100.1")


def test_ten_wrong_answers_a_day_are_the_end_for_an_order(deps: Deps, make: Factory, clock: Clock) -> None:
    refused = 0
    for n in range(12):
        try:
            find_order(deps, make.shop, Claim("J-1", email="x@mail.example"), network=f"203.0.113.{n}")
        except TooManyAttempts:
            refused += 1
        clock.advance(minutes=40)
    assert refused == 2


def test_a_network_has_twenty_wrong_answers_an_hour_over_all_orders(deps: Deps, make: Factory) -> None:
    for n in range(20):
        find_order(deps, make.shop, Claim(f"J-{n}", email="x@mail.example"), network="2001:db8::1")
    with pytest.raises(TooManyAttempts):
        find_order(deps, make.shop, Claim("J-77", email="x@mail.example"), network="2001:db8::2")


def test_right_answers_cost_nothing(deps: Deps, make: Factory) -> None:
    order = make.order(number="J-1042", email="ada@mail.example")
    for _ in range(25):
        assert find_order(deps, make.shop, Claim("J-1042", email="ada@mail.example"), network=HOME) == order.public_id


def test_wrong_unknown_and_right_do_the_same_work(deps: Deps, make: Factory) -> None:
    make.order(number="J-1042", email="ada@mail.example")

    def statements(claim: Claim) -> list[str]:
        seen: list[str] = []

        def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(deps.sessions.engine, "before_cursor_execute", note)
        find_order(deps, make.shop, claim, network=HOME)
        event.remove(deps.sessions.engine, "before_cursor_execute", note)
        return seen

    right = statements(Claim("J-1042", email="ada@mail.example"))
    assert right == statements(Claim("J-1042", email="eve@mail.example"))
    assert right == statements(Claim("J-9999", email="ada@mail.example"))


def test_a_claim_shows_no_personal_data_when_printed() -> None:
    assert "ada" not in repr(Claim("J-1042", email="ada@mail.example"))
