"""What a scan means, in a shopper's words: one sentence for each published sub-status, one for each status.

Codes stay open: an unknown sub-status is read by its status, an unknown status has no words of ours (the carrier's own
are shown instead). Codes: field notes a.2.
"""

from __future__ import annotations

from carriers.model import Status
from portal.domain.words import N_

_BY_STATUS = {
    Status.PENDING: N_("%(carrier)s does not know the parcel yet"),
    Status.INFO_RECEIVED: N_("The label is made; %(carrier)s waits for the parcel"),
    Status.IN_TRANSIT: N_("On its way"),
    Status.OUT_FOR_DELIVERY: N_("With the courier, out for delivery"),
    Status.ATTEMPT_FAIL: N_("The courier could not deliver"),
    Status.AVAILABLE_FOR_PICKUP: N_("Waiting at a pickup point"),
    Status.DELIVERED: N_("Delivered"),
    Status.EXCEPTION: N_("Held up"),
    Status.EXPIRED: N_("No news for a long time"),
}

_BY_SUBSTATUS = {
    "InTransit_002": N_("Taken over by %(carrier)s"),
    "InTransit_003": N_("Arrived at a sorting centre"),
    "InTransit_004": N_("Arrived in the destination country"),
    "InTransit_005": N_("Cleared by customs"),
    "InTransit_006": N_("With customs"),
    "InTransit_007": N_("Left a sorting centre"),
    "InTransit_008": N_("The problem is solved; it moves on"),
    "InTransit_009": N_("Redirected to another address"),
    "OutForDelivery_003": N_("The courier got in touch before delivering"),
    "OutForDelivery_004": N_("A delivery appointment was made"),
    "Delivered_002": N_("Collected"),
    "Delivered_003": N_("Delivered and signed for"),
    "Delivered_004": N_("Delivered and paid on delivery"),
    "Delivered_005": N_("Left with a neighbour"),
    "AttemptFail_002": N_("The courier found nobody there"),
    "AttemptFail_003": N_("The place was closed when the courier came"),
    "Exception_002": N_("The recipient is said to have moved"),
    "Exception_003": N_("The delivery was refused"),
    "Exception_004": N_("Delayed at customs"),
    "Exception_005": N_("Delayed by something outside the carrier's hands"),
    "Exception_006": N_("Held until a payment is made"),
    "Exception_007": N_("The address could not be found"),
    "Exception_008": N_("Not collected in time"),
    "Exception_009": N_("%(carrier)s cannot carry this parcel"),
    "Exception_010": N_("On its way back to the shop"),
    "Exception_011": N_("Back at the shop"),
    "Exception_012": N_("Damaged on the way"),
    "Exception_013": N_("Lost on the way"),
    "Exception_016": N_("Delayed in the carrier's network"),
    "Exception_017": N_("Delayed by severe weather"),
    "Exception_018": N_("Held for missing papers"),
    "Exception_019": N_("Delayed by a late flight"),
    "Exception_020": N_("The shipment was cancelled"),
    "Exception_021": N_("The parcel was disposed of"),
}

# Why a date moved, as far as the scans before it tell.
_BECAUSE = {
    "Exception_004": N_("customs took longer"),
    "Exception_005": N_("something outside the carrier's hands"),
    "Exception_007": N_("the address had to be checked"),
    "Exception_016": N_("a problem in the carrier's network"),
    "Exception_017": N_("severe weather"),
    "Exception_018": N_("papers were missing"),
    "Exception_019": N_("a late flight"),
    "AttemptFail_001": N_("the first attempt failed"),
    "AttemptFail_002": N_("nobody was there at the first attempt"),
    "AttemptFail_003": N_("the place was closed at the first attempt"),
}


def plain(status: str | None, substatus: str | None) -> str | None:
    """The message id for a scan (it may want `carrier`); None for a code that nobody has mapped."""
    if status is None:
        return None
    return _BY_SUBSTATUS.get(substatus or "") or _BY_STATUS[Status(status)]


def because(substatus: str | None) -> str | None:
    """The message id for why a date moved, None when this sub-status explains no delay."""
    return _BECAUSE.get(substatus or "")
