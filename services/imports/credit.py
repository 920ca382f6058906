"""Credit classes of a whole register (N1, N3): by code, one UPDATE for all that differ.

batches, compared where they were read -> another class than before: into `incoming` -> one UPDATE
                                          unknown code: rejected (B4)
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from sqlalchemy.ext.asyncio import AsyncSession

from models.reading import SHOWN, Batch
from models.store.loading import Loader
from services.imports.feed import Feed
from services.imports.report import Tally

_INCOMING = ("code", "credit_class")


async def store_credit(db: AsyncSession, feed: Feed, tally: Tally) -> None:
    """Compare and write the classes; who is not in the register is rejected, not made."""
    loader = await Loader.open(db)
    if not loader.is_sqlite:
        await loader.run("LOCK TABLE targets IN SHARE ROW EXCLUSIVE MODE")
    await loader.run("CREATE TEMPORARY TABLE incoming (code text, credit_class text)")
    async with aclosing(feed.batches(loader)) as batches:
        async for batch in batches:
            await _count(tally, batch)
            await loader.put_packed("incoming", _INCOMING, batch.again)
    await loader.run("UPDATE targets AS t SET credit_class = i.credit_class FROM incoming AS i WHERE t.code = i.code")
    await loader.run("DROP TABLE incoming")
    await loader.close()


async def _count(tally: Tally, batch: Batch) -> None:
    tally.read += batch.read
    tally.unchanged += batch.unchanged
    tally.changed += batch.renewed
    await asyncio.to_thread(tally.reject_all, batch.rejected)  # writing them down takes its time
    for code, old, new in batch.moved:
        if len(tally.examples["changed"]) == SHOWN:
            break
        change = {"field": "credit_class", "before": old, "after": new}
        tally.examples["changed"].append({"code": code, "name": "", "fields": [change]})
