"""Cards that are out follow what became of their matter: whoever acted, and wherever, nobody keeps a live button.

act -> close (buttons become a word) | take_back (recalled, or "已作废" where it is too late for that)
    -> row in the act's own transaction -> (after the commit) bot.cards
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, select

from inspection.notices import NoticeKind
from models.people import Member
from models.results import Outbox
from models.store import card_changes as store
from services.act import Act

VOID = "已作废"


async def close(
    act: Act, word: str, *, subject: str = "", kinds: Collection[NoticeKind] = (), keys: str = "", member_id: str = ""
) -> int:
    """Let the buttons of cards become a word; returns how many cards.

    Cards are found by what they are about and their kinds, or by how their keys begin; `member_id`: only his.
    """
    where: list[ColumnElement[bool]] = []
    if subject:
        where.append(Outbox.subject == subject)
    if kinds:
        where.append(Outbox.kind.in_([kind.value for kind in kinds]))
    if keys:
        where.append(Outbox.dedupe_key.startswith(keys, autoescape=True))
    if member_id:
        where.append(Outbox.recipient == select(Member.userid).where(Member.id == member_id).scalar_subquery())
    if not where:
        raise ValueError("which cards?")
    found = [row for row in await store.cards_of(act.db, *where) if row.content["buttons"]]
    return sum([await store.ask(act.db, row.id, "word", word, act.now) for row in found])


async def take_back(act: Act, subjects: Collection[str], kinds: Collection[str], recipient: str = "") -> int:
    """Take messages back whose matter is void (to one recipient, or all); returns how many."""
    where: list[ColumnElement[bool]] = [Outbox.subject.in_(subjects), Outbox.kind.in_(kinds)]
    if recipient:
        where.append(Outbox.recipient == recipient)
    found = await store.cards_of(act.db, *where)
    return sum([await store.ask(act.db, row.id, "recall", VOID, act.now) for row in found])
