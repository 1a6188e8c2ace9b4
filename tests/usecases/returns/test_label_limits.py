"""More labels than a shop wants to pay for are a person's decision (reliability: T35)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from carriers.errors import CarrierError, ErrorKind
from portal.domain.shop_config import LabelConfig
from portal.usecases.deps import Deps
from portal.usecases.returns import label_limits
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.label_desk import label_case, was_not_bought
from portal.usecases.returns.label_effects import run_label
from portal.usecases.returns.view import view_return
from portal.usecases.returns.view_label import LabelWait
from tests.support.doubles import Clock, FakeCarriers
from tests.usecases.returns.conftest import Desk

KEY = "a-form-key-of-the-desk-{}"


@pytest.fixture
def limited(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the shop's limits, for the worker too."""

    def limit(**changes: Any) -> None:
        config = replace(desk.shop.config, labels=LabelConfig(**changes))
        desk.shop = replace(desk.shop, config=config)
        monkeypatch.setattr("portal.usecases.returns.effects.find_shop", lambda _deps, *, shop_id: desk.shop)

    return limit


def test_a_customer_gets_as_many_labels_as_the_shop_allows_and_then_a_person_decides(
    deps: Deps, desk: Desk, carriers: FakeCarriers, limited: Callable[..., None], clock: Clock
) -> None:
    limited(per_customer=2)
    order = desk.order({"quantity": 5})
    made = [desk.submit(order, 1) for _ in range(3)]
    run_effects(deps)
    assert len(carriers.bought) == 2
    last = desk.effects()[-1]
    assert (last.state, last.error, last.submitted_at) == ("manual", label_limits.OF_CUSTOMER, None)
    assert view_return(deps, desk.shop, made[-1]).wait == LabelWait("person")
    clock.advance(days=20)
    desk.submit(order, 1)
    run_effects(deps)
    assert len(carriers.bought) == 2
    clock.real += timedelta(days=11)
    desk.submit(order, 1)
    run_effects(deps)
    assert len(carriers.bought) == 3


def test_a_day_has_a_limit_for_the_whole_shop(
    deps: Deps, desk: Desk, carriers: FakeCarriers, limited: Callable[..., None], clock: Clock
) -> None:
    limited(per_day=1)
    for email in ("one@mail.example", "two@mail.example"):
        desk.submit(desk.order(email=email))
    run_effects(deps)
    assert (len(carriers.bought), desk.effects()[-1].error) == (1, label_limits.OF_DAY)
    clock.advance(hours=25)
    desk.submit(desk.order(email="three@mail.example"))
    run_effects(deps)
    assert len(carriers.bought) == 2


def test_what_was_refused_costs_nothing_and_does_not_count(
    deps: Deps, desk: Desk, carriers: FakeCarriers, limited: Callable[..., None], clock: Clock
) -> None:
    limited(per_return=1, per_customer=1, per_day=1)
    desk.submit(desk.order())
    carriers.label_error = CarrierError(ErrorKind.AUTH, "the credentials were refused")
    run_effects(deps)
    carriers.label_error = None
    clock.advance(minutes=20)
    run_effects(deps)
    run_effects(deps)
    assert len(carriers.bought) == 1


def test_a_named_person_lifts_the_limit_for_one_label(
    deps: Deps, desk: Desk, carriers: FakeCarriers, limited: Callable[..., None]
) -> None:
    limited(per_day=0)
    row = desk.returned(desk.submit(desk.order()))
    run_effects(deps)
    case = label_case(deps, row.id)
    assert case is not None
    assert (case.kind, case.why, case.asked_at) == ("held", label_limits.OF_DAY, None)
    was_not_bought(deps, row.id, 7, KEY.format(1))
    assert (desk.effects()[0].state, desk.effects()[0].request["released_by"]) == ("intended", 7)
    run_effects(deps)
    assert len(carriers.bought) == len(desk.labels()) == 1
    assert label_case(deps, row.id) is None
    desk.submit(desk.order())
    run_effects(deps)
    assert len(carriers.bought) == 1


def test_a_doubt_is_cleared_up_even_when_the_limit_is_reached_meanwhile(
    deps: Deps, desk: Desk, carriers: FakeCarriers, limited: Callable[..., None], clock: Clock
) -> None:
    limited(per_day=1)
    desk.submit(desk.order())
    carriers.lose_answer = True
    run_effects(deps)
    carriers.lose_answer = False
    clock.advance(minutes=2)
    assert run_label(deps, desk.shop, desk.effects()[0].id)
    assert (len(carriers.bought), len(desk.labels())) == (1, 1)
