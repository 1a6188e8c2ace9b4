"""What is printed for a return: read back as a carrier, a warehouse and a customs officer would."""

from __future__ import annotations

from typing import Any

import pypdfium2
import pytest
import zxingcpp
from icalendar import Calendar
from sqlalchemy import select

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnItem
from portal.errors import NotFound
from portal.i18n import Speaker
from portal.usecases.returns.calendar import calendar_entry
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.customs import customs_invoice
from portal.usecases.returns.documents import Document
from portal.usecases.returns.slip import packing_slip
from tests.usecases.returns.conftest import Desk

EN = Speaker("en", "America/New_York")


def text_of(document: Document) -> str:
    pdf = pypdfium2.PdfDocument(document.content)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in pdf).replace("\r\n", "\n")
    finally:
        pdf.close()


def codes_on(document: Document) -> list[str]:
    pdf = pypdfium2.PdfDocument(document.content)
    try:
        return [code.text for code in zxingcpp.read_barcodes(pdf[0].render(scale=2).to_pil())]
    finally:
        pdf.close()


def change(desk: Desk, public_id: str, **values: Any) -> None:
    with desk.deps.sessions.write(desk.shop.id) as session:
        row = session.scalars(select(Return).where(Return.public_id == public_id)).one()
        for name, value in values.items():
            setattr(row, name, value)


@pytest.fixture
def order(desk: Desk) -> Order:
    return desk.order(
        {"quantity": 2, "title": "Linen shirt", "variant": "Blue, M", "sku": "LS-1", "weight_grams": 220},
        {"title": "Wool socks", "sku": "WS-9"},
    )


def test_the_slip_says_whose_it_is_and_what_is_in_it(desk: Desk, order: Order) -> None:
    made = desk.submit(order, 2, 1)
    slip = packing_slip(desk.deps, desk.shop, made, EN)
    rma, said = desk.returned(made).rma, text_of(slip)
    assert (slip.filename, slip.content_type) == (f"packing-slip-{rma}.pdf", "application/pdf")
    assert codes_on(slip) == [rma]
    for part in (rma, "Linen shirt (Blue, M)", "LS-1", "Wool socks", "400 Mill Road", "12 Elm Street", order.number):
        assert part in said
    assert "3 units in all" in said
    assert "$" not in said


def test_what_is_kept_is_not_on_it(desk: Desk, order: Order) -> None:
    made = desk.submit(order, 1, 1)
    with desk.deps.sessions.write(desk.shop.id) as session:
        session.scalars(select(ReturnItem).order_by(ReturnItem.id.desc())).first().outcome = "keep"  # type: ignore[union-attr]
    said = text_of(packing_slip(desk.deps, desk.shop, made, EN))
    assert "Linen shirt" in said
    assert "Wool socks" not in said


@pytest.mark.parametrize("language", ["de", "ar"])
def test_the_slip_is_read_by_scanners_in_every_language(desk: Desk, order: Order, language: str) -> None:
    made = desk.submit(order, 1)
    assert codes_on(packing_slip(desk.deps, desk.shop, made, Speaker(language))) == [desk.returned(made).rma]


def test_a_latin_address_stays_in_its_order_on_an_arabic_sheet(desk: Desk, order: Order) -> None:
    said = text_of(packing_slip(desk.deps, desk.shop, desk.submit(order, 1), Speaker("ar")))
    assert "400 Mill Road" in said
    assert "12 Elm Street" in said


def test_names_in_other_letters_are_drawn_and_joined(desk: Desk) -> None:
    order = desk.order({"title": "قميص كتان أزرق"}, {"title": "Рубашка льняная"}, ship_name="Αλίκη Ş. Øst")
    said = text_of(packing_slip(desk.deps, desk.shop, desk.submit(order, 1, 1), EN))
    assert "Рубашка льняная" in said
    assert "Αλίκη Ş. Øst" in said


def test_a_return_that_sends_nothing_or_is_closed_has_no_slip(desk: Desk, order: Order) -> None:
    made = desk.submit(order, 1)
    change(desk, made, method="keep")
    with pytest.raises(NotFound):
        packing_slip(desk.deps, desk.shop, made, EN)
    change(desk, made, method="label")
    cancel(desk.deps, desk.shop, made)
    with pytest.raises(NotFound):
        packing_slip(desk.deps, desk.shop, made, EN)


