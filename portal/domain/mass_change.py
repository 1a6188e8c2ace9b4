"""When a carrier's answers end too many parcels at once to be believed without a person (reliability: T45)."""

from __future__ import annotations

from carriers.model import Status, Substatus
from portal.domain.scans import RETURNED

SHARE = 0.2  # of an account's open parcels
LEAST = 5  # a few endings are a normal day for a small shop
_ENDS = frozenset({RETURNED, "Exception_020", "Exception_021"})  # back at the sender, cancelled, disposed of


def is_final(status: Status, substatus: Substatus | None) -> bool:
    """Whether nothing more is expected of a parcel."""
    return status in (Status.DELIVERED, Status.EXPIRED) or substatus in _ENDS


def too_many(ending: int, open_parcels: int) -> bool:
    """Whether one round of answers ends more of an account's open parcels than is believed."""
    return ending >= LEAST and ending > open_parcels * SHARE
