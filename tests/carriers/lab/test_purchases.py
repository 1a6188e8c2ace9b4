"""The lab's book of labels: who asks twice buys twice, and the book shows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from carriers.lab.clock import VirtualClock
from carriers.lab.orders import Order, Party
from carriers.lab.parcels import Kind
from carriers.lab.purchases import KeyReusedError
from carriers.lab.server import Lab
from carriers.lab.shelf import Shelf, as_uuid
from carriers.lab.world import World

SHOPPER = Party("Ada Example", "Hauptstr. 5", "Köln", "50667", "DE")
SHOP = Party("", "Kai 1", "Hamburg", "20457", "DE", company="Nordlicht")


def order(reference: str = "R-1", weight: int = 900) -> Order:
    return Order(SHOPPER, SHOP, weight, service="retoure", reference=reference)


def test_the_same_order_without_a_key_is_sold_again(lab: Lab) -> None:
    now = lab.clock.now()
    first, second = (lab.book.sell("gls", order(), now) for _ in range(2))
    assert first.number != second.number
    assert [sold.number for sold in lab.book.by_reference("gls", "R-1")] == [first.number, second.number]
    assert lab.book.by_reference("hermes_de", "R-1") == ()


def test_a_key_belongs_to_one_carrier_and_one_order(lab: Lab) -> None:
    now = lab.clock.now()
    first = lab.book.sell("usps", order(), now, key="k")
    assert lab.book.sell("usps", order(), now, key="k") is first
    assert lab.book.sell("fedex", order(), now, key="k") is not first
    with pytest.raises(KeyReusedError):
        lab.book.sell("usps", order("R-2"), now, key="k")
    assert [sold.carrier for sold in lab.purchases] == ["usps", "fedex"]


def test_one_carriers_sales_do_not_change_anothers_numbers(world: World, hands: Any) -> None:
    quiet, busy = (Lab(World(7, world.start), VirtualClock(hands, world.start)) for _ in range(2))
    busy.book.sell("ups", order(), world.start)
    assert quiet.book.sell("gls", order(), world.start) == busy.book.sell("gls", order(), world.start)


def test_a_label_puts_its_parcel_into_the_world_under_the_carrier_that_moves_it(lab: Lab) -> None:
    own = lab.book.sell("hermes_de", order(), lab.clock.now())
    brought = lab.book.sell("easypost", order(), lab.clock.now(), carried_by="ups")
    assert brought.number.startswith("1Z")
    assert lab.world.find("hermes_de", own.number)
    assert lab.world.find("ups", brought.number)
    assert lab.world.find("easypost", brought.number) is None
    parcel = lab.world.get(own.number)
    assert parcel is not None
    assert (parcel.origin.city, parcel.origin.tz, parcel.destination.city) == ("Köln", "Europe/Berlin", "Hamburg")
    assert parcel.scans[-1].kind is Kind.DELIVERED


def test_dhls_common_interface_knows_the_parcels_of_its_divisions(lab: Lab) -> None:
    number = lab.book.sell("dhl_parcel_de", order(), lab.clock.now()).number
    assert lab.world.find("dhl_unified", number)


def test_a_label_is_used_from_its_first_scan_on(lab: Lab) -> None:
    number = lab.book.sell("gls", order(), lab.clock.now()).number
    lab.clock.jump(timedelta(minutes=30))
    assert not lab.book.used(number, lab.clock.now())
    lab.clock.jump(timedelta(days=3))
    assert lab.book.used(number, lab.clock.now())


def test_returns_can_be_given_another_story(lab: Lab) -> None:
    lab.book.story = "lost"
    number = lab.book.sell("gls", order(), lab.clock.now()).number
    parcel = lab.world.get(number)
    assert parcel is not None
    assert parcel.scans[-1].kind is Kind.LOST


def test_the_labels_page_shows_what_was_paid_and_no_address(lab: Lab, caller: Any) -> None:
    sold = lab.book.sell("gls", order(), lab.clock.now(), handle="H-1")
    answer = caller.http.get("/_lab/labels")
    (entry,) = answer.get_json()
    assert (entry["carrier"], entry["number"], entry["handle"], entry["currency"]) == ("gls", sold.number, "H-1", "EUR")
    assert "Hauptstr" not in answer.get_data(as_text=True)
    assert "Hauptstr" not in repr(sold)


def test_a_shelf_gives_copies_and_the_same_ids_each_time() -> None:
    shelf, twin = Shelf(7), Shelf(7)
    assert [shelf.new_id() for _ in range(3)] == [twin.new_id() for _ in range(3)]
    shelf.put("cdek", "orders", "1", {"statuses": ["CREATED"]})
    taken = shelf.get("cdek", "orders", "1")
    assert taken is not None
    taken["statuses"].append("DELIVERED")
    assert shelf.get("cdek", "orders", "1") == {"statuses": ["CREATED"]}
    twin.load(shelf.to_dict())
    assert twin.all("cdek", "orders") == [{"statuses": ["CREATED"]}]
    assert twin.new_id() == shelf.new_id()
    assert shelf.drop("cdek", "orders", "1")
    assert not shelf.drop("cdek", "orders", "1")


def test_a_shelf_holds_so_much_and_no_more() -> None:
    shelf = Shelf(1)
    for number in range(2100):
        shelf.put("easypost", "trackers", str(number), {"number": number})
    assert len(shelf.all("easypost", "trackers")) == 2000
    assert shelf.get("easypost", "trackers", "0") is None


def test_an_id_can_be_written_as_a_uuid() -> None:
    assert as_uuid("0123456789abcdef0123456789abcdef") == "01234567-89ab-4def-a123-456789abcdef"
