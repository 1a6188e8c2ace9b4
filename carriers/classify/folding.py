"""A text as the words it is made of, without what its writer's keyboard decided: case, accents, kinds of quotes."""

from __future__ import annotations

import re
import unicodedata

MAX_TEXT = 500  # characters; what a carrier says about one scan is shorter, and the rest is not read
BREAK = "."  # stands among the words where a clause ends

# Scripts that are written without spaces, or whose endings are glued on: each character is a word of its own.
_DENSE = "\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_DENSE}]|[^\W_{_DENSE}]+|[.,;!?:()。、，！？；：（）।؟،—–]|\s-\s")
_WORD = re.compile(rf"[{_DENSE}]|[^\W_{_DENSE}]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Letters that no normal form takes apart.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th"})


def fold(text: str) -> str:
    """Lower case without marks: `Zugestellt für` and `ZUGESTELLT FUR` are the same, and so are `й` and `и`."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    parts = unicodedata.normalize("NFKD", folded)
    bare = "".join(c for c in parts if not unicodedata.combining(c)).translate(_LETTERS)
    return unicodedata.normalize("NFC", bare).casefold()


def tokens(text: str) -> list[str]:
    """The words of a text in order, with `BREAK` where a clause ends. Reads at most `MAX_TEXT` characters.

    Names from programs count as words too: `OUT_FOR_DELIVERY`, `OutForDelivery`.
    """
    cut = text[:MAX_TEXT].strip()
    if not any(c.isspace() for c in cut):
        cut = _HUMP.sub(" ", cut)
    return [t if t.isalnum() or _WORD.fullmatch(t) else BREAK for t in _TOKEN.findall(fold(cut))]


def pieces(phrase: str) -> list[str]:
    """The words of a phrase of ours; `*` stays at the ends of a word, `_` stays alone."""
    found: list[str] = []
    for part in fold(phrase).split():
        dense = _WORD.findall(part)
        found.extend(dense if len(dense) > 1 else [part])
    return found
