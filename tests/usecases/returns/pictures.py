"""Pictures as telephones and other people send them, made here byte by byte."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image, ImageDraw

# Where somebody lives, as a telephone writes it into a photo.
LATITUDE = (52.0, 30.0, 59.0)


def picture(width: int = 640, height: int = 480, mode: str = "RGB") -> Image.Image:
    """Red at the left, blue at the right, with a mark in the top left corner."""
    image = Image.new(mode, (width, height), "red" if mode != "L" else 90)
    draw = ImageDraw.Draw(image)
    if mode != "L":
        draw.rectangle((width // 2, 0, width, height), fill="blue")
        draw.rectangle((0, 0, width // 4, height // 4), fill="white")
    return image


def jpeg(image: Image.Image | None = None, *, orientation: int = 1, gps: bool = False, comment: bytes = b"") -> bytes:
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Telephone of Ada"
    if gps:
        exif.get_ifd(0x8825).update({1: "N", 2: LATITUDE, 3: "E", 4: (13.0, 22.0, 40.0)})
    (image or picture()).save(written, "JPEG", exif=exif, comment=comment, quality=90)
    return written.getvalue()


def as_format(form: str, image: Image.Image | None = None, **options: object) -> bytes:
    written = io.BytesIO()
    (image or picture()).save(written, form, **options)
    return written.getvalue()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A megabyte that says it is a picture of nearly a billion pixels, and is: all of them black."""
    packer = zlib.compressobj(9)
    row = b"\0" + bytes(width * 3)
    body = b"".join(packer.compress(row) for _ in range(64)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def webp_bomb() -> bytes:
    """A few bytes that say they are 16 384 pixels wide and high (VP8X, in the order of the container's specification)."""
    canvas = b"\x02\0\0\0" + (16_383).to_bytes(3, "little") * 2
    body = b"WEBPVP8X" + struct.pack("<I", len(canvas)) + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
