"""A phone with a bad line: speaks tus, is cut where it is told to, and counts every byte it sent."""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from handlers.edge import SESSION_COOKIE
from tests.api.public_server import Http

UNDER_WAY = 16_384  # bytes that are on the line when it is lost
PIECE = "application/offset+octet-stream"


def said(**words: str) -> str:
    """Upload-Metadata."""
    return ",".join(f"{name} {b64encode(word.encode()).decode()}" for name, word in words.items())


@dataclass
class Phone:
    """One member's phone; `sent` counts the bytes of bodies that left it."""

    http: Http
    who: str
    sent: int = 0
    token: str = field(default="")

    async def begin(self, data: bytes, kind: str = "photo", digest: str = "", **headers: str) -> tuple[int, Any, str]:
        """POST: status, JSON, and where the upload lies."""
        digest = digest or hashlib.sha256(data).hexdigest()
        told = {"Upload-Length": str(len(data)), "Upload-Metadata": said(kind=kind, digest=digest)}
        status, body, answered = await self.ask("POST", self.door, **(told | headers))
        return status, body, answered.get("Location", "")

    @property
    def door(self) -> str:
        return f"/api/phone/visits/{self.http.play.scene.visit.id}/uploads"

    async def ask(self, method: str, path: str, data: bytes | None = None, **headers: str) -> tuple[int, Any, Any]:
        """One request as the protocol wants it."""
        self.token = self.token or await self.http.token(self.who)
        cookie = {"Cookie": f"{SESSION_COOKIE}={self.token}"}
        headers = {"Tus-Resumable": "1.0.0", **cookie, **headers}
        return await self.http.call(
            method, path, headers={k: v for k, v in headers.items() if v}, data=BytesIO(data or b"")
        )

    async def patch(self, where: str, offset: int, data: bytes, **headers: str) -> tuple[int, Any, Any]:
        self.sent += len(data)
        return await self.ask("PATCH", where, data, **{"Upload-Offset": str(offset), "Content-Type": PIECE, **headers})

    async def offset(self, where: str) -> int:
        """HEAD, until nobody else holds the file; -1 where there is none."""
        while True:
            status, _, headers = await self.ask("HEAD", where)
            if status != 423:
                return int(headers["Upload-Offset"]) if status == 200 else -1
            await asyncio.sleep(0.01)

    async def patch_and_lose_the_line(self, where: str, offset: int, data: bytes, after: int, **headers: str) -> None:
        """Begin to send all of `data`, and lose the line after so many bytes of it, the last ones still under way."""
        server = self.http.server
        _, writer = await asyncio.open_connection(server.host, server.port)
        lines = {
            "Host": f"{server.host}:{server.port}",
            "Cookie": f"{SESSION_COOKIE}={self.token}",
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": str(offset),
            "Content-Type": PIECE,
            "Content-Length": str(len(data)),
            **headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"PATCH {where} HTTP/1.1\r\n{head}\r\n".encode() + data[:after])
        self.sent += after
        await writer.drain()
        while await self._arrived(where) < offset + max(1, after - UNDER_WAY):  # noqa: ASYNC110 a file tells nobody
            await asyncio.sleep(0.002)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _arrived(self, where: str) -> int:
        path = self.http.play.house.spool._root / where.rsplit("/", 1)[1]
        return (await asyncio.to_thread(path.stat)).st_size
