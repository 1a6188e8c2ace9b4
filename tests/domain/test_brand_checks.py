"""A brand that cannot be read, or that is more than a brand, is refused with the place and the reason."""

from __future__ import annotations

from typing import Any

import pytest

from portal.domain.brand_checks import contrast
from portal.domain.shop_config import ShopConfig
from portal.settings import ROOT, read_toml
from tests.support.factory import shop_document


def _with_brand(**changes: Any) -> dict[str, Any]:
    document = shop_document()
    return document | {"brand": document["brand"] | changes}


def _with_light(**changes: Any) -> dict[str, Any]:
    return _with_brand(light=shop_document()["brand"]["light"] | changes)


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert contrast("#777777", "#777777") == 1.0


@pytest.mark.parametrize("slug", ["juniper", "nordlicht"])
def test_the_demo_shops_can_be_read(slug: str) -> None:
    assert ShopConfig.from_document(read_toml(ROOT / "config" / "shops" / f"{slug}.toml")).name


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (_with_light(muted="#bbbbbb"), r"brand\.light: muted #bbbbbb cannot be read on background #ffffff"),
        (_with_light(on_accent="#2a6a4a"), "on_accent"),
        (_with_light(accent="red"), "accent must be a colour like"),
        (_with_light(accent="#1f5c3f;}body{display:none"), "accent must be a colour"),
        (_with_brand(font_body="x;}*{display:none}"), "font_body"),
        (_with_brand(font_display="url(https://evil.example/f)"), "font_display"),
        (_with_brand(radius="8px;color:red"), "radius"),
        (_with_brand(layout="grid"), "layout must be one of letter, ledger"),
        (_with_brand(voice="loud"), "voice must be one of"),
        (_with_brand(display_weight=1000), "display_weight"),
        (_with_brand(fonts=[{"family": "X", "file": "../../secret.woff2"}]), "woff2"),
        (_with_brand(fonts=[{"family": "X'}", "file": "x.woff2"}]), "font's name"),
    ],
)
def test_what_cannot_be_read_or_is_no_plain_value_is_refused(document: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ShopConfig.from_document(document)


def test_colours_of_good_and_bad_news_suit_the_background_they_stand_on() -> None:
    brand = ShopConfig.from_document(shop_document()).brand
    assert contrast(brand.light.bad, brand.light.background) >= 4.5
    assert contrast(brand.dark.bad, brand.dark.background) >= 4.5
    assert brand.light.bad != brand.dark.bad


def test_the_same_settings_are_read_once() -> None:
    assert ShopConfig.from_document(shop_document()) is ShopConfig.from_document(shop_document())
