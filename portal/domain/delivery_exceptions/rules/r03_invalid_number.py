"""R03: the carrier keeps saying it does not know the number, or its check digit is wrong."""

from __future__ import annotations

from datetime import timedelta

from carriers.model import Status
from portal.domain.delivery_exceptions.base import BOTH, Facts, Limits, Rule, Severity, Stage, Trouble, Words
from portal.domain.delivery_exceptions.limits import defaults, inputs, number, other_words
from portal.domain.words import N_


class InvalidNumber(Rule[Facts]):
    id = "R03"
    name = "invalid_number"
    directions = BOTH
    clears_when = "data_arrived"
    moot_when_cancelled = True
    normal = defaults(polls=3, hours_apart=12)
    words = Words(
        staff=N_(
            "%(carrier)s has answered %(polls)s times since %(first_asked_at)s that it does not know this number. "
            "Compare it with the label and correct it."
        ),
        shopper=N_("%(carrier)s does not show your parcel yet. We are checking the tracking number."),
    )
    variants = other_words(
        check_digit=Words(
            staff=N_("The check digit of the tracking number is wrong for %(carrier)s. Compare it with the label."),
            shopper=N_("%(carrier)s does not show your parcel yet. We are checking the tracking number."),
        ),
    )

    def trouble(self, facts: Facts, limits: Limits) -> Trouble | None:
        """At once on a wrong check digit; else after the polls, the first and the last far enough apart."""
        if facts.status is not Status.PENDING or facts.scans:
            return None
        given = inputs(carrier=facts.carrier, polls=facts.unknown.polls)
        if facts.number_valid is False:
            stage = Stage(facts.created_at, Severity.MEDIUM, "check_digit")
            return Trouble(facts.created_at, "check_digit", (stage,), given)
        first, last, polls = facts.unknown.first_at, facts.unknown.last_at, number(limits, "polls")
        apart = timedelta(hours=number(limits, "hours_apart")) * (polls - 1)
        if first is None or last is None or facts.unknown.polls < polls or last - first < apart:
            return None
        stage = Stage(last, Severity.MEDIUM)
        return Trouble(first, "unknown", (stage,), given | inputs(first_asked_at=first))


RULE = InvalidNumber()
