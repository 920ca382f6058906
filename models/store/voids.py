"""Access to proposals to void a draw."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor
from inspection.errors import NotFoundError
from models.draws import DrawVoid
from models.store import tasks as task_store
from models.tasks import Draw


async def case(db: AsyncSession, actor: Actor, void_id: str) -> tuple[DrawVoid, Draw]:
    """A proposal and its draw, for those who may see the draw's task."""
    row = (
        await db.execute(select(DrawVoid, Draw).join(Draw, Draw.id == DrawVoid.draw_id).where(DrawVoid.id == void_id))
    ).one_or_none()
    if row is None:
        raise NotFoundError(what="这项作废申请")
    await task_store.task(db, actor, row[1].task_id)
    return row[0], row[1]


async def open_for(db: AsyncSession, draw_id: str) -> DrawVoid | None:
    """The proposal that waits for a second coordinator."""
    return await db.scalar(select(DrawVoid).where(DrawVoid.open_for == draw_id))


async def approved(db: AsyncSession, draw_ids: Collection[str]) -> dict[str, DrawVoid]:
    """Why these draws were voided, by draw: what everybody may see of it is `reason` and `decided_at`."""
    query = select(DrawVoid).where(DrawVoid.draw_id.in_(draw_ids), DrawVoid.status == "approved")
    return {row.draw_id: row for row in await db.scalars(query)}
