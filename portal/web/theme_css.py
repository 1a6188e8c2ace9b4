"""A shop's brand as CSS custom properties. The values were checked when the configuration was read."""

from __future__ import annotations

from dataclasses import fields

from portal.domain.shop_config import Brand, Palette


def _colours(palette: Palette) -> str:
    return "".join(f"--{f.name.replace('_', '-')}:{getattr(palette, f.name)};" for f in fields(palette))


def theme_css(brand: Brand) -> str:
    """The shop's stylesheet: tokens only, for both appearances; print is always on white."""
    shape = (
        f"--font-body:{brand.font_body};--font-display:{brand.font_display};"
        f"--display-weight:{brand.display_weight};--display-case:{brand.display_case};"
        f"--display-tracking:{brand.display_tracking};--radius:{brand.radius};"
    )
    return (
        f"@layer theme{{:root{{{shape}{_colours(brand.light)}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{_colours(brand.dark)}}}}}}}\n"
    )
