"""A label's document in every format a carrier gives: readable by a scanner, safe for a printer, the same each time."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from carriers.lab.documents import document
from carriers.lab.latin import ascii_only, latin
from carriers.lab.orders import Order, Party
from carriers.lab.prices import TARIFFS, price
from carriers.lab.purchases import LabelBook, Purchase
from carriers.lab.world import World

SHOPPER = Party("Ada Example", "12 Oak Street", "Austin", "78704", "US", "TX")
SHOP = Party("", "2100 NE Broadway", "Portland", "97232", "US", "OR", company="Juniper Returns")


def bought(world: World, carrier: str, name: str = "Ada Example", **options: object) -> Purchase:
    sender = Party(name, "12 Oak Street", "Austin", "78704", "US", "TX")
    order = Order(sender, SHOP, 1088, notes=("RMA-10042",), **options)  # type: ignore[arg-type]
    return LabelBook(world).sell(carrier, order, world.start)


def picture(content: bytes, kind: str) -> Image.Image:
    if kind != "pdf":
        return Image.open(io.BytesIO(content))
    document = pypdfium2.PdfDocument(content)
    try:
        image: Image.Image = document[0].render(scale=300 / 72).to_pil()
        return image
    finally:
        document.close()


def fields(zpl: bytes) -> list[str]:
    """What a printer makes of the fields: hexadecimal bytes put back."""
    found = re.findall(rb"\^FH\^FD(.*?)\^FS", zpl, re.DOTALL)
    return [re.sub(rb"_([0-9A-F]{2})", lambda hit: bytes.fromhex(hit[1].decode()), one).decode() for one in found]


@pytest.mark.parametrize("kind", ["pdf", "png", "gif"])
@pytest.mark.parametrize("carrier", TARIFFS)
def test_a_scanner_reads_the_number_twice_from_every_carriers_label(world: World, carrier: str, kind: str) -> None:
    purchase = bought(world, carrier)
    codes = {found.format.name: found.text for found in zxingcpp.read_barcodes(picture(document(purchase, kind), kind))}
    assert codes["QRCode"] == purchase.number
    assert re.sub(r"\W", "", codes["Code128"]).endswith(purchase.number[2:])


@pytest.mark.parametrize("kind", ["pdf", "png", "gif", "zpl"])
def test_the_same_purchase_gives_the_same_bytes(world: World, kind: str) -> None:
    purchase = bought(world, "fedex")
    assert document(purchase, kind) == document(purchase, kind)


def test_a_purchase_prints_as_it_was_bought(world: World) -> None:
    purchase = bought(world, "gls", format="zpl")
    assert document(purchase).startswith(b"^XA")
    with pytest.raises(KeyError):
        document(purchase, "word")


def test_a_picture_for_ups_lies_on_its_side_and_the_others_stand(world: World) -> None:
    purchase = bought(world, "ups")
    assert picture(document(purchase, "gif"), "gif").size == (1218, 812)
    assert picture(document(purchase, "png"), "png").size == (812, 1218)


@pytest.mark.parametrize("name", ["^XZ~JA_5E\\", "Jürgen Größe", "Анна Смирнова", "a\nb\x00", "100 > 99"])
def test_no_name_can_command_a_label_printer(world: World, name: str) -> None:
    zpl = document(bought(world, "dhl_express", name), "zpl")
    assert zpl.count(b"^XA") == zpl.count(b"^XZ") == 1
    assert zpl.endswith(b"^XZ\n")
    assert b"~" not in zpl
    assert zpl.isascii()
    assert name in fields(zpl)


def test_a_label_in_zpl_names_number_service_and_both_addresses(world: World) -> None:
    purchase = bought(world, "usps", service="PRIORITY_MAIL_RETURN_SERVICE")
    shown = fields(document(purchase, "zpl"))
    for text in ("PRIORITY MAIL RETURN", "12 Oak Street", "Juniper Returns", "Portland OR 97232", "RMA-10042"):
        assert text in shown
    assert f"(420)97232({purchase.number[:2]}){purchase.number[2:]}" in shown


def test_letters_that_a_font_lacks_are_spelled() -> None:
    assert latin("Анна Щукина") == "Anna Shchukina"
    assert ascii_only("Größe, Ærø, Łódź") == "Grosse, AEro, ?odz"


def test_a_name_of_any_length_leaves_the_picture_readable(world: World) -> None:
    content = document(bought(world, "fedex", "W" * 200), "png")
    assert len(zxingcpp.read_barcodes(picture(content, "png"))) == 2


def test_a_price_counts_started_units_and_knows_its_currency() -> None:
    assert price("dhl_parcel_de", 1000) == (479, "EUR")
    assert price("dhl_parcel_de", 1001) == (539, "EUR")
    assert price("usps", round(2.4 * 453.59237)) == (725 + 3 * 145, "USD")


def test_no_font_file_is_needed_and_none_is_read(world: World, tmp_path: Path) -> None:
    purchase = bought(world, "gls")
    with pytest.raises(FileNotFoundError):
        document(purchase, "pdf", tmp_path / "missing.ttf")
    assert document(purchase, "pdf").startswith(b"%PDF")
