"""The return label as a black and white picture, two hundred dots an inch, for carriers that send PNG or GIF."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from carriers.lab.barcodes import Bars, code_128, gs1_128, qr
from carriers.lab.faces import SENTENCES, Face
from carriers.lab.latin import ascii_only

_DOTS: Final = 203  # an inch
_WIDTH, _HEIGHT = 4 * _DOTS, 6 * _DOTS
_MARGIN = 36
_WHITE, _BLACK = 255, 0


def label_png(shown: Face) -> bytes:
    """The label as PNG, upright. The same face gives the same bytes."""
    return _saved(_Sheet().draw(shown), "PNG")


def label_gif(shown: Face) -> bytes:
    """The label as GIF, lying on its side as UPS sends it."""
    return _saved(_Sheet().draw(shown).transpose(Image.Transpose.ROTATE_90), "GIF")


def _saved(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    picture.convert("1", dither=Image.Dither.NONE).save(out, kind, dpi=(_DOTS, _DOTS))
    return out.getvalue()


class _Sheet:
    def __init__(self) -> None:
        self._picture = Image.new("L", (_WIDTH, _HEIGHT), _WHITE)
        self._pen = ImageDraw.Draw(self._picture)

    def draw(self, shown: Face) -> Image.Image:
        self._pen.rectangle((8, 8, _WIDTH - 9, _HEIGHT - 9), outline=_BLACK, width=3)
        self._text(shown.letter, 52, 20, size=130)
        self._text(shown.first, 230, 40, size=28)
        self._text(shown.second, 230, 84, size=24)
        self._line(172)
        self._text(shown.service, _MARGIN, 186, size=38)
        self._text(shown.paid, _MARGIN, 240, size=22)
        self._address("FROM", shown.sender, top=280, size=25)
        self._address("SHIP TO", shown.recipient, top=480, size=34)
        self._line(735)
        self._text(shown.heading, _MARGIN, 746, size=28)
        self._bars(gs1_128(shown.code) if shown.gs1 else code_128(shown.code), 60, 790, _WIDTH - 120, 170)
        self._text(shown.spaced, _MARGIN, 970, size=32)
        self._line(1020)
        self._bars(qr(shown.qr), _WIDTH - _MARGIN - 150, 1040, 150, 150)
        for place, sentence in enumerate(SENTENCES):
            self._text(sentence, _MARGIN, 1044 + 36 * place, size=22, room=530)
        self._text(shown.notes, _MARGIN, 1150, size=24, room=530)
        return self._picture

    def _address(self, heading: str, lines: tuple[str, ...], *, top: int, size: int) -> None:
        self._text(heading, _MARGIN, top, size=18)
        for place, line in enumerate(lines, start=1):
            self._text(line, _MARGIN + 40, top + place * round(size * 1.25) - 6, size=size)

    def _text(self, text: str, x: int, y: int, *, size: int, room: int | None = None) -> None:
        """One line, smaller until it fits, and cut off when even that is not enough."""
        text, room = ascii_only(text), room or _WIDTH - x - _MARGIN
        while size > 14 and _width(text, size) > room:
            size -= 1
        while text and _width(text, size) > room:
            text = text.removesuffix("...")[:-1] + "..."
        self._pen.text((x, y), text, font=_font(size), fill=_BLACK)

    def _line(self, y: int) -> None:
        self._pen.line((8, y, _WIDTH - 9, y), fill=_BLACK, width=3)

    def _bars(self, bars: Bars, left: int, top: int, width: int, height: int) -> None:
        """Whole dots a module: uneven bars cannot be read."""
        dots = max(1, int(width // bars.width))
        down = dots if bars.height > 1 and bars.width == bars.height else height / bars.height
        start = left + int(width - dots * bars.width) // 2
        for x, y, wide, high in bars.rectangles:
            box = (start + x * dots, top + y * down, start + (x + wide) * dots - 1, top + (y + high) * down - 1)
            self._pen.rectangle(box, fill=_BLACK)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _width(text: str, size: int) -> float:
    return float(_font(size).getlength(text))
