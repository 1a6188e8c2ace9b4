"""How a parcel goes back."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.shop_config import ReturnPolicyConfig
from portal.domain.words import N_


@dataclass(frozen=True, slots=True)
class Method:
    """One way back. `carrier` is the code of the carrier whose label is bought for it."""

    code: str
    words: str
    carrier: str


LABEL_WORDS = N_("Drop your parcel off with a prepaid label. Print it, or show the code on your phone.")


def methods(config: ReturnPolicyConfig) -> tuple[Method, ...]:
    """The ways that this shop offers, the preferred one first."""
    return (Method("label", LABEL_WORDS, config.label_carrier),)
