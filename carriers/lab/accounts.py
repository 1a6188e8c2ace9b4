"""What a caller must know to be let in. These are no secrets: they open nothing but the lab.

`Lab.base_url(code)` is `http://127.0.0.1:<port>/<code>`; below it each carrier's own paths begin, also where the real
one spreads them over several hosts. `token` is another name of `api_key` where carriers call it so.
"""

from __future__ import annotations

from typing import Final

PLATFORM_TOKENS: Final = {"shopify": "lab-shopify-token"}

LAB_CREDENTIALS: Final[dict[str, dict[str, str]]] = {
    "ups": {"client_id": "lab-ups", "client_secret": "lab-ups-secret", "account_number": "A4B917"},
    "fedex": {"client_id": "lab-fedex", "client_secret": "lab-fedex-secret", "account_number": "510087240"},
    "usps": {
        "client_id": "lab-usps",
        "client_secret": "lab-usps-secret",
        "crid": "12345678",
        "mid": "901234567",
        "account_number": "1000000001",
    },
    "dhl_unified": {"api_key": "lab-dhl-key"},
    # The user is also the appname of the tracking XML.
    "dhl_parcel_de": {
        "api_key": "lab-parcel-key",
        "api_secret": "lab-parcel-secret",
        "username": "lab-parcel",
        "password": "lab-parcel-password",
        "receiver_id": "deu",
    },
    "dhl_express": {"username": "lab-express", "password": "lab-express-password", "account_number": "123456789"},
    "canada_post": {"username": "lab-canada", "password": "lab-canada-password", "customer_number": "0002004381"},
    "gls": {"client_id": "lab-gls", "client_secret": "lab-gls-secret", "contact_id": "276a1b2c3d"},
    "hermes_de": {
        "client_id": "lab-hermes",
        "client_secret": "lab-hermes-secret",
        "username": "lab-hermes-user",
        "password": "lab-hermes-password",
    },
    "cdek": {"client_id": "lab-cdek", "client_secret": "lab-cdek-secret", "tariff_code": "137"},
    "easypost": {"api_key": "lab-easypost-key"},
    "shippo": {"api_key": "lab-shippo-token", "api_token": "lab-shippo-token", "token": "lab-shippo-token"},
    "karrio": {"api_key": "lab-karrio-key", "token": "lab-karrio-key"},
    "aftership": {"api_key": "lab-aftership-key"},
    "17track": {"api_key": "lab-17track-key", "token": "lab-17track-key"},
    "royal_mail": {"client_id": "lab-royal", "client_secret": "lab-royal-secret"},
    "australia_post": {"api_key": "lab-auspost", "password": "lab-auspost-password", "account_number": "0000123456"},
    "la_poste": {"api_key": "lab-okapi-key"},
    "postnl": {"api_key": "lab-postnl-key"},
    "dpd": {"delis_id": "lab-dpd", "password": "lab-dpd-password"},
    "russian_post": {"login": "lab-russian", "password": "lab-russian-password"},
}

DEMO: Final = ("ups", "fedex", "usps", "dhl_unified", "dhl_parcel_de")  # the carriers of the demo's two shops
