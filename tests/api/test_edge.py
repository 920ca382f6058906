"""The edge: every route against every role, the walls between departments, what comes in and goes out (T3, T4)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import delete, select

from handlers.edge import Call, Edge, Route, Routes, install
from inspection.actors import Role
from models.people import AuditEntry, Department, Grant, Member
from models.tasks import Part, Task, Visit
from tests.api.conftest import FIRST, LIAISON, Building, answer, ok
from tests.doors import ROUTES
from tests.office import ADMIN, COORDINATOR, HOTEL_SCOPE, OBSERVER

LAST = "/api/auth/logout"  # it ends the session that all others need
HOLDERS = {
    Role.COORDINATOR: COORDINATOR,
    Role.APPROVER: "health13",
    Role.INSPECTOR: "health01",
    Role.OBSERVER: OBSERVER,
    Role.ADMIN: ADMIN,
    Role.LIAISON: LIAISON,  # by his post
}
WORDS = {"size": "thumb", "file": "seed.json", "kind": "targets", "digest": "0" * 64, "table": "files"}
PLACE = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def path_of(route: Route) -> str:
    """The route's path with something in every place that is nothing of anybody's."""
    return PLACE.sub(lambda found: WORDS.get(found[1], "0" * 32), route.path)


async def walk(browser: aiohttp.ClientSession) -> dict[str, int]:
    """Knock at every door there is."""
    found = {}
    for route in sorted(ROUTES, key=lambda one: one.path == LAST):
        status, _ = await answer(browser, route.method, path_of(route), allow_redirects=False)
        found[f"{route.method} {route.path}"] = status
    return found


def expected(roles: frozenset[Role] | None) -> dict[str, int]:
    """What refuses whom: 401 for nobody (None), 403 for who lacks the role, 0 for who may come in."""
    refusals = {}
    for route in ROUTES:
        open_to = route.roles == "public" or (
            roles is not None and (route.roles == "signed-in" or bool(roles & frozenset(route.roles)))
        )
        refusals[f"{route.method} {route.path}"] = 0 if open_to else 401 if roles is None else 403
    return refusals


def refused(walked: dict[str, int]) -> dict[str, int]:
    return {door: status if status in {401, 403} else 0 for door, status in walked.items()}


async def test_every_route_against_every_role(house: Building) -> None:
    """T4: generated from the routes: nobody gets 401, the wrong role 403, and nothing at all breaks (no 5xx)."""
    assert len(ROUTES) > 40
    people = {role.value: (await house.as_member(userid), frozenset({role})) for role, userid in HOLDERS.items()}
    people["owner"] = (await house.as_owner(), frozenset({Role.OWNER}))
    people["no role"] = (await house.as_member("market12"), frozenset())
    async with house.office.database.write() as db:  # an expert whose last role was taken away
        await db.execute(delete(Grant).where(Grant.member_id.in_(select(Member.id).where(Member.userid == "market12"))))
    for name, (browser, roles) in people.items():
        walked = await walk(browser)
        assert refused(walked) == expected(roles), name
        assert not {door: status for door, status in walked.items() if status >= 500}, name
    assert refused(await walk(house.browser())) == expected(None)


async def test_a_refusal_comes_before_the_body_is_read(house: Building) -> None:
    """T4: who may not come in learns nothing of the fields, and cannot make us take in a large file."""
    inspector = await house.as_member("health01")
    assert (await answer(inspector, "POST", "/api/console/tasks", json={"nonsense": 1}))[0] == 403
    assert (await answer(house.browser(), "POST", "/api/console/tasks", json={"nonsense": 1}))[0] == 401
    assert (await answer(house.browser(), "POST", "/api/console/imports/targets", data=BytesIO(bytes(8 << 20))))[
        0
    ] == 401


# --- the walls between departments ---


async def test_another_departments_things_look_like_missing_ones(house: Building) -> None:
    """T3: task, visit and part of others: the very same answer as for an id that nobody has."""
    task_id, _ = await house.office.drawn()
    visit_id = (await house.office.all(select(Visit.id)))[0]
    part_id = (await house.office.all(select(Part.id)))[0]
    inspector, approver = await house.as_member("ecology01"), await house.as_member("ecology13")
    missing = "0" * 32
    doors = [
        (approver, "GET", "/api/console/tasks/{}", task_id),
        (inspector, "GET", "/api/phone/visits/{}", visit_id),
        (inspector, "POST", "/api/phone/visits/{}/accept", visit_id),
        (approver, "POST", "/api/console/parts/{}/approve", part_id),
        (approver, "POST", "/api/console/tasks/{}/publish", task_id),
    ]
    for browser, method, path, theirs in doors:
        seen = [
            await answer(browser, method, path.format(one), **({"json": {}} if method == "POST" else {}))
            for one in (theirs, missing)
        ]
        assert seen[0] == seen[1], path
        assert seen[0][0] == 404, path


async def test_lists_hold_nothing_of_another_department(house: Building) -> None:
    """T3: an approver's lists name his own department's tasks, inspectors and acts only."""
    await house.office.drawn()
    approver = await house.as_member("ecology13")
    assert (await ok(approver, "GET", "/api/console/tasks"))["rows"] == []
    assert (await ok(approver, "GET", "/api/console/approvals"))["rows"] == []
    inspectors = (await ok(approver, "GET", "/api/console/inspectors"))["rows"]
    assert {one["department"] for one in inspectors} == {"生态环境局"}
    assert {one["department"] for one in (await ok(approver, "GET", "/api/console/audit"))["rows"]} <= {"生态环境局"}


# --- what comes in ---


async def test_another_sites_page_acts_for_nobody(house: Building) -> None:
    """3.5 (CSRF): a foreign, a null and a look-alike origin are refused; our own, and no browser at all, pass."""
    browser = await house.as_member(COORDINATOR)
    entry = await house.office.entry_id()
    body = {"plan_entry_id": entry, "ratio": "0.2", "keywords": list(HOTEL_SCOPE.keywords)}
    for origin in ("https://evil.example", "null", f"{house.url}.evil.example", "http://127.0.0.1:1"):
        status, _ = await answer(browser, "POST", "/api/console/tasks", json=body, headers={"Origin": origin})
        assert status == 403, origin
    assert await house.office.count(Task) == 0
    await ok(browser, "POST", "/api/console/tasks", json=body, headers={"Origin": house.url})
    await ok(browser, "POST", "/api/console/tasks", json=body)
    assert await house.office.count(Task) == 2


async def pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size >> 16):
        yield b" " * (1 << 16)


async def test_a_large_body_is_refused(empty_house: Building) -> None:
    """5.2.1: with its length said, and without; the limit of files is the one in the settings (1 MB here)."""
    browser = await empty_house.as_member(FIRST)
    for path in ("/api/console/tasks", "/api/console/imports/targets"):
        for data in (BytesIO(bytes(1 << 21)), pieces(1 << 21)):
            status, body = await answer(browser, "POST", path, data=data)
            assert (status, body["code"]) == (413, "too-large")
            assert "1 MB" in body["title"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"\xff\xfe",
        b"{}",
        b'{"plan_entry_id": 7}',
        b'{"plan_entry_id": "x", "unknown": 1}',
        b'{"plan_entry_id": "x", "team_size": "many"}',
        b'{"plan_entry_id": "x", "starts_on": "tomorrow"}',
        b'{"plan_entry_id": "\\u0000"}',
    ],
)
async def test_a_malformed_body_is_told_in_chinese(house: Building, body: bytes) -> None:
    """R6.3: 422, which field, why, and what to do; no English sentence of a library's."""
    status, problem = await answer(await house.as_member(COORDINATOR), "POST", "/api/console/tasks", data=body)
    assert (status, problem["code"]) == (422, "invalid-input")
    why = problem["title"].split("：", 1)[1]
    assert CHINESE.search(why)
    assert not re.search(r"[a-z]{3,} [a-z]{3,}", why)
    assert problem["action"]


