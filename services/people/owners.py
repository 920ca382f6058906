"""Owners: the people of a target, who read of its visits in the mini-program, confirm, and say what they think (F1).

js code -> openid (bot) -> sign in -> bind by the notice's code, or by the phone number on record
       -> the notices that were held go out -> visits -> one visit: when, what, who, papers, rights -> confirm

An unannounced visit is not there for an owner until its code was scanned at the door (F2; `models.store.owners`).
"""

from __future__ import annotations

import hmac
from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select

from inspection.deadlines import DeadlineKind
from inspection.errors import NotFoundError
from inspection.workdays import local_date
from models.owners import NoticeRecord, Rating
from models.people import Department, OwnerBinding
from models.registers import Contact, Target
from models.results import Outbox
from models.store import companions, destructions, publications
from models.store import owners as store
from models.store.states import STATUS_WORDS, insert_ignore
from models.tasks import Part
from services.act import Act
from services.clock import deadlines
from services.drawing import recusal_requests
from services.people.notices import release_held

NOT_BEGUN = ("assigned", "accepted")
SHOWN_RESULT = ("number", "department", "result_text", "measure_text", "problem_free", "published_on", "corrected_on")
ENDED = ("submitted", "confirmed", "published")
RIGHTS = (
    "检查人员应当主动出示有效的行政执法证件，不出示的，您有权拒绝检查。",
    "检查人员应当出示入企码（亮码入企），无入企码又不说明理由的，您有权拒绝。",
    "您有权要求检查人员回避，并说明理由。",
    "您有权就检查事项陈述、申辩，对检查记录核对无误后再签字。",
    "检查不收取任何费用。",
)


async def bind(act: Act, notice_code: str) -> dict[str, Any]:
    """Bind the signed-in owner to the target whose notice carries this code; NotFoundError for a wrong code.

    An unannounced visit's code binds nobody (F2): to an owner there is no such visit before the door.
    """
    found = await store.by_notice_code(act.db, notice_code)
    await _bound(act, found.target, visit=found.visit.number)
    return {
        "target_name": found.target.name,
        "target_code": found.target.code,
        "visit_number": found.visit.number,
    }


async def bind_by_phone(act: Act, target_code: str, phone: str) -> dict[str, Any]:
    """Bind by the phone number that WeChat vouches for, if it is the one on record for this target.

    A wrong code, a target without a number and another number answer alike: nobody learns whose number is on record.
    """
    row = (
        await act.db.execute(
            select(Target, Contact)
            .join(Contact, Contact.target_id == Target.id)
            .where(Target.code == target_code.strip().upper())
        )
    ).one_or_none()
    known = _digits(row[1].phone or "") if row else ""
    if row is None or not known or not hmac.compare_digest(known, _digits(phone)):
        raise NotFoundError(what="与这个手机号相符的企业登记联系人")
    released = await _bound(act, row[0], by="phone")
    return {"target_name": row[0].name, "target_code": row[0].code, "released": released}


async def me(act: Act, template: str) -> dict[str, Any]:
    """What the mini-program's first page shows: the bound targets and what the ledger of messages says."""
    query = select(Target).join(OwnerBinding, OwnerBinding.target_id == Target.id)
    bound = await act.db.scalars(query.where(OwnerBinding.owner_id == act.actor.member_id).order_by(Target.name))
    left, for_ever = await store.credit(act.db, act.actor.member_id, template)
    return {
        "targets": [{"name": one.name, "code": one.code} for one in bound],
        "template": template,
        "messages_left": left,
        "messages_for_ever": for_ever,
    }


async def allowed(act: Act, template: str, kind: str) -> None:
    """Note that the owner allowed messages ("once", "for-ever") or refused them, as WeChat told his page."""
    await store.add_credit(act.db, act.actor.member_id, template, kind, act.now)
    act.record("owner-subscribe", "template:visit", kind=kind)


async def notices(act: Act) -> list[dict[str, Any]]:
    """The notices of the targets that the signed-in owner has bound, newest first."""
    rows = await act.db.scalars(
        select(Outbox)
        .where(Outbox.channel == "wechat", Outbox.recipient == str(act.actor.member_id))
        .order_by(Outbox.id.desc())
    )
    return [{"title": row.content["title"], "facts": row.content["facts"], "at": row.created_at} for row in rows]


async def visits(act: Act) -> list[dict[str, Any]]:
    """The owner's visits that he may know of, newest first."""
    found = await store.own_visits(act.db, act.actor)
    return [_line(one) for one in found]


async def visit(act: Act, visit_id: str) -> dict[str, Any]:
    """One visit with all that an enterprise is told (F1): when, what, which papers, who comes, which rights."""
    found = await store.own_visit(act.db, act.actor, visit_id)
    return {
        **await told(act, found),
        "notice_code": found.visit.notice_code,
        "confirmed_at": await _confirmed_at(act, visit_id),
        "recusals": await recusal_requests.of_visit(act, visit_id),
        "can_recuse": found.visit.status in NOT_BEGUN,
        "published": [
            {name: one.body.get(name) for name in SHOWN_RESULT} for one in await publications.of_visit(act.db, visit_id)
        ],
        "destroyed": await destructions.gone(act.db, f"visit:{visit_id}"),
        "can_rate": found.visit.status in ENDED and not await _has_rated(act, found),
        "questions": [
            {"question": one.question, "asked_at": one.asked_at, "answer": one.answer, "answered_at": one.answered_at}
            for one in await store.questions(act.db, visit_id)
        ],
    }


