"""What is sealed opens with its key, for its row, and otherwise not at all."""

from __future__ import annotations

import pytest

from portal.errors import ConfigError
from portal.usecases.keyring import Keyring

OLD, NEW = b"the former secret of this installation", b"the coming secret of this installation"
ROW = "carrier_accounts 7"


def test_what_is_sealed_opens_again() -> None:
    ring = Keyring([OLD])
    kid, sealed = ring.seal(b"hush", bound_to=ROW)
    assert ring.open(kid, sealed, bound_to=ROW) == b"hush"
    assert b"hush" not in sealed


def test_the_same_sealed_twice_looks_different() -> None:
    ring = Keyring([OLD])
    assert ring.seal(b"hush", bound_to=ROW)[1] != ring.seal(b"hush", bound_to=ROW)[1]


def test_it_does_not_open_in_another_row() -> None:
    ring = Keyring([OLD])
    kid, sealed = ring.seal(b"hush", bound_to=ROW)
    with pytest.raises(ConfigError, match="changed or moved"):
        ring.open(kid, sealed, bound_to="carrier_accounts 8")


def test_it_does_not_open_when_a_bit_was_changed() -> None:
    ring = Keyring([OLD])
    kid, sealed = ring.seal(b"hush", bound_to=ROW)
    with pytest.raises(ConfigError, match="changed or moved"):
        ring.open(kid, sealed[:-1] + bytes([sealed[-1] ^ 1]), bound_to=ROW)


def test_with_a_new_key_in_front_the_old_one_still_opens() -> None:
    kid, sealed = Keyring([OLD]).seal(b"hush", bound_to=ROW)
    ring = Keyring([NEW, OLD])
    assert ring.open(kid, sealed, bound_to=ROW) == b"hush"
    assert ring.seal(b"hush", bound_to=ROW)[0] == ring.newest != kid


def test_a_key_that_is_gone_is_named_with_what_to_do() -> None:
    kid, sealed = Keyring([OLD]).seal(b"hush", bound_to=ROW)
    with pytest.raises(ConfigError, match=rf"{kid}.*PORTAL_KEYRING"):
        Keyring([NEW]).open(kid, sealed, bound_to=ROW)


def test_a_keyring_shows_names_and_no_secrets() -> None:
    said = repr(Keyring([NEW, OLD]))
    assert "secret" not in said
    assert Keyring([NEW]).newest in said
