"""Returns come from the countries that the shop names; a shop that names none takes them from everywhere."""

from __future__ import annotations

from datetime import datetime

from portal.domain.returns.model import LineFacts, OrderFacts, Policy, Reason, Terms
from portal.domain.words import N_

NOT_FROM = N_("We cannot take returns from %(country)s here. Write to us and we will find a way.")
FROM_UNKNOWN = N_("We do not know which country this was sent to. Write to us and we will find a way.")
FROM_HERE = N_("We take returns from this country.")


def judge(line: LineFacts, order: OrderFacts, terms: Terms, now: datetime) -> Reason:
    if not terms.config.countries or order.country in terms.config.countries:
        return POLICY.reason("served", FROM_HERE, allows=True)
    if not order.country:
        return POLICY.reason("unknown", FROM_UNKNOWN, allows=False)
    return POLICY.reason("not_served", NOT_FROM, allows=False, country=order.country)


POLICY = Policy("country", 1, judge)
