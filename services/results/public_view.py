"""What anybody may ask beside a single result: by enterprise, by task, by month, the newest; all of it public (H6, H8).

publications, closed adverse follow-ups, signed corrections -> values without a person's name or free words
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from inspection.errors import NotFoundError
from inspection.followups import RULES, FollowUpKind, outcome_of
from inspection.outcomes import item_texts
from inspection.workdays import local_date, month_span
from models.results import Publication
from models.store import destructions, disclosures, public
from models.store import publications as store
from models.store.public import Handled
from services.act import Act
from services.results.corrections import GROUNDS

NEWEST = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Something new for feed readers."""

    number: str
    version: int
    title: str
    summary: str
    at: datetime  # UTC

    def link(self, origin: str) -> str:
        """Where it stays; a correction has an address of its own in the feed."""
        tail = f"#v{self.version}" if self.version > 1 else ""
        return f"{origin}/public/results/{quote(self.number)}{tail}"


async def enterprise(act: Act, code: str) -> dict[str, Any]:
    """All that is public about the target of this code: results, handling results; NotFoundError where nothing is."""
    results = await public.of_code(act.db, code)
    if not results:
        raise NotFoundError(what="这家企业的公示信息")
    return {
        "code": code,
        "name": results[0].target_name,
        "rows": [one.body for one in results],
        "handled": [_handled(one) for one in await public.handled(act.db, code=code)],
        "corrected": sum(one.version > 1 for one in results),
    }


async def tasks(act: Act) -> list[dict[str, Any]]:
    """The tasks that something is public of, the newest first."""
    return [
        {"number": task.number, "name": task.name, "department": department, "results": count, "ends_on": task.ends_on}
        for task, department, count in await public.tasks(act.db)
    ]


async def task(act: Act, number: str) -> dict[str, Any]:
    """One task with what is public of it; NotFoundError before its first result."""
    row, department = await public.task(act.db, number)
    results = await public.of_task(act.db, row.id)
    if not results:
        raise NotFoundError(what="这项抽查任务的公示信息")
    first = results[0].body
    shown = ("plan_number", "plan_name", "task_code", "check_type", "draw_number")
    return {
        "number": row.number,
        "name": row.name,
        "department": department,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "rows": [one.body for one in results],
        "withheld": await disclosures.withheld(act.db, row.id),
        "destroyed": await destructions.gone(act.db, f"task:{row.id}"),
        **{name: first.get(name, "") for name in shown},
    }


async def handlings(act: Act) -> dict[str, Any]:
    """Handling results that stand under a name, and what was corrected, the newest first."""
    return {
        "handled": [_handled(one) for one in await public.handled(act.db)],
        "corrections": [
            {
                "number": one.publication.number,
                "version": one.row.version,
                "target_name": one.publication.target_name,
                "department": one.department.name,
                "ground": GROUNDS[one.row.ground],
                "on": one.publication.body.get("corrected_on"),
            }
            for one in await disclosures.signed(act.db)
        ],
    }


async def old_version(act: Act, number: str, version: int) -> dict[str, Any]:
    """A version that was replaced, with what replaced it; NotFoundError."""
    found = await store.by_number(act.db, number)
    for row, correction in await disclosures.versions(act.db, found.id):
        if row.version == version:
            return {
                "body": row.body,
                "item_texts": item_texts(row.body),
                "number": found.number,
                "version": version,
                "now": found.version,
                "ground": GROUNDS[correction.ground],
                "replaced_on": local_date(row.replaced_at),
            }
    raise NotFoundError(what="这个版本")


async def versions(act: Act, publication: Publication) -> list[dict[str, Any]]:
    """The older versions of a result, the newest first."""
    return [
        {"version": row.version, "ground": GROUNDS[correction.ground], "on": local_date(row.replaced_at)}
        for row, correction in await disclosures.versions(act.db, publication.id)
    ]


async def destroyed(act: Act, publication: Publication) -> dict[str, Any] | None:
    """By which register the papers behind a result were destroyed, and when; None: they are kept."""
    return await destructions.gone(act.db, f"visit:{publication.visit_id}")


async def months(act: Act) -> list[dict[str, Any]]:
    """The months in which something was published, the newest first, with how much."""
    first, last = await public.span(act.db)
    if first is None or last is None:
        return []
    found, at = [], local_date(last).replace(day=1)
    while at >= local_date(first).replace(day=1):
        found.append({"month": f"{at:%Y-%m}", "results": await public.count_between(act.db, *month_span(at))})
        at = (at - timedelta(days=1)).replace(day=1)
    return found


async def of_month(act: Act, month: str) -> list[dict[str, Any]]:
    """The results published in a month ("2026-03"), as they stand now."""
    return list(await public.between(act.db, *month_span(date.fromisoformat(f"{month}-01"))))


async def newest(act: Act) -> Sequence[Entry]:
    """The newest results and corrections together, the newest first."""
    rows = await public.newest(act.db, NEWEST)
    return [
        Entry(
            number=one.number,
            version=one.version,
            title=f"{'更正：' if one.version > 1 else ''}{one.target_name}",
            summary=f"{one.body['department']}：{one.body['result_text']}",
            at=(one.changed_at or one.published_at).astimezone(UTC),
        )
        for one in rows
    ]


def _handled(one: Handled) -> dict[str, Any]:
    kind = FollowUpKind(one.row.kind)
    outcome = outcome_of(kind, one.row.outcome)
    return {
        "target_name": one.target_name,
        "target_code": one.target_code,
        "department": one.department,
        "kind": RULES[kind].text,
        "outcome": outcome.text if outcome else "",
        "document_no": one.row.document_no,
        "on": local_date(one.row.closed_at) if one.row.closed_at else None,
        "result": one.number,
    }
