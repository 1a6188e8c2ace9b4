"""The questions of a return without script: several orders, reasons and pictures, offers, what is wanted instead, the way
back, and a draft that goes on elsewhere."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from portal.db.tables.catalogue import Variant
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.return_flow import ReturnDraft, ReturnPhoto
from portal.db.tables.returns import Return, ReturnItem
from portal.usecases.compose import compose
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import create_shop
from tests.support.factory import Factory, shop_document
from tests.usecases.returns import pictures
from tests.web.shopper.test_returns import Shopper

SETTINGS: dict[str, Any] = {
    "resolutions": ["refund", "store_credit", "exchange"],
    "methods": ["label", "pickup", "in_store", "own_parcel"],
    "fee_minor": 500,
    "credit_bonus_percent": 10,
    "stores": [
        {
            "name": "Mill Road shop",
            "line1": "400 Mill Road",
            "city": "Burlington",
            "postal_code": "05401",
            "country": "US",
            "hours": "10 am to 6 pm",
        }
    ],
    "offers": {"keep_percent": {"style_or_colour": 20}},
    "photo_reasons": ["damaged_in_transit"],
    "rules": [
        {
            "id": "hygiene",
            "when": {"product_type": ["Underwear"], "return_reason": ["changed_mind"]},
            "then": {"reject": True},
            "says": {"en": "Underwear goes back only when something is wrong with it."},
        }
    ],
}


@pytest.fixture
def shop(deps: Deps) -> ShopRef:
    return create_shop(deps, "juniper", shop_document(returns=SETTINGS))


@pytest.fixture
def shopper(visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef) -> Shopper:
    return Shopper(visit(), deps, shop)


@pytest.fixture
def order(deps: Deps, make: Factory) -> Order:
    for rank, (size, stock, price) in enumerate((("S", 4, 3_900), ("M", 1, 4_900), ("L", 1, 4_900), ("XL", 0, 4_900))):
        make.variant(
            f"SHIRT-{size}",
            product_ref="SHIRT",
            variant=f"Blue, {size}",
            size_rank=rank,
            stock=stock,
            price_minor=price,
        )
    make.variant("MUG", product_ref="MUG", title="Stoneware mug", variant=None, stock=9, price_minor=2_000)
    return an_order(
        deps,
        make,
        {"sku": "SHIRT-M", "product_ref": "SHIRT", "variant": "Blue, M", "product_type": "Shirts"},
        {"sku": "BRIEF", "title": "Briefs", "product_type": "Underwear", "unit_price_minor": 1_100},
    )


def an_order(deps: Deps, make: Factory, *lines: dict[str, Any], **changes: Any) -> Order:
    """An order that arrived three days ago, without a discount."""
    now = deps.clock()
    goods = sum(line.get("unit_price_minor", 4_900) * line.get("quantity", 1) for line in lines)
    values: dict[str, Any] = {
        "placed_at": now - timedelta(days=9),
        "handed_over_at": now - timedelta(days=7),
        "delivered_at": now - timedelta(days=3),
        "total_minor": goods + 590,
    }
    return make.order(lines=list(lines), **(values | changes))


def line_of(deps: Deps, order: Order, position: int = 1) -> int:
    with deps.sessions.read(order.shop_id) as session:
        return session.scalars(
            select(OrderLine.id).where(OrderLine.order_id == order.id, OrderLine.position == position)
        ).one()


def base(order: Order) -> str:
    return f"/juniper/orders/{order.public_id}/return"


def where(answer: TestResponse) -> str:
    """The last part of the address that an answer leads to."""
    assert answer.status_code == 303, answer.text[:3000]
    return answer.headers["Location"].split("#")[0].rpartition("/")[2]


def returns_of(deps: Deps, order: Order) -> list[Return]:
    with deps.sessions.read(order.shop_id) as session:
        return list(session.scalars(select(Return).where(Return.order_id == order.id)))


def items_of(deps: Deps, order: Order) -> list[ReturnItem]:
    with deps.sessions.read(order.shop_id) as session:
        return list(session.scalars(select(ReturnItem).order_by(ReturnItem.order_line_id)))


def begin(shopper: Shopper, order: Order, reason: str, *, position: int = 1, **more: Any) -> TestResponse:
    """The first two questions, about one line."""
    shopper.follow_link(order)
    line = line_of(shopper.deps, order, position)
    assert where(shopper.post(base(order), **{f"line-{line}": "1"})) == "reasons"
    return shopper.post(f"{base(order)}/reasons", **{f"reason-{line}": reason}, **more)


# Reasons


def test_a_reason_is_asked_more_exactly_by_the_kind_of_product(shopper: Shopper, deps: Deps, order: Order) -> None:
    line = line_of(deps, order)
    sub = f"sub-{line}-size_too_small"
    more: dict[str, Any] = {sub: "chest"}
    answer = begin(shopper, order, "size_too_small", **more)
    assert where(answer) == "offers"
    page = shopper.get(f"{base(order)}/reasons").text
    assert f'name="{sub}" value="chest" checked' in page
    assert f'name="{sub}" value="hips"' not in page  # a shirt has none
    answer = shopper.post(f"{base(order)}/reasons", **{f"reason-{line}": "size_too_large", sub: "chest"})
    assert f'name="{sub}" value="chest" checked' not in shopper.get(f"{base(order)}/reasons").text


def test_a_rule_that_turns_a_reason_down_says_so_in_its_own_words_beside_it(
    shopper: Shopper, deps: Deps, order: Order
) -> None:
    line = line_of(deps, order, 2)
    answer = begin(shopper, order, "changed_mind", position=2)
    assert answer.status_code == 422
    assert "Underwear goes back only when something is wrong with it." in answer.text
    assert f'id="reason-{line}-error"' in answer.text
    later = shopper.get(f"{base(order)}/resolution")  # by a bookmark
    assert later.headers["Location"].endswith("/reasons?refused=1")
    assert "Underwear goes back only" in shopper.get(later.headers["Location"]).text


def test_the_second_item_may_go_back_for_the_same_reason(shopper: Shopper, deps: Deps, order: Order) -> None:
    one, two = line_of(deps, order), line_of(deps, order, 2)
    shopper.follow_link(order)
    shopper.post(base(order), **{f"line-{one}": "1", f"line-{two}": "1"})
    shopper.post(f"{base(order)}/reasons", **{f"reason-{one}": "ordered_wrong", f"reason-{two}": "same"})
    with deps.sessions.read(order.shop_id) as session:
        choices = session.scalars(select(ReturnDraft.content)).one()["choices"]
    assert [choice["reason"] for choice in choices] == ["ordered_wrong", "ordered_wrong"]


# Pictures


def upload(shopper: Shopper, path: str, data: bytes, line: int, **fields: Any) -> TestResponse:
    """The form of reasons with a picture in it, as a browser without script sends it."""
    page = shopper.get(path)
    token = re.findall(r'name="csrf_token" value="([^"]*)"', page.text)[0]
    fields |= {"csrf_token": token, f"photo-{line}": (io.BytesIO(data), "a.jpg")}
    return shopper.client.post(
        path, data=fields, content_type="multipart/form-data", headers={"Sec-Fetch-Site": "same-origin"}
    )


def test_a_picture_that_is_asked_for_has_to_come_and_can_be_taken_away_again(
    shopper: Shopper, deps: Deps, order: Order
) -> None:
    line, path = line_of(deps, order), f"{base(order)}/reasons"
    answer = begin(shopper, order, "damaged_in_transit")
    assert answer.status_code == 422
    assert "Please add a picture." in answer.text
    wrong = upload(shopper, path, b"<svg/>", line, add=str(line), **{f"reason-{line}": "damaged_in_transit"})
    assert wrong.status_code == 422
    assert "Please choose a JPEG, PNG or WebP file." in wrong.text
    data = pictures.as_format("JPEG", pictures.picture(64, 64))
    answer = upload(shopper, path, data, line, add=str(line), **{f"reason-{line}": "damaged_in_transit"})
    assert answer.headers["Location"].endswith(f"/reasons#photos-{line}")
    (photo,) = re.findall(r"return/photos/([^.]+)\.jpg\?small=1", shopper.get(path).text)
    assert where(shopper.post(path, **{f"reason-{line}": "damaged_in_transit"})) == "resolution"
    shopper.post(path, **{f"reason-{line}": "damaged_in_transit", "remove": f"{line}:{photo}"})
    assert "return/photos/" not in shopper.get(path).text
    with deps.sessions.read(order.shop_id) as session:
        assert session.scalars(select(ReturnPhoto)).all() == []
    shopper.post(f"{base(order)}/resolution", resolution="refund")
    shopper.post(f"{base(order)}/method", method="label")
    answer = shopper.get(f"{base(order)}/review")
    assert answer.headers["Location"].endswith("/reasons?photo=1")
    assert "Please add a picture." in shopper.get(answer.headers["Location"]).text


def test_a_picture_sent_with_the_answers_goes_with_the_return(shopper: Shopper, deps: Deps, order: Order) -> None:
    line = line_of(deps, order)
    begin(shopper, order, "damaged_in_transit")
    data = pictures.as_format("PNG", pictures.picture(64, 64))
    answer = upload(shopper, f"{base(order)}/reasons", data, line, **{f"reason-{line}": "damaged_in_transit"})
    assert where(answer) == "resolution"
    shopper.post(f"{base(order)}/resolution", resolution="refund")
    shopper.post(f"{base(order)}/method", method="label")
    assert "1 picture" in shopper.get(f"{base(order)}/review").text
    shopper.post(f"{base(order)}/review")
    (made,) = returns_of(deps, order)
    with deps.sessions.read(order.shop_id) as session:
        assert session.scalars(select(ReturnPhoto.return_id)).all() == [made.id]


def test_who_only_found_the_order_confirms_first_and_loses_no_answer(
    shopper: Shopper, deps: Deps, order: Order
) -> None:
    line = line_of(deps, order)
    shopper.find(order)
    shopper.post(base(order), **{f"line-{line}": "1"})
    page = shopper.get(f"{base(order)}/reasons").text
    assert 'type="file"' not in page
    answer = shopper.post(f"{base(order)}/reasons", **{f"reason-{line}": "defective", "prove": str(line)})
    assert f"/orders/{order.public_id}/code?next=" in answer.headers["Location"]
    assert 'value="defective" checked' in shopper.get(f"{base(order)}/reasons").text


# Offers


def test_the_next_size_is_offered_with_its_stock_and_taken_with_one_choice(
    shopper: Shopper, deps: Deps, order: Order
) -> None:
    line = line_of(deps, order)
    assert where(begin(shopper, order, "size_too_small")) == "offers"
    page = shopper.get(f"{base(order)}/offers").text
    assert "Send me Blue, L instead" in page
    assert "1 left in stock" in page
    assert f'id="offer-{line}-none" name="offer-{line}" value="" checked' in page  # skipping is one click
    assert where(shopper.post(f"{base(order)}/offers", **{f"offer-{line}": "next_size"})) == "exchange"
    page = shopper.get(f"{base(order)}/exchange").text
    assert re.search(r'value="SHIRT-L" checked', page)
    answer = shopper.post(f"{base(order)}/exchange", **{f"want-{line}": "SHIRT-L", "fallback": "store_credit"})
    assert where(answer) == "method"
    shopper.post(f"{base(order)}/method", method="label")
    review = unescape(shopper.get(f"{base(order)}/review").text)
    assert "Instead: Linen shirt, Blue, L" in review
    assert "If it sells out before we can send it, you get store credit." in review
    shopper.post(f"{base(order)}/review")
    (made,) = returns_of(deps, order)
    assert (made.resolution, made.fallback, made.exchange) == ("exchange", "store_credit", "reserved")
    assert [item.exchange_sku for item in items_of(deps, order)] == ["SHIRT-L"]


def test_declining_an_offer_takes_one_click_and_leaves_nothing_behind(
    shopper: Shopper, deps: Deps, order: Order
) -> None:
    line = line_of(deps, order)
    begin(shopper, order, "size_too_small")
    shopper.post(f"{base(order)}/offers", **{f"offer-{line}": "next_size"})
    assert where(shopper.post(f"{base(order)}/offers", **{f"offer-{line}": ""})) == "resolution"
    with deps.sessions.read(order.shop_id) as session:
        (choice,) = session.scalars(select(ReturnDraft.content)).one()["choices"]
    assert (choice["exchange_sku"], choice["outcome"]) == ("", "send_back")


def test_keeping_it_for_a_part_of_the_money_needs_no_way_back(shopper: Shopper, deps: Deps, order: Order) -> None:
    line = line_of(deps, order)
    assert where(begin(shopper, order, "style_or_colour")) == "offers"
    assert "Keep it, and get $9.80 back" in shopper.get(f"{base(order)}/offers").text
    assert where(shopper.post(f"{base(order)}/offers", **{f"offer-{line}": "keep"})) == "resolution"
    page = shopper.get(f"{base(order)}/resolution").text
    assert "Money back: " in page
    assert "$9.80" in page
    assert "if the parcel sets off today" not in page
    assert where(shopper.post(f"{base(order)}/resolution", resolution="refund")) == "review"
    review = shopper.get(f"{base(order)}/review").text
    assert "You keep it and get a part of the money back." in review
    assert "How it goes back" not in review
    assert shopper.post(f"{base(order)}/review").status_code == 303
    assert [(i.outcome, i.keep_minor) for i in items_of(deps, order)] == [("keep", 980)]


def test_a_missing_part_is_sent_and_nothing_else_is_asked(shopper: Shopper, deps: Deps, order: Order) -> None:
    line = line_of(deps, order)
    assert where(begin(shopper, order, "missing_parts")) == "offers"
    assert where(shopper.post(f"{base(order)}/offers", **{f"offer-{line}": "part"})) == "review"
    assert "You keep it, and we send you what is missing." in shopper.get(f"{base(order)}/review").text
    shopper.post(f"{base(order)}/review")
    assert [item.outcome for item in items_of(deps, order)] == ["part"]


def test_another_reason_takes_back_what_was_offered_for_the_former_one(
    shopper: Shopper, deps: Deps, order: Order
) -> None:
    line = line_of(deps, order)
    begin(shopper, order, "style_or_colour")
    shopper.post(f"{base(order)}/offers", **{f"offer-{line}": "keep"})
    answer = shopper.post(f"{base(order)}/reasons", **{f"reason-{line}": "changed_mind"})
    assert where(answer) == "resolution"
    with deps.sessions.read(order.shop_id) as session:
        assert session.scalars(select(ReturnDraft.content)).one()["choices"][0]["outcome"] == "send_back"


# What you get


def test_each_sum_each_fee_and_each_day_is_said_before_the_choice(shopper: Shopper, deps: Deps, order: Order) -> None:
    begin(shopper, order, "changed_mind")
    page = unescape(shopper.get(f"{base(order)}/resolution").text)
    for words in ("$44.00", "−$5.00", "$48.40", "+$4.40", "You can expect it by", "Something else instead"):
        assert words in page
    line = line_of(deps, order)
    shopper.post(f"{base(order)}/reasons", **{f"reason-{line}": "wrong_item_sent"})
    page = shopper.get(f"{base(order)}/resolution").text
    assert "none: this one is on us" in page
    assert "−$5.00" not in page


def test_instead_of_it_another_size_or_product_with_what_the_difference_means(
    shopper: Shopper, deps: Deps, order: Order
) -> None:
    line = line_of(deps, order)
    begin(shopper, order, "changed_mind")
    assert where(shopper.post(f"{base(order)}/resolution", resolution="exchange")) == "exchange"
    page = unescape(shopper.get(f"{base(order)}/exchange").text)
    assert "Sold out" in page
    assert re.search(r'value="SHIRT-XL" disabled', page)
    assert "you get $10.00 back" in page
    answer = shopper.post(f"{base(order)}/exchange", browse=str(line), fallback="refund")
    assert where(answer) == f"other?line={line}"
    there = answer.headers["Location"]
    assert "Stoneware mug" in shopper.get(there + "&q=stoneware").text
    assert "Nothing in stock fits these words" in shopper.get(there + "&q=piano").text
    shopper.send(shopper.get(there), f"{base(order)}/exchange/other", line=str(line), want="MUG")
    assert re.search(r'value="MUG" checked', shopper.get(f"{base(order)}/exchange").text)
    answer = shopper.post(f"{base(order)}/exchange", **{f"want-{line}": "MUG", "fallback": "refund"})
    assert where(answer) == "method"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"fallback": "refund"}, "Please choose what you would like instead"),
        ({"want": "SHIRT-XL", "fallback": "refund"}, "This has just sold out."),
        ({"want": "SHIRT-L"}, "Please choose what happens if it sells out."),
        ({"want": "SHIRT-L", "fallback": "gold"}, "Please choose what happens if it sells out."),
    ],
)
def test_what_is_missing_of_an_exchange_is_said_beside_it(
    shopper: Shopper, deps: Deps, order: Order, fields: dict[str, str], words: str
) -> None:
    line = line_of(deps, order)
    begin(shopper, order, "changed_mind")
    named = {f"want-{line}" if name == "want" else name: value for name, value in fields.items()}
    answer = shopper.post(f"{base(order)}/exchange", **named)
    assert answer.status_code == 422
    assert words in unescape(answer.text)


def test_what_sells_out_before_the_last_look_is_chosen_again(shopper: Shopper, deps: Deps, order: Order) -> None:
    line = line_of(deps, order)
    begin(shopper, order, "size_too_small")
    shopper.post(f"{base(order)}/offers", **{f"offer-{line}": "next_size"})
    shopper.post(f"{base(order)}/exchange", **{f"want-{line}": "SHIRT-L", "fallback": "refund"})
    shopper.post(f"{base(order)}/method", method="label")
    with deps.sessions.write(order.shop_id) as session:
        session.execute(update(Variant).where(Variant.sku == "SHIRT-L").values(stock=0))
    answer = shopper.get(f"{base(order)}/review")
    assert answer.headers["Location"].endswith("/exchange?gone=1")
    assert "This has just sold out." in shopper.get(answer.headers["Location"]).text
    assert "Money back: " in shopper.get(f"{base(order)}/resolution").text  # or something else altogether


# The way back


def test_a_pickup_has_a_day_and_a_shop_has_an_address(shopper: Shopper, deps: Deps, order: Order) -> None:
    begin(shopper, order, "changed_mind")
    shopper.post(f"{base(order)}/resolution", resolution="refund")
    path = f"{base(order)}/method"
    page = shopper.get(path).text
    assert 'href="https://tools.usps.com/' in page
    for words in ("You pay no postage.", "You pay the postage.", "Last day:", "400 Mill Road", "10 am to 6 pm"):
        assert words in page
    for fields, words in (
        ({"method": "pickup", "pickup_on": "2020-01-01"}, "Please choose a day for the pickup."),
        ({"method": "pickup", "pickup_on": "soon"}, "Please choose a day for the pickup."),
        ({"method": "in_store", "store": "Elsewhere"}, "Please choose a shop."),
        ({"method": "pigeon"}, "Please choose a way."),
    ):
        answer = shopper.post(path, **fields)
        assert (answer.status_code, words in answer.text) == (422, True)
    day = re.findall(r'name="pickup_on" value="([^"]+)"', page)[1]
    assert where(shopper.post(path, method="pickup", pickup_on=day)) == "review"
    shopper.post(f"{base(order)}/review")
    (made,) = returns_of(deps, order)
    assert (made.method, made.pickup_on.isoformat() if made.pickup_on else "") == ("pickup", day)


def test_where_there_is_one_way_only_it_is_shown_and_not_asked(shopper: Shopper, deps: Deps, make: Factory) -> None:
    order = an_order(deps, make, {"title": "Scarf"}, ship_country="FR")
    begin(shopper, order, "changed_mind")
    assert where(shopper.post(f"{base(order)}/resolution", resolution="refund")) == "review"
    assert "You pay the postage." in shopper.get(f"{base(order)}/review").text


# Several orders


def test_something_of_another_order_goes_back_in_the_same_parcel(
    shopper: Shopper, deps: Deps, make: Factory, order: Order
) -> None:
    second = an_order(deps, make, {"title": "Wool blanket", "sku": "BLANKET"}, customer_id=order.customer_id)
    strange = an_order(deps, make, {"title": "Secret diary"})
    shopper.follow_link(order)
    one, other = line_of(deps, order), line_of(deps, second)
    assert where(shopper.post(base(order), orders="1")) == "orders"
    page = shopper.get(f"{base(order)}/orders").text
    assert second.number in page
    assert strange.number not in page
    shopper.post(f"{base(order)}/orders", order=second.public_id)
    assert "Wool blanket" in shopper.get(base(order)).text
    shopper.post(base(order), **{f"line-{one}": "1", f"line-{other}": "1"})
    shopper.post(f"{base(order)}/reasons", **{f"reason-{one}": "changed_mind", f"reason-{other}": "same"})
    shopper.post(f"{base(order)}/resolution", resolution="refund")
    shopper.post(f"{base(order)}/method", method="label")
    review = shopper.get(f"{base(order)}/review").text
    assert "$93.00" in review  # both, less one fee
    shopper.post(f"{base(order)}/review")
    assert {item.order_line_id for item in items_of(deps, order)} == {one, other}


def test_who_only_found_one_order_sees_no_other(shopper: Shopper, deps: Deps, make: Factory, order: Order) -> None:
    second = an_order(deps, make, {"title": "Wool blanket"}, customer_id=order.customer_id)
    shopper.find(order)
    assert "/code" in shopper.get(f"{base(order)}/orders").headers["Location"]
    shopper.follow_link(order)
    shopper.post(f"{base(order)}/orders", order=second.public_id)
    another = Shopper(shopper.client.application.test_client(), deps, shopper.shop)
    another.find(order)
    assert "/code" in another.get(base(order)).headers["Location"]  # the draft names things of both


def test_an_order_of_somebody_else_cannot_join_and_is_no_trap(
    shopper: Shopper, deps: Deps, make: Factory, order: Order
) -> None:
    strange = an_order(deps, make, {"title": "Secret diary"})
    shopper.follow_link(order)
    page = shopper.get(base(order))
    assert where(shopper.send(page, f"{base(order)}/orders", order=strange.public_id)) == "return"
    items = shopper.get(base(order))
    assert (items.status_code, "Secret diary" in items.text) == (200, False)
    assert where(shopper.post(base(order), **{f"line-{line_of(deps, order)}": "1"})) == "reasons"


# A draft


def test_the_choices_go_on_on_another_device_by_their_address(
    shopper: Shopper, visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef, order: Order
) -> None:
    begin(shopper, order, "changed_mind")
    page = shopper.post(f"{base(order)}/continue")
    assert page.text.count("<rect") > 100
    (link,) = re.findall(r'href="https://portal\.example(/juniper/returns/continue/[^"]+)"', page.text)
    phone = Shopper(visit(), deps, shop)
    assert phone.get(link).headers["Location"].endswith(base(order))
    items = phone.get(base(order)).text
    assert "You have begun this return before." in items
    assert phone.get(f"{base(order)}/go-on").headers["Location"].endswith("/resolution")
    assert "You have begun this return before." not in phone.get(base(order)).text
    assert "/code" in phone.get(f"{base(order)}/review").headers["Location"]  # no more than number and e-mail prove
    shopper.post(f"{base(order)}/continue")
    assert phone.get(link).status_code == 404
    assert phone.get("/juniper/returns/continue/made-up").status_code == 404


def test_the_address_on_file_gets_a_mail_that_leads_back_to_the_question(
    shopper: Shopper, visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef, order: Order
) -> None:
    begin(shopper, order, "changed_mind")
    page = shopper.get(f"{base(order)}/continue")
    for _ in range(2):
        assert where(shopper.send(page, f"{base(order)}/continue/mail")) == "continue?sent=1"
    with deps.sessions.read(shop.id) as session:
        (message,) = session.scalars(select(OutboxMessage)).all()
    letter = compose(deps, shop, message.id)
    phone = Shopper(visit(), deps, shop)
    answer = phone.get(letter.link.removeprefix("https://portal.example"))
    assert answer.headers["Location"] == f"{base(order)}/go-on"
    for _ in range(3):
        shopper.send(page, f"{base(order)}/continue/mail")
    assert where(shopper.send(page, f"{base(order)}/continue/mail")) == "continue?often=1"


def test_whoever_only_found_the_order_cannot_have_it_mailed(shopper: Shopper, deps: Deps, order: Order) -> None:
    shopper.find(order)
    page = shopper.get(f"{base(order)}/continue")
    assert "Send it to my e-mail address" not in page.text
    assert "/code" in shopper.send(page, f"{base(order)}/continue/mail").headers["Location"]
    with deps.sessions.read(order.shop_id) as session:
        assert session.scalars(select(OutboxMessage)).all() == []


def test_starting_over_forgets_every_choice(shopper: Shopper, deps: Deps, order: Order) -> None:
    begin(shopper, order, "changed_mind")
    page = shopper.get(f"{base(order)}/resolution")
    assert where(shopper.send(page, f"{base(order)}/start-over")) == "return"
    assert shopper.get(f"{base(order)}/resolution").headers["Location"].endswith("/return")
    with deps.sessions.read(order.shop_id) as session:
        assert session.scalars(select(ReturnDraft)).all() == []


def test_answers_to_different_questions_in_two_windows_do_not_undo_each_other(
    shopper: Shopper, visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef, order: Order
) -> None:
    begin(shopper, order, "changed_mind")
    other = Shopper(visit(), deps, shop)
    other.follow_link(order)
    other.post(f"{base(order)}/resolution", resolution="store_credit")
    line = line_of(deps, order)
    shopper.post(f"{base(order)}/reasons", **{f"reason-{line}": "ordered_wrong"})
    with deps.sessions.read(order.shop_id) as session:
        content = session.scalars(select(ReturnDraft.content)).one()
    assert (content["resolution"], content["choices"][0]["reason"]) == ("store_credit", "ordered_wrong")


def test_what_is_wrong_takes_the_focus_and_leads_to_its_place(shopper: Shopper, deps: Deps, order: Order) -> None:
    line = line_of(deps, order)
    shopper.follow_link(order)
    page = shopper.post(base(order)).text
    assert re.search(r'role="alert" tabindex="-1" autofocus', page)
    assert f'<a href="#line-{line}">' in page
    assert "<title>Please check: What would you like to send back?" in page


# A change of what was sent in


def sent_in(shopper: Shopper, deps: Deps, order: Order) -> Return:
    begin(shopper, order, "changed_mind")
    shopper.post(f"{base(order)}/resolution", resolution="refund")
    shopper.post(f"{base(order)}/method", method="own_parcel")
    assert shopper.post(f"{base(order)}/review").status_code == 303
    (made,) = returns_of(deps, order)
    return made


def test_a_return_is_changed_with_the_same_questions_filled_in(shopper: Shopper, deps: Deps, order: Order) -> None:
    made = sent_in(shopper, deps, order)
    line = line_of(deps, order)
    page = f"/juniper/returns/{made.public_id}"
    change = f"/juniper/orders/{order.public_id}/returns/{made.public_id}/change"
    assert f'href="{change}"' in shopper.get(page).text
    items = shopper.get(change).text
    assert f'name="line-{line}" value="1" checked' in items
    assert "You have begun this return before." not in items
    assert where(shopper.post(change, **{f"line-{line}": "1"})) == "reasons"
    reasons = shopper.get(f"{change}/reasons").text
    assert 'value="changed_mind" checked' in reasons
    shopper.post(f"{change}/reasons", **{f"reason-{line}": "ordered_wrong"})
    shopper.post(f"{change}/resolution", resolution="store_credit")
    shopper.post(f"{change}/method", method="own_parcel")
    review = shopper.get(f"{change}/review")
    assert "Change my return" in review.text
    for _ in range(2):
        assert shopper.send(review, f"{change}/review").headers["Location"].split("?")[0] == page
    (row,) = returns_of(deps, order)
    assert (row.id, row.rma, row.resolution) == (made.id, made.rma, "store_credit")
    assert [item.reason for item in items_of(deps, order)] == ["ordered_wrong"]


def test_a_change_that_is_left_leaves_the_return_as_it_was(shopper: Shopper, deps: Deps, order: Order) -> None:
    made = sent_in(shopper, deps, order)
    change = f"/juniper/orders/{order.public_id}/returns/{made.public_id}/change"
    shopper.post(f"{change}/resolution", resolution="store_credit")
    answer = shopper.send(shopper.get(change), f"{change}/start-over")
    assert answer.headers["Location"] == f"/juniper/returns/{made.public_id}"
    assert re.search(r'value="refund" checked', shopper.get(f"{change}/resolution").text)
    assert returns_of(deps, order)[0].resolution == "refund"


def test_what_is_on_its_way_can_no_longer_be_changed_and_that_is_said(
    shopper: Shopper, deps: Deps, order: Order
) -> None:
    made = sent_in(shopper, deps, order)
    change = f"/juniper/orders/{order.public_id}/returns/{made.public_id}/change"
    with deps.sessions.write(order.shop_id) as session:
        session.get_one(Return, made.id).parcel = "in_transit"
    for path in (change, f"{change}/review"):
        assert shopper.get(path).headers["Location"] == f"/juniper/returns/{made.public_id}?fixed=1"
    assert "This return can no longer be changed." in shopper.get(f"/juniper/returns/{made.public_id}?fixed=1").text


def test_only_the_shopper_changes_a_return_and_only_of_its_own_order(
    shopper: Shopper, deps: Deps, make: Factory, order: Order
) -> None:
    made = sent_in(shopper, deps, order)
    other = an_order(deps, make, {"title": "Scarf"})
    shopper.follow_link(other)
    assert shopper.get(f"/juniper/orders/{other.public_id}/returns/{made.public_id}/change").status_code == 404
    stranger = Shopper(shopper.client.application.test_client(), deps, shopper.shop)
    stranger.find(order)
    change = f"/juniper/orders/{order.public_id}/returns/{made.public_id}/change"
    assert "/code" in stranger.get(change).headers["Location"]


def test_an_exchange_that_is_kept_aside_is_still_there_when_it_is_changed(
    shopper: Shopper, deps: Deps, order: Order
) -> None:
    line = line_of(deps, order)
    begin(shopper, order, "size_too_small")
    shopper.post(f"{base(order)}/offers", **{f"offer-{line}": "next_size"})
    shopper.post(f"{base(order)}/exchange", **{f"want-{line}": "SHIRT-L", "fallback": "refund"})
    shopper.post(f"{base(order)}/method", method="own_parcel")
    shopper.post(f"{base(order)}/review")
    (made,) = returns_of(deps, order)
    change = f"/juniper/orders/{order.public_id}/returns/{made.public_id}/change"
    assert re.search(r'value="SHIRT-L" checked', shopper.get(f"{change}/exchange").text)
    answer = shopper.post(f"{change}/exchange", **{f"want-{line}": "SHIRT-L", "fallback": "store_credit"})
    assert where(answer) == "method"
    assert "Instead: Linen shirt, Blue, L" in unescape(shopper.get(f"{change}/review").text)
    shopper.post(f"{change}/review")
    (row,) = returns_of(deps, order)
    assert (row.resolution, row.fallback) == ("exchange", "store_credit")
