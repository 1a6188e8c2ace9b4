"""Sign in, sign out, a forgotten password."""

from __future__ import annotations

import structlog
from flask import make_response as answer
from flask import redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response
from wtforms import Form, PasswordField, StringField
from wtforms.validators import Length

from portal.errors import InvalidInput, TooManyAttempts
from portal.usecases.deps import Deps
from portal.usecases.staff import password_reset
from portal.usecases.staff import sign_in as use_case
from portal.web.language import speaker
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import message_of
from portal.web.staff.said import say
from portal.web.state import deps

log = structlog.get_logger("portal.web.staff")
_TOKEN = "staff_reset"  # noqa: S105  the name of a session entry


class SignInForm(Form):
    """An address and a password; what they must be is for the use case to say."""

    email = StringField(validators=[Length(max=254)])
    password = PasswordField(validators=[Length(max=512)])


class NewPasswordForm(Form):
    password = PasswordField(validators=[Length(max=512)])
    password_again = PasswordField(validators=[Length(max=512)])


@blueprint.get("/sign-in")
@login.anybody
def sign_in() -> str | Response:
    """The door. Whoever is in already is led on."""
    onward = login.inside(request.args.get("next"))
    if login.signed_in():
        return redirect(onward or url_for("staff.queue"))
    return render_template("staff/sign_in.html", form=SignInForm(), onward=onward)


@blueprint.post("/sign-in")
@login.anybody
def sign_in_now() -> str | Response | tuple[str, int]:
    """Check and let in."""
    form, onward = SignInForm(request.form), login.inside(request.form.get("next"))
    try:
        if not form.validate():
            raise InvalidInput(use_case.REFUSED)
        user, token = use_case.sign_in(
            deps(), form.email.data or "", form.password.data or "", address=request.remote_addr
        )
    except InvalidInput as error:
        return render_template("staff/sign_in.html", form=form, onward=onward, problem=message_of(error)), 422
    login.begin(user, token)
    return redirect(onward or url_for("staff.queue"), 303)


@blueprint.post("/sign-out")
@login.anybody
def sign_out() -> Response:
    """End the session; safe to press twice."""
    login.end()
    return redirect(url_for("staff.sign_in"), 303)


@blueprint.get("/forgot")
@login.anybody
def forgot() -> str:
    """Ask for a link."""
    return render_template("staff/forgot.html", sent=False)


@blueprint.post("/forgot")
@login.anybody
def forgot_now() -> Response:
    """The same page whether there is such an account or not; the mail goes once the page is out."""
    email, ports = (request.form.get("email") or "")[:254], deps()
    allowed = password_reset.check_budget(ports, email, address=request.remote_addr)
    response = answer(render_template("staff/forgot.html", sent=True))
    if allowed:
        response.call_on_close(lambda: _mail(ports, email))
    return response


def _mail(ports: Deps, email: str) -> None:
    try:
        password_reset.send_reset(ports, email)
    except Exception as error:  # the page has been sent: all that is left is to tell the operator
        log.error("staff_reset_mail_failed", error=type(error).__name__)


@blueprint.get("/password/<token>")
@login.anybody
def password_link(token: str) -> Response:
    """Take the token out of the address, so that it stays in no history and no screenshot."""
    session[_TOKEN] = token[:400]
    return redirect(url_for("staff.new_password"))


@blueprint.get("/password")
@login.anybody
def new_password() -> str | tuple[str, int]:
    """Choose a new password."""
    try:
        password_reset.check_token(deps(), session.get(_TOKEN, ""))
    except InvalidInput as error:
        return render_template("staff/forgot.html", sent=False, problem=message_of(error)), 422
    return render_template("staff/new_password.html")


@blueprint.post("/password")
@login.anybody
def new_password_now() -> Response | tuple[str, int]:
    """Set it, once."""
    form = NewPasswordForm(request.form)
    try:
        if form.password.data != form.password_again.data:
            raise InvalidInput(not_the_same(), "password_again")
        password_reset.reset_password(deps(), session.get(_TOKEN, ""), form.password.data or "")
    except InvalidInput as error:
        page = "staff/new_password.html" if error.field else "staff/forgot.html"
        return render_template(page, sent=False, problem=message_of(error)), 422
    login.end()
    say(speaker().gettext("Your new password is set. Please sign in with it."))
    return redirect(url_for("staff.sign_in"), 303)


def not_the_same() -> str:
    return speaker().gettext("The two passwords are not the same.")


@blueprint.errorhandler(TooManyAttempts)
def _too_many(error: TooManyAttempts) -> tuple[str, int, dict[str, str]]:
    minutes = (error.retry_after + 59) // 60
    page = render_template("staff/error.html", status=429, said=None, minutes=minutes)
    return page, 429, {"Retry-After": str(error.retry_after)}
