"""R29: a carrier's feed fails. One case for the feed instead of hundreds for its parcels, whose stall clocks stop."""

from __future__ import annotations

from datetime import timedelta

from portal.domain.delivery_exceptions.base import FeedFacts, Limits, Rule, Severity, Stage, Trouble, Words
from portal.domain.delivery_exceptions.limits import defaults, inputs, number
from portal.domain.words import N_


class CarrierFeedDown(Rule[FeedFacts]):
    id = "R29"
    name = "carrier_feed_down"
    subject = "feed"
    clears_when = "good_polls"
    normal = defaults(failed_share=0.2, min_polls=5, min_failures=3, silent_hours=2, good_polls=3)
    words = Words(
        staff=N_(
            "%(carrier)s has not answered properly since %(down_at)s: %(failures)s of %(polls)s polls failed. "
            "Its parcels are not judged for silence until it answers again."
        ),
        shopper=N_("%(carrier)s does not send news at the moment. We ask again all the time."),
    )

    def trouble(self, facts: FeedFacts, limits: Limits) -> Trouble | None:
        """When the share of failures is reached, or after hours of failures only; over after enough good polls."""
        since = facts.down_since or facts.failing_since or facts.first_failure_at
        if since is None or facts.good_in_a_row >= number(limits, "good_polls"):
            return None
        stages = []
        if facts.down_since is not None or _failing(facts, limits):
            stages.append(Stage(since, Severity.SYSTEM))
        if facts.failing_since is not None:
            silent = timedelta(hours=number(limits, "silent_hours"))
            stages.append(Stage(facts.failing_since + silent, Severity.SYSTEM))
        given = inputs(carrier=facts.carrier, down_at=since)
        given |= inputs(polls=facts.polls, failures=facts.failures)
        return Trouble(since, f"down:{since.isoformat()}", tuple(stages), given)


def _failing(facts: FeedFacts, limits: Limits) -> bool:
    enough = facts.polls >= number(limits, "min_polls") and facts.failures >= number(limits, "min_failures")
    return enough and facts.failures >= number(limits, "failed_share") * facts.polls


RULE = CarrierFeedDown()
