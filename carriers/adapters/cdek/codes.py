"""CDEK's order statuses, the reasons beside them, and the numbers that older pushes use for them (appendices 1 and 2)."""

from __future__ import annotations

from carriers.model import Status
from carriers.parsing import Meaning, code_table, meaning
from carriers.wording import by_words

STATUSES = code_table(
    {
        "InfoReceived_001": "ACCEPTED CREATED",
        "InTransit": (
            "ACCEPTED_AT_TRANSIT_WAREHOUSE ACCEPTED_AT_RECIPIENT_CITY_WAREHOUSE PASSED_TO_TRANSIT_CARRIER "
            "READY_TO_SHIP_AT_SENDING_OFFICE READY_FOR_SHIPMENT_IN_TRANSIT_CITY READY_FOR_SHIPMENT_IN_SENDER_CITY "
            "READY_TO_SHIP_IN_TRANSIT_OFFICE RETURNED_TO_SENDER_CITY_WAREHOUSE RETURNED_TO_TRANSIT_WAREHOUSE "
            "SENT_TO_SENDER_CITY"
        ),
        "InTransit_002": "RECEIVED_AT_SHIPMENT_WAREHOUSE",
        "InTransit_003": (
            "ACCEPTED_IN_RECIPIENT_CITY ACCEPTED_IN_TRANSIT_CITY ENTERED_TO_DELIVERY_WAREHOUSE "
            "ENTERED_TO_OFFICE_TRANSIT_WAREHOUSE MET_AT_RECIPIENT_OFFICE MET_AT_SENDING_OFFICE MET_AT_TRANSIT_OFFICE"
        ),
        "InTransit_005": "CUSTOMS_COMPLETE",
        "InTransit_006": "IN_CUSTOMS_INTERNATIONAL IN_CUSTOMS_LOCAL",
        "InTransit_007": (
            "PASSED_TO_CARRIER_AT_SENDING_OFFICE PASSED_TO_CARRIER_AT_TRANSIT_OFFICE SEND_TO_TRANSIT_OFFICE "
            "SENT_TO_RECIPIENT_CITY SENT_TO_TRANSIT_CITY SHIPPED_TO_DESTINATION TAKEN_BY_TRANSPORTER_FROM_SENDER_CITY "
            "TAKEN_BY_TRANSPORTER_FROM_TRANSIT_CITY"
        ),
        "OutForDelivery_001": "TAKEN_BY_COURIER",
        "AttemptFail_001": "RETURNED_TO_RECIPIENT_CITY_WAREHOUSE",
        "AvailableForPickup_001": "ACCEPTED_AT_PICK_UP_POINT ENTERED_TO_WAREHOUSE_ON_DEMAND POSTOMAT_POSTED",
        "Delivered_001": "DELIVERED",
        "Delivered_002": "POSTOMAT_RECEIVED",
        "Exception_001": "NOT_DELIVERED",
        "Exception_008": "POSTOMAT_SEIZED",
        "Exception_009": "INVALID",
        "Exception_020": "REMOVED",
    }
)
# Why an order was not delivered. 20 is a delivery in part, which CDEK calls delivered.
REASONS = code_table(
    {
        "Exception_003": "11 12 13 14 15 16 17 18 19 21 22",
        "Exception_007": "1 3 7",
        "Exception_008": "23 34",
        "Exception_009": "4 25",
        "Exception_010": "31 32",
        "Exception_012": "8 9 10",
        "Exception_013": "26",
        "Exception_018": "33",
        "Exception_021": "27",
    }
)
NUMBERS = {
    "1": "CREATED",
    "2": "REMOVED",
    "3": "RECEIVED_AT_SHIPMENT_WAREHOUSE",
    "4": "DELIVERED",
    "5": "NOT_DELIVERED",
    "6": "READY_TO_SHIP_AT_SENDING_OFFICE",
    "7": "PASSED_TO_CARRIER_AT_SENDING_OFFICE",
    "8": "SENT_TO_RECIPIENT_CITY",
    "9": "MET_AT_RECIPIENT_OFFICE",
    "10": "ACCEPTED_AT_RECIPIENT_CITY_WAREHOUSE",
    "11": "TAKEN_BY_COURIER",
    "12": "ACCEPTED_AT_PICK_UP_POINT",
    "13": "ACCEPTED_AT_TRANSIT_WAREHOUSE",
    "16": "RETURNED_TO_SENDER_CITY_WAREHOUSE",
    "17": "RETURNED_TO_TRANSIT_WAREHOUSE",
    "18": "RETURNED_TO_RECIPIENT_CITY_WAREHOUSE",
    "19": "READY_TO_SHIP_IN_TRANSIT_OFFICE",
    "20": "PASSED_TO_CARRIER_AT_TRANSIT_OFFICE",
    "21": "SEND_TO_TRANSIT_OFFICE",
    "22": "MET_AT_TRANSIT_OFFICE",
    "27": "SENT_TO_SENDER_CITY",
    "28": "MET_AT_SENDING_OFFICE",
}
# A parcel that was in its city of destination comes back with these; one that was not has only missed a lorry.
ARRIVED = (
    *("MET_AT_RECIPIENT_OFFICE", "ACCEPTED_IN_RECIPIENT_CITY", "ACCEPTED_AT_RECIPIENT_CITY_WAREHOUSE"),
    *("TAKEN_BY_COURIER", "RETURNED_TO_RECIPIENT_CITY_WAREHOUSE", "ACCEPTED_AT_PICK_UP_POINT", "POSTOMAT_POSTED"),
    *("POSTOMAT_SEIZED", "NOT_DELIVERED"),
)
_HOMEWARD = {"SENT_TO_SENDER_CITY": "Exception_010", "MET_AT_SENDING_OFFICE": "Exception_010"}
_HOMEWARD["RETURNED_TO_SENDER_CITY_WAREHOUSE"] = "Exception_011"
_ON_THE_WAY = ("READY_", "PASSED_", "TAKEN_BY_TRANSPORTER_", "SENT_", "SEND_", "MET_", "ACCEPTED_IN_", "ENTERED_TO_")


def of_status(code: str, reason: str | None, words: str | None, *, arrived: bool, returning: bool) -> Meaning | None:
    """What a status means. `arrived` after one of ARRIVED, `returning` for an order that CDEK made to bring an
    undelivered parcel back: its delivery is the sender's. By its Russian words where no table knows the code."""
    name = NUMBERS.get(code, code)
    if arrived and name in _HOMEWARD:
        return meaning(_HOMEWARD[name])
    if name == "NOT_DELIVERED":
        return REASONS.get((reason or "").lstrip("0"), STATUSES[name])
    found = STATUSES.get(name) or (meaning("InTransit") if name.startswith(_ON_THE_WAY) else by_words(words, "ru"))
    if found and found[0] is Status.DELIVERED and returning:
        return meaning("Exception_011")
    return found
