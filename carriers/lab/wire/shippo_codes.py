"""Shippo's words for the lab's scans: status, sub-status and its sentence."""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind


class Told(NamedTuple):
    status: str
    code: str
    text: str


_WAY = "TRANSIT"

CODES: Final = {
    Kind.LABEL: Told("PRE_TRANSIT", "information_received", "Information about the package received."),
    Kind.PICKED_UP: Told(_WAY, "package_accepted", "Package has been accepted into the carrier network."),
    Kind.ORIGIN: Told(_WAY, "package_processing", "Package is being processed at the origin facility."),
    Kind.DEPARTED: Told(_WAY, "package_departed", "Package has departed from an intermediate location."),
    Kind.ARRIVED: Told(_WAY, "package_arrived", "Package has arrived at an intermediate location."),
    Kind.CUSTOMS_IN: Told(_WAY, "package_processing", "Package is being processed by customs."),
    Kind.CUSTOMS_HOLD: Told(_WAY, "package_held", "Package is being held at customs: documents are missing."),
    Kind.CUSTOMS_OUT: Told(_WAY, "package_processed", "Package has cleared customs."),
    Kind.DELAY: Told(_WAY, "delayed", "Delivery of package is delayed."),
    Kind.WEATHER: Told(_WAY, "delayed", "Delivery of package is delayed due to weather."),
    Kind.AT_DESTINATION: Told(_WAY, "package_arrived", "Package has arrived at the delivery facility."),
    Kind.OUT_FOR_DELIVERY: Told(_WAY, "out_for_delivery", "Package is out for delivery."),
    Kind.NOBODY_HOME: Told(_WAY, "notice_left", "Nobody was there; a notice was left."),
    Kind.CLOSED: Told(_WAY, "location_inaccessible", "Delivery location inaccessible: the business was closed."),
    Kind.ADDRESS_PROBLEM: Told(_WAY, "address_issue", "Address information is incorrect."),
    Kind.ADDRESS_FIXED: Told(_WAY, "package_processed", "Address was corrected."),
    Kind.DAMAGED: Told(_WAY, "package_damaged", "Package has been damaged."),
    Kind.LOST: Told("FAILURE", "package_lost", "Package has been lost."),
    Kind.REFUSED: Told("FAILURE", "package_undeliverable", "Package was refused by the recipient."),
    Kind.READY_FOR_PICKUP: Told(_WAY, "pickup_available", "Package is available for pickup."),
    Kind.COLLECTED: Told("DELIVERED", "delivered", "Package was picked up by the recipient."),
    Kind.DELIVERED: Told("DELIVERED", "delivered", "Package has been delivered."),
    Kind.NEIGHBOUR: Told("DELIVERED", "delivered", "Package has been delivered to a neighbor."),
    Kind.RETURNING: Told("RETURNED", "return_to_sender", "Package is to be returned to sender."),
    Kind.RETURNED: Told("RETURNED", "return_to_sender", "Package has been delivered to the original sender."),
    Kind.CANCELLED: Told("UNKNOWN", "other", "The label was cancelled."),
}

CARRIERS: Final = {
    "usps": "usps",
    "ups": "ups",
    "fedex": "fedex",
    "dhl_express": "dhl_express",
    "dhl_unified": "dhl_germany",
    "dhl_parcel_de": "dhl_germany",
    "canada_post": "canada_post",
    "gls": "gls_deutschland",
    "hermes_de": "hermes_germany",
    "royal_mail": "royal_mail",
    "australia_post": "australia_post",
    "la_poste": "colissimo",
    "chronopost": "chronopost",
}
