"""Whatever lies in a folder of rules, policies, adapters or messages takes part: no list to forget."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from carriers.registry import all_adapters
from portal.domain.delivery_exceptions.registry import rules
from portal.domain.notifications import CATALOGUE
from portal.domain.returns.eligibility import policies
from portal.jobs.schedule import JOBS
from portal.notify.render import events
from portal.settings import ROOT, read_toml
from tests.architecture.reading import name_of, python_files

RULES = [p for p in python_files("portal/domain/delivery_exceptions/rules") if p.name != "__init__.py"]
POLICIES = [p for p in python_files("portal/domain/returns/policies") if p.name != "__init__.py"]


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_every_rule_file_is_a_rule_in_force(path: Path) -> None:
    found = re.search(r"(r\d\d)_(\w+)\.py$", str(path))
    assert found, "a rule's file is called r<number>_<name>.py"
    rule = rules()[found[1].upper()]
    assert rule.name == found[2]
    assert type(rule).__module__.endswith(f".{found[0].removesuffix('.py')}")


def test_there_are_no_rules_without_a_file() -> None:
    assert len(rules()) == len(RULES)


def test_the_rules_of_a_parcels_life_are_there() -> None:
    wanted = {1, 3, 5, 6, *range(8, 21), 29}
    assert {int(name[1:]) for name in rules()} >= wanted


def test_every_rule_is_explained_to_the_operator() -> None:
    text = (ROOT / "config" / "exceptions.toml").read_text(encoding="utf-8")
    missing = [name for name in rules() if not re.search(rf"\b{name}\b", text)]
    assert missing == [], "config/exceptions.toml names every rule"


def test_the_operators_file_has_no_rule_that_is_gone() -> None:
    assert set(read_toml(ROOT / "config" / "exceptions.toml")) <= {*rules(), "history"}


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_every_policy_file_is_a_policy_in_force(path: Path) -> None:
    stem = name_of(path).rpartition("/")[2].removesuffix(".py")
    policy = importlib.import_module(f"portal.domain.returns.policies.{stem}").POLICY
    assert policy in policies()
    assert policy.id == stem


def test_there_are_no_policies_without_a_file() -> None:
    assert len(policies()) == len(POLICIES)


def test_every_adapter_file_is_a_carrier() -> None:
    folder = ROOT / "carriers" / "adapters"
    files = {p.stem for p in folder.iterdir() if not p.name.startswith("__")}
    # A module's name cannot begin with a digit, as the code "17track" does.
    named = {code: type(adapter).__module__.split(".")[2] for code, adapter in all_adapters().items()}
    assert set(named.values()) == files
    assert {code for code, file in named.items() if code != file} == {"17track"}
    assert {"ups", "fedex", "usps", "dhl_unified"} <= files


def test_every_message_has_words() -> None:
    assert set(events()) == set(CATALOGUE)


def test_jobs_have_names_of_their_own() -> None:
    names = [job.name for job in JOBS]
    assert len(names) == len(set(names))
    assert all(job.seconds > 0 for job in JOBS)