async def test_odd_queries_are_told_apart_from_defects(each_house: Building) -> None:
    """R6.3: numbers out of range or of thousands of digits, and NUL, are the caller's mistakes on both databases."""
    browser = await each_house.as_member(COORDINATOR)
    for query in ("page=0", "page=-1", "page=x", "page=" + "9" * 5000, "page=²", "q=%00", "region=%00"):
        status, body = await answer(browser, "GET", f"/api/console/targets?{query}")
        assert (status, body["code"]) == (422, "invalid-input"), query
    assert (await answer(browser, "GET", "/api/console/tasks/%00"))[0] == 422


async def test_search_words_are_no_patterns(house: Building) -> None:
    """B4: % and _ stand for themselves."""
    browser = await house.as_member(COORDINATOR)
    for word in ("%", "_", "'", "\\"):
        found = await ok(browser, "GET", "/api/console/targets", params={"q": word, "region": word})
        assert found["total"] == 0, word


# --- what goes out ---


@asynccontextmanager
async def served(house: Building, routes: Routes) -> AsyncIterator[aiohttp.ClientSession]:
    """Serve these routes by the edge on the house's database."""
    app = web.Application()
    install(app, Edge(database=house.parts.database, house=house.parts.house, clock=house.parts.clock), routes)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as browser:
        yield browser
    await runner.cleanup()


