"""Final sale means final, where the shop says so."""

from __future__ import annotations

from datetime import datetime

from portal.domain.returns.model import LineFacts, OrderFacts, Policy, Reason, Terms
from portal.domain.words import N_

FINAL = N_("This was sold as final sale, which cannot be returned.")
NOT_FINAL = N_("This was not a final sale.")


def judge(line: LineFacts, order: OrderFacts, terms: Terms, now: datetime) -> Reason:
    if terms.config.final_sale and line.final_sale and not terms.bypass_final_sale:
        return POLICY.reason("final", FINAL, allows=False)
    return POLICY.reason("not_final", NOT_FINAL, allows=True)


POLICY = Policy("final_sale", 1, judge)
