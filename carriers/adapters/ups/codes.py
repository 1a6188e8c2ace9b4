"""UPS's codes: three-digit status codes, activity types, and what both mean (Status and Description Codes)."""

from __future__ import annotations

import re
from typing import Any

from carriers import parsing as read
from carriers.model import Status
from carriers.wording import sharpen, trouble, waits_at_counter

# The three-digit status codes, without leading zeros. 18, 19, 20 and 83 are held parcels: see HELD.
CODES = read.code_table(
    {
        "Pending": "0 148 163",
        "InfoReceived_001": "3 43 44 45 65 77 79 80 131 133 135 157 166",
        "InTransit": "16 57 70 71 73 74 75 126 132 137 138 143",
        "InTransit_001": "5 10 25 39 47 87 158 159 164 165",
        "InTransit_002": "38 160 167 168 169",
        "InTransit_005": "14 84 134",
        "InTransit_006": "12 92",
        "OutForDelivery_001": "6 21 37 72 78 89 91 146 162",
        "AttemptFail_001": "22 23 24 55 60 61 62 66 95 145",
        "AvailableForPickup_001": "17 40 144 161",
        "Delivered_001": "11 26 155",
        "Exception_001": "13 29 30 69 76 129 130 139 140",
        "Exception_003": "64",
        "Exception_004": "123",
        "Exception_005": "46 48 49 86 90",
        "Exception_006": "85",
        "Exception_007": "50",
        "Exception_010": "33 35 36 118 119",
        "Exception_011": "34 67 81",
        "Exception_012": "59",
        "Exception_013": "68",
        "Exception_017": "32 51 52 53",
        "Exception_018": "58 124 125 141",
        "Exception_020": "7",
        "Exception_021": "147 149",
    }
)
HELD = {"18", "19", "20", "83"}  # at a counter when the text speaks of pickup, else a delay
# Requests, confirmations, new dates, photos: they move nothing, the parcel stays where it was.
NOTICES = {str(code) for code in (27, 28, 41, 42, 54, 56, 63, 82, 93, 94, *range(96, 118), 120, 121, 122)}
NOTICES |= {"127", "128", "136", "142", "153", "154", "155"}
# Activity types, and the two-character codes that say more than their type. O and RS stand in older answers.
TYPES = read.code_table({"Pending": "NA", "InfoReceived_001": "M", "InTransit": "I DO DD W", "InTransit_002": "P"})
TYPES |= read.code_table({"Delivered_001": "D", "Exception_001": "X", "Exception_011": "RS", "Exception_020": "MV"})
TYPES |= read.code_table({"OutForDelivery_001": "O"})
IN_PROGRESS = read.code_table({"OutForDelivery_001": "OT", "InTransit_002": "PU OR", "InfoReceived_001": "MP"})
SCANS = read.code_table({"InTransit_002": "PU OR", "InTransit_003": "AR", "InTransit_007": "DP"})


_AT_ACCESS_POINT = re.compile(r"delivered to (?:an? |the )?(?:ups access point|locker)", re.IGNORECASE)


def number_of(value: Any) -> str | None:
    """A three-digit status code without its leading zeros."""
    words = read.text(value) or ""
    return str(int(words)) if len(words) <= 3 and words.isascii() and words.isdigit() else None


def by_number(code: str, words: str | None) -> read.Meaning | None:
    if code in HELD:
        pickup = waits_at_counter(words) or "pickup" in (words or "").lower().replace(" ", "")
        return read.meaning("AvailableForPickup_001") if pickup else sharpen(read.meaning("Exception_005"), words)
    found = CODES.get(code)
    return sharpen(found, words) if found else None


def noticed(code: str | None, known: read.Meaning) -> read.Meaning:
    """Where a parcel is after a notice: where it was. A photo is taken at the door: it tells of a delivery itself."""
    own = CODES.get(code or "")
    if own and known[0] not in (Status.DELIVERED, Status.EXCEPTION):
        return own
    return read.meaning("InTransit") if known[0] is Status.PENDING else known


def by_type(kind: str | None, code: str | None, words: str | None) -> read.Meaning | None:
    """What an activity means by its type and two-character code, for answers without a status code."""
    if kind == "X":
        if _AT_ACCESS_POINT.search(words or ""):
            return read.meaning("AvailableForPickup_001")
        return trouble(words) or TYPES["X"]
    found = TYPES.get(kind or "")
    if kind in ("I", "P") and code in IN_PROGRESS:
        found = IN_PROGRESS[code]
    return sharpen(found, words) if found else None
