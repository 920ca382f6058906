"""A drawn visit played by hand: who does what, each act in its own transaction, with real files and real photos."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from PIL import Image, ImageDraw
from sqlalchemy import select

from app.fonts import FONT_NAME, IN_PACKAGE, find_font
from inspection.actors import SYSTEM, Actor
from inspection.workdays import official_calendar
from models.blobs import LocalBlobs
from models.database import Database
from models.results import Outbox
from models.spool import Spool
from services.act import Act, House, Rules
from services.field import evidence, submissions, visits
from services.field.evidence import Upload
from services.field.manifests import Manifest
from services.field.photos import Photo, PhotoLimits, Signature, Stamp, check_signature_png, develop
from services.field.submissions import Receipt
from services.results import approvals
from tests.builders import DrawnVisit, drawn_visit
from tests.conftest import Clock

ROOT = Path(__file__).parents[2]
FONT = find_font([ROOT / "var/fonts" / FONT_NAME, ROOT / "web/node_modules" / IN_PACKAGE])


class NearLab:
    """The photo lab without its child processes; remembers what it stamped."""

    def __init__(self) -> None:
        self.stamps: list[Stamp] = []

    async def develop(self, original: bytes | Path, stamp: Stamp) -> Photo:
        self.stamps.append(stamp)
        if isinstance(original, Path):
            original = await asyncio.to_thread(original.read_bytes)
        return develop(original, stamp, PhotoLimits(), FONT)

    async def check_signature(self, png: bytes) -> Signature:
        return check_signature_png(png)


def house_of(folder: Path, **rules: Any) -> House:
    return House(
        office_name="演示区联席会议办公室",
        lead_code="JB",
        origin="http://127.0.0.1:8080",
        blobs=LocalBlobs(folder),
        spool=Spool(folder / "arriving"),
        calendar=official_calendar(),
        rules=Rules(**rules),
        link_key=bytes(32),
        photo_lab=NearLab(),
        font=FONT,
    )


@dataclass
class Play:
    """One visit, its house, and a clock that the test moves."""

    database: Database
    house: House
    clock: Clock
    scene: DrawnVisit = field(init=False)

    async def begin(self) -> Play:
        async with self.database.write() as db:
            self.scene = await drawn_visit(db)
        return self

    @asynccontextmanager
    async def act(self, who: str | Actor) -> AsyncIterator[Act]:
        actor = self.scene.actors[who] if isinstance(who, str) else who
        async with self.database.write() as db:
            yield Act(db=db, actor=actor, now=self.clock(), house=self.house)

    async def accept(self, who: str = "lead-1") -> str:
        async with self.act(who) as act:
            return await visits.accept(act, self.scene.visit.id)

    async def upload(self, who: str, data: bytes, kind: str = "photo") -> str:
        digest = hashlib.sha256(data).hexdigest()
        upload = Upload(visit_id=self.scene.visit.id, digest=digest, kind=kind)
        async with self.act(who) as act:
            expected = await evidence.expect(act, upload)
        if isinstance(expected, Stamp):
            developed = await evidence.develop(self.house, upload, data, expected)
            async with self.act(who) as act:
                await evidence.keep(act, upload, developed)
        return digest

    async def filled(self, who: str, **changes: Any) -> dict[str, Any]:
        """A good manifest of this inspector's department, its files uploaded."""
        code, _, number = who.partition("-")
        photo = await self.upload(who, photo_bytes(who))
        ink = await self.upload(who, signature_bytes(int(number)), "signature")
        item = self.scene.items[code].id
        answers = [
            {"task_item_id": item, "question_id": one, "value": "yes", "photos": [photo] if one == "matter" else []}
            for one in ("licence", "matter", "records", "earlier")
        ]
        owner = {"kind": "signed", "name": "演示店主", "digest": ink} if code == "lead" else None
        return {
            "submission_id": str(uuid4()),
            "answers": answers,
            "photos": [photo],
            "results": ["none"],
            "measures": ["nothing"],
            "owner_signature": owner,
            "inspector_signatures": [{"staff_no": who.upper(), "digest": ink}],
            **changes,
        }

    async def submit(self, who: str, manifest: dict[str, Any] | None = None) -> Receipt:
        manifest = manifest or await self.filled(who)
        async with self.act(who) as act:
            return await submissions.submit(act, self.scene.visit.id, Manifest.model_validate(manifest))

    async def confirm(self, who: str = "lead-1") -> str:
        async with self.act(who) as act:
            return await submissions.confirm(act, self.scene.visit.id, "各部门均已完成检查。")

    async def confirmed(self) -> None:
        await self.accept()
        await self.submit("lead-1")
        await self.submit("partner-1")
        await self.confirm()

    async def approve(self, code: str) -> str:
        async with self.act(f"{code}-approver") as act:
            return await approvals.approve(act, self.scene.parts[code].id)

    async def told(self, kind: str) -> list[str]:
        """The userids that were told something of this kind, in order."""
        async with self.act(SYSTEM) as act:
            query = select(Outbox.recipient).where(Outbox.kind == kind).order_by(Outbox.recipient)
            return list(await act.db.scalars(query))

    async def row(self, table: Any, row_id: str) -> Any:
        async with self.database.read() as db:
            found = await db.get_one(table, row_id)
            db.expunge_all()
            return found


def photo_bytes(mark: str) -> bytes:
    """A small JPEG, another for each mark."""
    shade = hashlib.sha256(mark.encode()).digest()
    image = Image.new("RGB", (96, 64), tuple(shade[:3]))
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", comment=mark)
    return encoded.getvalue()


def signature_bytes(number: int = 1) -> bytes:
    """A stroke on white glass."""
    image = Image.new("RGB", (300, 120), "white")
    ImageDraw.Draw(image).line((20, 100, 140, 20, 280, 90 - number), fill="black", width=4)
    encoded = io.BytesIO()
    image.save(encoded, "PNG")
    return encoded.getvalue()
