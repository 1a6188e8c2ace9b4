"""The carriers' page: how each account is doing, what waits for a person, codes that nobody knows yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound as NoSuchPage
from werkzeug.wrappers import Response

from portal.domain.unmapped import MEANINGS
from portal.errors import Conflict, InvalidInput, NotFound, PortalError
from portal.usecases.carriers import accounts, codes
from portal.usecases.carriers.overview import list_accounts
from portal.usecases.pushes.overview import list_endpoints
from portal.usecases.tracking import holds
from portal.usecases.tracking.remap import apply_mappings
from portal.web.language import speaker
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import message_of
from portal.web.staff.said import say
from portal.web.state import deps

Id = "<int(max=9223372036854775807):{}>"
AT_ONCE = 100  # parcels that are corrected while somebody waits; the worker sees to the others
SHOWN = 20  # codes on the page


def _page(status: int = 200, problem: str | None = None) -> tuple[str, int]:
    state = request.args.get("codes") if request.args.get("codes") in codes.STATES else "open"
    inbox = codes.list_unmapped(deps(), state=state)
    page = render_template(
        "staff/carriers.html",
        accounts=list_accounts(deps()),
        held=holds.list_held(deps()),
        pushes=list_endpoints(deps()),
        codes=inbox[:SHOWN],
        more=max(0, len(inbox) - SHOWN),
        state=state,
        states=codes.STATES,
        mappings=codes.list_mappings(deps()),
        meanings=MEANINGS,
        hours=lambda seconds: timedelta(seconds=seconds),
        problem=problem,
    )
    return page, status


@blueprint.get("/carriers")
def carriers() -> tuple[str, int]:
    """Everything about the carriers on one page."""
    return _page()


_ON_ACCOUNT: dict[str, Callable[[str], None]] = {
    "pause": lambda key: accounts.pause_account(deps(), key, actor=login.me().actor),
    "resume": lambda key: accounts.resume_account(deps(), key, actor=login.me().actor),
}


@blueprint.post("/carriers/accounts/<key>/<action>")
@login.admin_only
def carriers_account(key: str, action: str) -> Response | tuple[str, int]:
    """Leave an account alone, or go on with it."""
    if action not in _ON_ACCOUNT:
        raise NoSuchPage
    return _do(lambda: _ON_ACCOUNT[action](key))


@blueprint.post(f"/carriers/held/{Id.format('batch')}/<action>")
@login.admin_only
def carriers_held(batch: int, action: str) -> Response | tuple[str, int]:
    """Decide on answers that were held."""
    return _do(lambda: _decide(batch, action))


def _decide(batch: int, action: str) -> None:
    speak, actor = speaker(), login.me().actor
    if action == "release":
        count = holds.release(deps(), batch, actor=actor)
        say(
            speak.ngettext(
                "The answers are believed: %(num)s parcel changed.",
                "The answers are believed: %(num)s parcels changed.",
                count,
            )
        )
    elif action == "discard":
        count = holds.discard(deps(), batch, actor=actor)
        say(
            speak.ngettext(
                "The answers are forgotten: %(num)s parcel is asked about again.",
                "The answers are forgotten: %(num)s parcels are asked about again.",
                count,
            )
        )
    else:
        raise NoSuchPage


@blueprint.post(f"/carriers/codes/{Id.format('code')}/<action>")
@login.admin_only
def carriers_code(code: int, action: str) -> Response | tuple[str, int]:
    """Say what a code means, pass over it, or have it back."""
    actor = login.me().actor
    if action == "map":
        return _do(lambda: _map(code, actor))
    if action not in ("ignore", "back"):
        raise NoSuchPage
    return _do(lambda: codes.set_aside(deps(), code, actor=actor, ignored=action == "ignore"))


def _map(code: int, actor: str) -> None:
    form = request.form
    codes.map_code(deps(), code, form.get("meaning", ""), pattern=form.get("pattern", ""), actor=actor)
    _corrected(apply_mappings(deps(), limit=AT_ONCE))


def _corrected(count: int) -> None:
    speak = speaker()
    if count < AT_ONCE:
        said = speak.ngettext("History is corrected: %(num)s parcel.", "History is corrected: %(num)s parcels.", count)
    else:
        said = speak.gettext("History is being corrected.")
    say(said)


@blueprint.post(f"/carriers/mappings/{Id.format('mapping')}/undo")
@login.admin_only
def carriers_unmap(mapping: int) -> Response | tuple[str, int]:
    """Take back what was said of a code."""

    def undo() -> None:
        codes.undo_mapping(deps(), mapping, actor=login.me().actor)
        _corrected(apply_mappings(deps(), limit=AT_ONCE))

    return _do(undo)


def _do(work: Callable[[], None]) -> Response | tuple[str, int]:
    """Do it and show the page; what cannot be done is told on it."""
    try:
        work()
    except (Conflict, InvalidInput, NotFound) as error:
        return _page(error.http_status, message_of(error))
    except PortalError:
        raise
    return redirect(url_for("staff.carriers", codes=request.args.get("codes") or None), 303)
