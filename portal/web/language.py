"""Which language a request is answered in, and the words, dates and money of its templates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from babel import Locale
from babel.dates import format_date
from flask import Flask, g, request, session

from portal.i18n import Speaker, choose, languages


def speaker_for(offered: Iterable[str], timezone: str = "UTC", known: str | None = None) -> Speaker:
    """The link's language, the one chosen before, `known` (an order's), the browser's; else the first of `offered`."""
    wanted = [request.args.get("lang"), session.get("lang"), known, *(code for code, _ in request.accept_languages)]
    return Speaker(choose(wanted, tuple(offered)), timezone)


def remember_choice(offered: Iterable[str]) -> None:
    """Keep a language that was chosen by a link, for the pages that follow."""
    asked = request.args.get("lang")
    if asked and asked in tuple(offered) and session.get("lang") != asked:
        session["lang"] = asked


def speaker() -> Speaker:
    """The speaker of this request; without a shop or a staff member, one of the browser's language."""
    if "speaker" not in g:
        g.speaker = speaker_for(languages())
    found: Speaker = g.speaker
    return found


def language_links(offered: Iterable[str]) -> list[tuple[str, str, str]]:
    """(code, its own name, address of this page in it) for every language on offer."""
    there = [code for code in offered if code in languages()]
    return [
        (code, Locale.parse(code).get_language_name(code) or code, "?" + urlencode({**request.args, "lang": code}))
        for code in there
    ]


def _day(value: date | datetime, **options: Any) -> str:
    return speaker().day(value, **options)


def _monthday(value: date) -> str:
    """What stands around a large day of the month: its weekday and month."""
    return format_date(value, "EEEE, LLLL", locale=speaker().locale)


def install(app: Flask) -> None:
    """Give every template gettext in the reader's language, and filters for days, times and money."""
    env = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: speaker().gettext(message),
        lambda one, many, n: speaker().ngettext(one, many, n),
        newstyle=True,
    )
    # Words of the configuration: translated where a catalogue has them, never formatted.
    env.filters["said"] = lambda text: speaker().gettext(text)
    env.filters["day"] = _day
    env.filters["monthday"] = _monthday
    env.filters["time"] = lambda value: speaker().time(value)
    env.filters["moment"] = lambda value: speaker().moment(value)
    env.filters["money"] = lambda minor, currency: speaker().money(minor, currency)
    env.filters["country"] = lambda code: speaker().country(code)
    env.filters["post_country"] = lambda code: speaker().post_country(code)
