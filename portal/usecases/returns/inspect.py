"""Every unit that came is looked at: its grade, what was found, and what becomes of it. The money follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnItemEntry
from portal.domain.returns.inspection import OTHER_ITEM, WRONG_ITEM, Look
from portal.domain.returns.states import ITEM, step
from portal.domain.words import N_
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.authority import check_role
from portal.usecases.returns.desk import once
from portal.usecases.returns.desk_views import DeskReturn
from portal.usecases.returns.owed import counts_of, is_looked_at
from portal.usecases.returns.photos import attach
from portal.usecases.returns.risk_check import settled_by_looking
from portal.usecases.returns.settle import settle_when_complete
from portal.usecases.staff.people import actor_of

LOOKED_AT = ("restocked", "disposed", "rejected")
PAID_BEFORE = "rejected_after_payment"  # a flag: units were rejected that had been paid for already
INCOMPLETE = {
    "units": N_("Say of how many units this holds."),
    "acceptance": N_("Say of each item whether it is accepted."),
    "grade": N_("Choose a grade for each item that is accepted."),
    "found": N_("Choose what was found from the list."),
    "next": N_("Say of each item that is accepted whether it goes back into stock."),
    "note": N_("Say in a few words why it is rejected: the shopper may ask."),
}


def inspect(
    deps: Deps, return_id: int, staff_id: int, looks: Sequence[Look], form_key: str, photos: Sequence[str] = ()
) -> DeskReturn:
    """Write down what was found. `photos` are pictures that were saved for this form before (`photos.save_photo`).

    When everything is accounted for, the sum is worked out again. Raises NotFound; InvalidInput with the field, for
    what is not filled in; Conflict when more units are meant than have come and were not inspected; nothing is changed
    then.
    """
    if not looks:
        raise InvalidInput(N_("Say of at least one unit what you found."))
    for look in looks:
        if look.wrong is not None:
            raise InvalidInput(INCOMPLETE[look.wrong], f"{look.wrong}-{look.item_id}")
    actor = actor_of(staff_id)
    asked = {f"item {look.item_id}": [look.units, look.entry, look.grade, look.found] for look in looks}

    def act(session: Session, shop: ShopRef, row: Return, order: Order, now: datetime) -> None:
        if row.decision not in ("approved", "resolved"):
            raise Conflict("this return is not open (any more)")
        check_role(session, staff_id, "return.inspect")
        _write(session, row, looks, now, actor)
        attach(session, row, photos)
        if row.money == "paid" and any(look.entry == "rejected" for look in looks) and PAID_BEFORE not in row.flags:
            row.flags = [*row.flags, PAID_BEFORE]
        row.version += 1
        session.flush()
        if is_looked_at(session, row) and _all_is_well(session, row):
            settled_by_looking(session, row, shop.config.returns, now, actor)
        settle_when_complete(session, deps, shop, row, now, actor)

    more = [[look.note for look in looks], list(photos)]
    return once(deps, return_id, staff_id, "return.inspect", form_key, asked, act, digest_more=more)


def _write(session: Session, row: Return, looks: Sequence[Look], now: datetime, actor: str) -> None:
    known = {item.id for item, _ in rows.items_of(session, row)}
    counts = counts_of(session, row)
    meant: dict[int, int] = {}
    for look in looks:
        if look.item_id not in known:
            raise InvalidInput(N_("This item is not part of the return."))
        meant[look.item_id] = meant.get(look.item_id, 0) + look.units
    if any(units > to_inspect(counts.get(item_id, {})) for item_id, units in meant.items()):
        raise Conflict("more units than have come and were not inspected yet")
    for look in looks:
        session.add(
            ReturnItemEntry(
                shop_id=row.shop_id,
                return_item_id=look.item_id,
                kind=step(ITEM, "received", look.entry),
                quantity=look.units,
                at=now,
                actor=actor,
                note=look.note.strip() or None,
                grade=look.grade or None,
                found_reason=OTHER_ITEM if look.acceptance == WRONG_ITEM else look.found or None,
            )
        )


def _all_is_well(session: Session, row: Return) -> bool:
    return not any(
        counts.get(kind, 0) for counts in counts_of(session, row).values() for kind in ("rejected", "not_received")
    )


def to_inspect(counts: Mapping[str, int]) -> int:
    """How many units of an item came and wait to be looked at."""
    return max(0, counts.get("received", 0) - sum(counts.get(kind, 0) for kind in LOOKED_AT))
