"""A visit's papers as one sealed ZIP that anybody can check and nobody can change unseen (L1, L2, K6).

published visit -> gather (rows, blobs) -> volume.pdf (PDF/A-2b) -> manifest (every file's SHA-256) -> Ed25519 -> ZIP
key: made with the first archive, retired by `rotate`, never thrown away; public keys are at /public/keys.json
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from inspection.actors import Role
from inspection.deadlines import DeadlineKind
from inspection.errors import ConflictError, ForbiddenError
from inspection.retention import CLASSES, class_of, keep_until
from inspection.workdays import local_date
from models.archives import Archive, ArchiveKey
from models.blobs import Digest
from models.store import archives as store
from models.store.states import next_number
from services.act import Act, House
from services.clock import deadlines
from services.results import volume

FORMAT = "suicha-archive/1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """What goes into an archive, read in one transaction; `blobs` are fetched afterwards."""

    visit_id: str
    words: Mapping[str, Any]  # tables as data
    blobs: Mapping[str, Digest]
    retention: str
    keep_until: date | None


async def gather(act: Act, visit_id: str) -> Gathered:
    """Read everything about a published visit that the actor may file; ConflictError before it is published."""
    case = await store.visit(act.db, act.actor, visit_id)
    if case.visit.status != "published":
        raise ConflictError(what="立卷", why="检查结果尚未全部公示。")
    papers = await store.papers(act.db, case)
    words, blobs = await volume.contents(act, case, papers)
    results = [one for part in words["results"] for one in part["results"]]
    name = class_of(results, [one.kind for one in papers["followups"]])
    return Gathered(
        visit_id=visit_id, words=words, blobs=blobs, retention=name, keep_until=keep_until(name, local_date(act.now))
    )


async def bind(house: House, found: Gathered) -> dict[str, bytes]:
    """Make the files of an archive, by path; no transaction is open meanwhile."""
    files = {path: await house.blobs.get(digest) for path, digest in found.blobs.items()}
    files |= {f"data/{name}.json": _json(value) for name, value in found.words.items()}
    index = [[path, len(data), hashlib.sha256(data).hexdigest()] for path, data in sorted(files.items())]
    told = {
        **found.words["visit"],
        "retention": CLASSES[found.retention].text,
        "until": str(found.keep_until or "永久"),
    }
    files["volume.pdf"] = await asyncio.to_thread(volume.pdf, told, found.words, index, house.font)
    return files


async def seal(act: Act, found: Gathered, files: Mapping[str, bytes]) -> Archive:
    """Sign the manifest, store the ZIP and write the row; filed again it is the next number."""
    case = await store.visit(act.db, act.actor, found.visit_id)
    key = await _key(act)
    number = f"{case.visit.number}-D{await next_number(act.db, f'archive:{case.visit.id}')}"
    manifest = _json(
        {
            "format": FORMAT,
            "number": number,
            "visit_number": case.visit.number,
            "task_number": case.task.number,
            "made_at": act.now.isoformat(),
            "retention": found.retention,
            "keep_until": str(found.keep_until) if found.keep_until else None,
            "key": {"id": key.id, "public": key.public},
            "files": [
                {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
                for path, data in sorted(files.items())
            ],
        }
    )
    signature = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key.private)).sign(manifest).hex().encode()
    packed = await asyncio.to_thread(_zip, {**files, MANIFEST: manifest, SIGNATURE: signature})
    row = Archive(
        number=number,
        visit_id=case.visit.id,
        key_id=key.id,
        digest=await act.house.blobs.put(packed),
        size=len(packed),
        files=len(files),
        retention=found.retention,
        keep_until=found.keep_until,
        made_by=act.actor.member_id,
        made_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    await deadlines.settle(act, DeadlineKind.ARCHIVE, f"visit:{case.visit.id}")
    act.record("archive", f"visit:{case.visit.id}", number=number, digest=row.digest, key=key.id, files=len(files))
    return row


async def packed(act: Act, archive_id: str) -> tuple[Archive, bytes]:
    """An archive's bytes, for a department that took part; the reading is on record by the caller's act."""
    row = await store.archive(act.db, act.actor, archive_id)
    return row, await act.house.blobs.get(Digest(row.digest))


async def shelf(act: Act) -> dict[str, Any]:
    """The visits that may be filed and what is filed of each; the keys."""
    cases = await store.done(act.db, act.actor)
    filed = await store.of_visits(act.db, [one.visit.id for one in cases])
    return {
        "rows": [
            {
                "visit_id": one.visit.id,
                "visit_number": one.visit.number,
                "target_name": one.target.name,
                "task_name": one.task.name,
                "archives": [
                    {
                        "id": row.id,
                        "number": row.number,
                        "made_at": row.made_at,
                        "files": row.files,
                        "size": row.size,
                        "retention_text": CLASSES[row.retention].text,
                        "keep_until": row.keep_until,
                        "digest": row.digest,
                        "key_id": row.key_id,
                    }
                    for row in filed.get(one.visit.id, [])
                ],
            }
            for one in cases
        ],
        "keys": await public_keys(act),
    }


async def public_keys(act: Act) -> list[dict[str, Any]]:
    """Every key that ever sealed an archive, without its private half: anybody may check by it."""
    return [
        {"id": one.id, "public": one.public, "made_at": one.made_at, "retired_at": one.retired_at}
        for one in await store.keys(act.db)
    ]


async def rotate(act: Act) -> None:
    """Retire the key that seals; the next archive makes a new one, and the old ones stay checkable."""
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    for key in await store.keys(act.db):
        if key.retired_at is None:
            key.retired_at = act.now
            act.record("archive-key", f"archive-key:{key.id}", retired=True)


async def _key(act: Act) -> ArchiveKey:
    for one in await store.keys(act.db):
        if one.retired_at is None:
            return one
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    row = ArchiveKey(
        id=hashlib.sha256(public).hexdigest()[:16],
        public=public.hex(),
        private=private.private_bytes_raw().hex(),
        made_at=act.now,
    )
    act.db.add(row)
    await act.db.flush()
    act.record("archive-key", f"archive-key:{row.id}", retired=False)
    return row


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, default=str).encode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for path, data in sorted(files.items()):
            made.writestr(zipfile.ZipInfo(path, ZIP_TIME), data)
    return out.getvalue()
