"""Gift codes of an order, made and taken back for a buyer who asks the desk."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.errors import Conflict
from portal.usecases.returns.gift_codes import (
    gift_codes_of,
    make_gift_code,
    order_by_id,
    revoke_gift_code,
)
from portal.usecases.staff.people import actor_of
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import sent_key
from portal.web.state import deps

Id = "<int(max=9223372036854775807):{}>"
PLACE = f"/orders/{Id.format('order_id')}/gift-codes"


@blueprint.get(PLACE)
def gift_codes(order_id: int) -> str:
    """Which codes there are; their secrets are not kept."""
    return _page(order_id)


def _page(order_id: int, *, made: str = "", full: bool = False) -> str:
    shop, public_id = order_by_id(deps(), order_id)
    found = gift_codes_of(deps(), shop, public_id)
    return render_template("staff/gift_codes.html", order_id=order_id, codes=found, made=made, full=full)


@blueprint.post(PLACE)
def gift_code_made(order_id: int) -> str | tuple[str, int]:
    """The code is shown once. The same form again shows it again, and makes no other."""
    shop, public_id = order_by_id(deps(), order_id)
    try:
        code = make_gift_code(deps(), shop, public_id, sent_key(), actor_of(login.me().id))
    except Conflict:
        return _page(order_id, full=True), 409
    return _page(order_id, made=code)


@blueprint.post(f"{PLACE}/{Id.format('code_id')}/revoke")
def gift_code_revoked(order_id: int, code_id: int) -> Response:
    shop, public_id = order_by_id(deps(), order_id)
    revoke_gift_code(deps(), shop, public_id, code_id, actor_of(login.me().id))
    return redirect(url_for("staff.gift_codes", order_id=order_id), 303)
