"""Access to archives that were imported; who may read them is asked by the service (the office alone)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.errors import NotFoundError
from models.archives import Archive, ArchiveKey, ImportedArchive, ImportedFile

MOST_ROWS = 500


async def by_digest(db: AsyncSession, digest: str) -> ImportedArchive | None:
    """The archive that was this very file."""
    return await db.scalar(select(ImportedArchive).where(ImportedArchive.digest == digest))


async def is_own(db: AsyncSession, number: str, key_id: str) -> bool:
    """Tell whether this office sealed an archive of this number by this key."""
    query = select(Archive.id).join(ArchiveKey, ArchiveKey.id == Archive.key_id)
    return await db.scalar(query.where(Archive.number == number, Archive.key_id == key_id)) is not None


async def add(db: AsyncSession, row: ImportedArchive, files: Iterable[tuple[str, str, int]]) -> None:
    """Write an archive with its files, each (path, digest, size)."""
    db.add(row)
    await db.flush()
    for position, (path, digest, size) in enumerate(files):
        db.add(ImportedFile(archive_id=row.id, position=position, path=path, digest=digest, size=size))
    await db.flush()


async def all_of(db: AsyncSession) -> Sequence[ImportedArchive]:
    """All imported archives, the newest first."""
    return (await db.scalars(select(ImportedArchive).order_by(ImportedArchive.id.desc()).limit(MOST_ROWS))).all()


async def sized(db: AsyncSession, ids: Collection[str]) -> list[tuple[ImportedArchive, int, int]]:
    """These imported archives, each with the size of what lay in it (bytes) and how many files that was."""
    within = select(ImportedFile.archive_id, func.sum(ImportedFile.size), func.count()).group_by(
        ImportedFile.archive_id
    )
    sums = {name: (size, count) for name, size, count in
            await db.execute(within.where(ImportedFile.archive_id.in_(ids)))}  # fmt: skip
    rows = await db.scalars(select(ImportedArchive).where(ImportedArchive.id.in_(ids)))
    return [(row, *sums.get(row.id, (0, 0))) for row in rows]


async def by_number(db: AsyncSession, number: str, key_id: str) -> ImportedArchive | None:
    """The imported archive of this number that this key sealed."""
    query = select(ImportedArchive).where(ImportedArchive.number == number, ImportedArchive.key_id == key_id)
    return await db.scalar(query)


async def one(db: AsyncSession, archive_id: str) -> ImportedArchive:
    """One imported archive; NotFoundError."""
    found = await db.get(ImportedArchive, archive_id)
    if found is None:
        raise NotFoundError(what="这份导入的档案")
    return found


async def files_of(db: AsyncSession, archive_id: str) -> Sequence[ImportedFile]:
    """The files of an imported archive, in its own order."""
    query = select(ImportedFile).where(ImportedFile.archive_id == archive_id).order_by(ImportedFile.position)
    return (await db.scalars(query)).all()


async def file(db: AsyncSession, archive_id: str, position: int) -> ImportedFile:
    """One file by its place; NotFoundError."""
    found = await db.get(ImportedFile, (archive_id, position))
    if found is None:
        raise NotFoundError(what="这个文件")
    return found


async def own_number(db: AsyncSession, number: str) -> Archive:
    """An archive of our own by its number, for whoever works on the machine itself; NotFoundError."""
    found = await db.scalar(select(Archive).where(Archive.number == number))
    if found is None:
        raise NotFoundError(what=f"编号为 {number} 的档案")
    return found
