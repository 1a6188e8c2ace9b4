"""How gift codes are written and read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.returns.gift_codes import BITS, SYMBOLS, is_hard_to_guess, read, spell


@given(st.integers(0, 2**BITS - 1))
def test_a_code_is_twelve_symbols_that_nobody_mixes_up_and_reads_back_as_itself(number: int) -> None:
    code = spell(number)
    assert [len(group) for group in code.split("-")] == [4, 4, 4]
    plain = code.replace("-", "")
    assert set(plain) <= set(SYMBOLS)
    assert not set(plain) & set("ILOU")
    assert read(code) == plain


def test_there_are_as_many_codes_as_sixty_bits_say() -> None:
    assert BITS >= 60
    assert spell(0) == "0000-0000-0000"
    assert spell(2**BITS - 1) == "ZZZZ-ZZZZ-ZZZZ"
    assert len({spell(1 << place) for place in range(BITS)}) == BITS


def test_what_looks_alike_is_read_alike_however_it_is_typed() -> None:
    assert read("7kq2 m0xd 93fa") == read("7KQ2-MOXD-93FA") == "7KQ2M0XD93FA"
    assert read("il1o-0") == "11100"
    assert read("٧-é!") == ""


def test_a_short_code_from_elsewhere_could_be_found_by_trying() -> None:
    assert is_hard_to_guess("ABCD-EFGH-JKMN")
    assert not is_hard_to_guess("GIFT-2026")
