"""Canada Post's words for the lab's scans. Its own list is not published; codes are those that integrations have seen."""

from __future__ import annotations

from typing import Final

from carriers.lab.parcels import Kind

CODES: Final = {
    Kind.LABEL: ("3000", "Electronic information submitted by shipper"),
    Kind.PICKED_UP: ("2300", "Item picked up by Canada Post"),
    Kind.ORIGIN: ("0100", "Item processed"),
    Kind.DEPARTED: ("0170", "Item in transit"),
    Kind.ARRIVED: ("0100", "Item processed"),
    Kind.CUSTOMS_IN: ("0102", "Item arrived in Canada and was sent for customs review"),
    Kind.CUSTOMS_HOLD: ("1414", "Item held by customs; additional documents are required"),
    Kind.CUSTOMS_OUT: ("0103", "Item released by customs, now with Canada Post for processing"),
    Kind.DELAY: ("2412", "Item delayed; the delivery standard is extended"),
    Kind.WEATHER: ("0160", "Item may be delayed due to bad weather"),
    Kind.AT_DESTINATION: ("0100", "Item processed at local delivery facility"),
    Kind.OUT_FOR_DELIVERY: ("0174", "Item out for delivery"),
    Kind.NOBODY_HOME: ("1479", "Attempted delivery. Notice card left indicating where and when to pick up item."),
    Kind.CLOSED: ("0183", "Business closed. Delivery will be attempted next business day."),
    Kind.ADDRESS_PROBLEM: ("0173", "Customer addressing error found; attempting to correct. Possible delay"),
    Kind.ADDRESS_FIXED: ("0107", "Customer addressing error corrected"),
    Kind.DAMAGED: ("0127", "Item damaged"),
    Kind.LOST: ("0810", "Item could not be located"),
    Kind.REFUSED: ("1415", "Item refused by recipient. Item being returned to sender."),
    Kind.READY_FOR_PICKUP: ("1407", "Item available for pickup at Post Office"),
    Kind.COLLECTED: ("1441", "Item picked up by recipient"),
    Kind.DELIVERED: ("1496", "Item successfully delivered"),
    Kind.NEIGHBOUR: ("1442", "Item delivered to a neighbour"),
    Kind.RETURNING: ("1483", "Item unclaimed by recipient; being returned to sender"),
    Kind.RETURNED: ("1493", "Item returned to sender"),
    Kind.CANCELLED: ("3002", "Shipping information cancelled by shipper"),
}