async def test_a_get_cannot_write(each_house: Building) -> None:
    """House rule: nothing changes by a GET, whatever its handler tries: the database refuses."""
    routes = Routes()

    @routes.get("/sneaky", roles="public")
    async def sneaky(call: Call) -> Any:
        call.act.db.add(Department(code="sneaky", name="不该存在的部门"))
        await call.act.db.flush()

    async with served(each_house, routes) as browser:
        assert (await answer(browser, "GET", "/sneaky"))[0] == 500
    assert await each_house.office.count(Department, Department.code == "sneaky") == 0


async def test_a_defect_tells_a_number_and_nothing_else(house: Building) -> None:
    """16.5.1: no trace, no message of ours or of a library's; what was written goes back."""
    routes = Routes()

    @routes.post("/broken", roles="public")
    async def broken(call: Call) -> Any:
        call.act.record("half-done", "nothing")
        raise RuntimeError("the secret of the house")

    async with served(house, routes) as browser:
        status, body = await answer(browser, "POST", "/broken")
    assert status == 500
    assert re.fullmatch(r"[0-9a-f]{8}", body["params"]["number"])
    assert body["params"]["number"] in body["action"]
    text = str(body)
    assert not any(word in text for word in ("secret", "RuntimeError", "Traceback", ".py"))
    assert await house.office.count(AuditEntry, AuditEntry.act == "half-done") == 0


def test_a_route_that_lets_nobody_in_stops_the_start() -> None:
    """House rule: roles are named at every door, and an empty set of them is a mistake, not a wall."""
    routes = Routes()
    with pytest.raises(ValueError, match="has no role"):
        routes.get("/x", roles=frozenset())
    with pytest.raises(TypeError):
        routes.get("/x")  # type: ignore[call-arg]
    assert routes.found == []


async def test_every_answer_carries_the_security_headers(house: Building) -> None:
    """3.4: pages, problems, redirects and what is not there; what belongs to a person is stored by no cache."""
    browser = await house.as_member(COORDINATOR)
    for path in ("/", "/public", "/console/", "/m/", "/api/me", "/api/console/tasks/x", "/healthz", "/nowhere"):
        async with browser.get(path, allow_redirects=False) as response:
            headers = response.headers
            assert headers["X-Content-Type-Options"] == "nosniff", path
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
            assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}, path
            assert not path.startswith("/api/") or headers["Cache-Control"] == "no-store", path


async def test_a_problem_has_its_form(house: Building) -> None:
    """RFC 9457: type, title, status, code, detail, and in Chinese what to do next."""
    browser = house.browser()
    async with browser.get("/api/me") as response:
        assert response.content_type == "application/problem+json"
        body = await response.json(content_type=None)
    assert (body["status"], body["code"], body["type"]) == (401, "not-signed-in", "urn:suicha:problem:not-signed-in")
    assert CHINESE.search(body["title"])
    assert CHINESE.search(body["action"])


async def test_a_person_who_loses_the_way_reads_a_page_and_a_program_a_problem(house: Building) -> None:
    """No bare English 404: a browser gets a page in Chinese with a way back, a program the same as problem details."""
    async with house.browser() as someone:
        page = await someone.get("/nowhere", headers={"Accept": "text/html"})
        program = await someone.get("/api/nowhere", headers={"Accept": "text/html"})
        wrong = await someone.post("/healthz", json={})
        stranger = await someone.get("/auth/wecom/callback?code=x&state=y", headers={"Accept": "text/html"})
        assert (page.status, page.content_type) == (404, "text/html")
        assert "没有这个页面" in await page.text()
        assert (program.status, program.content_type) == (404, "application/problem+json")
        assert (wrong.status, (await wrong.json())["code"]) == (405, "method")
        assert (stranger.status, stranger.content_type) == (422, "text/html")
