"""The inspectors' library kept up to date by hand (B9, B11-B13): papers, skills, post, leave; every change on record.

list / one -> edit (post, kind, skills) | add_certificate, withdraw | add_leave, end_leave | link_skill, unlink_skill
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, select

from inspection.actors import Role
from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from inspection.workdays import local_date
from models.libraries import Certificate, Leave, SkillLink
from models.people import Department, Inspector, Member
from models.registers import Item
from models.store import pools as pool_store
from models.store.states import insert_ignore
from services.act import Act

CERTIFIED = "certified"
KIND_WORDS = {CERTIFIED: "执法人员", "assistant": "辅助人员", "expert": "专家"}
WHO = "这名检查人员"


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """What is to be changed; None leaves it as it is."""

    post: str | None = None
    kind: str | None = None
    skills: tuple[str, ...] | None = None
    certificate_no: str | None = None
    certificate_expires: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewCertificate:
    """A further certificate."""

    kind: str
    number: str
    issuer: str
    expires_on: date


async def edit(act: Act, staff_no: str, changes: Edit) -> None:
    """Change an inspector; the audit names the fields, never their content. Raises InvalidInputError, NotFoundError."""
    inspector, member = await _mine(act, staff_no)
    if changes.kind is not None and changes.kind not in KIND_WORDS:
        raise InvalidInputError(what="人员类别", why=f"应当是 {'、'.join(KIND_WORDS)} 之一。")
    values = {
        "kind": changes.kind,
        "skills": None if changes.skills is None else _skills(changes.skills),
        "certificate_no": changes.certificate_no,
        "certificate_expires": changes.certificate_expires,
    }
    changed = [name for name, value in values.items() if value is not None and getattr(inspector, name) != value]
    for name in changed:
        setattr(inspector, name, values[name])
    if changes.post is not None and changes.post != member.post:
        member.post = changes.post
        changed.append("post")
    if inspector.kind == CERTIFIED and inspector.certificate_expires is None:
        raise InvalidInputError(what="执法证", why="执法人员须有执法证号和有效期；没有的请登记为辅助人员。")
    if changed:
        act.record("inspector-edit", f"inspector:{staff_no}", fields=sorted(changed))
    await act.db.flush()


async def bring_back(act: Act, staff_no: str) -> None:
    """Let somebody who had left take part again: WeCom never gives rights back by itself (B15); twice is refused."""
    _, member = await _mine(act, staff_no)
    if member.active:
        raise ConflictError(what=WHO, why="没有离岗。")
    member.active = True
    act.record("inspector-back", f"inspector:{staff_no}")
    await act.db.flush()


def _skills(words: Sequence[str]) -> list[str]:
    clean = {word.strip() for word in words if word.strip()}
    if any("," in word or any(mark.isspace() for mark in word) for word in clean):
        raise InvalidInputError(what="业务专长", why="每项专长中不能有空格和英文逗号。")
    return sorted(clean, key=str.encode)


async def add_certificate(act: Act, staff_no: str, new: NewCertificate) -> Certificate:
    """Write down a further certificate; one of the same kind that is in force must be withdrawn first."""
    inspector, _ = await _mine(act, staff_no)
    if inspector.kind != CERTIFIED:
        raise ConflictError(what="证件", why="辅助人员和专家没有执法证；请先改为执法人员。")
    same = select(Certificate.id).where(
        Certificate.inspector_id == inspector.id, Certificate.kind == new.kind, Certificate.withdrawn_on.is_(None)
    )
    if await act.db.scalar(same):
        raise ConflictError(what="证件", why=f"已有一份有效的“{new.kind}”，请先注销。")
    row = Certificate(
        inspector_id=inspector.id, kind=new.kind, number=new.number, issuer=new.issuer, expires_on=new.expires_on
    )
    act.db.add(row)
    await act.db.flush()
    act.record("certificate-add", f"inspector:{staff_no}", kind=new.kind, expires_on=new.expires_on.isoformat())
    return row


async def withdraw_certificate(act: Act, staff_no: str, certificate_id: str) -> None:
    """Withdraw a certificate from today on; twice is refused."""
    inspector, _ = await _mine(act, staff_no)
    row = await act.db.get(Certificate, certificate_id)
    if row is None or row.inspector_id != inspector.id:
        raise NotFoundError(what="这份证件")
    if row.withdrawn_on is not None:
        raise ConflictError(what="这份证件", why="已经注销。")
    row.withdrawn_on = local_date(act.now)
    act.record("certificate-withdraw", f"inspector:{staff_no}", kind=row.kind)


async def add_leave(act: Act, staff_no: str, starts_on: date, ends_on: date | None, reason: str) -> Leave:
    """Write down days on which an inspector is away; overlapping days are refused, so that each ends by itself."""
    inspector, _ = await _mine(act, staff_no)
    if ends_on is not None and ends_on < starts_on:
        raise InvalidInputError(what="离岗日期", why="结束日期早于开始日期。")
    for row in await _leaves(act, [inspector.id]):
        if row.starts_on <= (ends_on or date.max) and starts_on <= (row.ends_on or date.max):
            raise ConflictError(what="离岗登记", why="与已登记的离岗时间重叠。")
    leave = Leave(
        inspector_id=inspector.id,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason,
        made_by=act.actor.member_id,
        made_at=act.now,
    )
    act.db.add(leave)
    await act.db.flush()
    days = {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat() if ends_on else None}
    act.record("leave-add", f"inspector:{staff_no}", **days)
    return leave


async def end_leave(act: Act, staff_no: str, leave_id: str, ends_on: date) -> None:
    """Say which day is a leave's last (销假); one before its first day takes the leave back altogether."""
    inspector, _ = await _mine(act, staff_no)
    row = await act.db.get(Leave, leave_id)
    if row is None or row.inspector_id != inspector.id:
        raise NotFoundError(what="这次离岗登记")
    if row.ends_on is not None and ends_on > row.ends_on:
        raise ConflictError(what="离岗登记", why="不能延长，请另外登记。")
    if ends_on < row.starts_on:
        await act.db.delete(row)
    else:
        row.ends_on = ends_on
    act.record("leave-end", f"inspector:{staff_no}", ends_on=ends_on.isoformat())


