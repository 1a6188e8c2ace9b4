"""A person has looked at a return that was held, and lets its money go on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.domain.words import N_
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.authority import check_role, check_second
from portal.usecases.returns.desk import once
from portal.usecases.returns.desk_views import DeskReturn
from portal.usecases.returns.risk_check import log_hold
from portal.usecases.returns.settle import money_after_release
from portal.usecases.staff.people import actor_of

LONGEST_WHY = 600


def release_hold(deps: Deps, return_id: int, staff_id: int, why: str, form_key: str) -> DeskReturn:
    """A person has looked: the money may go out. The reason is kept, and what was found does not hold it again.

    Raises NotFound; InvalidInput without a reason; Conflict when nothing is held (any more); SamePerson as approving.
    """
    why = " ".join(why.split())
    if not why or len(why) > LONGEST_WHY:
        raise InvalidInput(N_("Say why the money may go out."), "why")
    actor = actor_of(staff_id)
    told: dict[str, object] = {}

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        if row.held_at is None:
            raise Conflict("nothing is held (any more)")
        check_role(session, staff_id, "return.release")
        check_second(shop, row, staff_id)
        risk = dict(row.risk or {})
        codes = [point["code"] for point in risk.get("points", [])]
        risk["released"] = {"by": actor, "at": now.isoformat(), "why": why, "codes": codes}
        row.risk, row.held_at = risk, None
        log_hold(session, row, "held", "released", now, actor, why)
        money_after_release(session, deps, shop, row, now)
        told["score"] = risk.get("score", 0)

    return once(deps, return_id, staff_id, "return.release", form_key, told, act, digest_more=why)
