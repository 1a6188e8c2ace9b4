"""What a product is, as far as it decides where something can be too small: shoes have no hips."""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    SHOES = "shoes"
    TOPS = "tops"
    BOTTOMS = "bottoms"
    WHOLE = "whole"  # dresses, suits: worn from top to bottom
    THING = "thing"  # not worn
    UNKNOWN = "unknown"  # nobody said what it is


# The ends of words that name it, in the languages that catalogues are mostly written in. German writes them together
# ("Damenschuhe"), English mostly too ("sweatshirts"); a short word has to stand alone, or a laptop would be a top.
_ENDS = {
    Kind.SHOES: "shoe shoes boot boots sneaker sneakers trainers sandal sandals slipper slippers footwear loafers heels "
    "schuh schuhe stiefel sandalen hausschuhe chaussures bottes baskets zapatos botas scarpe buty обувь ботинки أحذية",
    Kind.TOPS: "shirt shirts blouse blouses sweater sweaters jumper jumpers hoodie hoodies jacket jackets coat coats "
    "cardigan cardigans vest vests bra bras tops pullover pullovers knitwear hemd hemden bluse blusen jacke jacken mantel "
    "mäntel weste westen chemises vestes pulls camisas chaquetas рубашки куртки قمصان",
    Kind.BOTTOMS: "trousers pants jeans shorts skirt skirts leggings chinos joggers briefs hose hosen rock röcke "
    "pantalons jupes pantalones faldas брюки юбки سراويل",
    Kind.WHOLE: "dress dresses suit suits jumpsuit jumpsuits overalls swimsuit swimsuits swimwear clothing clothes "
    "apparel kleid kleider anzug anzüge kleidung bekleidung robes vestidos ropa платья одежда فساتين ملابس",
}


def kind_of(product_type: str | None) -> Kind:
    """The kind that a shop's own name of a product type tells, "Men's running shoes" for one."""
    words = re.findall(r"\w+", (product_type or "").casefold())
    if not words:
        return Kind.UNKNOWN
    for kind, ends in _ENDS.items():
        if any(word.endswith(end) and (word == end or len(end) > 4) for word in words for end in ends.split()):
            return kind
    return Kind.THING
