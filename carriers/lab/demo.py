"""The demo's cast: two shops and their parcels, most of them in the middle of a story when the demo begins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from carriers.lab.places import (
    AT_TOWN,
    CH_TOWN,
    DE_TOWNS,
    FR_TOWN,
    HAMBURG,
    PORTLAND,
    US_TOWNS,
    Place,
    add_delivery_days,
)


class Part(NamedTuple):
    """One parcel. `due` counts delivery days from the start to the promise; negative is already past.

    Where `labelled` is given, the label was made so many hours before the start, and the promise follows from it.
    """

    carrier: str
    story: str
    due: int
    to: Place
    level: str = "standard"
    group: str | None = None
    role: str | None = None
    labelled: float | None = None


_AUSTIN, _BROOKLYN, _DENVER, _MADISON, _SAVANNAH, _OAKLAND, _CHICAGO, _PHOENIX = US_TOWNS
_MUNICH, _COLOGNE, _BERLIN, _FREIBURG, _LEIPZIG, _GOETTINGEN = DE_TOWNS

JUNIPER = (
    Part("ups", "express_late", -1, _BROOKLYN, level="express", role="vip_express_late"),
    Part("ups", "on_time", -9, _MADISON, role="returned"),
    Part("ups", "on_time", -3, _AUSTIN, role="delivered"),
    Part("ups", "drop_off", 0, _CHICAGO, labelled=1.8),
    Part("ups", "late", -1, _MADISON),
    Part("ups", "damaged", 0, _PHOENIX),
    Part("ups", "failed_attempts", -1, _OAKLAND),
    Part("ups", "unknown_at_first", 5, _DENVER),
    Part("ups", "customs", 2, DE_TOWNS[2]),
    Part("ups", "refused", -1, _SAVANNAH),
    Part("fedex", "on_time", -2, _OAKLAND, role="delivered"),
    Part("fedex", "on_time", 1, _AUSTIN, level="express"),
    Part("fedex", "split_order", 0, _CHICAGO, group="juniper-split"),
    Part("fedex", "split_order", 2, _CHICAGO, group="juniper-split"),
    Part("fedex", "stalled", -3, _DENVER),
    Part("fedex", "pickup_point", -2, _BROOKLYN),
    Part("fedex", "customs_hold", -1, AT_TOWN),
    Part("fedex", "out_of_order", 1, _SAVANNAH),
    Part("fedex", "label_only", -2, _PHOENIX),
    Part("usps", "on_time", -1, _MADISON, role="delivered"),
    Part("usps", "on_time", 0, _BROOKLYN),
    Part("usps", "drop_off", 0, _CHICAGO, labelled=1.2),
    Part("usps", "neighbour", -2, _CHICAGO, role="delivered"),
    Part("usps", "address_problem", -1, _AUSTIN),
    Part("usps", "duplicate_scans", 1, _OAKLAND),
    Part("usps", "returned_to_sender", -6, _PHOENIX),
    Part("usps", "lost", -7, _SAVANNAH),
    Part("usps", "not_delivered", -1, _DENVER),
)
NORDLICHT = (
    Part("dhl_unified", "on_time", -3, _MUNICH, role="delivered"),
    Part("dhl_unified", "on_time", -1, _COLOGNE, role="delivered"),
    Part("dhl_unified", "on_time", 0, _BERLIN),
    Part("dhl_unified", "on_time", 1, _LEIPZIG),
    Part("dhl_unified", "drop_off", 0, _COLOGNE, labelled=1.6),
    Part("dhl_unified", "late", -1, _FREIBURG),
    Part("dhl_unified", "express_late", -1, _GOETTINGEN, level="express"),
    Part("dhl_unified", "failed_attempts", -2, _COLOGNE),
    Part("dhl_unified", "pickup_point", -3, _MUNICH),
    Part("dhl_unified", "customs", 1, CH_TOWN),
    Part("dhl_unified", "customs_hold", -2, CH_TOWN),
    Part("dhl_unified", "stalled", -4, AT_TOWN),
    Part("dhl_unified", "damaged", -1, FR_TOWN),
    Part("dhl_unified", "split_order", -1, _BERLIN, group="nordlicht-split"),
    Part("dhl_unified", "split_order", 1, _BERLIN, group="nordlicht-split"),
    Part("dhl_unified", "label_only", -4, _LEIPZIG),
    Part("dhl_unified", "closed", 0, _GOETTINGEN),
    Part("ups", "on_time", -2, _COLOGNE, role="delivered"),
    Part("ups", "customs", 3, _BROOKLYN),
    Part("ups", "late", 0, AT_TOWN),
    Part("ups", "address_problem", 0, _MUNICH),
    Part("ups", "out_of_order", 2, _CHICAGO),
    Part("ups", "returned_to_sender", -8, _FREIBURG),
)


def cast(start: datetime) -> Iterator[dict[str, Any]]:
    """What `World.add` needs for each parcel of both shops, so that the stories are under way at `start`."""
    for shop, origin, parts in (("juniper", PORTLAND, JUNIPER), ("nordlicht", HAMBURG, NORDLICHT)):
        for part in parts:
            today = part.to.local(start).date()
            due = add_delivery_days(today, part.due or (1 if today.weekday() == 6 else 0))
            labelled = None if part.labelled is None else start - timedelta(hours=part.labelled)
            yield {
                "carrier": part.carrier,
                "story": part.story,
                "created_at": labelled,
                "promised_on": None if labelled else due,
                "service_level": part.level,
                "origin": origin,
                "destination": part.to,
                "order_group": part.group,
                "shop": shop,
                "role": part.role,
                "not_after": start,
            }
