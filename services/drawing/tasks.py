"""Tasks: from a plan entry to a pool that may be frozen (D1, C1, A3).

plan entry -> create -> draft (preview as often as wanted) -> prepare by one -> services.drawing.draws.freeze by another
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, ClassVar

from inspection import item_matching
from inspection.draw.announcement import Mode, Team
from inspection.draw.lists import CONFLICTS, EXCLUDED, INSPECTORS, TARGETS, Ids
from inspection.draw.lower import Lower
from inspection.draw.match import Roster, roster
from inspection.draw.pools import DrawInspector, conflicts_to_tsv, inspectors_to_tsv
from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from inspection.item_matching import Listed
from inspection.item_rules import inspected_from, ratio_limit
from inspection.policy import REASON_WORDS
from inspection.recusals import Barred, ShortTarget, short_targets
from inspection.workdays import local_date
from models.registers import PlanEntry
from models.store import lists as list_store
from models.store import plans as plan_store
from models.store import pools as pool_store
from models.store import tasks as store
from models.store.lists import ListedItem
from models.store.pools import Available, Scope, Window
from models.store.states import advance, next_number
from models.tasks import Task, TaskItem, TaskTeam
from services.act import Act
from services.drawing import kinds, orders, recusals
from services.drawing.orders import TaskOrder
from services.planning.coverage import planned_of
from services.planning.plans import refuse_unready as refuse_unready_plan
from services.registers import libraries

EXCLUSION_WORDS = {
    "deregistered": "已注销",
    "revoked": "已吊销",
    "moved": "已迁出",
    "suspended": "已停业",
    **REASON_WORDS,
}
MINIMUM_TEAM = 2  # enforcement officers of each department (R3, 行政处罚法)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """A task's pool as it stands now: the lists, the quotas, and what stands in the way of a freeze."""

    mode: Mode  # the protocol's
    lists: Mapping[str, bytes]  # the four lists, by file name
    strata: Counter[str]  # candidates by stratum
    excluded: Counter[str]  # who is left out, by reason
    people: tuple[DrawInspector, ...]
    quotas: dict[str, int]
    teams: tuple[Team, ...]
    short_risk: tuple[str, ...]
    inspectors: dict[str, Available]  # staff number -> inspector
    barred: Barred
    short_targets: tuple[ShortTarget, ...]  # staffed short because of conflicts about these very targets
    without_anybody: tuple[str, ...]  # nobody of any team may inspect these
    lower: tuple[Lower, ...] = ()  # parts that match their own inspectors from the seed of this draw

    @property
    def candidates(self) -> int:
        """How many may be drawn."""
        return self.strata.total()

    def frozen(self) -> Mapping[str, bytes]:
        """The lists of the draw itself: where it draws no inspectors, theirs are empty, or stand with the parts."""
        if self.mode in kinds.WITH_PEOPLE:
            return self.lists
        return {**self.lists, INSPECTORS: b"", CONFLICTS: b""}


class ItemsNotNamedError(InvalidInputError):
    """计划“{plan}”没有写明{departments}检查清单中的哪一项。"""

    code: ClassVar[str] = "items-not-named"
    action: ClassVar[str] = "请在建立任务时选择抽查事项，或在计划的覆盖情况中为这条计划指定事项；没有建立任何任务。"


async def create_task(act: Act, order: TaskOrder) -> Task:
    """Make a draft task; raises InvalidInputError, or NotFoundError for an unknown plan entry or item.

    ItemsNotNamedError where neither the order nor the plan says by which item a department inspects: none is guessed.
    """
    entry = await store.plan_entry(act.db, order.plan_entry_id)
    await refuse_unready_plan(act, entry)
    orders.checked_kind(order)
    quota = orders.checked_quota(order, entry)
    if order.team_size < MINIMUM_TEAM:
        raise InvalidInputError(what="每组人数", why=f"每个部门至少 {MINIMUM_TEAM} 名执法检查人员。")
    starts_on, ends_on = order.starts_on or entry.starts_on, order.ends_on or entry.ends_on
    if ends_on < starts_on:
        raise InvalidInputError(what="检查时间", why="结束日期早于开始日期。")
    departments = await store.departments(act.db)
    lower = orders.lower_regions(order, {row.code: id_ for id_, row in departments.items()})
    chosen = await _choose_items(act, order, entry, list(lower), (starts_on, ends_on))
    merged = await orders.merge_terms(act, order, chosen, {id_: row.code for id_, row in departments.items()})
    _refuse_over_cap([quota, *merged.get("merge", ())], chosen)
    lead = departments[entry.department_id]
    scope = await libraries.scope_of(act, order.scope)
    number = await next_number(act.db, f"task/{lead.code}/{entry.year}")
    task = Task(
        number=f"{short_name(lead.name)}抽查〔{entry.year}〕{number}号",
        department_id=entry.department_id,
        plan_entry_id=entry.id,
        name=order.name or entry.name,
        announced=order.announced,
        starts_on=starts_on,
        ends_on=ends_on,
        scope=scope.as_data(),
        mode=order.mode.value,
        quota=quota,
        terms={**orders.batch_terms(order, starts_on, ends_on), **merged},
        team_size=order.team_size,
        created_at=act.now,
    )
    act.db.add(task)
    await act.db.flush()
    _add_teams(act, task, lower, chosen)
    act.record("task-create", f"task:{task.id}", number=task.number, plan=entry.name, mode=task.mode)
    return task


