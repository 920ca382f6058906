"""Codes that open one thing to whoever holds them, for people who have no account: observers and enterprises.

freeze -> a code for each source of the room -> wrong ones counted in a transaction of their own -> too many: later
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar

from sqlalchemy import func, select

from inspection.draw.announcement import Source, SourceKind
from inspection.errors import Kind, SuichaError
from models.draws import ObserverCode, WrongCode
from models.tasks import Draw
from services.act import Act

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is mistaken for another when read out
LENGTH = 8
MOST_WRONG = 60  # an hour, for one draw: of 8e11 codes that is none, and a room of people mistypes less
WINDOW = timedelta(hours=1)


class WrongCodeError(SuichaError):
    """编号与验证码不符。"""

    kind = Kind.INVALID
    code: ClassVar[str] = "wrong-code"
    action: ClassVar[str] = "请核对后重新输入；如仍不符，请向联席会议办公室查询。"


class TooManyTriesError(SuichaError):
    """错误次数过多，请一小时后再试。"""

    kind = Kind.UNAVAILABLE
    code: ClassVar[str] = "too-many-tries"
    action: ClassVar[str] = "如急需办理，请直接联系联席会议办公室。"


def new_code() -> str:
    """Give a code that can be read out on the phone."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def plain(code: str) -> str:
    """A code as it was typed, without what people put between: blanks, hyphens, small letters."""
    return "".join(code.upper().replace("-", "").split())[:32]


def fits(code: str, stored: str) -> bool:
    """Tell in constant time whether a typed code is this one."""
    return secrets.compare_digest(plain(code).encode(), stored.encode())


def issue(act: Act, draw: Draw, sources: Iterable[Source]) -> None:
    """Make a code for each source that somebody in the room produces."""
    for source in sources:
        if source.kind is SourceKind.DICE:
            act.db.add(ObserverCode(draw_id=draw.id, source=source.name, code=new_code()))


async def refuse_guessing(act: Act, key: str) -> None:
    """Raise TooManyTriesError where too many wrong codes came for this thing within the hour."""
    query = select(func.count()).select_from(WrongCode).where(WrongCode.key == key, WrongCode.at > act.now - WINDOW)
    if (await act.db.scalar(query) or 0) >= MOST_WRONG:
        raise TooManyTriesError


def note_wrong(act: Act, key: str) -> None:
    """Count a wrong code; the caller commits this and nothing else."""
    act.db.add(WrongCode(key=key, at=act.now))
