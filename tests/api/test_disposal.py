"""The office's doors to destruction, over HTTP, with a real archive that was taken out before (L1, L2)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from app import verify_archive
from handlers import archives, disposal, public_data, site_papers
from models.database import Database
from tests.api.archive_play import fetched
from tests.api.public_server import Http, http_of
from tests.conftest import Clock
from tests.integration.disposal_play import AFTER, filed, published, remove
from tests.integration.visits_play import Play, house_of
from tests.tables import new_sqlite

DOOR = "/api/console/disposal"


@pytest_asyncio.fixture
async def http(clock: Clock, tmp_path: Path) -> AsyncIterator[Http]:
    """A published visit of 2026; rows and rules on both databases: tests/integration/test_disposal.py."""
    database = Database(new_sqlite(tmp_path / "test.db"))
    play = await Play(database, house_of(tmp_path / "blobs"), clock).begin()
    await published(play)
    async with http_of(play, archives.routes, disposal.routes, public_data.routes, site_papers.routes) as found:
        yield found
    await database.close()


async def test_a_file_is_destroyed_and_what_was_taken_out_before_still_proves_itself(
    http: Http, tmp_path: Path
) -> None:
    """L1, L2, H6: due, proposed, refused to one, approved by another; pages say so, the copy outside verifies."""
    visit = http.play.scene.visit
    made = (await http.call("POST", f"/api/console/visits/{visit.id}/archive", "lead-approver", json={}))[1]
    status, data = await fetched(http, made["id"], "lead-approver")
    assert status == 200
    http.play.clock.now = AFTER
    for who in ("lead-approver", "lead-1"):
        assert (await http.call("GET", DOOR, who))[0] == 403
    page = (await http.call("GET", DOOR, "coordinator"))[1]
    [due] = page["due"]
    assert (due["number"], due["bar"], due["keep_until"]) == (visit.number, "", "2036-12-31")
    wish = {"subjects": [due["subject"]], "ground": "no-value", "appraisal": "逐卷鉴定，无继续保存价值。"}
    assert (await http.call("POST", DOOR, "coordinator", json={**wish, "appraisal": ""}))[0] == 422
    status, row, _ = await http.call("POST", DOOR, "coordinator", json=wish)
    assert (status, row["number"]) == (200, "销毁〔2037〕1号")
    one = f"{DOOR}/{row['id']}"
    status, told, _ = await http.call("POST", f"{one}/approve", "coordinator", json={})
    assert (status, "两人" in told["detail"]) == (409, True)
    assert (await http.call("POST", f"{one}/approve", "second", json={"note": "同意"}))[0] == 200
    assert (await http.call("POST", f"{one}/approve", "second", json={}))[0] == 409
    await remove(http.play)
    status, told, _ = await http.call("GET", f"/api/console/archives/{made['id']}/zip", "lead-approver")
    assert (status, row["number"] in told["detail"]) == (410, True)
    for path in (f"/public/results/{visit.number}-lead", f"/public/tasks/{http.play.scene.task.number}"):
        status, text, _ = await http.call("GET", path)
        assert (status, "按规定销毁" in text) == (200, path.startswith("/public/results"))
    seen = (await http.call("GET", f"/api/phone/visits/{visit.id}", "lead-1"))[1]
    assert (seen["destroyed"]["number"], seen["evidence"]) == (row["number"], [])
    for paper in ("record.pdf", "record.docx", "receipt.pdf"):  # never printed from emptied rows
        status, told, _ = await http.call("GET", f"/api/phone/visits/{visit.id}/{paper}", "lead-1")
        assert (status, row["number"] in told["detail"]) == (410, True)
    kept = (await http.call("GET", one, "second"))[1]
    assert (kept["status"], kept["decided_note"]) == ("done", "同意")
    assert kept["items"][0]["archives"][0]["digest"] == made["digest"]
    for table, word in (("register", "销毁〔2037〕1号"), ("files", made["digest"])):
        async with http.session.get(
            http.url(f"{one}/{table}.xlsx"), headers={"Cookie": f"suicha_session={await http.token('second')}"}
        ) as answer:
            assert answer.status == 200
            with zipfile.ZipFile(io.BytesIO(await answer.read())) as book:
                assert word in b"".join(book.read(name) for name in book.namelist()).decode()
    path = tmp_path / "before.zip"
    path.write_bytes(data)
    assert verify_archive.check(path).findings == []


async def test_holds_over_http(http: Http) -> None:
    """L1: a lawsuit keeps a file; lifted with a reason, once; what is not filed cannot be held."""
    visit = http.play.scene.visit
    wish = {"subject": f"visit:{visit.id}", "ground": "lawsuit", "reason": "一审未结"}
    door = f"{DOOR}-holds"
    assert (await http.call("POST", door, "coordinator", json=wish))[0] == 404  # nothing is filed yet
    await filed(http.play)
    assert (await http.call("POST", door, "coordinator", json={**wish, "ground": "mood"}))[0] == 422
    assert (await http.call("POST", door, "lead-approver", json=wish))[0] == 403
    status, held, _ = await http.call("POST", door, "coordinator", json=wish)
    assert status == 200
    http.play.clock.now = AFTER
    page = (await http.call("GET", DOOR, "coordinator"))[1]
    assert [one["bar"] for one in page["due"]] == ["已暂缓销毁：诉讼、行政复议或仲裁未结。"]
    assert [one["reason"] for one in page["holds"]] == ["一审未结"]
    lift = f"{door}/{held['id']}/lift"
    assert (await http.call("POST", lift, "second", json={"note": "判决生效"}))[0] == 200
    assert (await http.call("POST", lift, "second", json={"note": "判决生效"}))[0] == 409
    page = (await http.call("GET", DOOR, "coordinator"))[1]
    assert ([one["bar"] for one in page["due"]], page["holds"]) == ([""], [])
