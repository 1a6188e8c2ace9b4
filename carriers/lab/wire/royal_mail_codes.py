"""Royal Mail's words for the lab's scans, from its list of event codes."""

from __future__ import annotations

from typing import Final

from carriers.lab.parcels import Kind

CODES: Final = {
    Kind.LABEL: ("EVAIP", "Sender preparing item"),
    Kind.PICKED_UP: ("EVBAH", "Sender despatching item"),
    Kind.ORIGIN: ("EVDAC", "Item accepted"),
    Kind.DEPARTED: ("EVIMC", "Item leaving the Mail Centre"),
    Kind.ARRIVED: ("EVIMC", "Item received at the Mail Centre"),
    Kind.CUSTOMS_IN: ("EVIAV", "Item passed to customs"),
    Kind.CUSTOMS_HOLD: ("EVIAV", "Item held by customs"),
    Kind.CUSTOMS_OUT: ("EVIAV", "Item released from customs"),
    Kind.DELAY: ("EVNMI", "Forwarded - Mis-sort"),
    Kind.WEATHER: ("EVNMI", "Forwarded - delayed by weather"),
    Kind.AT_DESTINATION: ("EVDAV", "Item received at the Delivery Office"),
    Kind.OUT_FOR_DELIVERY: ("EVGPD", "Due to be delivered today"),
    Kind.NOBODY_HOME: ("EVKNA", "No answer"),
    Kind.CLOSED: ("EVKAA", "Business closed"),
    Kind.ADDRESS_PROBLEM: ("EVKAI", "Address incomplete"),
    Kind.ADDRESS_FIXED: ("EVIMC", "Address corrected"),
    Kind.DAMAGED: ("EVIMC", "Item damaged"),
    Kind.LOST: ("EVIMC", "Item missing"),
    Kind.REFUSED: ("EVKRF", "Item refused"),
    Kind.READY_FOR_PICKUP: ("EVKLC", "Delivered to the collection point"),
    Kind.COLLECTED: ("EVPLC", "Collected by the customer"),
    Kind.DELIVERED: ("EVKSP", "Delivered"),
    Kind.NEIGHBOUR: ("EVKDN", "Delivered to a neighbour"),
    Kind.RETURNING: ("EVKGA", "Gone away, returned to sender"),
    Kind.RETURNED: ("EVRTS", "Returned to sender"),
    Kind.CANCELLED: ("EVAIE", "Sender cancelled item"),
}

_MOVING: Final = ("IN TRANSIT", "It's on its way")
_TRIED: Final = ("ATTEMPTED DELIVERY", "We tried to deliver it")
_THERE: Final = ("DELIVERED", "It's been delivered")
_BACK: Final = ("RETURNED TO SENDER", "It's going back to the sender")
CATEGORIES: Final = {
    **dict.fromkeys((code for code, _words in CODES.values()), _MOVING),
    **dict.fromkeys(("EVAIP", "EVAIE"), ("INFO RECEIVED", "We're expecting it")),
    "EVGPD": ("OUT FOR DELIVERY", "It's out for delivery"),
    **dict.fromkeys(("EVKNA", "EVKAA", "EVKAI", "EVKRF"), _TRIED),
    "EVKLC": ("READY FOR COLLECTION", "It's ready to collect"),
    **dict.fromkeys(("EVPLC", "EVKSP", "EVKDN"), _THERE),
    **dict.fromkeys(("EVKGA", "EVRTS"), _BACK),
}

ALPHA3: Final = {
    "GB": "GBR",
    "US": "USA",
    "DE": "DEU",
    "FR": "FRA",
    "CH": "CHE",
    "AT": "AUT",
    "CA": "CAN",
    "AU": "AUS",
    "NL": "NLD",
    "BE": "BEL",
    "RU": "RUS",
}
