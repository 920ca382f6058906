"""Evidence from the phone: checked, developed, stored once under the digest of its own bytes (G10, G7, M1).

expect (may he? is it new?) -> develop (no transaction is open; files first) -> keep (the row) -> thumb, display
A row never points at a blob that is not there; a blob without a row is harmless. The original is never changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from inspection.coordinates import Position
from inspection.errors import ConflictError, InvalidInputError
from models.blobs import Digest
from models.bulk import in_bulk
from models.store import destructions
from models.store import evidence as store
from models.store import parts as part_store
from models.store import visits as visit_store
from models.store.parts import NOT_DONE
from models.store.states import STATUS_WORDS
from models.tasks import Evidence
from services.act import Act, House
from services.field import doors, recordings, summaries
from services.field.photos import Stamp

KINDS = ("photo", "signature", *recordings.KINDS)
MEDIA = {"photo": "image/jpeg", "signature": "image/png"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """What the phone says of the bytes it sends; `taken_at` and `place` are its word, kept as such.

    `sent_at`: when it was sent to the app, of what comes by chat: fetched late, it was still in time.
    """

    visit_id: str
    digest: str
    kind: str  # one of KINDS
    taken_at: datetime | None = None
    place: Position | None = None
    accuracy_m: float | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Developed:
    """What lies in the blobs now: the original, and the two copies that people look at."""

    size: int
    display: Digest | None
    thumb: Digest | None
    taken_at: datetime | None
    place: dict[str, Any]


class DigestMismatchError(InvalidInputError):
    """上传的文件与手机上计算的校验值不一致，可能在传输中损坏。"""

    code = "digest-mismatch"
    action = "请重新上传这个文件，已上传的其他文件没有变化。"


async def expect(act: Act, upload: Upload) -> Evidence | Stamp:
    """Check that the actor may add this now: the evidence itself if it is there already, else what to stamp on it.

    Raises NotFoundError (not his visit), ConflictError (his part is submitted), DoorFirstError.
    """
    if upload.kind not in KINDS:
        raise InvalidInputError(what="证据类型", why="只能是照片、签名、语音、视频或文件。")
    own = await visit_store.own_visit(act.db, act.actor, upload.visit_id)
    found = await store.find(act.db, upload.visit_id, upload.digest)
    if found is not None:
        return found
    await _refuse_closed(act, own, upload)
    if own.part.status in NOT_DONE:
        await doors.require(act, own)
    people = await visit_store.group(act.db, upload.visit_id)
    return Stamp(
        at=upload.taken_at or act.now,
        place=_place_text(own.target.address, upload),
        task=f"{own.task.name} {own.visit.number}",
        target=own.target.name,
        inspector=next(f"{one.department} {one.name}" for one in people if one.member_id == act.actor.member_id),
    )


async def develop(house: House, upload: Upload, data: bytes | Path, stamp: Stamp) -> Developed:
    """Make the copies that people look at and store all three; raises PhotoRefusedError or TooLargeError.

    `data` is the file of these bytes, or a path that nobody else writes to; its sum was checked by the caller.
    """
    head, size = await in_bulk(_look, data)
    if upload.kind in recordings.KINDS:
        recordings.media_type(upload.kind, head)
        await house.blobs.put(data)
        place = _place_data(upload.place, upload.accuracy_m)
        return Developed(size=size, display=None, thumb=None, taken_at=upload.taken_at, place=place)
    if upload.kind == "signature":
        if isinstance(data, Path):
            data = await in_bulk(data.read_bytes)
        signature = await house.photo_lab.check_signature(data)
        display = thumb = signature.display
        taken_at, position = upload.taken_at, None
    else:
        photo = await house.photo_lab.develop(data, stamp)
        display, thumb = photo.display, photo.thumb
        taken_at, position = upload.taken_at or photo.taken_at, upload.place or photo.position
    await house.blobs.put(data)
    return Developed(
        size=size,
        display=await house.blobs.put(display),
        thumb=await house.blobs.put(thumb),
        taken_at=taken_at,
        place=_place_data(position, upload.accuracy_m if upload.place else None),
    )


async def keep(act: Act, upload: Upload, developed: Developed) -> tuple[Evidence, bool]:
    """Write the row; of the same bytes sent twice at once one makes it. Returns (evidence, is it new)."""
    await visit_store.lock(act.db, upload.visit_id)
    own = await visit_store.own_visit(act.db, act.actor, upload.visit_id)
    found = await store.find(act.db, upload.visit_id, upload.digest)
    if found is not None:
        return found, False
    await _refuse_closed(act, own, upload)
    row = Evidence(
        visit_id=upload.visit_id,
        department_id=own.part.department_id,
        member_id=act.actor.member_id,
        kind=upload.kind,
        digest=upload.digest,
        display_digest=developed.display,
        thumb_digest=developed.thumb,
        size=developed.size,
        taken_at=developed.taken_at,
        received_at=act.now,
        place=developed.place,
    )
    act.db.add(row)
    await act.db.flush()
    act.record("evidence", f"visit:{upload.visit_id}", digest=upload.digest, kind=upload.kind, size=developed.size)
    return row, True


async def copy_of(act: Act, visit_id: str, digest: str, size: str) -> tuple[Digest, str]:
    """Where the copy ("thumb" or "display") of a piece of evidence lies, and its media type; NotFoundError.

    Of voice, video and papers no copy is made: theirs is the original.
    """
    found = await store.visible(act.db, act.actor, visit_id, digest)
    await destructions.refuse_destroyed(act.db, "这份证据", f"visit:{visit_id}")
    wanted = Digest((found.thumb_digest if size == "thumb" else found.display_digest) or found.digest)
    if found.kind in MEDIA:
        return wanted, MEDIA[found.kind]
    pieces = act.house.blobs.stream(wanted)
    try:
        return wanted, recordings.media_type(found.kind, await anext(pieces))
    finally:
        await pieces.aclose()


async def size_of(act: Act, visit_id: str, digest: str) -> int:
    """How many bytes the original of a piece of evidence has; NotFoundError for who may not look."""
    return (await store.visible(act.db, act.actor, visit_id, digest)).size


def _look(data: bytes | Path) -> tuple[bytes, int]:
    """The first bytes of a file, and how many it has."""
    if isinstance(data, bytes):
        return data[: recordings.LOOK], len(data)
    with data.open("rb") as file:
        return file.read(recordings.LOOK), data.stat().st_size


async def _refuse_closed(act: Act, own: visit_store.OwnVisit, upload: Upload) -> None:
    if own.part.status in NOT_DONE:
        return
    await destructions.refuse_destroyed(act.db, f"检查 {own.visit.number} 的案卷", f"visit:{own.visit.id}")
    if upload.kind == "signature" and summaries.asks(own.visit):
        return
    if upload.sent_at is not None and own.part.submission_id is not None:
        sent = await part_store.submission(act.db, own.part.submission_id)
        if sent is not None and upload.sent_at <= sent.received_at:
            return
    raise ConflictError(what="现场证据", why=f"本部门检查结果{STATUS_WORDS[own.part.status]}，不能再补充。")


def _place_text(address: str, upload: Upload) -> str:
    if upload.place is None:
        return f"{address}（未取得定位）".strip()
    near = f"，误差约 {upload.accuracy_m:.0f} 米" if upload.accuracy_m is not None else ""
    return f"{address} （{upload.place.latitude:.5f}, {upload.place.longitude:.5f}{near}）".strip()


def _place_data(place: Position | None, accuracy_m: float | None) -> dict[str, Any]:
    if place is None:
        return {}
    return {"lat": place.latitude, "lon": place.longitude, "accuracy_m": accuracy_m}
