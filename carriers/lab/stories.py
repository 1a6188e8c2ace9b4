"""The stories a parcel can live through. Each is told in a few lines from the pieces in `trips`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from carriers.lab.numbers import seeded
from carriers.lab.parcels import Kind, Plan, Scan
from carriers.lab.trips import Trip


def tell(plan: Plan, seed: int) -> tuple[Scan, ...]:
    """All scans of the parcel's story, in the order of publication. KeyError for an unknown story."""
    trip = Trip(plan, seeded(seed, plan.number))
    STORIES[plan.story](trip)
    return tuple(sorted(trip.scans, key=lambda scan: scan.published_at))


def _on_time(trip: Trip) -> None:
    _to_the_depot(trip)
    trip.deliver(trip.due)


def _to_the_depot(trip: Trip) -> None:
    trip.label()
    trip.pickup()
    trip.way(trip.due)


def _neighbour(trip: Trip) -> None:
    _to_the_depot(trip)
    trip.deliver(trip.due, Kind.NEIGHBOUR)


def _late(trip: Trip) -> None:
    _held_up(trip, days_late=2)


def _express_late(trip: Trip) -> None:
    _held_up(trip, days_late=3)


def _held_up(trip: Trip, days_late: int) -> None:
    """Stops at the first hub; a notice on the promised morning moves the carrier's date; then on and delivered."""
    trip.label()
    trip.pickup()
    trip.way(trip.after(-1), hubs=1)
    hub, arrives = trip.hubs[0], trip.after(days_late)
    why = trip.rng.choice((Kind.DELAY, Kind.WEATHER))
    trip.scan(why, hub.moment(trip.due, 6 + 2 * trip.rng.random()), hub, estimate=arrives)
    trip.scan(Kind.DEPARTED, hub.moment(trip.after(days_late - 1), 20 + trip.rng.random()), hub)
    trip.scan(Kind.AT_DESTINATION, trip.here.moment(arrives, 5 + trip.rng.random()), trip.here)
    trip.deliver(arrives)


def _stalled(trip: Trip) -> None:
    trip.label()
    trip.pickup()
    trip.way(trip.due, hubs=1)


def _lost(trip: Trip) -> None:
    _stalled(trip)
    hub = trip.hubs[0]
    trip.scan(Kind.LOST, hub.moment(trip.after(5), 11 + 3 * trip.rng.random()), hub)


def _damaged(trip: Trip) -> None:
    _stalled(trip)
    hub = trip.hubs[0]
    trip.scan(Kind.DAMAGED, trip.scans[-1].at + timedelta(hours=1 + 4 * trip.rng.random()), hub)


def _address_problem(trip: Trip) -> None:
    _to_the_depot(trip)
    trip.out(trip.due)
    trip.at_door(Kind.ADDRESS_PROBLEM, trip.due)
    fixed_on = trip.after(3)
    trip.scan(Kind.ADDRESS_FIXED, trip.here.moment(fixed_on, 6.5), trip.here, estimate=fixed_on)
    trip.deliver(fixed_on)


def _customs(trip: Trip) -> None:
    _on_time(trip)


def _customs_hold(trip: Trip) -> None:
    """Held at the border for papers; released four delivery days later."""
    trip.label()
    trip.pickup()
    trip.way(trip.due, hubs=len(trip.hubs))
    border = trip.hubs[-1]
    entered = trip.scan(Kind.CUSTOMS_IN, trip.scans[-1].at + timedelta(hours=2), border)
    trip.scan(Kind.CUSTOMS_HOLD, entered + timedelta(hours=5), border)
    freed_on = trip.after(4, border.local(entered).date())
    arrives = max(trip.after(1, freed_on), trip.after(2))
    trip.scan(Kind.CUSTOMS_OUT, border.moment(freed_on, 11 + 3 * trip.rng.random()), border, estimate=arrives)
    trip.scan(Kind.AT_DESTINATION, trip.here.moment(arrives, 5 + trip.rng.random()), trip.here)
    trip.deliver(arrives)


def _refused(trip: Trip) -> None:
    _to_the_depot(trip)
    trip.out(trip.due)
    trip.at_door(Kind.REFUSED, trip.due)
    trip.send_back(trip.after(2))


def _failed_attempts(trip: Trip) -> None:
    """Nobody there twice; then it waits at a counter and is collected three days later."""
    _to_the_depot(trip)
    for day in (trip.due, trip.after(1)):
        trip.out(day)
        trip.at_door(Kind.NOBODY_HOME, day)
    trip.scan(Kind.READY_FOR_PICKUP, trip.here.moment(trip.after(2), 9 + trip.rng.random()), trip.here)
    trip.hand_over(trip.after(5), Kind.COLLECTED)


