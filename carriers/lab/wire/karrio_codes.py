"""Karrio's words for the lab's scans: its coarse status, and the code and text of the carrier behind it."""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind


class Told(NamedTuple):
    status: str
    code: str
    text: str


_WAY, _HELD, _FAILED = "in_transit", "on_hold", "delivery_failed"

CODES: Final = {
    Kind.LABEL: Told("pending", "GX", "Shipping Label Created"),
    Kind.PICKED_UP: Told("picked_up", "03", "Picked Up"),
    Kind.ORIGIN: Told(_WAY, "10", "Arrived at Origin Facility"),
    Kind.DEPARTED: Told(_WAY, "EF", "Departed Facility"),
    Kind.ARRIVED: Told(_WAY, "A1", "Arrived at Facility"),
    Kind.CUSTOMS_IN: Told(_WAY, "71", "In Customs Clearance"),
    Kind.CUSTOMS_HOLD: Told(_HELD, "72", "Held by Customs, Documents Missing"),
    Kind.CUSTOMS_OUT: Told(_WAY, "73", "Cleared Customs"),
    Kind.DELAY: Told("delivery_delayed", "DELAY", "Delayed"),
    Kind.WEATHER: Told("delivery_delayed", "WEATHER", "Delayed Due to Weather"),
    Kind.AT_DESTINATION: Told(_WAY, "07", "Arrived at Destination Facility"),
    Kind.OUT_FOR_DELIVERY: Told("out_for_delivery", "OF", "Out for Delivery"),
    Kind.NOBODY_HOME: Told(_FAILED, "02", "Notice Left, No Authorized Recipient Available"),
    Kind.CLOSED: Told(_FAILED, "53", "Delivery Attempted, Business Closed"),
    Kind.ADDRESS_PROBLEM: Told(_HELD, "05", "Address Incorrect"),
    Kind.ADDRESS_FIXED: Told(_WAY, "19", "Address Corrected"),
    Kind.DAMAGED: Told(_HELD, "DAMAGED", "Damaged in Transit"),
    Kind.LOST: Told(_HELD, "LOST", "Lost in Transit"),
    Kind.REFUSED: Told(_FAILED, "04", "Refused by Recipient"),
    Kind.READY_FOR_PICKUP: Told("ready_for_pickup", "14", "Available for Pickup"),
    Kind.COLLECTED: Told("delivered", "17", "Picked Up by Recipient"),
    Kind.DELIVERED: Told("delivered", "01", "Delivered"),
    Kind.NEIGHBOUR: Told("delivered", "01", "Delivered, To Neighbor"),
    Kind.RETURNING: Told("return_to_sender", "09", "Returning to Sender"),
    Kind.RETURNED: Told("return_to_sender", "09", "Delivered, To Original Sender"),
    Kind.CANCELLED: Told("cancelled", "CANCELLED", "Shipping Label Cancelled"),
}

CARRIERS: Final = {
    "usps": "usps",
    "ups": "ups",
    "fedex": "fedex",
    "dhl_express": "mydhl",
    "dhl_unified": "dhl_universal",
    "dhl_parcel_de": "dhl_parcel_de",
    "canada_post": "canadapost",
    "gls": "gls",
    "hermes_de": "hermes",
    "royal_mail": "royalmail",
    "australia_post": "australiapost",
}