async def told(act: Act, found: store.OwnerVisit) -> dict[str, Any]:
    """What the notice says, on the page, on paper and to who checks it; for a visit that may be known."""
    people = await store.comers(act.db, found.visit.id)
    items = await store.items(act.db, found.visit)
    return {
        **_line(found),
        "target_code": found.target.code,
        "address": found.target.address,
        "departments": list(dict.fromkeys(department for department, _, _ in items)),
        "items": [{"department": department, "item": item, "basis": basis} for department, item, basis in items],
        "documents": list(act.house.rules.notice_documents),
        "people": [asdict(one) for one in people],
        "entrusted": [one.words() for one in await companions.entrusted(act.db, visits=[found.visit.id])],
        "experts": [
            {"name": one.name, "department": one.department}
            for one in await companions.experts(act.db, visits=[found.visit.id])
        ],
        "rights": list(RIGHTS),
        "decide_within": deadlines.days_of(act, DeadlineKind.DECIDE_RECUSAL),
        "office": act.house.office_name,
        "verify_url": f"{act.house.origin}/public/notices/{found.visit.notice_code}",
    }


async def confirm(act: Act, visit_id: str) -> bool:
    """Note that the enterprise has received the notice; False if this owner had confirmed before."""
    found = await store.own_visit(act.db, act.actor, visit_id)
    new = await insert_ignore(
        act.db,
        NoticeRecord,
        visit_id=visit_id,
        department_id=found.visit.department_id,
        way="wechat",
        at=act.now,
        owner_id=act.actor.member_id,
    )
    if new:
        act.record("owner-confirm", f"visit:{visit_id}", visit=found.visit.number)
    return new


async def rate(act: Act, visit_id: str, stars: int, comment: str) -> bool:
    """Say what the enterprise thought of a visit that has ended; False if it had before.

    The row names neither visit nor owner, and the month only: no department finds out who said what.
    """
    found = await store.own_visit(act.db, act.actor, visit_id)
    if found.visit.status not in ENDED:
        raise NotFoundError(what="可以评价的检查；检查结束后才能评价")
    month = local_date(act.now).replace(day=1)
    new = False
    departments = await act.db.scalars(select(Part.department_id).where(Part.visit_id == visit_id))
    for department_id in departments.all():
        token = _token(act, visit_id, department_id)
        values = {"department_id": department_id, "month": month, "stars": stars, "comment": comment or None}
        new |= await insert_ignore(act.db, Rating, token=token, **values)
    if new:
        act.record("owner-rate", "ratings")
    return new


async def ratings(act: Act, *, whole_office: bool) -> list[dict[str, Any]]:
    """How enterprises thought of departments: number and mean, where there are enough that no single one shows through.

    Words are for the office alone, without anybody's name; a department sees its own mean, never a single rating.
    """
    query = select(Rating.department_id, func.count(), func.avg(Rating.stars)).group_by(Rating.department_id)
    if not whole_office:
        query = query.where(Rating.department_id == act.actor.department_id)
    names = {row.id: row.name for row in await act.db.scalars(select(Department))}
    least = act.house.rules.ratings_at_least
    found = [(names[one], int(count), float(mean)) for one, count, mean in await act.db.execute(query)]
    comments: dict[str, list[str]] = {}
    if whole_office:
        for row in await act.db.scalars(select(Rating).order_by(Rating.token)):
            if row.comment:
                comments.setdefault(names[row.department_id], []).append(row.comment)
    return [
        {
            "department": name,
            "count": count,
            "mean": round(mean, 1) if count >= least else None,
            "comments": comments.get(name, []) if count >= least else [],
        }
        for name, count, mean in sorted(found)
    ]


async def _bound(act: Act, target: Target, **detail: str) -> int:
    owner_id = str(act.actor.member_id)
    await insert_ignore(act.db, OwnerBinding, owner_id=owner_id, target_id=target.id, bound_at=act.now)
    released = await release_held(act, target.id, owner_id)
    act.record("owner-bind", f"target:{target.id}", released=released, **detail)
    return released


async def _confirmed_at(act: Act, visit_id: str) -> Any:
    return next((one.at for one in await store.records(act.db, visit_id) if one.way == "wechat"), None)


async def _has_rated(act: Act, found: store.OwnerVisit) -> bool:
    departments = await act.db.scalars(select(Part.department_id).where(Part.visit_id == found.visit.id))
    tokens = [_token(act, found.visit.id, one) for one in departments]
    return await act.db.scalar(select(Rating.token).where(Rating.token.in_(tokens)).limit(1)) is not None


def _token(act: Act, visit_id: str, department_id: str) -> str:
    words = f"rating/{visit_id}/{act.actor.member_id}/{department_id}"
    return hmac.digest(act.house.link_key, words.encode(), "sha256").hex()


def _line(found: store.OwnerVisit) -> dict[str, Any]:
    return {
        "id": found.visit.id,
        "number": found.visit.number,
        "task_name": found.task.name,
        "target_name": found.target.name,
        "starts_on": found.task.starts_on,
        "ends_on": found.task.ends_on,
        "status": found.visit.status,
        "status_text": "待检查" if found.visit.status in {"assigned", "accepted"} else STATUS_WORDS[found.visit.status],
    }


def _digits(phone: str) -> str:
    found = "".join(one for one in phone if one.isascii() and one.isdigit())
    return found.removeprefix("86") if len(found) > 11 else found  # noqa: PLR2004 - a mobile number's digits
