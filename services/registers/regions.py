"""The region tree as the office sees it (B6): the standard's structure, the office's names, the register's counts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from inspection import regions
from inspection.errors import InvalidInputError, SuichaError
from models.libraries import Region
from models.registers import Target
from services.act import Act


async def name_region(act: Act, code: str, name: str) -> None:
    """Give a region the office's name, or another one; raises InvalidInputError for no code."""
    if not name:
        raise InvalidInputError(what="区划名称", why="不能为空。")
    whole = regions.full(code)
    row = await act.db.get(Region, whole)
    if row is None:
        act.db.add(Region(code=whole, name=name))
    else:
        row.name = name
    act.record("region-name", f"region:{whole}", name=name)
    await act.db.flush()


async def region_rows(act: Act) -> list[dict[str, Any]]:
    """Every region that has a name, targets, or either below it, in the order of the codes, with its parent."""
    names = {row.code: row.name for row in await act.db.scalars(select(Region))}
    query = select(Target.region_code, func.count()).where(Target.region_code != "").group_by(Target.region_code)
    counts = {_full(code): count for code, count in (await act.db.execute(query)).all() if _full(code)}
    every = names.keys() | counts.keys()
    tree = sorted(every | {above for code in every for above in regions.ancestors(code)})
    return [
        {
            "code": code,
            "parent": (regions.ancestors(code) or ("",))[-1],
            "level": regions.level(code),
            "kind_text": regions.kind_text(code),
            "name": regions.name_of(code, names),
            "own_name": names.get(code, ""),
            "targets": sum(count for one, count in counts.items() if regions.covers(code, one)),
        }
        for code in tree
    ]


def _full(code: str) -> str:
    """A register's code as the tree knows it; "" for one that is none (older imports took what they were given)."""
    try:
        return regions.full(code)
    except SuichaError:
        return ""
