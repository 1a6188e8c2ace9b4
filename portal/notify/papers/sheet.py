"""A sheet of paper that is written on from the top, in either direction; letters are joined as Arabic wants them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, VAlign
from fpdf.fonts import FontFace

from portal.notify.barcodes import Bars

FONTS = Path(__file__).parent.parent / "fonts"
FAMILY = "DejaVu Sans"
MARGIN = 18.0  # millimetres
SMALL, PLAIN, LARGE = 8.0, 10.0, 16.0  # points
MODULE = 0.38  # millimetres: the narrowest bar, which every scanner reads from a common printer
_LETTER = frozenset({"US", "CA", "MX", "PH", "CL", "CO", "CR", "GT", "PA", "PR", "VE"})  # countries with that paper


class Sheet:
    """A4, or Letter where that is what printers hold. Measures in millimetres."""

    def __init__(self, *, title: str, language: str, direction: str, country: str) -> None:
        self.is_rtl = direction == "rtl"
        self.pdf = FPDF(unit="mm", format="letter" if country in _LETTER else "a4")
        self.pdf.set_margin(MARGIN)
        self.pdf.set_auto_page_break(True, MARGIN)
        self.pdf.set_title(title)
        self.pdf.set_lang(language)
        for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
            self.pdf.add_font(FAMILY, style, FONTS / file)
        self.pdf.set_text_shaping(True)  # each paragraph runs as its first letter does: a Latin address stays as it is
        self.pdf.set_line_width(0.25)
        self.pdf.add_page()

    @property
    def width(self) -> float:
        return float(self.pdf.epw)

    @property
    def _start(self) -> str:
        return "R" if self.is_rtl else "L"

    def font(self, size: float, *, bold: bool = False) -> None:
        self.pdf.set_font(FAMILY, "B" if bold else "", size)

    def text(self, words: str, size: float = PLAIN, *, bold: bool = False, gap: float = 1.5) -> None:
        """A paragraph over the whole width."""
        self.font(size, bold=bold)
        self.pdf.multi_cell(0, size * 0.48, words, align=self._start, new_x="LMARGIN", new_y="NEXT")
        self.pdf.ln(gap)

    def rule(self) -> None:
        y = self.pdf.get_y() + 1
        self.pdf.line(MARGIN, y, MARGIN + self.width, y)
        self.pdf.set_y(y + 3)

    def columns(self, blocks: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Blocks with a small heading, side by side; the first at the side where reading begins."""
        across, top, lowest = self.width / len(blocks), self.pdf.get_y(), self.pdf.get_y()
        for n, (heading, lines) in enumerate(reversed(blocks) if self.is_rtl else blocks):
            left = MARGIN + n * across + (4 if self.is_rtl else 0)
            self.pdf.set_xy(left, top)
            self.font(SMALL)
            self.pdf.multi_cell(across - 4, 4, heading, align=self._start, new_x="LEFT", new_y="NEXT")
            self.font(PLAIN)
            for line in lines:
                self.pdf.set_x(left)
                self.pdf.multi_cell(across - 4, 5, line, align=self._start, new_x="LEFT", new_y="NEXT")
            lowest = max(lowest, self.pdf.get_y())
        self.pdf.set_xy(MARGIN, lowest + 3)

    def table(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], numbers: int = 0
    ) -> None:
        """Rows that break across pages with their heads repeated; the last `numbers` columns are set to the far side."""
        start, end = ("RIGHT", "LEFT") if self.is_rtl else ("LEFT", "RIGHT")
        align = [start] * (len(heads) - numbers) + [end] * numbers
        flip = (lambda row: list(reversed(row))) if self.is_rtl else list
        self.font(SMALL + 0.5)
        with self.pdf.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=tuple(flip(widths)),
            text_align=tuple(flip(align)),
            headings_style=FontFace(emphasis="BOLD"),
            line_height=4.4,
            v_align=VAlign.T,
            padding=1.2,
        ) as table:
            for row in (heads, *rows):
                cells = table.row()
                for cell in flip(row):
                    cells.cell(cell)
        self.pdf.ln(3)

    def bars(self, bars: Bars, *, height: float | None = None) -> None:
        """A bar code at its own size, or as wide as the sheet where that is less; square without a `height`."""
        module = min(MODULE if height else 0.8, self.width / bars.width)
        tall = height / bars.height if height else module
        left, top = MARGIN + (self.width - bars.width * module if self.is_rtl else 0), self.pdf.get_y()
        self.pdf.set_fill_color(0)
        for x, y, across, down in bars.rectangles:
            self.pdf.rect(left + x * module, top + y * tall, across * module, down * tall, style="F")
        self.pdf.set_y(top + bars.height * tall + 1)

    def bytes(self, **made: Any) -> bytes:
        if "at" in made:
            self.pdf.set_creation_date(made["at"])
        return bytes(self.pdf.output())
