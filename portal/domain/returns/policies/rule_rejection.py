"""A rule of the shop says no. Every rule that does is named, and the shopper reads each one's own words."""

from __future__ import annotations

from datetime import datetime

from portal.domain.returns.model import Applied, LineFacts, Note, OrderFacts, Policy, Reason, Terms
from portal.domain.words import N_

REJECTED = N_("We cannot take this back here. Write to us if you have a question about it.")
NO_RULE = N_("No rule of the shop speaks against it.")


def judge(line: LineFacts, order: OrderFacts, terms: Terms, now: datetime) -> Reason:
    hiding = tuple(a for a in terms.applied if a.action == "hide" and a.value)
    against = (*terms.rejected_by, *hiding)
    if not against:
        return POLICY.reason("none", NO_RULE, allows=True)
    spoken: list[Applied] = []
    for applied in against:  # several without words of their own say one general sentence
        if applied.says not in [other.says for other in spoken]:
            spoken.append(applied)
    return POLICY.reason(
        "rejected" if terms.rejected_by else "hidden",
        REJECTED,
        allows=False,
        says=spoken[0].says,
        notes=tuple(Note(REJECTED, says=applied.says) for applied in spoken[1:]),
        rules=", ".join(dict.fromkeys(applied.source for applied in against)),
    )


POLICY = Policy("rule_rejection", 1, judge)
