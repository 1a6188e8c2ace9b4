"""The return label that a shopper prints: four by six inches, drawn as vectors."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from fpdf import FPDF

from carriers.lab.barcodes import Bars, gs1_128, qr
from carriers.lab.purchases import Purchase, pounds

_WIDTH, _HEIGHT, _MARGIN = 4.0, 6.0, 0.18  # inches
_SMALLEST: Final = 5.0  # points
SERVICES: Final = {
    "USPS_GROUND_ADVANTAGE_RETURN_SERVICE": ("G", "USPS GROUND ADVANTAGE RETURN"),
    "PRIORITY_MAIL_RETURN_SERVICE": ("P", "PRIORITY MAIL RETURN"),
    "PRIORITY_MAIL_EXPRESS_RETURN_SERVICE": ("E", "PRIORITY MAIL EXPRESS RETURN"),
    "FIRST-CLASS_PACKAGE_RETURN_SERVICE": ("F", "FIRST-CLASS PACKAGE RETURN"),
    "GROUND_RETURN_SERVICE": ("R", "GROUND RETURN"),
}
_ARABIC: Final = dict(
    zip(
        "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءأإآؤئ",
        [
            "a",
            "b",
            "t",
            "th",
            "j",
            "h",
            "kh",
            "d",
            "dh",
            "r",
            "z",
            "s",
            "sh",
            "s",
            "d",
            "t",
            "z",
            "'a",
            "gh",
            "f",
            "q",
            "k",
            "l",
            "m",
            "n",
            "h",
            "w",
            "y",
            "a",
            "a",
            "'",
            "a",
            "i",
            "aa",
            "u",
            "e",
        ],
        strict=True,
    )
)


def routing(number: str, zip_code: str) -> str:
    """What the long bar code holds: destination ZIP (420) and tracking number, as GS1 element strings."""
    return f"[420]{zip_code}[{number[:2]}]{number[2:]}"


def label_pdf(purchase: Purchase, font: Path | None = None) -> bytes:
    """The label as a PDF of one page. The same purchase gives the same bytes.

    `font` is a TrueType file that knows the addresses' letters; without one, letters outside Latin-1 are written in
    Latin letters, or as question marks when there is no rule for them.
    """
    return _Page(purchase.bought_at, font).draw(purchase)


class _Page:
    def __init__(self, made_at: datetime, font: Path | None) -> None:
        self.pdf = FPDF(unit="in", format=(_WIDTH, _HEIGHT))
        self.pdf.set_creation_date(made_at)
        self.pdf.set_auto_page_break(False)
        self.pdf.set_margin(0)
        self.pdf.set_title("Return label")
        self.plain = font is None
        if font is None:
            self.family = "Helvetica"
        else:
            self.family = "label"
            self.pdf.add_font("label", "", font)
            self.pdf.add_font("label", "B", font)
            self.pdf.set_text_shaping(True)
        self.pdf.add_page()

    def draw(self, purchase: Purchase) -> bytes:
        request, number = purchase.request, purchase.number
        letter, service = SERVICES[request["packageDescription"]["mailClass"]]
        self._banner(letter, service)
        self._address(request["fromAddress"], top=1.42, size=8.5, heading="FROM")
        self._address(request["toAddress"], top=2.42, size=11.5, heading="SHIP TO")
        postage = f"US POSTAGE ${purchase.postage_cents / 100:.2f}   {purchase.bought_at:%m/%d/%Y}"
        self._text(f"{postage}   {pounds(request):.1f} LB", _MARGIN, 1.2, size=7)
        self._line(3.62)
        self._text("USPS TRACKING #", _MARGIN, 3.68, size=9, bold=True, centre=True)
        self._bars(gs1_128(routing(number, request["toAddress"]["ZIPCode"])), 0.32, 3.9, 3.36, 0.85)
        grouped = " ".join(number[place : place + 4] for place in range(0, len(number), 4))
        self._text(grouped, _MARGIN, 4.8, size=10, bold=True, centre=True)
        self._line(5.02)
        symbol = qr(number)
        self._bars(symbol, _WIDTH - _MARGIN - 0.75, 5.14, 0.75, 0.75)
        self._text("Hand this parcel in at any counter.", _MARGIN, 5.14, size=8, width=2.7)
        self._text("Sample of a test carrier: not valid as postage.", _MARGIN, 5.32, size=8, width=2.7)
        if references := _references(request):
            self._text(references, _MARGIN, 5.66, size=8, bold=True, width=2.7)
        return bytes(self.pdf.output())

    def _banner(self, letter: str, service: str) -> None:
        self.pdf.rect(0.06, 0.06, _WIDTH - 0.12, _HEIGHT - 0.12)
        self._text(letter, 0.28, 0.1, size=52, bold=True)
        self.pdf.line(1.0, 0.06, 1.0, 0.85)
        self._text("NO POSTAGE NECESSARY", 1.12, 0.2, size=9, bold=True)
        self._text("IF MAILED IN THE UNITED STATES", 1.12, 0.38, size=8)
        self._line(0.85)
        self._text(service, _MARGIN, 0.92, size=13, bold=True, centre=True)
        self._line(1.15)

    def _address(self, address: Mapping[str, Any], *, top: float, size: float, heading: str) -> None:
        self._text(heading, _MARGIN, top, size=6)
        y = top + 0.12
        for line in _address_lines(address):
            self._text(line, _MARGIN + 0.3, y, size=size, width=_WIDTH - 2 * _MARGIN - 0.3)
            y += size / 72 * 1.22

    def _text(
        self,
        text: str,
        x: float,
        y: float,
        *,
        size: float,
        bold: bool = False,
        centre: bool = False,
        width: float | None = None,
    ) -> None:
        """One line, made smaller until it fits its width, and cut off when even that is not enough."""
        text = latin(text) if self.plain else text
        room = width or _WIDTH - x - _MARGIN
        style = "B" if bold else ""
        self.pdf.set_font(self.family, style, size)
        while self.pdf.get_string_width(text) > room and size > _SMALLEST:
            size -= 0.5
            self.pdf.set_font(self.family, style, size)
        while self.pdf.get_string_width(text) > room:
            text = text.removesuffix("...")[:-1] + "..."
        self.pdf.set_xy(x, y)
        self.pdf.cell(room, size / 72 * 1.15, text, align="C" if centre else "L")

    def _line(self, y: float) -> None:
        self.pdf.line(0.06, y, _WIDTH - 0.06, y)

    def _bars(self, bars: Bars, left: float, top: float, width: float, height: float) -> None:
        across, down = width / bars.width, height / bars.height
        for x, y, wide, high in bars.rectangles:
            self.pdf.rect(left + x * across, top + y * down, wide * across, high * down, style="F")


def latin(text: str) -> str:
    """`text` in letters that the built-in fonts have: accents kept where they can be, other scripts spelled out."""
    return "".join(_spelled(char) for char in unicodedata.normalize("NFC", text))


def _spelled(char: str) -> str:
    if ord(char) < 256:
        return char
    if char in _ARABIC:
        return _ARABIC[char]
    if unicodedata.combining(char):
        return ""
    base = unicodedata.normalize("NFKD", char)[0]
    return base if ord(base) < 256 else "?"


def _address_lines(address: Mapping[str, Any]) -> list[str]:
    name = " ".join(str(address.get(part, "")) for part in ("firstName", "lastName")).strip()
    town = f"{address['city']} {address['state']} {address['ZIPCode']}"
    if plus4 := address.get("ZIPPlus4"):
        town += f"-{plus4}"
    lines = (name, address.get("firm", ""), address["streetAddress"], address.get("secondaryAddress", ""), town)
    return [str(line) for line in lines if line]


def _references(request: Mapping[str, Any]) -> str:
    given = request["packageDescription"].get("customerReference") or []
    return "  ".join(str(entry.get("referenceNumber", "")) for entry in given[:2])
