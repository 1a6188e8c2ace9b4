"""EasyPost's words for the lab's scans: status and its detail, with a sentence."""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind


class Told(NamedTuple):
    status: str
    detail: str
    text: str


_WAY, _FAIL = "in_transit", "failure"

CODES: Final = {
    Kind.LABEL: Told("pre_transit", "label_created", "Shipping Label Created"),
    Kind.PICKED_UP: Told(_WAY, "received_at_origin_facility", "Picked Up"),
    Kind.ORIGIN: Told(_WAY, "received_at_origin_facility", "Arrived at Origin Facility"),
    Kind.DEPARTED: Told(_WAY, "departed_facility", "Departed Facility"),
    Kind.ARRIVED: Told(_WAY, "arrived_at_facility", "Arrived at Facility"),
    Kind.CUSTOMS_IN: Told(_WAY, "in_transit", "Processing Through Customs"),
    Kind.CUSTOMS_HOLD: Told(_WAY, "awaiting_information", "Held by Customs, Documents Missing"),
    Kind.CUSTOMS_OUT: Told(_WAY, "in_transit", "Cleared Customs"),
    Kind.DELAY: Told(_WAY, "delayed", "Delayed"),
    Kind.WEATHER: Told(_WAY, "weather_delay", "Delayed Due to Weather"),
    Kind.AT_DESTINATION: Told(_WAY, "arrived_at_destination", "Arrived at Destination Facility"),
    Kind.OUT_FOR_DELIVERY: Told("out_for_delivery", "out_for_delivery", "Out for Delivery"),
    Kind.NOBODY_HOME: Told(_WAY, "delivery_exception", "Notice Left, No Authorized Recipient Available"),
    Kind.CLOSED: Told(_WAY, "delivery_exception", "Delivery Attempted, Business Closed"),
    Kind.ADDRESS_PROBLEM: Told(_WAY, "address_correction", "Address Incorrect, Correction Needed"),
    Kind.ADDRESS_FIXED: Told(_WAY, "in_transit", "Address Corrected"),
    Kind.DAMAGED: Told(_FAIL, "damaged", "Damaged in Transit"),
    Kind.LOST: Told(_FAIL, "lost", "Lost in Transit"),
    Kind.REFUSED: Told(_WAY, "refused", "Refused by Recipient"),
    Kind.READY_FOR_PICKUP: Told("available_for_pickup", "arrived_at_pickup_location", "Available for Pickup"),
    Kind.COLLECTED: Told("delivered", "status_update", "Delivered, Individual Picked Up at Post Office"),
    Kind.DELIVERED: Told("delivered", "arrived_at_destination", "Delivered, Front Door/Porch"),
    Kind.NEIGHBOUR: Told("delivered", "arrived_at_destination", "Delivered, To Neighbor"),
    Kind.RETURNING: Told("return_to_sender", "return", "Returning to Sender"),
    Kind.RETURNED: Told("return_to_sender", "return", "Delivered, To Original Sender"),
    Kind.CANCELLED: Told("cancelled", "cancelled", "Shipping Label Cancelled"),
}

CARRIERS: Final = {
    "usps": "USPS",
    "ups": "UPS",
    "fedex": "FedEx",
    "dhl_express": "DHLExpress",
    "dhl_unified": "DHLParcel",
    "dhl_parcel_de": "DhlPaket",
    "canada_post": "CanadaPost",
    "gls": "GLS",
}
