"""A picture that somebody uploaded, decoded within bounds and written anew: nothing of the file is kept but its pixels.

What else a file can hold (where it was taken, a second file behind the first, a script) does not come through. Bounds
are looked at before a pixel is unpacked, since a file of a few kilobytes may say that it has billions of them.
"""

from __future__ import annotations

import hashlib
import io
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portal.errors import InvalidInput

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

MAX_BYTES = 12_000_000  # what a telephone's camera makes, with room
# A JPEG is unpacked at a fraction of its size; others have to be unpacked whole, four bytes a pixel.
MAX_JPEG_PIXELS, MAX_PIXELS = 55_000_000, 20_000_000
MAX_SCANS = 30  # of a JPEG: each is a walk over the whole picture, and a small file can ask for thousands
LONG_SIDE, SMALL_SIDE = 1600, 320  # pixels, of what is kept and of its thumbnail
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP")
_BEGINS = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF")
_APPLE = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"heif")
_AT_ONCE = threading.BoundedSemaphore(2)  # pictures that one process unpacks at a time


@dataclass(frozen=True, slots=True)
class Photo:
    """A JPEG in sRGB without anything beside the picture, its thumbnail, and the size in pixels."""

    image: bytes = field(repr=False)
    thumbnail: bytes = field(repr=False)
    width: int
    height: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.image).hexdigest()


def read_photo(data: bytes) -> Photo:
    """The picture of an uploaded file, upright; of a moving one the first frame.

    Raises InvalidInput with the field "photo.empty", "photo.large" (too many bytes), "photo.heic", "photo.kind" (no
    picture that browsers show), "photo.pixels" (too many of them) or "photo.broken".
    """
    _look(data)
    with _AT_ONCE:
        return _decode(data)


def _look(data: bytes) -> None:
    if not data:
        raise InvalidInput("there is no picture in it", "photo.empty")
    if len(data) > MAX_BYTES:
        raise InvalidInput(f"a picture may have at most {MAX_BYTES // 1_000_000} MB", "photo.large")
    if data[4:8] == b"ftyp" and data[8:12] in _APPLE:
        raise InvalidInput("this is a HEIC picture; send it as JPEG", "photo.heic")


def _decode(data: bytes) -> Photo:
    from PIL import Image, UnidentifiedImageError  # slow to load

    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        if data.startswith(_BEGINS):
            raise InvalidInput("this file is damaged", "photo.broken") from None
        raise InvalidInput("this is no JPEG, PNG or WebP picture", "photo.kind") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InvalidInput("this picture has too many pixels", "photo.pixels") from None
    except Exception:  # a damaged file breaks a decoder in ways that it does not name
        raise InvalidInput("this file is damaged", "photo.broken") from None
    is_jpeg = picture.format in ("JPEG", "MPO")
    if picture.width * picture.height > (MAX_JPEG_PIXELS if is_jpeg else MAX_PIXELS):
        raise InvalidInput("this picture has too many pixels", "photo.pixels")
    if is_jpeg and data.count(b"\xff\xda") > MAX_SCANS:
        raise InvalidInput("this picture is packed in an unusual way", "photo.broken")
    try:
        return _written_anew(picture, is_jpeg=is_jpeg)
    except Exception:
        raise InvalidInput("this file is damaged", "photo.broken") from None


def _written_anew(picture: Picture, *, is_jpeg: bool) -> Photo:
    from PIL import Image

    if not is_jpeg:
        picture = picture.convert("RGBA")  # palettes and transparency, before they are made smaller
    picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    picture = _upright(picture)
    clean = Image.new("RGB", picture.size, "white")  # a new one: what the old one carried along stays behind
    clean.paste(picture.convert("RGB"), mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    small = clean.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.LANCZOS)
    return Photo(_jpeg(clean), _jpeg(small), clean.width, clean.height)


def _upright(picture: Picture) -> Picture:
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # what says how it was held is damaged; the picture is not
        return picture


def _jpeg(picture: Picture) -> bytes:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()
