"""A letter into subject, text and branded HTML. One file a message; the same blocks make both parts."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from portal.domain.notifications import CATALOGUE
from portal.domain.shop_config import PostalAddress, ShopConfig
from portal.i18n import Speaker
from portal.notify.letter import Letter
from portal.notify.theme import theme_of
from portal.notify.wording import tell

QR = "qr"  # the name under which the page refers to the picture inside the mail
_BLANKS = re.compile(r"\n[ \t]*\n\s*\n+")


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


@cache
def _environment(html: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("portal.notify", "templates"),
        autoescape=html,  # noqa: S701  off for the text part alone, which is no markup
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["wrap"] = _wrap
    return environment


def _wrap(text: str) -> str:
    return textwrap.fill(text, 76, break_long_words=False, break_on_hyphens=False)


def events() -> tuple[str, ...]:
    """The messages that have words."""
    names = _environment(True).list_templates(filter_func=lambda name: name.endswith(".shopper.html"))
    return tuple(name.removesuffix(".shopper.html") for name in names)


def render(letter: Letter, config: ShopConfig) -> Rendered:
    """Raises KeyError for an event that is not in the catalogue."""
    name = f"{CATALOGUE[letter.event].event}.shopper.html"
    speaker = Speaker(letter.language, letter.timezone)
    theme = theme_of(config.brand)
    note = letter.note
    values: dict[str, Any] = {
        "_": speaker.gettext,
        "gettext": speaker.gettext,
        "ngettext": speaker.ngettext,
        "day": speaker.day,
        "money": speaker.money,
        "language": speaker.language,
        "direction": speaker.direction,
        "start": "right" if speaker.direction == "rtl" else "left",
        "end": "left" if speaker.direction == "rtl" else "right",
        "shop": config,
        "warm": config.brand.voice == "warm",
        "theme": theme,
        "letter": letter,
        "qr": f"cid:{QR}" if letter.qr_png else "",
        "sum": speaker.money(note.due_minor, note.currency) if note else "",
        "place": _place(config.place_of(note.destination if note else ""), speaker),
        "told": tell(speaker, letter.trouble, _carrier(letter)) if letter.trouble else None,
    }
    plain = _environment(False).get_template(name)
    words = values | _part("text.txt", plain.environment) | {"layout": "layout/text.txt"}
    heads = {block: _block(plain, block, words) for block in ("subject", "preheader", "headline")}
    text = _BLANKS.sub("\n\n", plain.render(words | heads)).strip() + "\n"
    rich = _environment(True).get_template(name)
    page = rich.render(
        values | heads | _part("html.html", rich.environment) | {"layout": f"layout/{theme.layout}.html"}
    )
    return Rendered(heads["subject"], text, _inlined(page))


def _place(address: PostalAddress, speaker: Speaker) -> str:
    """The address of returns on one line."""
    town = f"{address.postal_code} {address.city}"
    parts = (address.name, address.line1, address.line2, town, address.region, speaker.country(address.country))
    return ", ".join(part for part in parts if part)


def _carrier(letter: Letter) -> str:
    return letter.parcel.carrier if letter.parcel else ""


def _part(name: str, environment: Environment) -> dict[str, Any]:
    return {"ui": environment.get_template(f"ui/{name}").module}


def _block(template: Template, name: str, values: Mapping[str, Any]) -> str:
    return " ".join("".join(template.blocks[name](template.new_context(dict(values)))).split())


def _inlined(page: str) -> str:
    from css_inline import CSSInliner  # a large library: only processes that send mail load it

    return str(CSSInliner(load_remote_stylesheets=False).inline(page))
