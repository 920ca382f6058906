"""The ledger of owners' subscription messages follows what WeChat took: one spent, or all of them refused (43101).

settled parcels -> rows of the WeChat channel -> models.store.owners.add_credit, once for each message
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.parcels import Parcel
from inspection.notices import Channel
from models.store import owners
from models.store.outbox import Ending


async def keep_ledger(
    db: AsyncSession, parcels: Sequence[Parcel], endings: Sequence[Ending], written: Collection[str], now: datetime
) -> None:
    """Write the lines that these settled messages make, in the settlement's own transaction."""
    templates = {
        row.id: str(json.loads(parcel.body)["template_id"])
        for parcel in parcels
        if parcel.channel is Channel.WECHAT
        for row in parcel.rows
    }
    kinds = {"accepted": owners.SPENT, "refused": owners.REFUSED}
    for end in endings:
        if end.row.id in templates and end.row.id in written and end.how.status in kinds:
            kind = kinds[end.how.status]
            await owners.add_credit(db, end.row.recipient, templates[end.row.id], kind, now, end.row.id)
