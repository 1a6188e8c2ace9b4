"""The packing slip: laid into the parcel, so that whoever opens it knows whose it is and what should be in it."""

from __future__ import annotations

from datetime import datetime

from portal.i18n import Speaker
from portal.notify.barcodes import code128
from portal.notify.papers.model import Place, ReturnPaper
from portal.notify.papers.sheet import LARGE, SMALL, Sheet

_BARS = 18.0  # millimetres


def make_slip(paper: ReturnPaper, speaker: Speaker, made_at: datetime) -> bytes:
    """The slip as PDF, in the reader's language; countries as carriers read them, and no prices."""
    _ = speaker.gettext
    title = _("Packing slip of return %(rma)s", rma=paper.rma)
    sheet = Sheet(title=title, language=speaker.language, direction=speaker.direction, country=paper.sender.country)
    sheet.text(paper.shop, SMALL)
    sheet.text(title, LARGE, bold=True)
    sheet.text(_("Print this sheet and lay it on top of the items in the parcel."))
    bars = code128(paper.rma)
    if bars is not None:
        sheet.bars(bars, height=_BARS)
    sheet.text(paper.rma, 13, bold=True, gap=3)
    blocks = [(_("To"), address(paper.recipient, speaker)), (_("From"), address(paper.sender, speaker))]
    facts = [(_("Send it back by"), [speaker.day(paper.send_back_by, year=True)])]
    if not paper.is_present:
        facts.insert(0, (_("Orders") if len(paper.orders) > 1 else _("Order"), list(paper.orders)))
    sheet.columns(blocks)
    sheet.columns(facts)
    heads = [_("Item"), _("Article number"), _("Reason"), _("Units")]
    rows = [
        [_title(line.title, line.variant), line.sku, _(line.reason) if line.reason else "", str(line.quantity)]
        for line in paper.lines
    ]
    sheet.table(heads, rows, (44, 22, 26, 8), numbers=1)
    sheet.text(speaker.ngettext("%(num)s unit in all", "%(num)s units in all", paper.units), bold=True)
    return sheet.bytes(at=made_at)


def _title(title: str, variant: str) -> str:
    return f"{title} ({variant})" if variant else title


def address(place: Place, speaker: Speaker) -> list[str]:
    """An address line by line, the country in letters that every carrier reads."""
    town = " ".join(part for part in (place.postal_code, place.city) if part)
    lines = [place.name, place.line1, place.line2, ", ".join(part for part in (town, place.region) if part)]
    return [line for line in (*lines, speaker.post_country(place.country)) if line]
