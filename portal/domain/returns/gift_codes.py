"""How a gift code is written: 12 symbols of 32, so 60 bits, that a person can read out and type. Pure.

No letters that are taken for others: I, L, O and U are missing, and whoever types them is understood.
"""

from __future__ import annotations

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH, GROUP = 12, 4
BITS = 5 * LENGTH
_READ_AS = str.maketrans("ILOU", "110V")
LONGEST = 64


def spell(number: int) -> str:
    """The code of a random number of 60 bits: "7KQ2-M0XD-93FA"."""
    symbols = "".join(SYMBOLS[number >> 5 * place & 31] for place in reversed(range(LENGTH)))
    return "-".join(symbols[n : n + GROUP] for n in range(0, LENGTH, GROUP))


def read(typed: str) -> str:
    """A code as it is looked up, however it was typed: letters and digits, upper case, look-alikes read as what they
    look like. Not every text is a code; whether this one is, the look-up says."""
    plain = "".join(char for char in typed[:LONGEST].upper() if char.isascii() and char.isalnum())
    return plain.translate(_READ_AS)


def is_hard_to_guess(code: str) -> bool:
    """Whether a code that was made elsewhere is as long as ours: shorter ones could be found by trying."""
    return len(read(code)) >= LENGTH
