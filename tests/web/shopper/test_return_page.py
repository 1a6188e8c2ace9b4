"""The page of a return afterwards: the answer first, in words that accuse nobody, and never a dead end."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from carriers.errors import CarrierError, ErrorKind
from portal.db.tables.orders import OrderLine
from portal.db.tables.return_flow import ReturnPhoto
from portal.db.tables.returns import Return, ReturnEvent, ReturnOrder
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.photos import attach, save_photo
from portal.usecases.shops import apply_config
from tests.support.doubles import Clock, FakeCarriers
from tests.support.factory import Factory, shop_document
from tests.usecases.returns import pictures
from tests.usecases.returns.conftest import Desk
from tests.web.shopper.test_return_label import shopper as shopper
from tests.web.shopper.test_returns import Shopper


class Page:
    """One return, and what its page says of it."""

    def __init__(self, shopper: Shopper, deps: Deps, make: Factory) -> None:
        self.shopper, self.deps, self.desk = shopper, deps, Desk(deps, make)
        self.order = self.desk.order({"quantity": 2, "title": "Linen shirt"})
        self.public_id = self.desk.submit(self.order, 1)

    @property
    def row(self) -> Return:
        return self.desk.returned(self.public_id)

    def stands(self, **values: Any) -> Page:
        with self.deps.sessions.write(self.row.shop_id) as session:
            row = session.scalars(select(Return).where(Return.public_id == self.public_id)).one()
            for name, value in values.items():
                setattr(row, name, value)
            row.due_minor = row.goods_minor + row.shipping_minor - row.fee_minor - row.exchange_minor + row.bonus_minor
        return self

    @property
    def path(self) -> str:
        return f"/juniper/returns/{self.public_id}"

    @property
    def text(self) -> str:
        self.shopper.follow_link(self.order)
        answer = self.shopper.get(self.path)
        assert answer.status_code == 200
        body = answer.text.partition("<main")[2].partition("<footer")[0]
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


@pytest.fixture
def page(shopper: Shopper, deps: Deps, make: Factory) -> Page:
    return Page(shopper, deps, make)


def test_who_waits_for_an_answer_reads_by_when_and_what_not_to_do(page: Page) -> None:
    text = page.stands(decision="submitted", parcel="none", money="none").text
    assert "We are looking at your return" in text
    assert "answers by Friday, November 20" in text
    assert "do not send anything yet" in text
    assert "Label" not in text


def test_who_was_turned_down_reads_why_and_what_can_be_done(page: Page) -> None:
    refused = page.stands(decision="rejected", parcel="none", money="none", reject_code="used", reject_words=None)
    assert "The items were used or damaged" in refused.text
    assert "If you see it differently, write to us" in refused.text
    own = page.stands(reject_code="other", reject_words="It is not ours.")
    assert "It is not ours." in own.text
    assert "We cannot take these items back." not in own.text
    again = page.stands(reject_code="photo_missing", reject_words=None)
    assert "Send it in again" in again.text


def test_who_came_too_late_can_have_it_opened_again(page: Page) -> None:
    text = page.stands(decision="expired", parcel="label_lapsed", money="none").text
    assert "The time for this return is over" in text
    assert "we can open this return again" in text


def test_who_is_looked_at_more_closely_is_accused_of_nothing(page: Page, clock: Clock) -> None:
    text = page.stands(parcel="delivered_to_us", held_at=clock.now, risk={"score": 90, "points": []}).text
    assert "somebody here looks at this return" in text
    assert "As soon as somebody has looked at it." in text
    for word in ("risk", "fraud", "suspicious", "score", "90"):
        assert word not in text.lower()


def test_what_was_opened_again_says_so(page: Page, deps: Deps, clock: Clock) -> None:
    row = page.row
    with deps.sessions.write(row.shop_id) as session:
        session.add(
            ReturnEvent(
                shop_id=row.shop_id,
                return_id=row.id,
                machine="decision",
                from_state="rejected",
                to_state="approved",
                at=clock.now,
                actor="staff 1",
                why="a second look",
            )
        )
    assert "We opened this return again on Wednesday, November 18" in page.text
    assert "a second look" not in page.text


def test_each_sum_says_what_it_is_and_when_and_where_it_goes(page: Page, clock: Clock) -> None:
    page.stands(parcel="delivered_to_us", fee_minor=500, shipping_minor=590)
    text = page.text
    for part in ("Items $", "Postage of your order +$5.90", "Fee for the return −$5.00", "to the way you paid with"):
        assert part in text
    paid = page.stands(money="paid", money_at=clock.now, received_at=clock.now).text
    assert "Sent on Wednesday, November 18" in paid
    failed = page.stands(money="failed").text
    assert "did not work at the first try" in failed
    credit = page.stands(money="paid", resolution="store_credit", credit_code="JUN-1", bonus_minor=490).text
    assert "Extra for choosing credit +$4.90" in credit
    assert "JUN-1" in credit


def test_the_last_day_says_why(page: Page) -> None:
    assert "That is 14 days from the day this return was agreed." in page.text
    law = page.stands(kind="withdrawal", refund_by=date(2026, 12, 2)).text
    assert "as the law says" in law
    assert "At the latest by law Wednesday, December 2" in law


def test_a_label_that_does_not_come_leaves_another_way_open(
    page: Page, deps: Deps, carriers: FakeCarriers, clock: Clock
) -> None:
    carriers.label_error = CarrierError(ErrorKind.SERVER_ERROR, "down", sent=False)
    run_effects(deps)
    text = page.text
    assert "The carrier cannot make a label just now" in text
    assert "Your return stands" in text
    assert "Or send it back another way now" in text
    answer = page.shopper.send(page.shopper.get(page.path), f"{page.path}/way", way="own_parcel|")
    assert answer.status_code == 303
    assert "Now send your parcel to us" in page.text or "now send us your parcel" in page.text
    carriers.label_error = None
    again = page.shopper.send(page.shopper.get(page.path), f"{page.path}/way", way="own_parcel|", form_key="late")
    assert "The way back can no longer be changed." in unescape(page.shopper.get(again.headers["Location"]).text)


def test_a_shop_says_where_it_is_and_shows_a_code(page: Page, deps: Deps, shop: ShopRef) -> None:
    store = {
        "name": "Juniper Burlington",
        "line1": "1 Church Street",
        "city": "Burlington",
        "postal_code": "05401",
        "country": "US",
        "hours": "Mon to Sat, 9 to 6",
    }
    document = shop_document()
    apply_config(deps, shop.slug, document | {"returns": {**document.get("returns", {}), "stores": [store]}})
    text = page.stands(method="in_store", parcel="none", store="Juniper Burlington").text
    for part in (
        "Now bring it to our shop",
        "1 Church Street",
        "Mon to Sat, 9 to 6",
        page.row.rma,
        "You need no label.",
    ):
        assert part in text
    assert "Label ready" not in text


def test_a_pickup_says_the_day_and_what_to_prepare(page: Page, deps: Deps, clock: Clock) -> None:
    run_effects(deps)
    text = page.stands(method="pickup", pickup_on=(clock.now + timedelta(days=2)).date()).text
    assert "On Friday, November 20 USPS comes for it." in text
    assert "counter" not in text


def test_what_is_kept_or_given_away_sends_nothing(page: Page) -> None:
    kept = page.stands(method="keep", parcel="none").text
    assert "Please do not send it." in kept
    assert "Packing slip" not in kept
    assert "give it to somebody" in page.stands(method="donate").text


def test_several_orders_are_told_apart(page: Page, deps: Deps, make: Factory) -> None:
    row = page.row
    other = page.desk.order({"title": "Wool socks"})
    assert f"From order {page.order.number}" not in page.text
    with deps.sessions.write(row.shop_id) as session:
        session.add(ReturnOrder(shop_id=row.shop_id, return_id=row.id, order_id=other.id, policy_version=1))
    assert f"From order {page.order.number}" in page.text


def test_a_return_that_staff_made_looks_the_same(page: Page) -> None:
    before = page.text
    assert page.stands(filed_by="customer_support", requested_by="staff 3").text == before


def test_the_shopper_s_pictures_are_shown_small(page: Page, deps: Deps) -> None:
    row = page.row
    with deps.sessions.read(row.shop_id) as session:
        line = session.scalars(select(OrderLine.id).where(OrderLine.order_id == page.order.id)).one()
    photo = save_photo(deps, page.desk.shop, page.order.public_id, line, pictures.jpeg())
    with deps.sessions.write(row.shop_id) as session:
        attach(session, session.get_one(Return, row.id), [photo])
        assert session.scalars(select(ReturnPhoto)).one().return_id == row.id
    page.shopper.follow_link(page.order)
    shown = page.shopper.get(page.path).text
    source = f"/juniper/orders/{page.order.public_id}/return/photos/{photo}.jpg"
    assert f'src="{source}?small=1"' in shown
    assert page.shopper.get(f"{source}?small=1").status_code == 200


def test_its_papers_are_offered_while_it_is_the_shopper_s_turn(page: Page) -> None:
    page.shopper.follow_link(page.order)
    links = re.findall(r'href="([^"]+)"', page.shopper.get(page.path).text)
    assert {f"{page.path}/packing-slip.pdf", f"{page.path}/return.ics"} <= set(links)
    assert f"{page.path}/customs-invoice.pdf" not in links
    page.stands(parcel="in_transit")
    assert f"{page.path}/packing-slip.pdf" not in page.shopper.get(page.path).text


def test_the_buyer_of_a_present_does_not_see_its_return(page: Page) -> None:
    page.stands(kind="gift", sender={"name": "Bo"})
    page.shopper.follow_link(page.order)
    for path in ("", "/packing-slip.pdf", "/return.ics", "/label.pdf", "/cancel"):
        assert page.shopper.get(page.path + path).status_code == 404


def test_it_can_be_changed_and_called_off_until_the_carrier_has_it(page: Page) -> None:
    change = f"/juniper/orders/{page.order.public_id}/returns/{page.public_id}/change"
    page.shopper.follow_link(page.order)
    here = page.shopper.get(page.path).text
    assert f'href="{change}"' in here
    assert f'href="{page.path}/cancel"' in here
    assert page.shopper.get(change).status_code == 200
    page.stands(parcel="in_transit")
    later = page.shopper.get(page.path).text
    assert f'href="{change}"' not in later
    assert f'href="{page.path}/cancel"' not in later
