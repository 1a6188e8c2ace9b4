"""In which order a shop writes its rules down changes nothing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.returns.config import ReturnPolicyConfig, Rule
from portal.domain.returns.eligibility import judge
from tests.domain.returns.cases import ASKED, NOW, ORDER
from tests.domain.returns.test_actions import CASES as ACTIONS
from tests.domain.returns.test_conditions import CASES as CONDITIONS

_ACTIONS: dict[str, Any] = {name: case[0] for name, case in ACTIONS.items()} | {"reject": True, "review": True}
conditions = st.sampled_from([{name: given} for name, pair in CONDITIONS.items() for given in pair])
actions = st.sampled_from([*({name: given} for name, given in _ACTIONS.items()), {"window_days": 5}, {"fee_minor": 9}])


@st.composite
def rules(draw: st.DrawFn) -> list[Rule]:
    def both(of: st.SearchStrategy[dict[str, Any]], low: int) -> dict[str, Any]:
        return {name: value for part in draw(st.lists(of, min_size=low, max_size=3)) for name, value in part.items()}

    return [
        Rule(f"r{n}", then=both(actions, 1), when=both(conditions, 0), priority=draw(st.integers(-1, 1)))
        for n in range(draw(st.integers(2, 6)))
    ]


@given(rules(), st.randoms(use_true_random=False))
def test_rules_in_another_order_give_the_same_terms_and_the_same_words(found: list[Rule], chance: Any) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    one, other = (judge(ORDER, ReturnPolicyConfig(rules=tuple(given)), NOW, ASKED, 3) for given in (found, shuffled))
    assert [json.dumps(v.to_record()) for v in one] == [json.dumps(v.to_record()) for v in other]
    assert [v.terms.waiting for v in one] == [v.terms.waiting for v in other]
