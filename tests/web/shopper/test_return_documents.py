"""The papers of a return are for whoever has proved to be its shopper."""

from __future__ import annotations

import pytest

from portal.usecases.deps import Deps
from tests.support.factory import Factory
from tests.web.shopper.test_return_label import an_order
from tests.web.shopper.test_return_label import shopper as shopper
from tests.web.shopper.test_return_parcel import begin
from tests.web.shopper.test_returns import Shopper

PAPERS = {
    "packing-slip.pdf": "application/pdf",
    "customs-invoice.pdf": "application/pdf",
    "return.ics": "text/calendar; charset=utf-8",
}


@pytest.mark.parametrize("paper", PAPERS)
def test_it_is_a_download_that_no_cache_keeps(shopper: Shopper, deps: Deps, make: Factory, paper: str) -> None:
    place = shopper.post(begin(shopper, an_order(deps, make, "CA"))).headers["Location"].partition("?")[0]
    answer = shopper.get(f"{place}/{paper}")
    assert (answer.status_code, answer.content_type) == (200, PAPERS[paper])
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("paper", PAPERS)
def test_nobody_else_gets_it(shopper: Shopper, deps: Deps, make: Factory, paper: str) -> None:
    order = an_order(deps, make, "CA")
    place = shopper.post(begin(shopper, order)).headers["Location"].partition("?")[0]
    shopper.client.delete_cookie("doorstep", domain="portal.example")
    assert "/track" in shopper.get(f"{place}/{paper}").headers["Location"]
    shopper.find(order)
    assert "/code" in shopper.get(f"{place}/{paper}").headers["Location"]
