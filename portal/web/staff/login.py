"""Who is signed in, and who may open which page. Every page is closed unless it says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import current_app, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from portal.i18n import Speaker, choose, languages
from portal.usecases.staff import sign_in as use_case
from portal.usecases.staff.people import StaffUser
from portal.web.staff.blueprint import blueprint
from portal.web.state import deps

View = TypeVar("View", bound=Callable[..., Any])
_ANYBODY: set[Any] = set()
_ADMINS: set[Any] = set()

manager = LoginManager()
# Sessions are rows with a random token and limits of their own; a mark of browser and network would add only surprises.
manager.session_protection = None


class Visitor(UserMixin):  # Flask-Login has no types
    """A member of staff in this browser. What the cookie carries is the session's token, not the account."""

    def __init__(self, user: StaffUser, token: str) -> None:
        self.user, self.token = user, token

    def get_id(self) -> str:
        return self.token


def _load(token: str) -> Visitor | None:
    user = use_case.resume(deps(), token)
    return Visitor(user, token) if user else None


manager.user_loader(_load)
blueprint.record(lambda state: manager.init_app(state.app))


def anybody(view: View) -> View:
    """Open a page to people who have not signed in."""
    _ANYBODY.add(view)
    return view


def admin_only(view: View) -> View:
    """Close a page to agents."""
    _ADMINS.add(view)
    return view


def me() -> StaffUser:
    """Who is signed in; only on pages that are closed to strangers."""
    user: StaffUser = current_user.user
    return user


def signed_in() -> StaffUser | None:
    return me() if current_user.is_authenticated else None


def begin(user: StaffUser, token: str) -> None:
    """Start afresh: nothing of what this browser held before goes into the session of a member of staff."""
    session.clear()
    login_user(Visitor(user, token))


def end() -> None:
    """Sign out, here and on the server."""
    if current_user.is_authenticated:
        use_case.sign_out(deps(), current_user.token)
    logout_user()
    session.clear()


@blueprint.before_request
def _guard() -> Response | None:
    view = current_app.view_functions[request.endpoint or ""]
    user = signed_in()
    speak(user)
    if view in _ANYBODY:
        return None
    if user is None:
        here = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("staff.sign_in", next=here), 303)
    if view in _ADMINS and not user.is_admin:
        raise Forbidden
    return None


def speak(user: StaffUser | None, timezone: str | None = None) -> None:
    """The language and the time zone of this answer: the account's own, else the browser's language and `timezone`."""
    asked = [request.args.get("lang"), user.locale if user else None, *(code for code, _ in request.accept_languages)]
    zone = (user.timezone if user else None) or timezone or "UTC"
    g.speaker = Speaker(choose(asked, languages()), zone)


def inside(address: str | None) -> str | None:
    """The address if it is one of this console's own pages: nobody is sent elsewhere by a link (open redirects)."""
    try:
        parts = urlsplit(address or "")
    except ValueError:  # half an IPv6 address
        return None
    clean = "\\" not in (address or "") and not any(ord(c) < 32 for c in address or "")
    own = not parts.scheme and not parts.netloc and parts.path.startswith("/staff/") and "/../" not in parts.path
    return address if clean and own else None
