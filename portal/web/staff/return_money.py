"""The money of a return: paid, agreed to by a second person, or found to have gone out after all."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from portal.errors import Conflict
from portal.usecases.returns import payout
from portal.usecases.returns.payout import AskedYourself, Held
from portal.web.language import speaker
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import message_of, sent_key
from portal.web.staff.return_decide import Answer
from portal.web.staff.returns import Id, show_return
from portal.web.staff.said import say
from portal.web.state import deps


@blueprint.post(f"/returns/{Id}/pay")
def return_pay(return_id: int) -> Answer:
    """Pay it, or write down that it was paid; above the shop's limit the first person asks for it."""
    _ = speaker().gettext
    try:
        item = payout.pay(deps(), return_id, login.me().id, sent_key())
    except (Held, AskedYourself) as problem:
        return show_return(return_id, message_of(problem)), 409
    except Conflict:
        return _not_due(return_id)
    if item.money == "paid":
        say(_("Return %(rma)s is paid.", rma=item.rma))
    elif item.money_asked_by:
        say(_("Asked for. Somebody else has to agree before the money goes out."))
    else:
        say(_("The money is on its way."))
    return _back(return_id)


@blueprint.post(f"/returns/{Id}/pay/decline")
def return_decline_pay(return_id: int) -> Answer:
    """Not agree to a payment that somebody asked for."""
    _ = speaker().gettext
    try:
        payout.decline(deps(), return_id, login.me().id, sent_key())
    except Conflict:
        return _not_due(return_id)
    say(_("Not agreed to. Nothing was paid."))
    return _back(return_id)


@blueprint.post(f"/returns/{Id}/pay/was-paid")
def return_was_paid(return_id: int) -> Answer:
    """What was in doubt has gone out."""
    _ = speaker().gettext
    try:
        payout.was_paid(deps(), return_id, login.me().id, sent_key())
    except Conflict:
        return _not_due(return_id)
    say(_("Written down: the money has gone out."))
    return _back(return_id)


@blueprint.post(f"/returns/{Id}/pay/was-not-paid")
def return_was_not_paid(return_id: int) -> Answer:
    """What was in doubt has not gone out: it may be paid again."""
    _ = speaker().gettext
    try:
        payout.was_not_paid(deps(), return_id, login.me().id, sent_key())
    except Conflict:
        return _not_due(return_id)
    say(_("Written down: the money has not gone out. It can be paid again."))
    return _back(return_id)


def _not_due(return_id: int) -> Answer:
    _ = speaker().gettext
    return show_return(return_id, _("This return does not wait for its money (any more).")), 409


def _back(return_id: int) -> Response:
    return redirect(url_for("staff.return_page", return_id=return_id), 303)
