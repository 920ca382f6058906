"""The processes of `suicha bench photos`: the server with its lab, and the phones that all send at once.

python -m benchmarks.photos_play server URL FOLDER     -> its address ; ends with its parent
python -m benchmarks.photos_play rush BASE PHOTO EACH  -> {"kept", "seconds", "slowest"} ; reads {"tokens", "visits"}
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
import time
from base64 import b64encode
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from app.fonts import FONT_NAME, find_font
from app.ground import REPOSITORY
from benchmarks.messages_play import now
from handlers import phone, uploads
from handlers.edge import SESSION_COOKIE, Edge, install
from inspection.workdays import official_calendar
from models.base import KEYS
from models.blobs import LocalBlobs
from models.database import Database
from models.spool import Spool
from services.act import House, Rules
from services.field.photo_lab import PhotoLab

PIECE_BYTES = 1 << 20  # as the phone's page sends (web/src/phone/tus.ts)
PIECE = "application/offset+octet-stream"


async def server(url: str, folder: str) -> None:
    """Serve phones as the product does, until the parent closes our input."""
    database = Database(url)
    font = find_font([REPOSITORY / "var" / "fonts" / FONT_NAME])
    house = House(
        office_name="演示", lead_code="YS", origin="http://127.0.0.1", blobs=LocalBlobs(Path(folder, "files")),
        spool=Spool(Path(folder, "arriving")), calendar=official_calendar(), rules=Rules(), link_key=bytes(32),
        photo_lab=PhotoLab(font), font=font,
    )  # fmt: skip
    app = web.Application()
    install(app, Edge(database=database, house=house, clock=now), phone.routes, uploads.routes)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()
    await house.photo_lab.close()
    await database.close()


async def rush(base: str, photo: bytes, each: int) -> None:
    """Let every phone send its photos, all phones at once; each photo is another file."""
    given: dict[str, Any] = json.loads(sys.stdin.readline())
    took: list[float] = []
    kept = 0
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(base, connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as http:

        async def one(token: str, visit: str) -> None:
            nonlocal kept
            for number in range(each):
                began = time.perf_counter()
                # Bytes behind the picture, as phones append them: another file, the same work.
                whole = await _send(http, token, visit, photo + f"{visit}/{number}".encode())
                kept += whole
                took.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*(one(token, of[0]) for token, of in zip(given["tokens"], given["visits"], strict=True)))
        seconds = round(time.perf_counter() - began, 1)
    print(json.dumps({"kept": kept, "seconds": seconds, "slowest": round(max(took), 1)}), flush=True)


async def _send(http: aiohttp.ClientSession, token: str, visit: str, data: bytes) -> bool:
    """Send one file as the phone's page does; tell whether it was kept without asking twice."""
    digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
    said = ",".join(
        f"{name} {b64encode(word.encode()).decode()}" for name, word in (("kind", "photo"), ("digest", digest))
    )
    headers = {"Cookie": f"{SESSION_COOKIE}={token}", "Tus-Resumable": "1.0.0"}
    begin = {"Upload-Length": str(len(data)), "Upload-Metadata": said}
    async with http.post(f"/api/phone/visits/{visit}/uploads", headers=headers | begin) as answer:
        if answer.status != web.HTTPCreated.status_code:
            return False
        where = answer.headers["Location"]
    for at in range(0, len(data), PIECE_BYTES):
        piece = {"Upload-Offset": str(at), "Content-Type": PIECE}
        body = memoryview(data)[at : at + PIECE_BYTES]
        async with http.patch(where, headers=headers | piece, data=_pieces(body)) as answer:
            if answer.status != web.HTTPNoContent.status_code:
                return False
    return True


async def _pieces(body: memoryview) -> Any:
    for at in range(0, len(body), 1 << 16):
        yield bytes(body[at : at + (1 << 16)])


if __name__ == "__main__":
    KEYS.load({"1": bytes(32)}, "1")
    what, *words = sys.argv[1:]
    if what == "server":
        asyncio.run(server(words[0], words[1]))
    else:
        asyncio.run(rush(words[0], Path(words[1]).read_bytes(), int(words[2])))
