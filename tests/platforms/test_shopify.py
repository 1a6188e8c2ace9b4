"""Refunds through Shopify's API, over real HTTP to a lab that plays it, with and without idempotency keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from carriers.base import Account
from carriers.errors import CarrierError, ErrorKind
from carriers.http import CarrierHttp
from carriers.lab.accounts import PLATFORM_TOKENS
from carriers.lab.clock import VirtualClock
from carriers.lab.server import Lab
from carriers.lab.wire.shopify import cards_in, put_order, refunds_in
from carriers.lab.world import World
from portal.domain.returns.labels import Outcome, outcome_of
from portal.platforms.refunds import MoneyAsk, MoneyLine, MoneyRecovery
from portal.platforms.shopify import Shopify

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
ASK = MoneyAsk("refund", "1001", 4_900, "USD", "key-1", "J-1-R1", (MoneyLine("gid://shopify/LineItem/1", 1),))
WITH_KEYS, WITHOUT = "2026-04", "2025-10"


@pytest.fixture(scope="module")
def running() -> Iterator[Lab]:
    with Lab(World(7, NOW), VirtualClock(lambda: NOW, NOW, 0)) as lab:
        yield lab


@pytest.fixture
def lab(running: Lab) -> Lab:
    running.faults.set("shopify", "none")
    running.shelf.load({"made": 0, "kept": {}})
    return running


@pytest.fixture
def http() -> Iterator[CarrierHttp]:
    http = CarrierHttp("platform", calls_per_second=500, total_deadline=3)
    yield http
    http.close()


def account(lab: Lab, version: str = WITH_KEYS) -> Account:
    return Account(f"{lab.url}/shopify", {"token": PLATFORM_TOKENS["shopify"], "version": version})


@pytest.mark.parametrize("version", [WITH_KEYS, WITHOUT])
def test_a_refund_goes_back_the_way_it_was_paid_and_can_be_found_by_our_key(
    lab: Lab, http: CarrierHttp, version: str
) -> None:
    shop = Shopify()
    assert shop.find(http, account(lab, version), ASK) is None
    done = shop.pay(http, account(lab, version), ASK)
    assert (done.amount_minor, done.currency) == (4_900, "USD")
    assert shop.find(http, account(lab, version), ASK) == done
    assert shop.find(http, account(lab, version), replace(ASK, key="key")) is None
    (kept,) = refunds_in(lab.shelf)
    assert kept["note"] == "J-1-R1 [key-1]"


def test_the_same_key_pays_once_where_the_platform_knows_keys_and_twice_where_it_does_not(
    lab: Lab, http: CarrierHttp
) -> None:
    """Why what is in doubt is listed first: an older version would pay again."""
    shop = Shopify()
    assert shop.recovery(account(lab), "refund") is MoneyRecovery.NATIVE_KEY
    assert shop.pay(http, account(lab), ASK) == shop.pay(http, account(lab), ASK)
    assert len(refunds_in(lab.shelf)) == 1
    with pytest.raises(CarrierError, match="same idempotency key"):
        shop.pay(http, account(lab), replace(ASK, amount_minor=1))
    assert shop.recovery(account(lab, WITHOUT), "refund") is MoneyRecovery.LIST_FIRST
    for _ in range(2):
        shop.pay(http, account(lab, WITHOUT), ASK)
    assert len(refunds_in(lab.shelf)) == 3


@pytest.mark.parametrize(
    ("currency", "minor", "amount"), [("JPY", 4_900, "4900"), ("KWD", 4_900, "4.900"), ("EUR", 5, "0.05")]
)
def test_currencies_with_other_decimals_are_other_minor_units(
    lab: Lab, http: CarrierHttp, currency: str, minor: int, amount: str
) -> None:
    put_order(lab.shelf, "7", "5000.000", currency)
    done = Shopify().pay(http, account(lab), replace(ASK, order="7", amount_minor=minor, currency=currency))
    assert (done.amount_minor, done.currency) == (minor, currency)
    assert refunds_in(lab.shelf)[0]["totalRefundedSet"]["presentmentMoney"]["amount"] == amount


@pytest.mark.parametrize(
    ("fault", "outcome", "refunds"),
    [
        ("429", Outcome.AGAIN, 0),
        ("500", Outcome.UNKNOWN, 0),
        ("500_after", Outcome.UNKNOWN, 1),
        ("answer_lost", Outcome.UNKNOWN, 1),
        ("request_lost", Outcome.UNKNOWN, 0),
        ("html", Outcome.UNKNOWN, 1),
        ("truncated", Outcome.UNKNOWN, 1),
        ("garbage", Outcome.UNKNOWN, 1),
        ("timeout", Outcome.UNKNOWN, 0),
    ],
)
def test_whatever_goes_wrong_with_the_call_that_pays_is_read_for_what_it_means_for_the_money(
    lab: Lab, http: CarrierHttp, fault: str, outcome: Outcome, refunds: int
) -> None:
    lab.faults.set("shopify", fault, calls=1, on="refund")
    with pytest.raises(CarrierError) as failed:
        Shopify().pay(http, account(lab), ASK)
    assert outcome_of(failed.value) is outcome
    assert len(refunds_in(lab.shelf)) == refunds
    assert bool(Shopify().find(http, account(lab), ASK)) == bool(refunds)


@pytest.mark.parametrize("fault", ["500", "answer_lost", "html", "429"])
def test_what_fails_before_the_call_that_pays_has_surely_not_paid(lab: Lab, http: CarrierHttp, fault: str) -> None:
    lab.faults.set("shopify", fault, on="look")
    with pytest.raises(CarrierError) as failed:
        Shopify().pay(http, account(lab), ASK)
    assert outcome_of(failed.value) is Outcome.AGAIN
    assert refunds_in(lab.shelf) == []


def test_more_than_was_paid_is_refused_and_so_is_a_wrong_token(lab: Lab, http: CarrierHttp) -> None:
    put_order(lab.shelf, "8", "48.99", "USD")
    with pytest.raises(CarrierError, match="leave less") as failed:
        Shopify().pay(http, account(lab), replace(ASK, order="8"))
    assert outcome_of(failed.value) is Outcome.REFUSED
    with pytest.raises(CarrierError) as refused:
        Shopify().pay(http, replace(account(lab), credentials={"token": "other"}), ASK)
    assert refused.value.kind is ErrorKind.AUTH
    assert refunds_in(lab.shelf) == []


def test_an_order_in_another_currency_is_not_refunded(lab: Lab, http: CarrierHttp) -> None:
    put_order(lab.shelf, "9", "100.00", "EUR")
    with pytest.raises(CarrierError) as failed:
        Shopify().pay(http, account(lab), replace(ASK, order="9"))
    assert outcome_of(failed.value) is Outcome.REFUSED


def test_a_gift_card_has_our_code_and_is_issued_once(lab: Lab, http: CarrierHttp) -> None:
    ask = replace(ASK, kind="credit", code="ABCDEFGH2345")
    for version in (WITH_KEYS, WITHOUT):
        for _ in range(2):
            assert Shopify().pay(http, account(lab, version), ask).amount_minor == 4_900
    assert [card["code"] for card in cards_in(lab.shelf)] == ["ABCDEFGH2345"]


def test_neither_the_account_nor_the_ask_shows_its_secrets(lab: Lab) -> None:
    shown = f"{account(lab)!r} {replace(ASK, code='ABCDEFGH2345')!r}"
    assert PLATFORM_TOKENS["shopify"] not in shown
    assert "ABCDEFGH2345" not in shown
