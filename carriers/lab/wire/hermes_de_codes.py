"""Hermes Germany's words for the lab's scans, from its list of event codes (2x2). A return has legs of its own."""

from __future__ import annotations

from typing import Final

from carriers.lab.parcels import Kind

CODES: Final = {
    Kind.LABEL: ("0000", "The shipment has been notified to Hermes electronically."),
    Kind.PICKED_UP: ("1000", "The shipment has left the clients warehouse."),
    Kind.ORIGIN: ("1510", "The shipment has been sorted at the Hermes Logistics Center."),
    Kind.DEPARTED: ("3010", "The shipment has left the Hermes Logistics Center."),
    Kind.ARRIVED: ("2000", "The shipment has arrived at the Hermes Logistics Center."),
    Kind.CUSTOMS_IN: ("1710", "Customs Export for the shipment was created."),
    Kind.CUSTOMS_HOLD: ("1730", "Shipment is held by customs."),
    Kind.CUSTOMS_OUT: ("1720", "Customs clearance was successfully completed."),
    Kind.DELAY: ("4080", "The shipment is being redirected. Delivery is delayed."),
    Kind.WEATHER: (
        "3750",
        "The shipment was unable to be delivered due to a route cancellation because of the weather.",
    ),
    Kind.AT_DESTINATION: ("2000", "The shipment has arrived at the Hermes depot."),
    Kind.OUT_FOR_DELIVERY: (
        "3000",
        "The shipment has gone out on a delivery route. Delivery is expected today.",
    ),
    Kind.NOBODY_HOME: ("3731", "The recipient was not met. Hermes will make another delivery attempt."),
    Kind.CLOSED: ("3731", "The business was closed. Hermes will make another delivery attempt."),
    Kind.ADDRESS_PROBLEM: ("3720", "The specified address was unable to be found."),
    Kind.ADDRESS_FIXED: (
        "9328",
        "At the request of the customer, an address correction was carried out by Hermes Customer Service.",
    ),
    Kind.DAMAGED: ("3740", "The shipment will be stopped due to a possible damage."),
    Kind.LOST: ("4630", "The shipment could not be found again: its whereabouts are unclear."),
    Kind.REFUSED: ("3710", "The shipment was not accepted and is on its way back to the next Hermes depot."),
    Kind.READY_FOR_PICKUP: ("3410", "The shipment is available for collection from the Hermes ParcelShop."),
    Kind.COLLECTED: ("3530", "The shipment has been collected by the recipient from the Hermes ParcelShop."),
    Kind.DELIVERED: ("3500", "The shipment has been delivered."),
    Kind.NEIGHBOUR: ("3520", "The shipment has been delivered to a neighbour."),
    Kind.RETURNING: ("6083", "The shipment is on its way back to the client."),
    Kind.RETURNED: ("7500", "The return/return shipment has arrived at the client."),
    Kind.CANCELLED: ("9341", "The shipment has been cancelled by the client."),
}

RETURN_LEGS: Final = {
    Kind.PICKED_UP: ("2400", "The shipment has been handed in at the ParcelShop."),
    Kind.ORIGIN: ("3760", "The shipment was collected from the customer."),
    Kind.DEPARTED: (
        "1520",
        "The return/return shipment has been sorted and is on its way back to the client.",
    ),
    Kind.ARRIVED: ("1520", "The return/return shipment has been sorted and is on its way back to the client."),
    Kind.AT_DESTINATION: ("4060", "The return/return shipment has arrived at the Hermes depot."),
    # No tour of its own: it is brought to the client with everything else.
    Kind.OUT_FOR_DELIVERY: ("4060", "The return/return shipment has arrived at the Hermes depot."),
    Kind.DELIVERED: ("7500", "The return/return shipment has arrived at the client."),
}

ALPHA3: Final = {
    "DE": "DEU",
    "AT": "AUT",
    "CH": "CHE",
    "FR": "FRA",
    "NL": "NLD",
    "BE": "BEL",
    "US": "USA",
    "GB": "GBR",
    "CA": "CAN",
    "AU": "AUS",
    "RU": "RUS",
}
