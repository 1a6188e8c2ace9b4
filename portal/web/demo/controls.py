"""What the demo's pages can see and steer. Built by `portal demo` from the carrier lab and the mail sink, so that the
web knows neither."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.notify.sink import Received

# Business time runs so many times faster than real time. 0 stands still.
SPEEDS = (0, 1, 30, 600)
JUMPS = (1, 24)  # hours
FAULTS = ("429", "500", "timeout", "truncated", "html", "slow")


@dataclass(frozen=True, slots=True)
class Sample:
    """Something worth opening. `what` is an English sentence that may have a translation; `link` opens it directly,
    as from an e-mail; `pdf` is a document that belongs to it."""

    shop_slug: str
    shop_name: str
    order_number: str
    email: str
    what: str
    link: str = ""
    pdf: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """A staff account of the demo."""

    email: str
    password: str = field(repr=False)
    role: str = "agent"


@dataclass(frozen=True, slots=True)
class DemoControls:
    """Callables, so that every page shows what is true when it is asked.

    `set_speed` and `jump` (hours) move business time. `faults` maps each carrier to its present fault, None for none;
    `set_fault(carrier, None)` ends it, and raises ValueError or KeyError for what it does not know. `parcels` gives a
    dictionary a parcel: number, carrier, story, service_level, destination, promised_on, latest, scans, and `known`
    where the portal has it; `open_parcel` gives a signed link to its order's page, None where there is none. `message` gives a mail as it came over the wire, None when it is gone.
    `addresses` maps what runs where ("Carrier lab") to its address.
    """

    now: Callable[[], datetime]
    speed: Callable[[], float]
    set_speed: Callable[[float], None]
    jump: Callable[[float], None]
    faults: Callable[[], Mapping[str, str | None]]
    set_fault: Callable[[str, str | None], None]
    parcels: Callable[[], Sequence[Mapping[str, Any]]]
    samples: Callable[[], Sequence[Sample]]
    staff_logins: Callable[[], Sequence[Login]]
    messages: Callable[[], Sequence[Received]]
    message: Callable[[int], bytes | None]
    addresses: Callable[[], Mapping[str, str]]
    open_parcel: Callable[[str], str | None] = lambda number: None
