"""What a return label shows, before anything draws it. The layout is the lab's own; the bar codes are the carriers'."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from carriers.lab.prices import GRAMS_A_POUND
from carriers.lab.purchases import Purchase

SERVICES: Final = {
    "USPS_GROUND_ADVANTAGE_RETURN_SERVICE": ("G", "USPS GROUND ADVANTAGE RETURN"),
    "PRIORITY_MAIL_RETURN_SERVICE": ("P", "PRIORITY MAIL RETURN"),
    "PRIORITY_MAIL_EXPRESS_RETURN_SERVICE": ("E", "PRIORITY MAIL EXPRESS RETURN"),
    "FIRST-CLASS_PACKAGE_RETURN_SERVICE": ("F", "FIRST-CLASS PACKAGE RETURN"),
    "GROUND_RETURN_SERVICE": ("R", "GROUND RETURN"),
}
SENTENCES: Final = ("Hand this parcel in at any counter.", "Sample of a test carrier: not valid as postage.")


class _Style(NamedTuple):
    letter: str
    first: str
    second: str
    heading: str


_USPS = _Style("G", "NO POSTAGE NECESSARY", "IF MAILED IN THE UNITED STATES", "USPS TRACKING #")
_STYLES: Final = {
    "usps": _USPS,
    "easypost": _USPS,
    "shippo": _USPS,
    "karrio": _USPS,
    "ups": _Style("U", "UPS RETURN SERVICE", "BILLED TO THE SHIPPER", "UPS TRACKING #"),
    "fedex": _Style("F", "FEDEX PRINT RETURN LABEL", "BILLED TO THE RECIPIENT", "TRK#"),
    "dhl_parcel_de": _Style("D", "DHL RETOURE", "ENTGELT BEZAHLT EMPFÄNGER", "SENDUNGSNUMMER"),
    "dhl_express": _Style("X", "DHL EXPRESS IMPORT", "BILLED TO THE RECEIVER", "WAYBILL"),
    "canada_post": _Style("C", "AUTHORIZED RETURN", "RETOUR AUTORISÉ", "PIN / NIP"),
    "gls": _Style("L", "GLS SHOP RETURN SERVICE", "PAID BY THE CONSIGNEE", "PARCEL NUMBER"),
    "hermes_de": _Style("H", "HERMES RETOURE", "ENTGELT BEZAHLT EMPFÄNGER", "SENDUNGSNUMMER"),
    "cdek": _Style("K", "CDEK", "VOZVRAT / RETURN", "CDEK NUMBER"),
}


@dataclass(frozen=True, slots=True)
class Face:
    """Every text of a label. `code` is the long bar code: GS1 element strings in brackets, or plain Code 128."""

    letter: str
    first: str
    second: str
    service: str
    paid: str
    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    heading: str
    code: str
    number: str
    qr: str
    notes: str
    made_at: datetime

    @property
    def gs1(self) -> bool:
        return self.code.startswith("[")

    @property
    def spaced(self) -> str:
        """The number as people read it out."""
        return " ".join(self.number[place : place + 4] for place in range(0, len(self.number), 4))


def face(purchase: Purchase) -> Face:
    """The label of a purchase. The same purchase has the same face."""
    order, style = purchase.order, _STYLES[purchase.carrier]
    letter, service = SERVICES.get(order.service, (style.letter, order.service.replace("_", " ")))
    return Face(
        letter=letter,
        first=style.first,
        second=style.second,
        service=service or style.first,
        paid=_paid(purchase, style is _USPS),
        sender=order.sender.lines(),
        recipient=order.recipient.lines(),
        heading=style.heading,
        code=_code(purchase.number, order.recipient.postal_code),
        number=purchase.number,
        qr=purchase.number,
        notes="  ".join(order.notes[:2]),
        made_at=purchase.bought_at,
    )


def routing(number: str, zip_code: str) -> str:
    """What the long bar code of USPS holds: destination ZIP (420) and tracking number, as GS1 element strings."""
    return f"[420]{zip_code}[{number[:2]}]{number[2:]}"


def _code(number: str, postal_code: str) -> str:
    if len(number) == 22 and number.startswith("9") and postal_code[:5].isdigit():
        return routing(number, postal_code[:5])
    if len(number) == 20 and number.startswith("00"):  # a serial shipping container code, as DHL prints it
        return f"[00]{number[2:]}"
    return number


def _paid(purchase: Purchase, in_pounds: bool) -> str:
    grams = purchase.order.weight_grams
    if in_pounds:
        postage = f"US POSTAGE ${purchase.cost_minor / 100:.2f}   {purchase.bought_at:%m/%d/%Y}"
        return f"{postage}   {grams / GRAMS_A_POUND:.1f} LB"
    return f"{purchase.bought_at:%Y-%m-%d}   {grams / 1000:.2f} KG"
