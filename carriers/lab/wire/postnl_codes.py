"""PostNL's words for the lab's scans, from its tables of status codes and of the events that belong to them.

The table of events names them `B01`, the answers `01B`; here they stand as in the answers.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind


class Code(NamedTuple):
    event: str
    status: int
    dutch: str
    english: str


CODES: Final = {
    Kind.LABEL: Code("01A", 1, "Zending wordt verwacht, maar zit nog niet in sorteerproces", "Shipment is expected"),
    Kind.PICKED_UP: Code("01B", 2, "Zending is bij PostNL", "Shipment is at PostNL"),
    Kind.ORIGIN: Code("01J", 5, "Zending is gesorteerd", "Shipment is sorted"),
    Kind.DEPARTED: Code("06J", 5, "Zending is onderweg", "Shipment is on its way"),
    Kind.ARRIVED: Code("09J", 5, "Zending is in het sorteercentrum", "Shipment is at the sorting centre"),
    Kind.CUSTOMS_IN: Code("76A", 20, "Zending is bij de douane", "Shipment is in the clearance process"),
    Kind.CUSTOMS_HOLD: Code("59J", 9, "Zending wordt vastgehouden door de douane", "Shipment is held by customs"),
    Kind.CUSTOMS_OUT: Code("10J", 5, "Zending is ingeklaard", "Shipment is cleared by customs"),
    Kind.DELAY: Code("10H", 6, "Zending is vertraagd", "Shipment is delayed"),
    Kind.WEATHER: Code("10H", 6, "Zending is vertraagd door het weer", "Shipment is delayed by the weather"),
    Kind.AT_DESTINATION: Code("16J", 5, "Zending is in de regio", "Shipment is at the delivery depot"),
    Kind.OUT_FOR_DELIVERY: Code("05J", 7, "Bezorger is onderweg", "Shipment is out for delivery"),
    Kind.NOBODY_HOME: Code("01H", 8, "Geadresseerde niet thuis", "Nobody was at home"),
    Kind.CLOSED: Code("02H", 8, "Bedrijf gesloten", "Business was closed"),
    Kind.ADDRESS_PROBLEM: Code("03H", 8, "Adres onjuist of onvolledig", "Address is incorrect"),
    Kind.ADDRESS_FIXED: Code("14J", 5, "Adres is aangepast", "Address is corrected"),
    Kind.DAMAGED: Code("03F", 19, "Zending is beschadigd", "Shipment is damaged"),
    Kind.LOST: Code("18M", 18, "Zending is definitief zoek", "Shipment is definitely missing"),
    Kind.REFUSED: Code("04H", 8, "Zending is geweigerd", "Shipment was refused"),
    Kind.READY_FOR_PICKUP: Code(
        "02J", 12, "Zending ligt klaar op afhaallocatie", "Shipment is at the pick-up location"
    ),
    Kind.COLLECTED: Code("02I", 22, "Zending is afgehaald", "Shipment was picked up"),
    Kind.DELIVERED: Code("01I", 11, "Zending is bezorgd", "Shipment is delivered"),
    Kind.NEIGHBOUR: Code("05I", 11, "Zending is bezorgd bij de buren", "Shipment is delivered at a neighbour's"),
    Kind.RETURNING: Code("16H", 27, "Zending gaat retour afzender", "Shipment goes back to its sender"),
    Kind.RETURNED: Code("25H", 27, "Zending is retour bij afzender", "Shipment is back at its sender"),
    Kind.CANCELLED: Code("01M", 14, "Zending is niet ontvangen", "Shipment was never received"),
}

STATUSES: Final = {
    1: (1, "Zending voorgemeld", "Shipment pre-alerted"),
    2: (1, "Zending in ontvangst genomen", "Shipment accepted"),
    5: (2, "Zending gesorteerd", "Shipment sorted"),
    6: (2, "Zending niet gesorteerd", "Shipment not sorted"),
    7: (3, "Zending in distributieproces", "Shipment out for delivery"),
    8: (3, "Zending niet afgeleverd", "Shipment not delivered"),
    9: (3, "Zending bij douane", "Shipment at customs"),
    11: (4, "Zending afgeleverd", "Shipment delivered"),
    12: (4, "Zending beschikbaar op afhaallocatie", "Shipment at pick-up location"),
    14: (1, "Voorgemeld: definitief niet aangenomen", "Shipment pre-alerted"),
    18: (1, "Definitief manco", "Definitely missing"),
    19: (1, "Zending afgekeurd", "Shipment rejected"),
    20: (3, "Zending in inklaringsproces", "Shipment in clearance process"),
    22: (4, "Zending afgehaald van Postkantoor", "Shipment picked up from post office"),
    27: (3, "Zending onbestelbaar", "Shipment undeliverable"),
}
