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
from models.store import filings, standing
from models.store.deadlines import GroupMember, Subject
from models.store.pools import away_on
from services.act import Act

_BOARD = "/console/clock"
_ON_PHONE = {
    DeadlineKind.ACCEPT,
    DeadlineKind.APPOINT,
    DeadlineKind.APPOINTED,
    DeadlineKind.INSPECT,
    DeadlineKind.SIGN,
    DeadlineKind.CONFIRM,
}
_BY_HEADS = {DeadlineKind.APPROVE, DeadlineKind.APPROVE_NEXT, DeadlineKind.PUBLISH, DeadlineKind.CORRECT}
_PATHS = {
    **dict.fromkeys(_ON_PHONE, _BOARD),
    **dict.fromkeys(_BY_HEADS, "/console/approvals"),
    DeadlineKind.ARCHIVE: _BOARD,
    DeadlineKind.RECTIFY: "/console/followups",
    DeadlineKind.RECHECK: "/console/followups",
    DeadlineKind.ANSWER_TRANSFER: "/console/followups",
    DeadlineKind.OPEN_CASE: "/console/followups",
    DeadlineKind.LIST_ABNORMAL: "/console/followups",
    DeadlineKind.FILE_LIST: "/console/lists",
    DeadlineKind.MAKE_PLAN: "/console/plans",
    DeadlineKind.FILE_PLAN: "/console/plans",
    DeadlineKind.PUBLISH_PLAN: "/console/plans",
    DeadlineKind.FREEZE_TASK: "/console/tasks",
    DeadlineKind.DRAW_TASK: "/console/tasks",
    DeadlineKind.CONFIRM_LIBRARY: "/console/tasks",
    DeadlineKind.RENEW_CERTIFICATE: "/console/inspectors",
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
        kind = DeadlineKind(row.kind)
        in_group = self.is_in_group(row, userid)
        if in_group and kind in _ON_PHONE:
            return f"/m/visits/{self.subjects[row.subject].visit_id}"
        head = any(one.userid == userid for one in self.heads.get(row.department_id, ()))
        office = any(one.userid == userid for one in self.office)
        if head or (office and kind not in _BY_HEADS):
            return _PATHS[kind]
        if office or any(one.userid == userid for one in self.liaisons.get(row.department_id, ())):
            return _BOARD
        return _PATHS[kind] if in_group and _PATHS[kind] == "/console/followups" else "/m/"

    def open_button(self, row: Deadline, userid: str) -> tuple[Button, ...]:
        """The button that leads to where this person settles it, or presses and pauses it."""
        path = self.path_for(row, userid)
        text = "去催办" if path == _BOARD else f"去{KINDS[DeadlineKind(row.kind)].short}" if path != "/m/" else "打开"
        return (Button(text=text, path=path),)

    def _people(self, row: Deadline) -> dict[Rung, Sequence[Person]]:
        group = self.groups.get(self.subjects[row.subject].visit_id, ())
        acting = [one for one in group if not (row.kind == DeadlineKind.ACCEPT.value and one.accepted)]
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
    subjects = {
        **await store.subjects(act.db, names),
        **await filings.subjects(act.db, names),
        **await standing.subjects(act.db, names),
    }
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
