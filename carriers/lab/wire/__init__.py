"""The carriers' interfaces, by carrier code."""

from __future__ import annotations

from typing import Final

from carriers.lab.wire.base import Wire
from carriers.lab.wire.dhl_unified import DhlUnified
from carriers.lab.wire.fedex import Fedex
from carriers.lab.wire.ups import Ups
from carriers.lab.wire.usps import Usps

WIRES: Final[dict[str, type[Wire]]] = {wire.code: wire for wire in (Ups, Fedex, Usps, DhlUnified)}
