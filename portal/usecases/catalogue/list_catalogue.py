"""What a shop sells, as it is stored: for the command line, a page or a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from portal.db.tables.catalogue import Variant
from portal.usecases.deps import Deps, ShopRef

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class VariantView:
    """One variant. `available` is what is in stock and promised to nobody; the price is in minor units."""

    sku: str
    product: str
    title: str
    variant: str | None
    size_rank: int | None
    price_minor: int
    stock: int
    reserved: int
    product_type: str | None
    vendor: str | None
    tags: tuple[str, ...]
    weight_grams: int | None
    active: bool

    @property
    def available(self) -> int:
        return self.stock - self.reserved


def list_catalogue(deps: Deps, shop: ShopRef, product: str = "") -> Iterator[VariantView]:
    """Every variant of the shop by SKU, or those of one product. Reads page by page, whatever the size."""
    after = ""
    while True:
        with deps.sessions.read(shop.id) as session:
            wanted = select(Variant).where(Variant.shop_id == shop.id, Variant.sku > after).order_by(Variant.sku)
            if product:
                wanted = wanted.where(Variant.product_ref == product)
            page = [_view(row) for row in session.scalars(wanted.limit(_PAGE))]
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].sku


def _view(row: Variant) -> VariantView:
    return VariantView(
        sku=row.sku,
        product=row.product_ref,
        title=row.title,
        variant=row.variant,
        size_rank=row.size_rank,
        price_minor=row.price_minor,
        stock=row.stock,
        reserved=row.reserved,
        product_type=row.product_type,
        vendor=row.vendor,
        tags=tuple(row.tags),
        weight_grams=row.weight_grams,
        active=row.active,
    )
