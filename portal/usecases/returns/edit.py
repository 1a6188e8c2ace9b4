"""A shopper changes a return until the carrier has scanned its parcel: in place, under the same number.

Units are freed and taken by difference, and the sum is worked out anew. What was decided before stays in the record's
`history`. Of two changes at once, or a change and a scan, one wins; the other is told to look again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnItem
from portal.domain.returns.config import EXCHANGE
from portal.domain.returns.methods import LABELLED
from portal.domain.returns.states import PARCEL, shopper_may_cancel
from portal.errors import Conflict
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import drafts, exchange_stock, photos, rows
from portal.usecases.returns.cancel import give_label_back
from portal.usecases.returns.decide import REVIEW, Decided, decide, take_units
from portal.usecases.returns.draft_views import Draft, edit_of
from portal.usecases.returns.offer import edit_key
from portal.usecases.returns.offer_views import Choice, ReturnRequest, Sender
from portal.usecases.returns.set_off import arrange, must_be_sent, nothing_to_send
from portal.usecases.returns.submit import add_items, log_units, once, request_hash, write_item, write_terms
from portal.usecases.staff import audit

ROUTE = "return.edit"
MOST_CHANGES = 20  # of one return; whoever needs more needs a person
CHANGEABLE = frozenset({"return", "gift"})  # a legal declaration stays as it was made
_IN_DOUBT = ("submitted", "unknown", "manual")
_CHANGED = "changed"


def edit(
    deps: Deps, shop: ShopRef, return_public_id: str, request: ReturnRequest, form_key: str, actor: str = "shopper"
) -> str:
    """Change a return to what is asked for, and give its public id. The same form again changes nothing.

    Its orders, kind and sender stay. `form_key` is the offer's (`offer(…, editing=…)`). Raises NotFound; InvalidInput as
    `submit`; Conflict when it cannot be changed (any more), or was changed since the form was made;
    `rows.OtherContent` when this form was sent before with something else in it.
    """

    def act(session: Session) -> Return:
        named = rows.return_by_public_id(session, return_public_id)
        rows.lock_customer(session, named.customer_id)
        order, row = rows.lock_with_parcels(session, named.id)
        _check(row, form_key)
        _change(session, deps, shop, order, row, _as_kept(row, request), actor)
        return row

    return once(deps, shop, actor, ROUTE, form_key, request_hash(request), act)


def draft_of(deps: Deps, shop: ShopRef, return_public_id: str) -> Draft:
    """The return as a draft to change: what is chosen now. Raises NotFound, and Conflict when it cannot be changed."""
    with deps.sessions.read(shop.id) as session:
        row = rows.return_by_public_id(session, return_public_id)
        _check(row, edit_key(row))
        first, *others = rows.orders_of(session, row)
        pictures = photos.photos_of(session, row)
        chosen = {choice["line_id"]: choice.get("outcome", "") for choice in row.decision_record.get("choices", ())}
        return Draft(
            order_public_id=first.public_id,
            purpose=edit_of(row.public_id),
            other_orders=tuple(order.public_id for order in others),
            choices=tuple(
                _choice(item, pictures.get(line.id, ()), chosen.get(line.id, ""))
                for item, line in rows.items_of(session, row)
            ),
            resolution=row.resolution,
            fallback=row.fallback or "",
            method=row.method,
            pickup_on=row.pickup_on,
            store=row.store or "",
        )


def may_edit(row: Return) -> bool:
    """Whether the shopper can change a return now."""
    return (
        row.kind in CHANGEABLE
        and shopper_may_cancel(row.decision, row.parcel, row.money)
        and row.exchange not in ("ordered", "shipped")
        and len(_history(row)) < MOST_CHANGES
    )


def _choice(item: ReturnItem, pictures: tuple[str, ...], outcome: str) -> Choice:
    return Choice(
        line_id=item.order_line_id,
        quantity=item.quantity,
        reason=item.reason,
        comment=item.comment or "",
        sub_reason=item.sub_reason or "",
        photos=pictures,
        outcome=outcome or item.outcome,
        exchange_sku=item.exchange_sku or "",
    )


def _history(row: Return) -> list[Mapping[str, Any]]:
    return list(row.decision_record.get("history", ()))


def _check(row: Return, form_key: str) -> None:
    if not may_edit(row):
        raise Conflict("this return cannot be changed any more: the parcel is on its way, or it is closed")
    if form_key != edit_key(row):
        raise Conflict("this return was changed meanwhile; look at it again")


def _as_kept(row: Return, request: ReturnRequest) -> ReturnRequest:
    """Who sends it, and what for, was decided when it was sent in."""
    return replace(request, kind=row.kind, sender=Sender(**row.sender) if row.sender else None)


def _change(
    session: Session, deps: Deps, shop: ShopRef, order: Order, row: Return, request: ReturnRequest, actor: str
) -> None:
    now = deps.clock()
    decided = decide(session, deps, shop, request, rows.orders_of(session, row), actor, changed=row)
    if REVIEW in decided.flags and row.decision == "approved":
        raise Conflict("somebody has to look at this change; call this return off and make a new one, or write to us")
    before = (row.method in LABELLED and must_be_sent(session, row), row.destination)
    _write_items(session, row, decided, request, now, actor)
    _write_record(row, decided, now, actor)
    items = [item for item, _ in rows.items_of(session, row)]
    exchange_stock.move(session, deps, shop, row, items if row.resolution == EXCHANGE else [])
    _pictures(session, row, request)
    if row.decision == "approved":
        _way(session, deps, shop, order, row, before, now, actor)
    drafts.drop(session, order.id, edit_of(row.public_id))
    row.version += 1
    rows.touch_all(session, row, now)
    session.flush()
    audit.record(
        session,
        deps,
        actor=actor,
        action=ROUTE,
        subject=f"return {row.id}",
        shop_id=shop.id,
        details={"due_minor": row.due_minor, "currency": row.currency, "resolution": row.resolution},
    )


def _write_items(
    session: Session, row: Return, decided: Decided, request: ReturnRequest, now: datetime, actor: str
) -> None:
    """Take and free units by difference, each with its line in the item ledger."""
    known = {
        item.order_line_id: item for item in session.scalars(select(ReturnItem).where(ReturnItem.return_id == row.id))
    }
    wanted = {choice.line_id: choice for choice in request.choices}
    before = {line_id: item.quantity for line_id, item in known.items()}
    change = {
        line_id: (wanted[line_id].quantity if line_id in wanted else 0) - before.get(line_id, 0)
        for line_id in {*known, *wanted}
    }
    take_units(session, {line_id: n for line_id, n in change.items() if n})
    lines = {one.choice.line_id: one.line(decided.outside) for one in decided.chosen}
    for line_id, item in known.items():
        if line_id in wanted:
            write_item(item, wanted[line_id], lines[line_id], request.resolution)
        else:
            item.quantity, item.exchange_sku, item.exchange_minor, item.keep_minor = 0, None, 0, 0
        if change[line_id]:
            log_units(
                session, item, "requested" if change[line_id] > 0 else "removed", abs(change[line_id]), now, actor
            )
    add_items(session, row, decided, [choice for line_id, choice in wanted.items() if line_id not in known], now, actor)
    session.flush()


def _write_record(row: Return, decided: Decided, now: datetime, actor: str) -> None:
    earlier = {name: value for name, value in row.decision_record.items() if name != "history"}
    history = [*_history(row), earlier | {"changed_at": now.isoformat(), "changed_by": actor}]
    send_back_by, flags = row.send_back_by, row.flags
    write_terms(row, decided)
    row.decision_record = row.decision_record | {"history": history}
    row.send_back_by = send_back_by  # nobody gets more days by changing it
    ours = set(decided.flags)
    row.flags = [*decided.flags, *(flag for flag in flags if flag not in ours and flag not in Decided.OWN_FLAGS)]


def _pictures(session: Session, row: Return, request: ReturnRequest) -> None:
    wanted = [photo for choice in request.choices for photo in choice.photos]
    photos.detach(session, row, wanted)
    photos.attach(session, row, wanted)


def _way(
    session: Session,
    deps: Deps,
    shop: ShopRef,
    order: Order,
    row: Return,
    before: tuple[bool, str],
    now: datetime,
    actor: str,
) -> None:
    """The label stays unless it goes another way or to another place: then it is given back, and another is intended."""
    sent = must_be_sent(session, row)
    after = (row.method in LABELLED and sent, row.destination)
    if before != after or (row.parcel == "none" and not before[0]):
        if before[0] and before != after:
            _leave_label(session, deps, row, now, actor)
        if sent:
            arrange(session, deps, shop, row, order, now, actor)
    if not sent:
        nothing_to_send(session, deps, shop, row, now, actor)


def _leave_label(session: Session, deps: Deps, row: Return, now: datetime, actor: str) -> None:
    """A label that may have been bought unnoticed is no ground to go another way: it could not be given back."""
    doubtful = session.scalar(
        select(Effect.id).where(
            Effect.kind == "label", Effect.subject == f"return {row.id}", Effect.state.in_(_IN_DOUBT)
        )
    )
    if doubtful is not None:
        raise Conflict("the label is being made at this moment; try again in a few minutes")
    give_label_back(session, deps, row, now, why=_CHANGED)
    if row.parcel != "none":
        rows.move(session, row, PARCEL, "none", now=now, actor=actor, why="it goes back another way")
