"""Yes or no to returns that wait for a person, one by one or many at once."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from portal.errors import Conflict, InvalidInput
from portal.usecases.returns import approve as use_case
from portal.usecases.returns.authority import SamePerson
from portal.web.language import speaker
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import WIDEST, message_of, sent_key
from portal.web.staff.returns import Id, show_return
from portal.web.staff.said import say
from portal.web.state import deps

Answer = Response | tuple[str, int]


def moved_on(return_id: int) -> Answer:
    """Somebody was faster: the return as it stands now."""
    _ = speaker().gettext
    return show_return(return_id, _("This return has moved on since you opened it. Here is how it stands now.")), 409


@blueprint.post(f"/returns/{Id}/approve")
def return_approve(return_id: int) -> Answer:
    """Say yes."""
    _ = speaker().gettext
    try:
        item = use_case.approve(deps(), return_id, login.me().id, sent_key())
    except SamePerson as problem:
        return show_return(return_id, message_of(problem)), 409
    except Conflict:
        return moved_on(return_id)
    say(_("Return %(rma)s is approved.", rma=item.rma))
    return redirect(url_for("staff.return_page", return_id=return_id), 303)


@blueprint.post(f"/returns/{Id}/reject")
def return_reject(return_id: int) -> Answer:
    """Say no, and why."""
    _ = speaker().gettext
    code, words = request.form.get("code", ""), request.form.get("words", "")[:2000]
    try:
        item = use_case.reject(deps(), return_id, login.me().id, code, words, sent_key())
    except InvalidInput as problem:
        return show_return(return_id, message_of(problem)), 422
    except Conflict:
        return moved_on(return_id)
    say(_("Return %(rma)s is turned down, and the shopper is told why.", rma=item.rma))
    return redirect(url_for("staff.return_page", return_id=return_id), 303)


@blueprint.post("/returns/approve")
def returns_approve() -> Response:
    """Say yes to all that were ticked."""
    speak = speaker()
    ids = [int(one) for one in request.form.getlist("id") if one.isascii() and one.isdigit() and int(one) <= WIDEST]
    try:
        bulk = use_case.approve_many(deps(), ids, login.me().id, sent_key())
    except InvalidInput as problem:
        say(message_of(problem))
        return redirect(url_for("staff.returns", state="to_approve"), 303)
    said = speak.ngettext("%(num)s return is approved.", "%(num)s returns are approved.", len(bulk.done))
    if bulk.left:
        left = speak.ngettext(
            "%(num)s was left: somebody else has decided it, or has to.",
            "%(num)s were left: somebody else has decided them, or has to.",
            len(bulk.left),
        )
        said = f"{said} {left}"
    say(said)
    return redirect(url_for("staff.returns", state="to_approve"), 303)
