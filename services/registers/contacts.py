"""WeCom's contacts as what they say about our members: who left is out at once (B11, T3).

full run: everybody whom the app sees -> sync_all     one change: change_contact -> on_change
gone -> inactive, sessions dead, in no pool from this moment -> his open visits are told to the department's liaison

Nobody comes back by himself: WeCom's word takes rights away and never gives any, so a returner is only reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select

from inspection.actors import Role
from inspection.departments import match_department
from inspection.errors import ConflictError
from inspection.notices import Notice, NoticeKind
from models.people import Department, Grant, Inspector, Member, SignIn
from models.tasks import Visit, VisitMember
from services.act import Act
from services.people.notices import Letter, tell_many

LIAISON = "联络"  # F4: the post that says so
OPEN_VISITS = ("assigned", "accepted")
GONE_STATUSES = {2, 5}  # WeCom: 2 disabled, 5 left the corp
MOST_GONE, MOST_GONE_SHARE = 5, 3  # a run that throws out more than these many and a third is a mistake of settings


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressBook:
    """What WeCom says there is: members as user/list gives them, departments as department/list does."""

    people: Sequence[Mapping[str, Any]]
    departments: Sequence[Mapping[str, Any]]


@dataclass(kw_only=True, slots=True)
class Report:
    """What a run did; people by WeCom userid only."""

    seen: int = 0
    added: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)  # inactive here, present there: somebody must decide
    unplaced: list[str] = field(default_factory=list)  # present there, in no department of ours

    def as_data(self) -> dict[str, Any]:
        """The report as JSON data."""
        names = ("seen", "added", "renamed", "left", "returned", "unplaced")
        return {name: getattr(self, name) for name in names}


async def sync_all(act: Act, book: AddressBook) -> Report:
    """Compare all our members with the whole address book; ConflictError for a run that would empty the office."""
    report = Report(seen=len(book.people))
    there = {_userid(one): one for one in book.people if one.get("status") not in GONE_STATUSES}
    ours = {row.userid: row for row in await act.db.scalars(select(Member).with_for_update())}
    gone = [row for userid, row in ours.items() if row.active and userid not in there]
    _refuse_too_many(gone, ours)
    for row in gone:
        await _leave(act, row, report)
    places = await _places(act, book.departments)
    for userid, one in there.items():
        known = ours.get(userid)
        if known is None:
            await _add(act, one, places, report)
        else:
            _update(known, one, report)
    act.record("contacts-sync", "contacts", **{name: _count(value) for name, value in report.as_data().items()})
    await act.db.flush()
    return report


def _count(value: Any) -> int:
    return value if isinstance(value, int) else len(value)


def _refuse_too_many(gone: Sequence[Member], ours: Mapping[str, Member]) -> None:
    active = sum(row.active for row in ours.values())
    if len(gone) > MOST_GONE and len(gone) * MOST_GONE_SHARE > active:
        why = f"将有 {len(gone)} 人（共 {active} 人）被停用，请先检查企业微信应用的可见范围；没有人被停用。"
        raise ConflictError(what="通讯录同步", why=why)


async def on_change(act: Act, fields: Mapping[str, Any]) -> str:
    """Follow one change_contact event (create_user, update_user, delete_user); others concern nobody here.

    Returns a word for the log. The act is the system's; a repeat changes nothing.
    """
    change, userid = str(fields.get("ChangeType") or ""), _userid(fields, "UserID")
    member = await act.db.scalar(select(Member).where(Member.userid == userid).with_for_update())
    report = Report(seen=1)
    if member is None or change not in {"create_user", "update_user", "delete_user"}:
        return "not-ours"  # whoever is new comes in with the next full run, which knows the departments' names
    if change == "delete_user" or _status(fields) in GONE_STATUSES:
        if not member.active:
            return "gone-before"
        await _leave(act, member, report)
        return "left"
    if not member.active:
        act.record("contact-returned", f"member:{member.id}")
        return "returned"
    new = _userid(fields, "NewUserID")
    if new and new != userid:
        taken = await act.db.scalar(select(Member.id).where(Member.userid == new))
        if taken is not None:
            raise ConflictError(what="企业微信账号变更", why="新账号已登记在另一名成员名下。")
        member.userid = new
        act.record("contact-userid", f"member:{member.id}")
    _update(member, {"name": fields.get("Name"), "position": fields.get("Position")}, report)
    return "updated"


def _status(fields: Mapping[str, Any]) -> int:
    words = str(fields.get("Status") or "0")
    return int(words) if words.isdecimal() else 0


def _userid(one: Mapping[str, Any], key: str = "userid") -> str:
    return str(one.get(key) or "").lower()


def _update(member: Member, one: Mapping[str, Any], report: Report) -> None:
    if not member.active:
        report.returned.append(member.userid)
        return
    name, post = str(one.get("name") or ""), str(one.get("position") or "")
    if name and name != member.name:
        member.name = name
        report.renamed.append(member.userid)
    if post and post != member.post:
        member.post = post[:64]


async def _places(act: Act, departments: Sequence[Mapping[str, Any]]) -> dict[int, Department]:
    """Our department for each of WeCom's, by its name; one without a match hands down that of the one above it."""
    rows = {row.id: row for row in await act.db.scalars(select(Department))}
    known = {id_: [row.name, *row.aliases] for id_, row in rows.items()}
    found: dict[int, Department] = {}
    for one in sorted(departments, key=lambda row: int(row["parentid"])):
        match = match_department(str(one.get("name") or ""), known)
        above = found.get(int(one["parentid"]))
        if match is not None or above is not None:
            found[int(one["id"])] = rows[match] if match is not None else _sure(above)
    return found


