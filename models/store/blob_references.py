"""Which stored files some living record still refers to: what is shared is never removed (L1).

digests, now -> those of them that a row names which was not destroyed itself
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, exists, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from models.archives import Archive, ImportedArchive, ImportedFile
from models.corrections import Correction
from models.disposal import Destruction, DestructionItem
from models.draws import DrawBeacon, DrawStamp, RecusalRequest
from models.field import AnnouncedManifest, Deposit, PendingFile, SitePaper
from models.followups import FollowUp, FollowUpPhoto
from models.libraries import CertificateRenewal, LibraryConfirmation
from models.results import Publication
from models.tasks import Draw, Evidence, Part, Submission

FRESH = timedelta(days=30)  # what was stored ahead of its record is waited for so long
DESTROYED = ("approved", "done")


async def referred(db: AsyncSession, digests: Collection[str], now: datetime) -> set[str]:
    """Those of these files that something still refers to."""
    found: set[str] = set()
    for column, living in columns(now):
        found.update(await db.scalars(select(column).where(column.in_(digests), living)))
    for column, living in lists():
        query = select(column).where(or_(*(column.cast(String).contains(one) for one in digests)), living)
        for value in await db.scalars(query):
            found.update(value.values() if isinstance(value, dict) else value)
    return found & set(digests)


def lists() -> Iterable[tuple[Any, ColumnElement[bool]]]:
    """The columns that name stored files inside JSON, and when their rows count."""
    yield Correction.evidence, _of_publication(Correction.publication_id)
    yield RecusalRequest.evidence, _alive("visit", RecusalRequest.visit_id)
    yield Draw.files, true()


def columns(now: datetime) -> Iterable[tuple[Any, ColumnElement[bool]]]:
    """Every other column that names a stored file, and when its row counts."""
    photo_of = exists().where(FollowUp.id == FollowUpPhoto.followup_id, _of_part(FollowUp.part_id))
    filed = or_(_alive("visit", Archive.visit_id), _alive("task", Archive.task_id))
    yield from ((one, _alive("visit", Evidence.visit_id)) for one in
                (Evidence.digest, Evidence.display_digest, Evidence.thumb_digest))  # fmt: skip
    yield from ((one, photo_of) for one in
                (FollowUpPhoto.digest, FollowUpPhoto.display_digest, FollowUpPhoto.thumb_digest))  # fmt: skip
    yield Submission.manifest_digest, _of_part(Submission.part_id)
    yield AnnouncedManifest.manifest_digest, _of_part(AnnouncedManifest.part_id)
    yield SitePaper.attachment, _alive("visit", SitePaper.visit_id)
    yield Correction.signature_digest, _of_publication(Correction.publication_id)
    yield Archive.digest, filed
    yield PendingFile.digest, PendingFile.expires_at > now
    yield Deposit.digest, Deposit.stored_at > now - FRESH
    yield ImportedArchive.digest, _alive("imported", ImportedArchive.id)
    yield ImportedFile.digest, _alive("imported", ImportedFile.archive_id)
    yield from ((one, true()) for one in (
        DrawStamp.digest, DrawBeacon.digest, LibraryConfirmation.snapshot, CertificateRenewal.photo,
    ))  # fmt: skip


def _alive(kind: str, column: Any) -> ColumnElement[bool]:
    """The row's visit, task or imported archive is there and was not destroyed."""
    gone = exists().where(
        DestructionItem.stands_for == literal(f"{kind}:") + column,
        DestructionItem.destruction_id == Destruction.id,
        Destruction.status.in_(DESTROYED),
    )
    return and_(column.is_not(None), ~gone)


def _of_part(column: Any) -> ColumnElement[bool]:
    return exists().where(Part.id == column, _alive("visit", Part.visit_id))


def _of_publication(column: Any) -> ColumnElement[bool]:
    return exists().where(Publication.id == column, _alive("visit", Publication.visit_id))
