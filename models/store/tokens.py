"""The access tokens that all processes share: read, fetched by one of them, and the stop that holds for all.

read -> good? use it : lease -> [fetch] -> keep | stop       the others see the lease, wait a moment and read again
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.database import Database
from models.results import VendorToken
from models.store.states import insert_ignore

LEASE = timedelta(seconds=15)  # longer than a fetch may take; after a crash the next one fetches


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What the row says. `round` counts the fetches, so that a refused token is told from its successor."""

    token: str = ""
    round: int = 0
    expires_at: datetime | None = None
    stopped_until: datetime | None = None
    stopped_why: str = ""


class TokenShelf:
    """One vendor's token in the database; `name` tells vendor, app and secret apart."""

    def __init__(self, database: Database, name: str) -> None:
        """Read nothing yet."""
        self._database = database
        self._name = name

    async def read(self) -> Held:
        """What stands there; an empty one if nobody ever fetched."""
        async with self._database.read() as db:
            row = await db.scalar(select(VendorToken).where(VendorToken.name == self._name))
            if row is None:
                return Held()
            return Held(
                token=row.token or "",
                round=row.round,
                expires_at=row.expires_at,
                stopped_until=row.stopped_until,
                stopped_why=row.stopped_why,
            )

    async def lease(self, seen_round: int, now: datetime) -> bool:
        """Become the one who fetches; False if another is at it, or has been since `seen_round`."""
        async with self._database.write() as db:
            await insert_ignore(db, VendorToken, name=self._name, round=0, stopped_why="")
            free = or_(VendorToken.leased_until.is_(None), VendorToken.leased_until < now)
            found = await db.scalar(
                update(VendorToken)
                .where(VendorToken.name == self._name, VendorToken.round == seen_round, free)
                .values(leased_until=now + LEASE)
                .returning(VendorToken.name)
            )
        return found is not None

    async def keep(self, token: str, expires_at: datetime) -> None:
        """Put a new token there and let the lease go."""
        await self._write(
            token=token,
            expires_at=expires_at,
            round=VendorToken.round + 1,
            leased_until=None,
            stopped_until=None,
            stopped_why="",
        )

    async def stop(self, until: datetime, why: str) -> None:
        """Stop everybody: a person has to change a setting."""
        await self._write(stopped_until=until, stopped_why=why, leased_until=None)

    async def release(self) -> None:
        """Let the lease go: the fetch failed, another may try."""
        await self._write(leased_until=None)

    async def resume(self) -> None:
        """A person has mended the setting."""
        await self._write(stopped_until=None, stopped_why="")

    async def _write(self, **values: object) -> None:
        async with self._database.write() as db:
            await insert_ignore(db, VendorToken, name=self._name, round=0, stopped_why="")
            await db.execute(
                update(VendorToken)
                .where(VendorToken.name == self._name)
                .values(**values)
                .execution_options(synchronize_session=False)
            )


async def stops(db: AsyncSession, now: datetime) -> list[tuple[str, str, datetime]]:
    """The stops in force: (vendor, why, until when)."""
    query = select(VendorToken).where(VendorToken.stopped_until > now).order_by(VendorToken.name)
    return [(row.name.partition("/")[0], row.stopped_why, row.stopped_until or now) for row in await db.scalars(query)]


async def resume_all(db: AsyncSession) -> int:
    """End all stops; returns how many. Each process takes it up before it sends again (`bot.tokens.Line.recheck`)."""
    found = await db.scalars(
        update(VendorToken)
        .where(VendorToken.stopped_until.is_not(None))
        .values(stopped_until=None, stopped_why="")
        .returning(VendorToken.name)
        .execution_options(synchronize_session=False)
    )
    return len(found.all())