async def _choose_items(
    act: Act, order: TaskOrder, entry: PlanEntry, lower: Sequence[str], days: tuple[date, date]
) -> dict[str, list[ListedItem]]:
    """Choose by department what is inspected; a department without an item in force is refused (A3).

    A lower department that claimed nothing of its own inspects by the items of the department that draws for it (A4).
    """
    own = [entry.department_id, *[one for one in entry.partner_ids if one != entry.department_id]]
    first = inspected_from(*days, local_date(act.now))
    listed = await list_store.listed_for(act.db, {*own, *lower}, first, days[1])
    wanted = tuple(one.item_id for one in order.merge) or order.item_ids
    if wanted is not None:
        listed = [item for item in listed if item.id in set(wanted)]
        if len(listed) != len(set(wanted)):
            raise NotFoundError(what="所选的抽查事项（清单之外的事项不得检查）")
    chosen = _by_department(listed, own, lower)
    if order.merge:  # only whose item it is takes part
        chosen = {one: [item for item in items if item.department_id == one] for one, items in chosen.items()}
        chosen = {one: items for one, items in chosen.items() if items}
        if {item.id for items in chosen.values() for item in items} != set(wanted or ()):
            raise InvalidInputError(what="合并抽取", why="有事项的责任部门不在计划的发起或参与部门之内。")
    if without := [one for one, items in chosen.items() if not items]:
        missing = await _names(act, without)
        raise InvalidInputError(what="抽查事项", why=f"{missing}在联合抽查事项清单中没有可用的事项。")
    if wanted is not None:
        return chosen
    chosen = _by_department(await named_items(act, entry, listed, lower), own, lower)
    if unnamed := [one for one, items in chosen.items() if not items or _doubled(items)]:
        raise ItemsNotNamedError(plan=entry.name, departments=await _names(act, unnamed))
    return chosen


async def named_items(
    act: Act, entry: PlanEntry, listed: Sequence[ListedItem], lower: Sequence[str] = ()
) -> list[ListedItem]:
    """Of these items those that the plan's entry names beyond doubt (A3)."""
    line = planned_of((await plan_store.placed(act.db, ids=[entry.id]))[0])
    line = replace(line, departments=line.departments | set(lower))
    return [item for item in listed if item_matching.names(line, _for_matching(item))]


def _for_matching(item: ListedItem) -> Listed:
    departments = frozenset({item.department_id, *item.partner_ids})
    return Listed(id=item.id, departments=departments, name=item.name, code=item.body.code)


def _doubled(items: Sequence[ListedItem]) -> bool:
    """Tell whether two items of one name are among these: then a name does not say which."""
    return len({item.name for item in items}) < len(items)


def _by_department(
    listed: Sequence[ListedItem], own: Sequence[str], lower: Sequence[str]
) -> dict[str, list[ListedItem]]:
    above = _items_of(own[0], listed) if lower else []
    return {one: _items_of(one, listed) or above for one in lower or own}


async def _names(act: Act, department_ids: Sequence[str]) -> str:
    names = await store.departments(act.db)
    return "、".join(names[one].name for one in department_ids)


def _items_of(department_id: str, listed: Sequence[ListedItem]) -> list[ListedItem]:
    """The items a department leads; where it leads none, those it takes part in."""
    own = [item for item in listed if item.department_id == department_id]
    return own or [item for item in listed if department_id in item.partner_ids]


def _refuse_over_cap(amounts: Sequence[dict[str, Any]], chosen: dict[str, list[ListedItem]]) -> None:
    """Hold a task's ratio, or each merged item's own, against what the list says of general items (A7)."""
    for item in {one.id: one for items in chosen.values() for one in items}.values():
        limit = ratio_limit(item.body)
        own = [Fraction(one["ratio"]) for one in amounts if "ratio" in one and one.get("item_id", item.id) == item.id]
        if limit is not None and any(ratio > limit for ratio in own):
            raise InvalidInputError(what="抽查比例", why=f"超过清单中“{item.name}”规定的 {item.body.ratio}。")


def short_name(name: str) -> str:
    """A department's name as numbers of documents begin with it: 市场监督管理局 is 市场."""
    for suffix in ("监督管理局", "管理局", "委员会", "局", "部门", "大队"):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def _add_teams(act: Act, task: Task, lower: dict[str, str], chosen: dict[str, list[ListedItem]]) -> None:
    for position, (department_id, items) in enumerate(chosen.items()):
        # What an item asks of its inspectors it asks of whose item it is; a partner brings its own people's trade.
        skills = sorted({item.skill for item in items if item.skill and department_id not in item.partner_ids})
        region = lower.get(department_id, "")
        team = TaskTeam(task_id=task.id, department_id=department_id, position=position, region=region, skills=skills)
        act.db.add(team)
        for item in items:
            act.db.add(
                TaskItem(
                    task_id=task.id,
                    item_id=item.id,
                    version_id=item.version_id,
                    department_id=department_id,
                    name=item.name,
                    basis=item.basis,
                    form=item.form,
                )
            )


