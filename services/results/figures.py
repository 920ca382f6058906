"""The figures of a period: what was done, and what the results say of the whole (K1, K2, K3, K5, K7).

parts -> by department: due, public, in time, overdue (not entered in time is not done), finished
drawn results -> problem rate by section and division of trade, region, class, item with its 95 % interval; hot spots
and changes that are more than chance, however many groups were asked; the rate of all targets, each class by its size
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from inspection.chance import Share, Stratum, holm, more_than, stratified, wilson
from inspection.errors import InvalidInputError
from inspection.tables.places import trade_text
from inspection.workdays import local_date
from models.sheets import write_xlsx
from models.store import figures as store
from models.store import lists as list_store
from models.store import tasks as task_store
from models.store.figures import Done, Seen
from services.act import Act

GROUPS = {"section": "行业门类", "trade": "行业大类", "region": "区域", "class": "信用风险分类", "item": "抽查事项"}
LONGEST = timedelta(days=366)
DEPARTMENT_COLUMNS = {
    "department": "部门",
    "due": "应检查",
    "open": "未录入",
    "public": "已公示",
    "in_time": "按期公示",
    "overdue": "逾期未完成",
    "rate": "完成率",
    "finished": "已完结",
    "finished_rate": "完结率",
}
GROUP_COLUMNS = {
    "group": "分组",
    "key": "名称",
    "seen": "检查数",
    "hits": "发现问题",
    "share": "问题率",
    "low": "95%下限",
    "high": "95%上限",
    "mark": "判断",
}


async def figures(act: Act, first: date, last: date) -> dict[str, Any]:
    """All figures of the tasks that end from `first` to `last`; every department stands there, even with nothing."""
    if not first <= last or last - first > LONGEST:
        raise InvalidInputError(what="统计期间", why="结束不早于开始，最长一年。")
    done = {one.department_id: one for one in await store.by_department(act.db, first, last, local_date(act.now))}
    names = await task_store.departments(act.db)
    together, visits = await store.joint(act.db, first, last)
    classes = await store.problems(act.db, first, last, "class")
    regions = await store.region_names(act.db)
    before = first - (last - first) - timedelta(days=1)
    return {
        "first": first,
        "last": last,
        "departments": [
            _department(row.name, done.get(id_)) for id_, row in sorted(names.items(), key=lambda one: one[1].code)
        ],
        "joint": {"joint": together, "visits": visits, "share": together / visits if visits else None},
        "coverage": {
            "inspected": await store.inspected_items(act.db, first, last),
            "listed": len(await list_store.ever_listed(act.db)),
        },
        "groups": {
            by: [
                {**one, "key": _words(by, one["key"], regions), "code": one["key"]}
                for one in _rated(
                    await store.problems(act.db, first, last, by),
                    {one.key: one for one in await store.problems(act.db, before, first - timedelta(days=1), by)},
                )
            ]
            for by in GROUPS
        },
        "group_words": GROUPS,
        "estimate": _estimate(classes, await store.class_sizes(act.db)),
    }


async def workbook(act: Act, first: date, last: date, table: str) -> bytes:
    """The departments or the groups as XLSX."""
    found = await figures(act, first, last)
    if table == "departments":
        return write_xlsx(list(DEPARTMENT_COLUMNS.values()), _cells(found["departments"], DEPARTMENT_COLUMNS))
    if table != "groups":
        raise InvalidInputError(what="报表", why="应当是 departments 或 groups。")
    rows = [{**one, "group": text, "mark": marks(one)} for by, text in GROUPS.items() for one in found["groups"][by]]
    return write_xlsx(list(GROUP_COLUMNS.values()), _cells(rows, GROUP_COLUMNS))


def marks(one: Mapping[str, Any]) -> str:
    """What is more than chance about a group, in words; "" for nothing."""
    told = (("高于其他", one["hot"]), ("比上期升高", one["risen"]), ("比上期降低", one["fallen"]))
    return "、".join(word for word, holds in told if holds)


def _words(by: str, key: str, regions: Mapping[str, str]) -> str:
    """A group's name for people: what is a code to the register has its name beside it or instead of it."""
    if by in {"section", "trade"}:
        return f"{key} {trade_text(key)}".rstrip()
    return regions.get(key, key) if by == "region" else key


def _department(name: str, one: Done | None) -> dict[str, Any]:
    if one is None:
        one = Done(department_id="", due=0, open=0, public=0, in_time=0, overdue=0, finished=0)
    counts = ("due", "open", "public", "in_time", "overdue", "finished")
    return {
        "department": name,
        **{count: int(getattr(one, count) or 0) for count in counts},
        "rate": one.in_time / one.due if one.due else None,  # entered too late is not done (K2)
        "finished_rate": one.finished / one.public if one.public else None,
    }


def _rated(now: Sequence[Seen], before: Mapping[str, Seen]) -> list[dict[str, Any]]:
    """The groups with rate and interval, the most checked first; which stand out, and which changed."""
    rows = sorted(now, key=lambda one: (-one.seen, one.key))
    seen, hits = sum(one.seen for one in rows), sum(one.hits for one in rows)
    old = [before.get(one.key, Seen(key=one.key, seen=0, hits=0)) for one in rows]
    hot = holm([more_than(one.hits, one.seen, hits - one.hits, seen - one.seen) for one in rows])
    pairs = list(zip(rows, old, strict=True))
    risen = holm([more_than(one.hits, one.seen, was.hits, was.seen) for one, was in pairs])
    fallen = holm([more_than(was.hits, was.seen, one.hits, one.seen) for one, was in pairs])
    return [
        {
            "key": one.key,
            "seen": one.seen,
            "hits": one.hits,
            **_interval(wilson(one.hits, one.seen)),
            "before": was.hits / was.seen if was.seen else None,
            "hot": hot[at],
            "risen": risen[at],
            "fallen": fallen[at],
        }
        for at, (one, was) in enumerate(pairs)
    ]


def _estimate(classes: Sequence[Seen], sizes: Mapping[str, int]) -> dict[str, Any] | None:
    """The problem rate of all targets of the classes that were looked at; None without a drawn result."""
    known = [Stratum(size=max(sizes.get(one.key, 0), one.seen), seen=one.seen, hits=one.hits) for one in classes]
    found = stratified(known)
    if found is None:
        return None
    return {**_interval(found), "population": sum(one.size for one in known), "seen": sum(one.seen for one in known)}


def _interval(one: Share | None) -> dict[str, Any]:
    return {"share": one.share, "low": one.low, "high": one.high} if one else {"share": None, "low": None, "high": None}


def _cells(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> list[list[str]]:
    return [[_cell(row[name]) for name in columns] for row in rows]


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    return f"{value:.2%}" if isinstance(value, float) else str(value)
