"""UPU S10: the last two letters of a number name the country of its origin, whose post tracks it."""

from __future__ import annotations

S10 = "s10"

# By country (ISO 3166), the likeliest first.
POSTS: dict[str, tuple[str, ...]] = {
    "AT": ("austrian_post",),
    "AU": ("australia_post",),
    "BE": ("bpost",),
    "BR": ("correios_brazil",),
    "CA": ("canada_post",),
    "CH": ("swiss_post",),
    "CN": ("china_post",),
    "CZ": ("ceska_posta",),
    "DE": ("dhl_unified", "dhl_parcel_de"),
    "DK": ("postnord",),
    "EE": ("omniva",),
    "ES": ("correos",),
    "FI": ("posti",),
    "FR": ("la_poste",),
    "GB": ("royal_mail",),
    "GR": ("elta",),
    "HK": ("hongkong_post",),
    "HU": ("magyar_posta",),
    "IE": ("an_post",),
    "IL": ("israel_post",),
    "IN": ("india_post",),
    "IT": ("poste_italiane",),
    "JP": ("japan_post",),
    "KR": ("korea_post",),
    "MY": ("pos_malaysia",),
    "NL": ("postnl",),
    "NO": ("bring",),
    "NZ": ("nz_post",),
    "PL": ("poczta_polska",),
    "PT": ("ctt",),
    "RU": ("russian_post",),
    "SE": ("postnord",),
    "SG": ("singapore_post",),
    "TH": ("thailand_post",),
    "TR": ("ptt",),
    "TW": ("chunghwa_post",),
    "UA": ("ukrposhta",),
    "US": ("usps",),
}
# Countries where express items and parcels (the first letter of the number) are another company's.
_ELSEWHERE = {("FR", "E"): "chronopost", ("GB", "E"): "parcelforce", ("GB", "C"): "parcelforce"}


def posts_of(country: str, service: str) -> tuple[str, ...]:
    """Who tracks an item of this origin and service (its first two letters). `post_xx` where no code is known here."""
    other = _ELSEWHERE.get((country, service[:1]))
    return (*POSTS.get(country, (f"post_{country.lower()}",)), *((other,) if other else ()))


def is_post(carrier: str) -> bool:
    """Whether S10 numbers can be this carrier's."""
    return carrier in _ALL


_ALL = frozenset(code for codes in POSTS.values() for code in codes) | frozenset(_ELSEWHERE.values())
