"""What a message says, as plain values. Use cases fill it; `render` puts it into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Item:
    title: str
    quantity: int
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """`expected_on` is the newest date we know, `promised_on` the shop's word; days in the recipient's zone."""

    carrier: str  # as it is called, not its code
    number: str
    items: tuple[Item, ...] = ()
    expected_on: date | None = None
    promised_on: date | None = None
    position: int = 1
    parcels: int = 1  # of the order

    @property
    def arrives_on(self) -> date | None:
        return self.expected_on or self.promised_on


@dataclass(frozen=True, slots=True)
class Trouble:
    """A delivery exception as a rule words it: a message id and the values for its placeholders (JSON)."""

    rule: str
    shopper_text: str
    inputs: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReturnNote:
    """A return. Money in minor units; `credit_code` only once store credit was given."""

    rma: str
    resolution: str  # refund, store_credit
    due_minor: int
    currency: str
    send_back_by: date
    carrier: str = ""
    number: str = ""
    items: tuple[Item, ...] = ()
    credit_code: str | None = field(default=None, repr=False)
    is_our_doing: bool = False  # something was wrong with the goods or on their way to the shopper
    refusal: str = ""  # a message id: why it was turned down
    refusal_words: str = ""  # the same in the words of whoever turned it down
    instead: tuple[Item, ...] = ()  # what is sent to the shopper, or cannot be sent any more
    is_part: bool = False  # it is something that was missing
    sold_out: bool = False  # why it cannot be sent; otherwise its time is over
    destination: str = ""  # a place of the shop's settings; empty: the warehouse

    @property
    def is_credit(self) -> bool:
        return self.resolution == "store_credit"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that comes along; its kind as in `main_type/sub_type`."""

    filename: str
    main_type: str
    sub_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one shopper. `link` opens the order without a code, so it is as secret as the mail itself."""

    event: str
    language: str
    timezone: str  # of the recipient
    order_number: str
    link: str = field(default="", repr=False)
    items: tuple[Item, ...] = ()
    parcel: Parcel | None = None
    trouble: Trouble | None = None
    note: ReturnNote | None = None
    code: str = field(default="", repr=False)
    minutes: int = 10
    pdf: bytes | None = field(default=None, repr=False)
    qr_png: bytes | None = field(default=None, repr=False)
    papers: tuple[Attachment, ...] = field(default=(), repr=False)  # to print and to remember
    about: str = ""  # of a present's return: which news it is
    receipt: str = field(default="", repr=False)  # a text that is sent to the letter, in the message and as a file
