"""The ways of drawing (A8, C10, C12, D3, D6, P1, P2): what each makes of the same registers, before the freeze.

task: mode, quota, terms, regions of teams -> sort_out -> candidates with strata, exclusions, quotas, who serves whom
                                         -> parts -> `Lower` lists, committed to in the announcement (ADR 0008)

double | targets | inspectors | order are the protocol's modes. Several items merged over one target, and a draw that is
dispatched down by region, are drawn as `targets`, and each part matches its own inspectors from the same seed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from inspection import quotas, regions
from inspection.draw.announcement import Mode, Team
from inspection.draw.crowd import Crowd, Entry
from inspection.draw.lists import Ids
from inspection.draw.lower import Lower
from inspection.draw.match import Roster
from inspection.draw.merge import AND, ItemPool, merge
from inspection.draw.pools import (
    Conflict,
    DrawInspector,
    Exclusion,
    conflicts_to_tsv,
    excluded_from_tsv,
    excluded_to_tsv,
    inspectors_to_tsv,
    targets_from_tsv,
    targets_to_tsv,
)
from inspection.quotas import IN, SmallPool, region_of, stratum_of
from inspection.recusals import without_anybody
from models.store.crowds import crowd_in, crowd_of, facts_of
from models.store.pools import Scope
from models.store.tasks import TeamRow
from models.tasks import Task
from services.act import Act, Rules
from services.drawing import batches
from services.drawing.scoring import merged
from services.registers import policies

EVERYBODY = frozenset({Mode.INSPECTORS, Mode.ORDER})  # every target is checked: no quota
WITH_PEOPLE = frozenset({Mode.DOUBLE, Mode.INSPECTORS})
NOWHERE = "000000"  # the region of a target that has none, or that no lower department is competent for
KIND_WORDS = {
    Mode.DOUBLE: "双随机（对象和人员）",
    Mode.TARGETS: "单随机：只抽检查对象",
    Mode.INSPECTORS: "单随机：只抽检查人员",
    Mode.ORDER: "只抽检查批次顺序",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Sorted:
    """A task's scope sorted out. `serves`: by department, the regions or item sets it serves; empty: everybody all."""

    targets: bytes  # targets.tsv
    excluded: bytes  # excluded.tsv
    strata: Counter[str]  # candidates by stratum
    reasons: Counter[str]  # who is left out, by reason
    quotas: dict[str, int]
    serves: Mapping[str, frozenset[str]] = field(default_factory=dict)
    trouble: tuple[str, ...] = ()


def mode_of(task: Task, serves: Mapping[str, frozenset[str]]) -> Mode:
    """Give the protocol's mode: where parts match for themselves, the draw above is one of targets."""
    return Mode.TARGETS if serves else Mode(task.mode)


def kind_text(task: Task, rows: Sequence[TeamRow]) -> str:
    """Say in words how a task is drawn."""
    return kind_words(Mode(task.mode), len(task.terms.get("merge", ())), dispatched=any(row.region for row in rows))


def kind_words(mode: Mode, merged: int, *, dispatched: bool) -> str:
    """Say in words how is drawn: of so many merged items, or dispatched down by region."""
    items = f" · {merged} 个事项合并抽取" if merged else ""
    return KIND_WORDS[mode] + items + (" · 上级抽取、按区域派发" if dispatched else "")


