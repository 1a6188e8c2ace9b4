"""Bar codes as rectangles for a page to draw: sharp at every size, and no picture to fetch."""

from __future__ import annotations

from dataclasses import dataclass

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
    symbol.show_text = False
    symbol.encode(text)
    symbol.buffer_vector(0)
    vector = symbol.vector
    if vector is None:
        raise ValueError("nothing was drawn")
    # zint gives two units a module
    bars = tuple((bar.x / 2 + QUIET, 0.0, bar.width / 2, 50.0) for bar in vector.rectangles)
    return Bars(vector.width / 2 + 2 * QUIET, 50.0, bars)
