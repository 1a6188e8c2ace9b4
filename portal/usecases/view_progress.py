"""The five steps of a parcel, honest when the story is not a straight line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from carriers.model import Status
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.orders import Order
from portal.db.tables.shipments import Shipment
from portal.domain.scans import ACCEPTED, TURNED_BACK
from portal.domain.shipments import ShipmentState, progress
from portal.domain.shipments import Step as At
from portal.domain.words import N_
from portal.usecases.order_page import Step
from portal.usecases.view_parcel import Reader

_NAMES = {
    At.ORDERED: N_("Ordered"),
    At.SHIPPED: N_("Shipped"),
    At.ON_THE_WAY: N_("On its way"),
    At.OUT_FOR_DELIVERY: N_("Out for delivery"),
    At.DELIVERED: N_("Delivered"),
}
_AT_PICKUP = {At.OUT_FOR_DELIVERY: N_("Ready to collect"), At.DELIVERED: N_("Collected")}
_NOTES = {
    "attempt_failed": N_("Delivery was tried and failed"),
    "pickup_point": N_("Not brought to the door: it waits at a pickup point"),
    "held": N_("Held up"),
    "silent": N_("No scans for a long time"),
    "returning": N_("Turned round: on its way back to the shop"),
    "returned": N_("Back at the shop"),
    "damaged": N_("Damaged on the way"),
    "lost": N_("Lost on the way"),
    "cancelled": N_("Cancelled"),
    "disposed": N_("Disposed of by the carrier"),
}
_STEP_OF = {
    Status.IN_TRANSIT.value: At.ON_THE_WAY,
    Status.OUT_FOR_DELIVERY.value: At.OUT_FOR_DELIVERY,
    Status.ATTEMPT_FAIL.value: At.OUT_FOR_DELIVERY,
    Status.AVAILABLE_FOR_PICKUP.value: At.OUT_FOR_DELIVERY,
    Status.DELIVERED.value: At.DELIVERED,
}


def _step(status: str | None, substatus: str | None) -> At:
    return At.SHIPPED if substatus == ACCEPTED else _STEP_OF.get(status or "", At.ORDERED)


def _first_moments(order: Order, shipment: Shipment, scans: Sequence[CheckpointRow]) -> dict[At, datetime]:
    """When each step was first reached; a parcel that turned back is never "delivered" at home again."""
    found: dict[At, datetime] = {}
    for scan in reversed(scans):
        if scan.substatus in TURNED_BACK:
            break
        found.setdefault(_step(scan.status, scan.substatus), scan.at)
    found[At.ORDERED] = order.placed_at
    started = shipment.shipped_at or min((v for k, v in found.items() if k > At.ORDERED), default=None)
    if started is not None:
        found[At.SHIPPED] = min(started, found.get(At.SHIPPED, started))
    if shipment.status == Status.DELIVERED.value and shipment.delivered_at:
        found[At.DELIVERED] = shipment.delivered_at
    elif shipment.status != Status.DELIVERED.value:
        found.pop(At.DELIVERED, None)
    return found


def steps(
    order: Order, shipment: Shipment, scans: Sequence[CheckpointRow], reader: Reader
) -> tuple[tuple[Step, ...], str]:
    """The five steps, and a note that says why the line is not straight (empty when it is)."""
    moments = _first_moments(order, shipment, scans)
    reached = max((*moments, _step(shipment.status, shipment.substatus)))
    state = ShipmentState(status=Status(shipment.status), substatus=shipment.substatus, reached=reached)
    now = progress(state)
    names = {**_NAMES, **_AT_PICKUP} if shipment.status == Status.AVAILABLE_FOR_PICKUP.value else _NAMES

    def kind(step: At) -> str:
        if step == now.step:
            return "here off" if now.off_line else "here"
        return "done" if step < now.step else "todo"

    def on(step: At) -> date | None:
        at = moments.get(step)
        return at.astimezone(reader.zone).date() if at and step <= now.step else None

    line = tuple(Step(reader.word(names[step]), kind(step), on(step)) for step in At)
    return line, reader.word(_NOTES[now.off_line]) if now.off_line else ""
