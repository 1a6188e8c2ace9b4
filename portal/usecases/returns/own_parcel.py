"""A shopper who sends a return with a carrier of their own may say which, and under what number: then it is watched
like a parcel with a label of ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.numbers import clean
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.db.tables.shipments import Shipment
from portal.domain.returns.methods import OWN_PARCEL
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.parcels import add_parcel, stop_watching, watch
from portal.usecases.staff import audit

SHORTEST, LONGEST = 6, 40  # characters of a tracking number
# Each number is asked about at a carrier; a shopper who needs more corrections than this needs a person.
MAX_CORRECTIONS = 5
_CORRECTED = "another number was given"


@dataclass(frozen=True, slots=True)
class CarrierChoice:
    """A carrier that parcels can be watched at."""

    code: str
    name: str


def carriers_to_choose(deps: Deps, shop: ShopRef) -> tuple[CarrierChoice, ...]:
    """The carriers whose parcels this shop can ask about, by name."""
    found = [CarrierChoice(code, deps.carriers.info(code).name) for code in deps.carriers.reachable(shop.id)]
    return tuple(sorted(found, key=lambda choice: choice.name.casefold()))


def may_name(row: Return) -> bool:
    """A number can be given and corrected until the carrier has scanned the parcel, or it was checked in."""
    return row.method == OWN_PARCEL and row.decision == "approved" and row.parcel == "none" and row.money == "quoted"


def name_parcel(
    deps: Deps, shop: ShopRef, return_public_id: str, carrier: str, number: str, actor: str = "shopper"
) -> None:
    """Write down how a return travels, and watch it from now on. The same again changes nothing.

    Raises NotFound; InvalidInput (422) with the field "carrier", "number" (it cannot be one of this carrier),
    "number.outbound" (the parcel that came) or "number.taken" (another return of this order has it); Conflict (409)
    when the parcel is on its way already, the return needs none, or it was corrected too often.
    """
    written = checked_number(deps, shop, carrier, number)
    now = deps.clock()
    with deps.sessions.write(shop.id) as session:
        order, row = rows.lock_return(session, rows.return_by_public_id(session, return_public_id).id)
        if not may_name(row):
            raise Conflict("the parcel of this return is on its way, or the return is closed")
        present = rows.return_parcel(session, row)
        if present is not None and (present.carrier, present.tracking_number) == (carrier, written):
            return
        known = _known(session, order, carrier, written)
        if present is not None:
            _set_aside(session, order, present, now)
        if known is not None:
            known.return_id = row.id
            watch(session, known, now)
        else:
            add_parcel(session, deps, shop, order, row, carrier, written, now)
        rows.touch(order, now)
        session.flush()
        audit.record(
            session,
            deps,
            actor=actor,
            action="return.parcel",
            subject=f"return {row.id}",
            shop_id=shop.id,
            details={"carrier": carrier, "corrected": present is not None},
        )


def checked_number(deps: Deps, shop: ShopRef, carrier: str, number: str) -> str:
    """The number as carriers write it. Raises InvalidInput with the field "carrier" or "number"."""
    if carrier not in deps.carriers.reachable(shop.id):
        raise InvalidInput("choose one of the carriers", "carrier")
    written = clean(number.replace("-", "").replace(".", ""))
    is_number = written.isascii() and written.isalnum() and any(c.isdigit() for c in written)
    if not is_number or not SHORTEST <= len(written) <= LONGEST:
        raise InvalidInput("this is not a tracking number", "number")
    if deps.carriers.number_is_valid(carrier, written) is False:
        raise InvalidInput("this cannot be a number of this carrier: a character is wrong", "number")
    return written


def _known(session: Session, order: Order, carrier: str, number: str) -> Shipment | None:
    """The same number given for this order before, and set aside since."""
    found = session.scalars(
        select(Shipment).where(
            Shipment.order_id == order.id, Shipment.carrier == carrier, Shipment.tracking_number == number
        )
    ).one_or_none()
    if found is not None and found.direction == "outbound":
        raise InvalidInput("this is the number of the parcel that came", "number.outbound")
    if found is not None and found.return_id is not None:
        raise InvalidInput("another return of this order has this number", "number.taken")
    return found


def _set_aside(session: Session, order: Order, parcel: Shipment, now: datetime) -> None:
    """Out of the return, but kept: what was asked of a carrier stays in the order's story."""
    corrected = session.scalar(
        select(func.count())
        .select_from(Shipment)
        .where(Shipment.order_id == order.id, Shipment.direction == "return", Shipment.return_id.is_(None))
    )
    if (corrected or 0) >= MAX_CORRECTIONS:
        raise Conflict("this number was corrected many times; write to us and we will put it right")
    stop_watching(session, parcel, now, why=_CORRECTED)
    parcel.return_id = None
