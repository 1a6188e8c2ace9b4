"""The fixed words of a shop's return settings: what can be given back, how goods travel, when money goes out."""

from __future__ import annotations

from collections.abc import Iterable

REFUND, STORE_CREDIT, EXCHANGE = "refund", "store_credit", "exchange"
RESOLUTIONS = (REFUND, STORE_CREDIT, EXCHANGE)
KEEP, DONATE = "keep", "donate"
METHODS = ("label", "qr", "drop_off", "pickup", "own_parcel", "in_store", KEEP, DONATE)
ANCHORS = ("delivery", "handover", "order")
REFUND_WHEN = ("scan", "arrival", "inspection")
EXEMPTIONS = ("made_to_measure", "perishable", "sealed_hygiene", "sealed_media", "mixed", "dated_service", "digital")
FILED_BY = ("shopper", "customer_support", "staff")
KINDS = ("return", "gift", "blind")
# More than two centuries: several of them after each other are still days that a calendar has.
MOST_DAYS = 100_000


def check_known(what: str, given: Iterable[str], known: tuple[str, ...]) -> None:
    """Raises ValueError that names the first word which is none of `known`."""
    for name in given:
        if name not in known:
            raise ValueError(f"{what} {name!r} is not known; there are {', '.join(known)}")


def check_days(what: str, days: int | None, *, least: int = 0, most: int = MOST_DAYS) -> None:
    """Raises ValueError for fewer or more days than can be counted. None: nothing is said."""
    if days is not None and not least <= days <= most:
        raise ValueError(f"{what} must lie between {least} and {most} days")
