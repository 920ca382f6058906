"""Scan at the door (亮码入企): the code that the group shows and the enterprise scans: who, what, on which plan.

show (code for this day) -> QR on the inspector's page -> page of the code -> scan: on record, and the visit is known
nobody scans             -> name_reason (listed) -> on record as well
An unannounced visit is not begun in the record without one of the two (`require`).
"""

from __future__ import annotations

import secrets
from datetime import datetime, time, timedelta
from typing import Any, ClassVar

from inspection.actors import PUBLIC, Role
from inspection.errors import ConflictError, InvalidInputError, Kind, SuichaError
from inspection.reasons import DOOR_REASONS, listed
from inspection.workdays import SHANGHAI
from models.owners import Door
from models.registers import PlanEntry
from models.store import owners as store
from models.store import visits as visit_store
from models.store.visits import OwnVisit
from services.act import Act
from services.people import qr

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 10
MOST_NOTE = 200


class DoorFirstError(SuichaError):
    """不事先通知的检查，请先亮码入企：由被检查对象扫码，或写明未能扫码的理由。"""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str] = "door-first"
    action: ClassVar[str] = "请打开“亮码入企”页面办理，已采集的内容都在本机，不会丢失。"


async def show(act: Act, visit_id: str) -> dict[str, Any]:
    """Make (or show again) the code of a visit that the group has accepted; it holds until the day ends."""
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    if own.visit.status not in {"assigned", "accepted"} or own.member.accepted_at is None:
        raise ConflictError(what="入企码", why="请先接受任务；检查结果提交后不再亮码。")
    await visit_store.lock(act.db, visit_id)
    row = await act.db.get(Door, visit_id)
    if row is None:
        row = Door(
            visit_id=visit_id,
            code=_code(),
            shown_by=act.actor.member_id,
            shown_at=act.now,
            expires_at=_end_of_day(act.now),
        )
        act.db.add(row)
        act.record("door-show", f"visit:{visit_id}", visit=own.visit.number)
    elif row.expires_at <= act.now and row.scanned_at is None:
        row.code, row.shown_by, row.shown_at = _code(), act.actor.member_id, act.now
        row.expires_at = _end_of_day(act.now)
        act.record("door-show", f"visit:{visit_id}", visit=own.visit.number)
    await act.db.flush()
    return _shown(act, row)


async def state(act: Act, visit_id: str) -> dict[str, Any] | None:
    """How the door stands for the group of a visit; None before a code was shown or a reason named."""
    await visit_store.own_visit(act.db, act.actor, visit_id)
    row = await act.db.get(Door, visit_id)
    return None if row is None else _shown(act, row)


async def page(act: Act, code: str) -> dict[str, Any]:
    """What who scans the code is shown: who stands there, what they inspect, on which task and plan."""
    found, row = await store.by_door(act.db, code, act.now)
    plan = await act.db.get(PlanEntry, found.task.plan_entry_id)
    return {
        "code": row.code,
        "number": found.visit.number,
        "target_name": found.target.name,
        "address": found.target.address,
        "task_name": found.task.name,
        "task_number": found.task.number,
        "plan_name": plan.name if plan else "",
        "starts_on": found.task.starts_on,
        "ends_on": found.task.ends_on,
        "announced": found.task.announced,
        "people": await store.comers(act.db, found.visit.id),
        "items": await store.items(act.db, found.visit),
        "shown_at": row.shown_at,
        "scanned_at": row.scanned_at,
    }


async def scan(act: Act, code: str) -> str:
    """Put on record that the enterprise has scanned the code; the first time stands. Returns the visit's id."""
    found, row = await store.by_door(act.db, code, act.now)
    await visit_store.lock(act.db, found.visit.id)
    await act.db.refresh(row)
    if row.scanned_at is None:
        row.scanned_at = act.now
        row.owner_id = act.actor.member_id if act.actor.has(Role.OWNER) else None
        await act.db.flush()
        act.record("door-scan", f"visit:{found.visit.id}", visit=found.visit.number, by=_by(act))
    return found.visit.id


async def name_reason(act: Act, visit_id: str, reason: str, note: str) -> dict[str, Any]:
    """Say why nobody scanned: a listed reason, with words where it is another; the first one stands."""
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    listed(DOOR_REASONS, reason, "未扫码理由")
    note = note.strip()
    if len(note) > MOST_NOTE or (reason == "other" and not note):
        raise InvalidInputError(what="未扫码说明", why=f"选择“其他”时请写明情况，不超过 {MOST_NOTE} 字。")
    await show(act, visit_id)
    row = await act.db.get_one(Door, visit_id)
    if row.scanned_at is not None or row.reason:
        raise ConflictError(what="亮码入企", why="已经有记录。")
    row.reason, row.note, row.reason_by, row.reason_at = reason, note or None, act.actor.member_id, act.now
    await act.db.flush()
    act.record("door-reason", f"visit:{visit_id}", visit=own.visit.number, reason=reason)
    return _shown(act, row)


async def require(act: Act, own: OwnVisit) -> None:
    """DoorFirstError if this visit was not announced and neither a scan nor a reason is on record."""
    if own.task.announced:
        return
    row = await act.db.get(Door, own.visit.id)
    if row is None or (row.scanned_at is None and not row.reason):
        raise DoorFirstError


def _shown(act: Act, row: Door) -> dict[str, Any]:
    url = f"{act.house.origin}/public/door/{row.code}"
    return {
        "code": row.code,
        "url": url,
        "qr": qr.data_url(url),
        "shown_at": row.shown_at,
        "expires_at": row.expires_at,
        "expired": row.expires_at <= act.now,
        "scanned_at": row.scanned_at,
        "reason_text": DOOR_REASONS.get(row.reason, ""),
        "note": row.note,
    }


def _by(act: Act) -> str:
    return "owner" if act.actor.has(Role.OWNER) else "public" if act.actor == PUBLIC else "member"


def _code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def _end_of_day(now: datetime) -> datetime:
    tomorrow = now.astimezone(SHANGHAI).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, SHANGHAI)
