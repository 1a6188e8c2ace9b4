"""What is different when staff send a return in for a shopper: a policy's no can be set aside, and is kept as that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from portal.db.tables.returns import Return
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.authority import check_role, takes_two
from portal.usecases.returns.judged import Judged
from portal.usecases.returns.offer_views import ReturnRequest
from portal.usecases.staff import audit
from portal.usecases.staff.people import staff_id_of

ACTION = "return.override"
OVERRIDDEN, REVIEW = "overridden", "review"  # flags of a return


def overrides(request: ReturnRequest, actor: str) -> bool:
    """Whether a policy's no is to be set aside: a member of staff says why. Nobody else's word counts."""
    return bool(request.override.strip()) and staff_id_of(actor) is not None


def note(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    row: Return,
    request: ReturnRequest,
    judged: Sequence[Judged],
    actor: str,
) -> None:
    """Keep what was set aside in the decision record and in the audit log, and leave a sum that needs two people to a
    second one, in the caller's transaction. Raises Forbidden when this person may not set a policy aside."""
    staff_id = staff_id_of(actor)
    if staff_id is None:
        return
    against = _against(request, judged)
    if against:
        check_role(session, staff_id, ACTION)
        kept = {"by": actor, "why": " ".join(request.override.split()), "against": against}
        row.decision_record = {**row.decision_record, "override": kept}
        row.flags = [*row.flags, OVERRIDDEN]
        audit.record(
            session,
            deps,
            actor=actor,
            action=ACTION,
            subject=f"return {row.id}",
            shop_id=shop.id,
            details={"policies": sorted({key for keys in against.values() for key in keys})},
        )
    if takes_two(shop, row) and REVIEW not in row.flags:
        row.flags = [*row.flags, REVIEW]


def _against(request: ReturnRequest, judged: Sequence[Judged]) -> dict[str, list[str]]:
    """What the policies said against each line, by its id."""
    verdicts = {line_id: verdict for one in judged for line_id, verdict in one.verdicts.items()}
    chosen = [verdicts[choice.line_id] for choice in request.choices]
    return {str(one.line_id): [reason.key for reason in one.against] for one in chosen if not one.eligible}


def override_of(row: Return) -> dict[str, Any] | None:
    """Who set which policies aside, and why; None where nothing was set aside."""
    return row.decision_record.get("override")
