"""Whose parcels an endpoint may speak of, and how far it is believed (reliability: I9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.base import AdapterInfo
from carriers.errors import CarrierError
from portal.db.tables.pushes import PushEndpoint
from portal.db.tables.shipments import Shipment
from portal.domain.carrier_accounts import AccountRef, choose
from portal.usecases.deps import Deps

MOST_PARCELS = 50  # of one number: a number that so many orders share is shared by mistake


class Belief(StrEnum):
    """What is done with what is said of a parcel."""

    MERGE = "merge"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Speaker:
    """An endpoint as far as it matters here. `shop_id` None: it speaks for the whole installation."""

    carrier: str
    shop_id: int | None
    aggregator: bool


@dataclass(frozen=True, slots=True)
class Spoken:
    """A parcel that was spoken of."""

    shop_id: int
    shipment_id: int
    carrier: str
    belief: Belief


def info_of(deps: Deps, carrier: str) -> AdapterInfo | None:
    """What is known of an endpoint's carrier; None when its adapter has gone, with the package that it came in."""
    try:
        return deps.carriers.info(carrier)
    except CarrierError:
        return None


def readable(session: Session, deps: Deps) -> list[int]:
    """The endpoints, open or closed, whose carrier's adapter is here. What came to the others waits for it."""
    rows = session.execute(select(PushEndpoint.id, PushEndpoint.carrier)).all()
    here = {carrier for carrier in {carrier for _, carrier in rows} if info_of(deps, carrier) is not None}
    return [endpoint_id for endpoint_id, carrier in rows if carrier in here]


def as_written(number: str) -> str:
    """A tracking number as parcels have it."""
    return "".join(number.split()).upper()


def parcels_of(
    session: Session, speaker: Speaker, accounts: Sequence[AccountRef], number: str, *, trusted: bool
) -> list[Spoken]:
    """The parcels with this number that the endpoint may speak of: never another shop's.

    A carrier's own word is believed of its own parcels. An aggregator's is believed only where it is the one that is
    asked about them too, for its codes would stand beside another's for the same scans; and of one carrier alone, since
    it does not say whose number it means. Anywhere else its word is a hint.
    """
    query = select(Shipment.shop_id, Shipment.id, Shipment.carrier).where(
        Shipment.tracking_number == as_written(number)
    )
    if speaker.shop_id is not None:
        query = query.where(Shipment.shop_id == speaker.shop_id)
    if not speaker.aggregator:
        query = query.where(Shipment.carrier == speaker.carrier)
    rows = session.execute(query.order_by(Shipment.id).limit(MOST_PARCELS)).all()
    clear = len({carrier for _, _, carrier in rows}) == 1
    return [
        Spoken(shop_id, shipment_id, carrier, _belief(speaker, accounts, shop_id, carrier, clear and trusted))
        for shop_id, shipment_id, carrier in rows
    ]


def _belief(speaker: Speaker, accounts: Sequence[AccountRef], shop_id: int, carrier: str, trusted: bool) -> Belief:
    if not trusted:
        return Belief.HINT
    return Belief.MERGE if not speaker.aggregator or speaks_for(speaker, accounts, shop_id, carrier) else Belief.HINT


def speaks_for(speaker: Speaker, accounts: Sequence[AccountRef], shop_id: int, carrier: str) -> bool:
    """Whether the account behind an endpoint is the one that a shop's parcels of a carrier are asked about with.

    Where there is no account at all, pushes are the only news there is.
    """
    if speaker.shop_id not in (None, shop_id):
        return False
    asked = choose(accounts, shop_id, carrier)
    return asked is None or (asked.adapter == speaker.carrier and asked.shop_id == speaker.shop_id)
