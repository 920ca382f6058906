"""Issue 4, "Speed and memory": ten million scored, a million frozen and drawn from PostgreSQL, matching, verifying.

run() -> one process per figure (`python -m benchmarks.draw one ...`), so that peaks are its own -> medians, ratios

References: a bare hashlib loop over the ids, and a bare greedy heap; each is run anew before and after every measured
run, because the machine's pace drifts.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import random
import resource
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

from app import verify
from benchmarks.machine import POSTGRES, folder, log, machine, median, peak_mb, timed
from inspection.actors import Actor, DepartmentId, MemberId, Role
from inspection.draw.announcement import Source, SourceKind, Team, parse_announcement
from inspection.draw.freeze import ANNOUNCEMENT
from inspection.draw.match import match, roster
from inspection.draw.pools import Conflict, DrawInspector
from inspection.draw.result import PUBLISHED, RESULT, published_json, result_json, run_draw
from inspection.draw.score import least
from inspection.draw.seed import SEED, seed_json
from inspection.workdays import official_calendar
from models.base import KEYS
from models.blobs import LocalBlobs
from models.database import Database, run_sync_write
from models.people import Department, Grant, Inspector, Member
from models.registers import PlanEntry
from models.schema import Base
from models.spool import Spool
from models.store import tasks as store
from models.tasks import Draw, Task, TaskTeam
from services.act import Act, House, Rules
from services.drawing import draws, tasks
from services.drawing.scoring import Children

ROWS, RUNS, TEN = 1_000_000, 3, 10
DATABASE = "suicha_bench_draw"
SEED_HEX = sha256(b"bench").hexdigest()
CLASSES = "ABCD"
NOW, FIRST, LAST = datetime(2026, 3, 2, 1, 0, tzinfo=UTC), date(2026, 3, 2), date(2026, 11, 30)
STAFF = 400
FREEZER = Actor(member_id=MemberId("freezer"), department_id=DepartmentId(""), roles=frozenset({Role.COORDINATOR}))
PREPARER = replace(FREEZER, member_id=MemberId("preparer"))
MIX = "A" * 70 + "B" * 22 + "C" * 6 + "D" * 2  # of a hundred targets
QUOTA_PART = 100  # one in a hundred is drawn
FIGURES = ("score", "freeze", "match")
DICE = {"监督员": "31445"}
DEPARTMENTS, PEOPLE, TO_MATCH, PAIRS = 5, 2_000, 10_000, 200_000


def run(rows: int = ROWS, runs: int = RUNS) -> dict[str, Any]:
    """Measure everything; what cannot be measured on this machine is None, never guessed."""
    found = {name: [_one(name, rows) for _ in range(runs)] for name in FIGURES}
    figures: dict[str, Any] = {"machine": machine(), "rows": rows, "runs": runs}
    for name in FIGURES:
        measured = [one for one in found[name] if one]
        keys = measured[0] if measured else {}
        figures[name] = {key: median([one[key] for one in measured]) for key in keys}
    score, freeze, matched = (figures[name] for name in FIGURES)
    return figures | {
        "ratio_score_10m": score.get("ratio"),
        "ratio_freeze_1m_pg": freeze.get("ratio_freeze"),
        "ratio_verify": freeze.get("ratio_verify"),
        "ratio_match": matched.get("ratio"),
        "peak_mb": max((figures[name].get("peak_mb", 0) for name in FIGURES), default=0),
    }


def _one(name: str, rows: int) -> dict[str, float] | None:
    log(f"{name} …")
    done = subprocess.run(  # noqa: S603 - this very module, so that peaks are of one figure alone
        [sys.executable, "-m", "benchmarks.draw", "one", name, str(rows)],
        stdout=subprocess.PIPE,
        check=False,
        text=True,
    )
    found: dict[str, float] | None = json.loads(done.stdout) if done.returncode == 0 else None
    return found


def _hash_all(ids: list[bytes]) -> None:
    for id_ in ids:
        sha256(id_).digest()


def _peak_of_all() -> int:
    """This process and the largest child, twice: no more than two of them live at a time."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return peak_mb() + 2 * children


