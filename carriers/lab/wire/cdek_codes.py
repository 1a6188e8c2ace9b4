"""CDEK's words for the lab's scans: status code, its Russian name, the reason's number where there is one."""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind


class CdekCode(NamedTuple):
    code: str
    name: str
    reason: str = ""


_STORED = "ACCEPTED_AT_TRANSIT_WAREHOUSE", "Принят на склад транзита"
_BACK = "RETURNED_TO_RECIPIENT_CITY_WAREHOUSE", "Возвращен на склад доставки"

CODES: Final = {
    Kind.LABEL: CdekCode("CREATED", "Создан"),
    Kind.PICKED_UP: CdekCode("RECEIVED_AT_SHIPMENT_WAREHOUSE", "Принят на склад отправителя"),
    Kind.ORIGIN: CdekCode("READY_FOR_SHIPMENT_IN_SENDER_CITY", "Выдан на отправку в г. отправителе"),
    Kind.DEPARTED: CdekCode("TAKEN_BY_TRANSPORTER_FROM_SENDER_CITY", "Сдан перевозчику в г. отправителе"),
    Kind.ARRIVED: CdekCode(*_STORED),
    Kind.CUSTOMS_IN: CdekCode("IN_CUSTOMS_INTERNATIONAL", "Таможенное оформление в стране отправления"),
    Kind.CUSTOMS_HOLD: CdekCode("IN_CUSTOMS_LOCAL", "Таможенное оформление в стране назначения"),
    Kind.CUSTOMS_OUT: CdekCode("CUSTOMS_COMPLETE", "Таможенное оформление завершено"),
    Kind.DELAY: CdekCode(*_STORED),
    Kind.WEATHER: CdekCode(*_STORED),
    Kind.AT_DESTINATION: CdekCode("ACCEPTED_AT_RECIPIENT_CITY_WAREHOUSE", "Принят на склад доставки"),
    Kind.OUT_FOR_DELIVERY: CdekCode("TAKEN_BY_COURIER", "Выдан на доставку"),
    Kind.NOBODY_HOME: CdekCode(*_BACK),
    Kind.CLOSED: CdekCode(*_BACK),
    Kind.ADDRESS_PROBLEM: CdekCode(*_BACK),
    Kind.ADDRESS_FIXED: CdekCode("ACCEPTED_AT_RECIPIENT_CITY_WAREHOUSE", "Принят на склад доставки"),
    Kind.DAMAGED: CdekCode("NOT_DELIVERED", "Не вручен", "8"),
    Kind.LOST: CdekCode("NOT_DELIVERED", "Не вручен", "26"),
    Kind.REFUSED: CdekCode("NOT_DELIVERED", "Не вручен", "11"),
    Kind.READY_FOR_PICKUP: CdekCode("ACCEPTED_AT_PICK_UP_POINT", "Принят на склад до востребования"),
    Kind.COLLECTED: CdekCode("DELIVERED", "Вручен"),
    Kind.DELIVERED: CdekCode("DELIVERED", "Вручен"),
    Kind.NEIGHBOUR: CdekCode("DELIVERED", "Вручен"),
    Kind.RETURNING: CdekCode("SENT_TO_SENDER_CITY", "Возвращен в г. отправитель"),
    Kind.RETURNED: CdekCode("RETURNED_TO_SENDER_CITY_WAREHOUSE", "Возвращен на склад отправителя"),
    Kind.CANCELLED: CdekCode("REMOVED", "Удален"),
}

NUMBERS: Final = {
    "CREATED": 1,
    "REMOVED": 2,
    "RECEIVED_AT_SHIPMENT_WAREHOUSE": 3,
    "DELIVERED": 4,
    "NOT_DELIVERED": 5,
    "READY_FOR_SHIPMENT_IN_SENDER_CITY": 6,
    "TAKEN_BY_TRANSPORTER_FROM_SENDER_CITY": 7,
    "ACCEPTED_AT_RECIPIENT_CITY_WAREHOUSE": 10,
    "TAKEN_BY_COURIER": 11,
    "ACCEPTED_AT_PICK_UP_POINT": 12,
    "ACCEPTED_AT_TRANSIT_WAREHOUSE": 13,
    "RETURNED_TO_RECIPIENT_CITY_WAREHOUSE": 18,
}
