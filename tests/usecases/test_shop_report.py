"""A shop in numbers, computed from what is stored; and the real data set from end to end."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.cli.orders import find_mapping
from portal.settings import ROOT
from portal.usecases.customer_values import recompute_values
from portal.usecases.deps import Deps
from portal.usecases.import_orders import import_orders
from portal.usecases.shop_report import as_of_moment, report_shop
from portal.usecases.shops import create_shop
from tests.support.factory import Factory, shop_document


def test_a_shop_without_orders_has_no_shares(deps: Deps, make: Factory) -> None:
    report = report_shop(deps, make.shop)
    assert report.as_json() == {
        "shop": "juniper",
        "orders": 0,
        "customers": 0,
        "delivered": 0,
        "late_by_minute": 0,
        "late_by_day": 0,
        "share_late_by_minute": 0.0,
        "share_late_by_day": 0.0,
        "vips": 0,
    }


def test_late_by_the_minute_and_late_by_the_day_are_two_things(deps: Deps, make: Factory) -> None:
    promise = datetime(2026, 11, 10, 17, tzinfo=UTC)  # noon in New York
    told: dict[str, Any] = {"promised_at": promise, "promised_on": date(2026, 11, 10), "timezone": "America/New_York"}
    for delivered in (None, promise, promise + timedelta(minutes=1), datetime(2026, 11, 11, 4, 59, tzinfo=UTC)):
        make.order(delivered_at=delivered, **told)
    make.order(delivered_at=datetime(2026, 11, 11, 5, 1, tzinfo=UTC), **told)
    report = report_shop(deps, make.shop)
    assert (report.orders, report.customers, report.delivered) == (5, 5, 4)
    assert (report.late_by_minute, report.late_by_day) == (3, 1)
    assert (report.share_late_by_minute, report.share_late_by_day) == (0.75, 0.25)


def test_a_promised_day_ends_where_the_recipient_lives(deps: Deps, make: Factory) -> None:
    for zone in ("Asia/Tokyo", "America/Los_Angeles"):
        make.order(
            promised_at=None,
            promised_on=date(2026, 11, 10),
            timezone=zone,
            delivered_at=datetime(2026, 11, 11, 3, tzinfo=UTC),  # the 11th in Tokyo, the 10th in Los Angeles
        )
    report = report_shop(deps, make.shop)
    assert (report.delivered, report.late_by_minute, report.late_by_day) == (2, 1, 1)


def test_an_earlier_day_shows_the_orders_and_vips_of_then(deps: Deps, make: Factory) -> None:
    ada = make.customer()
    then = deps.clock() - timedelta(days=500)
    for n in range(5):
        make.order(ada, total_minor=100, placed_at=then + timedelta(days=n))
    make.order(total_minor=100)
    recompute_values(deps, make.shop)
    assert report_shop(deps, make.shop).vips == 0
    early = report_shop(deps, make.shop, then + timedelta(days=5))
    assert (early.orders, early.customers, early.vips) == (5, 1, 1)
    assert report_shop(deps, make.shop, then + timedelta(days=4)).vips == 0


def test_a_day_begins_where_the_shop_is() -> None:
    assert as_of_moment(datetime.fromisoformat("2018-09-01"), "America/Sao_Paulo") == datetime(
        2018, 9, 1, 3, tzinfo=UTC
    )
    assert as_of_moment(datetime(2018, 9, 1, tzinfo=UTC), "America/Sao_Paulo") == datetime(2018, 9, 1, tzinfo=UTC)


OLIST = Path(os.environ.get("DOORSTEP_REFERENCE", "")) / "data" / "olist"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.skipif(
    not os.environ.get("DOORSTEP_REFERENCE") or not OLIST.is_dir(),
    reason="DOORSTEP_REFERENCE does not name the folder with the reference data",
)
def test_the_real_data_set_comes_in_whole_with_every_dirty_row_named(deps: Deps) -> None:
    document = shop_document(name="Olist", currency="BRL", country="BR", timezone="America/Sao_Paulo")
    shop = create_shop(deps, "olist", document)
    report = import_orders(deps, shop, OLIST, find_mapping("olist", ROOT / "config"))
    assert report.orders == {"read": 22_634, "created": 22_634, "updated": 0, "unchanged": 0, "rejected": 0}
    assert report.customers == {"created": 22_352, "updated": 0}
    assert report.reasons == {
        "rejected": {},
        "repaired": {},
        "noted": {
            "cancelled_with_delivery": 6,
            "delivered_before_handed_over": 5,
            "delivered_without_date": 6,
            "handed_over_before_approved": 227,
            "no_items": 740,
            "no_payment": 1,
            "payment_differs": 90,
            "payment_rounding": 50,
        },
    }
    numbers = report_shop(deps, shop)
    assert (numbers.orders, numbers.customers, numbers.delivered) == (22_634, 22_352, 19_802)
    assert numbers.late_by_minute == 1_598
    assert (round(numbers.share_late_by_minute, 4), round(numbers.share_late_by_day, 4)) == (0.0807, 0.0683)
    if os.environ.get("DOORSTEP_LONG"):  # `test_import_orders` tries the same on small files every time
        again = import_orders(deps, shop, OLIST, find_mapping("olist", ROOT / "config"))
        assert again.orders["unchanged"] == 22_634
