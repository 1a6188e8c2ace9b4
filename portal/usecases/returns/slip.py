"""The packing slip of a return, made anew each time it is wanted. Whether the visitor may have it is for the page to
say."""

from __future__ import annotations

from portal.i18n import Speaker
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.documents import Document
from portal.usecases.returns.papers import paper_of


def packing_slip(deps: Deps, shop: ShopRef, return_public_id: str, speaker: Speaker) -> Document:
    """The slip as PDF in the reader's language. Raises NotFound for a return that sends nothing, or is closed."""
    from portal.notify.papers.slip import make_slip  # slow to load

    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, return_public_id)
        paper = paper_of(session, deps, shop, row)
    return Document(f"packing-slip-{row.rma}.pdf", "application/pdf", make_slip(paper, speaker, deps.clock()))
