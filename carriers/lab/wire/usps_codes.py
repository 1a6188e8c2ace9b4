"""USPS's words for the lab's scans: event code, event text, status category.

Source: the public event code list; codes it lacks (TL) as they are seen in production.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind


class UspsCode(NamedTuple):
    code: str
    text: str
    category: str


_MOVING = "In Transit"
_ALERT = "Alert"
_ATTEMPT = "Delivery Attempt"

CODES: Final = {
    Kind.LABEL: UspsCode("GX", "Shipping Label Created, USPS Awaiting Item", "Pre-Shipment"),
    Kind.PICKED_UP: UspsCode("03", "USPS in possession of item", "Accepted"),
    Kind.ORIGIN: UspsCode("10", "Arrived at USPS Regional Origin Facility", _MOVING),
    Kind.DEPARTED: UspsCode("T1", "Departed USPS Regional Facility", _MOVING),
    Kind.ARRIVED: UspsCode("A1", "Arrived at USPS Regional Facility", _MOVING),
    Kind.CUSTOMS_IN: UspsCode("TL", "Inbound Into Customs", _MOVING),
    Kind.CUSTOMS_HOLD: UspsCode("TL", "Held in Customs", _ALERT),
    Kind.CUSTOMS_OUT: UspsCode("TL", "Inbound Out of Customs", _MOVING),
    Kind.DELAY: UspsCode("TL", "In Transit, Arriving Late", _MOVING),
    Kind.WEATHER: UspsCode("TL", "In Transit, Arriving Late", _MOVING),
    Kind.AT_DESTINATION: UspsCode("07", "Arrived at Post Office", _MOVING),
    Kind.OUT_FOR_DELIVERY: UspsCode("OF", "Out for Delivery", "Out for Delivery"),
    Kind.NOBODY_HOME: UspsCode("56", "Notice Left (No Authorized Recipient Available)", _ATTEMPT),
    Kind.CLOSED: UspsCode("51", "Notice Left (Business Closed)", _ATTEMPT),
    Kind.ADDRESS_PROBLEM: UspsCode("22", "Insufficient Address", _ALERT),
    Kind.ADDRESS_FIXED: UspsCode("71", "Rescheduled to Next Delivery Day", _MOVING),
    Kind.DAMAGED: UspsCode("29", "Item Damaged, Held at Facility", _ALERT),
    Kind.LOST: UspsCode("11", "Sent to Mail Recovery Center", _ALERT),
    Kind.REFUSED: UspsCode("04", "Refused", _ALERT),
    Kind.READY_FOR_PICKUP: UspsCode("16", "Available for Pickup", "Available for Pickup"),
    Kind.COLLECTED: UspsCode("17", "Delivered, Individual Picked Up at Post Office", "Delivered"),
    Kind.DELIVERED: UspsCode("01", "Delivered, Front Door/Porch", "Delivered"),
    Kind.NEIGHBOUR: UspsCode("01", "Delivered, Neighbor as Requested", "Delivered"),
    Kind.RETURNING: UspsCode("09", "Return to Sender Processed", _ALERT),
    Kind.RETURNED: UspsCode("01", "Delivered, To Original Sender", "Delivered"),
    Kind.CANCELLED: UspsCode("44", "Shipping Label Canceled", _ALERT),
}
