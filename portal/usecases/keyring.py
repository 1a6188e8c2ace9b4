"""What is encrypted at rest: AES-GCM under keys made from the installation's secrets, bound to the row it stands in.

The keys come from `PORTAL_KEYRING`, newest first, and from SECRET_KEY (reliability: D11). Whatever is sealed names its
key, so a new secret can be put in front, everything sealed anew, and the old one taken away.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.errors import ConfigError

_NONCE = 12  # bytes; a fresh random one each time
_PURPOSE = b"doorstep: sealed at rest"


class Keyring:
    """Seals with the first key, opens with any. Its representation shows the names of the keys alone."""

    def __init__(self, secret_values: Sequence[bytes]) -> None:
        derived = [_derive(secret) for secret in secret_values]
        self._keys = {kid: AESGCM(key) for kid, key in reversed(derived)}
        self.newest = derived[0][0]

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"

    def seal(self, plain: bytes, *, bound_to: str) -> tuple[str, bytes]:
        """The name of the key and the sealed bytes. They open only for the same `bound_to` (table and row)."""
        nonce = secrets.token_bytes(_NONCE)
        return self.newest, nonce + self._keys[self.newest].encrypt(nonce, plain, bound_to.encode())

    def open(self, kid: str, sealed: bytes, *, bound_to: str) -> bytes:
        """Raises ConfigError for a key that is not here, and for bytes that were changed or moved to another row."""
        if kid not in self._keys:
            raise ConfigError(
                f"Something is sealed with a key that is gone ({kid}). "
                "Put the former SECRET_KEY into PORTAL_KEYRING, behind the present one."
            )
        try:
            return self._keys[kid].decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode())
        except InvalidTag:
            raise ConfigError(f"Something that was sealed for {bound_to} has been changed or moved.") from None


def _derive(secret: bytes) -> tuple[str, bytes]:
    """A key's public name and the key itself; neither leads back to the secret (RFC 5869)."""
    made = HKDF(algorithm=SHA256(), length=36, salt=None, info=_PURPOSE).derive(secret)
    return made[:4].hex(), made[4:]
