"""Archives from elsewhere, taken in to be read: stored by content, marked, apart from everything that is our own (L1).

ZIP (checked by the caller: app.verify_archive) -> refuse_unwanted -> files to the store, one by one -> rows
rows -> shelf, contents, file, until they are destroyed by rule (services.results.disposal)

An imported visit is no visit of this office: no task, target, deadline, message or public page comes of it.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, cast

from inspection.actors import Role
from inspection.errors import ConflictError, ForbiddenError, Kind, SuichaError, TooLargeError
from inspection.retention import class_text
from models.archives import ImportedArchive
from models.blobs import Blobs, Digest
from models.store import destructions
from models.store import imported as store
from services.act import Act
from services.results.sealing import MANIFEST, SIGNATURE

PIECE = 1 << 20
DATA = "data/"


class ArchiveRefusedError(SuichaError):
    """档案“{name}”没有通过校验：{where}：{what}。"""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "archive-refused"
    action: ClassVar[str] = "没有导入任何内容；请向移交单位重新索取，或用 suicha verify 查看全部问题。"


class ArchiveTooLargeError(TooLargeError):
    """档案“{name}”超过网页上传的上限 {limit} MB。"""

    code: ClassVar[str] = "archive-too-large"
    action: ClassVar[str] = "没有导入任何内容；请由系统管理员在服务器上用 suicha archive import 导入。"


class Stored(NamedTuple):
    """A file of the archive that lies in the store by now."""

    path: str
    digest: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A checked archive whose files lie in the store; nothing is written to the database yet."""

    digest: str
    manifest: dict[str, Any]
    files: tuple[Stored, ...]


def refuse_wrong(name: str, findings: Iterable[tuple[str, str]]) -> None:
    """Raise ArchiveRefusedError for the first thing that the checker found in the file of this name."""
    for where, what in findings:
        raise ArchiveRefusedError(name=name, where=where, what=what)


async def refuse_unwanted(act: Act, path: Path) -> None:
    """Before anything of a checked archive is stored: not what this office sealed itself, nor what was destroyed here.

    ConflictError, DestroyedError.
    """
    manifest = await asyncio.to_thread(_manifest, path)
    number, key_id = manifest["number"], manifest["key"]["id"]
    if await store.is_own(act.db, number, key_id):
        raise ConflictError(what="导入档案", why=f"{number} 是本办公室自己立的卷，不需要导入。")
    known = await store.by_number(act.db, number, key_id)
    if known is not None:
        await _refuse_destroyed(act, known)


async def open_checked(
    blobs: Blobs, path: Path, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> Opened:
    """Put the files of an archive that the checker passed into the store one by one; `progress`: how many of all."""
    manifest = await asyncio.to_thread(_manifest, path)
    with zipfile.ZipFile(path) as packed:
        names = [MANIFEST, SIGNATURE, *(one["path"] for one in manifest["files"])]
        files = []
        for name in names:
            files.append(await _store(blobs, packed, name))
            progress(len(files), len(names))
    return Opened(digest=await blobs.put(path), manifest=manifest, files=tuple(files))


async def take(act: Act, opened: Opened, *, key_named: bool) -> tuple[ImportedArchive, bool]:
    """Write the rows of an archive; gives the row and whether it is new. The same file again changes nothing.

    ConflictError for another file under a number that is known.
    """
    known = await store.by_digest(act.db, opened.digest)
    if known is not None:
        return known, False
    manifest = opened.manifest
    if await store.by_number(act.db, manifest["number"], manifest["key"]["id"]) is not None:
        why = f"{manifest['number']} 已经导入，这个文件与当时的不是同一个；已导入的不会被覆盖。"
        raise ConflictError(what="导入档案", why=why)
    until = manifest["keep_until"]
    row = ImportedArchive(
        digest=opened.digest,
        number=manifest["number"],
        kind=manifest.get("kind", "visit"),
        key_id=manifest["key"]["id"],
        key_named=key_named,
        retention=manifest["retention"],
        keep_until=date.fromisoformat(until) if until else None,
        made_at=datetime.fromisoformat(manifest["made_at"]),
        imported_by=act.actor.member_id,
        imported_at=act.now,
    )
    await store.add(act.db, row, opened.files)
    act.record("archive-import", f"imported-archive:{row.id}", number=row.number, digest=row.digest, key=row.key_id)
    return row, True


async def shelf(act: Act) -> list[dict[str, Any]]:
    """The archives that were imported, the newest first; the office's alone."""
    _for_the_office(act)
    rows = await store.all_of(act.db)
    gone = await destructions.gone_of(act.db, [_subject(one) for one in rows])
    return [{**_row(one), "destroyed": gone.get(_subject(one))} for one in rows]


async def contents(act: Act, archive_id: str) -> dict[str, Any]:
    """One imported archive as it is read: its task or visit in words, its visits, its files; DestroyedError."""
    _for_the_office(act)
    row = await store.one(act.db, archive_id)
    await _refuse_destroyed(act, row)
    files = await store.files_of(act.db, archive_id)
    listed = {one.path: one for one in files}

    async def words(path: str) -> Any:
        found = listed.get(path)
        return json.loads(await act.house.blobs.get(Digest(found.digest))) if found else None

    folders = [""] if row.kind == "visit" else []  # a proof of duty is read in its files
    if row.kind == "task":
        folders = [one["folder"] for one in await words("data/visits.json") or []]
    return {
        **_row(row),
        "task": await words("data/task.json"),
        "plan": await words("data/plan.json"),
        "draws": await words("data/draws.json") or [],
        "visits": [
            {name: await words(f"{folder}{DATA}{name}.json") for name in ("visit", "results", "published", "followups")}
            for folder in folders
        ],
        "files": [{"position": one.position, "path": one.path, "size": one.size} for one in files],
    }


async def file(act: Act, archive_id: str, position: int) -> tuple[str, bytes]:
    """One file of an imported archive: its name and its bytes, held against its hash by the store; DestroyedError."""
    _for_the_office(act)
    await _refuse_destroyed(act, await store.one(act.db, archive_id))
    found = await store.file(act.db, archive_id, position)
    return found.path.rpartition("/")[2], await act.house.blobs.get(Digest(found.digest))


def _row(row: ImportedArchive) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "kind": row.kind,
        "key_id": row.key_id,
        "key_named": row.key_named,
        "made_at": row.made_at,
        "imported_at": row.imported_at,
        "retention_text": class_text(row.retention),
        "keep_until": row.keep_until,
        "digest": row.digest,
    }


def _subject(row: ImportedArchive) -> str:
    return f"imported:{row.id}"


async def _refuse_destroyed(act: Act, row: ImportedArchive) -> None:
    await destructions.refuse_destroyed(act.db, f"导入的档案 {row.number}", _subject(row))


def _manifest(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as packed:
        return cast("dict[str, Any]", json.loads(packed.read(MANIFEST)))


def _for_the_office(act: Act) -> None:
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError


async def _store(blobs: Blobs, packed: zipfile.ZipFile, name: str) -> Stored:
    with tempfile.NamedTemporaryFile() as whole:
        size = await asyncio.to_thread(_unpack, packed, name, whole)
        return Stored(name, await blobs.put(Path(whole.name)), size)


def _unpack(packed: zipfile.ZipFile, name: str, into: Any) -> int:
    with packed.open(name) as file:
        while piece := file.read(PIECE):
            into.write(piece)
    into.flush()
    return int(into.tell())
