"""Kinds of goods that a shop does not take back, such as underwear or made to order."""

from __future__ import annotations

from datetime import datetime

from portal.domain.returns.model import LineFacts, OrderFacts, Policy, Reason, Terms
from portal.domain.words import N_

EXCLUDED = N_("We cannot take back items of this kind (%(product_type)s).")
TAKEN = N_("We take back items of this kind.")


def judge(line: LineFacts, order: OrderFacts, terms: Terms, now: datetime) -> Reason:
    kind = (line.product_type or "").strip()
    if kind and kind.casefold() in {excluded.strip().casefold() for excluded in terms.config.excluded_product_types}:
        return POLICY.reason("excluded", EXCLUDED, allows=False, product_type=kind)
    return POLICY.reason("taken", TAKEN, allows=True)


POLICY = Policy("excluded_product_type", 1, judge)
