"""One case with everything around it: the story, the customer, what was done so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.queries.staff_queue import last_told
from portal.db.tables.delivery_exceptions import DeliveryException, ExceptionEvent
from portal.db.tables.orders import Customer, Order
from portal.db.tables.shipments import Shipment
from portal.db.tables.staff import Staff
from portal.domain.triage import DeskHours, next_working_day
from portal.errors import NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import desk_of, find_shop
from portal.usecases.staff.people import staff_id_of
from portal.usecases.staff.queue import case_view
from portal.usecases.staff.story import case_lines, read_customer, read_order
from portal.usecases.staff.views import CaseEvent, CaseLine, CasePage, CaseView, view_of


def show_case(deps: Deps, case_id: int) -> CasePage:
    """Everything on the page of a case. Raises NotFound."""
    with deps.sessions.read_system() as session:
        case = session.get(DeliveryException, case_id)
        if case is None:
            raise NotFound("there is no such case")
        shop = find_shop(deps, shop_id=case.shop_id) if case.shop_id is not None else None
        order = session.get(Order, case.order_id) if case.order_id is not None else None
        known = shop is not None and order is not None
        return CasePage(
            case=_head(session, deps, case, shop, order),
            order=read_order(session, deps, shop, order) if known and shop and order else None,
            customer=read_customer(session, shop, order) if known and shop and order else None,
            events=_events(session, case_id),
            siblings=_siblings(session, case),
            desk_timezone=shop.config.desk.timezone if shop else "UTC",
            snoozes=snoozes(desk_of(shop) if shop else DeskHours(), deps.clock()),
        )


def snoozes(desk: DeskHours, now: datetime) -> dict[str, datetime]:
    """Moments to put a case off until: some hours, the next day the desk works, the first one of next week."""
    today = now.astimezone(desk.tz).date()
    sunday = today + timedelta(days=6 - today.weekday())
    return {
        "hour": now + timedelta(hours=1),
        "hours": now + timedelta(hours=4),
        "day": desk.opens(next_working_day(today, desk)),
        "week": desk.opens(next_working_day(sunday, desk)),
    }


def _head(session: Session, deps: Deps, case: DeliveryException, shop: ShopRef | None, order: Order | None) -> CaseView:
    return case_view(
        case,
        order,
        session.get(Customer, case.customer_id) if case.customer_id is not None else None,
        session.get(Shipment, case.shipment_id) if case.shipment_id is not None else None,
        _names(session, [case.claimed_by]).get(case.claimed_by or 0),
        shops={shop.id: shop} if shop else {},
        told=last_told(session, [(case.shop_id, case.order_id)]) if case.shop_id and case.order_id else {},
        now=deps.clock(),
    )


def _events(session: Session, case_id: int) -> tuple[CaseEvent, ...]:
    rows = session.scalars(
        select(ExceptionEvent).where(ExceptionEvent.exception_id == case_id).order_by(ExceptionEvent.id.desc())
    ).all()
    names = _names(session, (staff_id_of(row.actor) for row in rows))
    return tuple(view_of(CaseEvent, row, actor_name=names.get(staff_id_of(row.actor) or 0)) for row in rows)


def _names(session: Session, ids: Iterable[int | None]) -> Mapping[int, str]:
    wanted = {i for i in ids if i is not None}
    if not wanted:
        return {}
    return dict(session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted))).all())


def _siblings(session: Session, case: DeliveryException) -> tuple[CaseLine, ...]:
    if case.order_id is None:
        return ()
    return case_lines(
        session.scalars(
            select(DeliveryException)
            .where(DeliveryException.order_id == case.order_id, DeliveryException.id != case.id)
            .order_by((DeliveryException.state == "open").desc(), DeliveryException.id.desc())
        )
    )
