"""A label's file may be anything that a carrier sent: it is handed out as a download of what it is, and can do nothing."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from sqlalchemy import update

from carriers.model import LabelFormat
from portal.db.tables.returns import LabelRow, Return
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import apply_config
from tests.support.doubles import FakeCarriers
from tests.support.factory import Factory, shop_document
from tests.web.shopper.test_return_label import an_order
from tests.web.shopper.test_return_label import shopper as shopper
from tests.web.shopper.test_return_parcel import begin, the_return
from tests.web.shopper.test_returns import Shopper

SCRIPT = b"<script>alert(1)</script>"
HOSTILE = {
    "pdf in html": (b"<!doctype html>" + SCRIPT + b"%PDF-1.4", LabelFormat.PDF, "application/pdf"),
    "zpl in svg": (
        b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"^XA^XZ</svg>",
        LabelFormat.ZPL,
        "application/zpl",
    ),
    "gif with script": (b"GIF89a/*" + SCRIPT + b"*/=1;", LabelFormat.GIF, "image/gif"),
    "png with script": (b"\x89PNG\r\n\x1a\n" + SCRIPT, LabelFormat.PNG, "image/png"),
    "html that is called a pdf": (b"<html>" + SCRIPT, LabelFormat.PDF, "application/pdf"),
    "svg that is called a png": (b"<svg onload='alert(1)'/>", LabelFormat.PNG, "image/png"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_is_a_download_of_what_it_is_whatever_else_it_is(
    shopper: Shopper, deps: Deps, make: Factory, carriers: FakeCarriers, name: str
) -> None:
    carriers.document, carriers.format, kind = HOSTILE[name]
    place = shopper.post(begin(shopper, an_order(deps, make, "US"))).headers["Location"]
    for path in ("label", "label.pdf"):
        answer = shopper.get(f"{place}/{path}")
        assert (answer.status_code, answer.content_type) == (200, kind)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    code = shopper.get(f"{place}/qr.png")
    assert (code.content_type, code.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert code.headers["Content-Security-Policy"].startswith("sandbox")


def test_a_file_that_did_not_come_yet_is_not_asked_for_by_every_visit(
    shopper: Shopper, deps: Deps, make: Factory, carriers: FakeCarriers, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    carriers.document = b""
    monkeypatch.setattr(carriers, "fetch_label", lambda *args, **more: asked.append(args))
    place = shopper.post(begin(shopper, an_order(deps, make, "US"))).headers["Location"]
    for _ in range(3):
        assert shopper.get(f"{place}/label.pdf").status_code == 404
    assert asked == []


def test_a_file_of_a_label_that_was_voided_or_is_another_return_s_is_not_there(
    shopper: Shopper, deps: Deps, make: Factory
) -> None:
    place = shopper.post(begin(shopper, an_order(deps, make, "US"))).headers["Location"]
    assert shopper.get(f"{place}/label").status_code == 200
    with deps.sessions.write(make.shop.id) as session:
        session.execute(update(LabelRow).values(voided_at=deps.clock()))
    for path in ("label", "label.pdf", "qr.png"):
        assert shopper.get(f"{place}/{path}").status_code == 404


MARKUP = '"><img src=x onerror=alert(1)>{{7*7}}</svg>'


def test_an_address_label_of_hostile_words_shows_them_as_words(
    shopper: Shopper, deps: Deps, shop: ShopRef, make: Factory
) -> None:
    document = shop_document()
    document["warehouse"] |= {"name": MARKUP, "line1": MARKUP, "line2": MARKUP, "city": MARKUP, "region": MARKUP}
    apply_config(deps, shop.slug, document)
    order = an_order(deps, make, "DE")
    place = shopper.post(begin(shopper, order)).headers["Location"].partition("?")[0]
    with deps.sessions.write(shop.id) as session:
        session.execute(update(Return).values(rma=f"{MARKUP[:30]}-R1"))
    page = shopper.get(f"{place}/slip").text
    assert the_return(deps, order).rma in unescape(page)
    assert "400 Mill Road" not in page
    assert "<img" not in page
    assert "&lt;img" in page
    assert "{{7*7}}" in page


def test_a_file_s_name_is_safe_whatever_the_order_is_called(
    shopper: Shopper, deps: Deps, shop: ShopRef, make: Factory
) -> None:
    place = shopper.post(begin(shopper, an_order(deps, make, "US"))).headers["Location"]
    for rma in ('A"; filename="x.html', "../../etc/passwd", "Größe-№1", "a;b\\c"):
        with deps.sessions.write(shop.id) as session:
            session.execute(update(Return).values(rma=rma))
        answer = shopper.get(f"{place}/label")
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment; filename")
        assert 'filename="x.html' not in answer.headers["Content-Disposition"].replace('\\"', "")
