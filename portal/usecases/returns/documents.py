"""A label's documents, as the carrier made them. Whether the visitor may have them is for the page to say."""

from __future__ import annotations

from dataclasses import dataclass, field

from portal.errors import NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows


@dataclass(frozen=True, slots=True)
class Document:
    """A file to hand out."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


def label_pdf(deps: Deps, shop: ShopRef, return_public_id: str) -> Document:
    """The label of a return, as often as it is wanted. Raises NotFound while there is none, or when it was voided."""
    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, return_public_id)
        label = rows.live_label(session, row)
        if label is None:
            raise NotFound("there is no label for this return")
        return Document(f"return-label-{row.rma}.pdf", "application/pdf", label.pdf)


def label_qr(deps: Deps, shop: ShopRef, return_public_id: str) -> Document:
    """The code that a counter scans, where the carrier gives one. Raises NotFound as `label_pdf`."""
    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, return_public_id)
        label = rows.live_label(session, row)
        if label is None or label.qr_png is None:
            raise NotFound("there is no code for this return")
        return Document(f"return-code-{row.rma}.png", "image/png", label.qr_png)
