"""Between an enterprise and the leader of its visit: questions, answers, notices by phone, fax or on paper (F1).

owner asks -> the leader is told -> the leader answers on his page -> the owner is told
owner without WeChat -> a member of the group notes how and to whom the notice was given
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from inspection.notices import Button, Notice, NoticeKind
from models.owners import NoticeRecord, OwnerQuestion
from models.store import owners as store
from models.store import visits as visit_store
from services.act import Act
from services.people import cards
from services.people.notices import tell_member, tell_owner

MOST_WORDS, MOST_OPEN = 500, 5
WAYS = {"wechat": "微信确认", "phone": "电话", "fax": "传真", "paper": "书面送达"}
BY_HAND = ("phone", "fax", "paper")


async def ask(act: Act, visit_id: str, question: str) -> None:
    """Ask the leader about a visit; ConflictError when too much is unanswered already."""
    found = await store.own_visit(act.db, act.actor, visit_id)
    question = _words(question, "提问")
    waiting = [one for one in await store.questions(act.db, visit_id) if one.answer is None]
    if len(waiting) >= MOST_OPEN:
        raise ConflictError(what="提问", why=f"已有 {len(waiting)} 个问题等待答复，请等组长答复后再问。")
    row = OwnerQuestion(visit_id=visit_id, owner_id=act.actor.member_id, question=question, asked_at=act.now)
    act.db.add(row)
    await act.db.flush()
    act.record("owner-ask", f"visit:{visit_id}", visit=found.visit.number)
    leader = await store.leader_userid(act.db, visit_id)
    if leader is None:
        return
    notice = Notice(
        kind=NoticeKind.OWNER_ASKED,
        document_no=f"{found.visit.number}-提问-{row.id[-8:]}",
        title="被检查对象有提问，请答复",
        summary="请打开页面查看并答复。",
        facts=(("检查对象", found.target.name), ("检查编号", found.visit.number)),
        path=f"/m/visits/{visit_id}/owner",
        buttons=(Button(text="去答复", path=f"/m/visits/{visit_id}/owner"),),
    )
    await tell_member(
        act,
        leader,
        notice,
        department_id=found.visit.department_id,
        subject=f"visit:{visit_id}",
        dedupe_key=f"owner-asked/{row.id}",
    )


async def answer(act: Act, visit_id: str, question_id: str, words: str) -> None:
    """Answer a question as the visit's leader, once; the enterprise is told that there is an answer."""
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    if not own.member.leads:
        raise NotFoundError(what="由您答复的提问")
    await visit_store.lock(act.db, visit_id)
    row = await act.db.get(OwnerQuestion, question_id)
    if row is None or row.visit_id != visit_id:
        raise NotFoundError(what="这个提问")
    if row.answer is not None:
        raise ConflictError(what="提问", why="已经答复。")
    row.answer, row.answered_by, row.answered_at = _words(words, "答复"), act.actor.member_id, act.now
    act.record("owner-answer", f"visit:{visit_id}", visit=own.visit.number)
    await cards.close(act, "已答复", keys=f"owner-asked/{row.id}")
    notice = Notice(
        kind=NoticeKind.OWNER_ANSWERED,
        document_no=f"{own.visit.number}-答复-{row.id[-8:]}",
        title="检查组已答复您的提问",
        summary="请进入小程序查看。",
        facts=(("检查对象", own.target.name), ("通知编号", own.visit.number)),
        path=f"/o/visits/{visit_id}",
    )
    await tell_owner(
        act,
        own.target.id,
        notice,
        department_id=own.visit.department_id,
        dedupe_key=f"owner-answered/{row.id}",
        visit_id=visit_id,
    )


async def record_notice(act: Act, visit_id: str, way: str, receiver: str, note: str, at: datetime | None) -> None:
    """Note that the enterprise was told by phone, by fax or on paper: to whom, when (now, if nothing is said)."""
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    if not own.task.announced:
        raise ConflictError(what="检查通知", why="本次检查不事先通知（不宜告知），不得告知被检查对象。")
    if way not in BY_HAND:
        raise InvalidInputError(what="通知方式", why="应当是电话、传真或书面送达。")
    when = at or act.now
    if when > act.now:
        raise InvalidInputError(what="通知时间", why="不能晚于现在。")
    act.db.add(
        NoticeRecord(
            visit_id=visit_id,
            department_id=own.member.department_id,
            way=way,
            at=when,
            recorded_by=act.actor.member_id,
            receiver=_words(receiver, "接收人"),
            note=note.strip()[:MOST_WORDS] or None,
        )
    )
    await act.db.flush()
    act.record("notice-record", f"visit:{visit_id}", visit=own.visit.number, way=way)


async def for_group(act: Act, visit_id: str) -> dict[str, Any]:
    """What a group sees of its enterprise: how it was told, what it asks; NotFoundError for anybody else's visit."""
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    return {
        "number": own.visit.number,
        "target_name": own.target.name,
        "announced": own.task.announced,
        "leads": own.member.leads,
        "records": [
            {"way_text": WAYS[one.way], "at": one.at, "receiver": one.receiver, "note": one.note}
            for one in await store.records(act.db, visit_id)
        ],
        "questions": [
            {"id": one.id, "question": one.question, "asked_at": one.asked_at, "answer": one.answer}
            for one in await store.questions(act.db, visit_id)
        ],
    }


def _words(text: str, what: str) -> str:
    text = text.strip()
    if not text or len(text) > MOST_WORDS:
        raise InvalidInputError(what=what, why=f"请填写，不超过 {MOST_WORDS} 字。")
    return text
