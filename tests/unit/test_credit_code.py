"""B4, section 2.6: a target's name in every draw is a code that cannot be mistyped by one place."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import uscc

from inspection.credit_code import SYMBOLS, clean, compose, organisation_check, problem

DIGITS = "0123456789"
prefixes = st.builds(
    lambda head, region: head + region,
    st.text(SYMBOLS, min_size=2, max_size=2),
    st.text(DIGITS, min_size=6, max_size=6),
)
bodies = st.text(SYMBOLS, min_size=8, max_size=8)
codes = st.builds(compose, prefixes, bodies)


@given(codes)
def test_every_composed_code_is_right(code: str) -> None:
    """2.6: both check characters are computed as they are checked, letters in the first two places included."""
    assert problem(code) is None


@given(
    st.builds(compose, st.text(DIGITS, min_size=8, max_size=8), bodies), st.integers(0, 17), st.sampled_from(SYMBOLS)
)
def test_agrees_with_stdnum_where_it_is_right(code: str, place: int, symbol: str) -> None:
    """2.6: with digits in front, what stdnum refuses is never taken; ours differs only by the code inside."""
    changed = code[:place] + symbol + code[place + 1 :]
    assume(changed[:2].isdigit())
    if not uscc.is_valid(changed):
        assert problem(changed) is not None
    elif problem(changed) is not None:
        assert "组织机构代码" in str(problem(changed))


@given(codes, st.integers(0, 17), st.sampled_from(SYMBOLS))
def test_one_mistyped_place_is_always_found(code: str, place: int, symbol: str) -> None:
    """B4: one wrong character never makes another valid code."""
    assume(code[place] != symbol)
    assert problem(code[:place] + symbol + code[place + 1 :]) is not None


@given(codes, st.integers(0, 16))
def test_two_neighbours_swapped_are_found(code: str, place: int) -> None:
    """B4: the commonest slip of a hand."""
    assume(code[place] != code[place + 1])
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert problem(swapped) is not None


def test_letters_in_front_are_allowed() -> None:
    """2.6: python-stdnum wrongly refuses codes whose first places are letters (agriculture N, others Y)."""
    code = compose("N2379999", "MF000001")
    assert problem(code) is None
    assert not uscc.is_valid(code)


@pytest.mark.parametrize(("body", "check"), [("00000000", "0"), ("MA000001", organisation_check(b"MA000001"))])
def test_organisation_check_is_one_character(body: str, check: str) -> None:
    """2.6: GB 11714 writes 10 as X and 11 as 0."""
    assert organisation_check(body.encode()) == check
    assert check in DIGITS + "X"


def test_organisation_check_writes_ten_as_x() -> None:
    """2.6: some bodies end in X."""
    assert "X" in {organisation_check(f"MA{number:06d}".encode()) for number in range(40)}


def test_wrong_organisation_code_inside_is_refused() -> None:
    """2.6: place 18 may fit although the organisation code inside does not; stdnum does not see it."""
    right = compose("91379999", "MA000001")
    wrong_body = right[:16] + ("1" if right[16] != "1" else "2")
    fitted = next(wrong_body + symbol for symbol in SYMBOLS if uscc.is_valid(wrong_body + symbol))
    assert "组织机构代码" in str(problem(fitted))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "应为18位，实为0位"),
        ("91379999MA00001", "应为18位，实为15位"),
        ("91379999MA000001I0", "不允许的字符“I”"),
        ("9137999XMA00000100", "行政区划码"),
        ("9.13799990000001E+17", "当成数字"),
        ("9.1E+17", "当成数字"),
        ("91379999MA00001\x0000", "不允许的字符"),
        ("９137999", "应为18位"),
    ],
)
def test_reason_says_what_to_mend(typed: str, words: str) -> None:
    """B5: every refusal is a Chinese sentence that says what is wrong."""
    assert words in str(problem(typed))


@given(codes)
def test_clean_mends_what_people_type(code: str) -> None:
    """B4: lower case, full width and blanks are one code."""
    wide = "".join(chr(ord(character) + 0xFEE0) for character in code)
    assert clean(code.lower()) == clean(wide) == clean(f" {code[:9]}　{code[9:]}\t") == code


@given(st.text(max_size=30))
def test_any_text_gets_an_answer(text: str) -> None:
    """B5: no cell, however hostile, raises anything."""
    assert problem(clean(text)) is None or isinstance(problem(clean(text)), str)
