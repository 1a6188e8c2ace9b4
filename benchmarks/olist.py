"""Importing a real shop's history of 22,634 orders, where a copy of the data lies beside the project."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Figure
from benchmarks.imports import measure
from benchmarks.workshop import Workshop


def run(workshop: Workshop) -> Iterator[Figure]:
    """One figure, of three rounds: each reads nine files and writes ninety thousand rows."""
    reference = os.environ.get("DOORSTEP_REFERENCE", "")
    folder = Path(reference) / "data" / "olist"
    if not reference or not folder.is_dir():
        print("olist: skipped, DOORSTEP_REFERENCE names no folder with data/olist", file=sys.stderr)
        return
    if workshop.quick:
        print("olist: skipped, it has no quick form", file=sys.stderr)
        return
    yield measure(workshop, "import.olist", folder, "olist", rounds=3)
