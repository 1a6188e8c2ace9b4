"""What a shopper prints for a return: the carrier's label, its code for the counter, or an address label of our own."""

from __future__ import annotations

import io

from flask import redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response

from portal.domain.returns.methods import OWN_PARCEL
from portal.errors import Conflict, NotFound
from portal.notify.barcodes import code128
from portal.usecases.returns.documents import Document, label_document, label_pdf, label_qr
from portal.usecases.returns.label_lapse import renew_label
from portal.usecases.returns.label_now import buy_label_now
from portal.usecases.returns.view import order_of_return, view_return
from portal.web import headers
from portal.web.shop_context import shop, speak
from portal.web.shopper.access import require
from portal.web.shopper.base import blueprint
from portal.web.state import deps


@blueprint.get("/returns/<public_id>/label.pdf")
def return_label(public_id: str) -> Response:
    """The label on a page to print."""
    require(order_of_return(deps(), shop(), public_id), "full")
    return hand_out(label_pdf(deps(), shop(), public_id), download=True)


@blueprint.get("/returns/<public_id>/label")
def return_label_file(public_id: str) -> Response:
    """The label as the carrier made it."""
    require(order_of_return(deps(), shop(), public_id), "full")
    return hand_out(label_document(deps(), shop(), public_id), download=True)


@blueprint.get("/returns/<public_id>/qr.png")
def return_qr(public_id: str) -> Response:
    require(order_of_return(deps(), shop(), public_id), "full")
    return hand_out(label_qr(deps(), shop(), public_id), download=False)


def hand_out(document: Document, *, download: bool) -> Response:
    """A carrier's bytes, that may be anything: where a browser shows them all the same, they can do nothing there."""
    headers.cache(headers.NO_STORE)
    answer = send_file(
        io.BytesIO(document.content),
        mimetype=document.content_type,
        as_attachment=download,
        download_name=document.filename,
    )
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    return answer


@blueprint.get("/returns/<public_id>/slip")
def return_slip(public_id: str) -> str:
    """Our address and the return's number as a bar code, for a parcel that the shopper pays for. Raises NotFound for a
    return that has a label of ours, or is closed."""
    require(order_of_return(deps(), shop(), public_id), "full")
    page = view_return(deps(), shop(), public_id)
    if page.method != OWN_PARCEL or page.decision != "approved":
        raise NotFound("this return has no address label")
    speak(page.timezone, page.locale)
    headers.cache(headers.NO_STORE)
    return render_template("shopper/returns/slip.html", page=page, bars=code128(page.rma))


@blueprint.post("/returns/<public_id>/label")
def return_new_label(public_id: str) -> Response:
    """Another label, after one that nobody used in its time. Sent twice, it changes nothing the second time."""
    require(order_of_return(deps(), shop(), public_id), "full")
    try:
        renew_label(deps(), shop(), public_id)
    except Conflict:
        return redirect(url_for("shopper.return_page", public_id=public_id), 303)
    buy_label_now(deps(), shop(), public_id)
    return redirect(url_for("shopper.return_page", public_id=public_id), 303)
