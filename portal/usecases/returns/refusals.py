"""Why something cannot go back as it is asked for: what is said of a reason, a wish or a way once it is chosen."""

from __future__ import annotations

from portal.domain.returns.model import Reason
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import checks, rows
from portal.usecases.returns.judged import asked_by, judge_all
from portal.usecases.returns.offer_views import ReturnRequest


def refusals(
    deps: Deps, shop: ShopRef, request: ReturnRequest, *, editing: str | None = None
) -> dict[int, tuple[Reason, ...]]:
    """Every reason why not, by line; nothing of lines that may go back. Raises NotFound, and InvalidInput for lines that
    are nobody's."""
    with deps.sessions.read(shop.id) as session:
        changed = rows.return_by_public_id(session, editing) if editing is not None else None
        asked = asked_by(request, held=rows.held_units(session, changed) if changed else None)
        orders = checks.orders_asked(session, request)
        since = changed.submitted_at if changed is not None else None
        judged, _ = judge_all(session, shop, orders, asked, deps.clock(), since)
    wanted = {choice.line_id for choice in request.choices}
    return {
        line: verdict.against
        for one in judged
        for line, verdict in one.verdicts.items()
        if line in wanted and not verdict.eligible
    }
