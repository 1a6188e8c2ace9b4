"""Passwords of staff: which are allowed, how they are kept (argon2id, the parameters of argon2-cffi: RFC 9106)."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from portal.domain.words import N_
from portal.errors import InvalidInput

SHORTEST, LONGEST = 12, 256
TOO_SHORT = N_("Please choose a password of at least 12 characters.")
TOO_LONG = N_("Please choose a password of at most 256 characters.")
TOO_COMMON = N_("This password is among the first that anyone would try. A few unrelated words make a good one.")

_hasher = PasswordHasher()  # 64 MiB, three passes, four lanes
# What is left of a weak password without its digits, signs and repetitions.
_WORDS = """password passwort passw passwd admin administrator adminadmin welcome willkommen letmein iloveyou qwerty qwertz
    qwertyuiop qwertzuiop azerty azertyuiop abcdefghijkl abcdefghijklm abc asdfgh asdfghjkl zxcvbnm monkey dragon
    sunshine princess football baseball superman batman trustno changeme secret geheim default test testtest demo
    login guest master root user doorstep support shop"""
_TRIVIAL = frozenset(_WORDS.split())
_RUNS = "01234567890123456789 98765432109876543210 abcdefghijklmnopqrstuvwxyz qwertyuiopasdfghjklzxcvbnm"
_TAIL = "0123456789!?.#$*-_ "
_LETTERS = re.compile(r"[\W\d_]+")
_LEET = str.maketrans("013457@$!", "oleastasi")


def _plain(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def check_new(password: str, *, about: tuple[str, ...] = ()) -> None:
    """Raises InvalidInput for a password that is too short, too long or would be guessed first.

    `about` are words that belong to the person (name, e-mail): a password made of one alone is refused too.
    """
    text = _plain(password)
    if len(text) < SHORTEST:
        raise InvalidInput(TOO_SHORT, "password")
    if len(text) > LONGEST:
        raise InvalidInput(TOO_LONG, "password")
    if _is_trivial(text.casefold(), {w.casefold() for w in about if len(w) > 2}):
        raise InvalidInput(TOO_COMMON, "password")


def _is_trivial(text: str, about: set[str]) -> bool:
    if len(set(text)) < 5 or any(text in run for run in _RUNS.split()):
        return True
    bare = {text, *(_LETTERS.sub("", form) for form in (text, text.rstrip(_TAIL).translate(_LEET)))}
    words = bare | {_unit(word) for word in bare}
    return bool(words & (_TRIVIAL | about | {""}))


def _unit(text: str) -> str:
    """The piece that a repetition repeats: "abcabc" is "abc" twice."""
    again = (text + text).find(text, 1)
    return text[:again] if text else text


def set_cost(hasher: PasswordHasher) -> None:
    """Hash with other parameters from now on: a machine's own, or cheap ones where thousands are made, as in tests.

    What was hashed before stays valid and is hashed anew when its owner signs in.
    """
    global _hasher
    _hasher = hasher
    _hash_of_nobody.cache_clear()


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return _hasher.hash(_plain(password))


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash("nobody has this password")


def verify(password_hash: str | None, password: str) -> bool:
    """Whether it is the password. Without a hash (no such account) the same work is done, and the answer is no."""
    try:
        _hasher.verify(password_hash or _hash_of_nobody(), _plain(password)[: LONGEST + 1])
    except (Argon2Error, InvalidHashError):
        return False
    return password_hash is not None


def outdated(password_hash: str) -> bool:
    """The hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
