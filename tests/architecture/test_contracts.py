"""The import contracts of `.importlinter` hold, and each of them can break: a rule that cannot fail guards nothing."""

from __future__ import annotations

import configparser
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.settings import ROOT

PLANTING = Path(__file__).with_name("planting.py")
_JUNK = shutil.ignore_patterns("__pycache__", "static", "templates", "translations", "data", "*.html", "*.css")


@dataclass(frozen=True, slots=True)
class Plant:
    """A line that must not stand in a file, and the contract that must say so."""

    contract: str
    file: str
    line: str


# A contract is listed with the plainest way of breaking it.
PLANTS = (
    Plant("library", "carriers/model.py", "import portal.errors"),
    Plant("portal-layers", "portal/domain/vip.py", "import portal.usecases.deps"),
    Plant("carriers-layers", "carriers/model.py", "import carriers.base"),
    Plant("pure-domain", "portal/domain/vip.py", "import sqlalchemy"),
    Plant("flask-edge", "portal/usecases/links.py", "import flask"),
    Plant("sqlalchemy", "portal/web/hosts.py", "import sqlalchemy"),
    Plant("requests", "carriers/adapters/dhl_unified/__init__.py", "import requests"),
    Plant("views", "portal/web/hosts.py", "import portal.db.session"),
    Plant("adapters", "carriers/adapters/dhl_unified/__init__.py", "import carriers.adapters.postnl"),
    Plant(
        "rules",
        "portal/domain/delivery_exceptions/rules/r15_damaged.py",
        "import portal.domain.delivery_exceptions.rules.r16_lost",
    ),
    Plant("policies", "portal/domain/returns/policies/window.py", "import portal.domain.returns.policies.country"),
    Plant("pages", "portal/web/shopper/find.py", "import portal.web.staff.door"),
    Plant("cycles", "portal/usecases/deps.py", "import portal.usecases.enqueue"),
    Plant("carriers-choice", "portal/usecases/links.py", "import carriers.registry"),
    Plant("honest-lab", "carriers/lab/places.py", "import carriers.http"),
)
# Layers are exhaustive: a new module has to find its place in them.
STRAYS = (
    Plant("portal-layers", "portal/helpers.py", ""),
    Plant("carriers-layers", "carriers/helpers.py", ""),
)


def contracts() -> dict[str, str]:
    """Every contract's id and name."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter", encoding="utf-8")
    prefix = "importlinter:contract:"
    return {s.removeprefix(prefix): config[s]["name"] for s in config.sections() if s.startswith(prefix)}


@pytest.fixture(scope="module")
def broken_by(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """For each plant in a copy of the tree, and for the copy as it is (""), the contracts that are broken."""
    tree = tmp_path_factory.mktemp("tree")
    for package in ("portal", "carriers"):
        shutil.copytree(ROOT / package, tree / package, ignore=_JUNK)
    shutil.copy(ROOT / ".importlinter", tree)
    plants = [("", "portal/__init__.py", "")]
    plants += [(f"{p.contract} {p.file}", p.file, p.line) for p in (*PLANTS, *STRAYS)]
    done = subprocess.run(
        [sys.executable, str(PLANTING), str(tree), json.dumps(plants)],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_every_contract_holds(broken_by: dict[str, list[str]]) -> None:
    assert broken_by[""] == []


def test_every_contract_is_tried() -> None:
    assert sorted(contracts()) == sorted({plant.contract for plant in PLANTS})


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.contract)
def test_a_forbidden_import_breaks_the_contract(plant: Plant, broken_by: dict[str, list[str]]) -> None:
    assert plant.contract in broken_by[f"{plant.contract} {plant.file}"]


@pytest.mark.parametrize("plant", STRAYS, ids=lambda plant: plant.file)
def test_a_module_outside_the_layers_breaks_them(plant: Plant, broken_by: dict[str, list[str]]) -> None:
    assert plant.contract in broken_by[f"{plant.contract} {plant.file}"]
