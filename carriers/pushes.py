"""Whether a push comes from the carrier: what its signature schemes have in common. Pure, in constant time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime

from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind

TOLERANCE = 300.0  # seconds that a signed time may lie off ours, either way


def hmac_sha256(secret: str, message: bytes) -> bytes:
    """HMAC-SHA256 with the secret as UTF-8."""
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()


def same_hex(given: str | None, wanted: bytes) -> bool:
    """Whether a header holds these bytes in hexadecimal, in either case."""
    return hmac.compare_digest((given or "").strip().lower().encode(), wanted.hex().encode())


def same_base64(given: str | None, wanted: bytes) -> bool:
    """Whether a header holds these bytes in base64."""
    try:
        found = base64.b64decode((given or "").strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(found, wanted)


def same_text(given: str | None, wanted: str) -> bool:
    """Whether a header holds a value that was agreed on. An empty value is never agreed on."""
    return bool(wanted) and hmac.compare_digest((given or "").encode(), wanted.encode())


def timely(seconds: str | None, now: datetime) -> bool:
    """Whether a signed time, in seconds of the Unix epoch, lies within the tolerance of `now` (aware)."""
    if not seconds or not seconds.isascii() or not seconds.isdigit() or len(seconds) > 12:
        return False
    return abs(now.astimezone(UTC).timestamp() - int(seconds)) <= TOLERANCE


def require(proven: bool, carrier: str) -> bool:
    """True, or CarrierError(auth) for a push that does not prove its origin."""
    if not proven:
        raise CarrierError(ErrorKind.AUTH, f"A push for {carrier} does not prove its origin.")
    return True


def bearer(push: RawAnswer) -> str | None:
    """The value of `Authorization`, without its scheme."""
    scheme, _, value = (push.header("Authorization") or "").partition(" ")
    return value.strip() or scheme or None