async def sort_out(
    act: Act, task: Task, rows: Sequence[TeamRow], told: Callable[[bytes], None] = lambda _: None
) -> Sorted:
    """Sort the targets of a task's scope into strata, and say how many of each are drawn.

    `told` is given targets.tsv piece by piece as the register is read (but not of merged items).
    """
    if task.terms.get("merge"):
        return await _merged(act, task)
    at_least = int(task.quota.get("each_region", 0))
    serves = {row.department.code: frozenset({row.region}) for row in rows if row.region}
    own = frozenset().union(*serves.values()) if serves else None
    judge = await policies.pool_judge(act, task)

    def placed(facts: str) -> Entry:
        entry = judge(facts)
        return replace(entry, stratum=stratum_of(entry.stratum, _region(facts_of(facts).region_code, own)))

    crowd = Crowd(placed if serves or at_least else judge, merged)
    await _read(_pages(act, task), crowd, told)
    counts = crowd.strata()
    number, whole = task.quota.get("count"), counts.total() + crowd.reasons().total()
    base = min(Fraction(1), Fraction(int(number), whole or 1)) if number else Fraction(task.quota.get("ratio", 1))
    everybody = Mode(task.mode) in EVERYBODY
    drawn = dict(counts) if everybody else _quotas(task, counts, judge.ratios(base), act.house.rules)
    lost = sum(count for label, count in counts.items() if serves and region_of(label) == NOWHERE)
    astray = (f"{lost} 户不在任何下级部门的区域内，请补充区域或下级部门",) if lost else ()
    targets, excluded = crowd.lists()
    return Sorted(
        targets=targets,
        excluded=excluded,
        strata=counts,
        reasons=crowd.reasons(),
        quotas=quotas.at_least_each_region(drawn, counts, at_least),
        serves=serves,
        trouble=(*astray, *batches.trouble(task, counts.total())),
    )


async def _pages(act: Act, task: Task) -> AsyncIterator[bytes]:
    year = task.starts_on.year
    if task.parent_id:
        codes = await batches.codes_of(act, task)
        pages = crowd_of(act.db, codes, year)
    else:
        pages = crowd_in(act.db, Scope.from_data(task.scope), year)
    async for page in pages:
        yield page


async def _read(pages: AsyncIterator[bytes], crowd: Crowd, told: Callable[[bytes], None] = lambda _: None) -> None:
    """Judge a page of the scope in a thread while the database puts the next one together."""
    page = await anext(pages, b"")
    while page:
        page, _ = await asyncio.gather(anext(pages, b""), asyncio.to_thread(lambda page: told(crowd.take(page)), page))


def _region(code: str, own: frozenset[str] | None) -> str:
    """The target's own region, or the nearest of the lower departments' that covers it."""
    if own is None:
        return code or NOWHERE
    covering = [one for one in own if regions.covers(one, code)]
    return max(covering, key=lambda one: len(regions.prefix(one)), default=NOWHERE)


def _quotas(task: Task, counts: Counter[str], ratios: Mapping[str, Fraction], rules: Rules) -> dict[str, int]:
    """The task's own way: so many of each class, so many in all, or a ratio; worse classes give more of each."""
    if "classes" in task.quota:
        return quotas.by_class_number(counts, task.quota["classes"])
    classes = Counter[str]()
    for label, count in counts.items():
        classes[label.partition(IN)[0]] += count
    if "count" in task.quota:
        return quotas.shared_out(quotas.by_number(classes, int(task.quota["count"]), ratios), counts)
    return quotas.shared_out(quotas.by_class(classes, ratios, _small(rules)), counts)


def _small(rules: Rules) -> SmallPool:
    return SmallPool(up_to=rules.small_pool, at_least=rules.small_pool_at_least)


async def _merged(act: Act, task: Task) -> Sorted:
    """Several items over one target: strata are `class@set of items`, each with the highest ratio of its set."""
    exclusions: dict[str, Exclusion] = {}
    pools: list[ItemPool] = []
    ratios: dict[str, Mapping[str, Fraction]] = {}
    for key, one in merged_items(task).items():
        ratio, judge = Fraction(one["ratio"]), await policies.pool_judge(act, task)
        crowd = Crowd(judge, merged)
        await _read(crowd_in(act.db, Scope.from_data(one["scope"]), task.starts_on.year), crowd)
        targets, excluded = crowd.lists()
        exclusions |= {gone.id: gone for gone in excluded_from_tsv(excluded)}
        ratios[key] = judge.ratios(ratio)
        candidates = targets_from_tsv(targets)
        pools.append(ItemPool(item=key, department=one["department"], ratio=ratio, candidates=candidates))
    whole = merge(pools)
    counts = Counter(one.stratum for one in whole.candidates)
    highest = {
        label: max(ratios[key][label.partition(IN)[0]] for key in region_of(label).split(AND)) for label in counts
    }
    empty = [one["name"] for key, one in merged_items(task).items() if not ratios[key]]
    return Sorted(
        targets=targets_to_tsv(whole.candidates),
        excluded=excluded_to_tsv(exclusions.values()),
        strata=counts,
        reasons=Counter(one.reason for one in exclusions.values()),
        quotas=quotas.by_class(counts, highest, _small(act.house.rules)),
        serves={department: frozenset(sets) for department, sets in whole.parts.items()},
        trouble=tuple(f"“{name}”的范围内没有可抽取的检查对象" for name in empty),
    )


