"""What else staff do with a return: inspect what came, release held money, open it again."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from portal.domain.returns.inspection import LONGEST_NOTE, Look
from portal.errors import Conflict, InvalidInput
from portal.usecases.returns import desk, inspect, reopen, risk_release
from portal.usecases.returns.authority import SamePerson
from portal.usecases.returns.desk_views import DeskItem, DeskReturn
from portal.usecases.returns.photos import save_photo
from portal.usecases.shops import find_shop
from portal.web.language import speaker
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import message_of, number, sent_key
from portal.web.staff.return_decide import Answer, moved_on
from portal.web.staff.returns import Id, show_return
from portal.web.staff.said import say
from portal.web.state import deps

LARGEST_PHOTO = 12_000_000  # bytes


@blueprint.post(f"/returns/{Id}/inspect")
def return_inspect(return_id: int) -> Answer:
    """Write down what was found, item by item; what is not looked at yet stays open."""
    _ = speaker().gettext
    held = desk.find_return(deps(), return_id)
    chosen = [item for item in held.items if request.form.get(f"acceptance-{item.id}")]
    try:
        looks = [_look(item) for item in chosen]
        photos = [public_id for item in chosen for public_id in _photos(held, item)]
        inspect.inspect(deps(), return_id, login.me().id, looks, sent_key(), photos)
    except InvalidInput as problem:
        return show_return(return_id, message_of(problem)), 422
    except Conflict:
        return moved_on(return_id)
    say(_("Written down: what was found of return %(rma)s.", rma=held.rma))
    return _back(return_id)


def _look(item: DeskItem) -> Look:
    def said(name: str) -> str:
        return request.form.get(f"{name}-{item.id}", "")

    return Look(
        item_id=item.id,
        units=number(request.form, f"units-{item.id}", 1),
        acceptance=said("acceptance"),
        grade=said("grade"),
        found=said("found"),
        next=said("next"),
        note=said("note")[: 2 * LONGEST_NOTE],
    )


def _photos(held: DeskReturn, item: DeskItem) -> list[str]:
    """The pictures of one item, kept before the form is worked on."""
    shop = find_shop(deps(), shop_id=held.shop_id)
    contents = [file.read(LARGEST_PHOTO + 1) for file in request.files.getlist(f"photo-{item.id}")]
    return [
        save_photo(deps(), shop, held.order_public_id, item.line_id, content, by="staff")
        for content in contents
        if content
    ]


@blueprint.post(f"/returns/{Id}/release")
def return_release(return_id: int) -> Answer:
    """Let held money go on, for a reason."""
    _ = speaker().gettext
    try:
        risk_release.release_hold(deps(), return_id, login.me().id, request.form.get("why", "")[:2000], sent_key())
    except (InvalidInput, SamePerson) as problem:
        return show_return(return_id, message_of(problem)), problem.http_status
    except Conflict:
        return moved_on(return_id)
    say(_("The money is released."))
    return _back(return_id)


@blueprint.post(f"/returns/{Id}/reopen")
def return_reopen(return_id: int) -> Answer:
    """Take it up again, for a reason."""
    _ = speaker().gettext
    try:
        item = reopen.reopen(deps(), return_id, login.me().id, request.form.get("why", "")[:2000], sent_key())
    except (InvalidInput, SamePerson) as problem:
        return show_return(return_id, message_of(problem)), problem.http_status
    except Conflict:
        return moved_on(return_id)
    say(_("Return %(rma)s is open again.", rma=item.rma))
    return _back(return_id)


def _back(return_id: int) -> Response:
    return redirect(url_for("staff.return_page", return_id=return_id), 303)
