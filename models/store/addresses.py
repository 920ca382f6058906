"""Where a message goes that does not go to a userid: read for the sending alone, never stored beside a message (M1)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.people import Member, Owner


async def openids(db: AsyncSession, owner_ids: Collection[str]) -> dict[str, str]:
    """The openids of these owners; read for the sending alone, never stored beside a message."""
    found = await db.execute(select(Owner.id, Owner.openid).where(Owner.id.in_(owner_ids)))
    return {row.id: row.openid for row in found}


async def mobiles(db: AsyncSession, userids: Collection[str]) -> dict[str, str]:
    """The phone numbers of these members, where known; read for the sending alone."""
    found = await db.execute(
        select(Member.userid, Member.mobile).where(Member.userid.in_(userids), Member.mobile.is_not(None))
    )
    return {row.userid: row.mobile for row in found}
