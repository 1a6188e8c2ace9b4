"""FedEx's words for the lab's scans. Source: the tracking status codes FedEx publishes (movement and regulatory groups).

`derived` differs from `code` as it does in production: out for delivery says IT, returning says DL.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind


class FedexCode(NamedTuple):
    code: str
    derived: str
    text: str
    reason: str = ""
    reason_text: str = ""


CODES: Final = {
    Kind.LABEL: FedexCode("OC", "IN", "Shipment information sent to FedEx"),
    Kind.PICKED_UP: FedexCode("PU", "PU", "Picked up"),
    Kind.ORIGIN: FedexCode("OF", "IT", "At FedEx origin facility"),
    Kind.DEPARTED: FedexCode("DP", "IT", "Departed FedEx location"),
    Kind.ARRIVED: FedexCode("AR", "IT", "Arrived at FedEx location"),
    Kind.CUSTOMS_IN: FedexCode("CP", "IT", "Clearance in progress"),
    Kind.CUSTOMS_HOLD: FedexCode("CD", "CD", "Clearance delay", "85", "Missing documents, held by the customs agency"),
    Kind.CUSTOMS_OUT: FedexCode(
        "CC", "IT", "International shipment release - Import", "A25", "Package cleared customs"
    ),
    Kind.DELAY: FedexCode("SE", "SE", "Shipment exception", "08A", "Operational delay, delivery will be later"),
    Kind.WEATHER: FedexCode("SE", "SE", "Shipment exception", "74", "Weather delay"),
    Kind.AT_DESTINATION: FedexCode("AF", "IT", "At local FedEx facility"),
    Kind.OUT_FOR_DELIVERY: FedexCode("OD", "IT", "On FedEx vehicle for delivery"),
    Kind.NOBODY_HOME: FedexCode("DE", "DE", "Delivery exception", "08", "Customer not available or business closed"),
    Kind.CLOSED: FedexCode("DE", "DE", "Delivery exception", "08", "Customer not available or business closed"),
    Kind.ADDRESS_PROBLEM: FedexCode("DE", "DE", "Delivery exception", "03", "Incorrect address"),
    Kind.ADDRESS_FIXED: FedexCode("IT", "IT", "In transit", "", "Address corrected"),
    Kind.DAMAGED: FedexCode("SE", "SE", "Shipment exception", "24", "Package damaged, delivery not completed"),
    Kind.LOST: FedexCode("SE", "SE", "Shipment exception", "67", "Package lost, unable to locate, trace in progress"),
    Kind.REFUSED: FedexCode("DE", "DE", "Delivery exception", "07", "Shipment refused by recipient"),
    Kind.READY_FOR_PICKUP: FedexCode("HL", "HL", "Ready for pickup"),
    Kind.COLLECTED: FedexCode("DL", "DL", "Delivered"),
    Kind.DELIVERED: FedexCode("DL", "DL", "Delivered"),
    Kind.NEIGHBOUR: FedexCode("DL", "DL", "Delivered"),
    Kind.RETURNING: FedexCode("RS", "DL", "Returning package to shipper"),
    Kind.RETURNED: FedexCode("DL", "DL", "Delivered to shipper, package returned to shipper"),
    Kind.CANCELLED: FedexCode("CA", "CA", "Shipment cancelled by sender"),
}

STATUS_WORDS: Final = {
    "IN": "Label created",
    "PU": "Picked up",
    "IT": "In transit",
    "CD": "Clearance delay",
    "SE": "Exception",
    "DE": "Delivery exception",
    "HL": "Ready for pickup",
    "DL": "Delivered",
    "CA": "Cancelled",
}
