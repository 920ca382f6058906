"""A deadline that stands still, goes on, or is pressed by a liaison: those concerned are told (K2, T4, F4).

pause, resume -> tell_concerned ; liaison or head, from the board -> nudge -> those who have to do it, once a day
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError, NotFoundError
from inspection.notices import Notice, NoticeKind
from inspection.workdays import local_date
from models.clock import DigestLine
from models.people import Member
from models.results import Deadline
from services.act import Act
from services.clock.audiences import Audience, audience_of
from services.clock.quiet import not_before
from services.people.notices import Letter, tell_many

LAST = "+99"  # as when all are told, up to the office
FIRST = "-99"  # as at the first step: whoever has to do it, not those above him


async def nudge(act: Act, deadline_id: str) -> int:
    """Press whoever has to do it, once a day; how many were told. For the department's own, the office any."""
    row = await act.db.get(Deadline, deadline_id)
    everywhere = act.actor.has(Role.COORDINATOR)
    if not everywhere and not act.actor.has(Role.APPROVER, Role.LIAISON):
        raise ForbiddenError
    if row is None or not (everywhere or row.department_id == act.actor.department_id):
        raise NotFoundError(what="这项期限")
    if row.settled_at is not None or row.paused_on is not None:
        raise ConflictError(what="这项期限", why="已经办结或者正在暂停。")
    audience, me, day = await audience_of(act, [row]), await _userid(act), local_date(act.now)
    whom = [one for one in audience.of(row, FIRST) if one != me]
    text = DeadlineKind(row.kind).text
    summary = f"截止日期 {row.due_on:%Y-%m-%d}，请尽快办理。"
    notice = Notice(kind=NoticeKind.NUDGED, document_no=f"催办{day}", title=f"催办：{text}", summary=summary)
    told = await _tell(act, row, audience, whom, notice)
    act.record("deadline-nudge", row.subject, kind=row.kind, told=told)
    return told


async def nudge_from_card(act: Act, deadline_id: str) -> str:
    """The card's button: press at once; what the card says afterwards."""
    told = await nudge(act, deadline_id)
    return f"已催办 {told} 人" if told else "今天已催办过"


async def tell_concerned(act: Act, row: Deadline, title: str, summary: str, mark: str) -> int:
    """Tell everybody on its ladder, in the group of its visit, and who was reminded of it before; how many."""
    audience, me = await audience_of(act, [row]), await _userid(act)
    before = await act.db.scalars(select(DigestLine.userid).where(DigestLine.deadline_id == row.id).distinct())
    whom = dict.fromkeys([*audience.of(row, LAST), *audience.group_of(row), *sorted(before)])
    to = [one for one in whom if one != me]
    notice = Notice(kind=NoticeKind.DEADLINE_PAUSED, document_no=mark, title=title, summary=summary)
    return await _tell(act, row, audience, to, notice)


async def _tell(act: Act, row: Deadline, audience: Audience, whom: list[str], notice: Notice) -> int:
    """Tell each of this deadline; `document_no` of the notice tells apart what may be told of it twice."""
    subject = audience.subjects.get(row.subject)
    if subject is None or not whom:
        return 0
    facts = (
        (subject.words[0], subject.visit_number),
        (subject.words[1], subject.target_name),
        ("事项", DeadlineKind(row.kind).text),
    )
    letters = [
        Letter(
            userid=userid,
            notice=replace(
                notice,
                document_no=f"{subject.visit_number}-{row.kind}-{notice.document_no}",
                facts=facts,
                path=audience.path_for(row, userid),
                buttons=audience.open_button(row, userid),
            ),
            department_id=row.department_id,
            subject=row.subject,
            dedupe_key=f"{notice.kind.value}/{row.id}/{notice.document_no}/{userid}",
            not_before=not_before(act),
        )
        for userid in whom
    ]
    return await tell_many(act, letters)


async def _userid(act: Act) -> str:
    member = await act.db.get(Member, act.actor.member_id)
    return member.userid if member is not None else ""