def merged_items(task: Task) -> dict[str, Any]:
    """The merged items by their number in labels: {"item_id", "department", "name", "ratio", "scope"}."""
    return {str(number): one for number, one in enumerate(task.terms.get("merge", ()), 1)}


def items_of(task: Task, stratum: str) -> list[str]:
    """The merged items (ids) that cover the targets of a stratum; empty where none are merged: all of the task's."""
    merged_ = merged_items(task)
    return [merged_[key]["item_id"] for key in region_of(stratum).split(AND)] if merged_ else []


def scope_text(task: Task) -> str:
    """The whole scope in words, as the announcement states it."""
    if task.parent_id:
        return f"{task.terms['order']} 抽定的检查次序第 {task.batch} 批"
    if task.terms.get("merge"):
        return "；".join(
            f"{one['name']}（{float(one['ratio']) * 100:g}%）：{Scope.from_data(one['scope']).rule()}"
            for one in merged_items(task).values()
        )
    return Scope.from_data(task.scope).rule()


def further_keys(task: Task, candidates: int) -> dict[str, Any]:
    """What else the announcement of this kind says: the year's batches, or what the numbers of item sets mean."""
    if task.terms.get("batches"):
        return {"batches": batches.announced(task, candidates)}
    if task.terms.get("merge"):
        items = merged_items(task).items()
        return {"items": {key: {"name": one["name"], "department": one["department"]} for key, one in items}}
    return {}


def parts(
    serves: Mapping[str, frozenset[str]],
    teams: Sequence[Team],
    inspectors: Sequence[DrawInspector],
    conflicts: Sequence[Conflict],
) -> tuple[Lower, ...]:
    """Give the parts that match for themselves: departments that serve the same regions or sets go together."""
    together: dict[frozenset[str], list[Team]] = {}
    for team in teams:
        if team.department in serves:
            together.setdefault(serves[team.department], []).append(team)
    found = []
    for where, some in together.items():
        departments = {team.department for team in some}
        people = [one for one in inspectors if one.department in departments]
        ids = {one.id for one in people}
        found.append(
            Lower(
                name=some[0].department,
                regions=tuple(sorted(where)),
                teams=tuple(some),
                inspectors=inspectors_to_tsv(people),
                conflicts=conflicts_to_tsv(one for one in conflicts if one.inspector in ids),
            )
        )
    return tuple(found)


def served(found: Sorted) -> Callable[[str, str], bool]:
    """Give what tells whether a department (code) is to inspect a target (code)."""
    ids = Ids(found.targets)
    return lambda department, target: (
        not found.serves or region_of(ids.label(target)) in found.serves.get(department, ())
    )


def nobody_for(found: Sorted, teams: Sequence[Team], people: Roster) -> tuple[str, ...]:
    """Give the targets that nobody of any team that serves them may inspect."""
    if not found.serves:
        return without_anybody(teams, people)
    ids = Ids(found.targets)
    where = {one: region_of(ids.label(one)) for one in people.barred if one in ids}
    eligible = {team.department: people.eligible(team) for team in teams}
    return tuple(
        sorted(
            target
            for target, label in where.items()
            if not any(
                eligible[department] - people.barred_from(target)
                for department, own in found.serves.items()
                if label in own
            )
        )
    )
