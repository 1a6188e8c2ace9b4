"""Whose account a parcel is asked about with."""

from __future__ import annotations

import pytest

from portal.domain.carrier_accounts import AccountRef, choose

MINE, THEIRS = 1, 2
UPS = AccountRef(key="env:ups", adapter="ups", name="UPS")
UPS_STORED = AccountRef(key="3", adapter="ups", name="UPS")
UPS_MINE = AccountRef(key="4", adapter="ups", name="UPS", shop_id=MINE)
UPS_THEIRS = AccountRef(key="5", adapter="ups", name="UPS", shop_id=THEIRS)
EASY = AccountRef(key="env:easypost", adapter="easypost", name="EasyPost", aggregator=True)
EASY_MINE = AccountRef(key="6", adapter="easypost", name="EasyPost", aggregator=True, shop_id=MINE)
SHIPPO_MINE = AccountRef(key="10", adapter="shippo", name="Shippo", aggregator=True, shop_id=MINE)


@pytest.mark.parametrize(
    ("accounts", "carrier", "chosen"),
    [
        ([UPS, UPS_MINE, UPS_THEIRS, EASY_MINE], "ups", UPS_MINE),
        ([UPS_THEIRS, UPS, EASY_MINE], "ups", UPS),
        ([UPS, UPS_STORED], "ups", UPS_STORED),
        ([UPS_THEIRS, EASY, EASY_MINE], "ups", EASY_MINE),
        ([UPS, EASY], "japan_post", EASY),
        ([EASY, SHIPPO_MINE, EASY_MINE], "japan_post", EASY_MINE),
        ([UPS, UPS_THEIRS], "japan_post", None),
        ([UPS_THEIRS], "ups", None),
        ([], "ups", None),
    ],
)
def test_the_carriers_own_word_comes_before_an_aggregators_and_the_shops_account_before_the_installations(
    accounts: list[AccountRef], carrier: str, chosen: AccountRef | None
) -> None:
    assert choose(accounts, MINE, carrier) == chosen
    assert choose(list(reversed(accounts)), MINE, carrier) == chosen


def test_an_aggregator_is_asked_about_itself_only_by_its_own_code() -> None:
    assert choose([EASY, SHIPPO_MINE], MINE, "easypost") == EASY
