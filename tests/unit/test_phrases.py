"""What people write to the app, understood (issue 5): forgiving to hands on a phone, never clever."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.phrases import PHRASES, Word, days_in, understand

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize("word", list(Word))
def test_every_word_is_understood_as_it_is_taught(word: Word) -> None:
    """F3: what the help teaches works, and so does every phrase of the table, each for one word only."""
    assert understand(word.value).word is word
    for phrase in PHRASES[word]:
        assert understand(phrase).word is word, phrase


@pytest.mark.parametrize(
    ("text", "word", "rest"),
    [
        ("　任务　", Word.TASKS, ""),
        ("任 务！", Word.TASKS, ""),
        ("我今天有什么任务？", Word.TODAY, ""),
        ("ＪＴ", Word.TODAY, ""),
        ("查企业　惠民大药房", Word.COMPANY, "惠民大药房"),
        ("帮我查企业：惠民 大药房", Word.COMPANY, "惠民 大药房"),
        ("查 惠民大药房", Word.COMPANY, "惠民大药房"),
        ("请假3月5日到3月6日", Word.LEAVE, "3月5日到3月6日"),
        ("完成率是多少", Word.PROGRESS, ""),
        ("签倒", Word.CHECK_IN, ""),
        ("任物", Word.TASKS, ""),
        ("务任", Word.TASKS, ""),
        ("会避", Word.RECUSE, ""),
        ("申请回壁", Word.RECUSE, ""),
        ("我的的任务", Word.TASKS, ""),
        ("???", Word.HELP, ""),
        ("怎么用？", Word.HELP, ""),
        ("帮助", Word.HELP, ""),
        ("催办 市场监管局", Word.URGE, "市场监管局"),
    ],
)
def test_hands_on_a_phone(text: str, word: Word, rest: str) -> None:
    """Full width, blanks, marks, politeness, small talk, homophones, swapped characters."""
    said = understand(text)
    assert (said.word, said.rest) == (word, rest)


@pytest.mark.parametrize(
    "text",
    ["", "　", "。。。", "吃饭", "查了一下午没有问题", "老板说材料都准备好了我们下午两点可以过去吗", "🙂", "x" * 5000],
)
def test_what_is_no_command_is_none(text: str) -> None:
    """A word of two characters that differs by one from a command is no command; a long sentence is none either."""
    assert understand(text).word is None


def test_what_comes_near_is_guessed_and_not_done() -> None:
    said = understand("任务单子")
    assert said.word is Word.TASKS or "任务" in said.guesses


@given(st.text(max_size=300))
def test_nothing_that_is_written_breaks_it(text: str) -> None:
    said = understand(text)
    assert said.word is None or said.word in Word


def test_days_are_read_as_people_write_them() -> None:
    """A day without a year is the next such day; a day that is none is left out."""
    assert days_in("3月5日到2026-3-6", TODAY) == (date(2026, 3, 5), date(2026, 3, 6))
    assert days_in("明天", TODAY) == (date(2026, 3, 3),)
    assert days_in("1.5", TODAY) == (date(2027, 1, 5),)
    assert days_in("2月30日", TODAY) == ()
    assert days_in("2月29日", date(2028, 3, 1)) == (date(2029, 3, 1),)
