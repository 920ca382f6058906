"""A made-up office with a million published results, and inspectors with visits of their own to look at.

COPY of publications (foreign keys not checked: their visits and parts are nobody's) ; everything else by the models
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.machine import log
from inspection.actors import Role
from inspection.outcomes import measure_text, result_text
from models.base import new_id
from models.database import Database, run_sync_write
from models.grams import grams
from models.people import Department, Grant, Inspector, Member, SignIn
from models.registers import PlanEntry, Target
from models.schema import Base
from models.tasks import Part, Task, Visit, VisitMember
from services.people.signin import hashed

FIRST = datetime(2024, 1, 2, 1, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
PHONES, VISITS = 20, 8
_PLACES = ("演示东区", "演示西区", "演示南区", "演示北区", "演示中区")
_BRANDS = "晨光山河云海星辰松竹梅兰金玉宏达顺通百汇千禾万利春和景明瑞丰泰安嘉信"
_TRADES = (
    "食品销售", "餐饮服务", "日用百货", "软件开发", "道路运输", "烟草零售", "药品零售", "化妆品",
    "机械租赁", "广告设计", "建筑材料", "五金制品", "物业管理", "会展服务", "汽车配件", "电子产品",
)  # fmt: skip
_RESULTS = (["none"],) * 8 + (["corrected"], ["pending"])
_COLUMNS = "id, number, part_id, visit_id, department_id, target_code, target_name, body, published_at, version, grams"


@dataclass(frozen=True, kw_only=True, slots=True)
class Filled:
    """What the play needs to know of the data: bearers of the phones, their visits."""

    tokens: Sequence[str]
    visits: Sequence[Sequence[str]]  # by phone


def name_of(number: int) -> str:
    """The target's name of a result: the trade is one of 16, the four characters of its brand nearly its own."""
    chance = random.Random(number)  # noqa: S311 made-up data, no secret
    brand = "".join(chance.choices(_BRANDS, k=4))
    return f"{_PLACES[number % len(_PLACES)]}{brand}{_TRADES[chance.randrange(len(_TRADES))]}有限公司"


def code_of(number: int) -> str:
    """The credit code of a result's target: three results a target."""
    return f"91379999MA{number // 3:08d}"


def number_of(number: int) -> str:
    """The number of a result."""
    return f"演示抽查〔2026〕{number // 1000}号-{number % 1000:04d}-BENCH"


async def fill(database: Database, url: str, rows: int) -> Filled:
    """Make all tables and fill them."""
    await run_sync_write(database, Base.metadata.create_all)
    async with database.write() as db:
        department = Department(code="BENCH", name="演示部门")
        db.add(department)
        await db.flush()
        filled = await phones(db, department.id)
    _publications(url, department.id, rows)
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))
    return filled


def _publications(url: str, department_id: str, rows: int) -> None:
    """Copy the results in, then build their indexes."""
    log(f"PostgreSQL: {rows:,} published results ...")
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("SET session_replication_role = replica")
        made = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'publications' AND indexname LIKE 'ix_%'"
        ).fetchall()
        for name, _ in made:
            connection.execute(f'DROP INDEX "{name}"')
        with connection.cursor().copy(f"COPY publications ({_COLUMNS}) FROM STDIN") as copy:
            for row in _rows(department_id, rows):
                copy.write_row(row)
        for _, statement in made:
            connection.execute(statement)


def _rows(department_id: str, rows: int) -> Iterator[tuple[object, ...]]:
    for number in range(rows):
        name, code, mark = name_of(number), code_of(number), f"{number:032x}"
        at = FIRST + timedelta(seconds=60 * number)
        body = _body(number, name, code, at.date())
        stored = json.dumps(body, ensure_ascii=False)
        yield mark, number_of(number), mark, mark, department_id, code, name, stored, at, 1, grams(name)


def _body(number: int, name: str, code: str, day: date) -> dict[str, object]:
    results = _RESULTS[number % len(_RESULTS)]
    return {
        "number": number_of(number),
        "visit_number": number_of(number)[:-6],
        "plan_name": "演示年度抽查计划",
        "plan_number": f"3799992026{number // 5000:04d}",
        "task_name": "演示抽查任务",
        "task_number": f"演示抽查〔2026〕{number // 1000}号",
        "task_code": f"37999920260302{number // 1000:04d}",
        "check_type": "不定向",
        "target_name": name,
        "target_code": code,
        "region_code": "379999",
        "department": "演示部门",
        "items": ["演示抽查事项一", "演示抽查事项二"],
        "inspected_on": day.isoformat(),
        "published_on": day.isoformat(),
        "due_on": day.isoformat(),
        "late": False,
        "draw_number": "YS-2026-0001",
        "version": 1,
        "results": results,
        "measures": ["nothing"],
        "result_text": result_text(results),
        "measure_text": measure_text(["nothing"]),
        "problem_free": results == ["none"],
    }


async def phones(db: AsyncSession, department_id: str, count: int = PHONES, each: int = VISITS) -> Filled:
    """Inspectors who are signed in, each with visits under way."""
    entry = PlanEntry(
        key="bench", department_id=department_id, year=2026, name="计划", starts_on=DAY, ends_on=DAY, digest="0" * 64
    )
    db.add(entry)
    await db.flush()
    task = Task(
        number="演示抽查〔2026〕1号", department_id=department_id, plan_entry_id=entry.id, name="演示抽查任务",
        starts_on=DAY, ends_on=DAY, created_at=FIRST, status="drawn",
    )  # fmt: skip
    db.add(task)
    await db.flush()
    tokens, visits = [], []
    for phone in range(count):
        member = Member(department_id=department_id, userid=f"phone{phone:02d}", name=f"演示人员{phone}")
        db.add(member)
        await db.flush()
        inspector = Inspector(
            member_id=member.id, department_id=department_id, staff_no=f"P{phone:02d}", kind="certified"
        )
        db.add_all([Grant(member_id=member.id, role=Role.INSPECTOR.value), inspector])
        await db.flush()
        tokens.append(new_id())
        db.add(SignIn(token_hash=hashed(tokens[-1]), member_id=member.id, expires_at=datetime(2099, 1, 1, tzinfo=UTC)))
        visits.append([await _visit(db, task, inspector, phone * each + one) for one in range(each)])
    return Filled(tokens=tokens, visits=visits)


async def _visit(db: AsyncSession, task: Task, inspector: Inspector, position: int) -> str:
    target = Target(code=code_of(position * 3), name=name_of(position * 3), digest="0" * 64)
    db.add(target)
    await db.flush()
    visit = Visit(
        task_id=task.id, target_id=target.id, department_id=task.department_id, position=position,
        number=f"{task.number}-{position:04d}", notice_code=f"BENCH{position:04d}",
    )  # fmt: skip
    db.add(visit)
    await db.flush()
    db.add_all(
        [
            Part(visit_id=visit.id, department_id=task.department_id),
            VisitMember(
                visit_id=visit.id, inspector_id=inspector.id, member_id=inspector.member_id,
                department_id=task.department_id, leads=True,
            ),
        ]
    )  # fmt: skip
    await db.flush()
    return visit.id
