"""What a shopper prints: an address label with a bar code where there is no paid one, and another label when one lapsed."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image, ImageDraw
from sqlalchemy import select

from carriers.model import LabelFormat
from portal.db.tables.orders import Order
from portal.db.tables.returns import LabelRow, Return
from portal.notify.barcodes import code128
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.label_lapse import give_back_unused
from tests.support.doubles import Clock, FakeCarriers
from tests.support.factory import Factory
from tests.web.shopper.test_return_parcel import begin, text_of, the_return
from tests.web.shopper.test_returns import Shopper


@pytest.fixture
def shopper(visit: Callable[[], FlaskClient], deps: Deps, shop: ShopRef) -> Shopper:
    return Shopper(visit(), deps, shop)


def an_order(deps: Deps, make: Factory, country: str) -> Order:
    now = deps.clock()
    return make.order(
        lines=[{"quantity": 2, "title": "Linen shirt"}],
        placed_at=now - timedelta(days=9),
        handed_over_at=now - timedelta(days=7),
        delivered_at=now - timedelta(days=3),
        ship_country=country,
        total_minor=9_800 + 590,
    )


def test_without_a_carrier_there_is_an_address_label_that_says_it_is_not_paid(
    shopper: Shopper, deps: Deps, make: Factory
) -> None:
    place = shopper.post(begin(shopper, order := an_order(deps, make, "DE"))).headers["Location"]
    assert f'href="{place.partition("?")[0]}/slip"' in text_of(shopper, place)
    slip = text_of(shopper, f"{place}/slip")
    assert "postage not paid" in slip
    assert "400 Mill Road" in slip
    rma = the_return(deps, order).rma
    assert rma in slip
    assert read_back(slip) == rma


def test_a_carrier_can_read_the_country_whatever_the_shopper_reads(shopper: Shopper, deps: Deps, make: Factory) -> None:
    place = shopper.post(begin(shopper, an_order(deps, make, "DE"))).headers["Location"].partition("?")[0]
    assert "Vereinigte Staaten" in text_of(shopper, f"{place}/slip?lang=de")
    assert "United States" in text_of(shopper, f"{place}/slip?lang=ar")
    assert "United States" in text_of(shopper, f"{place}?lang=ar")


def read_back(page: str) -> str:
    """What a reader finds in the bar code of a page."""
    box = re.search(r'<svg class="slip-bars" viewBox="0 0 ([\d.]+) ([\d.]+)"', page)
    assert box is not None
    picture = Image.new("L", (int(float(box[1]) * 4), 200), 255)
    pen = ImageDraw.Draw(picture)
    for x, width in re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', page):
        pen.rectangle((float(x) * 4, 0, (float(x) + float(width)) * 4 - 1, 199), fill=0)
    found = zxingcpp.read_barcode(picture)
    return str(found.text) if found else ""


@pytest.mark.parametrize("text", ["", "x" * 41, "Größe-1", "a\nb"])
def test_what_a_bar_code_cannot_hold_has_none(text: str) -> None:
    assert code128(text) is None


def test_a_return_with_a_paid_label_has_no_address_label(shopper: Shopper, deps: Deps, make: Factory) -> None:
    place = shopper.post(begin(shopper, an_order(deps, make, "US"))).headers["Location"]
    assert shopper.get(f"{place}/slip").status_code == 404


def test_nobody_gets_a_strangers_documents(
    shopper: Shopper, visit: Callable[[], FlaskClient], deps: Deps, make: Factory
) -> None:
    place = shopper.post(begin(shopper, an_order(deps, make, "DE"))).headers["Location"]
    stranger = visit()
    for path in ("slip", "label", "label.pdf", "qr.png"):
        assert stranger.get(f"{place}/{path}").status_code in (302, 404), path


def test_a_picture_is_downloaded_as_a_page_to_print_or_as_it_is(
    shopper: Shopper, deps: Deps, make: Factory, carriers: FakeCarriers
) -> None:
    out = io.BytesIO()
    Image.new("L", (1200, 800), 255).save(out, "PNG")
    carriers.document, carriers.format = out.getvalue(), LabelFormat.PNG
    place = shopper.post(begin(shopper, an_order(deps, make, "US"))).headers["Location"]
    page, file = shopper.get(f"{place}/label.pdf"), shopper.get(f"{place}/label")
    assert (page.content_type, page.data[:5]) == ("application/pdf", b"%PDF-")
    assert (file.content_type, file.data) == ("image/png", carriers.document)
    assert "no-store" in page.headers["Cache-Control"]


def test_a_label_for_label_printers_comes_as_it_is_and_says_so(
    shopper: Shopper, deps: Deps, make: Factory, carriers: FakeCarriers
) -> None:
    carriers.document, carriers.format = b"^XA^FDx^FS^XZ", LabelFormat.ZPL
    place = shopper.post(begin(shopper, an_order(deps, make, "US"))).headers["Location"]
    assert "ZPL" in text_of(shopper, place)
    label = shopper.get(f"{place}/label.pdf")
    assert (label.content_type, label.data) == ("application/zpl", b"^XA^FDx^FS^XZ")
    assert ".zpl" in label.headers["Content-Disposition"]


def test_a_lapsed_label_is_said_to_be_so_and_another_is_one_press_away(
    shopper: Shopper, deps: Deps, make: Factory, clock: Clock, carriers: FakeCarriers
) -> None:
    order = an_order(deps, make, "US")
    place = shopper.post(begin(shopper, order)).headers["Location"]
    clock.now += timedelta(days=40)  # business time: the visit itself goes on
    give_back_unused(deps)
    page = shopper.get(place)
    assert "no longer good" in page.text
    assert f'action="{place.partition("?")[0]}/label"' in unescape(page.text)
    assert shopper.get(f"{place}/label.pdf").status_code == 404
    for _ in range(2):
        assert shopper.send(page, f"{place}/label").status_code == 303
    with deps.sessions.read(order.shop_id) as session:
        labels = session.scalars(select(LabelRow).order_by(LabelRow.id)).all()
        assert [label.voided_at is None for label in labels] == [False, True]
        assert session.scalars(select(Return.parcel)).one() == "label_ready"
    assert len(carriers.bought) == 2