def _closed(trip: Trip) -> None:
    """A business address that is closed at first."""
    _to_the_depot(trip)
    trip.out(trip.due)
    trip.at_door(Kind.CLOSED, trip.due)
    trip.deliver(trip.after(1))


def _pickup_point(trip: Trip) -> None:
    _to_the_depot(trip)
    trip.scan(Kind.READY_FOR_PICKUP, trip.here.moment(trip.due, 11 + 2 * trip.rng.random()), trip.here)
    trip.hand_over(trip.after(4), Kind.COLLECTED)


def _returned_to_sender(trip: Trip) -> None:
    _to_the_depot(trip)
    trip.out(trip.due)
    trip.at_door(Kind.NOBODY_HOME, trip.due)
    trip.scan(Kind.READY_FOR_PICKUP, trip.here.moment(trip.after(1), 9 + trip.rng.random()), trip.here)
    trip.send_back(trip.after(7))


def _duplicate_scans(trip: Trip) -> None:
    """Two scans come a second time hours later, one of them in other words."""
    _on_time(trip)
    again = [replace(scan, published_at=scan.published_at + timedelta(hours=5)) for scan in trip.scans[2:4]]
    trip.scans += [again[0], replace(again[1], reworded=True)]


def _out_of_order(trip: Trip) -> None:
    """The origin hub's scans reach the carrier's site only after later ones."""
    _on_time(trip)
    upto = trip.scans[4].published_at
    for place in (2, 3):
        trip.scans[place] = replace(trip.scans[place], published_at=upto + timedelta(minutes=30 * place))


def _unknown_at_first(trip: Trip) -> None:
    """The carrier knows nothing of the number until it has the parcel."""
    trip.label()
    collected = trip.pickup()
    trip.scans[0] = replace(trip.scans[0], published_at=collected)
    trip.way(trip.due)
    trip.deliver(trip.due)


def _not_delivered(trip: Trip) -> None:
    """Out for delivery, back again without a word, and delivered two delivery days later."""
    _to_the_depot(trip)
    trip.out(trip.due)
    trip.deliver(trip.after(2))


def _drop_off(trip: Trip) -> None:
    """Brought to the depot two hours after the label was made, at whatever time that is, and sorted at once."""
    trip.label()
    brought = trip.scan(Kind.PICKED_UP, trip.plan.created_at + timedelta(hours=2), trip.plan.origin)
    trip.scan(Kind.ORIGIN, brought + timedelta(minutes=25), trip.plan.origin)
    trip.scan(Kind.DEPARTED, brought + timedelta(minutes=70), trip.plan.origin)
    trip.scan(Kind.ARRIVED, brought + timedelta(minutes=150), trip.hubs[0])
    trip.scan(Kind.DEPARTED, brought + timedelta(minutes=210), trip.hubs[0])
    trip.scan(Kind.AT_DESTINATION, trip.here.moment(trip.due, 5 + trip.rng.random()), trip.here)
    trip.deliver(trip.due)


def _label_only(trip: Trip) -> None:
    trip.label()


def _return(trip: Trip) -> None:
    """A return label: handed in at a counter some hours after it was bought, at the shop on the promised day."""
    trip.label()
    origin = trip.plan.origin
    handed_in = trip.plan.created_at + timedelta(hours=4 + 3 * trip.rng.random())
    day, hour = origin.local(handed_in).date(), origin.local(handed_in).hour
    if not 9 <= hour < 18:
        counter_opens = trip.after(0 if hour < 9 else 1, day)
        handed_in = origin.moment(counter_opens, 9 + 3 * trip.rng.random())
    trip.scan(Kind.PICKED_UP, handed_in, origin)
    trip.way(trip.due)
    trip.deliver(trip.due)


STORIES: Final[dict[str, Callable[[Trip], None]]] = {
    "on_time": _on_time,
    "neighbour": _neighbour,
    "late": _late,
    "express_late": _express_late,
    "stalled": _stalled,
    "lost": _lost,
    "damaged": _damaged,
    "address_problem": _address_problem,
    "customs": _customs,
    "customs_hold": _customs_hold,
    "refused": _refused,
    "failed_attempts": _failed_attempts,
    "closed": _closed,
    "pickup_point": _pickup_point,
    "returned_to_sender": _returned_to_sender,
    "split_order": _on_time,
    "duplicate_scans": _duplicate_scans,
    "out_of_order": _out_of_order,
    "unknown_at_first": _unknown_at_first,
    "not_delivered": _not_delivered,
    "drop_off": _drop_off,
    "label_only": _label_only,
    "return": _return,
}
