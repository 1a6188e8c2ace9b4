"""The four machines of a return."""

from __future__ import annotations

import pytest

from portal.domain.returns.states import DECISION, ITEM, MACHINES, MONEY, PARCEL, IllegalMove, step


@pytest.mark.parametrize(
    ("machine", "way"),
    [
        (DECISION, "draft submitted approved resolved"),
        (DECISION, "draft submitted approved expired approved cancelled"),
        (PARCEL, "none label_queued label_failed label_queued label_ready in_transit lost in_transit delivered_to_us"),
        (PARCEL, "none label_queued label_ready void"),
        (PARCEL, "none in_transit delivered_to_us"),
        (ITEM, "requested not_received received restocked"),
        (MONEY, "none quoted due failed due paid"),
    ],
)
def test_the_ways_through_the_machines_are_open(machine: str, way: str) -> None:
    at, *rest = way.split()
    for to in rest:
        at = step(machine, at, to)
    assert at == way.split()[-1]


@pytest.mark.parametrize(
    ("machine", "at", "to"),
    [
        (DECISION, "submitted", "resolved"),
        (DECISION, "cancelled", "approved"),
        (PARCEL, "in_transit", "void"),
        (PARCEL, "none", "delivered_to_us"),
        (PARCEL, "delivered_to_us", "in_transit"),
        (PARCEL, "label_failed", "label_ready"),
        (MONEY, "quoted", "paid"),
        (MONEY, "none", "paid"),
        (MONEY, "paid", "paid"),
    ],
)
def test_a_step_that_does_not_exist_is_refused_and_says_from_where(machine: str, at: str, to: str) -> None:
    with pytest.raises(IllegalMove, match=f"{machine} cannot go from {at} to {to}"):
        step(machine, at, to)


def test_every_target_of_a_step_is_a_state_of_its_machine() -> None:
    for table in MACHINES.values():
        assert {target for targets in table.values() for target in targets} <= set(table)
