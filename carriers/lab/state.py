"""The lab between two runs: which world, what time it was, which labels were sold."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

_VERSION = 2  # 1 knew only the labels of USPS


def read_state(path: Path) -> dict[str, Any] | None:
    """What was saved, or None when nothing was. ValueError when the file is not the lab's."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if not isinstance(data, dict) or data.get("version") != _VERSION:
        raise ValueError(f"{path} is not a state of the carrier lab: delete it to start a new world")
    return data


def write_state(path: Path, data: dict[str, Any]) -> None:
    """Save all or nothing: a crash leaves the earlier state."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({"version": _VERSION, **data}, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
