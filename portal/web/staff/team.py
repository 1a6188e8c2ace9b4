"""The team, the audit log, and one's own account."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import available_timezones

from babel import Locale
from flask import redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms import Form, PasswordField, SelectField, StringField
from wtforms.validators import Length

from portal.errors import Conflict, InvalidInput, PortalError
from portal.i18n import languages
from portal.usecases.staff import accounts, audit
from portal.usecases.staff.people import ROLES, StaffUser
from portal.web.language import speaker
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import message_of, number
from portal.web.staff.door import not_the_same
from portal.web.staff.said import say
from portal.web.state import deps


class NewColleagueForm(Form):
    email = StringField(validators=[Length(max=254)])
    name = StringField(validators=[Length(max=80)])
    role = SelectField(choices=list(ROLES), validate_choice=False)
    password = PasswordField(validators=[Length(max=512)])


def _team(status: int = 200, problem: str | None = None, form: NewColleagueForm | None = None) -> tuple[str, int]:
    page = render_template(
        "staff/team.html",
        team=accounts.list_staff(deps()),
        problem=problem,
        form=form or NewColleagueForm(role="agent"),
    )
    return page, status


@blueprint.get("/team")
@login.admin_only
def team() -> tuple[str, int]:
    """Who has an account, and what it may do."""
    return _team()


@blueprint.post("/team")
@login.admin_only
def team_add() -> Response | tuple[str, int]:
    """Make an account."""
    form = NewColleagueForm(request.form)
    fields = (form.email.data or "", form.name.data or "", form.role.data or "", form.password.data or "")
    try:
        made = accounts.create_staff(deps(), *fields, actor=login.me().actor)
    except (InvalidInput, Conflict) as error:
        return _team(error.http_status, message_of(error), form)
    say(speaker().gettext("%(name)s has an account now.", name=made.name))
    return redirect(url_for("staff.team"), 303)


_CHANGES: dict[str, Callable[[int, str], None]] = {
    "on": lambda staff_id, actor: accounts.set_active(deps(), staff_id, True, actor=actor),
    "off": lambda staff_id, actor: accounts.set_active(deps(), staff_id, False, actor=actor),
    "agent": lambda staff_id, actor: accounts.set_role(deps(), staff_id, "agent", actor=actor),
    "admin": lambda staff_id, actor: accounts.set_role(deps(), staff_id, "admin", actor=actor),
}


@blueprint.post("/team/<int(max=9223372036854775807):staff_id>/<change>")
@login.admin_only
def team_change(staff_id: int, change: str) -> Response | tuple[str, int]:
    """Switch an account on or off, or change its role."""
    if change not in _CHANGES:
        raise NotFound
    try:
        _CHANGES[change](staff_id, login.me().actor)
    except Conflict as error:
        return _team(409, message_of(error))
    return redirect(url_for("staff.team"), 303)


@blueprint.get("/audit")
@login.admin_only
def audit_log() -> str:
    """Everything that was done, newest first."""
    entries, before = audit.list_audit(deps(), before=number(request.args, "before", 0) or None)
    names = {user.actor: user.name for user in accounts.list_staff(deps())}
    return render_template("staff/audit.html", entries=entries, before=before, names=names, report=None)


@blueprint.post("/audit/check")
@login.admin_only
def audit_check() -> str:
    """Walk the chain of seals from the first row to the last."""
    entries, before = audit.list_audit(deps())
    names = {user.actor: user.name for user in accounts.list_staff(deps())}
    return render_template(
        "staff/audit.html", entries=entries, before=before, names=names, report=audit.verify_chain(deps())
    )


def _account(user: StaffUser, status: int = 200, problem: str | None = None) -> tuple[str, int]:
    names = [(code, Locale.parse(code).get_language_name(code) or code) for code in languages()]
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/")))
    page = render_template("staff/account.html", user=user, names=names, zones=zones, problem=problem)
    return page, status


@blueprint.get("/account")
def account() -> tuple[str, int]:
    """One's own language, time zone and password."""
    return _account(login.me())


@blueprint.post("/account")
def account_save() -> Response | tuple[str, int]:
    """Keep language and time zone."""
    form = request.form
    try:
        accounts.set_preferences(
            deps(), login.me().id, locale=form.get("locale") or None, timezone=form.get("timezone") or None
        )
    except InvalidInput as error:
        return _account(login.me(), 422, message_of(error))
    say(speaker().gettext("Saved."))
    return redirect(url_for("staff.account"), 303)


@blueprint.post("/account/password")
def account_password() -> Response | tuple[str, int]:
    """A new password signs out everywhere, here too."""
    form = request.form
    try:
        if form.get("new_password") != form.get("password_again"):
            raise InvalidInput(not_the_same())
        accounts.change_password(deps(), login.me().id, form.get("password") or "", form.get("new_password") or "")
    except PortalError as error:
        return _account(login.me(), error.http_status, message_of(error))
    login.end()
    say(speaker().gettext("Your new password is set. Please sign in with it."))
    return redirect(url_for("staff.sign_in"), 303)
