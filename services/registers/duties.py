"""谁审批谁监管、谁主管谁监管: who answers for which target (B10), and the licences that say so (section 2.5).

rules + licences -> run -> claims -> how many answer for each target -> nobody | one (written into the register) | two
nobody, two -> reports page by page -> settle by hand, which outlasts every run
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import String, cast, delete, func, select

from inspection import regions
from inspection.actors import Role
from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from inspection.tables.places import trade_code
from inspection.workdays import local_date
from models.base import new_id
from models.libraries import DutyClaim, DutyDecision, DutyRule, DutyState, Licence
from models.people import AuditEntry, Department
from models.registers import Target
from models.store import libraries as library_store
from models.store import tasks as store
from services.act import Act

PRINCIPLES = {"approves": "谁审批谁监管", "governs": "谁主管谁监管"}
PAGE_SIZE = 50
AT_ONCE = 500
NOBODY, TWO = 0, library_store.TWO_OR_MORE
LONG_TERM = date(9999, 9, 9)  # a licence without an end, as import templates write it


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleOrder:
    """A rule of responsibility; everything that is given must fit."""

    department_id: str
    principle: str
    trades: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    licence: str = ""
    region: str = ""
    basis: str = ""


async def add_rule(act: Act, order: RuleOrder) -> DutyRule:
    """Write a rule down; it takes effect with the next run. Raises InvalidInputError for one that says nothing."""
    if await act.db.get(Department, order.department_id) is None:
        raise NotFoundError(what="这个部门")
    if order.principle not in PRINCIPLES:
        raise InvalidInputError(what="监管原则", why=f"应当是 {'、'.join(PRINCIPLES)} 之一。")
    trades = [trade_code(one) for one in order.trades]
    keywords = [one.strip() for one in order.keywords if one.strip()]
    if not (trades or keywords or order.licence.strip()):
        raise InvalidInputError(what="监管规则", why="至少写明行业、关键字、许可证中的一项。")
    row = DutyRule(
        department_id=order.department_id,
        principle=order.principle,
        trades=trades,
        keywords=keywords,
        licence=order.licence.strip(),
        region=regions.full(order.region) if order.region else "",
        basis=order.basis,
        made_by=act.actor.member_id,
        made_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    act.record("duty-rule", f"duty:{row.id}", principle=row.principle, department=row.department_id)
    return row


async def drop_rule(act: Act, rule_id: str) -> None:
    """Take a rule away with its claims; the states follow with the next run."""
    row = await act.db.get(DutyRule, rule_id)
    if row is None:
        raise NotFoundError(what="这条监管规则")
    await act.db.execute(delete(DutyClaim).where(DutyClaim.rule_id == row.id))
    await act.db.delete(row)
    act.record("duty-drop", f"duty:{row.id}", principle=row.principle, department=row.department_id)


async def run(act: Act) -> dict[str, int]:
    """Take in the licences of the register and judge every target; gives how many have nobody, one, two and more."""
    await take_licences(act)
    rules = list(await act.db.scalars(select(DutyRule).order_by(DutyRule.id)))
    await library_store.judge_duties(act.db, rules)
    counts = await _counts(act)
    act.record("duty-run", "duties", **counts)
    return counts


async def take_licences(act: Act) -> int:
    """Bring the licences that imports left with the targets into their own table; returns how many there are.

    What was written down by hand is never overwritten.
    """
    with_licence = cast(Target.extra, String).contains("licence_name")
    found = [
        _licence(target_id, extra)
        for target_id, extra in (await act.db.execute(select(Target.id, Target.extra).where(with_licence))).all()
        if extra.get("licence_name")
    ]
    for start in range(0, len(found), AT_ONCE):
        await library_store.keep_licences(act.db, found[start : start + AT_ONCE])
    return len(found)


def _licence(target_id: str, extra: dict[str, str]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "target_id": target_id,
        "name": extra["licence_name"][:128],
        "number": extra.get("licence_no", "")[:64],
        "issuer": extra.get("authority", "")[:128],
        "expires_on": date.fromisoformat(extra["licence_expires"]) if extra.get("licence_expires") else None,
        "by_hand": False,
    }


async def settle(act: Act, code: str, department_id: str, reason: str) -> None:
    """Decide who answers for one target, whatever the rules say; decided again, the last word holds."""
    target = await act.db.scalar(select(Target).where(Target.code == code))
    if target is None:
        raise NotFoundError(what="这个检查对象")
    if await act.db.get(Department, department_id) is None:
        raise NotFoundError(what="这个部门")
    await act.db.execute(delete(DutyDecision).where(DutyDecision.target_id == target.id))
    act.db.add(
        DutyDecision(
            target_id=target.id,
            department_id=department_id,
            reason=reason,
            decided_by=act.actor.member_id,
            decided_at=act.now,
        )
    )
    target.department_id = department_id
    state = await act.db.get(DutyState, target.id)
    if state is None:
        act.db.add(DutyState(target_id=target.id, code=target.code, owners=1))
    else:
        state.owners = 1
    act.record("duty-settle", f"target:{target.code}", department=department_id)
    await act.db.flush()


# --- reports ---


async def _counts(act: Act) -> dict[str, int]:
    """Counted by the index alone; `unjudged` came into the register after the last run."""
    rows = await act.db.execute(select(DutyState.owners, func.count()).group_by(DutyState.owners))
    by_owners = {owners: count for owners, count in rows.all()}  # noqa: C416 a Row is no pair to mypy
    targets = await act.db.scalar(select(func.count()).select_from(Target)) or 0
    return {
        "nobody": by_owners.get(NOBODY, 0),
        "one": by_owners.get(1, 0),
        "two": by_owners.get(TWO, 0),
        "unjudged": targets - sum(by_owners.values()),
    }


async def overview(act: Act) -> dict[str, Any]:
    """The rules, the counts of the last run and when it was."""
    names = await store.departments(act.db)
    rules = await act.db.scalars(select(DutyRule).order_by(DutyRule.id))
    shown = ("id", "principle", "trades", "keywords", "licence", "region", "basis", "department_id", "made_at")
    return {
        "counts": await _counts(act),
        "run_at": await act.db.scalar(select(func.max(AuditEntry.at)).where(AuditEntry.act == "duty-run")),
        "rules": [
            {
                **{name: getattr(row, name) for name in shown},
                "principle_text": PRINCIPLES[row.principle],
                "department": names[row.department_id].name,
            }
            for row in rules
        ],
    }


async def report(act: Act, what: str, after: str) -> dict[str, Any]:
    """A page of the targets that nobody answers for, or two (`what`: nobody, two), from behind the code `after`."""
    if what not in {"nobody", "two"}:
        raise InvalidInputError(what="报告", why="应当是 nobody 或 two。")
    owners = NOBODY if what == "nobody" else TWO
    query = (
        select(Target)
        .join(DutyState, DutyState.target_id == Target.id)
        .where(DutyState.owners == owners, DutyState.code > after)
        .order_by(DutyState.code)
        .limit(PAGE_SIZE)
    )
    targets = (await act.db.scalars(query)).all()
    claims = await _claims(act, [one.id for one in targets])
    shown = ("code", "name", "trade", "region", "region_code", "status")
    rows = [{**{one: getattr(row, one) for one in shown}, "claims": claims.get(row.id, [])} for row in targets]
    return {"rows": rows, "next_after": rows[-1]["code"] if len(rows) == PAGE_SIZE else None}


async def claims_of(act: Act, target_id: str) -> list[dict[str, str]]:
    """Who claims one target, and by which rule."""
    return (await _claims(act, [target_id])).get(target_id, [])


async def _claims(act: Act, target_ids: list[str]) -> dict[str, list[dict[str, str]]]:
    """Who claims these targets, and by which rule."""
    query = (
        select(DutyClaim.target_id, Department.id, Department.name, DutyRule.principle, DutyRule.basis)
        .join(Department, Department.id == DutyClaim.department_id)
        .join(DutyRule, DutyRule.id == DutyClaim.rule_id)
        .where(DutyClaim.target_id.in_(target_ids))
        .order_by(Department.code)
    )
    found: dict[str, list[dict[str, str]]] = {}
    for target_id, department_id, name, principle, basis in (await act.db.execute(query)).all():
        one = {"department_id": department_id, "department": name, "why": PRINCIPLES[principle], "basis": basis}
        found.setdefault(target_id, []).append(one)
    return found


# --- licences ---


@dataclass(frozen=True, kw_only=True, slots=True)
class NewLicence:
    """A licence written down by hand; `expires_on` None is one without an end."""

    code: str
    name: str
    number: str
    issuer: str = ""
    issued_on: date | None = None
    expires_on: date | None = None


async def add_licence(act: Act, new: NewLicence) -> Licence:
    """Write a licence down, the same one once; a department writes for its own targets and for those of nobody."""
    target = await act.db.scalar(select(Target).where(Target.code == new.code))
    if target is None:
        raise NotFoundError(what="这个检查对象")
    own = target.department_id in {None, act.actor.department_id}
    if not own and not act.actor.has(Role.COORDINATOR):
        owner = await act.db.get_one(Department, target.department_id)
        raise ConflictError(what="这份许可证", why=f"“{target.name}”由{owner.name}监管，许可证由该部门登记。")
    same = select(Licence.id).where(Licence.target_id == target.id, Licence.name == new.name)
    if await act.db.scalar(same.where(Licence.number == new.number)):
        raise ConflictError(what="这份许可证", why="已经登记。")
    row = Licence(
        target_id=target.id,
        name=new.name,
        number=new.number,
        issuer=new.issuer,
        issued_on=new.issued_on,
        expires_on=new.expires_on or LONG_TERM,
        by_hand=True,
    )
    act.db.add(row)
    await act.db.flush()
    act.record("licence-add", f"target:{target.code}", name=new.name)
    return row


async def licences(act: Act, code: str, until: date | None, after: str) -> dict[str, Any]:
    """A target's licences; or without a code those that end up to `until` (else: have ended), the earliest first."""
    query = select(Licence, Target.code, Target.name).join(Target, Target.id == Licence.target_id)
    if code:
        query = query.where(Target.code == code)
    else:
        query = query.where(Licence.expires_on <= (until or local_date(act.now)))
    if after:
        day, _, last = after.partition("/")
        query = query.where(
            (Licence.expires_on > _day(day)) | ((Licence.expires_on == _day(day)) & (Licence.id > last))
        )
    found = (await act.db.execute(query.order_by(Licence.expires_on, Licence.id).limit(PAGE_SIZE))).all()
    shown = ("id", "name", "number", "issuer", "issued_on", "expires_on")
    today = local_date(act.now)
    rows = [
        {
            **{one: getattr(row, one) for one in shown},
            "code": target_code,
            "target": target_name,
            "long_term": row.expires_on == LONG_TERM,
            "expired": row.expires_on is not None and row.expires_on < today,
        }
        for row, target_code, target_name in found
    ]
    full_page = len(rows) == PAGE_SIZE
    return {"rows": rows, "next_after": f"{rows[-1]['expires_on']}/{rows[-1]['id']}" if full_page else None}


def _day(words: str) -> date:
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise InvalidInputError(what="参数 after", why="应当是上一页给出的值。") from None
