"""OAuth tokens that expire."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

LIFETIMES: Final = {
    "ups": 14399,
    "fedex": 3599,
    "usps": 28799,
    "usps_payment": 28799,
    "dhl_parcel_de": 1799,
    "gls": 14400,
    "hermes_de": 3600,
    "cdek": 3599,
    "karrio": 1800,
    "dpd": 86400,
}


class TokenDesk:
    """Issues bearer tokens and knows which are still good. `now` is the clock the seconds are counted on."""

    def __init__(self, now: Callable[[], datetime], salt: str, lifetimes: Mapping[str, int] | None = None) -> None:
        self._now = now
        self._salt = salt
        self.lifetimes = {**LIFETIMES, **(lifetimes or {})}
        self.issued: Counter[str] = Counter()
        self._good: dict[tuple[str, str], datetime] = {}
        self._lock = Lock()

    def issue(self, carrier: str) -> tuple[str, int]:
        """A new token and the seconds it lives."""
        with self._lock:
            self.issued[carrier] += 1
            name = f"{self._salt}/{carrier}/{self.issued[carrier]}/{self._now().isoformat()}"
            token = hashlib.sha256(name.encode()).hexdigest()
            self._good[carrier, token] = self._now() + timedelta(seconds=self.lifetimes[carrier])
        return token, self.lifetimes[carrier]

    def admits(self, carrier: str, authorization: str | None) -> bool:
        """Whether an Authorization header carries a token of this carrier that has not expired."""
        scheme, _, token = (authorization or "").partition(" ")
        ends = self._good.get((carrier, token.strip()))
        return scheme.lower() == "bearer" and ends is not None and self._now() < ends

    def expire_all(self) -> None:
        """Every token issued so far is worthless from now on."""
        with self._lock:
            self._good.clear()


def basic_credentials(authorization: str | None) -> tuple[str, str]:
    """User and password of a Basic header; two empty strings when it is not one."""
    scheme, _, rest = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password
