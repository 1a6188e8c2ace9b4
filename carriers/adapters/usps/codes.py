"""USPS event codes and status categories (Publication 199, appendix G, as far as it is public; tracking v3)."""

from __future__ import annotations

import re

from carriers.model import Status
from carriers.parsing import Meaning, code_table, meaning
from carriers.wording import by_words, handed_back, sharpen, trouble

CODES = code_table(
    {
        "InfoReceived_001": "GX MA TM 80 81 82 83 89",
        "InTransit": "PC 08 15 42 71 TL NT",
        "InTransit_002": "03 OA UA AD PA",
        "InTransit_003": "10 A1 07 41 19",
        "InTransit_007": "T1 EF SF",
        "InTransit_009": "06",
        "OutForDelivery_001": "OF 59",
        "AttemptFail_001": "02 30 52 53 54 55",
        "AttemptFail_002": "56",
        "AttemptFail_003": "51",
        "AvailableForPickup_001": "14 16",
        "Delivered_001": "01",
        "Delivered_002": "17 43",
        "Exception": "44",
        "Exception_002": "23",
        "Exception_003": "04",
        "Exception_007": "05 21 22 25 26",
        "Exception_008": "27 31",
        "Exception_010": "09 24 28 29",
        "Exception_013": "11",
    }
)
CATEGORIES = {
    "pre-shipment": meaning("InfoReceived_001"),
    "usps awaiting item": meaning("InfoReceived_001"),
    "accepted": meaning("InTransit_002"),
    "moving through network": meaning("InTransit"),
    "in transit": meaning("InTransit"),
    "in-transit": meaning("InTransit"),
    "preparing for delivery": meaning("InTransit"),
    "out for delivery": meaning("OutForDelivery_001"),
    "delivery attempt": meaning("AttemptFail_001"),
    "available for pickup": meaning("AvailableForPickup_001"),
    "delivered": meaning("Delivered_001"),
    "alert": meaning("Exception_001"),
}
_RETURNS = {"09", *(str(code) for code in range(21, 30)), "31"}  # these also mean "return to sender"
_OPEN = {"TL", "NT"}  # "In Transit to Next Facility" and whatever else happened on the way: the text says what
_LATE = re.compile(r"arriving late|running late", re.IGNORECASE)
_CUSTOMS_OUT = re.compile(
    r"out of customs|customs clearance (?:complete|processing complete)|cleared customs", re.IGNORECASE
)
_CUSTOMS_IN = re.compile(r"into customs|customs clearance|processed through customs", re.IGNORECASE)
_LABEL = re.compile(
    r"(?:label|shipping) \w+ (?:created|prepared)|label (?:has been )?(?:created|prepared)|awaiting (?:the )?item",
    re.IGNORECASE,
)
_LAST_LEG = re.compile(r"agent for final delivery", re.IGNORECASE)


def of_code(code: str | None, words: str | None) -> Meaning | None:
    """What an event means by its code, sharpened by its text; by the text alone only when it has no code."""
    if code is None:
        return of_text(words)
    found = CODES.get(code.upper().rjust(2, "0"))
    if found is None:
        return None
    if found[0] is Status.DELIVERED and words and _LAST_LEG.search(words):
        return meaning("InTransit")
    if code in _OPEN:
        return _on_the_way(words)
    return _turned_back(words) or found if code in _RETURNS else sharpen(found, words)


def _turned_back(words: str | None) -> Meaning | None:
    """Codes of two meanings: the text decides, and the return counts when there is none."""
    if not words:
        return meaning("Exception_010")
    cause = trouble(words)
    return cause if cause and cause[0] is Status.EXCEPTION and cause[1] != "Exception_005" else None


def _on_the_way(words: str | None) -> Meaning:
    if words and _LATE.search(words):
        return meaning("Exception_005")
    if words and _CUSTOMS_OUT.search(words):
        return meaning("InTransit_005")
    held = trouble(words)
    if held == meaning("Exception_004"):
        return held
    return meaning("InTransit_006" if words and _CUSTOMS_IN.search(words) else "InTransit")


def of_text(words: str | None) -> Meaning | None:
    """A status text such as "Delivered, Front Door/Porch" or "Out for Delivery": a category leads it. Or a sentence."""
    if not words:
        return None
    if handed_back(words):
        return meaning("Exception_011")
    low = words.lower()
    lead = next((known for name, known in CATEGORIES.items() if low.startswith(name)), None)
    if lead is None and _LABEL.search(words):
        return meaning("InfoReceived_001")
    said = sharpen(lead, words) if lead else trouble(words) or by_words(words, "en")
    return said if said and said[0] is not Status.EXPIRED else None


def of_category(category: str | None, words: str | None, newest: Meaning | None) -> Meaning | None:
    """The parcel by its status category; the newest event makes it exact where both agree on the status."""
    found = CATEGORIES.get((category or "").lower()) or of_text(category)
    if handed_back(words) and found and found[0] in (Status.DELIVERED, Status.EXCEPTION):
        return meaning("Exception_011")
    if found and newest and (newest[0] is found[0] or newest[1] == "Exception_011"):
        return newest
    return sharpen(found, words) if found else None
