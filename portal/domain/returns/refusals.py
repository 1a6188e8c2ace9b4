"""Why a person turns a return down, in words that its shopper can read. Shopify's decline reasons map onto the first two
and the last (field: e.5). Codes are never deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from portal.domain.words import N_


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way to say no. `name` is what staff choose, `words` what the shopper reads: both message ids.

    Where `needs_words` holds, the person who turns it down has to say why in a sentence of their own.
    """

    code: str
    name: str
    words: str
    needs_words: bool = False


OTHER = "other"

REFUSALS: Mapping[str, Refusal] = MappingProxyType(
    {
        one.code: one
        for one in (
            Refusal(
                "period_ended",
                N_("The return period has ended"),
                N_("The time in which these items could be sent back is over."),
            ),
            Refusal(
                "final_sale",
                N_("Final sale"),
                N_("These items were sold as final sale and cannot be sent back."),
            ),
            Refusal(
                "not_as_described",
                N_("The items are not as the shopper described them"),
                N_("What you told us or showed us does not fit what we know of these items."),
            ),
            Refusal(
                "used",
                N_("Used or damaged by the shopper"),
                N_("The items were used or damaged, so that we cannot take them back."),
            ),
            Refusal(
                "photo_missing",
                N_("Nothing can be seen on the photos"),
                N_("We could not see on the photos what is wrong. Send the return in again with clearer photos."),
            ),
            Refusal(
                "hygiene",
                N_("Opened, and cannot be sold again for reasons of hygiene"),
                N_("The items were opened, and for reasons of hygiene we cannot take them back."),
            ),
            Refusal(OTHER, N_("Another reason"), N_("We cannot take these items back."), needs_words=True),
        )
    }
)


def words_of(code: str | None) -> str:
    """The message id of what the shopper reads; the general words for a code that is not known (any more)."""
    return REFUSALS.get(code or "", REFUSALS[OTHER]).words
