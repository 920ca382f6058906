"""The ways of drawing (A8, C10, C12, D3, D6, P1, P2): what each makes of the same registers, before the freeze.

task: mode, quota, terms, regions of teams -> sort_out -> candidates with strata, exclusions, quotas, who serves whom
                                         -> parts -> `Lower` lists, committed to in the announcement (ADR 0008)

double | targets | inspectors | order are the protocol's modes. Several items merged over one target, and a draw that is
dispatched down by region, are drawn as `targets`, and each part matches its own inspectors from the same seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from inspection import quotas, regions
from inspection.draw.announcement import Mode, Team
from inspection.draw.lower import Lower
from inspection.draw.match import Roster
from inspection.draw.merge import AND, ItemPool, merge
from inspection.draw.pools import (
    ANY_TARGET,
    Candidate,
    Exclusion,
    Pools,
    conflicts_to_tsv,
    inspectors_to_tsv,
)
from inspection.quotas import IN, SmallPool, region_of, stratum_of
from inspection.recusals import without_anybody
from models.store import pools as pool_store
from models.store.pools import InScope, Scope
from models.store.tasks import TeamRow
from models.tasks import Task
from services.act import Act, Rules
from services.drawing import batches
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

    found: Sequence[InScope]
    candidates: tuple[Candidate, ...]
    exclusions: tuple[Exclusion, ...]
    quotas: dict[str, int]
    serves: Mapping[str, frozenset[str]] = field(default_factory=dict)
    trouble: tuple[str, ...] = ()


def mode_of(task: Task, serves: Mapping[str, frozenset[str]]) -> Mode:
    """Give the protocol's mode: where parts match for themselves, the draw above is one of targets."""
    return Mode.TARGETS if serves else Mode(task.mode)


def kind_text(task: Task, rows: Sequence[TeamRow]) -> str:
    """Say in words how a task is drawn."""
    words = KIND_WORDS[Mode(task.mode)]
    if task.terms.get("merge"):
        words += f" · {len(task.terms['merge'])} 个事项合并抽取"
    if any(row.region for row in rows):
        words += " · 上级抽取、按区域派发"
    return words


async def sort_out(act: Act, task: Task, rows: Sequence[TeamRow]) -> Sorted:
    """Sort the targets of a task's scope into strata, and say how many of each are drawn."""
    if task.terms.get("merge"):
        return await _merged(act, task)
    found = await _found(act, task)
    number = task.quota.get("count")
    base = min(Fraction(1), Fraction(int(number), len(found) or 1)) if number else Fraction(task.quota.get("ratio", 1))
    lists = await policies.judged(act, task, found, base)
    at_least = int(task.quota.get("each_region", 0))
    serves = {row.department.code: frozenset({row.region}) for row in rows if row.region}
    candidates = lists.candidates
    if serves or at_least:
        own = frozenset().union(*serves.values()) if serves else None
        where = {one.code: _region(one.region_code, own) for one in found}
        candidates = tuple(replace(one, stratum=stratum_of(one.stratum, where[one.id])) for one in candidates)
    counts = Counter(one.stratum for one in candidates)
    drawn = dict(counts) if Mode(task.mode) in EVERYBODY else _quotas(task, counts, lists.ratios, act.house.rules)
    lost = sum(count for label, count in counts.items() if serves and region_of(label) == NOWHERE)
    return Sorted(
        found=found,
        candidates=candidates,
        exclusions=lists.exclusions,
        quotas=quotas.at_least_each_region(drawn, counts, at_least),
        serves=serves,
        trouble=(f"{lost} 户不在任何下级部门的区域内，请补充区域或下级部门",) if lost else (),
    )


async def _found(act: Act, task: Task) -> Sequence[InScope]:
    if task.parent_id:
        return await pool_store.targets_coded(act.db, await batches.codes_of(act, task), task.starts_on.year)
    return await pool_store.targets_in(act.db, Scope.from_data(task.scope), task.starts_on.year)


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
    found: dict[str, InScope] = {}
    exclusions: dict[str, Exclusion] = {}
    pools: list[ItemPool] = []
    ratios: dict[str, Mapping[str, Fraction]] = {}
    for key, one in merged_items(task).items():
        some = await pool_store.targets_in(act.db, Scope.from_data(one["scope"]), task.starts_on.year)
        lists = await policies.judged(act, task, some, Fraction(one["ratio"]))
        found |= {target.code: target for target in some}
        exclusions |= {gone.id: gone for gone in lists.exclusions}
        ratios[key] = lists.ratios
        pools.append(
            ItemPool(item=key, department=one["department"], ratio=Fraction(one["ratio"]), candidates=lists.candidates)
        )
    whole = merge(pools)
    counts = Counter(one.stratum for one in whole.candidates)
    highest = {
        label: max(ratios[key][label.partition(IN)[0]] for key in region_of(label).split(AND)) for label in counts
    }
    empty = [one["name"] for key, one in merged_items(task).items() if not ratios[key]]
    return Sorted(
        found=[found[code] for code in sorted(found)],
        candidates=whole.candidates,
        exclusions=tuple(exclusions.values()),
        quotas=quotas.by_class(counts, highest, _small(act.house.rules)),
        serves={department: frozenset(sets) for department, sets in whole.parts.items()},
        trouble=tuple(f"“{name}”的范围内没有可抽取的检查对象" for name in empty),
    )


def merged_items(task: Task) -> dict[str, Any]:
    """The merged items by their number in labels: {"department", "name", "ratio", "scope"}."""
    return {str(number): one for number, one in enumerate(task.terms.get("merge", ()), 1)}


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


def parts(serves: Mapping[str, frozenset[str]], teams: Sequence[Team], pools: Pools) -> tuple[Lower, ...]:
    """Give the parts that match for themselves: departments that serve the same regions or sets go together."""
    together: dict[frozenset[str], list[Team]] = {}
    for team in teams:
        if team.department in serves:
            together.setdefault(serves[team.department], []).append(team)
    found = []
    for where, some in together.items():
        departments = {team.department for team in some}
        people = [one for one in pools.inspectors if one.department in departments]
        ids = {one.id for one in people}
        found.append(
            Lower(
                name=some[0].department,
                regions=tuple(sorted(where)),
                teams=tuple(some),
                inspectors=inspectors_to_tsv(people),
                conflicts=conflicts_to_tsv(one for one in pools.conflicts if one.inspector in ids),
            )
        )
    return tuple(found)


def served(found: Sorted) -> Callable[[str, str], bool]:
    """Give what tells whether a department (code) is to inspect a target (code)."""
    where = {one.id: region_of(one.stratum) for one in found.candidates} if found.serves else {}
    return lambda department, target: not found.serves or where.get(target) in found.serves.get(department, ())


def nobody_for(
    serves: Mapping[str, frozenset[str]], teams: Sequence[Team], people: Roster, candidates: Sequence[Candidate]
) -> tuple[str, ...]:
    """Give the targets that nobody of any team that serves them may inspect."""
    if not serves:
        return without_anybody(teams, people)
    where = {one.id: region_of(one.stratum) for one in candidates if one.id in people.barred}
    eligible = {team.department: people.eligible(team) for team in teams}
    return tuple(
        sorted(
            target
            for target, label in where.items()
            if target != ANY_TARGET
            and not any(
                eligible[department] - people.barred_from(target) for department, own in serves.items() if label in own
            )
        )
    )
