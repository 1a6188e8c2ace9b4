"""What comes along with the message that says how to send a return: packing slip, customs invoice, calendar entry."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.i18n import Speaker
from portal.notify.letter import Attachment
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.calendar import calendar_of
from portal.usecases.returns.papers import has_slip, needs_invoice, paper_of

HOW_TO_SEND = frozenset({"return_label_ready", "return_instructions"})


def papers_for(
    session: Session, deps: Deps, shop: ShopRef, event: str, row: Return, speaker: Speaker
) -> tuple[Attachment, ...]:
    """The files for this message; none for one that is about something else, or a return that sends nothing."""
    if event not in HOW_TO_SEND or not has_slip(row):
        return ()
    from portal.notify.papers.customs import make_invoice  # slow to load
    from portal.notify.papers.slip import make_slip

    now, order = deps.clock(), session.get_one(Order, row.order_id)
    paper = paper_of(session, deps, shop, row)
    found = [Attachment(f"packing-slip-{row.rma}.pdf", "application", "pdf", make_slip(paper, speaker, now))]
    if needs_invoice(shop, order, row) and not paper.is_present:
        found.append(Attachment(f"customs-invoice-{row.rma}.pdf", "application", "pdf", make_invoice(paper, now)))
    entry = calendar_of(deps, shop, row, speaker)
    return (*found, Attachment(f"return-{row.rma}.ics", "text", "calendar", entry))
