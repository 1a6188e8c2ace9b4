"""UPS's words for the lab's scans: activity type, two-character code, three-digit code, text.

Source: codes-status-description-codes, codes-package-activity-types and codes-package-exceptions of the UPS appendix.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind


class UpsCode(NamedTuple):
    type: str
    code: str
    status: str
    text: str


CODES: Final = {
    Kind.LABEL: UpsCode("M", "MP", "003", "Shipper created a label, UPS has not received the package yet. "),
    Kind.PICKED_UP: UpsCode("P", "PU", "038", "Pickup Scan "),
    Kind.ORIGIN: UpsCode("I", "OR", "005", "Origin Scan"),
    Kind.DEPARTED: UpsCode("I", "DP", "005", "Departed from Facility"),
    Kind.ARRIVED: UpsCode("I", "AR", "005", "Arrived at Facility"),
    Kind.CUSTOMS_IN: UpsCode("I", "IP", "012", "Your package is being processed for clearance."),
    Kind.CUSTOMS_HOLD: UpsCode(
        "X", "43", "058", "UPS contacted the sender for additional details needed to clear customs."
    ),
    Kind.CUSTOMS_OUT: UpsCode("X", "SR", "014", "Your package was released by the customs agency."),
    Kind.DELAY: UpsCode("X", "8", "046", "Due to operating conditions, your package may be delayed."),
    Kind.WEATHER: UpsCode("X", "7W", "052", "Severe weather conditions have delayed delivery."),
    Kind.AT_DESTINATION: UpsCode("I", "YP", "071", "Processing at UPS Facility"),
    Kind.OUT_FOR_DELIVERY: UpsCode("I", "OT", "021", "Out For Delivery Today"),
    Kind.NOBODY_HOME: UpsCode(
        "X", "48", "022", "The receiver was not available for delivery. We'll make a second attempt."
    ),
    Kind.CLOSED: UpsCode("X", "55", "022", "The receiving business was closed. We'll attempt to deliver again."),
    Kind.ADDRESS_PROBLEM: UpsCode(
        "X", "AE", "050", "The street number is incorrect. This may delay delivery. We're attempting to update it."
    ),
    Kind.ADDRESS_FIXED: UpsCode("I", "AH", "005", "Address Corrected, Delivery Rescheduled"),
    Kind.DAMAGED: UpsCode(
        "X", "45", "059", "Your package was damaged in transit. We will notify the sender with details."
    ),
    Kind.LOST: UpsCode("X", "S9", "068", "We've sent the package to UPS lost and found."),
    Kind.REFUSED: UpsCode("X", "AM", "064", "The receiver has canceled the product order and refused delivery."),
    Kind.READY_FOR_PICKUP: UpsCode("I", "ZP", "040", "Delivered to UPS Access Point™ location, awaiting pickup."),
    Kind.COLLECTED: UpsCode("D", "2W", "011", "DELIVERED "),
    Kind.DELIVERED: UpsCode("D", "FS", "011", "DELIVERED "),
    Kind.NEIGHBOUR: UpsCode("D", "F4", "011", "DELIVERED TO NEIGHBOR "),
    Kind.RETURNING: UpsCode("X", "KP", "035", "The package will be returned to the sender."),
    Kind.RETURNED: UpsCode("X", "TU", "034", "The package was returned to the sender."),
    Kind.CANCELLED: UpsCode("MV", "VP", "007", "Manifest cancelled and shipment voided"),
}

CURRENT: Final = {
    "003": "Shipment Ready for UPS",
    "005": "On the Way",
    "007": "Shipment Information Voided",
    "011": "Delivered",
    "012": "Clearance in Progress",
    "014": "Clearance Completed",
    "021": "Out for Delivery",
    "022": "First Attempt Made",
    "023": "Second Delivery Attempted",
    "034": "Returned to Sender",
    "035": "Returning to Sender",
    "038": "Picked Up by UPS",
    "040": "Ready for Customer Pickup",
    "046": "Delay",
    "050": "Address Information Required",
    "052": "Delay: Severe Weather",
    "058": "Clearance Information Required",
    "059": "Damage Reported",
    "064": "Delivery Refused",
    "068": "Sent to Lost and Found",
    "071": "Preparing for Delivery",
}
