"""Shippo's words: six statuses, each with sub-statuses of its own (Shippo's list of tracking events)."""

from __future__ import annotations

from carriers import parsing as read
from carriers import relayed
from carriers.model import Status
from carriers.wording import handed_back, sharpen, trouble

# UNKNOWN says that the carrier knows nothing of the number, or nothing of a scan.
STATUSES = read.code_table(
    {
        "InfoReceived_001": "PRE_TRANSIT",
        "InTransit": "TRANSIT",
        "Delivered_001": "DELIVERED",
        "Exception_011": "RETURNED",
        "Exception_001": "FAILURE",
    }
)
# A sub-status counts only below its own status: answers repeat old ones under a newer status.
BELOW = {
    "TRANSIT": read.code_table(
        {
            "InTransit": "delivery_scheduled package_forwarded package_processed package_processing",
            "InTransit_002": "package_accepted",
            "InTransit_003": "package_arrived",
            "InTransit_007": "package_departed",
            "OutForDelivery_001": "out_for_delivery",
            "AvailableForPickup_001": "pickup_available",
            "AttemptFail_001": (
                "delivery_attempted notice_left delivery_rescheduled reschedule_delivery location_inaccessible"
            ),
            "Exception_001": "package_held contact_carrier",
            "Exception_005": "delayed",
            "Exception_007": "address_issue",
            "Exception_012": "package_damaged",
        }
    ),
    "RETURNED": read.code_table({"Exception_010": "return_to_sender", "Exception_008": "package_unclaimed"}),
    "FAILURE": read.code_table(
        {
            "Exception_001": "package_undeliverable",
            "Exception_013": "package_lost",
            "Exception_021": "package_disposed",
        }
    ),
}


def meaning(status: str | None, sub: str | None, words: str | None) -> read.Meaning | None:
    """What a status with its sub-status says. None for UNKNOWN and for words that are not published."""
    stage = (status or "").upper()
    found, finer = STATUSES.get(stage), BELOW.get(stage, {}).get((sub or "").lower())
    if found is None:
        return None
    if found == relayed.RETURNED:
        return _returned(finer, words)
    if found[0] is Status.IN_TRANSIT:
        return sharpen(finer, words) if finer and finer != found else relayed.on_the_way(words)
    return sharpen(finer or found, words)


def _returned(finer: read.Meaning | None, words: str | None) -> read.Meaning:
    """RETURNED is both the way back and its end; with `return_to_sender` only the text says that it is over."""
    under_way = trouble(words) == relayed.RETURNING
    if finer == relayed.RETURNING:
        return relayed.RETURNED if handed_back(words) and not under_way else relayed.RETURNING
    return finer or (relayed.RETURNING if under_way else relayed.RETURNED)
