"""A shop's brand as values for a mail's style sheet. Mail programs know no custom properties, so each is resolved.

The settings refuse whatever is not a colour, a font list or a length (`portal.domain.brand_checks`), so these values
may stand inside a style element as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from markupsafe import Markup

from portal.domain.shop_config import Brand, Palette


@dataclass(frozen=True, slots=True)
class Theme:
    """`light` and `dark` hold the palette's colours by name."""

    layout: str
    light: Mapping[str, Markup]
    dark: Mapping[str, Markup]
    body: Markup
    display: Markup
    weight: int
    case: Markup
    tracking: Markup
    radius: Markup


def theme_of(brand: Brand) -> Theme:
    return Theme(
        layout=brand.layout,
        light=_colours(brand.light),
        dark=_colours(brand.dark),
        body=_css(brand.font_body),
        display=_css(brand.font_display),
        weight=brand.display_weight,
        case=_css(brand.display_case),
        tracking=_css(brand.display_tracking),
        radius=_css(brand.radius),
    )


def _colours(palette: Palette) -> dict[str, Markup]:
    return {f.name: _css(getattr(palette, f.name)) for f in fields(palette)}


def _css(value: str) -> Markup:
    """Quotes of a font list must reach the style sheet unescaped; anything that could end it must not."""
    assert "<" not in value
    return Markup(value)  # noqa: S704  checked above and by the settings
