"""Visits taken back before they began: nobody keeps a visit that is not, and whoever heard of it hears of the end.

visits locked -> begun? refused -> letters not yet sent withdrawn -> rows gone -> Withdrawn: who is to be told
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspection.errors import ConflictError
from inspection.notices import Channel, Notice, NoticeKind
from models.store import outbox
from models.store import withdrawals as store
from models.tasks import Visit
from services.act import Act
from services.people import cards
from services.people.notices import Letter, tell_many, tell_owner

ASSIGNED = (NoticeKind.ASSIGNED_LEADER.value, NoticeKind.ASSIGNED_MEMBER.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """Why visits are taken back, as those are told who had heard of them."""

    key: str  # makes telling twice harmless: "void/ID"
    title: str
    reason: str
    facts: tuple[tuple[str, str], ...]
    path: str
    subject: str


async def withdraw(act: Act, visits: Sequence[Visit], why: Why, what: str) -> None:
    """Take visits (locked by the caller) back; ConflictError if one has begun."""
    ids = [one.id for one in visits]
    if begun := await store.begun(act.db, ids):
        raise ConflictError(what=what, why=f"已有 {begun} 户开始检查。已经开始的检查须如实录入结果。")
    subjects = [f"visit:{one}" for one in ids]
    members = await outbox.reached(act.db, subjects, ASSIGNED)
    owners = await outbox.reached(act.db, subjects, (NoticeKind.OWNER_VISIT.value,))
    await outbox.withdraw(act.db, subjects, act.now)
    await cards.take_back(act, subjects, ASSIGNED)
    await _tell_members(act, visits, {userid for _, userid in members}, why)
    await _tell_owners(act, [one for one in visits if f"visit:{one.id}" in {subject for subject, _ in owners}], why)
    await store.remove(act.db, ids, act.now)


async def _tell_members(act: Act, visits: Sequence[Visit], userids: set[str], why: Why) -> None:
    letters = [
        Letter(
            userid=userid,
            notice=Notice(
                kind=NoticeKind.DRAW_VOIDED,
                document_no=f"{why.key}-{number}",
                title=why.title,
                summary=f"{why.reason}。请不要按原通知前往检查。",
                facts=why.facts,
                path=why.path,
                urgent=True,
            ),
            department_id=visits[0].department_id,
            subject=why.subject,
            dedupe_key=f"{why.key}/{userid}",
        )
        for number, userid in enumerate(sorted(userids), 1)
    ]
    await tell_many(act, letters)


async def _tell_owners(act: Act, visits: Sequence[Visit], why: Why) -> None:
    names = await store.target_names(act.db, [one.target_id for one in visits])
    for one in visits:
        notice = Notice(
            kind=NoticeKind.DRAW_VOIDED,
            document_no=f"{one.number}-撤回",
            title="检查通知书已撤回",
            summary=f"{why.reason}。原通知书不再有效，无须准备。",
            facts=(("检查对象", names[one.target_id]), ("通知编号", one.number)),
            path=why.path,
        )
        key = f"{why.key}/{Channel.WECHAT.value}/{one.id}"
        await tell_owner(act, one.target_id, notice, department_id=one.department_id, dedupe_key=key, visit_id=one.id)
