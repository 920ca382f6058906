"""Clues from outside the draw come in, one by one or as a table; patterns among them become a special plan (O1, O2).

enter | table -> clue of a department -> services.field.cases.check at once, or dismissed with a named reason
patterns (more of one matter in a region or trade than its size explains) -> a draft of a special plan, to be decided
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from inspection.actors import Role
from inspection.clues import COLUMNS, DISMISSALS, SOURCES, WINDOW_DAYS, Group, patterns
from inspection.errors import ForbiddenError, InvalidInputError, NotFoundError, SuichaError
from inspection.workdays import local_date
from models.clues import Clue
from models.plans import Plan
from models.registers import Target
from models.sheets import open_sheet
from models.store import clues as store
from models.store import tasks as task_store
from models.store.states import advance, next_number
from services.act import Act
from services.planning import plans
from services.planning.plans import EntryOrder

STATUS_WORDS = {"open": "待核查", "checked": "已安排检查", "dismissed": "不予核查", "planned": "已列入专项计划"}
ENTERS = (Role.COORDINATOR, Role.APPROVER)
MOST_ROWS = 10_000
MATTER, CONTENT = 64, 2_000
GROUPED = {"region": (Target.region_code, "行政区划"), "trade": (Target.trade, "行业")}
PLAN_DAYS = 60
WANTED_RATIO = "10%"  # a special plan begins with this ratio; whoever decides writes his own (O2)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewClue:
    """A clue as somebody writes it; the target by its code, the department by its name."""

    source: str
    source_no: str
    received_on: date
    target_code: str
    department: str
    matter: str
    content: str = ""


async def enter(act: Act, new: NewClue) -> tuple[Clue, bool]:
    """Keep a clue: (the clue, whether it is new); the same source and number again changes nothing."""
    if not act.actor.has(*ENTERS):
        raise ForbiddenError
    source = _key(SOURCES, new.source, "线索来源")
    number, matter = new.source_no.strip(), new.matter.strip()
    if not number or len(number) > MATTER or not matter or len(matter) > MATTER or len(new.content) > CONTENT:
        raise InvalidInputError(
            what="线索", why=f"来源编号、反映事项必填，各不超过 {MATTER} 字；内容不超过 {CONTENT} 字。"
        )
    if new.received_on > local_date(act.now):
        raise InvalidInputError(what="收到日期", why="不能晚于今天。")
    known = await act.db.scalar(select(Clue).where(Clue.source == source, Clue.source_no == number))
    if known is not None:
        return known, False
    target = await act.db.scalar(select(Target).where(Target.code == new.target_code.strip().upper()))
    if target is None:
        raise NotFoundError(what=f"代码为 {new.target_code.strip()} 的检查对象")
    name = new.department.strip()
    departments = (await task_store.departments(act.db)).values()
    department = next((one for one in departments if name in {one.name, *one.aliases}), None)
    if department is None:
        raise NotFoundError(what=f"责任部门“{name}”")
    if not act.actor.has(Role.COORDINATOR) and department.id != act.actor.department_id:
        raise ForbiddenError
    row = Clue(
        source=source, source_no=number, received_on=new.received_on, department_id=department.id, target_id=target.id,
        matter=matter, content=new.content.strip(),
    )  # fmt: skip
    return await _kept(act, row), True


async def from_visit(act: Act, source_no: str, target_id: str, department_id: str, words: tuple[str, str]) -> None:
    """Keep what a group met at a visit and may not inspect, as a clue of its department; twice is one clue.

    `words`: matter and content. The caller holds the visit; he need not be one who enters clues.
    """
    known = await act.db.scalar(select(Clue.id).where(Clue.source == "onsite", Clue.source_no == source_no))
    if known is None:
        where = {"department_id": department_id, "target_id": target_id, "received_on": local_date(act.now)}
        await _kept(act, Clue(source="onsite", source_no=source_no, matter=words[0], content=words[1], **where))


async def _kept(act: Act, row: Clue) -> Clue:
    """Give a clue its number and keep it."""
    year = row.received_on.year
    row.number = f"线索〔{year}〕{await next_number(act.db, f'clue/{year}')}号"
    row.entered_by, row.entered_at = str(act.actor.member_id), act.now
    act.db.add(row)
    await act.db.flush()
    act.record("clue", f"clue:{row.id}", number=row.number, source=row.source)
    return row


def read_table(name: str, data: bytes) -> list[tuple[int, dict[str, str]]]:
    """The rows of a table of clues by column, each with its line; InvalidInputError for a wrong file (blocking)."""
    rows = [(line, row) for line, row in enumerate(open_sheet(name, data), 1) if any(one.strip() for one in row)]
    titles = {title: key for key, title in COLUMNS.items()}
    head = [titles.get(one.strip(), "") for one in rows[0][1]] if rows else []
    missing = [title for key, title in COLUMNS.items() if key not in head and key != "content"]
    if missing or len(rows) > MOST_ROWS:
        why = f"缺少列：{'、'.join(missing)}" if missing else f"最多 {MOST_ROWS:,} 行"
        raise InvalidInputError(what=f"文件“{name}”", why=why)
    return [(line, {key: cell.strip() for key, cell in zip(head, row, strict=False) if key}) for line, row in rows[1:]]


async def take_table(act: Act, rows: Sequence[tuple[int, Mapping[str, str]]]) -> dict[str, Any]:
    """Keep the clues of a table; what cannot be kept is named with its line and reason, the others stay."""
    added, rejected = 0, []
    for line, row in rows:
        try:
            day = date.fromisoformat(row["received_on"])
            _, new = await enter(act, NewClue(**{**row, "received_on": day}))  # type: ignore[arg-type]
            added += new
        except SuichaError as error:
            rejected.append({"row": line, "why": error.sentence()})
        except ValueError:
            rejected.append({"row": line, "why": "收到日期应当写成 2026-03-02 这样。"})
    return {"read": len(rows), "added": added, "known": len(rows) - added - len(rejected), "rejected": rejected}


async def dismiss(act: Act, clue_id: str, reason: str) -> str:
    """End a clue that is not checked, for a named reason; its department decides."""
    clue = await store.clue(act.db, act.actor, clue_id)
    if not act.actor.has(Role.APPROVER) or clue.department_id != act.actor.department_id:
        raise ForbiddenError
    said = {"reason": _key(DISMISSALS, reason, "理由"), "ended_by": act.actor.member_id, "ended_at": act.now}
    await advance(act.db, clue, "dismissed", come_from={"open"}, what="线索", **said)
    act.record("clue-dismiss", f"clue:{clue.id}", number=clue.number, reason=reason)
    return clue.status


async def listing(act: Act) -> dict[str, Any]:
    """The clues that the actor may see, open ones first, and the patterns among them."""
    return {
        "rows": [
            {
                "id": clue.id,
                "number": clue.number,
                "source_text": SOURCES[clue.source],
                "source_no": clue.source_no,
                "received_on": clue.received_on,
                "target_name": target.name,
                "target_code": target.code,
                "department": department,
                "matter": clue.matter,
                "content": clue.content,
                "status": clue.status,
                "status_text": STATUS_WORDS[clue.status],
                "reason_text": DISMISSALS.get(clue.reason, ""),
                "visit_number": visit,
                "own": clue.department_id == act.actor.department_id and act.actor.has(Role.APPROVER),
            }
            for clue, target, department, visit in await store.newest(act.db, act.actor)
        ],
        "patterns": await found_patterns(act),
        "sources": SOURCES,
        "dismissals": DISMISSALS,
    }


async def found_patterns(act: Act) -> list[dict[str, Any]]:
    """Matters that are named more often in a region or trade than its share of targets explains (O2)."""
    since = local_date(act.now) - timedelta(days=WINDOW_DAYS)
    groups: list[Group] = []
    for kind, (column, _) in GROUPED.items():
        sizes = await store.sizes(act.db, column)
        named = await store.named(act.db, act.actor, since, column)
        of_matter: dict[str, int] = {}
        for matter, _, count in named:
            of_matter[matter] = of_matter.get(matter, 0) + count
        groups += [
            Group(
                matter=matter, kind=kind, key=key, named=count, named_of_all=of_matter[matter],
                share=sizes.get(key, 0) / max(1, sum(sizes.values())),
            )
            for matter, key, count in named
        ]  # fmt: skip
    return [
        {
            "matter": one.matter,
            "kind": one.kind,
            "kind_text": GROUPED[one.kind][1],
            "key": one.key,
            "named": one.named,
            "named_of_all": one.named_of_all,
            "share": one.share,
            "chance": chance,
        }
        for one, chance in patterns(groups)
    ]


async def propose_plan(act: Act, matter: str, kind: str, key: str) -> Plan:
    """Begin a special plan over a pattern that stands, with its clues; approved and filed like any other (O2, O4)."""
    wanted = {(one["matter"], one["kind"], one["key"]): one for one in await found_patterns(act)}
    found = wanted.get((matter, kind, key))
    if found is None:
        raise NotFoundError(what="这个共性问题（线索已有变化）")
    today = local_date(act.now)
    plan = await plans.create_plan(act, f"{matter}专项检查", today.year, "special")
    last = min(today + timedelta(days=PLAN_DAYS), date(today.year, 12, 31))
    order = EntryOrder(
        name=f"{matter}专项抽查", starts_on=today, ends_on=last, quota=WANTED_RATIO, form="专项整治联查",
        scope_text=f"{found['kind_text']} {key}", region=key if kind == "region" else "",
        risk_note=f"近 {WINDOW_DAYS} 天线索涉及 {found['named']} 户，多于按户数应有的数量",
    )  # fmt: skip
    await plans.add_entries(act, plan.id, [order])
    since = today - timedelta(days=WINDOW_DAYS)
    for clue in await store.of_pattern(act.db, act.actor, since, matter, GROUPED[kind][0] == key):
        if clue.status == "open":  # what is being checked goes its way; both belong to the plan
            said = {"plan_id": plan.id, "ended_by": act.actor.member_id, "ended_at": act.now}
            await advance(act.db, clue, "planned", come_from={"open"}, what="线索", **said)
        else:
            clue.plan_id = plan.id
    act.record("clue-plan", f"plan:{plan.id}", number=plan.number, matter=matter, group=f"{kind}:{key}")
    return plan


def _key(words: Mapping[str, str], said: str, what: str) -> str:
    """The key of a word that a table or a form says."""
    found = said if said in words else {text: key for key, text in words.items()}.get(said.strip())
    if found is None:
        raise InvalidInputError(what=what, why=f"应当是 {'、'.join(words.values())} 之一。")
    return found
