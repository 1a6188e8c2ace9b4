"""What a shop's brand may not be: unreadable, or anything but the CSS value it stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_FONT = re.compile(r"[\w\s\"',.-]{1,300}", re.ASCII)
_LENGTH = re.compile(r"0|normal|-?\d*\.?\d+(?:px|rem|em)")
_WORDS = {
    "layout": ("letter", "ledger"),
    "voice": ("warm", "plain"),
    "display_case": ("none", "uppercase", "lowercase", "capitalize"),
}
# WCAG 2.2, 1.4.3: text against what it stands on.
LEAST_CONTRAST = 4.5
_PAIRS = [
    (text, ground)
    for text in ("text", "muted", "accent", "good", "warn", "bad")
    for ground in ("background", "surface")
] + [("on_accent", "accent")]


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def signals_for(background: str) -> dict[str, str]:
    """Colours for good, warn and bad that can be read on `background`."""
    if _COLOUR.fullmatch(background) and _luminance(background) < 0.18:
        return {"good": "#7fd49b", "warn": "#f0c36a", "bad": "#ff9b8f"}
    return {"good": "#17663a", "warn": "#7d5000", "bad": "#a9221a"}


def check_palette(colours: Mapping[str, str]) -> None:
    """Raises ValueError that names the pair which cannot be read, and by how much."""
    for name, value in colours.items():
        if not _COLOUR.fullmatch(value):
            raise ValueError(f"{name} must be a colour like #1f5c3f, not {value!r}")
    for text, ground in _PAIRS:
        ratio = contrast(colours[text], colours[ground])
        if ratio < LEAST_CONTRAST:
            raise ValueError(
                f"{text} {colours[text]} cannot be read on {ground} {colours[ground]}: "
                f"contrast {ratio:.1f}, at least {LEAST_CONTRAST} is needed"
            )


def check_brand(brand: Mapping[str, object]) -> None:
    """Raises ValueError for a value that is not what its place in the stylesheet needs."""
    for name in ("font_body", "font_display"):
        if not _FONT.fullmatch(str(brand[name])):
            raise ValueError(f"{name} must be a list of font names")
    for name in ("radius", "display_tracking"):
        if not _LENGTH.fullmatch(str(brand[name])):
            raise ValueError(f"{name} must be a CSS length such as 8px")
    for name, words in _WORDS.items():
        if brand[name] not in words:
            raise ValueError(f"{name} must be one of {', '.join(words)}, not {brand[name]!r}")
    weight = brand["display_weight"]
    if not isinstance(weight, int) or not 100 <= weight <= 900:
        raise ValueError("display_weight must be from 100 to 900")


def check_font(family: str, file: str, weight: int) -> None:
    """Raises ValueError unless this names a font file of ours and nothing else."""
    if not re.fullmatch(r"[A-Za-z0-9 ]{1,60}", family):
        raise ValueError(f"family must be a font's name, not {family!r}")
    if not re.fullmatch(r"[a-z0-9-]{1,80}\.woff2", file):
        raise ValueError(f"file must be the name of a .woff2 file, not {file!r}")
    if not 100 <= weight <= 900:
        raise ValueError("weight must be from 100 to 900")
