"""The customs invoice of a return that crosses a customs border. Whether the visitor may have it is for the page to say."""

from __future__ import annotations

from portal.db.tables.orders import Order
from portal.errors import NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.documents import Document
from portal.usecases.returns.papers import needs_invoice, paper_of


def customs_invoice(deps: Deps, shop: ShopRef, return_public_id: str) -> Document:
    """The invoice as PDF, in English. Raises NotFound where none is needed, and for a present: what was paid for it is
    not for its new owner to read."""
    from portal.notify.papers.customs import make_invoice  # slow to load

    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, return_public_id)
        order, paper = session.get_one(Order, row.order_id), paper_of(session, deps, shop, row)
        if paper.is_present or not needs_invoice(shop, order, row):
            raise NotFound("this return needs no customs invoice")
    return Document(f"customs-invoice-{row.rma}.pdf", "application/pdf", make_invoice(paper, deps.clock()))
