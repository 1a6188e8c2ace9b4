"""Russian Post's operations for the lab's scans: numbers of kinds and of attributes, in Russian and English."""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind

_Words = tuple[str, str]


class Code(NamedTuple):
    kind: int
    attribute: int
    words: _Words
    details: _Words


_HANDLED: Final = ("Обработка", "Processing")
_HANDED: Final = ("Вручение", "Delivery")
_TRIED: Final = ("Неудачная попытка вручения", "Unsuccessful delivery attempt")
_BACK: Final = ("Возврат", "Return")
_NONE: Final = ("", "")

CODES: Final = {
    Kind.LABEL: Code(28, 0, ("Присвоение идентификатора", "Identifier assigned"), _NONE),
    Kind.PICKED_UP: Code(1, 1, ("Прием", "Acceptance"), ("Единичный", "Single")),
    Kind.ORIGIN: Code(8, 3, _HANDLED, ("Прибыло в сортировочный центр", "Arrived at the sorting centre")),
    Kind.DEPARTED: Code(8, 4, _HANDLED, ("Покинуло сортировочный центр", "Left the sorting centre")),
    Kind.ARRIVED: Code(8, 3, _HANDLED, ("Прибыло в сортировочный центр", "Arrived at the sorting centre")),
    Kind.CUSTOMS_IN: Code(11, 0, ("Передача таможне", "Handed to customs"), _NONE),
    Kind.CUSTOMS_HOLD: Code(14, 1, ("Таможенное оформление", "Customs clearance"), ("Задержано", "Held by customs")),
    Kind.CUSTOMS_OUT: Code(14, 0, ("Таможенное оформление завершено", "Customs clearance completed"), _NONE),
    Kind.DELAY: Code(8, 0, _HANDLED, ("Сортировка", "Sorting")),
    Kind.WEATHER: Code(8, 0, _HANDLED, ("Сортировка", "Sorting")),
    # Attribute 2 would be the post office where it is handed over: it waits there to be collected.
    Kind.AT_DESTINATION: Code(8, 0, _HANDLED, ("Прибыло в регион назначения", "Arrived in the region")),
    Kind.OUT_FOR_DELIVERY: Code(15, 1, ("Передано курьеру", "Handed to the courier"), _NONE),
    Kind.NOBODY_HOME: Code(12, 2, _TRIED, ("Временное отсутствие адресата", "The addressee was absent")),
    Kind.CLOSED: Code(12, 2, _TRIED, ("Временное отсутствие адресата", "The addressee was absent")),
    Kind.ADDRESS_PROBLEM: Code(12, 5, _TRIED, ("Неполный адрес", "Incomplete address")),
    Kind.ADDRESS_FIXED: Code(8, 0, _HANDLED, ("Сортировка", "Sorting")),
    Kind.DAMAGED: Code(8, 0, _HANDLED, ("Повреждено", "Damaged")),
    Kind.LOST: Code(5, 1, ("Невручение", "Not delivered"), ("Утрачено", "Lost")),
    Kind.REFUSED: Code(3, 2, _BACK, ("Отказ адресата", "Refused by the addressee")),
    Kind.READY_FOR_PICKUP: Code(8, 2, _HANDLED, ("Прибыло в место вручения", "Arrived at the place of delivery")),
    Kind.COLLECTED: Code(2, 1, _HANDED, ("Вручение адресату", "Delivered to the addressee")),
    Kind.DELIVERED: Code(2, 1, _HANDED, ("Вручение адресату", "Delivered to the addressee")),
    Kind.NEIGHBOUR: Code(2, 1, _HANDED, ("Вручение адресату", "Delivered to the addressee")),
    Kind.RETURNING: Code(3, 1, _BACK, ("Истек срок хранения", "Storage time is over")),
    Kind.RETURNED: Code(2, 2, _HANDED, ("Вручение отправителю", "Delivered to the sender")),
    Kind.CANCELLED: Code(8, 0, _HANDLED, ("Отменено", "Cancelled")),
}

COUNTRIES: Final = {
    "RU": ("643", "RUS"),
    "US": ("840", "USA"),
    "DE": ("276", "DEU"),
    "FR": ("250", "FRA"),
    "CH": ("756", "CHE"),
    "AT": ("040", "AUT"),
    "GB": ("826", "GBR"),
    "CA": ("124", "CAN"),
    "AU": ("036", "AUS"),
}
