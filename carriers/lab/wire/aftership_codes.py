"""AfterShip's words for the lab's scans: tag, sub-tag with its sentence, the carrier's own code and text."""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind


class Tagged(NamedTuple):
    tag: str
    subtag: str
    message: str
    raw: str
    text: str


def _tagged(subtag: str, message: str, raw: str, text: str) -> Tagged:
    return Tagged(subtag.partition("_")[0], subtag, message, raw, text)


CODES: Final = {
    Kind.LABEL: _tagged("InfoReceived_001", "Info Received", "GX", "Shipping Label Created"),
    Kind.PICKED_UP: _tagged("InTransit_002", "Acceptance scan", "03", "Picked Up"),
    Kind.ORIGIN: _tagged("InTransit_003", "Arrival scan", "10", "Arrived at Origin Facility"),
    Kind.DEPARTED: _tagged("InTransit_007", "Departure Scan", "EF", "Departed Facility"),
    Kind.ARRIVED: _tagged("InTransit_003", "Arrival scan", "A1", "Arrived at Facility"),
    Kind.CUSTOMS_IN: _tagged("InTransit_006", "Customs clearance started", "71", "In Customs Clearance"),
    Kind.CUSTOMS_HOLD: _tagged("Exception_004", "Held by customs", "72", "Held by Customs, Documents Missing"),
    Kind.CUSTOMS_OUT: _tagged("InTransit_005", "Customs clearance completed", "73", "Cleared Customs"),
    Kind.DELAY: _tagged("Exception_005", "Delayed", "DL", "Delayed"),
    Kind.WEATHER: _tagged("Exception_017", "Delayed by weather", "DW", "Delayed Due to Weather"),
    Kind.AT_DESTINATION: _tagged(
        "InTransit_004", "Arrived at the destination", "07", "Arrived at Destination Facility"
    ),
    Kind.OUT_FOR_DELIVERY: _tagged("OutForDelivery_001", "Out for Delivery", "OF", "Out for Delivery"),
    Kind.NOBODY_HOME: _tagged("AttemptFail_002", "Addressee not available", "02", "Notice Left"),
    Kind.CLOSED: _tagged("AttemptFail_003", "Business Closed", "53", "Delivery Attempted, Business Closed"),
    Kind.ADDRESS_PROBLEM: _tagged("Exception_007", "Incorrect Address", "05", "Address Incorrect"),
    Kind.ADDRESS_FIXED: _tagged("InTransit_008", "Problem solved", "19", "Address Corrected"),
    Kind.DAMAGED: _tagged("Exception_012", "Shipment damaged", "DM", "Damaged in Transit"),
    Kind.LOST: _tagged("Exception_013", "Shipment lost", "LO", "Lost in Transit"),
    Kind.REFUSED: _tagged("Exception_003", "Refused by the recipient", "04", "Refused by Recipient"),
    Kind.READY_FOR_PICKUP: _tagged("AvailableForPickup_001", "Available for pickup", "14", "Available for Pickup"),
    Kind.COLLECTED: _tagged("Delivered_002", "Picked up by the recipient", "17", "Picked Up by Recipient"),
    Kind.DELIVERED: _tagged("Delivered_001", "Delivered", "01", "Delivered"),
    Kind.NEIGHBOUR: _tagged("Delivered_005", "Delivered to a neighbour", "01", "Delivered, To Neighbor"),
    Kind.RETURNING: _tagged("Exception_010", "Returning to sender", "09", "Returning to Sender"),
    Kind.RETURNED: _tagged("Exception_011", "Returned to sender", "09", "Delivered, To Original Sender"),
    Kind.CANCELLED: _tagged("Exception_020", "Cancelled", "CA", "Shipping Label Cancelled"),
}

SLUGS: Final = {
    "usps": "usps",
    "ups": "ups",
    "fedex": "fedex",
    "dhl_express": "dhl",
    "dhl_unified": "dhl-germany",
    "dhl_parcel_de": "dhl-germany",
    "canada_post": "canada-post",
    "gls": "gls",
    "hermes_de": "hermes-de",
    "cdek": "cdek",
    "royal_mail": "royal-mail",
    "australia_post": "australia-post",
    "la_poste": "la-poste-colissimo",
    "chronopost": "chronopost-france",
    "postnl": "postnl",
    "dpd": "dpd",
    "bpost": "bpost",
    "russian_post": "russian-post",
    "evri": "evri",
    "japan_post": "japan-post",
}

ALPHA3: Final = {
    "US": "USA",
    "CA": "CAN",
    "DE": "DEU",
    "AT": "AUT",
    "CH": "CHE",
    "FR": "FRA",
    "GB": "GBR",
    "NL": "NLD",
    "BE": "BEL",
    "AU": "AUS",
    "RU": "RUS",
}
