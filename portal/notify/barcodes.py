"""Bar codes as rectangles for a page or a sheet to draw: sharp at every size, and no picture to fetch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import zint

QUIET = 10  # modules of white on either side that a reader needs (ISO/IEC 15417, 4.2)


@dataclass(frozen=True, slots=True)
class Bars:
    """Dark rectangles (x, y, width, height) in a box of `width` by `height`, quiet zones included, all in modules."""

    width: float
    height: float
    rectangles: tuple[tuple[float, float, float, float], ...]


def code128(text: str) -> Bars | None:
    """Code 128. None for a text that it has no letters for, or too many of them for a reader."""
    import zint  # a compiled library that few pages need

    if not 0 < len(text) <= 40 or not text.isascii() or not text.isprintable():
        return None
    symbol = zint.Symbol()
    symbol.symbology = zint.Symbology.CODE128
    # zint gives two units a module
    bars = _drawn(symbol, text)
    across = tuple((x / 2 + QUIET, 0.0, width / 2, 50.0) for x, _, width, _ in bars.rectangles)
    return Bars(bars.width / 2 + 2 * QUIET, 50.0, across)


def qr(text: str) -> Bars | None:
    """A QR code, with the four modules of white around it that a reader needs (ISO/IEC 18004, 6.3.8). None for a text
    that is too long to be read off a telephone."""
    import zint

    if not 0 < len(text.encode()) <= 200:
        return None
    symbol = zint.Symbol()
    symbol.symbology = zint.Symbology.QRCODE
    bars = _drawn(symbol, text)
    square = tuple((x / 2 + 4, y / 2 + 4, width / 2, height / 2) for x, y, width, height in bars.rectangles)
    return Bars(bars.width / 2 + 8, bars.height / 2 + 8, square)


def _drawn(symbol: zint.Symbol, text: str) -> Bars:
    symbol.show_text = False
    symbol.encode(text)
    symbol.buffer_vector(0)
    vector = symbol.vector
    if vector is None:
        raise ValueError("nothing was drawn")
    return Bars(vector.width, vector.height, tuple((r.x, r.y, r.width, r.height) for r in vector.rectangles))
