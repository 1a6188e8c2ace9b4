"""The return label that a shopper prints: four by six inches, drawn as vectors."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from fpdf import FPDF

from carriers.lab.barcodes import Bars, code_128, gs1_128, qr
from carriers.lab.faces import SENTENCES, Face, face
from carriers.lab.latin import latin
from carriers.lab.purchases import Purchase

_WIDTH, _HEIGHT, _MARGIN = 4.0, 6.0, 0.18  # inches
_SMALLEST = 5.0  # points


def label_pdf(purchase: Purchase, font: Path | None = None) -> bytes:
    """The label as a PDF of one page. The same purchase gives the same bytes.

    `font` is a TrueType file that knows the addresses' letters; without one, letters outside Latin-1 are written in
    Latin letters, or as question marks when there is no rule for them.
    """
    return _Page(purchase.bought_at, font).draw(face(purchase))


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

    def draw(self, shown: Face) -> bytes:
        self._banner(shown)
        self._address(shown.sender, top=1.42, size=8.5, heading="FROM")
        self._address(shown.recipient, top=2.42, size=11.5, heading="SHIP TO")
        self._text(shown.paid, _MARGIN, 1.2, size=7)
        self._line(3.62)
        self._text(shown.heading, _MARGIN, 3.68, size=9, bold=True, centre=True)
        self._bars(gs1_128(shown.code) if shown.gs1 else code_128(shown.code), 0.32, 3.9, 3.36, 0.85)
        self._text(shown.spaced, _MARGIN, 4.8, size=10, bold=True, centre=True)
        self._line(5.02)
        self._bars(qr(shown.qr), _WIDTH - _MARGIN - 0.75, 5.14, 0.75, 0.75)
        for place, sentence in enumerate(SENTENCES):
            self._text(sentence, _MARGIN, 5.14 + 0.18 * place, size=8, width=2.7)
        if shown.notes:
            self._text(shown.notes, _MARGIN, 5.66, size=8, bold=True, width=2.7)
        return bytes(self.pdf.output())

    def _banner(self, shown: Face) -> None:
        self.pdf.rect(0.06, 0.06, _WIDTH - 0.12, _HEIGHT - 0.12)
        self._text(shown.letter, 0.28, 0.1, size=52, bold=True)
        self.pdf.line(1.0, 0.06, 1.0, 0.85)
        self._text(shown.first, 1.12, 0.2, size=9, bold=True)
        self._text(shown.second, 1.12, 0.38, size=8)
        self._line(0.85)
        self._text(shown.service, _MARGIN, 0.92, size=13, bold=True, centre=True)
        self._line(1.15)

    def _address(self, lines: tuple[str, ...], *, top: float, size: float, heading: str) -> None:
        self._text(heading, _MARGIN, top, size=6)
        y = top + 0.12
        for line in lines:
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