def _say(done: int, whole: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done * 100 // whole:3} %", end="", file=sys.stderr, flush=True)


# --- ten million scored and picked ---------------------------------------------------------------------------------


def _score(rows: int) -> dict[str, float]:
    """The reference comes first and its ids go before the product starts, so that the peak is the product's."""
    rows *= TEN
    made = bytearray()  # not a join over a list, which would be the peak
    for number in range(rows):
        made += b"9144%014d\t%c\t1\n" % (number, 65 + number % 4)
    targets = bytes(made)
    del made
    counts = {label: len(range(place, rows, len(CLASSES))) for place, label in enumerate(CLASSES)}
    wanted = {label: count // QUOTA_PART + 20 for label, count in counts.items()}
    reference = median([_reference(targets) for _ in range(2)])
    product = timed(lambda: least(SEED_HEX, counts, wanted, targets, Children(_say).score))
    reference = (reference + _reference(targets)) / 2
    return {"hashlib_s": reference, "product_s": product, "ratio": product / reference, "peak_mb": _peak_of_all()}


def _reference(targets: bytes) -> float:
    """Hash every id; the list is made block by block beforehand and not measured, and never whole in memory."""
    spent, step = 0.0, 23 * 250_000
    for start in range(0, len(targets), step):
        ids = [line[:18] for line in targets[start : start + step].split(b"\n")[:-1]]
        began = time.perf_counter()
        _hash_all(ids)
        spent += time.perf_counter() - began
    return spent


# --- a million frozen and drawn from PostgreSQL, and verified --------------------------------------------------------


def _freeze(rows: int) -> dict[str, float]:
    KEYS.load({"1": bytes(32)}, "1")
    return asyncio.run(_freeze_and_draw(rows))


async def _freeze_and_draw(rows: int) -> dict[str, float]:
    """What the server does from the second person's click on: the freeze, then the draw up to its three files.

    The first person has prepared the task in the same process, as in an office, and so has read the pool once.
    """
    database = Database(POSTGRES.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://") + f"/{DATABASE}")
    try:
        await _fill(database, rows)
        async with database.write() as db:
            task_id = await _task(db)
        async with database.write() as db:
            await tasks.prepare(Act(db=db, actor=PREPARER, now=NOW, house=_house()), task_id)
        ids = [b"9144%014d" % number for number in range(rows)]
        before = timed(lambda: _hash_all(ids))
        began = time.perf_counter()
        async with database.write() as db:
            act = Act(db=db, actor=FREEZER, now=NOW, house=_house())
            row = await draws.freeze(act, task_id, (Source(name="监督员", kind=SourceKind.DICE, note="骰子"),))
        frozen = time.perf_counter() - began
        files = await _frozen_files(database, row)
        drawn = _drawn(files, row.secret, alone=False)
        spent = time.perf_counter() - began
        reference = (before + timed(lambda: _hash_all(ids))) / 2
        pool_s = await _pool_alone(database, task_id)
        alone = timed(lambda: _drawn(files, row.secret, alone=True))
        verified = timed(lambda: _verified(files | drawn))
    finally:
        await database.close()
    return {
        "hashlib_s": reference,
        "pool_s": pool_s,
        "freeze_s": frozen,
        "draw_s": spent - frozen,
        "product_s": spent,
        "ratio_freeze": spent / reference,
        "draw_alone_s": alone,
        "verify_s": verified,
        "ratio_verify": verified / alone,
        "peak_mb": _peak_of_all(),
    }


async def _frozen_files(database: Database, row: Draw) -> dict[str, bytes]:
    async with database.read() as db:
        return await draws.frozen_files(Act(db=db, actor=FREEZER, now=NOW, house=_house()), row)


async def _pool_alone(database: Database, task_id: str) -> float:
    """The pool once more by itself: read in order and judged, as a preview and the freeze do."""
    async with database.read() as db:
        act = Act(db=db, actor=FREEZER, now=NOW, house=_house())
        task = await store.task(db, FREEZER, task_id)
        began = time.perf_counter()
        await tasks.pool_of(act, task)
        return time.perf_counter() - began


def _house() -> House:
    return House(
        office_name="演示",
        lead_code="YS",
        origin="http://127.0.0.1",
        blobs=LocalBlobs(folder() / "blobs"),
        spool=Spool(folder() / "arriving"),
        calendar=official_calendar(),
        rules=Rules(confirm_libraries=False, class_ratio_factor={}),
        link_key=bytes(32),
        photo_lab=None,
        font=folder(),
    )


async def _task(db: AsyncSession) -> str:
    """A task of two departments with 200 inspectors each over the whole register."""
    departments = [Department(code=f"d{number}", name=f"演示{number}局") for number in range(2)]
    db.add_all(departments)
    await db.flush()
    entry = PlanEntry(
        key="bench", department_id=departments[0].id, year=2026, name="演示", starts_on=FIRST, ends_on=LAST, digest="-"
    )
    db.add(entry)
    await db.flush()
    task = Task(
        number="演示抽查〔2026〕1号",
        department_id=departments[0].id,
        plan_entry_id=entry.id,
        name="演示",
        status="draft",
        starts_on=FIRST,
        ends_on=LAST,
        quota={"ratio": str(1 / QUOTA_PART)},
        created_at=NOW,
    )
    db.add(task)
    members = [
        Member(department_id=departments[number % 2].id, userid=f"i{number:04}", name="演示") for number in range(STAFF)
    ]
    db.add_all(members)
    await db.flush()
    for place, department in enumerate(departments):
        db.add(TaskTeam(task_id=task.id, department_id=department.id, position=place))
    for one in members:
        db.add(Grant(member_id=one.id, role=Role.INSPECTOR.value))
        db.add(
            Inspector(
                member_id=one.id,
                department_id=one.department_id,
                staff_no=one.userid,
                kind="certified",
                certificate_expires=LAST,
            )
        )
    return task.id


async def _fill(database: Database, rows: int) -> None:
    """Make the product's own table once, with `rows` made-up targets in the order of an import."""
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
            admin.execute(f'CREATE DATABASE "{DATABASE}"')
    await run_sync_write(database, Base.metadata.drop_all)
    await run_sync_write(database, Base.metadata.create_all)
    columns = ["id", "code", "name", "status", "credit_class", "region_code", "trade", "labels", "digest"]
    rest = [one.name for one in Base.metadata.tables["targets"].columns if one.name not in columns and not one.computed]
    blank = {"extra": "{}", "identifier_kind": "credit_code", "category": "enterprise"}
    nullable = {"registered_on", "department_id"}
    url = POSTGRES.rsplit("/", 1)[0] + f"/{DATABASE}"
    with psycopg.connect(url, autocommit=True) as db:
        names = ", ".join(columns + rest)
        with db.cursor().copy(f"COPY targets ({names}) FROM STDIN") as copy:
            for number in range(rows):
                mixed = number * 7919 % rows
                row = [f"{mixed:032x}", f"9144{mixed:014d}", f"示例企业{mixed}", "open", MIX[number % 100]]
                row += ["460203", "F5211", "[]", "ab" * 32]
                copy.write_row(row + [None if name in nullable else blank.get(name, "") for name in rest])
        db.execute("VACUUM ANALYZE targets")


def _drawn(files: dict[str, bytes], secret: str, *, alone: bool) -> dict[str, bytes]:
    """Draw: as the server does with what it froze itself, or `alone`: one process, every rule of every line checked."""
    sources = parse_announcement(files[ANNOUNCEMENT]).sources
    seed = {SEED: seed_json(files[ANNOUNCEMENT], sources, DICE | {draws.SYSTEM_SOURCE: secret})}
    result = run_draw(files | seed) if alone else run_draw(files | seed, Children().score, own=True)
    written = result_json(result)
    return seed | {RESULT: written, PUBLISHED: published_json(result, {}, written)}


def _verified(files: dict[str, bytes]) -> None:
    report = verify.check(files)
    if report.findings:
        raise SystemExit(str(report.findings))


# --- ten thousand targets matched ------------------------------------------------------------------------------------


def _match(_rows: int) -> dict[str, float]:
    chance = random.Random(4)  # noqa: S311 - made-up conflicts, the same every time
    targets = [f"T{number:05}" for number in range(TO_MATCH)]
    people = [DrawInspector(id=f"i{n:04}", department=f"d{n % DEPARTMENTS}", skills=()) for n in range(PEOPLE)]
    pairs: set[tuple[str, str]] = set()
    while len(pairs) < PAIRS:
        pairs.add((chance.choice(targets), chance.choice(people).id))
    conflicts = [Conflict(target=target, inspector=one) for target, one in sorted(pairs)]
    teams = [Team(department=f"d{number}", size=1) for number in range(DEPARTMENTS)]
    before = timed(lambda: _greedy(teams, people, pairs, targets))
    product = timed(lambda: match(SEED_HEX, teams, roster(people, conflicts), targets))
    reference = (before + timed(lambda: _greedy(teams, people, pairs, targets))) / 2
    return {"greedy_s": reference, "product_s": product, "ratio": product / reference, "peak_mb": peak_mb()}


def _greedy(
    teams: list[Team], people: list[DrawInspector], pairs: set[tuple[str, str]], targets: list[str]
) -> dict[str, list[str]]:
    """The reference: a bare heap on (load, random), with neither seed nor order of need."""
    chance = random.Random(1).random  # noqa: S311 - the reference has no seed to follow
    barred: dict[str, set[str]] = {}
    for target, one in pairs:
        barred.setdefault(target, set()).add(one)
    groups: dict[str, list[str]] = {target: [] for target in targets}
    for team in teams:
        heap = [(0, chance(), one.id) for one in people if one.department == team.department]
        heapq.heapify(heap)
        for target in targets:
            passed: list[tuple[int, float, str]] = []
            while heap:
                place = heapq.heappop(heap)
                if place[2] not in barred.get(target, ()):
                    groups[target].append(place[2])
                    heapq.heappush(heap, (place[0] + 1, chance(), place[2]))
                    break
                passed.append(place)
            for place in passed:
                heapq.heappush(heap, place)
    return groups


if __name__ == "__main__":
    folder()
    found = {"score": _score, "freeze": _freeze, "match": _match}[sys.argv[2]](int(sys.argv[3]))
    print(json.dumps({key: round(value, 3) for key, value in found.items()}))
    sys.stdout.flush()
