"""What a shopper may have instead of what goes back, with what is in stock now. Reads only; taking it is
`exchange_stock`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from portal.db.tables.catalogue import Variant
from portal.db.tables.orders import Order, OrderLine
from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.exchanges import Bought, Goods, dearest, suggestion, value_of
from portal.domain.returns.offers import Offer, offers_for
from portal.domain.returns.terms import Terms
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import ShopRef

Held = Mapping[str, int]  # units by SKU
NOTHING: Held = MappingProxyType({})
PER_PAGE = 12
LONGEST_SEARCH = 80


@dataclass(frozen=True, slots=True)
class ExchangeChoice:
    """One thing that may be had. For all units together: `value_minor` is what it counts for, `back_minor` what the
    shopper gets back besides. `available` units are in stock and promised to nobody: 0 is shown as sold out."""

    sku: str
    title: str
    variant: str | None
    price_minor: int
    available: int
    enough: bool  # for all units that go back
    value_minor: int
    back_minor: int
    same_product: bool
    suggested: bool = False  # as the reason asks for: the next size, or the same once more


@dataclass(frozen=True, slots=True)
class ExchangeChoices:
    """The other variants of the product, all of them, and a page of other products. `next_page` is None on the last."""

    variants: tuple[ExchangeChoice, ...] = ()
    others: tuple[ExchangeChoice, ...] = ()
    page: int = 1
    next_page: int | None = None
    search: str = ""

    @property
    def possible(self) -> bool:
        """Whether anything can be had at all."""
        return any(choice.enough for choice in (*self.variants, *self.others))


def exchange_choices(
    session: Session,
    shop: ShopRef,
    line: OrderLine,
    worths: Sequence[int],
    config: ReturnPolicyConfig,
    *,
    reason: str = "",
    search: str = "",
    page: int = 1,
    held: Held = NOTHING,
) -> ExchangeChoices:
    """For as many units of `line` as there are `worths` (what each was paid with, in minor units).

    The other products are those in stock up to that worth, by title; `search` looks for words in title, variant and SKU.
    `held`: what the return that is being changed keeps already.
    """
    bought = bought_of(session, shop, line)
    variants = variants_of(session, shop, bought, held)
    suggested = suggestion(bought, variants, reason)
    same = [
        choice
        for goods in variants
        if (goods.sku != line.sku or goods == suggested)
        and (choice := _choice(bought, goods, worths, config, suggested)) is not None
    ]
    others, more = _others(session, shop, bought, worths, config, search, page, held)
    return ExchangeChoices(tuple(same), tuple(others), page, page + 1 if more else None, search)


def value_of_wish(
    session: Session,
    shop: ShopRef,
    line: OrderLine,
    worths: Sequence[int],
    config: ReturnPolicyConfig,
    sku: str,
    *,
    held: int = 0,
) -> int:
    """What `sku` counts for instead of these units. Raises InvalidInput (field "exchange-<line id>") when it may not be
    had for them, Conflict when there are not enough left. It is taken later, by `exchange_stock.reserve`. `held`: units
    of it that the same return keeps already."""
    row = session.scalars(_active(shop).where(Variant.sku == sku)).one_or_none()
    field = f"exchange-{line.id}"
    if row is None:
        raise InvalidInput("choose what you would like instead from the list", field)
    goods = _goods(row)
    value = value_of(bought_of(session, shop, line), goods, worths, config.exchange)
    if value is None:
        raise InvalidInput("this costs more than what goes back; choose something else from the list", field)
    if goods.available + held < len(worths):
        raise Conflict(f"{named(row)} has just sold out; choose something else")
    return value


def offers_of_line(
    session: Session,
    shop: ShopRef,
    line: OrderLine,
    worths: Sequence[int],
    terms: Terms,
    reason: str,
    held: Held = NOTHING,
) -> tuple[Offer, ...]:
    """What may solve it without a return, for these units and this reason, with exact sums."""
    bought = bought_of(session, shop, line)
    return offers_for(reason, bought, worths, variants_of(session, shop, bought, held), terms)


def bought_of(session: Session, shop: ShopRef, line: OrderLine) -> Bought:
    """The line as exchanges see it; what the catalogue knows of its SKU fills what the order did not say."""
    row = session.scalars(select(Variant).where(Variant.shop_id == shop.id, Variant.sku == line.sku)).one_or_none()
    goods_minor = line.quantity * line.unit_price_minor - (line.discount_minor or 0)
    included = _tax_included(session, line)
    return Bought(
        sku=line.sku,
        product_ref=line.product_ref or (row.product_ref if row else None),
        variant=line.variant or (row.variant if row else None),
        size_rank=row.size_rank if row else None,
        price_minor=line.unit_price_minor,
        price_now_minor=row.price_minor if row else None,
        taxed_minor=0 if included else goods_minor,
        tax_minor=0 if included else line.tax_minor or 0,
    )


def _tax_included(session: Session, line: OrderLine) -> bool:
    return bool(session.scalar(select(Order.tax_included).where(Order.id == line.order_id)))


def variants_of(session: Session, shop: ShopRef, bought: Bought, held: Held = NOTHING) -> list[Goods]:
    """All that is sold of the same product, smallest size first."""
    if bought.product_ref is None:
        return []
    found = _active(shop).where(Variant.product_ref == bought.product_ref)
    found = found.order_by(Variant.size_rank, Variant.variant, Variant.sku)
    return [_goods(row, held) for row in session.scalars(found)]


def named(row: Variant) -> str:
    """A variant as an error names it."""
    return f"{row.title} ({row.variant})" if row.variant else row.title


def _active(shop: ShopRef) -> Select[Variant]:
    return select(Variant).where(Variant.shop_id == shop.id, Variant.active)


def _goods(row: Variant, held: Held = NOTHING) -> Goods:
    return Goods(
        sku=row.sku,
        product_ref=row.product_ref,
        title=row.title,
        variant=row.variant,
        size_rank=row.size_rank,
        price_minor=row.price_minor,
        available=row.stock - row.reserved + held.get(row.sku, 0),
    )


def _choice(
    bought: Bought, goods: Goods, worths: Sequence[int], config: ReturnPolicyConfig, suggested: Goods | None = None
) -> ExchangeChoice | None:
    value = value_of(bought, goods, worths, config.exchange)
    if value is None:
        return None
    return ExchangeChoice(
        sku=goods.sku,
        title=goods.title,
        variant=goods.variant,
        price_minor=goods.price_minor,
        available=goods.available,
        enough=goods.available >= len(worths),
        value_minor=value,
        back_minor=sum(worths) - value,
        same_product=bought.is_same_product(goods),
        suggested=goods == suggested,
    )


def _others(
    session: Session,
    shop: ShopRef,
    bought: Bought,
    worths: Sequence[int],
    config: ReturnPolicyConfig,
    search: str,
    page: int,
    held: Held,
) -> tuple[list[ExchangeChoice], bool]:
    if not config.exchange.other_products or not worths:
        return [], False
    found = _active(shop).where(
        Variant.sku != bought.sku,
        or_(Variant.stock - Variant.reserved >= len(worths), Variant.sku.in_(list(held))),
        Variant.price_minor <= dearest(worths),
        *_matches(search),
    )
    if bought.product_ref is not None:
        found = found.where(Variant.product_ref != bought.product_ref)
    found = found.order_by(Variant.title, Variant.size_rank, Variant.sku)
    rows = list(session.scalars(found.offset((max(page, 1) - 1) * PER_PAGE).limit(PER_PAGE + 1)))
    choices: Iterable[ExchangeChoice | None] = (
        _choice(bought, _goods(row, held), worths, config) for row in rows[:PER_PAGE]
    )
    return [choice for choice in choices if choice is not None], len(rows) > PER_PAGE


def _matches(search: str) -> list[ColumnElement[bool]]:
    """Each word has to be in the title, the variant or the SKU."""
    words = search[:LONGEST_SEARCH].split()
    return [
        or_(*(column.icontains(word, autoescape=True) for column in (Variant.title, Variant.variant, Variant.sku)))
        for word in words
    ]
