"""What may solve it without a return, and what the shopper gets otherwise: each sum before the choice."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select, update

from portal.db.tables.catalogue import Variant
from portal.db.tables.orders import Order
from portal.db.tables.return_flow import ReturnDraft
from portal.usecases.deps import Deps
from tests.web.shopper.return_questions.asking import (
    base,
    begin,
    items_of,
    line_of,
    returns_of,
    where,
)
from tests.web.shopper.test_returns import Shopper


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
