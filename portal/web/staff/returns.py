"""One return at the desk, and what came of it."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.domain.returns import inspection
from portal.domain.returns.refusals import REFUSALS
from portal.errors import Conflict, InvalidInput
from portal.usecases.returns import desk
from portal.usecases.returns.desk_page import desk_detail
from portal.usecases.returns.desk_views import DeskReturn, Receipt
from portal.usecases.returns.exchange_desk import sendings_of
from portal.usecases.returns.label_desk import label_case
from portal.web.language import speaker
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import number, sent_key
from portal.web.staff.said import say
from portal.web.state import deps

Id = "<int(max=9223372036854775807):return_id>"


@blueprint.get(f"/returns/{Id}")
def return_page(return_id: int) -> str:
    """One return: its items, its parcel, its money."""
    return show_return(return_id)


def show_return(return_id: int, problem: str | None = None) -> str:
    """The page, with `problem` of a form that could not be taken."""
    item, case = desk.find_return(deps(), return_id), label_case(deps(), return_id)
    return render_template(
        "staff/return.html",
        item=item,
        case=case,
        detail=desk_detail(deps(), return_id),
        sendings=sendings_of(deps(), return_id),
        problem=problem,
        refusals=REFUSALS.values(),
        words_of=inspection,
        typed=request.form if problem else {},
        scanned="scanned" in request.args,
    )


@blueprint.post(f"/returns/{Id}/receive")
def return_receive(return_id: int) -> Response | tuple[str, int]:
    """Write down what came, unit by unit."""
    _ = speaker().gettext
    held = desk.find_return(deps(), return_id)
    try:
        desk.receive(deps(), return_id, login.me().id, _counted(held), sent_key())
    except Conflict:
        return show_return(
            return_id, _("This return has moved on since you opened it. Here is how it stands now.")
        ), 409
    except InvalidInput:
        return show_return(return_id, _("Say for at least one unit that it came or will not come.")), 422
    say(_("Written down: what came of return %(rma)s.", rma=held.rma))
    return redirect(url_for("staff.return_page", return_id=return_id), 303)


def _counted(held: DeskReturn) -> dict[int, Receipt]:
    return {
        item.id: Receipt(number(request.form, f"came-{item.id}", 0), number(request.form, f"missing-{item.id}", 0))
        for item in held.items
    }