def test_a_parcel_within_the_country_needs_no_invoice(desk: Desk, order: Order) -> None:
    with pytest.raises(NotFound):
        customs_invoice(desk.deps, desk.shop, desk.submit(order, 1))


def test_customs_learns_what_it_asks_for(desk: Desk) -> None:
    order = desk.order(
        {"quantity": 2, "title": "Linen shirt", "weight_grams": 220, "hs_code": "6205.20", "origin_country": "PT"},
        ship_country="CA",
        ship_region="ON",
        total_minor=9_800 + 590,
    )
    made = desk.submit(order, 2)
    invoice = customs_invoice(desk.deps, desk.shop, made)
    said = text_of(invoice)
    for part in ("Commercial invoice", "Returned goods", "6205.20", "Portugal", "0.440", "49.00", "98.00", "USD"):
        assert part in said
    for part in ("12 Elm Street", "400 Mill Road", "Canada", "United States", desk.returned(made).rma, order.number):
        assert part in said
    assert "by hand" not in said


def test_what_is_not_known_is_left_to_be_written_in(desk: Desk) -> None:
    order = desk.order({"title": "Linen shirt"}, ship_country="CA", ship_name=None)
    said = text_of(customs_invoice(desk.deps, desk.shop, desk.submit(order, 1)))
    assert "________ (name and full address)" in said.replace("________________", "________")
    assert "________ kg" in said
    assert "by hand" in said


def test_who_was_given_it_reads_no_prices(desk: Desk) -> None:
    made = desk.submit(desk.order({"title": "Linen shirt"}, ship_country="CA"), 1)
    change(desk, made, kind="gift")
    with pytest.raises(NotFound):
        customs_invoice(desk.deps, desk.shop, made)


def test_a_new_owner_s_address_is_the_sender(desk: Desk) -> None:
    order = desk.order({"title": "Linen shirt"})
    made = desk.submit(order, 1)
    bo = {"name": "Bo Reid", "email": "b@x.example", "line1": "9 Lake Lane", "city": "Kiel", "country": "DE"}
    change(desk, made, sender={**bo, "postal_code": "24103"}, kind="gift")
    said = text_of(packing_slip(desk.deps, desk.shop, made, EN))
    assert "9 Lake Lane" in said
    assert "12 Elm Street" not in said


def events_of(desk: Desk, public_id: str) -> dict[str, Any]:
    entry = calendar_entry(desk.deps, desk.shop, public_id, EN)
    assert entry.content_type == "text/calendar"
    calendar = Calendar.from_ical(entry.content)
    return {str(event["uid"]).partition("@")[0].rpartition(".")[2]: event for event in calendar.walk("VEVENT")}


def test_the_last_day_stands_in_the_calendar_and_moves_with_the_return(desk: Desk, order: Order) -> None:
    made = desk.submit(order, 1)
    row = desk.returned(made)
    first = events_of(desk, made)["send-back"]
    assert first.decoded("dtstart") == row.send_back_by
    assert row.rma in first["summary"]
    assert (first["sequence"], first["status"]) == (row.version, "CONFIRMED")
    change(desk, made, send_back_by=row.send_back_by.replace(day=28), version=row.version + 1)
    moved = events_of(desk, made)["send-back"]
    assert moved["uid"] == first["uid"]
    assert moved["sequence"] > first["sequence"]
    assert moved.decoded("dtstart").day == 28


def test_what_no_longer_counts_is_cancelled_in_the_calendar(desk: Desk, order: Order) -> None:
    made = desk.submit(order, 1)
    cancel(desk.deps, desk.shop, made)
    gone = events_of(desk, made)["send-back"]
    assert gone["status"] == "CANCELLED"
    assert not list(gone.walk("VALARM"))


def test_the_day_of_a_pickup_is_an_entry_of_its_own(desk: Desk, order: Order) -> None:
    made = desk.submit(order, 1)
    day = desk.returned(made).send_back_by
    change(desk, made, method="pickup", pickup_on=day)
    assert events_of(desk, made)["pickup"].decoded("dtstart") == day
    change(desk, made, method="label")
    assert events_of(desk, made)["pickup"]["status"] == "CANCELLED"
