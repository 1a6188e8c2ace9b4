"""A case, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import g, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from portal.errors import Conflict, InvalidInput
from portal.usecases.staff import case_actions
from portal.usecases.staff.case_actions import BAD_SNOOZE, OUTCOMES, Form
from portal.usecases.staff.cases import show_case
from portal.web.language import speaker
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import message_of, number, sent_key
from portal.web.staff.said import say
from portal.web.staff.words import label
from portal.web.state import deps

Id = "<int(max=9223372036854775807):case_id>"


@blueprint.get(f"/cases/{Id}")
def case(case_id: int) -> str:
    """The story, the work, the customer."""
    return _page(case_id)


def _page(case_id: int, problem: str | None = None) -> str:
    page = show_case(deps(), case_id)
    g.business_now = deps().clock()
    login.speak(login.me(), page.desk_timezone)
    return render_template(
        "staff/case.html",
        page=page,
        case=page.case,
        now=g.business_now,
        outcomes=OUTCOMES,
        problem=problem,
        typed=request.form if problem else {},
    )


@blueprint.post(f"/cases/{Id}/<action>")
def case_action(case_id: int, action: str) -> Response | tuple[str, int]:
    """Do it; when somebody was faster, show how the case stands now, with what was typed still there."""
    act = _ACTIONS.get(action)
    if act is None:
        raise NotFound
    form = Form(case_id, login.me().id, number(request.form, "revision", 0), sent_key())
    try:
        act(form)
    except Conflict as error:
        return _page(case_id, message_of(error)), 409
    except InvalidInput as error:
        return _page(case_id, message_of(error)), 422
    return _onward(action, form)


def _snooze(form: Form) -> None:
    case_actions.snooze(deps(), form, _until(form.case_id))


def _until(case_id: int) -> datetime:
    """A preset is a moment with its offset; a time typed by hand is meant in the zone the page shows."""
    typed = request.form.get("until") or request.form.get("until_local") or ""
    try:
        moment = datetime.fromisoformat(typed)
        if moment.tzinfo is None:
            zone = login.me().timezone or show_case(deps(), case_id).desk_timezone
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(BAD_SNOOZE, "until") from None


def _text() -> str:
    return request.form.get("text") or ""


_ACTIONS: dict[str, Callable[[Form], None]] = {
    "claim": lambda form: case_actions.claim(deps(), form),
    "release": lambda form: case_actions.release(deps(), form),
    "note": lambda form: case_actions.note(deps(), form, _text()),
    "snooze": _snooze,
    "wake": lambda form: case_actions.wake(deps(), form),
    "resolve": lambda form: case_actions.resolve(deps(), form, request.form.get("outcome") or "", _text()),
    "reopen": lambda form: case_actions.reopen(deps(), form),
}


def _onward(action: str, form: Form) -> Response:
    _ = speaker().gettext
    if action == "resolve":
        outcome = label("outcome", request.form.get("outcome"))
        said = _("Case %(id)s is resolved: %(outcome)s.", id=form.case_id, outcome=outcome)
        say(said, undo=form.case_id, revision=form.revision + 1)
        return redirect(login.inside(request.form.get("back")) or url_for("staff.queue"), 303)
    if action == "snooze":
        say(_("Case %(id)s sleeps until its time.", id=form.case_id), open=form.case_id)
        return redirect(login.inside(request.form.get("back")) or url_for("staff.queue"), 303)
    here = url_for("staff.case", case_id=form.case_id)
    return redirect(login.inside(request.form.get("back")) or here, 303)
