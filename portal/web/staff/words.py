"""Codes in plain words, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_skeleton, format_time
from babel.numbers import format_decimal, get_currency_precision

from portal.domain.delivery_exceptions.registry import words as rule_words
from portal.domain.vip import REASONS
from portal.web.language import speaker
from portal.web.staff.labels import LABELS, RULES
from portal.web.state import deps


def label(kind: str, code: str | None) -> str:
    """The words for a code; the code itself where we have none: unknown stays visible."""
    text = LABELS[kind].get(code or "")
    return speaker().gettext(text) if text else (code or "")


def rule_title(rule: str) -> str:
    """A rule in two or three words."""
    return speaker().gettext(RULES[rule]) if rule in RULES else rule


class _Shown(dict[str, str]):
    """Values for a sentence; one that is missing is a dash, never a broken page."""

    def __missing__(self, key: str) -> str:
        return "–"


def rule_text(message_key: str, inputs: Mapping[str, Any], carrier: str | None = None) -> str:
    """The rule's sentence for staff with this case's values in it."""
    try:
        text = rule_words(message_key).staff
    except KeyError:
        return message_key
    shown = _Shown({key: value(key, given) for key, given in inputs.items() if given is not None})
    if carrier:
        shown["carrier"] = carrier
    return speaker().gettext(text) % shown


def value(key: str, given: Any) -> str:
    """An input or threshold as people read it. A name in `_on` is a day, one in `_at` a moment, both ISO 8601."""
    try:
        if key.endswith("_on"):
            return speaker().day(date.fromisoformat(given), weekday=False)
        if key.endswith("_at"):
            return speaker().moment(datetime.fromisoformat(given))
    except (TypeError, ValueError):
        return str(given)
    if isinstance(given, bool):
        return speaker().gettext("yes") if given else speaker().gettext("no")
    return format_decimal(given, locale=speaker().locale) if isinstance(given, int | float) else str(given)


def vip_text(reason: Mapping[str, Any] | None) -> str:
    """Why somebody is a VIP."""
    if not reason:
        return ""
    inputs: dict[str, Any] = dict(reason.get("inputs") or {})
    currency = str(inputs.get("currency") or "")
    for key, given in inputs.items():
        if key.endswith("_minor") and currency:
            whole = given / 10 ** get_currency_precision(currency)
            inputs[key] = format_decimal(whole, format="#,##0", locale=speaker().locale)
    text = REASONS.get(str(reason.get("key")), "")
    return speaker().gettext(text) % _Shown(inputs) if text else str(reason.get("key", ""))


def point_text(point: Mapping[str, Any]) -> str:
    """One point of a priority."""
    inputs: dict[str, Any] = dict(point.get("inputs") or {})
    if "severity" in inputs:
        inputs["severity"] = label("severity", str(inputs["severity"]))
    return speaker().gettext(str(point.get("words", ""))) % _Shown(inputs)


def span(length: timedelta) -> str:
    """A length of time in its two largest units: "3 d 4 h", "2 h 10 min", "12 min"."""
    minutes = int(abs(length) / timedelta(minutes=1))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    _ = speaker().gettext
    if days:
        return _("%(days)s d %(hours)s h", days=days, hours=hours) if hours else _("%(days)s d", days=days)
    if hours:
        return _("%(hours)s h %(minutes)s min", hours=hours, minutes=rest) if rest else _("%(hours)s h", hours=hours)
    return _("%(minutes)s min", minutes=rest)


def exact_text(moment: datetime, *, seconds: bool = False) -> str:
    """A moment in figures, as short as it can be: the year only where it is another one."""
    speak, now = speaker(), deps().wall()
    local = moment.astimezone(speak.zone)
    skeleton = "MMMd" if local.year == now.astimezone(speak.zone).year else "yMMMd"
    day = format_skeleton(skeleton, local, locale=speak.locale)
    return f"{day}, {format_time(local, format='medium' if seconds else 'short', locale=speak.locale)}"


def due_text(due: datetime, now: datetime) -> str:
    """The countdown to an answer."""
    _ = speaker().gettext
    return _("in %(time)s", time=span(due - now)) if due > now else _("%(time)s overdue", time=span(now - due))


def due_class(due: datetime, now: datetime) -> str:
    """How pressing it is: over, soon, later."""
    return "over" if due <= now else "soon" if due - now <= timedelta(hours=2) else "later"
