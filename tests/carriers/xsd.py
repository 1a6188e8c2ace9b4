"""What is sent, against the carriers' own XML schemas. Skipped where the reference folder is not there."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from xmlschema import XMLSchema

FOLDER = Path(os.environ.get("DOORSTEP_REFERENCE", "nowhere")) / "specs"


@lru_cache
def _schema(path: Path) -> XMLSchema:
    return XMLSchema(str(path), allow="local")


def valid(body: bytes | None, schema: str, name: str | None = None) -> None:
    """Check a document, or the element `name` inside its envelope, against `specs/{schema}`. Raises where it is wrong."""
    path = FOLDER / schema
    if not path.is_file():
        pytest.skip("DOORSTEP_REFERENCE is not set to the reference folder")
    root = fromstring(body or b"")
    found = root if name is None else next(e for e in root.iter() if e.tag.rpartition("}")[2] == name)
    _schema(path).validate(found)
