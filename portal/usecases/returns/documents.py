"""A label's documents, as the carrier made them. Whether the visitor may have them is for the page to say."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import undefer

from carriers.errors import CarrierError
from carriers.labelling import sniff
from carriers.model import LabelFormat
from portal.db.tables.returns import LabelRow
from portal.errors import NotFound
from portal.notify.label_pdf import as_pdf
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.label_saved import bought_label

_TYPES = {
    LabelFormat.PDF: "application/pdf",
    LabelFormat.PNG: "image/png",
    LabelFormat.GIF: "image/gif",
    LabelFormat.ZPL: "application/zpl",
}


@dataclass(frozen=True, slots=True)
class Document:
    """A file to hand out."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


def label_document(deps: Deps, shop: ShopRef, return_public_id: str) -> Document:
    """The label of a return as its carrier made it, as often as it is wanted.

    A file that was lost here is asked for at the carrier once more; one that did not come yet is the worker's to get.
    Raises NotFound while there is none, or when the label was voided.
    """
    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, return_public_id)
        label = session.scalars(
            select(LabelRow)
            .where(LabelRow.return_id == row.id, LabelRow.voided_at.is_(None))
            .options(undefer(LabelRow.document))
        ).one_or_none()
        if label is None:
            raise NotFound("there is no label for this return")
        content, bought, rma = label.document, bought_label(session, label), row.rma
    if not content and label.fetch_at is not None:
        raise NotFound("the label's file is not there yet")
    if not content:
        content = _from_the_carrier(deps, shop, label)
    form = sniff(content) or bought.format
    return Document(f"return-label-{rma}.{form.value}", _TYPES[form], content)


def _from_the_carrier(deps: Deps, shop: ShopRef, label: LabelRow) -> bytes:
    with deps.sessions.read(shop.id) as session:
        bought = bought_label(session, label)
    try:
        found = deps.carriers.fetch_label(label.carrier, bought, shop_id=shop.id)
    except CarrierError as error:
        raise NotFound("the label's file is not there yet") from error
    with deps.sessions.write(shop.id) as session:
        kept = session.scalars(select(LabelRow).where(LabelRow.id == label.id).with_for_update()).one()
        kept.document, kept.format = found.content, found.format.value
    return found.content


def label_pdf(deps: Deps, shop: ShopRef, return_public_id: str) -> Document:
    """The label on a page to print: a picture is put on a PDF page of 4 by 6 inches, upright. A label for label printers
    (ZPL) comes as it is. Raises NotFound as `label_document`."""
    found = label_document(deps, shop, return_public_id)
    page = as_pdf(found.content)
    if page is None:
        return found
    return Document(found.filename.rpartition(".")[0] + ".pdf", "application/pdf", page)


def label_qr(deps: Deps, shop: ShopRef, return_public_id: str) -> Document:
    """The code that a counter scans, where the carrier gives one. Raises NotFound as `label_pdf`."""
    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, return_public_id)
        label = rows.live_label(session, row)
        if label is None or label.qr_png is None:
            raise NotFound("there is no code for this return")
        return Document(f"return-code-{row.rma}.png", "image/png", label.qr_png)
