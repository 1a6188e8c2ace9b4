"""A decision of a year ago comes out the same: what a version of a policy answers never changes."""

from __future__ import annotations

import pytest

from portal.domain.returns.model import Judge
from tests.domain.returns.golden import answers, judges, known

HOW = "python -m tests.domain.returns.golden"


@pytest.mark.parametrize("name", sorted(known()))
def test_a_version_of_a_policy_answers_as_it_always_did(name: str) -> None:
    judge: Judge | None = judges().get(name)
    assert judge is not None, f"{name} is gone: keep its judge in `earlier`, decisions were made by it"
    assert answers(judge) == known()[name], (
        f"{name} answers otherwise: give the policy a new version, keep the former judge in `earlier`, run `{HOW}`"
    )


def test_every_version_is_written_down() -> None:
    assert set(judges()) <= set(known()), f"a new version: run `{HOW}`"


def test_the_cases_make_policies_say_different_things() -> None:
    said = {name.partition("@")[0]: {one.partition(" ")[0] for one in found} for name, found in known().items()}
    assert all(len(keys) > 1 for keys in said.values()), said
