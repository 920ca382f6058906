"""A drand of the test's own: rounds on a timetable, each with a signature and its SHA-256, and whatever else may come.

Drand(clock) -> open_drand -> GET /public/ROUND -> {"round", "randomness", "signature"}; 425 before the round is out
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from aiohttp import web
from py_ecc.bls.hash_to_curve import hash_to_G1
from py_ecc.bls.point_compression import compress_G1, compress_G2
from py_ecc.optimized_bls12_381 import G2, multiply

from inspection.draw.beacon import Beacon
from inspection.draw.drand import SUITE
from tests.conftest import Clock

GENESIS, PERIOD = int(datetime.fromisoformat("2026-01-01T00:00:00+08:00").timestamp()), 30
TOO_EARLY = 425


def page_of(number: int) -> dict[str, object]:
    """A round as drand gives it."""
    signature = sha256(f"signature {number}".encode()).digest() * 2
    return {"round": number, "randomness": sha256(signature).hexdigest(), "signature": signature.hex()}


def signed_page(number: int, secret: int) -> dict[str, object]:
    """A round that a chain with this secret really signs."""
    message = hash_to_G1(sha256(number.to_bytes(8, "big")).digest(), SUITE, sha256)
    signature = compress_G1(multiply(message, secret)).to_bytes(48, "big")
    return {"round": number, "randomness": sha256(signature).hexdigest(), "signature": signature.hex()}


def public_key(secret: int) -> str:
    """The key that a chain with this secret publishes."""
    return "".join(half.to_bytes(48, "big").hex() for half in compress_G2(multiply(G2, secret)))


@dataclass
class Drand:
    """A running beacon; `answers` says what comes instead of the truth: a page, bytes, a status, or a wait."""

    clock: Clock
    url: str = ""
    answer: dict[str, object] | bytes | int | float | None = None
    asked: list[int] = field(default_factory=list)

    def beacon(self) -> Beacon:
        """The beacon as an office's settings name it."""
        return Beacon(
            name="drand",
            url=f"{self.url}/public/{{round}}",
            value_at="randomness",
            round_at="round",
            genesis=GENESIS,
            period=PERIOD,
            after_minutes=15,
        )

    async def serve(self, request: web.Request) -> web.StreamResponse:
        number = int(request.match_info["round"])
        self.asked.append(number)
        if isinstance(self.answer, float):
            await asyncio.sleep(self.answer)
        if isinstance(self.answer, bytes):
            return web.Response(body=self.answer)
        if isinstance(self.answer, int):
            return web.Response(status=self.answer)
        if self.clock().timestamp() < GENESIS + (number - 1) * PERIOD:
            return web.Response(status=TOO_EARLY)
        return web.json_response(self.answer if isinstance(self.answer, dict) else page_of(number))


@asynccontextmanager
async def open_drand(clock: Clock) -> AsyncIterator[Drand]:
    """Open a beacon's door on a free port."""
    found = Drand(clock=clock)
    app = web.Application()
    app.router.add_get("/public/{round}", found.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()
