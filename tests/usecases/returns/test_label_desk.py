"""What a person says of a label in doubt: it was bought, or it was not. Each counts once."""

from __future__ import annotations

import pytest

from carriers.base import Recovery
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.label_desk import LabelFile, label_case, was_bought, was_not_bought
from tests.support.doubles import Clock, FakeCarriers
from tests.usecases.returns.conftest import Desk

KEY = "a-form-key-of-the-desk-{}"


@pytest.fixture
def in_doubt(deps: Deps, desk: Desk, carriers: FakeCarriers, clock: Clock) -> int:
    """The id of a return whose label was bought at a carrier that cannot be asked, and whose answer was lost."""
    carriers.recovery = Recovery.NONE
    public_id = desk.submit(desk.order())
    carriers.lose_answer = True
    run_effects(deps)
    carriers.lose_answer = False
    clock.advance(hours=1)
    run_effects(deps)
    return desk.returned(public_id).id


def test_the_desk_sees_what_is_known(deps: Deps, desk: Desk, in_doubt: int) -> None:
    case, effect = label_case(deps, in_doubt), desk.effects()[0]
    assert case is not None
    assert (case.kind, case.carrier, case.reference, case.asked_at) == (
        "in_doubt",
        "usps",
        effect.key,
        effect.submitted_at,
    )


def test_a_label_that_was_bought_is_adopted_with_its_file(
    deps: Deps, desk: Desk, carriers: FakeCarriers, in_doubt: int
) -> None:
    for _ in range(2):
        was_bought(deps, in_doubt, 7, "9400 1000 0000 0000 0000 00", LabelFile(b"%PDF-1.4 x"), KEY.format(1))
    label = desk.labels()[0]
    assert (len(desk.labels()), label.tracking_number) == (1, "9400100000000000000000")
    assert (len(carriers.bought), desk.effects()[0].state) == (1, "succeeded")
    with pytest.raises(Conflict):
        was_bought(deps, in_doubt, 7, "9400100000000000000000", None, KEY.format(2))
    with pytest.raises(Conflict):
        was_not_bought(deps, in_doubt, 7, KEY.format(3))


def test_without_a_file_the_carrier_is_asked_for_it(
    deps: Deps, desk: Desk, carriers: FakeCarriers, in_doubt: int
) -> None:
    number = next(iter(carriers.bought.values())).tracking_number
    was_bought(deps, in_doubt, 7, number, None, KEY.format(1))
    run_effects(deps)
    assert desk.all(type(desk.labels()[0]))[0].fetch_at is None


def test_a_label_that_was_not_bought_is_bought_by_a_named_person_as_another_generation(
    deps: Deps, desk: Desk, carriers: FakeCarriers, in_doubt: int
) -> None:
    carriers.bought.clear()  # the request had been lost, not the answer
    for _ in range(2):
        was_not_bought(deps, in_doubt, 7, KEY.format(1))
    run_effects(deps)
    assert len(carriers.bought) == len(desk.labels()) == 1
    assert [(effect.generation, effect.state) for effect in desk.effects()] == [(1, "rejected"), (2, "succeeded")]
    assert desk.effects()[1].request["released_by"] == 7


@pytest.mark.parametrize("number", ["", "12", "no number at all!", "x" * 60])
def test_what_is_no_number_is_refused_and_loses_nothing(deps: Deps, desk: Desk, in_doubt: int, number: str) -> None:
    with pytest.raises(InvalidInput):
        was_bought(deps, in_doubt, 7, number, None, KEY.format(1))
    assert label_case(deps, in_doubt) is not None
