"""The carriers' interfaces, by carrier code."""

from __future__ import annotations

from typing import Final

from carriers.lab.wire.base import Wire
from carriers.lab.wire.ups import Ups

WIRES: Final[dict[str, type[Wire]]] = {"ups": Ups}
