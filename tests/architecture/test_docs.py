"""What the documents say is there: links, settings, commands, files and the recipes' code."""

from __future__ import annotations

import ast
import re
import textwrap
import tomllib
from pathlib import Path

import pytest

from carriers.registry import all_adapters
from portal.cli import COMMANDS
from portal.settings import ROOT, Settings
from tests.architecture.reading import name_of

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def settings_names() -> set[str]:
    """The environment variable of each setting."""
    prefix = str(Settings.model_config["env_prefix"])
    return {str(field.validation_alias or (prefix + name).upper()) for name, field in Settings.model_fields.items()}


def anchors(text: str) -> set[str]:
    """The addresses of a document's headings, as they are made on the web."""
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    broken = []
    for target in _LINK.findall(text):
        where, _, anchor = target.partition("#")
        if "://" in target or where.startswith("docs/pictures/"):  # pictures are made by `make shots`
            continue
        there = path.parent / where if where else path
        if not there.exists() or (anchor and anchor not in anchors(there.read_text(encoding="utf-8"))):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_commands_in_the_documents_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^\s*|bin/)portal ([a-z]+)", text, re.MULTILINE))
    assert named <= set(COMMANDS)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^\s*)make ([a-z-]+)", text, re.MULTILINE)) <= targets


def test_every_setting_is_explained_and_no_other() -> None:
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", OPERATIONS, re.MULTILINE))
    assert table == settings_names()


def test_every_module_of_the_library_is_on_the_map() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.partition("\n## The carriers\n")[2].partition("\n## ")[0]
    there = {
        path.stem for path in (ROOT / "carriers").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    named = {
        name for row in re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert named == there - {"__init__"}


def test_every_carriers_credentials_are_explained() -> None:
    for code, adapter in all_adapters().items():
        row = re.search(rf"^\| `{code}` \|([^|]*)\|", OPERATIONS, re.MULTILINE)
        assert row, f"docs/operations.md does not name {code}"
        assert set(re.findall(r"`(\w+)`", row[1])) == {name.upper() for name in adapter.info.credential_names}


def test_what_proves_each_carriers_pushes_is_explained() -> None:
    section = OPERATIONS.split("\n## Pushes\n")[1].split("\n## ")[0]
    told = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert told == {code for code, adapter in all_adapters().items() if adapter.info.push}


def test_the_sample_environment_names_settings_that_exist() -> None:
    lines = (ROOT / "docs" / "samples" / "doorstep.env").read_text(encoding="utf-8").splitlines()
    named = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    carriers = {
        f"PORTAL_CARRIER_{code}_{name}".upper()
        for code, adapter in all_adapters().items()
        for name in adapter.info.credential_names
    }
    assert named <= settings_names() | carriers


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_code_in_the_documents_can_be_read(path: Path) -> None:
    blocks = _FENCE.findall(path.read_text(encoding="utf-8"))
    assert [why for language, code in blocks if (why := unreadable(language, textwrap.dedent(code)))] == []


def unreadable(language: str, code: str) -> str:
    """Why a block of Python or TOML cannot be read, empty when it can (or is neither)."""
    try:
        if language == "python":
            ast.parse(code.rstrip().rstrip(","))
        elif language == "toml":
            tomllib.loads(code)
    except (SyntaxError, ValueError) as error:
        return f"{language}: {error}"
    return ""


def test_a_block_that_cannot_be_read_is_noticed() -> None:
    assert unreadable("python", "def f(:")
    assert unreadable("toml", "a = ")
    assert unreadable("sh", "anything") == unreadable("python", "f(1),") == ""
