"""What the demo's pages see and steer: the lab's clock and faults, the mail server, and orders worth opening."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from carriers.lab.accounts import DEMO
from portal.cli.demo.stage import Stage
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.db.tables.shipments import Shipment
from portal.domain.returns.config import EXCHANGE
from portal.domain.words import N_
from portal.usecases.deps import ShopRef
from portal.usecases.links import make_link
from portal.usecases.shops import find_shop, list_shops
from portal.web.demo.controls import DemoControls, Login, Sample

EXCHANGED = N_("Sent back for another size, which is kept until it is sent")
# Which stories are worth a look, in the order of the index. Words for the same story are the same in both shops.
WORTH_A_LOOK = {
    "vip_express_late": N_("Express, promised and late: a VIP is waiting"),
    "express_late": N_("Express, promised and late: a VIP is waiting"),
    "returned": N_("Delivered, sent back, refunded: a finished return"),
    "delivered": N_("Delivered: try a return"),
    "split_order": N_("One order in two parcels"),
    "pickup_point": N_("Waiting at a pick-up point"),
    "customs_hold": N_("Held at the border"),
    "damaged": N_("Damaged on the way"),
    "address_problem": N_("The address was not found"),
    "drop_off": N_("Just handed over: watch it move"),
}


def public_id_of(stage: Stage, shop: ShopRef, number: str) -> str | None:
    """The public id of an order that has come in, None before."""
    with stage.deps.sessions.read(shop.id) as session:
        return session.scalar(select(Order.public_id).where(Order.number == number))


def make_controls(stage: Stage) -> DemoControls:
    """Callables over a running stage."""
    lab = stage.lab

    def set_fault(carrier: str, kind: str | None) -> None:
        lab.faults.set(carrier, kind or "none")

    def jump(hours: float) -> None:
        lab.clock.jump(timedelta(hours=hours))

    base = stage.settings.base_url
    addresses = {
        N_("Juniper, find an order"): f"{base}/juniper/track",
        N_("Nordlicht, find an order"): f"{base}/nordlicht/track",
        N_("Staff"): f"{base}/staff/",
        N_("Mail that was sent"): f"{base}/mail/",
        N_("Clock and carriers"): f"{base}/lab/",
        N_("Carrier lab"): f"{lab.url}/_lab/",
    }
    return DemoControls(
        now=lab.clock.now,
        speed=lambda: lab.clock.speed,
        set_speed=lab.clock.set_speed,
        jump=jump,
        faults=lambda: _faults(stage),
        set_fault=set_fault,
        parcels=lambda: _parcels(stage),
        samples=_Samples(stage),
        staff_logins=lambda: [Login(e, p, e.split("@")[0]) for e, p in stage.passwords.items()],
        messages=stage.sink.messages,
        message=stage.sink.get,
        addresses=lambda: addresses,
        open_parcel=lambda number: _open_parcel(stage, number),
    )


def _faults(stage: Stage) -> Mapping[str, str | None]:
    switched = {code: stage.lab.faults.to_dict()[code]["fault"] for code in DEMO}
    return {code: None if fault == "none" else str(fault) for code, fault in switched.items()}


class _Samples:
    """Worked out once the stage is ready; before that whenever somebody looks."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._kept: list[Sample] = []

    def __call__(self) -> Sequence[Sample]:
        if self._kept:
            return self._kept
        found = list(_samples(self._stage))
        if self._stage.is_ready:
            self._kept = found
        return found


def _samples(stage: Stage) -> Iterator[Sample]:
    """One order a story and shop, with a signed link as from an e-mail."""
    roles: dict[str, str] = {}
    for parcel in stage.lab.world:
        role = parcel.plan.role if parcel.plan.role in WORTH_A_LOOK else parcel.plan.story
        if role in WORTH_A_LOOK:
            roles[parcel.number] = role
    for shop in list_shops(stage.deps):
        seen: set[str] = set()
        found: dict[str, Sample] = {}
        with stage.deps.sessions.write(shop.id) as session:
            rows = session.execute(
                select(Order, Shipment.tracking_number)
                .join(Shipment, Shipment.order_id == Order.id)
                .where(Shipment.tracking_number.in_(roles), Shipment.direction == "outbound")
                .order_by(Order.placed_at, Order.id)
            ).all()
            for order, number in rows:
                made, gets = session.execute(
                    select(Return.public_id, Return.resolution).where(Return.order_id == order.id).limit(1)
                ).one_or_none() or ("", "")
                what = EXCHANGED if gets == EXCHANGE else WORTH_A_LOOK[roles[number]]
                if what in seen:
                    continue
                seen.add(what)
                link = make_link(session, stage.deps, shop, order.id)
                # Through the signed link, because a label is for the shopper alone.
                pdf = f"{link}?next=/{shop.slug}/returns/{made}/label.pdf" if made else ""
                found[what] = Sample(shop.slug, shop.config.name, order.number, order.email or "", what, link, pdf)
        yield from (found[what] for what in dict.fromkeys((*WORTH_A_LOOK.values(), EXCHANGED)) if what in found)


def _parcels(stage: Stage) -> Sequence[Mapping[str, Any]]:
    """The lab's parcels, and which of them the portal has."""
    now = stage.lab.clock.now()
    with stage.deps.sessions.read_system() as session:
        known = set(session.scalars(select(Shipment.tracking_number)))
    rows = []
    for parcel in stage.lab.world:
        events = parcel.events(now)
        plan = parcel.plan
        rows.append(
            {
                "number": parcel.number,
                "carrier": parcel.carrier,
                "story": plan.story,
                "shop": plan.shop or "",
                "destination": f"{plan.destination.city}, {plan.destination.country}",
                "promised_on": plan.promised_on,
                "latest": events[-1].kind.value if events else "",
                "scans": len(events),
                "service_level": plan.service_level,
                "known": parcel.number in known,
            }
        )
    return rows


def _open_parcel(stage: Stage, number: str) -> str | None:
    """A signed link to the order of a parcel, as a mail would carry it."""
    with stage.deps.sessions.read_system() as session:
        shipment = session.scalars(select(Shipment).where(Shipment.tracking_number == number).limit(1)).first()
    if shipment is None:
        return None
    shop = find_shop(stage.deps, shop_id=shipment.shop_id)
    with stage.deps.sessions.write(shop.id) as session:
        return make_link(session, stage.deps, shop, shipment.order_id)
