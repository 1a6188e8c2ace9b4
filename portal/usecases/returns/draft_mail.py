"""The choices so far by mail, to the address on file: for another device, with everything proved that the link proves."""

from __future__ import annotations

from portal.usecases import budgets
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.returns import rows
from portal.usecases.returns.draft_views import RETURN, edit_of

EVENT = "return_draft"
A_DAY = 5


def mail_draft(deps: Deps, shop: ShopRef, order_public_id: str, purpose: str = RETURN) -> None:
    """Send the shopper of an order the way back to their draft; once an hour, however often it is asked for.

    Raises NotFound, and TooManyAttempts beyond what a day allows.
    """
    budgets.spend(deps, "returns.draft_mail", f"{shop.id} {order_public_id}", limit=A_DAY, seconds=24 * 3600)
    changed = purpose.removeprefix(edit_of(""))
    middle = f"returns/{changed}/change" if changed != purpose else "return"
    with deps.sessions.write(shop.id) as session:
        order = rows.order_by_public_id(session, order_public_id)
        enqueue(
            session,
            deps,
            shop,
            EVENT,
            order,
            once=f"draft {order.id} {purpose} {deps.wall():%Y-%m-%dT%H}",
            payload={"path": f"/orders/{order.public_id}/{middle}/go-on"},
        )
