"""A return's label that waits for a person: bought after all, not bought, or bought without a file."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from portal.errors import Conflict, InvalidInput
from portal.usecases.returns import label_desk
from portal.usecases.returns.label_desk import LARGEST_FILE, LabelFile
from portal.web.language import speaker
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import message_of, sent_key
from portal.web.staff.returns import Id, show_return
from portal.web.staff.said import say
from portal.web.state import deps

Answer = Response | tuple[str, int]


def _file() -> LabelFile | None:
    sent = request.files.get("file")
    content = sent.read(LARGEST_FILE + 1) if sent is not None else b""
    return LabelFile(content) if content else None


def _done(return_id: int, words: str) -> Response:
    say(words)
    return redirect(url_for("staff.return_page", return_id=return_id), 303)


def _moved_on(return_id: int) -> Answer:
    _ = speaker().gettext
    return show_return(return_id, _("This return has moved on since you opened it. Here is how it stands now.")), 409


@blueprint.post(f"/returns/{Id}/label/bought")
def return_label_bought(return_id: int) -> Answer:
    """The carrier sold it: here is its number."""
    _ = speaker().gettext
    number = request.form.get("number", "")[:80]
    try:
        label_desk.was_bought(deps(), return_id, login.me().id, number, _file(), sent_key())
    except InvalidInput as problem:
        return show_return(return_id, message_of(problem)), 422
    except Conflict:
        return _moved_on(return_id)
    return _done(return_id, _("Written down: the label was bought."))


@blueprint.post(f"/returns/{Id}/label/buy")
def return_label_buy(return_id: int) -> Answer:
    """The carrier has sold nothing: buy it."""
    _ = speaker().gettext
    try:
        label_desk.was_not_bought(deps(), return_id, login.me().id, sent_key())
    except Conflict:
        return _moved_on(return_id)
    return _done(return_id, _("The label is bought as soon as the carrier answers."))


@blueprint.post(f"/returns/{Id}/label/file")
def return_label_add_file(return_id: int) -> Answer:
    """The file of a label that was bought without one."""
    _ = speaker().gettext
    file = _file()
    if file is None:
        return show_return(return_id, _("Choose the label's file.")), 422
    try:
        label_desk.add_file(deps(), return_id, login.me().id, file, sent_key())
    except InvalidInput as problem:
        return show_return(return_id, message_of(problem)), 422
    except Conflict:
        return _moved_on(return_id)
    return _done(return_id, _("The label is complete, and the shopper is told."))
