"""The draw's life over real HTTP, as two coordinators and an observer live it (D1-D8, L2; reliability test 3)."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from app import verify
from handlers.edge import EDGE
from models.people import AuditEntry
from models.results import Outbox
from models.tasks import Draw, Visit
from services.drawing import draws
from tests.api.conftest import Building, answer, ok
from tests.office import COORDINATOR, DICE, HOTEL_SCOPE, OBSERVER, PUBLIC, SECOND, VALUES

SOURCES = {"sources": [{"name": one.name, "kind": one.kind.value, "note": one.note} for one in (PUBLIC, DICE)]}


async def make_task(house: Building, coordinator: aiohttp.ClientSession, **changes: Any) -> str:
    """Make a task of the hotels; gives the path below which all its acts lie."""
    body = {"plan_entry_id": await house.office.entry_id(), "keywords": list(HOTEL_SCOPE.keywords), **changes}
    made = await ok(coordinator, "POST", "/api/console/tasks", json=body)
    return f"/api/console/tasks/{made['id']}"


async def refused(browser: aiohttp.ClientSession, path: str, body: Any, *, status: int = 409) -> dict[str, Any]:
    found, problem = await answer(browser, "POST", path, json=body)
    assert (found, problem["status"]) == (status, status), problem
    return problem


async def test_the_whole_life(house: Building, tmp_path: Path) -> None:
    """D1-D8: each step in its order by its person; each wrong one refused; the bundle passes the checker."""
    first, second = await house.as_member(COORDINATOR), await house.as_member(SECOND)
    observer = await house.as_member(OBSERVER)
    task = await make_task(house, first)
    assert (await ok(first, "GET", task))["can"] == can(prepare=True)
    await refused(second, f"{task}/freeze", SOURCES)

    await ok(first, "POST", f"{task}/prepare", json={})
    assert (await ok(first, "GET", task))["can"] == can()
    assert (await ok(second, "GET", task))["can"] == can(freeze=True)
    await refused(first, f"{task}/freeze", SOURCES)  # 2.3.5: two people

    frozen = await ok(second, "POST", f"{task}/freeze", json=SOURCES)
    await refused(second, f"{task}/freeze", SOURCES)
    shown = await ok(observer, "GET", task)
    assert shown["draw"]["fingerprint"] == frozen["fingerprint"]
    assert [(one["kind"], one["entered"], one["value"]) for one in shown["draw"]["sources"]] == [
        ("system", False, None),  # committed to, not told
        ("dice", False, None),
        ("public", False, None),
    ]
    assert shown["can"] == can(enter=[DICE.name])

    await refused(first, f"{task}/draw", {})  # D2: no value is in
    await refused(observer, f"{task}/seed", {"source": PUBLIC.name, "value": VALUES[PUBLIC.name]})
    for name in (DICE.name, PUBLIC.name):
        await ok(observer, "POST", f"{task}/seed", json={"source": name, "value": VALUES[name]})
        await refused(observer, f"{task}/seed", {"source": name, "value": "66666"})

    drawn = await ok(first, "POST", f"{task}/draw", json={})
    await refused(second, f"{task}/draw", {})
    shown = await ok(observer, "GET", task)
    assert shown["status"] == "drawn"
    assert len(shown["visits"]) == drawn["drawn"] == drawn["groups"]
    assert all(one["entered"] and one["value"] for one in shown["draw"]["sources"])
    (tmp_path / "bundle.zip").write_bytes((await answer(observer, "GET", shown["draw"]["bundle_url"]))[1])
    assert verify.main([str(tmp_path / "bundle.zip")]) == 0


def can(**changes: Any) -> dict[str, Any]:
    return {"prepare": False, "freeze": False, "enter": [], "draw": False, "publish": False, **changes}


async def seeded(house: Building) -> tuple[str, aiohttp.ClientSession]:
    """A task that only waits to be drawn."""
    task_id = await house.office.seeded()
    return f"/api/console/tasks/{task_id}", await house.as_member(COORDINATOR)


async def test_64_who_press_at_once(each_house: Building) -> None:
    """D2: one draws, 63 are told that it is done; visits, messages and audit rows of one draw; the bundle stands."""
    task, browser = await seeded(each_house)
    answers = await asyncio.gather(*(answer(browser, "POST", f"{task}/draw", json={}) for _ in range(64)))
    assert Counter(status for status, _ in answers) == {200: 1, 409: 63}
    office = each_house.office
    (draw,) = await office.all(select(Draw))
    visits = await office.count(Visit)
    assert visits == draw.counts["drawn"] > 0
    assert await office.count(Outbox) == visits * 7  # six members and the owner
    assert len(set(await office.all(select(Outbox.dedupe_key)))) == visits * 7
    assert await office.count(AuditEntry, AuditEntry.act == "draw") == 1


async def test_how_far_a_draw_is_can_be_asked_while_it_runs(house: Building, monkeypatch: pytest.MonkeyPatch) -> None:
    """D2, Q1: the steps of the act that runs, nothing before and nothing after, also of a refusal."""
    task, browser = await seeded(house)
    seen: list[list[str]] = []
    matching = draws.lowers.match_below

    def slow(*given: Any) -> Any:
        running = house.app[EDGE].drawing[task.rpartition("/")[2]]
        seen.append([step["state"] for step in running.shown()])
        return matching(*given)

    monkeypatch.setattr(draws.lowers, "match_below", slow)
    assert await ok(browser, "GET", f"{task}/progress") == {"steps": []}
    await ok(browser, "POST", f"{task}/draw", json={})
    assert seen == [["done", "done", "now", "waiting"]]
    await refused(browser, f"{task}/draw", {})
    assert await ok(browser, "GET", f"{task}/progress") == {"steps": []}
    assert (await answer(browser, "GET", "/api/console/tasks/nothing/progress"))[0] == 404


async def test_what_pushes_wakes_the_sender_after_the_commit(house: Building) -> None:
    """F3: the draw's commit wakes the sender, a refused one and a reader do not."""
    wake = house.parts.wake_sender
    task, browser = await seeded(house)
    wake.clear()
    await ok(browser, "GET", task)
    await refused(browser, f"{task}/seed", {"source": DICE.name, "value": "1"})
    assert not wake.is_set()
    await ok(browser, "POST", f"{task}/draw", json={})
    assert wake.is_set()


