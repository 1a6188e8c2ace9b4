"""Other scripts in letters that plain fonts have."""

from __future__ import annotations

import unicodedata
from typing import Final

_ARABIC_SOUNDS: Final = "a b t th j h kh d dh r z s sh s d t z 'a gh f q k l m n h w y a a ' a i aa u e"
_ARABIC: Final = dict(zip("ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءأإآؤئ", _ARABIC_SOUNDS.split(), strict=True))
_CYRILLIC_SOUNDS: Final = "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch . y . e yu ya i ye yi g"
_CYRILLIC: Final = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюяієїґ", _CYRILLIC_SOUNDS.split(), strict=True))
_ASCII: Final = {
    "ß": "ss",
    "æ": "ae",
    "Æ": "AE",
    "ø": "o",
    "Ø": "O",
    "ı": "i",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "×": "x",
}


def latin(text: str) -> str:
    """`text` in letters that the built-in fonts have: accents kept where they can be, other scripts spelled out."""
    return "".join(_spelled(char) for char in unicodedata.normalize("NFC", text))


def _spelled(char: str) -> str:
    if ord(char) < 256:
        return char
    if char in _ARABIC:
        return _ARABIC[char]
    if char.lower() in _CYRILLIC:
        spelled = _CYRILLIC[char.lower()].replace(".", "")
        return spelled if char.islower() else spelled.capitalize()
    if unicodedata.combining(char):
        return ""
    base = unicodedata.normalize("NFKD", char)[0]
    return base if ord(base) < 256 else "?"


def ascii_only(text: str) -> str:
    """`text` without a single accent, for fonts that have none."""
    return "".join(_without_accent(char) for char in latin(text))


def _without_accent(char: str) -> str:
    if char.isascii():
        return char
    base = unicodedata.normalize("NFKD", char)[0]
    return _ASCII.get(char, base if base.isascii() else "?")
