"""A return without an order: goods stand on the desk, nobody knows of which order. Staff say what they are worth.

A stand-in for the order holds them (`portal.domain.blind`). It is history, so that it opens no cases, and counts for no
customer's value. Above the sum that needs two people somebody else has to approve it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.db.tables.orders import Customer, Order, OrderLine
from portal.db.tables.returns import Return, ReturnItem, ReturnItemEntry, ReturnOrder
from portal.db.tables.shops import ShopConfigVersion
from portal.domain.blind import SOURCE
from portal.domain.returns.config import REFUND, STORE_CREDIT
from portal.domain.returns.methods import OWN_PARCEL
from portal.domain.returns.reasons import REASONS
from portal.domain.returns.states import DECISION, MONEY
from portal.domain.words import N_
from portal.domain.zones import zone_for
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.authority import check_role, takes_two
from portal.usecases.shops import list_shops
from portal.usecases.staff import audit
from portal.usecases.staff.people import actor_of

ACTION = "return.blind"
MOST_ITEMS, MOST_UNITS = 50, 1_000
MOST_MINOR = 100_000_000  # of one unit; more is a slip of the hand
LONGEST = 200
REVIEW = "review"


@dataclass(frozen=True, slots=True)
class BlindItem:
    """What stands on the desk. `worth_minor` is of one unit, in minor units of the shop's currency."""

    title: str
    units: int
    worth_minor: int
    sku: str = ""
    reason: str = "other"


@dataclass(frozen=True, slots=True)
class BlindReturn:
    """Who sent it, as far as anybody knows, and what they get."""

    shop_slug: str
    items: tuple[BlindItem, ...]
    resolution: str = REFUND
    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    note: str = field(default="", repr=False)


def create_blind(deps: Deps, staff_id: int, wanted: BlindReturn, form_key: str) -> int:
    """Make the return and give its id. The same form again gives the same return.

    Raises NotFound for a shop that there is not; InvalidInput with the field; Conflict when the form was sent before
    with something else in it.
    """
    shop = next((one for one in list_shops(deps) if one.slug == wanted.shop_slug), None)
    if shop is None:
        raise NotFound("there is no such shop")
    _check(wanted)
    actor = actor_of(staff_id)
    asked = rows.request_hash(
        [
            wanted.shop_slug,
            wanted.resolution,
            wanted.name,
            wanted.email,
            wanted.note,
            [[one.title, one.units, one.worth_minor, one.sku, one.reason] for one in wanted.items],
        ]
    )
    try:
        with deps.sessions.write(shop.id) as session:
            form = rows.claim_form(
                session, shop_id=shop.id, actor=actor, route=ACTION, key=form_key, asked=asked, now=deps.wall()
            )
            check_role(session, staff_id, ACTION)
            row = _make(session, deps, shop, wanted, actor)
            form.result = {"id": row.id}
            return row.id
    except rows.SentBefore:
        with deps.sessions.read(shop.id) as session:
            earlier = rows.earlier_result(session, shop.id, actor, ACTION, form_key)
            if earlier is None:
                raise Conflict("this return is being made; look again in a moment") from None
            return int(rows.same_or_conflict(earlier, asked)["id"])


def _check(wanted: BlindReturn) -> None:
    if not 0 < len(wanted.items) <= MOST_ITEMS:
        raise InvalidInput(N_("Write down at least one item."), "items")
    for one in wanted.items:
        named = one.title.strip() and len(one.title) <= LONGEST and len(one.sku) <= LONGEST
        if not named or one.reason not in REASONS:
            raise InvalidInput(N_("Name each item."), "title")
        if not 0 < one.units <= MOST_UNITS or not 0 < one.worth_minor <= MOST_MINOR:
            raise InvalidInput(N_("Say of each item how many there are and what one is worth."), "worth")
    if wanted.resolution not in (REFUND, STORE_CREDIT):
        raise InvalidInput(N_("Choose a refund or store credit."), "resolution")
    email = wanted.email.strip()
    if max(len(email), len(wanted.name)) > LONGEST or (email and ("@" not in email or " " in email)):
        raise InvalidInput(N_("This is not an e-mail address."), "email")