async def prepare(act: Act, task_id: str) -> Task:
    """Declare the pool ready to be frozen: the first of two people (ASVS 2.3.5)."""
    task = await store.task(act.db, act.actor, task_id)
    pool = await pool_of(act, task)
    refuse_unready(pool)
    await advance(act.db, task, "prepared", come_from={"draft"}, what="任务", prepared_by=act.actor.member_id)
    act.record("task-prepare", f"task:{task.id}", candidates=pool.candidates)
    return task


def refuse_unready(pool: Pool) -> None:
    """Refuse a pool that nobody could be drawn from, or whose teams would be short everywhere."""
    if not pool.candidates:
        raise ConflictError(what="任务", why="范围内没有可抽取的检查对象。")
    if pool.short_risk:
        raise ConflictError(what="任务", why="；".join(pool.short_risk))
    if pool.without_anybody:
        some = "、".join(pool.without_anybody[:5])
        raise ConflictError(
            what="任务", why=f"{len(pool.without_anybody)} 户没有任何可派的检查人员（{some}），请增派人员。"
        )


async def pool_of(
    act: Act,
    task: Task,
    at_people: Callable[[], None] = lambda: None,
    told: Callable[[bytes], None] = lambda _: None,
) -> Pool:
    """Build the task's pool from the registers as they stand now.

    `at_people` is called when the targets are read; until then `told` is given targets.tsv piece by piece.
    """
    team_rows = await store.teams(act.db, task.id)
    sorted_out = await kinds.sort_out(act, task, team_rows, told)
    at_people()
    mode = kinds.mode_of(task, sorted_out.serves)
    people = await pool_store.inspectors_of(
        act.db,
        [team.department.id for team in team_rows],
        Window(today=local_date(act.now), starts_on=task.starts_on, ends_on=task.ends_on),
    )
    teams = tuple(
        Team(department=row.department.code, size=task.team_size, skills=tuple(sorted(row.skills))) for row in team_rows
    )
    barred = await recusals.barred(act, people, teams, Ids(sorted_out.targets))
    drawable = tuple(
        DrawInspector(id=one.staff_no, department=one.department_code, skills=one.skills) for one in people
    )
    conflicts = barred.conflicts()
    names = {row.department.code: row.department.name for row in team_rows}
    held = roster(drawable, conflicts)
    staffed = mode in kinds.WITH_PEOPLE or bool(sorted_out.serves)  # else people are appointed after the draw, or later
    return Pool(
        mode=mode,
        lists={
            TARGETS: sorted_out.targets,
            INSPECTORS: inspectors_to_tsv(drawable),
            CONFLICTS: conflicts_to_tsv(conflicts),
            EXCLUDED: sorted_out.excluded,
        },
        strata=sorted_out.strata,
        excluded=sorted_out.reasons,
        people=drawable,
        quotas=sorted_out.quotas,
        teams=teams,
        short_risk=(
            *await libraries.trouble_with(act, Scope.from_data(task.scope)),
            *sorted_out.trouble,
            *(_short_risk(held, teams, names) if staffed else ()),
            *await _unlisted(act, task),
        ),
        inspectors={one.staff_no: one for one in people},
        barred=barred,
        short_targets=short_targets(teams, held, barred, kinds.served(sorted_out)) if staffed else (),
        without_anybody=kinds.nobody_for(sorted_out, teams, held) if staffed else (),
        lower=kinds.parts(sorted_out.serves, teams, drawable, conflicts),
    )


async def _unlisted(act: Act, task: Task) -> tuple[str, ...]:
    """Name the items that have left the list since the task was made (A3); a mere new version changes nothing (A10)."""
    first = inspected_from(task.starts_on, task.ends_on, local_date(act.now))
    items = await store.items(act.db, task.id)
    listed = await list_store.listed_for(act.db, {one.department_id for one in items}, first, task.ends_on)
    gone = [one.name for one in items if one.item_id not in {item.id for item in listed}]
    return tuple(f"“{name}”已不在有效的清单中，请重新建立任务" for name in gone)


def _short_risk(people: Roster, teams: tuple[Team, ...], names: dict[str, str]) -> tuple[str, ...]:
    fitting = {team.department: len(people.eligible(team)) for team in teams}
    return tuple(
        f"{names[team.department]}符合条件的执法检查人员只有 {fitting[team.department]} 名，每组需要 {team.size} 名"
        f"{'（须具备：' + '、'.join(team.skills) + '）' if team.skills else ''}，请补充人员、销假或调整事项"
        for team in teams
        if fitting[team.department] < team.size
    )
