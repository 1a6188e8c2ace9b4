"""A return that is not sent in yet goes on elsewhere: by an address and its code, or by a link in a mail."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from portal.errors import NotFound, TooManyAttempts
from portal.notify.barcodes import qr
from portal.usecases.returns.draft_mail import mail_draft
from portal.usecases.returns.draft_views import edit_of
from portal.usecases.returns.drafts import continue_link, open_draft
from portal.web import headers
from portal.web.shop_context import shop
from portal.web.shopper.access import grant
from portal.web.shopper.base import blueprint
from portal.web.shopper.return_flow import Answer, Flow, question, remember, unfinished
from portal.web.state import deps


@question("/go-on")
def return_go_on(flow: Flow) -> Answer:
    """The first question without an answer, or the last page."""
    remember(flow.order, flow.draft.purpose)
    return unfinished(flow, "review") or flow.to("return_review")


@question("/continue")
def return_continue(flow: Flow) -> Answer:
    return _page(flow)


def _page(flow: Flow, link: str = "") -> str:
    sent, often = ("sent" in request.args, "often" in request.args)
    code = qr(link) if link else None
    return flow.page("continue", "items", link=link, qr=code, sent=sent, often=often)


@question("/continue", post=True)
def return_link(flow: Flow) -> Answer:
    """A new address; one that was made before is worthless from now on. It is shown once, and kept by nobody."""
    return _page(flow, continue_link(deps(), shop(), flow.order, flow.draft.purpose))


@question("/continue/mail", post=True, tier="full")
def return_mail_link(flow: Flow) -> Answer:
    """By mail, to the address on file: for whoever has proved that it is theirs."""
    try:
        mail_draft(deps(), shop(), flow.order, flow.draft.purpose)
    except TooManyAttempts:
        return flow.to("return_continue", often="1")
    return flow.to("return_continue", sent="1")


@blueprint.get("/returns/continue/<token>")
def return_open(token: str) -> Response:
    """The address on the other device: as much of a proof as number and e-mail are, then on to the questions."""
    headers.cache(headers.NO_STORE)
    opened = open_draft(deps(), shop(), token)
    if opened is None:
        raise NotFound("this link is no longer good")
    grant(opened.order_public_id, "masked")
    values: dict[str, Any] = {"public_id": opened.order_public_id}
    editing = opened.purpose.removeprefix(edit_of(""))
    if editing != opened.purpose:
        values["return_id"] = editing
    return redirect(url_for("shopper.return_start", **values), 303)
