"""What a shop's lists say is never taken back: customers, orders and goods. What they say is always taken back wins."""

from __future__ import annotations

from datetime import datetime

from portal.domain.returns.config import ReturnLists
from portal.domain.returns.model import LineFacts, Note, OrderFacts, Policy, Reason, Terms
from portal.domain.returns.shapes import fold
from portal.domain.words import N_

ITEM = N_("We do not take this item back.")
ORDER = N_("Items of this order are not returned on this page. Write to us and we will look at it together.")
DISCOUNT = N_("Items that were bought with this discount cannot be returned.")
ALLOWED = N_("We take this back in any case.")
OPEN = N_("There is nothing against taking this back.")


def judge(line: LineFacts, order: OrderFacts, terms: Terms, now: datetime) -> Reason:
    if terms.allowed_by:
        return POLICY.reason("allowed", ALLOWED, allows=True, list=terms.allowed_by)
    lists = terms.config.lists
    found = [*_of_item(line, lists), *_of_order(order, lists)]
    if not found:
        return POLICY.reason("open", OPEN, allows=True)
    words = list(dict.fromkeys(sentence for _, sentence in found))  # to the shopper each is said once
    return POLICY.reason(
        "blocked",
        words[0],
        allows=False,
        notes=tuple(map(Note, words[1:])),
        list=", ".join(name for name, _ in found),
    )


def _of_item(line: LineFacts, lists: ReturnLists) -> list[tuple[str, str]]:
    found = [("block_skus", ITEM)] if _on(lists.block_skus, line.sku) else []
    return [*found, ("block_product_tags", ITEM)] if _on(lists.block_product_tags, *line.tags) else found


def _of_order(order: OrderFacts, lists: ReturnLists) -> list[tuple[str, str]]:
    hits = {
        ("block_orders", ORDER): _on(lists.block_orders, order.number),
        ("block_order_tags", ORDER): _on(lists.block_order_tags, *order.tags),
        ("block_discount_codes", DISCOUNT): _on(lists.block_discount_codes, *order.discount_codes),
        ("block_customer_tags", ORDER): _on(lists.block_customer_tags, *order.customer.tags),
        ("block_emails", ORDER): "block_emails" in order.customer.lists,
    }
    return [found for found, hit in hits.items() if hit]


def _on(names: tuple[str, ...], *given: str) -> bool:
    return not {fold(name) for name in names}.isdisjoint(map(fold, given))


POLICY = Policy("block_list", 1, judge)
