"""State changes and numbers: the two things that only the database may decide.

`UPDATE ... SET status = :to WHERE id = :id AND status = :from`: of many who try at once, one gets through.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import CursorResult, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.errors import ConflictError
from models.base import Base
from models.people import Counter

STATUS_WORDS = {
    "draft": "草稿",
    "prepared": "待冻结",
    "frozen": "已冻结",
    "drawn": "已抽取",
    "voided": "已作废",
    "asked": "待审批",
    "proposed": "待另一人决定",
    "declined": "未同意",
    "finished": "已办结",
    "assigned": "待接受",
    "accepted": "已接受",
    "open": "待录入",
    "submitted": "已提交",
    "returned": "已退回",
    "confirmed": "已汇总",
    "approved": "已审批",
    "published": "已公示",
    "withheld": "依法不公开",
    "handed-in": "已报送",
    "closed": "已办结",
    "done": "已报送",
    "dropped": "已撤销",
    "signed": "已签字",
    "collected": "联席办已汇总",
    "filed": "已备案",
}


async def advance(db: AsyncSession, row: Any, to: str, *, come_from: Collection[str], what: str, **fields: Any) -> None:
    """Move a row from one of the statuses `come_from` to `to`; ConflictError if it is no longer there."""
    table = type(row)
    result: CursorResult[Any] = await db.execute(  # type: ignore[assignment]
        update(table)
        .where(table.id == row.id, table.status.in_(come_from))
        .values(status=to, **fields)
        .execution_options(synchronize_session=False)
    )
    await db.refresh(row)
    if result.rowcount != 1:
        raise ConflictError(what=what, why=f"当前状态是“{STATUS_WORDS.get(row.status, row.status)}”。")


async def insert_ignore(db: AsyncSession, table: type[Base], **values: Any) -> bool:
    """Insert unless a unique key is there already; tell whether the row is new."""
    insert = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    key = next(iter(table.__table__.primary_key))
    # RETURNING instead of a row count: psycopg and aiosqlite count ignored rows differently.
    added = await db.scalar(insert(table.__table__).values(**values).on_conflict_do_nothing().returning(key))  # type: ignore[arg-type]
    return added is not None


async def next_number(db: AsyncSession, name: str) -> int:
    """Raise the gapless counter `name` and return it; it falls back with the transaction."""
    await insert_ignore(db, Counter, name=name, value=0)
    value = await db.scalar(
        update(Counter)
        .where(Counter.name == name)
        .values(value=Counter.value + 1)
        .returning(Counter.value)
        .execution_options(synchronize_session=False)
    )
    if value is None:
        raise RuntimeError("a counter vanished inside its own transaction")
    return value
