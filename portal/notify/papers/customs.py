"""The commercial invoice for goods that go back across a customs border. In English, which customs everywhere read.

What the shop does not know stays as a line to be written on by hand, marked with what belongs there.
"""

from __future__ import annotations

from datetime import datetime

from babel.numbers import get_currency_precision

from portal.i18n import SOURCE, Speaker
from portal.notify.papers.model import PaperLine, Place, ReturnPaper
from portal.notify.papers.sheet import LARGE, PLAIN, SMALL, Sheet
from portal.notify.papers.slip import address

BY_HAND = "________"
HS_CODE, ORIGIN, VALUE, WEIGHT, SENDER = "hs_code", "origin_country", "unit_minor", "weight_grams", "sender"


def missing(paper: ReturnPaper) -> frozenset[str]:
    """What has to be written in by hand: HS_CODE, ORIGIN, VALUE, WEIGHT, SENDER."""
    found = {name for line in paper.lines for name in (HS_CODE, ORIGIN, VALUE, WEIGHT) if not getattr(line, name)}
    place = paper.sender
    if not (place.name and place.line1 and place.city and place.country):
        found.add(SENDER)
    return frozenset(found)


def make_invoice(paper: ReturnPaper, made_at: datetime) -> bytes:
    """The invoice as PDF."""
    english = Speaker(SOURCE)
    sheet = Sheet(title=f"Commercial invoice {paper.rma}", language="en", direction="ltr", country=paper.sender.country)
    sheet.text("Commercial invoice", LARGE, bold=True)
    sheet.text("Returned goods. Not for sale: the goods go back to the seller they were bought from.")
    sheet.columns(
        [
            ("Sender (exporter)", _address(paper.sender, english)),
            ("Recipient (importer)", _address(paper.recipient, english)),
        ]
    )
    sheet.columns(_facts(paper, english))
    sheet.table(
        ["Description", "HS code", "Origin", "Units", "Net kg", f"Unit {paper.currency}", f"Total {paper.currency}"],
        [_row(line, paper.currency, english) for line in paper.lines],
        (34, 13, 12, 8, 10, 11, 12),
        numbers=4,
    )
    _totals(sheet, paper)
    _declaration(sheet, paper)
    return sheet.bytes(at=made_at)


def _address(place: Place, english: Speaker) -> list[str]:
    known = address(place, english)
    if not (place.name and place.line1 and place.city and place.country):
        known += [f"{BY_HAND}{BY_HAND} (name and full address)"]
    reach = [f"Phone {place.phone}" if place.phone else "", place.email]
    return known + [line for line in reach if line]


def _facts(paper: ReturnPaper, english: Speaker) -> list[tuple[str, list[str]]]:
    ordered = f" of {paper.ordered_on.isoformat()}" if paper.ordered_on else ""
    return [
        ("Invoice number and date", [paper.rma, paper.made_on.isoformat()]),
        ("Reason for export", ["Returned goods", f"Order {', '.join(paper.orders)}{ordered}"]),
        ("Tracking number", [paper.tracking_number or BY_HAND, paper.carrier]),
    ]


def _row(line: PaperLine, currency: str, english: Speaker) -> list[str]:
    title = f"{line.title} ({line.variant})" if line.variant else line.title
    weight, value = line.weight_grams, line.unit_minor
    return [
        f"{title}\n{line.sku}" if line.sku else title,
        line.hs_code or BY_HAND,
        english.country(line.origin_country) if line.origin_country else BY_HAND,
        str(line.quantity),
        _kilos(weight * line.quantity) if weight else BY_HAND,
        _plain(value, currency) if value is not None else BY_HAND,
        _plain(value * line.quantity, currency) if value is not None else BY_HAND,
    ]


def _totals(sheet: Sheet, paper: ReturnPaper) -> None:
    values = [line.unit_minor * line.quantity for line in paper.lines if line.unit_minor is not None]
    weights = [line.weight_grams * line.quantity for line in paper.lines if line.weight_grams]
    is_whole = len(values) == len(weights) == len(paper.lines)
    value = f"{_plain(sum(values), paper.currency)} {paper.currency}" if len(values) == len(paper.lines) else BY_HAND
    weight = f"{_kilos(sum(weights))} kg" if len(weights) == len(paper.lines) else f"{BY_HAND} kg"
    sheet.columns(
        [("Total value", [value]), ("Net weight", [weight]), ("Units", [str(paper.units)]), ("Parcels", ["1"])]
    )
    if not is_whole or missing(paper):
        sheet.text(f"Where a line is left open ({BY_HAND}), write the information in by hand before sending.", SMALL)


def _declaration(sheet: Sheet, paper: ReturnPaper) -> None:
    sheet.rule()
    sheet.text("The exporter declares that the information on this invoice is true and complete.", PLAIN, gap=8)
    sheet.columns([("Place and date", [BY_HAND * 3]), ("Name and signature", [BY_HAND * 3])])


def _kilos(grams: int) -> str:
    return f"{grams / 1000:.3f}"


def _plain(minor: int, currency: str) -> str:
    digits = get_currency_precision(currency)
    return f"{minor / 10**digits:.{digits}f}"
