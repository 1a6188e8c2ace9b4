"""The trouble panel of a parcel: the rule's own words for what happened, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from portal.db.tables.delivery_exceptions import DeliveryException
from portal.db.tables.shipments import Shipment
from portal.domain.delivery_exceptions.registry import words
from portal.domain.plain_words import plain
from portal.domain.remedies import remedy_for
from portal.domain.words import N_
from portal.usecases.order_page import Problem
from portal.usecases.view_parcel import OFF_THE_LINE, Reader

_TITLE = N_("What happened, and what now")
# Trouble that is plain from the parcel's state, when no case has been opened for it (yet).
_RULE_OF = {
    "Exception_002": "R12",
    "Exception_003": "R18",
    "Exception_004": "R14",
    "Exception_006": "R14",
    "Exception_007": "R12",
    "Exception_008": "R19",
    "Exception_009": "R20",
    "Exception_010": "R17",
    "Exception_011": "R17",
    "Exception_012": "R15",
    "Exception_013": "R16",
    "Exception_018": "R14",
    "Exception_020": "R20",
    "Exception_021": "R20",
    "attempt_fail": "R11",
}


def problem(shipment: Shipment, case: DeliveryException | None, reader: Reader) -> Problem | None:
    """The panel for a parcel's worst open case, or for a state that is trouble by itself; None when all is well."""
    happened = _told(case, shipment, reader) if case is not None else ""
    if not happened and shipment.status not in OFF_THE_LINE:
        return None
    rule = case.rule if case is not None and happened else _rule_of(shipment)
    remedy, code = remedy_for(rule), shipment.carrier
    return Problem(
        title=reader.word(_TITLE),
        happened=happened or _state_words(shipment, reader),
        doing=reader.word(remedy.doing, code),
        can=reader.word(remedy.can, code),
        grave=remedy.grave,
    )


def _rule_of(shipment: Shipment) -> str:
    return _RULE_OF.get(shipment.substatus or "") or _RULE_OF.get(shipment.status, "R13")


def _state_words(shipment: Shipment, reader: Reader) -> str:
    return reader.word(plain(shipment.status, shipment.substatus) or "", shipment.carrier) + "."


def _told(case: DeliveryException, shipment: Shipment, reader: Reader) -> str:
    try:
        message = words(case.message_key or case.rule).shopper
    except KeyError:  # a rule that a later version no longer has
        return ""
    if not message:
        return ""
    values = {"carrier": reader.carrier(shipment.carrier), **_spoken(case.inputs, reader)}
    try:
        return reader.speaker.gettext(message, **values)
    except KeyError:  # an older finding, made before the words wanted this value
        return ""


def _spoken(inputs: Mapping[str, Any], reader: Reader) -> dict[str, object]:
    """A finding's inputs for reading: names in `_on` are days, names in `_at` are moments (ISO 8601)."""
    spoken: dict[str, object] = {}
    for key, value in inputs.items():
        if key == "carrier":
            spoken[key] = reader.carrier(str(value))
        elif isinstance(value, str) and key.endswith("_on"):
            spoken[key] = reader.speaker.day(date.fromisoformat(value))
        elif isinstance(value, str) and key.endswith("_at"):
            spoken[key] = reader.speaker.day(datetime.fromisoformat(value))
        else:
            spoken[key] = value
    return spoken
