"""DHL's words for the lab's scans: status word, code and text, for Parcel Germany and for Express.

Source: DHL's list of status codes by service. As in production, "transit" stands for much that is more than transit.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind


class DhlCode(NamedTuple):
    word: str
    code: str
    text: str


_PRE, _TRANSIT, _FAILURE, _DELIVERED = "pre-transit", "transit", "failure", "delivered"

PARCEL: Final = {
    Kind.LABEL: DhlCode(_PRE, "VA", "The sender has announced the shipment to DHL electronically."),
    Kind.PICKED_UP: DhlCode(_TRANSIT, "AE", "The shipment was picked up at the sender's."),
    Kind.ORIGIN: DhlCode(_TRANSIT, "ES", "The shipment has been processed in the parcel center of origin."),
    Kind.DEPARTED: DhlCode(_TRANSIT, "AA", "The shipment has left the parcel center."),
    Kind.ARRIVED: DhlCode(_TRANSIT, "EE", "The shipment has arrived in the parcel center."),
    Kind.CUSTOMS_IN: DhlCode(_TRANSIT, "ZO", "The shipment has been handed over to customs."),
    Kind.CUSTOMS_HOLD: DhlCode(_FAILURE, "ZO", "The shipment is held by customs: documents are missing."),
    Kind.CUSTOMS_OUT: DhlCode(_TRANSIT, "ZO", "The customs clearance is completed."),
    Kind.DELAY: DhlCode(_FAILURE, "BV", "The shipment is delayed. It will be processed as soon as possible."),
    Kind.WEATHER: DhlCode(_FAILURE, "BV", "The shipment is delayed because of bad weather."),
    Kind.AT_DESTINATION: DhlCode(_TRANSIT, "EE", "The shipment has arrived at the delivery base."),
    Kind.OUT_FOR_DELIVERY: DhlCode(_TRANSIT, "PO", "The shipment has been loaded onto the delivery vehicle."),
    Kind.NOBODY_HOME: DhlCode(_FAILURE, "ZN", "The recipient was not present. A note was left."),
    Kind.CLOSED: DhlCode(_FAILURE, "ZN", "The delivery was not possible: the business was closed."),
    Kind.ADDRESS_PROBLEM: DhlCode(_FAILURE, "BV", "The shipment could not be delivered: the address is incorrect."),
    Kind.ADDRESS_FIXED: DhlCode(_TRANSIT, "NB", "The address was corrected. The shipment will be delivered again."),
    Kind.DAMAGED: DhlCode(_FAILURE, "BV", "The shipment was damaged and is being checked."),
    Kind.LOST: DhlCode(_FAILURE, "BV", "The shipment is lost. An investigation has been started."),
    Kind.REFUSED: DhlCode(_FAILURE, "ZN", "The recipient has refused the shipment."),
    Kind.READY_FOR_PICKUP: DhlCode(_TRANSIT, "ZF", "The shipment is ready for pick-up in the retail outlet."),
    Kind.COLLECTED: DhlCode(_DELIVERED, "ZU", "The recipient has picked up the shipment from the retail outlet."),
    Kind.DELIVERED: DhlCode(_DELIVERED, "ZU", "The shipment has been successfully delivered."),
    Kind.NEIGHBOUR: DhlCode(_DELIVERED, "ZU", "The shipment has been delivered to a neighbour."),
    Kind.RETURNING: DhlCode(_FAILURE, "BV", "The shipment is being returned to the sender."),
    Kind.RETURNED: DhlCode(_DELIVERED, "ZU", "The shipment has been returned and delivered to the sender."),
    Kind.CANCELLED: DhlCode(_FAILURE, "BV", "The shipment was cancelled by the sender."),
}

EXPRESS: Final = {
    **PARCEL,
    Kind.LABEL: DhlCode(_PRE, "104", "Shipment information received"),
    Kind.PICKED_UP: DhlCode(_TRANSIT, "PU", "Shipment picked up"),
    Kind.ORIGIN: DhlCode(_TRANSIT, "PL", "Processed at"),
    Kind.DEPARTED: DhlCode(_TRANSIT, "DF", "Shipment has departed from a DHL facility"),
    Kind.ARRIVED: DhlCode(_TRANSIT, "AF", "Arrived at DHL Sort Facility"),
    Kind.CUSTOMS_IN: DhlCode(_TRANSIT, "IC", "Processed for clearance"),
    Kind.CUSTOMS_HOLD: DhlCode(_FAILURE, "CD", "Clearance event: information is missing"),
    Kind.CUSTOMS_OUT: DhlCode(_TRANSIT, "CR", "Clearance processing complete"),
    Kind.DELAY: DhlCode(_FAILURE, "OH", "Shipment is on hold"),
    Kind.WEATHER: DhlCode(_FAILURE, "OH", "Shipment is on hold because of severe weather"),
    Kind.AT_DESTINATION: DhlCode(_TRANSIT, "AR", "Arrived at DHL Delivery Facility"),
    Kind.OUT_FOR_DELIVERY: DhlCode(_TRANSIT, "WC", "Shipment is out with courier for delivery"),
    Kind.NOBODY_HOME: DhlCode(_FAILURE, "NH", "Delivery attempted; recipient not home"),
    Kind.CLOSED: DhlCode(_FAILURE, "CA", "Delivery attempted; consignee premises closed"),
    Kind.ADDRESS_PROBLEM: DhlCode(_FAILURE, "BA", "Address information needed"),
    Kind.ADDRESS_FIXED: DhlCode(_TRANSIT, "RR", "Response received; the address was corrected"),
    Kind.REFUSED: DhlCode(_FAILURE, "RD", "Recipient refused delivery"),
    Kind.READY_FOR_PICKUP: DhlCode(_TRANSIT, "CC", "Awaiting collection by recipient as requested"),
    Kind.COLLECTED: DhlCode(_DELIVERED, "OK", "Delivered - collected by recipient"),
    Kind.DELIVERED: DhlCode(_DELIVERED, "OK", "Delivered"),
    Kind.NEIGHBOUR: DhlCode(_DELIVERED, "OK", "Delivered - left with neighbour"),
    Kind.RETURNING: DhlCode(_FAILURE, "RT", "Returning to shipper"),
    Kind.RETURNED: DhlCode(_DELIVERED, "RT", "Returned to shipper"),
}
