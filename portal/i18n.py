"""Words, dates and money in the reader's language. A language is a folder under `translations/`; English is the source.

Used by pages, mails and the command line alike, so it knows neither Flask nor a request.
"""

from __future__ import annotations

import io
import re
import unicodedata
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, get_currency_precision
from babel.support import NullTranslations, Translations

FOLDER = Path(__file__).parent / "translations"
SOURCE = "en"
# A day without its year: what stands around the year in CLDR patterns goes with it.
_YEAR = re.compile(r"(\s*'?de'?)?[\s,،]*\by+(年|\s*'г'\.?)?")


@cache
def languages() -> tuple[str, ...]:
    """The languages there are: the source, and every folder with messages."""
    return (SOURCE, *sorted(p.parent.parent.name for p in FOLDER.glob("*/LC_MESSAGES/messages.po")))


@cache
def catalogue(language: str) -> NullTranslations:
    """The messages of a language; compiled in memory, so that adding one needs no build step."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as source:
        parsed = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, parsed)
    compiled.seek(0)
    return Translations(compiled)


def choose(wanted: list[str | None], offered: tuple[str, ...]) -> str:
    """The first wanted language that is offered and exists ("de-AT" is met by "de"); else the first offered."""
    there = [code for code in offered if code in languages()]
    for code in wanted:
        base = (code or "").replace("_", "-").split("-")[0].lower()
        if base in there:
            return base
    return there[0] if there else SOURCE


class Speaker:
    """Speaks one language in one time zone."""

    def __init__(self, language: str, timezone: str = "UTC") -> None:
        self.language = language
        self.locale = Locale.parse(language)
        self.zone = ZoneInfo(timezone)
        self._messages = catalogue(language)

    @property
    def direction(self) -> str:
        return self.locale.text_direction

    def gettext(self, message: str, **values: object) -> str:
        text = self._messages.ugettext(message) if message else ""
        return text % values if values else text

    def ngettext(self, singular: str, plural: str, n: int, **values: object) -> str:
        return self._messages.ungettext(singular, plural, n) % {"n": n, "num": n, **values}

    def money(self, minor: int, currency: str) -> str:
        """An amount in minor units, as this reader writes it."""
        return format_currency(minor / 10 ** get_currency_precision(currency), currency, locale=self.locale)

    def day(self, value: date | datetime, *, weekday: bool = True, year: bool = False) -> str:
        """A day such as "Tuesday, November 24"; for a moment, the day in the zone of this speaker."""
        day = value.astimezone(self.zone).date() if isinstance(value, datetime) else value
        pattern = self.locale.date_formats["full" if weekday else "long"].pattern
        return format_date(day, format=pattern if year else _YEAR.sub("", pattern), locale=self.locale)

    def time(self, moment: datetime) -> str:
        return format_time(moment, format="short", tzinfo=self.zone, locale=self.locale)

    def moment(self, moment: datetime) -> str:
        """Day and time, medium length, in the zone of this speaker."""
        return format_datetime(moment, format="medium", tzinfo=self.zone, locale=self.locale)

    def ago(self, moment: datetime, now: datetime) -> str:
        return str(format_timedelta(moment - now, add_direction=True, locale=self.locale))

    def country(self, code: str | None) -> str:
        return str(self.locale.territories.get(code or "", code or ""))

    def post_country(self, code: str | None) -> str:
        """A country as it stands on a parcel: in this language where that writes Latin letters, which carriers
        everywhere read; else in English."""
        name = self.country(code)
        latin = all(not c.isalpha() or unicodedata.name(c, "").startswith("LATIN") for c in name)
        return name if latin else str(Locale.parse(SOURCE).territories.get(code or "", code or ""))