async def link_skill(act: Act, qualification: str, skill: str) -> bool:
    """Let a qualification count as a skill that items ask for (B13); False if it does already."""
    pair = _skills([qualification]) + _skills([skill])
    if len(pair) != len(("qualification", "skill")):
        raise InvalidInputError(what="专长对照", why="资质和专长都要填写。")
    new = await insert_ignore(act.db, SkillLink, qualification=pair[0], skill=pair[1])
    if new:
        act.record("skill-link", f"skill:{pair[1]}", qualification=pair[0])
    return new


async def unlink_skill(act: Act, qualification: str, skill: str) -> None:
    """Take a link back."""
    row = await act.db.get(SkillLink, (qualification, skill))
    if row is None:
        raise NotFoundError(what="这条专长对照")
    await act.db.execute(delete(SkillLink).where(SkillLink.qualification == qualification, SkillLink.skill == skill))
    act.record("skill-unlink", f"skill:{skill}", qualification=qualification)


async def _mine(act: Act, staff_no: str) -> tuple[Inspector, Member]:
    """Hold an inspector whom the actor may keep: the office anybody, a department its own."""
    return await _one(act, staff_no, anybody=act.actor.has(Role.COORDINATOR), lock=True)


async def _one(act: Act, staff_no: str, *, anybody: bool, lock: bool) -> tuple[Inspector, Member]:
    query = select(Inspector, Member).join(Member, Member.id == Inspector.member_id)
    query = query.where(Inspector.staff_no == staff_no)
    if not anybody:
        query = query.where(Inspector.department_id == act.actor.department_id)
    if lock:
        query = query.with_for_update()
    found = (await act.db.execute(query)).one_or_none()
    if found is None:
        raise NotFoundError(what=WHO)
    return found[0], found[1]


async def _leaves(act: Act, inspector_ids: Sequence[str]) -> Sequence[Leave]:
    query = select(Leave).where(Leave.inspector_id.in_(inspector_ids))
    return (await act.db.scalars(query.order_by(Leave.starts_on, Leave.id))).all()


# --- what the console shows ---


