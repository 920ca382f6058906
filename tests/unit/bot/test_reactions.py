"""The decision table of WeCom's and WeChat's answers, row by row."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reactions import (
    BUSY_TRIES,
    LONGEST_DELAY,
    MOST_TRIES,
    Accepted,
    Failure,
    GiveUp,
    RefreshToken,
    RetryAfter,
    Stop,
    Unknown,
    after_refresh,
    back_off,
    react,
)
from inspection.notices import Channel


@pytest.mark.parametrize(
    ("codes", "reaction"),
    [
        ([0], Accepted),
        ([-1, 6000, 45009, 45033], RetryAfter),
        ([40014, 42001], RefreshToken),
        ([40001, 40013, 40091], Stop),
        ([40056, 301002, 60020, 48002, 50003, 50001, 80001, 301007], Stop),
        ([40007, 40029, 42003, 60140, 41001, 82001, 82002, 82003, 86001, 86003, 86216, 40050], GiveUp),
        ([40058, 40063, 44004, 45002, 45008, 40008], GiveUp),
        ([60011, 60111, 40003, 46004, 81013], GiveUp),
        ([12345, 99999], GiveUp),
    ],
)
def test_every_row_of_the_wecom_table(codes: list[int], reaction: type) -> None:
    """Wecom.md 2.8: each code has its reaction; one that no table knows is for a person."""
    for code in codes:
        assert isinstance(react(code, 1), reaction), code


def test_who_cannot_be_reached_is_told_from_what_cannot_be_said() -> None:
    """Wecom.md 2.8: an absent member is not a broken message, and only a broken one is tried in plainer form."""
    for code in (60011, 60111, 40003, 46004, 81013):
        assert react(code, 1) == GiveUp(why="recipient-unreachable", unreachable=True)
    for code in (40058, 40063, 44004, 45002, 45008, 40008):
        reaction = react(code, 1)
        assert isinstance(reaction, GiveUp)
        assert (reaction.form, reaction.unreachable) == (True, False)


def test_the_same_code_means_different_things_to_the_two_vendors() -> None:
    """Wecom.md 2.8, 3: 40001 is a wrong secret in WeCom (stop) and an old token in WeChat (refresh)."""
    assert isinstance(react(40001, 1, Channel.WECOM), Stop)
    assert isinstance(react(40001, 1, Channel.WECHAT), RefreshToken)
    assert isinstance(react(40125, 1, Channel.WECHAT), Stop)
    assert react(43101, 1, Channel.WECHAT) == GiveUp(why="recipient-unreachable", unreachable=True)
    assert react(47003, 1, Channel.WECHAT) == GiveUp(why="bad-request")


def test_busy_is_asked_three_times_and_no_more() -> None:
    """Wecom.md 2.8: -1 is retried at most three times."""
    assert [isinstance(react(-1, n), RetryAfter) for n in range(1, 6)] == [True, True, True, False, False]
    assert react(-1, BUSY_TRIES + 1) == GiveUp(why="busy")


def test_a_frequency_limit_rests_the_whole_api() -> None:
    """Wecom.md 2.8: 45009 stops this api until its window ends; 45033 concerns this call alone."""
    assert react(45009, 1) == RetryAfter(delay=timedelta(seconds=60), pause=True)
    concurrent = react(45033, 1)
    assert isinstance(concurrent, RetryAfter)
    assert not concurrent.pause


def test_a_lost_answer_is_not_a_refusal() -> None:
    """Reliability 2.3: sent without an answer is its own outcome; not sent is a plain retry; a stop stays a stop."""
    assert react(Failure.LOST, 1) == Unknown(delay=back_off(1))
    assert react(Failure.NOT_SENT, 1) == RetryAfter(delay=back_off(1))
    assert isinstance(react(Failure.STOPPED, 1), Stop)


def test_a_second_refused_token_does_not_go_round_and_round() -> None:
    """Wecom.md 1.4, 2.8: the SDK's own retry has no end; ours rests, rests longer, and ends with a person."""
    first = after_refresh(RefreshToken(), 1)
    assert first == RetryAfter(delay=timedelta(seconds=60), pause=True)
    later = after_refresh(RefreshToken(), 20)
    assert isinstance(later, RetryAfter)
    assert later.delay == LONGEST_DELAY
    assert after_refresh(RefreshToken(), MOST_TRIES) == GiveUp(why="too-many-tries")
    assert after_refresh(Accepted(), 9) == Accepted()


@given(st.integers(-10, 400_000) | st.sampled_from(list(Failure)), st.integers(1, 500), st.sampled_from(list(Channel)))
def test_every_answer_comes_to_an_end(code: int | Failure, attempts: int, channel: Channel) -> None:
    """Reliability 5 (6): no retry storm: delays are bounded, and so are the tries of what was certainly not taken."""
    reaction = react(code, attempts, channel)
    if isinstance(reaction, RetryAfter | Unknown):
        assert timedelta(0) < reaction.delay <= LONGEST_DELAY
    if isinstance(reaction, RetryAfter):
        assert attempts < MOST_TRIES
