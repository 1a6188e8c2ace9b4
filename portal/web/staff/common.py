"""What every page of the console has: its words, its navigation, its error pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from babel import Locale, UnknownLocaleError
from flask import g, render_template, request
from werkzeug.exceptions import HTTPException

from portal.domain.words import N_
from portal.errors import InvalidInput, PortalError, TooManyAttempts
from portal.usecases.staff.story import carrier_name as name_of_carrier
from portal.web.language import speaker
from portal.web.staff import words
from portal.web.staff.blueprint import blueprint
from portal.web.staff.login import signed_in
from portal.web.staff.said import said
from portal.web.state import deps

WIDEST = 2**31 - 1
_DAMAGED = N_("This form was damaged on its way. Open the page again.")


@blueprint.context_processor
def _tools() -> dict[str, Any]:
    return {
        "me": signed_in(),
        "just_done": said,
        "label": words.label,
        "rule_title": words.rule_title,
        "rule_text": words.rule_text,
        "vip_text": words.vip_text,
        "point_text": words.point_text,
        "risk_text": lambda point: speaker().gettext(point.words, **point.inputs),
        "input_value": words.value,
        "span": words.span,
        "exact_text": words.exact_text,
        "due_text": words.due_text,
        "due_class": words.due_class,
        "ago": lambda moment: speaker().ago(moment, g.get("business_now") or deps().clock()),
        "zone_name": str(speaker().zone),
        "form_key": lambda: deps().token(),
        "language_name": language_name,
        "here": lambda: request.full_path.rstrip("?"),
        "carrier_name": carrier_name,
    }


def carrier_name(code: str | None) -> str:
    """The carrier's own name; its code where this installation does not know it."""
    return name_of_carrier(deps(), code) if code else ""


def language_name(code: str | None) -> str:
    """A language in the reader's language; the code itself where there is no such language."""
    if not code:
        return ""
    try:
        return Locale.parse(code.replace("-", "_")).get_display_name(speaker().locale) or code
    except (ValueError, UnknownLocaleError):
        return code


def number(source: Mapping[str, str], name: str, default: int) -> int:
    """A whole number from a form or an address; `default` for anything else."""
    text = source.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= WIDEST else default


def sent_key() -> str:
    """The key of the form that was sent: the same form twice counts once. Raises InvalidInput for a damaged form."""
    key = request.form.get("form_key", "")
    if not 16 <= len(key) <= 64:
        raise InvalidInput(_DAMAGED)
    return key


def message_of(error: PortalError) -> str:
    """What an error says, in the reader's language."""
    return speaker().gettext(str(error))


@blueprint.errorhandler(PortalError)
def _refused(error: PortalError) -> tuple[str, int, dict[str, str]]:
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyAttempts) else {}
    said = message_of(error) if isinstance(error, InvalidInput) else None
    page = render_template("staff/error.html", status=error.http_status, said=said)
    return page, error.http_status, headers


@blueprint.errorhandler(403)
@blueprint.errorhandler(404)
def _not_for_you(error: HTTPException) -> tuple[str, int]:
    status = error.code or 500
    return render_template("staff/error.html", status=status, said=None), status