async def card(act: Act, staff_no: str) -> dict[str, Any]:
    """One inspector with papers, leave and what his words count as."""
    wide = act.actor.has(Role.COORDINATOR, Role.ADMIN)
    inspector, member = await _one(act, staff_no, anybody=wide, lock=False)
    department = await act.db.get_one(Department, inspector.department_id)
    papers = await act.db.scalars(
        select(Certificate).where(Certificate.inspector_id == inspector.id).order_by(Certificate.expires_on.desc())
    )
    today = local_date(act.now)
    first = (inspector.certificate_no, inspector.certificate_expires)
    return {
        "staff_no": inspector.staff_no,
        "name": member.name,
        "userid": member.userid,
        "post": member.post,
        "active": member.active,
        "department": department.name,
        "kind": inspector.kind,
        "kind_text": KIND_WORDS[inspector.kind],
        "skills": inspector.skills,
        "counts_as": list(pool_store.skills_with(inspector.skills, await pool_store.skill_links(act.db))),
        "certificates": [
            {
                "id": None,
                "kind": "执法证",
                "number": masked(first[0]),
                "issuer": "",
                "expires_on": first[1],
                "valid": first[1] is not None and first[1] >= today,
                "withdrawn": False,
            },
            *(
                {
                    "id": one.id,
                    "kind": one.kind,
                    "number": masked(one.number),
                    "issuer": one.issuer,
                    "expires_on": one.expires_on,
                    "valid": one.expires_on >= today and (one.withdrawn_on is None or one.withdrawn_on > today),
                    "withdrawn": one.withdrawn_on is not None,
                }
                for one in papers
            ),
        ],
        "leaves": [
            {"id": one.id, "starts_on": one.starts_on, "ends_on": one.ends_on, "reason": one.reason}
            for one in await _leaves(act, [inspector.id])
        ],
    }


def masked(number: str | None) -> str:
    """A certificate's number as far as it helps to tell two apart (M1)."""
    return f"{number[:2]}****{number[-2:]}" if number else ""


async def skill_map(act: Act) -> list[dict[str, Any]]:
    """Each skill: the items that ask for it, the qualifications that count as it, and how many inspectors have it."""
    links = await pool_store.skill_links(act.db)
    items: dict[str, list[dict[str, str]]] = {}
    for item in await act.db.scalars(select(Item).where(Item.skill != "").order_by(Item.id)):
        items.setdefault(item.skill, []).append({"id": item.id, "name": item.name})
    people = await act.db.execute(
        select(Inspector.skills, Inspector.department_id)
        .join(Member, Member.id == Inspector.member_id)
        .where(Inspector.kind == CERTIFIED, Member.active)
    )
    counts: dict[str, int] = {}
    for own, _ in people.all():
        for skill in pool_store.skills_with(own, links):
            counts[skill] = counts.get(skill, 0) + 1
    every = sorted(items.keys() | counts.keys() | {one for words in links.values() for one in words}, key=str.encode)
    return [
        {
            "skill": skill,
            "items": items.get(skill, []),
            "qualifications": sorted(word for word, counted in links.items() if skill in counted),
            "inspectors": counts.get(skill, 0),
        }
        for skill in every
    ]


async def expiring(act: Act, until: date) -> list[dict[str, Any]]:
    """Certified inspectors without a certificate that is good on a day: whom to renew, before a draw finds out."""
    further = select(Certificate.inspector_id).where(
        Certificate.expires_on >= until, Certificate.withdrawn_on.is_(None)
    )
    query = (
        select(Inspector.staff_no, Member.name, Department.name, Inspector.certificate_expires)
        .join(Member, Member.id == Inspector.member_id)
        .join(Department, Department.id == Inspector.department_id)
        .where(Inspector.kind == CERTIFIED, Member.active, Inspector.id.not_in(further))
        .where(Inspector.certificate_expires.is_(None) | (Inspector.certificate_expires < until))
        .order_by(Inspector.certificate_expires, Inspector.staff_no)
    )
    if not act.actor.has(Role.COORDINATOR, Role.ADMIN):
        query = query.where(Inspector.department_id == act.actor.department_id)
    return [
        {"staff_no": staff_no, "name": name, "department": department, "certificate_expires": expires}
        for staff_no, name, department, expires in (await act.db.execute(query)).all()
    ]
