"""What the demo's shops sell beside what was ordered: other sizes and colours to exchange for, as a file to import."""

from __future__ import annotations

import csv
from pathlib import Path

from portal.cli.demo.people import CASTS, Article
from portal.platforms.catalogue import COLUMNS

# By SKU of what people have ordered: the product that it is of, and its place among the sizes.
OF = {
    "JU-LIN-01": ("JU-LIN", 2),
    "JU-MUG-04": ("JU-MUG", None),
    "JU-THR-02": ("JU-THR", None),
    "JU-LAM-07": ("JU-LAM", 2),
    "JU-APR-01": ("JU-APR", None),
    "NL-TENT-2": ("NL-TENT", None),
    "NL-JACK-M": ("NL-JACK", 3),
    "NL-BOOT-42": ("NL-BOOT", 42),
    "NL-MATT": ("NL-MATT", 2),
    "NL-SOCK-3": ("NL-SOCK", 2),
}
# Per shop: the SKU it stands beside, its own, what is different about it, its place among the sizes, its stock.
BESIDE: dict[str, tuple[tuple[str, str, str, int | None, int], ...]] = {
    "juniper": (
        ("JU-LIN-01", "JU-LIN-02", "Oat, king", 3, 4),
        ("JU-LIN-01", "JU-LIN-03", "Oat, twin", 1, 6),
        ("JU-LIN-01", "JU-LIN-04", "Clay, queen", 2, 0),
        ("JU-MUG-04", "JU-MUG-05", "Clay", None, 9),
        ("JU-THR-02", "JU-THR-03", "Oatmeal", None, 1),
        ("JU-LAM-07", "JU-LAM-06", "Small", 1, 5),
        ("JU-APR-01", "JU-APR-02", "Flax", None, 7),
    ),
    "nordlicht": (
        ("NL-TENT-2", "NL-TENT-2S", "Sand", None, 2),
        ("NL-JACK-M", "NL-JACK-S", "Nachtblau, S", 2, 3),
        ("NL-JACK-M", "NL-JACK-L", "Nachtblau, L", 4, 5),
        ("NL-JACK-M", "NL-JACK-LR", "Rostrot, L", 4, 1),
        ("NL-JACK-M", "NL-JACK-XL", "Nachtblau, XL", 5, 0),
        ("NL-BOOT-42", "NL-BOOT-41", "41", 41, 2),
        ("NL-BOOT-42", "NL-BOOT-43", "43", 43, 4),
        ("NL-MATT", "NL-MATT-R", "Regular", 1, 8),
        ("NL-SOCK-3", "NL-SOCK-2", "35-38", 1, 12),
        ("NL-SOCK-3", "NL-SOCK-4", "43-46", 3, 12),
    ),
}
IN_STOCK = 6  # of each thing that people have ordered, but for the last ones of a season
_CHEAPER = {"JU-LAM-06": "58.00", "NL-MATT-R": "99.00"}


def write_catalogue(path: Path, shop: str) -> None:
    """Everything that the shop sells, one row a variant."""
    shelf = {article.sku: article for article in CASTS[shop].shelf}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for article in shelf.values():
            product, rank = OF.get(article.sku, (article.sku, None))
            stock = 0 if article.final_sale else IN_STOCK
            writer.writerow(_row(article, article.sku, article.variant, article.price, product, rank, stock))
        for near, sku, variant, rank, stock in BESIDE[shop]:
            article = shelf[near]
            price = _CHEAPER.get(sku, article.price)
            writer.writerow(_row(article, sku, variant, price, OF[near][0], rank, stock))


def _row(
    article: Article, sku: str, variant: str, price: str, product: str, rank: int | None, stock: int
) -> dict[str, object]:
    return {
        "sku": sku,
        "product": product,
        "title": article.title,
        "variant": variant,
        "size_rank": "" if rank is None else rank,
        "price": price,
        "stock": stock,
        "type": article.product_type,
        "weight": article.grams,
        "active": "no" if article.final_sale else "yes",
    }
