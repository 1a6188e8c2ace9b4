"""What Hermes Germany's events mean: codes of two times two digits (list of event codes, 2x2 and 3x3).

On a return order some of them are the way it should go: a parcel collected from its sender and brought to the shop.
"""

from __future__ import annotations

from collections.abc import Collection

from carriers.parsing import Meaning, code_table
from carriers.wording import by_words, sharpen

CODES = code_table(
    {
        "InfoReceived_001": "0000 0600 0700 0800 0900",
        "InTransit": "1000 1510 1610 1810 1820 3300 3430 4025 4100 4500 4610 4620 6090",
        "InTransit_002": "1900 1910 2400",
        "InTransit_003": "1901 2000 2100 2300",
        "InTransit_005": "1720",
        "InTransit_006": "1710",
        "InTransit_007": "3010",
        "InTransit_009": "6088",
        "OutForDelivery_001": "3000",
        "AvailableForPickup_001": "3410",
        "Delivered_001": "3500 3510 3511 3520",
        "Delivered_002": "3530",
        "AttemptFail_001": (
            "3750 3751 3752 3753 3754 3782 3783 3784 3785 3786 3787 4024 4031 4032 4033 4034 4050 4051 4052 4053 4054 "
            "4081 4082 4083 4084 4085 4086 4087"
        ),
        "AttemptFail_002": "3731 3732 3733 3734",
        "Exception_001": "3795 4095",
        "Exception_003": "3710 4010",
        "Exception_004": "1730 1751",
        "Exception_006": "3715 4015",
        "Exception_007": "3720 4020",
        "Exception_008": "4035",
        "Exception_010": ("1520 3760 3761 4060 4061 4062 6080 6081 6082 6083 6084 6089 6092 6093 6094 6096 6098 6099"),
        "Exception_011": "7500",
        "Exception_012": "3740 4040 6085",
        "Exception_013": "4630",
        "Exception_016": "3780 4080 6086 6087",
        "Exception_020": "9340 9341",
    }
)
RETURN_ORDER = code_table(
    {
        "InTransit": "1520",
        "InTransit_002": "3760 3761 4062",
        "InTransit_003": "4060 4061",
        "Delivered_001": "7500",
    }
)
UNDO = {"4070", "4072", "4690", "9399"}  # the event before was wrong, and is taken back
_MEASURED = {"9040", "9041"}
_WISHES = ("931", "932", "938", "939")  # a neighbour, a day, a shop, or no longer: the parcel stays where it is
_TRIED = ("30", "34", "35", "37", "40", "60")  # on a tour, in a shop for the recipient, delivered, not, sent back


def is_notice(code: str) -> bool:
    """Whether an event only tells something and moves nothing."""
    return code in UNDO or code in _MEASURED or (code.startswith(_WISHES) and code not in CODES)


def is_return_order(codes: Collection[str]) -> bool:
    """Whether a parcel was on its way to the shop from the start: legs of a return, and no attempt to deliver before."""
    legs = [code for code in codes if code in RETURN_ORDER]
    tried = (code.startswith(_TRIED) for code in codes if code not in RETURN_ORDER and code not in UNDO)
    return bool(legs) and not any(tried)


def of_code(code: str, words: str | None, *, returned: bool) -> Meaning | None:
    """What an event means, `returned` on a return order; by its words where no table knows the code."""
    found = (RETURN_ORDER.get(code) if returned else None) or CODES.get(code)
    return sharpen(found, words) if found and not returned else found or by_words(words)
