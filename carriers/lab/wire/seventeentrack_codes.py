"""17TRACK's words for the lab's scans: main status, sub-status, stage, text; and its numbers for carriers."""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind


class Said(NamedTuple):
    status: str
    sub_status: str
    stage: str | None
    text: str


_WAY = "InTransit"

CODES: Final = {
    Kind.LABEL: Said("InfoReceived", "InfoReceived", "InfoReceived", "Order information received"),
    Kind.PICKED_UP: Said(_WAY, "InTransit_PickedUp", "PickedUp", "Package picked up"),
    Kind.ORIGIN: Said(_WAY, "InTransit_Arrival", "Arrival", "Arrived at origin facility"),
    Kind.DEPARTED: Said(_WAY, "InTransit_Departure", "Departure", "Departed from facility"),
    Kind.ARRIVED: Said(_WAY, "InTransit_Arrival", "Arrival", "Arrived at facility"),
    Kind.CUSTOMS_IN: Said(_WAY, "InTransit_CustomsProcessing", None, "Customs clearance in process"),
    Kind.CUSTOMS_HOLD: Said("Exception", "Exception_Security", None, "Held by customs, documents missing"),
    Kind.CUSTOMS_OUT: Said(_WAY, "InTransit_CustomsReleased", None, "Released by customs"),
    Kind.DELAY: Said("Exception", "Exception_Delayed", None, "Package delayed"),
    Kind.WEATHER: Said("Exception", "Exception_Delayed", None, "Package delayed due to weather"),
    Kind.AT_DESTINATION: Said(_WAY, "InTransit_Arrival", "Arrival", "Arrived at destination facility"),
    Kind.OUT_FOR_DELIVERY: Said("OutForDelivery", "OutForDelivery_Other", "OutForDelivery", "Out for delivery"),
    Kind.NOBODY_HOME: Said("DeliveryFailure", "DeliveryFailure_NoBody", None, "Delivery failed, nobody was there"),
    Kind.CLOSED: Said("DeliveryFailure", "DeliveryFailure_Other", None, "Delivery failed, business closed"),
    Kind.ADDRESS_PROBLEM: Said(
        "DeliveryFailure", "DeliveryFailure_InvalidAddress", None, "Delivery failed, wrong address"
    ),
    Kind.ADDRESS_FIXED: Said(_WAY, "InTransit_Other", None, "Address corrected"),
    Kind.DAMAGED: Said("Exception", "Exception_Damage", None, "Package damaged"),
    Kind.LOST: Said("Exception", "Exception_Lost", None, "Package lost"),
    Kind.REFUSED: Said("Exception", "Exception_Rejected", None, "Refused by recipient"),
    Kind.READY_FOR_PICKUP: Said(
        "AvailableForPickup", "AvailableForPickup_Other", "AvailableForPickup", "Available for pickup"
    ),
    Kind.COLLECTED: Said("Delivered", "Delivered_Other", "Delivered", "Picked up by recipient"),
    Kind.DELIVERED: Said("Delivered", "Delivered_Other", "Delivered", "Package delivered"),
    Kind.NEIGHBOUR: Said("Delivered", "Delivered_Other", "Delivered", "Package delivered to a neighbour"),
    Kind.RETURNING: Said("Exception", "Exception_Returning", "Returning", "Package is being returned to sender"),
    Kind.RETURNED: Said("Exception", "Exception_Returned", "Returned", "Package returned to sender"),
    Kind.CANCELLED: Said("Exception", "Exception_Cancel", None, "Order cancelled"),
}

CARRIERS: Final = {
    "ups": 100002,
    "fedex": 100003,
    "dhl_express": 100001,
    "usps": 21051,
    "easypost": 21051,
    "shippo": 21051,
    "karrio": 21051,
    "aftership": 21051,
    "17track": 21051,
}
NAMES: Final = {100001: "DHL Express", 100002: "UPS", 100003: "FedEx", 21051: "USPS"}
