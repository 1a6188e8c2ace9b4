"""A shop's brand as values for a mail's style sheet. Mail programs know no custom properties, so each is resolved."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from portal.domain.shop_config import Brand, Palette

LAYOUTS = ("letter", "ledger")
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}")
_FONT = re.compile(r"[\w\s,\"'-]+")
_LENGTH = re.compile(r"\d{1,3}(?:px|em|rem|%)?")
_CASE = re.compile(r"none|uppercase|lowercase|capitalize")
_FALLBACK_FONT = "system-ui, sans-serif"


@dataclass(frozen=True, slots=True)
class Colours:
    background: Markup
    surface: Markup
    text: Markup
    muted: Markup
    line: Markup
    accent: Markup
    on_accent: Markup
    warn: Markup


@dataclass(frozen=True, slots=True)
class Theme:
    """Safe to stand inside a style element: whatever is not a colour, a font list or a length is left out."""

    layout: str
    light: Colours
    dark: Colours
    body: Markup
    display: Markup
    weight: int
    case: Markup
    radius: Markup


def theme_of(brand: Brand) -> Theme:
    return Theme(
        layout=brand.layout if brand.layout in LAYOUTS else LAYOUTS[0],
        light=_colours(brand.light, "#ffffff", "#1a1a1a"),
        dark=_colours(brand.dark, "#121212", "#f0f0f0"),
        body=_safe(_FONT, brand.font_body, _FALLBACK_FONT),
        display=_safe(_FONT, brand.font_display, _FALLBACK_FONT),
        weight=min(max(brand.display_weight, 100), 900),
        case=_safe(_CASE, brand.display_case, "none"),
        radius=_safe(_LENGTH, brand.radius, "0"),
    )


def _colours(palette: Palette, paper: str, ink: str) -> Colours:
    papers = {name: _safe(_COLOUR, getattr(palette, name), paper) for name in ("background", "surface", "on_accent")}
    inks = {name: _safe(_COLOUR, getattr(palette, name), ink) for name in ("text", "muted", "line", "accent", "warn")}
    return Colours(**papers, **inks)


def _safe(pattern: re.Pattern[str], value: str, fallback: str) -> Markup:
    return Markup(value if pattern.fullmatch(value) else fallback)  # noqa: S704  matched against a strict pattern
