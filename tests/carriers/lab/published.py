"""What the carriers publish of their interfaces, where it is at hand: the folder in DOORSTEP_REFERENCE."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import xmlschema
import yaml
from jsonschema import Draft202012Validator


def published(carrier: str, name: str) -> dict[str, Any]:
    """A carrier's published interface; skips where it is not at hand."""
    folder = os.environ.get("DOORSTEP_REFERENCE")
    if not folder:
        pytest.skip("DOORSTEP_REFERENCE is not set: the carriers' published interfaces are not at hand")
    return _read(Path(folder) / "specs" / carrier / name)


@lru_cache(maxsize=4)
def _read(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8").replace("\t", "    ")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = json.loads(text) if path.suffix == ".json" else yaml.load(text, loader)
    _allow_null(document)
    return document


def _allow_null(schema: Any) -> None:
    """What OpenAPI 3.0 calls nullable, as JSON Schema says it."""
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for part in inner:
        _allow_null(part)
    if isinstance(schema, dict) and schema.get("nullable") is True and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]


def component(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": document["components"]}


def answer_schema(
    document: dict[str, Any], path: str, method: str, kind: str = "application/json", status: str = "200"
) -> dict[str, Any]:
    answer = document["paths"][path][method]["responses"][status]
    if "$ref" in answer:
        answer = document["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
    return {**answer["content"][kind]["schema"], "components": document["components"]}


def request_schema(document: dict[str, Any], path: str, method: str, kind: str = "application/json") -> dict[str, Any]:
    body = document["paths"][path][method]["requestBody"]
    if "$ref" in body:
        body = document["components"]["requestBodies"][body["$ref"].rsplit("/", 1)[1]]
    return {**body["content"][kind]["schema"], "components": document["components"]}


def without(keyword: str, schema: Any) -> Any:
    """The schema with one kind of limit left out, where a carrier itself does not keep to it."""
    if isinstance(schema, dict):
        return {name: without(keyword, inner) for name, inner in schema.items() if name != keyword}
    return [without(keyword, inner) for inner in schema] if isinstance(schema, list) else schema


def fits(value: Any, schema: dict[str, Any]) -> None:
    """Raises ValidationError that says where `value` is not as the interface has it."""
    Draft202012Validator(schema).validate(value)


@lru_cache(maxsize=8)
def xml_schema(carrier: str, name: str) -> Any:
    """A carrier's published XML schema, with what it includes; skips where it is not at hand."""
    folder = os.environ.get("DOORSTEP_REFERENCE")
    if not folder:
        pytest.skip("DOORSTEP_REFERENCE is not set: the carriers' published interfaces are not at hand")
    return xmlschema.XMLSchema(str(Path(folder) / "specs" / carrier / name), allow="local")
