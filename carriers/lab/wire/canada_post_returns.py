"""Canada Post's authorized return, read and answered (authreturn.xsd)."""

from __future__ import annotations

import re
from typing import Final
from xml.etree.ElementTree import Element

from carriers.lab.orders import Order, Party
from carriers.lab.purchases import Purchase
from carriers.lab.wire import xml
from carriers.lab.wire.base import number_of

RETURN_TYPE: Final = "application/vnd.cpc.authreturn-v2+xml"
_SPACE: Final = "http://www.canadapost.ca/ws/authreturn-v2"
_SERVICES: Final = {
    "DOM.EP": "Expedited Parcel",
    "DOM.RP": "Regular Parcel",
    "DOM.XP": "Xpresspost",
    "DOM.PC": "Priority",
}
_TYPES: Final = {"PDF": ("pdf", "application/pdf"), "ZPL": ("zpl", "application/zpl")}
_LONGEST: Final = {"address-line-1": 44, "city": 40, "province": 2, "postal-code": 6}


def order_of(body: bytes) -> Order | str:
    """What is asked for, or what is wrong with it."""
    root = xml.read(body)
    if root is None or root.tag != f"{{{_SPACE}}}authorized-return":
        return "The document is not an authorized-return of version 2."
    service = xml.text(root, "service-code")
    if service not in _SERVICES:
        return "service-code: the service is invalid for this request."
    parties = {name: xml.find(root, name) for name in ("returner", "receiver")}
    for name, party in parties.items():
        if wrong := _wrong(party):
            return f"{name}: {wrong}"
    weight = xml.text(root, "parcel-characteristics", "weight")
    if weight and not 0 < number_of(weight) <= 30:
        return "weight: must be above 0 and up to 30 kg."
    encoding = xml.text(root, "print-preferences", "encoding") or "PDF"
    if encoding not in _TYPES:
        return "encoding: must be PDF or ZPL."
    references = tuple(xml.text(root, "references", f"customer-ref-{place}") for place in (1, 2))
    return Order(
        sender=_party(parties["returner"]),
        recipient=_party(parties["receiver"]),
        weight_grams=round(number_of(weight) * 1000) or 1000,
        service=_SERVICES[service],
        format=_TYPES[encoding][0],
        reference=references[0],
        notes=tuple(reference for reference in references if reference),
    )


def returned(purchase: Purchase, href: str) -> Element:
    """The answer to a purchase: its number, and where its label will be."""
    root = Element("authorized-return-info", {"xmlns": _SPACE})
    xml.add(root, "tracking-pin", purchase.number)
    links, kind = xml.add(root, "links"), _TYPES[purchase.format.upper()][1]
    xml.add(links, "link", rel="returnLabel", href=href, index="0", media_type=kind)
    return root


def _wrong(party: Element | None) -> str:
    address = xml.find(party, "domestic-address")
    if not 0 < len(xml.text(party, "name")) <= 44:
        return "a name of up to 44 characters is required."
    for name, longest in _LONGEST.items():
        if not 0 < len(xml.text(address, name)) <= longest:
            return f"{name} of up to {longest} characters is required."
    if not re.fullmatch(r"[A-Z]\d[A-Z]\d[A-Z]\d", xml.text(address, "postal-code"), re.ASCII):
        return "postal-code: the format is wrong."
    return ""


def _party(given: Element | None) -> Party:
    address = xml.find(given, "domestic-address")
    return Party(
        name=xml.text(given, "name"),
        company=xml.text(given, "company"),
        line1=xml.text(address, "address-line-1"),
        line2=xml.text(address, "address-line-2"),
        city=xml.text(address, "city"),
        state=xml.text(address, "province"),
        postal_code=xml.text(address, "postal-code"),
        country="CA",
    )
