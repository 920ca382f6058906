"""Minutes of a draw as a PDF, to be printed, signed and filed (D11, L1): counts, hashes, sources, the drawn list.

draw row + announcement + seed + result -> JSON -> minutes.typ (typst, the office's own font) -> PDF bytes
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from inspection.errors import ConflictError
from inspection.reasons import VOID_REASONS
from inspection.workdays import SHANGHAI
from models.store import companions, voids
from models.store import tasks as store
from models.tasks import Draw
from services.act import Act
from services.drawing import announced, loads, room
from services.drawing.tasks import EXCLUSION_WORDS
from services.people import typeset

TEMPLATE = Path(__file__).with_name("minutes.typ")


async def minutes(act: Act, number: str) -> bytes:
    """The minutes of a drawn draw; ConflictError before it is drawn, NotFoundError for a number never given."""
    draw = await store.draw_by_number(act.db, act.actor, number)
    if draw.drawn_at is None:
        raise ConflictError(what="抽取记录", why="尚未抽取。")
    return await typeset.pdf(TEMPLATE, await _data(act, draw), act.house.font)


async def _data(act: Act, draw: Draw) -> dict[str, Any]:
    task = await store.task(act.db, act.actor, draw.task_id)
    said = await announced.of_draw(act, draw)
    told = said.told
    names = {one.code: one.name for one in (await store.departments(act.db)).values()}
    values = await store.seed_values(act.db, draw.id)
    void = (await voids.approved(act.db, [draw.id])).get(draw.id)
    outcome = await room.outcome(act, task, draw, said)
    return {
        "office": act.house.office_name,
        "task": task.name,
        "task_number": task.number,
        "number": draw.number,
        "void": VOID_REASONS[void.reason] if void else "",
        "frozen_at": _moment(draw.frozen_at),
        "drawn_at": _moment(draw.drawn_at),
        "kind": said.kind,
        "scope": told.scope_rule,
        "counts": [
            ["范围内", told.scope_count],
            ["排除", told.excluded.count],
            ["待抽对象", told.targets.count],
            ["检查批次", len(said.batches)] if said.batches else ["执法检查人员", said.inspectors],
            [said.done, len(outcome["rows"])],
        ],
        "reasons": [[EXCLUSION_WORDS.get(reason, reason), count] for reason, count in told.reasons.items() if count],
        "hashes": [
            ["公告指纹", draw.fingerprint],
            ["待抽名单", told.targets.sha256],
            ["名单默克尔根", told.merkle_root],
            *([f"人员名单{_of(names, one.departments)}", one.sha256] for one in said.people),
            ["种子", outcome["seed"]],
            ["结果文件", draw.files["result.json"]],
        ],
        "sources": [
            {
                "name": room.SOURCE_WORDS["system"] if one["kind"] == "system" else one["name"],
                "kind": one["kind_text"],
                "note": one["note"],
                "value": one["value"] or "",
                "signs": one["kind"] == "dice",
            }
            for one in room.sources_shown(draw, values)
        ],
        "teams": [f"{names.get(department, department)} {size} 人" for department, size in said.teams],
        "groupless": said.groupless,
        "loads": await loads.rows_of(act, draw),
        "rows": outcome["rows"],
        "experts": [
            [one.visit_number, f"{one.name}（{one.department}）"]
            for one in await companions.experts(act.db, task_id=task.id)
        ],
        "entrusted": [[one.visit_number, one.words()] for one in await companions.entrusted(act.db, task_id=task.id)],
    }


def _of(names: Mapping[str, str], departments: Sequence[str]) -> str:
    return f"：{'、'.join(names.get(one, one) for one in departments)}" if departments else ""


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(SHANGHAI):%Y年%-m月%-d日 %H:%M:%S}" if at else ""
