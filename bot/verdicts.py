"""How a try ended, by what the vendor answered: one row's next state, per recipient.

Answer -> react -> judge -> Settlement: accepted | refused (this recipient) | dead (a person has to look)
                                        | waiting (later, the same bytes) | unknown
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.reactions import Failure, GiveUp, Reaction, RetryAfter, Unknown, after_refresh, react
from bot.tokens import Answer
from inspection.notices import Channel
from models.store.outbox import Claimed, Settlement

# WeCom's 4 h, less what a claim, a slow answer and two clocks may add. The other ways know no duplicate check.
REPEAT_WITHIN = {
    Channel.WECOM: timedelta(hours=4) - timedelta(minutes=5),
    Channel.WECHAT: timedelta(0),
    Channel.SMS: timedelta(0),
}

COUNTED = (-1, 40001, 40014, 42001)  # busy, and a fresh token refused: counted in a row, not among all tries


def judge(row: Claimed, answer: Answer, body: bytes, now: datetime) -> Settlement:
    """Turn an answer into the row's next state; success is per recipient, whatever the errcode."""
    if answer.code == 0 and row.recipient in answer.left_out():
        why = "unlicensed" if row.recipient in answer.unlicensed() else "recipient-left-out"
        return Settlement(status="refused", not_before=now, error=why)
    if answer.code == 0:
        msgid, response_code = _text(answer, "msgid"), _text(answer, "response_code")
        return Settlement(status="accepted", not_before=now, msgid=msgid, response_code=response_code)
    channel = Channel(row.channel)
    tries = _in_a_row(row, answer.code) if answer.code in COUNTED else row.attempts
    reaction = after_refresh(react(answer.code, tries, channel), tries)
    return _settlement(row, reaction, answer, body, now)


def _in_a_row(row: Claimed, code: object) -> int:
    """The how-manieth such answer this is: a try that a crash or a cut line took does not count against the message."""
    before, _, number = row.last_error.partition(" #")
    return int(number) + 1 if before == str(code) and number.isdecimal() else 1


def _settlement(row: Claimed, reaction: Reaction, answer: Answer, body: bytes, now: datetime) -> Settlement:
    code = answer.code.value if isinstance(answer.code, Failure) else str(answer.code)
    if isinstance(reaction, GiveUp):
        if reaction.form and b'"msgtype":"template_card"' in body:
            return Settlement(status="refused", not_before=now, error=f"form {code}")
        status = "refused" if reaction.unreachable else "dead"
        return Settlement(status=status, not_before=now, error=f"{reaction.why} {code}")
    if isinstance(reaction, Unknown) and not REPEAT_WITHIN[Channel(row.channel)]:
        return Settlement(status="unknown", not_before=now, error=code)
    if isinstance(reaction, Unknown):
        return Settlement(status="waiting", not_before=now + _spread(row, reaction.delay), error=code)
    if answer.code in COUNTED:
        code = f"{code} #{_in_a_row(row, answer.code)}"
    delay = _spread(row, reaction.delay) if isinstance(reaction, RetryAfter) else timedelta(0)
    return Settlement(status="waiting", not_before=now + delay, sent=False, error=code)


def _spread(row: Claimed, delay: timedelta) -> timedelta:
    """Up to a quarter more, by the row's random id: those refused together do not come back together."""
    return delay * (1 + int(row.id[-4:], 16) / 0xFFFF / 4)


def _text(answer: Answer, name: str) -> str | None:
    value = answer.data.get(name)
    return str(value) if value else None
