"""Credit classes of a whole register (N1, N3): by code, one UPDATE for all that differ.

rows -> known class? -> the same: nothing | another: into `incoming` -> one UPDATE     (unknown code: rejected, B4)
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import islice

from sqlalchemy.ext.asyncio import AsyncSession

from inspection.tables import CreditRow, Rejected
from models.reading import SHOWN
from models.store.loading import Loader
from services.imports.feed import Feed
from services.imports.report import Tally

ROWS_AT_ONCE = 20_000
UNKNOWN = "检查对象名录库中没有这个代码；请先导入检查对象"


async def store_credit(db: AsyncSession, feed: Feed, tally: Tally) -> None:
    """Compare and write the classes; who is not in the register is rejected, not made."""
    loader = await Loader.open(db)
    if not loader.is_sqlite:
        await loader.run("LOCK TABLE targets IN SHARE ROW EXCLUSIVE MODE")
    known: dict[str, str] = {}
    async for piece in loader.pairs("code", "credit_class"):
        known.update(line.split("\t") for line in piece.split("\n"))  # type: ignore[misc]  # always two
    await loader.run("CREATE TEMPORARY TABLE incoming (code text, credit_class text)")
    rows = iter(feed.rows())
    while block := await asyncio.to_thread(_block, rows):
        changed = [pair for row in block if (pair := _judge(row, known, tally))]
        if changed:
            await loader.put("incoming", ("code", "credit_class"), changed)
        feed.progress(*feed.position.reached(tally.read))
    await loader.run("UPDATE targets AS t SET credit_class = i.credit_class FROM incoming AS i WHERE t.code = i.code")
    await loader.run("DROP TABLE incoming")
    await loader.close()


def _block(rows: Iterator[CreditRow | Rejected]) -> list[CreditRow | Rejected]:
    return list(islice(rows, ROWS_AT_ONCE))


def _judge(row: CreditRow | Rejected, known: dict[str, str], tally: Tally) -> tuple[str, str] | None:
    """Count a row; give code and class where it has to be written."""
    if isinstance(row, Rejected):
        tally.reject(row)
        return None
    before = known.get(row.code)
    if before is None:
        refused = Rejected(row=row.row, field="统一社会信用代码", value=row.code, reason=UNKNOWN, raw=tuple(row.raw))
        tally.reject(refused)
        return None
    tally.read += 1
    if before == row.credit_class:
        tally.unchanged += 1
        return None
    tally.changed += 1
    if len(tally.examples["changed"]) < SHOWN:
        change = {"field": "credit_class", "before": before, "after": row.credit_class}
        tally.examples["changed"].append({"code": row.code, "name": "", "fields": [change]})
    return row.code, row.credit_class