def _sure(department: Department | None) -> Department:
    if department is None:
        raise ValueError("asked only where there is one above")
    return department


async def _add(act: Act, one: Mapping[str, Any], places: Mapping[int, Department], report: Report) -> None:
    """Take in somebody new, without any role: who may do what is the office's to say."""
    department = next((places[id_] for id_ in one.get("department", ()) if id_ in places), None)
    if department is None:
        report.unplaced.append(_userid(one))
        return
    post = str(one.get("position") or "")[:64]
    act.db.add(Member(department_id=department.id, userid=_userid(one), name=str(one.get("name") or ""), post=post))
    report.added.append(_userid(one))


async def _leave(act: Act, member: Member, report: Report) -> None:
    member.active = False
    await act.db.execute(delete(SignIn).where(SignIn.member_id == member.id))
    report.left.append(member.userid)
    visits = await _open_visits(act, member.id)
    act.record("contact-left", f"member:{member.id}", visits=visits)
    await act.db.flush()
    await tell_many(act, await _letters(act, member, visits))


async def _open_visits(act: Act, member_id: str) -> list[str]:
    query = (
        select(Visit.number)
        .join(VisitMember, VisitMember.visit_id == Visit.id)
        .where(VisitMember.member_id == member_id, Visit.status.in_(OPEN_VISITS))
        .order_by(Visit.number)
    )
    return list(await act.db.scalars(query))


async def _letters(act: Act, member: Member, visits: Sequence[str]) -> list[Letter]:
    """Tell the department's liaison, or who approves there, or the office; with the visits that need somebody else."""
    staff_no = await act.db.scalar(select(Inspector.staff_no).where(Inspector.member_id == member.id)) or member.userid
    department = await act.db.get_one(Department, member.department_id)
    number = f"离岗-{staff_no}-{act.now:%Y%m%d%H%M}"
    facts = [("人员", member.name), ("所在部门", department.name), ("未办结检查", f"{len(visits)} 户")]
    if visits:
        facts.append(("检查编号", "、".join(visits)))
    notice = Notice(
        kind=NoticeKind.LEFT,
        document_no=number,
        title="检查人员已离岗",
        summary="该账号已从企业微信通讯录移除，不再参加抽取；未办结的检查须另行安排人员。"
        if visits
        else "该账号已从企业微信通讯录移除，不再参加抽取。",
        facts=tuple(facts),
        path="/console/",
    )
    return [
        Letter(
            userid=userid,
            notice=notice,
            department_id=member.department_id,
            subject=f"member:{member.id}",
            dedupe_key=f"left/{member.id}/{number}/{userid}",
        )
        for userid in await _told(act, member)
    ]


async def _told(act: Act, member: Member) -> list[str]:
    colleagues = select(Member).where(Member.active, Member.id != member.id)
    own = list(await act.db.scalars(colleagues.where(Member.department_id == member.department_id)))
    liaisons = [one.userid for one in own if LIAISON in one.post]
    if liaisons:
        return sorted(liaisons)
    approves = select(Grant.member_id).where(Grant.role == Role.APPROVER.value)
    holders = set(await act.db.scalars(approves))
    approvers = [one.userid for one in own if one.id in holders]
    if approvers:
        return sorted(approvers)
    coordinates = select(Grant.member_id).where(Grant.role == Role.COORDINATOR.value)
    return sorted(one.userid for one in await act.db.scalars(colleagues.where(Member.id.in_(coordinates))))
