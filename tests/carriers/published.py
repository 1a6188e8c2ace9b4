"""What carriers publish of their interfaces, to hold our requests against. Skips where the reference is not at hand."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator


def published(carrier: str, name: str) -> dict[str, Any]:
    """A carrier's published interface (YAML may hold tabs, which YAML forbids)."""
    return _read(_reference() / "specs" / carrier / name)


def example(carrier: str, name: str) -> dict[str, Any]:
    """The body of a push as the carrier publishes it."""
    return _read(_reference() / "data" / "payloads" / carrier / name)


def _reference() -> Path:
    folder = os.environ.get("DOORSTEP_REFERENCE")
    if not folder:
        pytest.skip("DOORSTEP_REFERENCE is not set: the carriers' published interfaces are not at hand")
    return Path(folder)


@cache
def _read(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8").replace("\t", "    ")
    document: dict[str, Any] = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    return document


def hold(document: dict[str, Any], name: str, value: Any, *, without: tuple[str, ...] = ()) -> None:
    """Hold a value against a schema of the document; `without` are properties that the schema demands in error."""
    schema = {**document["components"]["schemas"][name], "components": document["components"]}
    if without:
        schema["required"] = [given for given in schema["required"] if given not in without]
    Draft202012Validator(schema).validate(value)
