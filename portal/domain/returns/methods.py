"""How a parcel goes back: with a label that the shop buys, or by a carrier of the shopper's own (field: e.3,
`retailer_label` and `customer_courier`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from portal.domain.words import N_

LABEL, OWN_PARCEL = "label", "own_parcel"
QR, DROP_OFF, PICKUP, IN_STORE, KEEP, DONATE = "qr", "drop_off", "pickup", "in_store", "keep", "donate"
LABELLED = frozenset({LABEL, QR, DROP_OFF, PICKUP})  # a label of the shop's is bought for them
NOT_SENT = frozenset({KEEP, DONATE})


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
NONE_POSTAGE = N_("There is no postage.")
QR_WORDS = N_("Show a code on your phone where you hand the parcel in. You need no printer.")
DROP_OFF_WORDS = N_("Take your parcel to a drop-off point, with a prepaid label or the code on your phone.")
PICKUP_WORDS = N_("The carrier comes to your address and takes the parcel along.")
STORE_WORDS = N_("Bring it back to one of our shops. You need no label.")
KEEP_WORDS = N_("Keep it. You get your money without sending anything back.")
DONATE_WORDS = N_("Give it to somebody who can use it. You get your money without sending anything back.")

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        LABEL: (LABEL_WORDS, LABEL_POSTAGE),
        QR: (QR_WORDS, LABEL_POSTAGE),
        DROP_OFF: (DROP_OFF_WORDS, LABEL_POSTAGE),
        PICKUP: (PICKUP_WORDS, LABEL_POSTAGE),
        OWN_PARCEL: (OWN_WORDS, OWN_POSTAGE),
        IN_STORE: (STORE_WORDS, NONE_POSTAGE),
        KEEP: (KEEP_WORDS, NONE_POSTAGE),
        DONATE: (DONATE_WORDS, NONE_POSTAGE),
    }
)


@dataclass(frozen=True, slots=True)
class Means:
    """What the shop and its carriers can do now for a sender in one country."""

    maker: LabelMaker | None
    country: str | None
    has_codes: bool = False  # its carrier gives a code that a counter scans
    has_stores: bool = False
    has_charity: bool = False

    def allow(self, code: str) -> bool:
        """Whether a method is possible here at all."""
        if code in (LABEL, DROP_OFF, PICKUP):
            return self._labels
        known = {
            QR: self._labels and self.has_codes,
            OWN_PARCEL: True,
            IN_STORE: self.has_stores,
            DONATE: self.has_charity,
            KEEP: True,
        }
        return known.get(code, False)

    @property
    def _labels(self) -> bool:
        return self.maker is not None and self.maker.serves(self.country)


def method_of(code: str, maker: LabelMaker | None) -> Method:
    """A method with its words, and the carrier whose label is bought for it."""
    words, postage = WORDS[code]
    return Method(code, words, postage, maker.code if maker is not None and code in LABELLED else "")


def possible(wanted: Sequence[Sequence[str]], means: Means) -> tuple[Method, ...]:
    """The methods that every line allows (`wanted`: of each line) and that are possible, in the first line's order.

    Never empty: where nothing else is possible, a parcel can be sent with a carrier of the shopper's own.
    """
    first, *rest = wanted or [()]
    codes = [code for code in first if means.allow(code) and all(code in other for other in rest)]
    return tuple(method_of(code, means.maker) for code in codes or [OWN_PARCEL])


def method_for(maker: LabelMaker | None, country: str | None) -> Method:
    """The way back from a country. `maker` is the carrier that the shop buys labels from, if it has one."""
    if maker is not None and maker.serves(country):
        return Method(LABEL, LABEL_WORDS, LABEL_POSTAGE, maker.code)
    return Method(OWN_PARCEL, OWN_WORDS, OWN_POSTAGE)
