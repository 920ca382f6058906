"""A crowd of phones that send files: whoever wants something else finds the database free."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from handlers.edge import AT_ONCE, EDGE
from handlers.uploads import routes
from models.bulk import THREADS, in_bulk
from models.database import Database
from tests.api.public_server import Http, http_of
from tests.api.tus import Phone
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of, photo_bytes

CROWD = 30


@pytest_asyncio.fixture
async def http(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Http]:
    play = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await play.accept()
    async with http_of(play) as found:
        yield found


async def test_others_do_not_stand_behind_a_crowd_of_files(http: Http) -> None:
    """Issue 7, speed: while no upload gets its turn, a visit is read and accepted at once; then every file is kept."""
    turns = http.app[EDGE].turns
    phone, files = Phone(http, "lead-1"), [photo_bytes(f"crowd {number}") for number in range(CROWD)]
    visit = f"/api/phone/visits/{http.play.scene.visit.id}"
    for _ in range(AT_ONCE):
        await turns.acquire()
    assert (await phone.ask("GET", visit))[0] == 200
    sending = asyncio.gather(*(phone.begin(data) for data in files))
    while True:
        await asyncio.sleep(0)
        if len(turns._waiters or ()) == CROWD:
            break
    assert (await phone.ask("GET", visit))[0] == 200
    assert (await phone.ask("POST", f"{visit}/accept", b"{}"))[0] == 200
    assert not sending.done()
    for _ in range(AT_ONCE):
        turns.release()
    begun = await sending
    assert {status for status, _, _ in begun} == {201}
    sent = await asyncio.gather(*(phone.patch(at, 0, data) for (_, _, at), data in zip(begun, files, strict=True)))
    assert {status for status, _, _ in sent} == {204}
    assert turns._value == AT_ONCE, "every turn was given back"


def test_every_door_for_pieces_takes_turns() -> None:
    """Issue 7, speed: no route of the protocol is left out."""
    assert all(route.crowd for route in routes.found)


async def test_bulk_never_takes_the_threads_that_everybody_shares() -> None:
    """Issue 7, speed: with all bulk threads taken, a small wait is served."""
    loop, taken, free = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def hold() -> None:
        loop.call_soon_threadsafe(taken.set)
        free.wait()

    held = [asyncio.create_task(in_bulk(hold)) for _ in range(3 * THREADS)]
    await taken.wait()
    try:
        assert await asyncio.to_thread(lambda: "served") == "served"
        assert not any(one.done() for one in held)
    finally:
        free.set()
    await asyncio.gather(*held)
