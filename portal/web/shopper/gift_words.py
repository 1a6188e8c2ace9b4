"""Where a present's return stands, in one sentence, and what is wrong with its pictures."""

from __future__ import annotations

from portal.domain.returns.methods import OWN_PARCEL
from portal.domain.words import N_
from portal.usecases.returns.gift_views import GiftPage

_PARCEL = {
    "lost": N_("Your parcel has gone missing on its way to us"),
    "delivered_to_us": N_("Your parcel has reached us"),
    "in_transit": N_("Your parcel is on its way to us"),
    "label_ready": N_("Your return label is ready"),
    "label_lapsed": N_("Your return label is no longer good"),
}


def headline(page: GiftPage) -> str:
    """The answer first, as a message id."""
    if page.decision == "cancelled":
        return N_("This return was called off")
    if page.decision == "submitted":
        return N_("We are looking at your return")
    if page.credit_code:
        return N_("Your store credit is ready")
    if page.money in ("due", "paid"):
        return N_("We have received your parcel")
    if page.decision != "approved":
        return N_("This return is closed")
    if page.parcel not in _PARCEL and page.method == OWN_PARCEL:
        return N_("Now send your parcel to us")
    return _PARCEL.get(page.parcel, N_("Your return is registered, the label follows"))
