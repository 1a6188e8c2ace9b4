"""What the tracking page shows, ready to be printed: words in the reader's language, nothing the visitor may not see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from portal.usecases.withdrawal_way import WithdrawalWay


@dataclass(frozen=True, slots=True)
class Step:
    """One of the five steps. `state`: done, here, off (here, and the story is not a straight line), todo."""

    name: str
    state: str
    on: date | None = None


@dataclass(frozen=True, slots=True)
class ScanLine:
    """One line of the timeline. `time` is the carrier's local clock; `raw` its own words, for a full proof only."""

    time: str
    iso: str
    words: str
    place: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """The scans of one local day, newest first."""

    on: date
    name: str
    scans: tuple[ScanLine, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A date that was shown before, and why it moved where that is known."""

    former: date
    because: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What happened, what we are doing, what the shopper can do. `action` names a page: "address" or "talk"."""

    title: str
    happened: str
    doing: str
    can: str
    grave: bool


@dataclass(frozen=True, slots=True)
class Item:
    quantity: int
    title: str
    variant: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel. `tracking_number` is whole for a full proof, else its last four characters."""

    public_id: str
    name: str
    carrier: str
    tracking_number: str
    tracking_link: str
    whole_number: bool
    headline: str
    tone: str
    detail: str
    steps: tuple[Step, ...]
    note: str
    problem: Problem | None
    days: tuple[Day, ...]
    items: tuple[Item, ...]
    delivered: bool


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """A return that was made for this order."""

    public_id: str
    rma: str
    words: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """The tracking page. Days are in the recipient's zone; `as_of` is the last good answer of a carrier."""

    public_id: str
    number: str
    tier: str
    headline: str
    tone: str
    detail: str
    arrives_on: date | None
    arrives_label: str
    moved: tuple[Moved, ...]
    as_of: datetime | None
    as_of_words: str
    feed_words: tuple[str, ...]
    problems: tuple[Problem, ...]
    parcels: tuple[Parcel, ...]
    loose_items: tuple[Item, ...]  # not shown inside a parcel
    packed: bool  # the parcels say what is in them, so loose items are still to be sent
    placed_on: date
    promised_on: date | None
    recipient: tuple[str, ...]
    email: str
    returns: tuple[ReturnLine, ...]
    return_until: date | None
    return_words: str
    can_return: bool
    delivered: bool
    withdrawal: WithdrawalWay | None = None
    instead: tuple[Parcel, ...] = ()  # sent for returns: exchanges, missing parts

    @property
    def single(self) -> Parcel | None:
        """The one parcel of an order that travels in one."""
        return self.parcels[0] if len(self.parcels) == 1 else None
