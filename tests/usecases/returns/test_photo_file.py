"""Of an uploaded picture only its pixels are kept, and what is no picture, or too much of one, is refused."""

from __future__ import annotations

import io
import threading
import tracemalloc
from collections.abc import Callable

import pytest
from PIL import Image

from portal.errors import InvalidInput
from portal.usecases.returns import photo_file
from portal.usecases.returns.photo_file import read_photo
from tests.usecases.returns import pictures


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def colour(image: Image.Image, x: int, y: int) -> tuple[int, int, int]:
    red, green, blue = image.convert("RGB").getpixel((x, y))  # type: ignore[misc]
    return int(red), int(green), int(blue)


def refusal(data: bytes) -> str | None:
    with pytest.raises(InvalidInput) as caught:
        read_photo(data)
    return caught.value.field


def test_where_it_was_taken_and_with_what_is_gone() -> None:
    sent = pictures.jpeg(gps=True, comment=b"at home")
    assert opened(sent).getexif().get_ifd(0x8825)
    photo = read_photo(sent)
    for kept in (photo.image, photo.thumbnail):
        again = opened(kept)
        assert again.format == "JPEG"
        assert not again.getexif()
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(again.info)
        assert b"Ada" not in kept
        assert b"at home" not in kept
        assert b"Exif" not in kept


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_stands_upright_however_the_telephone_was_held(orientation: int) -> None:
    upright = pictures.picture()
    held = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    sent = upright.transpose(held[orientation]) if orientation in held else upright
    photo = read_photo(pictures.jpeg(sent, orientation=orientation))
    again = opened(photo.image).convert("RGB")
    assert (photo.width, photo.height) == again.size == (640, 480)
    corner, left, right = (colour(again, *at) for at in ((60, 60), (100, 400), (560, 240)))
    assert min(corner) > 200
    assert left[0] > 200 > 60 > left[2]
    assert right[2] > 200 > 60 > right[0]


def test_a_large_one_is_made_smaller_and_keeps_its_shape() -> None:
    photo = read_photo(pictures.jpeg(pictures.picture(4032, 3024)))
    assert (photo.width, photo.height) == (1600, 1200)
    assert opened(photo.thumbnail).size == (320, 240)
    small = read_photo(pictures.jpeg(pictures.picture(40, 30)))
    assert (small.width, small.height) == (40, 30)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_a_drawing_is_taken_in_every_way_it_can_be_coloured(mode: str) -> None:
    assert opened(read_photo(pictures.as_format("PNG", pictures.picture().convert(mode))).image).mode == "RGB"


def test_what_is_transparent_becomes_white() -> None:
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    assert min(colour(opened(read_photo(pictures.as_format("PNG", clear)).image), 20, 20)) > 250


@pytest.mark.parametrize("form", ["WEBP", "PNG"])
def test_of_a_moving_picture_the_first_frame_is_kept(form: str) -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue", "green")]
    photo = read_photo(pictures.as_format(form, frames[0], save_all=True, append_images=frames[1:]))
    red, _, blue = colour(opened(photo.image), 32, 32)
    assert red > 200 > 60 > blue


def test_a_second_file_behind_the_picture_does_not_come_through() -> None:
    payload = b"PK\x03\x04<script>alert(document.cookie)</script>"
    photo = read_photo(pictures.jpeg(comment=b"<?php system($_GET[1]); ?>") + payload)
    assert b"<script" not in photo.image + photo.thumbnail
    assert b"<?php" not in photo.image + photo.thumbnail
    assert b"PK\x03\x04" not in photo.image


@pytest.mark.parametrize("bomb", [pictures.png_bomb, pictures.webp_bomb])
def test_a_small_file_that_unfolds_to_a_billion_pixels_is_refused_unopened(bomb: Callable[[], bytes]) -> None:
    data = bomb()
    assert len(data) < photo_file.MAX_BYTES
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput) as caught:
            read_photo(data)
        assert caught.value.field in ("photo.pixels", "photo.broken")
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_as_many_pixels_as_are_allowed_are_no_bomb_and_one_row_more_is() -> None:
    side = 4_000
    allowed = photo_file.MAX_PIXELS // side
    assert refusal(pictures.as_format("PNG", Image.new("1", (side, allowed + 1)))) == "photo.pixels"
    assert read_photo(pictures.as_format("PNG", Image.new("1", (side, allowed)))).width == 1280


def test_a_jpeg_in_thousands_of_scans_is_refused() -> None:
    whole = pictures.as_format("JPEG", progressive=True)
    start = whole.index(b"\xff\xda")
    scan = whole[start : whole.index(b"\xff\xda", start + 2)]
    assert refusal(whole[:start] + scan * 4_000 + b"\xff\xd9") == "photo.broken"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_a_file_that_ends_too_early_is_refused(form: str, kept: float) -> None:
    noise = Image.effect_noise((300, 200), 90).convert("RGB")
    whole = pictures.as_format(form, noise)
    assert refusal(whole[: int(len(whole) * kept)]) == "photo.broken"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", "photo.empty"),
        (pictures.HEIC, "photo.heic"),
        (pictures.SVG, "photo.kind"),
        (pictures.as_format("GIF"), "photo.kind"),
        (pictures.as_format("TIFF"), "photo.kind"),
        (b"%PDF-1.7 ...", "photo.kind"),
        (b"\xff\xd8\xff\xe0<html>", "photo.broken"),
        (b"\x89PNG\r\n\x1a\n" + pictures.SVG, "photo.broken"),
        (bytes(photo_file.MAX_BYTES + 1), "photo.large"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(data: bytes, field: str) -> None:
    assert refusal(data) == field


def test_only_two_are_unpacked_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    entered, go_on = threading.Semaphore(0), threading.Event()

    def slow(*_: object, **__: object) -> photo_file.Photo:
        entered.release()
        go_on.wait(20)
        return photo_file.Photo(b"", b"", 1, 1)

    monkeypatch.setattr(photo_file, "_written_anew", slow)
    data = pictures.jpeg()
    threads = [threading.Thread(target=read_photo, args=(data,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert [entered.acquire(timeout=20) for _ in range(2)] == [True, True]
    assert not entered.acquire(timeout=0.3)
    go_on.set()
    assert [entered.acquire(timeout=20) for _ in range(2)] == [True, True]
    for thread in threads:
        thread.join(20)
