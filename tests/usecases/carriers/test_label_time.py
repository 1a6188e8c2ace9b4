"""All calls of a purchase together may last less than its lease: a carrier that drips is left before somebody else begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from carriers.base import Account
from carriers.errors import CarrierError, ErrorKind
from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.server import Lab
from carriers.model import Address, LabelRequest
from portal.bootstrap import carriers as book
from portal.bootstrap.carriers import EnvironmentAccounts
from portal.usecases.deps import Deps
from portal.usecases.returns import label_effects
from tests.usecases.carriers.conftest import with_book

SHOPPER = Address("Ada Example", "12 Oak Street", "AUSTIN", "78704", "US", region="TX", phone="5125550100")
SHOP = Address("Returns", "2100 NE Broadway", "PORTLAND", "97232", "US", region="OR", phone="5035550100")
REQUEST = LabelRequest("rl-1", SHOPPER, SHOP, 900, rma="RMA-1", ship_on=date(2026, 11, 3))


def test_the_time_for_all_calls_is_shorter_than_the_lease() -> None:
    assert label_effects.LEASE.total_seconds() > book.LABEL_SECONDS


@pytest.mark.parametrize("code", ["usps", "easypost", "ups"])
def test_a_purchase_whose_time_is_over_before_it_began_buys_nothing(
    deps: Deps, lab: Lab, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    accounts = {code: Account(lab.base_url(code), LAB_CREDENTIALS[code])}
    real = with_book(deps, EnvironmentAccounts(accounts, {code: 1000.0}))
    monkeypatch.setattr(book, "LABEL_SECONDS", 0.0)
    with pytest.raises(CarrierError) as caught:
        real.carriers.create_label(code, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.SERVER_ERROR, False)
    assert lab.purchases == ()
    monkeypatch.setattr(book, "LABEL_SECONDS", 45.0)
    assert real.carriers.create_label(code, replace(REQUEST, reference="rl-2"), key="k").tracking_number
