"""A shop's brand as CSS custom properties. The values were checked when the configuration was read."""

from __future__ import annotations

from dataclasses import fields

from portal.domain.shop_config import Brand, FontFile, Palette
from portal.web import assets


def _colours(palette: Palette) -> str:
    return "".join(f"--{f.name.replace('_', '-')}:{getattr(palette, f.name)};" for f in fields(palette))


def font_files(brand: Brand) -> list[tuple[FontFile, str]]:
    """The brand's fonts that are there, with their addresses."""
    there = [font for font in brand.fonts if (assets.FOLDER / "fonts" / font.file).is_file()]
    return [(font, assets.asset(f"fonts/{font.file}")) for font in there]


def _faces(brand: Brand) -> str:
    # "optional": a font that is not there at once is for the next page. Nothing ever moves under the reader's eyes.
    return "".join(
        f"@font-face{{font-family:'{font.family}';font-weight:{font.weight};font-display:optional;"
        f"src:url('{address}') format('woff2')}}"
        for font, address in font_files(brand)
    )


def theme_css(brand: Brand) -> str:
    """The shop's stylesheet: tokens only, for both appearances; print is always on white."""
    shape = (
        f"--font-body:{brand.font_body};--font-display:{brand.font_display};"
        f"--display-weight:{brand.display_weight};--display-case:{brand.display_case};"
        f"--display-tracking:{brand.display_tracking};--radius:{brand.radius};"
    )
    return (
        f"{_faces(brand)}@layer theme{{:root{{{shape}{_colours(brand.light)}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{_colours(brand.dark)}}}}}}}\n"
    )
