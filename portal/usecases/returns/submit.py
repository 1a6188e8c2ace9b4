"""A shopper sends a return in: judged again, its units taken, its label intended, all in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnItem, ReturnItemEntry, ReturnOrder
from portal.domain.returns import quoting
from portal.domain.returns.config import EXCHANGE
from portal.domain.returns.methods import IN_STORE, PICKUP
from portal.domain.returns.states import DECISION
from portal.errors import Conflict
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.returns import checks, drafts, figures, photos, rows, staff_made
from portal.usecases.returns.decide import REVIEW, Decided, decide, filed_by, take_units
from portal.usecases.returns.draft_views import GIFT, RETURN
from portal.usecases.returns.exchange_stock import reserve
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.set_off import set_off
from portal.usecases.staff import audit

AUTO_APPROVE = "rule:auto_approve@1"
ROUTE = "return.submit"


def submit(deps: Deps, shop: ShopRef, request: ReturnRequest, form_key: str, actor: str = "shopper") -> str:
    """Make the return and give its public id. The same form again gives the same return and changes nothing.

    `actor`: "shopper", "gift" (its new owner), or "staff 3" for a shopper. Raises NotFound; InvalidInput (422) for a
    request that makes no sense; Conflict (409) when an item cannot go back any more; `rows.OtherContent` (409) when this
    form was sent before with something else in it: its result names the return.
    """

    def act(session: Session) -> Return:
        row = _make(session, deps, shop, request, actor)
        deps.crash("label.before_intent")
        return row

    return once(deps, shop, actor, ROUTE, form_key, request_hash(request), act)


def once(
    deps: Deps, shop: ShopRef, actor: str, route: str, form_key: str, asked: str, act: Callable[[Session], Return]
) -> str:
    """Run `act` once for this form, in one transaction; later give what it gave. Raises `rows.OtherContent`."""
    try:
        with deps.sessions.write(shop.id) as session:
            form = rows.claim_form(
                session, shop_id=shop.id, actor=actor, route=route, key=form_key, asked=asked, now=deps.wall()
            )
            row = act(session)
            form.result = {"public_id": row.public_id}
            return row.public_id
    except rows.SentBefore:
        with deps.sessions.read(shop.id) as session:
            earlier = rows.earlier_result(session, shop.id, actor, route, form_key)
            if earlier is None:
                raise Conflict("this return is being made; look again in a moment") from None
            return str(rows.same_or_conflict(earlier, asked)["public_id"])


def request_hash(request: ReturnRequest) -> str:
    """Names what is asked for, without keeping it."""
    plain = asdict(request) | {"pickup_on": request.pickup_on.isoformat() if request.pickup_on else None}
    return rows.request_hash(plain)


def _make(session: Session, deps: Deps, shop: ShopRef, request: ReturnRequest, actor: str) -> Return:
    named = checks.orders_asked(session, request)
    rows.lock_customer(session, named[0].customer_id)
    locked = {order.id: order for order in rows.lock_orders(session, [order.id for order in named])}
    orders = [locked[order.id] for order in named]
    decided = decide(session, deps, shop, request, orders, actor)
    checks.limits(decided.judged)
    take_units(session, {choice.line_id: choice.quantity for choice in request.choices})
    rma = rows.gift_rma(deps.token()) if request.kind == checks.GIFT else rows.next_rma(session, orders[0])
    row = _add_return(session, deps, shop, decided, rma, actor)
    items = add_items(session, row, decided, request.choices, decided.now, actor)
    photos.attach(session, row, [photo for choice in request.choices for photo in choice.photos])
    if request.resolution == EXCHANGE:
        reserve(session, deps, shop, row, items)
    staff_made.note(session, deps, shop, row, request, decided.judged, actor)
    _approve(session, deps, shop, row, orders[0], decided, actor)
    drafts.drop(session, orders[0].id, GIFT if request.kind == checks.GIFT else RETURN)
    rows.touch_all(session, row, decided.now)
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
    return row


def _add_return(session: Session, deps: Deps, shop: ShopRef, decided: Decided, rma: str, actor: str) -> Return:
    request, order = decided.request, decided.judged[0].order
    row = Return(
        shop_id=shop.id,
        public_id=deps.token(),
        rma=rma,
        order_id=order.id,
        customer_id=order.customer_id,
        decision="draft",
        parcel="none",
        money="none",
        kind=request.kind,
        filed_by=filed_by(actor),
        requested_by=actor if actor.startswith("staff") else None,
        sender=asdict(request.sender) if request.sender is not None else None,
        currency=order.currency,
        submitted_at=decided.now,
        version=1,
    )
    write_terms(row, decided)
    session.add(row)
    session.flush()
    for one in decided.judged:
        session.add(
            ReturnOrder(shop_id=shop.id, return_id=row.id, order_id=one.order.id, policy_version=one.config_version)
        )
    return row


def write_terms(row: Return, decided: Decided) -> None:
    """What was asked for and what it brings, into the return."""
    request, quote, terms = decided.request, decided.quote, [one.terms for one in decided.chosen]
    row.method, row.resolution = decided.method.code, request.resolution
    row.fallback = request.fallback if request.resolution == EXCHANGE else None
    row.goods_minor, row.shipping_minor, row.fee_minor = quote.goods_minor, quote.shipping_minor, quote.fee_minor
    row.exchange_minor, row.bonus_minor, row.due_minor = quote.exchange_minor, quote.bonus_minor, quote.due_minor
    row.policy_version = decided.judged[0].config_version
    row.decision_record = decided.record()
    row.send_back_by = figures.send_back_by(decided.chosen, decided.judged_at)
    row.destination = next((one.destination for one in terms if one.destination), "")
    row.pickup_on = request.pickup_on if row.method == PICKUP else None
    row.store = request.store if row.method == IN_STORE else None
    row.flags = decided.flags


def add_items(
    session: Session, row: Return, decided: Decided, choices: Sequence[Choice], now: datetime, actor: str
) -> list[ReturnItem]:
    """The items of these choices, with their first entry in the item ledger."""
    lines = {one.choice.line_id: one.line(decided.outside) for one in decided.chosen}
    items = []
    for choice in choices:
        item = ReturnItem(shop_id=row.shop_id, return_id=row.id, order_line_id=choice.line_id)
        write_item(item, choice, lines[choice.line_id], row.resolution)
        session.add(item)
        session.flush()
        log_units(session, item, "requested", choice.quantity, now, actor)
        items.append(item)
    return items


def write_item(item: ReturnItem, choice: Choice, line: quoting.QuotedLine, resolution: str) -> None:
    """What is asked for one line. A wish counts for what goes back, when an exchange is asked for."""
    swapped = resolution == EXCHANGE and line.is_sent
    item.quantity, item.reason, item.sub_reason = choice.quantity, choice.reason, choice.sub_reason or None
    item.comment = choice.comment.strip() or None
    item.unit_refund_minor = line.units[0]
    item.outcome, item.keep_minor = line.outcome, line.keep_minor
    item.exchange_sku = choice.exchange_sku or None if swapped else None
    item.exchange_minor = line.exchange_minor if swapped else 0


def log_units(session: Session, item: ReturnItem, kind: str, units: int, now: datetime, actor: str) -> None:
    """A line of the item ledger."""
    session.add(
        ReturnItemEntry(shop_id=item.shop_id, return_item_id=item.id, kind=kind, quantity=units, at=now, actor=actor)
    )


def _approve(
    session: Session, deps: Deps, shop: ShopRef, row: Return, order: Order, decided: Decided, actor: str
) -> None:
    now = decided.now
    rows.move(session, row, DECISION, "submitted", now=now, actor=actor, why="sent in")
    if REVIEW in row.flags:
        once_told = f"return {row.id} submitted"
        enqueue(session, deps, shop, "return_submitted", order, once=once_told, return_id=row.id)
        return
    rows.move(session, row, DECISION, "approved", now=now, actor=AUTO_APPROVE, why="every policy allows it")
    row.approved_at = now
    set_off(session, deps, shop, row, order, now, AUTO_APPROVE)
