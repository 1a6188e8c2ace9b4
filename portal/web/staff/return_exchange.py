"""What is sent to a shopper for a return: staff write down that it is ordered or on its way."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from portal.errors import Conflict, InvalidInput
from portal.usecases.returns import exchange_desk
from portal.usecases.returns.exchange_desk import Sent
from portal.usecases.returns.payout import Held
from portal.web.language import speaker
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import message_of, sent_key
from portal.web.staff.return_decide import Answer, moved_on
from portal.web.staff.returns import Id, show_return
from portal.web.staff.said import say
from portal.web.state import deps


@blueprint.post(f"/returns/{Id}/send")
def return_send(return_id: int) -> Answer:
    """An order number, a parcel's number, or that it is on its way."""
    _ = speaker().gettext
    form = request.form
    sent = Sent(
        order_number=form.get("order_number", "")[:200],
        carrier=form.get("carrier", ""),
        tracking_number=form.get("number", "")[:80],
        on_its_way="on_its_way" in form,
    )
    purpose = "part" if form.get("purpose") == "part" else "goods"
    try:
        exchange_desk.confirm_sent(deps(), return_id, login.me().id, sent_key(), sent, purpose)
    except InvalidInput as problem:
        return show_return(return_id, message_of(problem)), 422
    except Held as problem:
        return show_return(return_id, message_of(problem)), 409
    except Conflict:
        return moved_on(return_id)
    say(_("Written down. The shopper is told as soon as it is on its way."))
    return _back(return_id)


def _back(return_id: int) -> Response:
    return redirect(url_for("staff.return_page", return_id=return_id), 303)
