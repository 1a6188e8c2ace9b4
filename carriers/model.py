"""The words every carrier is translated into. Plain frozen facts: no network, no database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from carriers.errors import CarrierError


class Status(StrEnum):
    """The nine public words for where a parcel is."""

    PENDING = "pending"
    INFO_RECEIVED = "info_received"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPT_FAIL = "attempt_fail"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    EXPIRED = "expired"


# Substatuses are the published codes ("Exception_011"). They stay open strings: new ones appear without notice.
Substatus = str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One scan.

    `time` is what the carrier gave: aware when the carrier gave an offset, otherwise the naive local time of the
    place. An offset is never invented. `status` is None when no table knows the code: unknown stays unknown.
    `raw` is the carrier's own record of this scan, kept so that a mapping can be corrected later.
    `notice` marks a message that moves nothing (a date was changed, a photo was added): its code is mapped, and its
    `status` only repeats the one before it, so rules that count scans pass over it.
    """

    time: datetime | None
    status: Status | None
    substatus: Substatus | None = None
    raw_code: str | None = None
    raw_text: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None  # ISO 3166 alpha-2
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
    notice: bool = False

    @property
    def offset_known(self) -> bool:
        return self.time is not None and self.time.tzinfo is not None


@dataclass(frozen=True, slots=True)
class EstimatedDelivery:
    """The carrier's own date: where it gives a window of days alone, one of its ends.

    `earliest` and `latest` are moments, aware or local as the carrier gave them.
    """

    date: date | None = None
    earliest: datetime | None = None
    latest: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrackingResult:
    """What a carrier says about one number. Checkpoints stand oldest first."""

    tracking_number: str | None
    status: Status
    substatus: Substatus | None = None
    checkpoints: tuple[Checkpoint, ...] = ()
    estimated_delivery: EstimatedDelivery | None = None
    delivered_at: datetime | None = None  # aware or local, as the carrier gave it
    signed_by: str | None = field(default=None, repr=False)
    error: CarrierError | None = None  # concerns this number only; `not_found` goes with status pending


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address as labels need it. Its representation shows the country alone."""

    name: str = field(repr=False)
    line1: str = field(repr=False)
    city: str = field(repr=False)
    postal_code: str = field(repr=False)
    country: str  # ISO 3166 alpha-2
    line2: str = field(default="", repr=False)
    region: str = field(default="", repr=False)
    company: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)


class LabelFormat(StrEnum):
    """What a label's document is."""

    PDF = "pdf"
    PNG = "png"
    GIF = "gif"
    ZPL = "zpl"


@dataclass(frozen=True, slots=True)
class CustomsItem:
    """What a customs form says of one kind of goods. `value_minor` is of all its pieces, in the request's currency."""

    description: str
    quantity: int
    weight_grams: int
    value_minor: int
    origin_country: str = ""  # ISO 3166 alpha-2
    hs_code: str = ""


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """A return label: the shopper sends (`sender`), the shop receives (`recipient`).

    `reference` is ours and unique for ever: the carrier carries it, and a lost answer is looked up by it.
    `ship_on` is the day the parcel is handed in, in the sender's country; `format` is a wish, the answer says what came.
    `service` is the carrier's own code for the product, empty for the account's usual one. `size_cm` is length, width
    and height. `outbound_number` is the tracking number under which the goods went out.
    """

    reference: str
    sender: Address
    recipient: Address
    weight_grams: int
    description: str = ""
    rma: str = ""
    ship_on: date | None = None
    format: LabelFormat = LabelFormat.PDF
    service: str = ""
    size_cm: tuple[int, int, int] = (30, 23, 10)
    value_minor: int = 0
    currency: str = ""  # ISO 4217
    items: tuple[CustomsItem, ...] = ()
    outbound_number: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A label that was bought.

    `document` is the file to print, in `format`; empty when it was bought but could not be had yet: `fetch_label` gets
    it later. `qr_png` is the code a counter scans, where the carrier has one. `handle` is the carrier's own name for the
    label where its number does not do for fetching or voiding it. `expires_on` is the last day on which it is good.
    """

    carrier: str
    tracking_number: str
    document: bytes = field(repr=False)
    qr_png: bytes | None = field(default=None, repr=False)
    cost_minor: int | None = None
    currency: str | None = None
    format: LabelFormat = LabelFormat.PDF
    service: str | None = None
    expires_on: date | None = None
    handle: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class BoughtLabel:
    """What is kept of a label to fetch or void it: its number, the carrier's own name for it, and how it was bought."""

    tracking_number: str
    handle: str = field(default="", repr=False)
    format: LabelFormat = LabelFormat.PDF
    reference: str = ""


@dataclass(frozen=True, slots=True)
class LabelDocument:
    """A label's file, fetched again."""

    content: bytes = field(repr=False)
    format: LabelFormat = LabelFormat.PDF
    qr_png: bytes | None = field(default=None, repr=False)


def sort_key(checkpoint: Checkpoint) -> tuple[int, datetime]:
    """Order by the known instant, else by the local time read as UTC; times that are absent come first.

    Sorting with this key is stable, so scans of the same moment keep the carrier's order.
    """
    if checkpoint.time is None:
        return (0, datetime.min.replace(tzinfo=UTC))
    moment = checkpoint.time if checkpoint.time.tzinfo else checkpoint.time.replace(tzinfo=UTC)
    return (1, moment.astimezone(UTC))
