"""One letter of each kind, with the awkward data that real orders bring."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from portal.domain.returns.refusals import words_of
from portal.domain.shop_config import ShopConfig
from portal.notify.letter import Item, Letter, Parcel, ReturnNote, Trouble
from tests.support.factory import shop_document

LINK = "https://portal.example/juniper/l/secret-token"
ITEMS = (Item("Linen shirt <b>& co</b>", 2, "Oat / M"), Item("قميص كتان", 1))
PARCEL = Parcel(
    "UPS",
    "1Z999AA10123456784",
    ITEMS,
    expected_on=date(2026, 11, 24),
    promised_on=date(2026, 11, 23),
    parcels=2,
)
NOTE = ReturnNote(
    "RMA-7K2M",
    "refund",
    4_900,
    "USD",
    date(2026, 12, 8),
    carrier="USPS",
    number="9400100000000000000001",
    items=ITEMS,
)
RECEIPT = """Receipt for your withdrawal from the contract

Received: Wednesday, November 18, 2026, 13:00:00 (UTC+01:00)

  2 × Linen shirt <b>& co</b> (Oat / M)
  1 × قميص كتان
"""
LATE = Trouble(
    "R08",
    "Your parcel should have been with you on %(promised_on)s. We are sorry; we are looking into it.",
    {"promised_on": "2026-11-23", "eta_on": None, "carrier": "ups"},
)
_BASE = Letter("link", "en", "America/New_York", "J-1001", LINK, ITEMS)
LETTERS = {
    "shipped": replace(_BASE, event="shipped", parcel=PARCEL),
    "out_for_delivery": replace(_BASE, event="out_for_delivery", parcel=PARCEL),
    "delivered": replace(_BASE, event="delivered", parcel=PARCEL),
    "problem": replace(_BASE, event="problem", parcel=PARCEL, trouble=LATE),
    "code": replace(_BASE, event="code", code="123456", link=""),
    "link": _BASE,
    "return_draft": replace(_BASE, event="return_draft"),
    "return_label_ready": replace(
        _BASE, event="return_label_ready", note=NOTE, pdf=b"%PDF-1.4 label", qr_png=b"\x89PNG code"
    ),
    "label_delayed": replace(_BASE, event="label_delayed", note=replace(NOTE, carrier="", number="")),
    "return_reminder": replace(_BASE, event="return_reminder", note=NOTE),
    "return_expiring": replace(_BASE, event="return_expiring", note=NOTE),
    "return_expired": replace(_BASE, event="return_expired", note=NOTE),
    "return_instructions": replace(
        _BASE, event="return_instructions", note=replace(NOTE, carrier="", number="", is_our_doing=True)
    ),
    "return_submitted": replace(_BASE, event="return_submitted", note=NOTE),
    "return_registered": replace(_BASE, event="return_registered", note=NOTE),
    "return_rejected": replace(
        _BASE,
        event="return_rejected",
        note=replace(NOTE, refusal=words_of("final_sale"), refusal_words="Sold as seen."),
    ),
    "return_received": replace(_BASE, event="return_received", note=NOTE),
    "refund": replace(_BASE, event="refund", note=NOTE),
    "gift_news": replace(
        _BASE,
        event="gift_news",
        order_number="G-7KQ2-M0XD",
        items=(),
        about="refund",
        note=replace(NOTE, rma="G-7KQ2-M0XD", resolution="store_credit", credit_code="K7"),
    ),
    "withdrawal_receipt": replace(_BASE, event="withdrawal_receipt", note=NOTE, receipt=RECEIPT),
    "exchange_shipped": replace(
        _BASE, event="exchange_shipped", parcel=replace(PARCEL, parcels=1), note=replace(NOTE, instead=ITEMS)
    ),
    "exchange_fallback": replace(
        _BASE, event="exchange_fallback", note=replace(NOTE, instead=ITEMS[:1], sold_out=True)
    ),
}


def shop(layout: str = "letter", voice: str = "plain", **changes: Any) -> ShopConfig:
    document = shop_document(**changes)
    document["brand"] = dict(document["brand"]) | {"layout": layout, "voice": voice}
    return ShopConfig.from_document(document)
