"""How a parcel goes back: with a label that the shop buys, or by a carrier of the shopper's own (field: e.3,
`retailer_label` and `customer_courier`)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.words import N_

LABEL, OWN_PARCEL = "label", "own_parcel"


@dataclass(frozen=True, slots=True)
class LabelMaker:
    """A carrier that sells return labels. It takes parcels in `countries` (ISO 3166 alpha-2); none named: everywhere."""

    code: str
    countries: tuple[str, ...] = ()

    def serves(self, country: str | None) -> bool:
        """Whether a sender there can hand a parcel in. Where the sender's country is unknown, none can be printed."""
        return country is not None and (not self.countries or country in self.countries)


@dataclass(frozen=True, slots=True)
class Method:
    """One way back. `words` say how it goes, `postage` who pays; `carrier` is the code of the one whose label is
    bought for it, empty when there is no label."""

    code: str
    words: str
    postage: str
    carrier: str = ""


LABEL_WORDS = N_("Drop your parcel off with a prepaid label. Print it, or show the code on your phone.")
LABEL_POSTAGE = N_("You pay no postage.")
OWN_WORDS = N_(
    "Send it with a carrier of your choice. You get our address and a number to write on the parcel as soon as the "
    "return is registered."
)
OWN_POSTAGE = N_("You pay the postage.")


def method_for(maker: LabelMaker | None, country: str | None) -> Method:
    """The way back from a country. `maker` is the carrier that the shop buys labels from, if it has one."""
    if maker is not None and maker.serves(country):
        return Method(LABEL, LABEL_WORDS, LABEL_POSTAGE, maker.code)
    return Method(OWN_PARCEL, OWN_WORDS, OWN_POSTAGE)
