"""What a shopper prints or keeps for a return beside the label: packing slip, customs invoice, calendar entry."""

from __future__ import annotations

from flask import g
from werkzeug.wrappers import Response

from portal.usecases.returns.calendar import calendar_entry
from portal.usecases.returns.customs import customs_invoice
from portal.usecases.returns.slip import packing_slip
from portal.usecases.returns.view import order_of_return, view_return
from portal.web.shop_context import shop, speak
from portal.web.shopper.access import require
from portal.web.shopper.base import blueprint
from portal.web.shopper.return_label import hand_out
from portal.web.state import deps


def _open(public_id: str) -> None:
    require(order_of_return(deps(), shop(), public_id), "full")
    page = view_return(deps(), shop(), public_id)
    speak(page.timezone, page.locale)


@blueprint.get("/returns/<public_id>/packing-slip.pdf")
def return_packing_slip(public_id: str) -> Response:
    """What is in the parcel, with the return's number as a bar code."""
    _open(public_id)
    return hand_out(packing_slip(deps(), shop(), public_id, g.speaker), download=True)


@blueprint.get("/returns/<public_id>/customs-invoice.pdf")
def return_customs_invoice(public_id: str) -> Response:
    """For a parcel that crosses a customs border."""
    _open(public_id)
    return hand_out(customs_invoice(deps(), shop(), public_id), download=True)


@blueprint.get("/returns/<public_id>/return.ics")
def return_calendar(public_id: str) -> Response:
    """The last day, and the day of a pickup, for a calendar."""
    _open(public_id)
    return hand_out(calendar_entry(deps(), shop(), public_id, g.speaker), download=True)
