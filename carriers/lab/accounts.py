"""What a caller must know to be let in. These are no secrets: they open nothing but the lab."""

from __future__ import annotations

from typing import Final

LAB_CREDENTIALS: Final[dict[str, dict[str, str]]] = {
    "ups": {"client_id": "lab-ups", "client_secret": "lab-ups-secret"},
    "fedex": {"client_id": "lab-fedex", "client_secret": "lab-fedex-secret"},
    "usps": {
        "client_id": "lab-usps",
        "client_secret": "lab-usps-secret",
        "crid": "12345678",
        "mid": "901234567",
        "account_number": "1000000001",
    },
    "dhl_unified": {"api_key": "lab-dhl-key"},
}

CARRIERS: Final = tuple(LAB_CREDENTIALS)
