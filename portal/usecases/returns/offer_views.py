"""What a shopper is offered, and what a shopper asks for: frozen, no rows behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from portal.domain.returns.methods import Method
from portal.domain.returns.model import Reason
from portal.domain.returns.quoting import FeeQuote as FeeQuote
from portal.domain.returns.terms import Terms


@dataclass(frozen=True, slots=True)
class Choice:
    """One line that a shopper sends back: how many, and why."""

    line_id: int
    quantity: int
    reason: str = ""
    comment: str = field(default="", repr=False)
    sub_reason: str = ""
    photos: tuple[str, ...] = ()  # public ids
    outcome: str = "send_back"  # or "keep" (a partial refund, nothing is sent), "part" (what is missing is sent)
    exchange_sku: str = ""  # what is wanted instead


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends the parcel, where that is not the order's recipient: a present's new owner. Personal data."""

    name: str
    email: str
    line1: str
    city: str
    postal_code: str
    country: str
    line2: str = ""
    region: str = ""
    phone: str = ""
    locale: str = ""  # the language to write to them in


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """Everything that a shopper, or staff for one, asks for. Choices may be of several orders of one shopper."""

    order_public_id: str  # where it was begun
    choices: tuple[Choice, ...]
    resolution: str
    method: str = ""  # empty: the first that is possible
    fallback: str = ""  # for an exchange that sells out: refund or store_credit
    kind: str = "return"  # return, gift, blind
    sender: Sender | None = field(default=None, repr=False)
    pickup_on: date | None = None
    store: str = ""
    override: str = field(default="", repr=False)  # why staff take it back although the policy says no


@dataclass(frozen=True, slots=True)
class OfferLine:
    """One order line with what every policy says of it. `worth_minor` is what was paid for one unit; `terms` are those
    of the order's date, as far as they are known before a reason or a method is chosen."""

    line_id: int
    title: str
    variant: str | None
    quantity: int
    units_left: int
    worth_minor: int
    eligible: bool
    against: tuple[Reason, ...]  # every reason why not
    window: Reason | None  # until when, and why that day
    last_day: date | None
    order_public_id: str = ""
    order_number: str = ""
    sku: str = ""
    product_type: str | None = None
    product_ref: str | None = None
    terms: Terms | None = field(default=None, repr=False)
    may_open: bool = False  # it cannot go back as far as is known, and may once its reason is: let it be chosen


@dataclass(frozen=True, slots=True)
class OfferOrder:
    """One of the orders that a return may take items of."""

    public_id: str
    number: str
    placed_at: datetime
    currency: str
    lines: tuple[OfferLine, ...]


@dataclass(frozen=True, slots=True)
class ShopperOrder:
    """An order of the same shopper that has something to return."""

    public_id: str
    number: str
    placed_at: datetime
    timezone: str
    titles: tuple[str, ...]  # of what may go back
    units: int  # that may go back


@dataclass(frozen=True, slots=True)
class ShopperOrders:
    """A page of them, newest first. `next_page` is None on the last one."""

    orders: tuple[ShopperOrder, ...]
    page: int
    next_page: int | None


@dataclass(frozen=True, slots=True)
class EarlierReturn:
    """A return that this order has already."""

    public_id: str
    rma: str
    decision: str


@dataclass(frozen=True, slots=True)
class ReturnOffer:
    """What may go back of one order, or of several of one shopper. `form_key` is the same for everybody who looks before
    the next return is made, so that two tabs make one return."""

    order_public_id: str  # where it was begun
    order_number: str
    timezone: str  # of the recipient
    locale: str | None  # the order's language
    currency: str
    lines: tuple[OfferLine, ...]  # of all orders, in their order
    resolutions: tuple[str, ...]
    earlier: tuple[EarlierReturn, ...]
    method: Method  # how it goes back, and who pays the postage
    form_key: str
    orders: tuple[OfferOrder, ...] = ()
    has_other_orders: bool = False  # the shopper has more that could join: `orders_of_shopper`

    @property
    def eligible(self) -> tuple[OfferLine, ...]:
        return tuple(line for line in self.lines if line.eligible)

    @property
    def ineligible(self) -> tuple[OfferLine, ...]:
        return tuple(line for line in self.lines if not line.eligible)


@dataclass(frozen=True, slots=True)
class ResolutionQuote:
    """What one resolution brings, exactly, in minor units: due = goods + shipping - fee - exchange + bonus.

    `goods_minor` holds what is given for things that are kept (`keep_minor` of it). `exchange_minor` is what the wanted
    things count for, never more than what comes back: nobody is asked for money. What is left over is paid as the
    fallback says.
    """

    resolution: str
    currency: str
    goods_minor: int
    fee: FeeQuote
    bonus_minor: int
    shipping_minor: int
    exchange_minor: int
    keep_minor: int
    money_on: date | None  # the day to expect it; None when no money is due
    needs_fallback: bool = False  # for an exchange: what to do when it sells out has to be chosen

    @property
    def fee_minor(self) -> int:
        return self.fee.total_minor

    @property
    def fee_waived(self) -> bool:
        return bool(self.fee.waived)

    @property
    def due_minor(self) -> int:
        return self.goods_minor + self.shipping_minor - self.fee_minor - self.exchange_minor + self.bonus_minor


@dataclass(frozen=True, slots=True)
class MethodQuote:
    """A way back that is possible for these choices. `fee_minor` is the whole fee when it goes this way."""

    method: Method
    fee_minor: int
    send_back_by: date  # the last day to hand it in
    first_pickup_on: date | None = None
    stores: tuple[str, ...] = ()  # names, of `config.stores`


@dataclass(frozen=True, slots=True)
class Quotes:
    """Everything that a shopper should know before choosing a resolution and a method."""

    resolutions: tuple[ResolutionQuote, ...]
    methods: tuple[MethodQuote, ...]  # empty when nothing has to be sent
    photos_for: tuple[int, ...]  # lines that need a photo and have none yet
    needs_review: bool  # a person looks at it before it is approved
    nothing_to_send: bool
    is_our_doing: bool  # something was wrong with the goods or on their way

    def of(self, resolution: str) -> ResolutionQuote | None:
        return next((quote for quote in self.resolutions if quote.resolution == resolution), None)
