"""The owner's side of a rectification: what he is asked to mend, his photos, his word that it is done (I8).

own -> expect (may he?) -> develop (no transaction is open) -> keep -> hand_in -> the department looks again
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from inspection.followups import MAX_WORDS
from inspection.workdays import local_date
from models.blobs import Digest
from models.followups import FollowUpPhoto, FollowUpStep
from models.store import destructions
from models.store import followups as store
from models.store.followups import FollowUpCase
from models.store.states import insert_ignore
from services.act import Act, House
from services.field.evidence import DigestMismatchError
from services.field.photos import Stamp
from services.results import followups

MOST_PHOTOS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Rectification:
    """A rectification as its owner sees it: what is asked, by when, what was said since, his photos."""

    case: FollowUpCase
    photos: Sequence[FollowUpPhoto]
    steps: Sequence[FollowUpStep]
    overdue: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnerPhoto:
    """What lies in the blobs now."""

    digest: str
    display: Digest
    thumb: Digest
    size: int
    taken_at: datetime | None


async def own(act: Act) -> list[Rectification]:
    """What the signed-in owner's targets are asked to mend."""
    return [
        Rectification(
            case=one,
            photos=await store.photos(act.db, one.row.id),
            steps=await store.steps(act.db, one.row.id),
            overdue=one.row.status == "open" and one.row.due_on < local_date(act.now),
        )
        for one in await store.owned(act.db, str(act.actor.member_id))
    ]


async def expect(act: Act, followup_id: str, digest: str, data: bytes) -> Stamp:
    """Check that the owner may add this photo now, and say what to stamp on it."""
    if hashlib.sha256(data).hexdigest() != digest:
        raise DigestMismatchError
    case = await _open(act, followup_id)
    return Stamp(
        at=act.now,
        place="企业报送",
        task=f"整改 {case.row.number}",
        target=case.target.name,
        inspector="企业报送",
    )


async def develop(house: House, data: bytes, digest: str, stamp: Stamp) -> OwnerPhoto:
    """Make the copies that people look at and store all three; raises PhotoRefusedError or TooLargeError."""
    photo = await house.photo_lab.develop(data, stamp)
    await house.blobs.put(data)
    return OwnerPhoto(
        digest=digest,
        display=await house.blobs.put(photo.display),
        thumb=await house.blobs.put(photo.thumb),
        size=len(data),
        taken_at=photo.taken_at,
    )


async def keep(act: Act, followup_id: str, photo: OwnerPhoto) -> bool:
    """Write the row; the same photo sent twice is there once. Returns whether it is new."""
    await store.lock(act.db, followup_id)
    case = await _open(act, followup_id)
    known = await store.photos(act.db, followup_id)
    if len(known) >= MOST_PHOTOS and photo.digest not in {one.digest for one in known}:
        raise ConflictError(what="整改照片", why=f"最多 {MOST_PHOTOS} 张。")
    new = await insert_ignore(
        act.db,
        FollowUpPhoto,
        followup_id=followup_id,
        owner_id=str(act.actor.member_id),
        digest=photo.digest,
        display_digest=photo.display,
        thumb_digest=photo.thumb,
        size=photo.size,
        taken_at=photo.taken_at,
        received_at=act.now,
    )
    if new:
        act.record("followup-photo", followups.subject(case.row), digest=photo.digest, size=photo.size)
    return new


async def hand_in(act: Act, followup_id: str, note: str) -> str:
    """Say that it is mended, with at least one photo; returns the status."""
    note = note.strip()
    if not note or len(note) > MAX_WORDS:
        raise InvalidInputError(what="整改情况", why=f"请写明，不超过 {MAX_WORDS} 字。")
    await store.lock(act.db, followup_id)
    case = await _open(act, followup_id)
    if not await store.photos(act.db, followup_id):
        raise ConflictError(what="报送整改", why="请先上传整改后的照片。")
    await followups.handed_in(act, case, note)
    return case.row.status


async def copy_for_owner(act: Act, followup_id: str, digest: str, size: str) -> Digest:
    """Where the owner's copy ("thumb" or "display") of his photo lies; NotFoundError."""
    return await _copy(act, await store.owned_case(act.db, str(act.actor.member_id), followup_id), digest, size)


async def copy_for_desk(act: Act, followup_id: str, digest: str, size: str) -> Digest:
    """Where a department's copy of an owner's photo lies; NotFoundError."""
    return await _copy(act, await store.case(act.db, act.actor, followup_id), digest, size)


async def _copy(act: Act, case: FollowUpCase, digest: str, size: str) -> Digest:
    found = await store.photo(act.db, case.row.id, digest)
    if found is None:
        raise NotFoundError(what="这张照片")
    await destructions.refuse_destroyed(act.db, "这张照片", f"visit:{case.visit.id}")
    return Digest(found.thumb_digest if size == "thumb" else found.display_digest)


async def _open(act: Act, followup_id: str) -> FollowUpCase:
    case = await store.owned_case(act.db, str(act.actor.member_id), followup_id)
    await act.db.refresh(case.row)
    if case.row.status != "open":
        raise ConflictError(what="整改", why="已经报送或办结，请等待复查。")
    return case
