"""Kept answers read again: which result in one is about which parcel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.errors import CarrierError, ErrorKind
from carriers.model import TrackingResult
from portal.db.tables.raw_answers import RawAnswer, RawAnswerParcel
from portal.db.tables.shipments import Shipment
from portal.usecases.carriers.raw import answer_of
from portal.usecases.deps import Deps


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel that a kept answer is about."""

    shop_id: int
    shipment_id: int
    number: str


def parcels_of(session: Session, row: RawAnswer, *, held: bool = False) -> list[Parcel]:
    """The parcels an answer is about; `held`: those of them that wait for a person."""
    query = (
        select(RawAnswerParcel.shop_id, RawAnswerParcel.shipment_id, Shipment.tracking_number)
        .join(Shipment, Shipment.id == RawAnswerParcel.shipment_id)
        .where(RawAnswerParcel.answer_id == row.id)
        .order_by(RawAnswerParcel.shipment_id)
    )
    if held:
        query = query.where(RawAnswerParcel.held)
    return [Parcel(*found) for found in session.execute(query)]


def reread(deps: Deps, row: RawAnswer) -> list[TrackingResult]:
    """What an answer says by today's tables. Raises CarrierError; for one that was cut off, too."""
    if row.truncated:
        raise CarrierError(ErrorKind.MALFORMED, "only the beginning of this answer was kept")
    return deps.carriers.parse(row.adapter, answer_of(row), row.numbers, push=row.source == "push")


def about(parcel: Parcel, row: RawAnswer, results: Sequence[TrackingResult]) -> TrackingResult | None:
    """The result that is about a parcel; the only one where one number was asked for."""
    if len(results) == 1 and len(row.numbers) == 1:
        return results[0]
    return next((r for r in results if r.tracking_number == parcel.number), None)
