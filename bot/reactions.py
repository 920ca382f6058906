"""Every answer of WeCom and WeChat is judged here, and nowhere else.

errcode | Failure -> react -> Accepted | RefreshToken | RetryAfter | Unknown | GiveUp | Stop

"Only system failures should be retried; for the rest look for the cause" (WeCom 90313): a code that no table knows is
given up and shown to a person. Judged by the code, never by the text (shared facts: wecom.md 2.8 and 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from inspection.notices import Channel

FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=20)
WINDOW = timedelta(seconds=60)  # a frequency limit's penalty lasts one window
BUSY_TRIES = 3  # -1: "retry at most three times"
MOST_TRIES = 100  # a day and more at the longest delay; then a person has to look
STOPPED_FOR = timedelta(hours=1)  # a wrong secret repeated bans the IP for an hour; one try an hour cannot


class Failure(Enum):
    """How a call ended without an errcode."""

    NOT_SENT = "not-sent"  # no connection: it certainly was not taken
    LOST = "lost"  # sent, and no readable answer: it may have been taken
    STOPPED = "stopped"  # not even tried: an alarm stands (see `Stop`)


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """Taken; who of the recipients was left out stands in the answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RefreshToken:
    """The token is no longer good: fetch one, say the same once more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryAfter:
    """Certainly not taken: the same again after `delay`.

    `pause`: nothing else of this kind before then either; `ease`: fewer at a time until then.
    """

    delay: timedelta
    pause: bool = False
    ease: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """Perhaps taken: the same bytes after `delay`, while the duplicate check lasts; afterwards a person decides."""

    delay: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class GiveUp:
    """Never will be taken like this.

    `unreachable`: the recipient; `form`: the shape, a plainer one may do; `anew`: whoever has the file gives it again.
    """

    why: str
    unreachable: bool = False
    form: bool = False
    anew: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """Nothing will be taken until a person changes a setting: stop calling and raise the alarm.

    `api`: this API alone is closed to us (an app may send messages and yet make no group chats); the others go on.
    """

    why: str
    api: bool = False


Reaction = Accepted | RefreshToken | RetryAfter | Unknown | GiveUp | Stop

_TOKEN = RefreshToken()
_FORM = GiveUp(why="bad-request", form=True)
_BUG = GiveUp(why="bug")
_CODE = GiveUp(why="code-used-or-expired")
_UNREACHABLE = GiveUp(why="recipient-unreachable", unreachable=True)
_CHAT = GiveUp(why="group-chat")

_WECOM: dict[int, Reaction] = {
    40014: _TOKEN,
    42001: _TOKEN,
    **dict.fromkeys((40001, 40013, 40091), Stop(why="wrong-secret")),
    **dict.fromkeys((40056, 301002), Stop(why="wrong-agent")),
    60020: Stop(why="ip-not-trusted"),
    48002: Stop(why="not-permitted", api=True),
    50003: Stop(why="app-disabled"),
    **dict.fromkeys((50001, 80001), Stop(why="domain-not-trusted")),
    301007: Stop(why="corp-closed"),
    45009: RetryAfter(delay=WINDOW, pause=True),
    40007: GiveUp(why="media-expired", anew=True),
    **dict.fromkeys((40029, 42003, 60140), _CODE),
    **dict.fromkeys((40058, 40063, 44004, 45002, 45008, 40008), _FORM),
    **dict.fromkeys((60011, 60111, 40003, 46004, 81013), _UNREACHABLE),
    **dict.fromkeys((41001, 82001, 82002, 82003), _BUG),
    **dict.fromkeys((86001, 86003, 86216, 40050), _CHAT),
}
_WECHAT: dict[int, Reaction] = {
    # Here 40001 means a bad token; a bad secret is 40125. In WeCom it is the other way about.
    **dict.fromkeys((40001, 40014, 42001), _TOKEN),
    **dict.fromkeys((40013, 40125), Stop(why="wrong-secret")),
    40164: Stop(why="ip-not-trusted"),
    45009: RetryAfter(delay=WINDOW, pause=True),
    45011: RetryAfter(delay=WINDOW),
    **dict.fromkeys((40029, 40163), _CODE),
    40226: GiveUp(why="high-risk-user"),
    **dict.fromkeys((40003, 43101), _UNREACHABLE),
    **dict.fromkeys((47003, 40037, 41030), GiveUp(why="bad-request")),
}
# The gateway's own few words (bot.sms); whatever else it says is for a person.
_SMS: dict[int, Reaction] = {
    1: RetryAfter(delay=WINDOW),  # busy
    2: _UNREACHABLE,  # no such number, or one that takes no messages
    3: Stop(why="wrong-secret"),
}
_TABLES = {Channel.WECOM: _WECOM, Channel.WECHAT: _WECHAT, Channel.SMS: _SMS}
_CONFLICT, _TOO_MANY = 6000, 45033  # data version conflict; too many at once


def back_off(attempts: int) -> timedelta:
    """5 s, 10 s, 20 s ... 20 min: the delay after the n-th try (n from 1)."""
    return min(FIRST_DELAY * (1 << min(attempts - 1, 16)), LONGEST_DELAY)


def react(code: int | Failure, attempts: int, channel: Channel = Channel.WECOM) -> Reaction:
    """Judge an answer after the `attempts`-th try (from 1)."""
    if isinstance(code, Failure):
        return _react_to_failure(code, attempts)
    if code == 0:
        return Accepted()
    if code == -1:
        return RetryAfter(delay=back_off(attempts)) if attempts <= BUSY_TRIES else GiveUp(why="busy")
    if code in {_CONFLICT, _TOO_MANY}:
        return _retry(attempts, RetryAfter(delay=back_off(attempts), ease=code == _TOO_MANY))
    found = _TABLES[channel].get(code, GiveUp(why="unknown-code"))
    return _retry(attempts, found) if isinstance(found, RetryAfter) else found


def after_refresh(reaction: Reaction, attempts: int) -> Reaction:
    """What remains when a fresh token was refused as well: a rest for all of this kind, then the same again.

    Nothing was taken, so nothing is lost; and nobody fetches token after token.
    """
    if not isinstance(reaction, RefreshToken):
        return reaction
    return _retry(attempts, RetryAfter(delay=max(WINDOW, back_off(attempts)), pause=True))


def _react_to_failure(failure: Failure, attempts: int) -> Reaction:
    if failure is Failure.LOST:
        return Unknown(delay=back_off(attempts))
    if failure is Failure.STOPPED:
        return Stop(why="stopped")
    return _retry(attempts, RetryAfter(delay=back_off(attempts)))


def _retry(attempts: int, again: RetryAfter) -> Reaction:
    return again if attempts < MOST_TRIES else GiveUp(why="too-many-tries")