async def test_the_unannounced_stays_unannounced(house: Building) -> None:
    """F2: over the API as well: no message to an owner, and an owner who guesses the code learns nothing."""
    browser = await house.as_member(COORDINATOR)
    task = await make_task(house, browser, announced=False)
    await ok(browser, "POST", f"{task}/prepare", json={})
    await ok(await house.as_member(SECOND), "POST", f"{task}/freeze", json={"sources": SOURCES["sources"][1:]})
    await ok(browser, "POST", f"{task}/seed", json={"source": DICE.name, "value": VALUES[DICE.name]})
    await ok(browser, "POST", f"{task}/draw", json={})
    messages = await ok(browser, "GET", "/api/console/messages")
    assert {one["channel"] for one in messages["rows"]} == {"wecom"}
    code = (await house.office.all(select(Visit.notice_code)))[0]
    owner = await house.as_owner()
    assert (await answer(owner, "POST", "/api/owner/bind", json={"notice_code": code}))[0] == 404
    assert await ok(owner, "GET", "/api/owner/notices") == {"notices": []}


@pytest.mark.parametrize(
    "sources",
    [
        [],
        [{"name": "server", "kind": "dice", "note": ""}],
        [{"name": "甲", "kind": "system", "note": ""}],
        [{"name": "甲", "kind": "coin", "note": ""}],
        [{"name": "甲", "kind": "public", "note": " "}],
        [{"name": "甲=乙", "kind": "dice", "note": ""}],
        [{"name": "甲", "kind": "dice"}, {"name": "甲", "kind": "dice"}],
        [{"name": " ", "kind": "dice"}],
    ],
)
async def test_sources_that_decide_nothing_are_refused(house: Building, sources: list[dict[str, str]]) -> None:
    """D2: what is announced is one clear source each, with its rule; and the refusal takes no number."""
    path = f"/api/console/tasks/{await house.office.prepared()}/freeze"
    second = await house.as_member(SECOND)
    await refused(second, path, {"sources": sources}, status=422)
    assert (await ok(second, "POST", path, json=SOURCES))["number"] == "JB-2026-0001"


async def test_the_bundle_and_the_secret_are_kept(house: Building) -> None:
    """D4: inspectors and approvers get no bundle; a draw that nobody made is not found."""
    _, draw = await house.office.drawn()
    url = f"/api/console/draws/{draw.number}/bundle"
    for userid in ("health01", "health13"):
        assert (await answer(await house.as_member(userid), "GET", url))[0] == 403
    observer = await house.as_member(OBSERVER)
    assert (await answer(observer, "GET", "/api/console/draws/JB-2026-9999/bundle"))[0] == 404
    async with observer.get(url) as response:
        assert response.content_type == "application/zip"
        assert f"suicha-draw-{draw.number}.zip" in response.headers["Content-Disposition"]
