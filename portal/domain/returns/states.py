"""Four small machines instead of one long status (field: e.5). Every move of a return is checked here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from portal.errors import Conflict

DECISION = "decision"
PARCEL = "parcel"
ITEM = "item"
MONEY = "money"
EXCHANGE = "exchange"  # the half of the money that is sent as goods

_Table = Mapping[str, frozenset[str]]


def _table(**moves: str) -> _Table:
    return MappingProxyType({state: frozenset(targets.split()) for state, targets in moves.items()})


MACHINES: Mapping[str, _Table] = MappingProxyType(
    {
        DECISION: _table(
            draft="submitted",
            submitted="approved rejected withdrawn_by_shopper",
            approved="cancelled expired resolved",
            expired="approved",
            rejected="approved",  # reopened by staff
            withdrawn_by_shopper="",
            cancelled="",
            resolved="approved",  # reopened by staff: something more has to be given or done
        ),
        PARCEL: _table(
            none="label_queued in_transit",  # without a label: a parcel of the shopper's own sets off
            # none: it goes back another way now
            label_queued="label_ready label_failed void none",
            label_failed="label_queued void none",
            label_ready="in_transit void label_lapsed label_failed none",  # failed: it could never be printed
            # given back, or not taken; or handed in after all
            label_lapsed="label_queued label_ready in_transit void none",
            in_transit="delivered_to_us lost",
            lost="in_transit",  # it turned up again
            delivered_to_us="",
            void="",
        ),
        # What became of a unit that was announced. The ledger itself only ever grows.
        ITEM: _table(
            requested="removed received not_received wrong_item kept",
            received="restocked disposed rejected",
            wrong_item="restocked disposed rejected",
            removed="",
            not_received="received",  # it came after all
            kept="",
            rejected="",  # it came, and is not paid for: it goes back to the shopper or is disposed of by agreement
            restocked="",
            disposed="",
        ),
        MONEY: _table(
            none="quoted",
            quoted="due none",  # none: called off, or nothing arrived
            due="paid failed none",  # none: nothing of what came is paid for, as it turned out
            failed="due",
            paid="due",  # reopened: more is owed than was thought
        ),
        EXCHANGE: _table(
            none="reserved",
            reserved="ordered released fallback_used",
            ordered="shipped released",
            shipped="",
            released="reserved",
            fallback_used="",
        ),
    }
)


class IllegalMove(Conflict):
    """A step that the machine does not have from where the return stands."""

    def __init__(self, machine: str, at: str, to: str) -> None:
        super().__init__(f"a return's {machine} cannot go from {at} to {to}")
        self.machine, self.at, self.to = machine, at, to


def step(machine: str, at: str, to: str) -> str:
    """The new state. Raises IllegalMove when there is no such step, KeyError when there is no such machine."""
    if to not in MACHINES[machine].get(at, frozenset()):
        raise IllegalMove(machine, at, to)
    return to


def is_final(machine: str, state: str) -> bool:
    """Whether nothing can follow."""
    return not MACHINES[machine][state]


def shopper_may_cancel(decision: str, parcel: str, money: str = "quoted") -> bool:
    """A shopper may call a return off, or change it, until the carrier has scanned the parcel or its money is due."""
    if decision == "submitted":
        return True
    still_here = parcel == "none" or "void" in MACHINES[PARCEL][parcel]
    return decision == "approved" and still_here and money in ("none", "quoted")
