"""Why it goes back: reasons by kind of product, what rules say of them, and pictures."""

from __future__ import annotations

import io
import re
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.db.tables.orders import Order
from portal.db.tables.return_flow import ReturnDraft, ReturnPhoto
from portal.usecases.deps import Deps
from tests.usecases.returns import pictures
from tests.web.shopper.return_questions.asking import (
    base,
    begin,
    line_of,
    returns_of,
    where,
)
from tests.web.shopper.test_returns import Shopper


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
