"""The label of a return as its page shows it: what there is, or why there is none yet; and where the parcel is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.directory import entry
from carriers.errors import CarrierError
from portal.db.tables.effects import Effect
from portal.db.tables.returns import LabelRow, Return
from portal.db.tables.shipments import Shipment
from portal.usecases.deps import Deps


@dataclass(frozen=True, slots=True)
class LabelView:
    """The label there is. `drop_off_link` is the carrier's own page that finds where to hand it in; empty: none known."""

    carrier: str
    carrier_name: str
    tracking_number: str
    tracking_link: str
    has_qr: bool
    format: str  # pdf, png, gif, zpl
    drop_off_link: str = ""
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class LabelWait:
    """There is no label yet, or no more. `kind`: "making" (any moment), "later" (the carrier does not answer; tried
    again in `minutes` of real time), "person" (somebody at the shop has to see to it), or "lapsed" (nobody used it in its
    time; another can be had)."""

    kind: str
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class ParcelView:
    """Where a parcel is, in the nine public words. Moments are business time in UTC."""

    status: str
    as_of: datetime | None
    polled_at: datetime | None
    arrives_on: date | None
    carrier: str
    carrier_name: str
    tracking_number: str
    tracking_link: str


def label_view(deps: Deps, label: LabelRow) -> LabelView:
    name, link = at_carrier(deps, label.carrier, label.tracking_number)
    return LabelView(
        carrier=label.carrier,
        carrier_name=name,
        tracking_number=label.tracking_number,
        tracking_link=link,
        has_qr=label.qr_png is not None,
        format=label.format,
        drop_off_link=drop_off_page(label.carrier),
        expires_on=label.expires_on,
    )


def drop_off_page(carrier: str) -> str:
    """The carrier's own page that finds where to hand a parcel in; empty where none is known."""
    known = entry(carrier)
    return known.drop_off if known else ""


def at_carrier(deps: Deps, code: str, number: str) -> tuple[str, str]:
    """The carrier's name, and its own page about the number."""
    try:
        info = deps.carriers.info(code)
    except CarrierError:  # a carrier that is no longer connected: its labels stay good
        return code.upper(), ""
    return info.name, info.tracking_link.replace("{number}", number)


def wait_view(session: Session, deps: Deps, row: Return) -> LabelWait | None:
    """Why there is no label yet, and when it is tried again."""
    if row.decision == "approved" and row.parcel == "label_lapsed":
        return LabelWait("lapsed")
    if row.decision != "approved" or row.parcel not in ("label_queued", "label_failed"):
        return None
    effect = session.scalars(
        select(Effect)
        .where(Effect.kind == "label", Effect.subject == f"return {row.id}")
        .order_by(Effect.id.desc())
        .limit(1)
    ).one_or_none()
    if effect is None or effect.state == "manual":
        return LabelWait("person")
    if effect.state == "succeeded":  # bought; its file is being fetched, or a person has to get it
        return LabelWait("making" if row.parcel == "label_queued" else "person")
    times = [moment for moment in (effect.next_attempt_at, effect.settle_at) if moment is not None]
    seconds = (max(times) - deps.wall()).total_seconds() if times and effect.state != "intended" else 0
    if effect.state == "intended" and effect.next_attempt_at is not None:
        seconds = (effect.next_attempt_at - deps.wall()).total_seconds()
    if effect.error is None and effect.state in ("intended", "submitted"):
        return LabelWait("making")
    return LabelWait("later", max(1, -int(-seconds // 60)))


def parcel_view(deps: Deps, parcel: Shipment | None) -> ParcelView | None:
    if parcel is None:
        return None
    name, link = at_carrier(deps, parcel.carrier, parcel.tracking_number)
    return ParcelView(
        status=parcel.status,
        as_of=parcel.last_scan_at,
        polled_at=parcel.polled_at,
        arrives_on=parcel.eta_on,
        carrier=parcel.carrier,
        carrier_name=name,
        tracking_number=parcel.tracking_number,
        tracking_link=link,
    )
