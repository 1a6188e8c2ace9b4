"""EasyPost's words: ten statuses, and a detail that says more (docs.easypost.com/docs/trackers)."""

from __future__ import annotations

from carriers import parsing as read
from carriers import relayed
from carriers.model import Status
from carriers.wording import sharpen

# "unknown" says nothing, and "error" is about EasyPost's own asking.
STATUSES = read.code_table(
    {
        "InfoReceived_001": "pre_transit",
        "InTransit": "in_transit",
        "OutForDelivery_001": "out_for_delivery",
        "AvailableForPickup_001": "available_for_pickup",
        "Delivered_001": "delivered",
        "Exception_010": "return_to_sender",
        "Exception_001": "failure error",
        "Exception_020": "cancelled canceled",
    }
)
# "status_update", "unknown", "in_transit", "arrived_at_destination" (which goes with "delivered") and
# "awaiting_information" say nothing more than the status.
DETAILS = read.code_table(
    {
        "InfoReceived_001": "label_created",
        "InTransit": "transferred_to_destination_carrier received_at_origin_facility",
        "InTransit_003": "arrived_at_facility received_at_destination_facility",
        "InTransit_007": "departed_facility departed_origin_facility",
        "OutForDelivery_001": "out_for_delivery",
        "AvailableForPickup_001": "arrived_at_pickup_location",
        "Exception_001": "delivery_exception transit_exception failure held",
        "Exception_003": "refused",
        "Exception_005": "delayed",
        "Exception_007": "address_correction address_correction_needed",
        "Exception_010": "return",
        "Exception_012": "damaged",
        "Exception_013": "lost",
        "Exception_016": "missorted",
        "Exception_017": "weather_delay",
        "Exception_020": "cancelled",
    }
)
_VAGUE = ("Exception_001", "Exception_005")


def meaning(status: str | None, detail: str | None, words: str | None) -> read.Meaning | None:
    """What a tracker or one of its scans says. None for "unknown" and for words that are not published."""
    found, finer = STATUSES.get((status or "").lower()), DETAILS.get((detail or "").lower())
    if found is None:
        return None
    if found == relayed.RETURNING:
        return relayed.sent_back(words)
    if found[0] is Status.DELIVERED:
        away = finer and finer[0] is Status.AVAILABLE_FOR_PICKUP
        return relayed.RETURNED if finer == relayed.RETURNING else sharpen(finer if finer and away else found, words)
    if found[0] is Status.IN_TRANSIT:
        return _on_the_way(finer, words)
    if found[1] == "Exception_001":
        return sharpen(finer if finer and finer[0] is Status.EXCEPTION else found, words)
    return found


def _on_the_way(finer: read.Meaning | None, words: str | None) -> read.Meaning:
    """A failed attempt that will be repeated is still "in_transit" here: only its text names it."""
    told = relayed.on_the_way(words)
    if finer is None or finer[0] in (Status.IN_TRANSIT, Status.INFO_RECEIVED):
        # "arrived_at_facility" goes with many a scan: what the text says of the same stage is truer.
        finer_scan = finer if finer and finer[0] is Status.IN_TRANSIT else relayed.IN_TRANSIT
        return finer_scan if told == relayed.IN_TRANSIT else told
    if finer[1] in _VAGUE and told[0] is not Status.IN_TRANSIT:
        return told if told[1] != "Exception_005" else finer
    return relayed.sent_back(words) if finer == relayed.RETURNING else finer
