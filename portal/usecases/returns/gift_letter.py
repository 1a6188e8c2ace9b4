"""News of a present's return, to whoever sends it: no price, no word of the buyer or of the order (reliability: T11)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from portal.db.tables.messages import OutboxMessage
from portal.db.tables.returns import LabelRow, Return
from portal.domain.returns.config import STORE_CREDIT
from portal.i18n import Speaker, choose
from portal.notify.label_pdf import as_pdf
from portal.notify.letter import Letter, ReturnNote
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.letter_parts import carrier_in_letters, items_of_return
from portal.usecases.returns.gift_page import gift_link
from portal.usecases.returns.letter_papers import papers_for
from portal.usecases.returns.telling import is_untrue

LABEL, INSTRUCTIONS, CREDIT = "return_label_ready", "return_instructions", "refund"


def gift_letter(session: Session, deps: Deps, shop: ShopRef, message: OutboxMessage, timezone: str) -> Letter | None:
    """What the message says now; None when it is no longer true. In place of the order's number stands the return's."""
    row = session.get_one(Return, message.return_id)
    about = str(message.payload["about"])
    label = session.scalars(
        select(LabelRow)
        .where(LabelRow.return_id == row.id, LabelRow.voided_at.is_(None))
        .options(undefer(LabelRow.document), undefer(LabelRow.qr_png))
    ).one_or_none()
    if about == LABEL and label is None:
        return None
    if is_untrue(about, row) or (about == INSTRUCTIONS and (row.decision, row.parcel) != ("approved", "none")):
        return None
    shown = label if about == LABEL else None
    language = choose([message.locale], shop.config.locales)
    return Letter(
        event=message.event,
        language=language,
        timezone=timezone,
        order_number=row.rma,
        link=gift_link(session, deps, shop, row),
        about=about,
        note=_note(session, deps, row, shown),
        pdf=as_pdf(shown.document) if shown is not None else None,
        qr_png=shown.qr_png if shown is not None else None,
        papers=papers_for(session, deps, shop, about, row, Speaker(language, timezone)),
    )


def _note(session: Session, deps: Deps, row: Return, label: LabelRow | None) -> ReturnNote:
    """The return without its sum: what a credit is worth, the shop says when it is used."""
    return ReturnNote(
        rma=row.rma,
        destination=row.destination,
        resolution=row.resolution,
        due_minor=0,
        currency=row.currency,
        send_back_by=row.send_back_by,
        carrier=carrier_in_letters(deps, label.carrier) if label is not None else "",
        number=label.tracking_number if label is not None else "",
        items=items_of_return(session, row),
        credit_code=row.credit_code if STORE_CREDIT in (row.resolution, row.fallback) else None,
    )
