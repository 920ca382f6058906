"""Archives taken apart and put together again, honestly and not; a task with a real draw behind its visit."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from inspection.draw.announcement import Team
from inspection.draw.pools import Candidate, DrawInspector, Exclusion, Pools
from models.tasks import Draw
from services.results.task_archives import Maker
from tests.api.public_server import Http
from tests.builders import NOW
from tests.integration.visits_play import Play
from tests.unit.draw.conftest import build

Files = dict[str, bytes]
NUMBER = "2026-0001"


def opened_zip(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        return {name: found.read(name) for name in found.namelist()}


def closed_zip(files: Files, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def relisted(files: Files) -> Files:
    """The manifest mended to fit what was changed, but nobody signs it."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = [
        {"path": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(files.items())
        if name not in {"manifest.json", "manifest.sig"}
    ]
    return {**files, "manifest.json": json.dumps(manifest).encode()}


def resigned(files: Files) -> Files:
    """The manifest as it is, signed by a key of the forger's own."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    manifest = json.loads(files["manifest.json"])
    manifest["key"] = {"id": hashlib.sha256(public).hexdigest()[:16], "public": public.hex()}
    raw = json.dumps(manifest).encode()
    return {**files, "manifest.json": raw, "manifest.sig": key.sign(raw).hex().encode()}


async def with_draw(play: Play) -> None:
    """Give the play's task a draw of its own: one target in the pool and drawn, one excluded, everybody in the list."""
    pools = Pools(
        candidates=(Candidate(id=play.scene.target.code, stratum="A", tickets=1),),
        inspectors=tuple(
            DrawInspector(id=f"{code.upper()}-{number}", department=code, skills=())
            for code in ("lead", "partner")
            for number in (1, 2)
        ),
        conflicts=(),
        exclusions=(Exclusion(id="91379999MA00000999", reason="yearly-limit"),),
    )
    teams = (Team(department="lead", size=2), Team(department="partner", size=2))
    files = build(pools, draw_id=NUMBER, quotas={"A": 1}, teams=teams)
    digests = {name: await play.house.blobs.put(data) for name, data in files.items()}
    async with play.act("coordinator") as act:
        act.db.add(
            Draw(
                number=NUMBER,
                task_id=play.scene.task.id,
                department_id=play.scene.task.department_id,
                status="drawn",
                frozen_at=NOW,
                drawn_at=NOW,
                fingerprint=digests["announcement.json"],
                files=digests,
                secret="",
                master="",
            )
        )


async def made(play: Play) -> int:
    """Let what was ordered be made, as the tick does."""
    return await Maker(play.database, play.house, play.clock).make_next()


async def fetched(http: Http, archive_id: str, who: str) -> tuple[int, bytes]:
    headers = {"Cookie": f"suicha_session={await http.token(who)}"}
    async with http.session.get(http.url(f"/api/console/archives/{archive_id}/zip"), headers=headers) as answer:
        return answer.status, await answer.read()
