"""Karrio's words: a status of the parcel and of each scan, and a reason for what went wrong (karrio-openapi.yml)."""

from __future__ import annotations

from carriers import parsing as read
from carriers import relayed
from carriers.model import Status
from carriers.wording import sharpen

# "unknown" says nothing. Karrio says "in_transit" too where a carrier's code is not mapped.
STATUSES = read.code_table(
    {
        "InfoReceived_001": "pending",
        "InTransit": "in_transit",
        "InTransit_002": "picked_up",
        "OutForDelivery_001": "out_for_delivery",
        "AttemptFail_001": "delivery_failed",
        "AvailableForPickup_001": "ready_for_pickup",
        "Delivered_001": "delivered",
        "Exception_001": "on_hold",
        "Exception_005": "delivery_delayed",
        "Exception_010": "return_to_sender",
        "Exception_020": "cancelled",
    }
)
REASONS = read.code_table(
    {
        "AttemptFail_002": "consignee_not_available consignee_not_home",
        "AttemptFail_003": "consignee_business_closed",
        "Exception_003": "consignee_refused",
        "Exception_004": "customs_delay",
        "Exception_006": "customs_duties_unpaid",
        "Exception_007": "carrier_address_not_found consignee_incorrect_address",
        "Exception_012": "carrier_damaged_parcel",
        "Exception_013": "carrier_parcel_lost",
        "Exception_016": (
            "carrier_sorting_error carrier_vehicle_issue carrier_capacity_exceeded carrier_mechanical_delay"
            " carrier_not_enough_time"
        ),
        "Exception_017": "weather_delay",
        "Exception_018": "customs_documentation",
        "Exception_020": "retailer_cancelled consignee_cancelled",
    }
)
_OPEN = ("AttemptFail_001", "Exception_001", "Exception_005")


def meaning(status: str | None, reason: str | None, words: str | None) -> read.Meaning | None:
    """What a tracker or one of its scans says. None for "unknown" and for words that are not published."""
    found, cause = STATUSES.get((status or "").lower()), REASONS.get((reason or "").lower())
    if found is None:
        return None
    if found == relayed.RETURNING:
        return relayed.sent_back(words)
    if found == relayed.IN_TRANSIT:
        return cause or relayed.on_the_way(words)
    if found[1] in _OPEN and cause and (cause[0] is found[0] or found[0] is Status.EXCEPTION):
        return cause
    return sharpen(found, words)
