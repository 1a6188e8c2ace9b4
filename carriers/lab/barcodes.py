"""Bar codes as rectangles, for drawing into a PDF, and as PNG."""

from __future__ import annotations

import struct
import zlib
from typing import Final, NamedTuple

import zint

_QUIET_MODULES: Final = 4
_PIXELS: Final = 8


class Bars(NamedTuple):
    """A symbol's dark rectangles (x, y, width, height) in a box of `width` by `height`, all in modules."""

    width: float
    height: float
    rectangles: tuple[tuple[float, float, float, float], ...]


def gs1_128(text: str) -> Bars:
    """Code 128 with GS1 structure; `text` has its application identifiers in square brackets."""
    return _draw(zint.Symbology.GS1_128, text)


def code_128(text: str) -> Bars:
    """Plain Code 128."""
    return _draw(zint.Symbology.CODE128, text)


def qr(text: str) -> Bars:
    """A QR code with medium error correction."""
    return _draw(zint.Symbology.QRCODE, text, level=2)


def _draw(kind: zint.Symbology, text: str, level: int | None = None) -> Bars:
    symbol = zint.Symbol()
    symbol.symbology = kind
    symbol.show_text = False
    if level is not None:
        symbol.option_1 = level
    symbol.encode(text)
    symbol.buffer_vector(0)
    vector = symbol.vector
    if vector is None:
        raise ValueError("nothing was drawn")
    # zint gives two units a module
    rectangles = tuple((bar.x / 2, bar.y / 2, bar.width / 2, bar.height / 2) for bar in vector.rectangles)
    return Bars(vector.width / 2, vector.height / 2, rectangles)


def qr_png(text: str) -> bytes:
    """A QR code as a black and white PNG, eight pixels a module, with its quiet zone."""
    bars = qr(text)
    modules = round(bars.width) + 2 * _QUIET_MODULES
    grid = [bytearray(b"\x01" * modules) for _ in range(modules)]
    for x, y, width, height in bars.rectangles:
        for row in range(round(y), round(y + height)):
            start = round(x) + _QUIET_MODULES
            grid[row + _QUIET_MODULES][start : start + round(width)] = bytes(round(width))
    lines = b"".join((b"\x00" + bytes(255 * cell for cell in row for _ in range(_PIXELS))) * _PIXELS for row in grid)
    size = modules * _PIXELS
    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    parts = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(lines, 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