def _make(session: Session, deps: Deps, shop: ShopRef, wanted: BlindReturn, actor: str) -> Return:
    now = deps.clock()
    order = _stand_in(session, deps, shop, wanted, now)
    row = _row(session, deps, order, wanted, now, actor)
    units = _add_items(session, row, order, wanted, now, actor)
    version = row.policy_version
    row.decision_record = {"judged_at": now.isoformat(), "config_version": version, "units": units, "fee_waived": True}
    rows.move(session, row, DECISION, "submitted", now=now, actor=actor, why=wanted.note.strip() or "came blind")
    if takes_two(shop, row):
        row.flags = [REVIEW]
    else:
        rows.move(session, row, DECISION, "approved", now=now, actor=actor, why="within what one person may decide")
        rows.move(session, row, MONEY, "quoted", now=now, actor=actor, why="worth as staff said")
        row.approved_at = now
    session.flush()
    details = {"worth_minor": row.due_minor, "currency": row.currency, "items": len(wanted.items)}
    subject = f"return {row.id}"
    audit.record(session, deps, actor=actor, action=ACTION, subject=subject, shop_id=shop.id, details=details)
    return row


def _row(session: Session, deps: Deps, order: Order, wanted: BlindReturn, now: datetime, actor: str) -> Return:
    version = session.scalars(
        select(ShopConfigVersion.version).order_by(ShopConfigVersion.version.desc()).limit(1)
    ).one()
    row = Return(
        shop_id=order.shop_id,
        public_id=deps.token(),
        rma=f"{order.number}-R1",
        order_id=order.id,
        customer_id=order.customer_id,
        decision="draft",
        kind=SOURCE,
        filed_by="customer_support",
        method=OWN_PARCEL,
        resolution=wanted.resolution,
        currency=order.currency,
        goods_minor=order.total_minor,
        due_minor=order.total_minor,
        policy_version=version,
        decision_record={},
        send_back_by=now.date(),
        submitted_at=now,
        requested_by=actor,
        flags=[],
    )
    row.parcel = row.money = "none"
    row.version = 1
    session.add(row)
    session.flush()
    session.add(ReturnOrder(shop_id=order.shop_id, return_id=row.id, order_id=order.id, policy_version=version))
    return row


def _stand_in(session: Session, deps: Deps, shop: ShopRef, wanted: BlindReturn, now: datetime) -> Order:
    token = deps.token()
    name, email = wanted.name.strip() or None, wanted.email.strip().lower() or None
    customer = Customer(shop_id=shop.id, external_id=f"{SOURCE}:{token}", email=email, name=name)
    session.add(customer)
    session.flush()
    made = session.scalar(select(func.count()).select_from(Order).where(Order.source == SOURCE)) or 0
    number = f"BLIND-{made + 1}-{deps.digits(4)}"
    worth = sum(one.units * one.worth_minor for one in wanted.items)
    place = shop.config.warehouse
    order = Order(
        shop_id=shop.id,
        public_id=token,
        number=number,
        number_key=number.replace("-", ""),
        source=SOURCE,
        row_hash="-",
        customer_id=customer.id,
        status="delivered",
        placed_at=now,
        timezone=zone_for(place.country, place.region).key,
        currency=shop.config.currency,
        total_minor=worth,
        email=email,
        locale=shop.config.locale,
        ship_name=name,
        ship_country=shop.config.country,
        is_history=True,
        created_at=now,
        changed_at=now,
    )
    session.add(order)
    session.flush()
    return order


def _add_items(
    session: Session, row: Return, order: Order, wanted: BlindReturn, now: datetime, actor: str
) -> dict[str, Any]:
    """What each unit is worth, by line, as decision records keep it."""
    units: dict[str, Any] = {}
    for position, one in enumerate(wanted.items, start=1):
        line = OrderLine(
            shop_id=row.shop_id,
            order_id=order.id,
            position=position,
            sku=one.sku.strip() or f"?{position}",
            title=one.title.strip(),
            quantity=one.units,
            unit_price_minor=one.worth_minor,
            units_returning=one.units,
            paid_minor=one.units * one.worth_minor,
        )
        session.add(line)
        session.flush()
        units[str(line.id)] = [one.worth_minor] * one.units
        item = ReturnItem(
            shop_id=row.shop_id,
            return_id=row.id,
            order_line_id=line.id,
            quantity=one.units,
            reason=one.reason,
            unit_refund_minor=one.worth_minor,
        )
        session.add(item)
        session.flush()
        asked = ReturnItemEntry(
            shop_id=row.shop_id, return_item_id=item.id, kind="requested", quantity=one.units, at=now, actor=actor
        )
        session.add(asked)
    return units
