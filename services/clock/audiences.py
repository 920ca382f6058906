"""Whom a deadline reaches: the people on each rung of its ladder, loaded once for many deadlines (K2, T4, F4).

deadlines -> subjects, groups, holders, liaisons, leave -> Audience.of(row, step) -> userids, lowest rung first
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from inspection.actors import Role
from inspection.deadlines import KINDS, DeadlineKind
from inspection.ladders import Person, Rung, Step, parse_ladder, told
from inspection.notices import Button
from inspection.workdays import local_date
from models.people import Inspector, Member
from models.results import Deadline
from models.store import deadlines as store
from models.store import disposal, filings, standing
from models.store.deadlines import GroupMember, Subject
from models.store.pools import away_on
from services.act import Act

_BOARD, _PHONE = "/console/clock", "/m/"
_FOLLOWUPS = "/console/followups"
_ON_PHONE = {
    DeadlineKind.ACCEPT,
    DeadlineKind.APPOINT,
    DeadlineKind.APPOINTED,
    DeadlineKind.INSPECT,
    DeadlineKind.SIGN,
    DeadlineKind.CONFIRM,
}
_HEAD, _OFFICE, _BOTH = {Rung.HEAD}, {Rung.OFFICE}, {Rung.HEAD, Rung.OFFICE}
_FOLLOWS = {Rung.HEAD, Rung.INSPECTOR}
# Where a kind is settled at a desk, and by whom; "TASK" stands for the task's own page. Others press from the board.
_DESKS: Mapping[DeadlineKind, tuple[str, set[Rung]]] = {
    DeadlineKind.APPROVE: ("/console/approvals", _HEAD),
    DeadlineKind.APPROVE_NEXT: ("/console/approvals", _HEAD),
    DeadlineKind.PUBLISH: ("TASK", _BOTH),
    DeadlineKind.CORRECT: ("/console/corrections", _HEAD),
    DeadlineKind.ARCHIVE: ("/console/archives", _BOTH),
    DeadlineKind.RECTIFY: (_FOLLOWUPS, _FOLLOWS),
    DeadlineKind.RECHECK: (_FOLLOWUPS, _FOLLOWS),
    DeadlineKind.ANSWER_TRANSFER: (_FOLLOWUPS, _HEAD),
    DeadlineKind.OPEN_CASE: (_FOLLOWUPS, _FOLLOWS),
    DeadlineKind.LIST_ABNORMAL: (_FOLLOWUPS, _HEAD),
    DeadlineKind.DISPOSE: ("/console/disposal", _OFFICE),
    DeadlineKind.FILE_LIST: ("/console/lists", _OFFICE),
    DeadlineKind.FILE_ONCE: ("/console/filings", {Rung.LIAISON, *_BOTH}),
    DeadlineKind.MAKE_PLAN: ("/console/plans", _OFFICE),
    DeadlineKind.FILE_PLAN: ("/console/plans", _OFFICE),
    DeadlineKind.PUBLISH_PLAN: ("/console/plans", _BOTH),
    DeadlineKind.FREEZE_TASK: ("TASK", _OFFICE),
    DeadlineKind.DRAW_TASK: ("TASK", _OFFICE),
    DeadlineKind.CONFIRM_LIBRARY: ("TASK", _HEAD),
    DeadlineKind.DECIDE_RECUSAL: ("/console/changes", _HEAD),
    DeadlineKind.RENEW_CERTIFICATE: ("/console/inspectors", _BOTH),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Audience:
    """Everybody who may have to be told, and what each deadline is about."""

    subjects: Mapping[str, Subject]
    groups: Mapping[str, Sequence[GroupMember]]  # by visit
    holders: Mapping[str, Person]  # of certificates, by subject
    liaisons: Mapping[str, Sequence[Person]]  # by department
    heads: Mapping[str, Sequence[Person]]
    office: Sequence[Person]
    away: frozenset[str]  # inspectors
    ladders: Mapping[str, tuple[Step, ...]]  # by kind

    def of(self, row: Deadline, stage: str) -> list[str]:
        """Who hears of this step of a deadline; nobody if what it was about is gone."""
        if row.subject not in self.subjects:
            return []
        return told(self.ladders[row.kind], stage, self._people(row))

    def group_of(self, row: Deadline) -> list[str]:
        """The userids of the group of the visit that a deadline is about; nobody where it is about none."""
        subject = self.subjects.get(row.subject)
        return [] if subject is None else [one.userid for one in self.groups.get(subject.visit_id, ())]

    def is_in_group(self, row: Deadline, userid: str) -> bool:
        """Tell whether somebody is in that group."""
        return userid in self.group_of(row)

    def path_for(self, row: Deadline, userid: str) -> str:
        """The page that this person may open and can do something on: the act itself, else the board."""
        kind, subject = DeadlineKind(row.kind), self.subjects[row.subject]
        rungs = self._rungs_of(row, userid)
        if kind in _ON_PHONE and Rung.INSPECTOR in rungs:
            return f"/m/visits/{subject.visit_id}"
        if row.subject in self.holders and self.holders[row.subject].userid == userid:
            return "/m/certificates"
        path, settle = _DESKS.get(kind, (_BOARD, set[Rung]()))
        if rungs & settle:
            return f"/console/tasks/{subject.task_id}" if path == "TASK" else path
        return _BOARD if rungs & {Rung.HEAD, Rung.OFFICE, Rung.LIAISON} else _PHONE

    def _rungs_of(self, row: Deadline, userid: str) -> set[Rung]:
        """What somebody is to a deadline, whether or not its ladder names him."""
        by_rung = {
            Rung.LIAISON: self.liaisons.get(row.department_id, ()),
            Rung.HEAD: self.heads.get(row.department_id, ()),
            Rung.OFFICE: self.office,
        }
        found = {rung for rung, people in by_rung.items() if any(one.userid == userid for one in people)}
        return found | ({Rung.INSPECTOR} if self.is_in_group(row, userid) else set())

    def open_button(self, row: Deadline, userid: str) -> tuple[Button, ...]:
        """The button that settles it where this person can; else one that presses whoever can, from the card."""
        path = self.path_for(row, userid)
        if path == _BOARD:
            return (Button(key=f"nudge:{row.id}", text="催办"),)
        return (Button(text=f"去{KINDS[DeadlineKind(row.kind)].short}" if path != _PHONE else "打开", path=path),)

    def _people(self, row: Deadline) -> dict[Rung, Sequence[Person]]:
        group = self.groups.get(self.subjects[row.subject].visit_id, ())
        done = {DeadlineKind.ACCEPT.value: "accepted", DeadlineKind.SIGN.value: "signed"}.get(row.kind)
        acting = [one for one in group if done is None or not getattr(one, done)]
        holder = self.holders.get(row.subject)
        return {
            Rung.INSPECTOR: [holder] if holder else [self._person(one) for one in acting],
            Rung.LEADER: [self._person(one) for one in group if one.leads],
            Rung.LIAISON: self.liaisons.get(row.department_id, ()),
            Rung.HEAD: self.heads.get(row.department_id, ()),
            Rung.OFFICE: self.office,
        }

    def _person(self, one: GroupMember) -> Person:
        return Person(userid=one.userid, away=one.inspector_id in self.away)


async def audience_of(act: Act, rows: Collection[Deadline]) -> Audience:
    """Load who may have to be told of these deadlines."""
    names = {row.subject for row in rows}
    subjects = await subjects_of(act, names)
    away = await away_on(act.db, local_date(act.now))
    absent = await _absent_members(act, away)
    office = await store.holders(act.db, Role.COORDINATOR)
    return Audience(
        subjects=subjects,
        groups=await _groups(act, {one.visit_id for one in subjects.values() if one.visit_id}),
        holders=await _holders(act, names, away),
        liaisons=await _liaisons(act, absent),
        heads=_persons(await store.holders(act.db, Role.APPROVER), absent),
        office=[one for some in _persons(office, absent).values() for one in some],
        away=away,
        ladders={row.kind: parse_ladder(act.house.clock.ladder_of(DeadlineKind(row.kind))) for row in rows},
    )


async def subjects_of(act: Act, names: Collection[str]) -> dict[str, Subject]:
    """What the subjects of deadlines are about, in words; what is gone is left out."""
    return {
        **await store.subjects(act.db, names),
        **await filings.subjects(act.db, names),
        **await standing.subjects(act.db, names),
        **await disposal.subjects(act.db, names),
    }


async def _groups(act: Act, visit_ids: Collection[str]) -> dict[str, list[GroupMember]]:
    found: dict[str, list[GroupMember]] = {}
    for one in await store.groups(act.db, visit_ids):
        found.setdefault(one.visit_id, []).append(one)
    return found


async def _absent_members(act: Act, away: Collection[str]) -> frozenset[str]:
    """The userids of the inspectors who are away: an approver may be one of them."""
    query = select(Member.userid).join(Inspector, Inspector.member_id == Member.id).where(Inspector.id.in_(away))
    return frozenset(await act.db.scalars(query)) if away else frozenset()


async def _holders(act: Act, names: Iterable[str], away: Collection[str]) -> dict[str, Person]:
    found = await standing.certificate_holders(act.db, names)
    return {name: Person(userid=userid, away=inspector in away) for name, (userid, inspector) in found.items()}


async def _liaisons(act: Act, absent: Collection[str]) -> dict[str, list[Person]]:
    query = select(Member.department_id, Member.userid).where(Member.active).order_by(Member.userid)
    found: dict[str, list[str]] = {}
    for department_id, userid in await act.db.execute(query.where(Member.post == act.house.clock.liaison_post)):
        found.setdefault(department_id, []).append(userid)
    return _persons(found, absent)


def _persons(userids: Mapping[str, Sequence[str]], absent: Collection[str]) -> dict[str, list[Person]]:
    return {where: [Person(userid=one, away=one in absent) for one in some] for where, some in userids.items()}
