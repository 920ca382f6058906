"""Who comes in, and who does not: OAuth states, sessions, leavers, owners (ASVS 7, 10; reliability test 19)."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter

import aiohttp
import pytest
from sqlalchemy import delete, select
from yarl import URL

from bot.sandbox import Member as SandboxMember
from handlers.auth import BROWSER_COOKIE
from handlers.edge import SESSION_COOKIE
from inspection.actors import SYSTEM
from models.people import Grant, Member, OauthState, SignIn
from tests.api.conftest import LIAISON, OUTSIDER, Building, answer, building, ok
from tests.conftest import Clock
from tests.office import COORDINATOR
from tests.tables import new_sqlite

INSPECTOR = "health01"


async def callback_of(house: Building, browser: aiohttp.ClientSession, userid: str = INSPECTOR) -> URL:
    """Begin a sign-in and go through WeCom, up to the address that leads back to us."""
    await house.hold_phone(browser, userid)
    async with browser.get("/auth/wecom", params={"next": "/api/me"}, allow_redirects=False) as response:
        assert response.status == 302
        authorize = response.headers["Location"]
    async with browser.get(authorize, allow_redirects=False) as response:
        assert response.status == 302, await response.text()
        return URL(response.headers["Location"])


async def come_back(browser: aiohttp.ClientSession, address: URL) -> tuple[int, bool]:
    """Use the address; the status, and whether a session was given."""
    async with browser.get(address, allow_redirects=False) as response:
        return response.status, SESSION_COOKIE in response.cookies


async def test_a_member_comes_in_by_the_real_redirects(house: Building) -> None:
    """2.6: department, roles and the office's own words; the database keeps only the token's digest."""
    browser = await house.as_member(INSPECTOR)
    me = await ok(browser, "GET", "/api/me")
    assert me["roles"] == ["inspector"]
    assert me["department"]["code"] == "health"
    cookie = browser.cookie_jar.filter_cookies(URL(house.url))[SESSION_COOKIE].value
    assert await house.office.all(select(SignIn.token_hash)) == [hashlib.sha256(cookie.encode()).hexdigest()]


async def test_a_state_works_once(house: Building) -> None:
    """10.2.1: the same way back a second time is refused, and gives no session."""
    browser = house.browser()
    back = await callback_of(house, browser)
    assert await come_back(browser, back) == (302, True)
    assert await come_back(browser, back) == (422, False)
    assert await house.office.count(OauthState) == 0


async def test_a_guessed_state_is_refused(house: Building) -> None:
    """10.2.1: also with the right browser and a good code."""
    browser = house.browser()
    back = await callback_of(house, browser)
    for state in ("0" * 64, "", "%"):
        assert await come_back(browser, back.update_query(state=state)) == (422, False)
    assert await house.office.count(SignIn) == 0


async def test_another_browsers_state_is_refused(house: Building) -> None:
    """10.2.1: a link prepared by somebody else signs nobody in, whether he began a sign-in himself or not."""
    victim = house.browser()
    back = await callback_of(house, victim)
    stranger, busy = house.browser(), house.browser()
    await callback_of(house, busy)
    assert await come_back(stranger, back) == (422, False)
    assert await come_back(busy, back) == (422, False)
    assert await house.office.count(SignIn) == 0


async def test_a_state_lives_ten_minutes(house: Building, clock: Clock) -> None:
    """10.2.1: what was begun in the morning does not end at noon."""
    browser = house.browser()
    back = await callback_of(house, browser)
    clock.advance(minutes=11)
    assert await come_back(browser, back) == (422, False)


async def test_of_64_who_use_a_state_at_once_one_comes_in(each_house: Building) -> None:
    """10.2.1, reliability 19: exactly one session."""
    browser = each_house.browser()
    back = await callback_of(each_house, browser)
    cookie = browser.cookie_jar.filter_cookies(URL(each_house.url))[BROWSER_COOKIE].value
    same = each_house.browser(Cookie=f"{BROWSER_COOKIE}={cookie}")
    results = await asyncio.gather(*(come_back(same, back) for _ in range(64)))
    assert Counter(results) == {(302, True): 1, (422, False): 63}
    assert await each_house.office.count(SignIn) == 1


@pytest.mark.parametrize(
    "there",
    ["//evil.example", "/\t/evil.example", "/\n/evil.example", "/\\evil.example", "https://evil.example", "evil", ""],
)
async def test_next_is_a_page_of_ours(house: Building, there: str) -> None:
    """10.2: nobody is sent to another site after signing in, however it is written."""
    status, body = await answer(house.browser(), "GET", URL("/auth/wecom").with_query(next=there))
    assert (status, body["code"]) == (422, "invalid-input")
    assert await house.office.count(OauthState) == 0


async def test_strangers_get_no_session(house: Building) -> None:
    """7.2: neither an outsider nor a member of the corp whom the office does not know."""
    house.sandbox.state.contacts.add(SandboxMember(userid="newcomer", name="演示新人"), quiet=True)
    for userid, status in ((OUTSIDER, 401), ("newcomer", 403)):
        browser = house.browser()
        assert await come_back(browser, await callback_of(house, browser, userid)) == (status, False)
    assert await house.office.count(SignIn) == 0


async def test_a_leaver_is_out_at_once(house: Building) -> None:
    """7.4.2: the session that was open dies with the membership, and no new one is given."""
    browser = await house.as_member(INSPECTOR)
    await house.office.change(Member, Member.userid == INSPECTOR, active=False)
    assert (await answer(browser, "GET", "/api/me"))[0] == 401
    assert (await answer(browser, "GET", "/api/phone/visits"))[0] == 401
    again = house.browser()
    assert await come_back(again, await callback_of(house, again)) == (403, False)


async def test_a_role_taken_away_acts_at_once(house: Building) -> None:
    """7.4, 8.3: the next request already knows; the session itself goes on."""
    browser = await house.as_member(COORDINATOR)
    await ok(browser, "GET", "/api/console/imports")
    async with house.office.act(SYSTEM) as act:
        await act.db.execute(delete(Grant).where(Grant.role == "coordinator"))
    assert (await answer(browser, "GET", "/api/console/imports"))[0] == 403
    assert (await ok(browser, "GET", "/api/me"))["roles"] == []


async def test_signing_out_ends_the_session(house: Building) -> None:
    """7.4.1: also for whoever kept the cookie."""
    browser = await house.as_member(INSPECTOR)
    cookie = browser.cookie_jar.filter_cookies(URL(house.url))[SESSION_COOKIE].value
    await ok(browser, "POST", "/api/auth/logout")
    assert (await answer(browser, "GET", "/api/me"))[0] == 401
    assert (await answer(house.browser(Cookie=f"{SESSION_COOKIE}={cookie}"), "GET", "/api/me"))[0] == 401


async def test_a_session_ends_after_half_a_day(house: Building, clock: Clock) -> None:
    """7.3.2: twelve hours, whatever was done meanwhile."""
    browser = await house.as_member(INSPECTOR)
    clock.advance(hours=11, minutes=59)
    await ok(browser, "GET", "/api/me")
    clock.advance(minutes=2)
    assert (await answer(browser, "GET", "/api/me"))[0] == 401


async def test_a_planted_session_is_not_taken_over(house: Building) -> None:
    """7.2.4: a cookie set before the sign-in is replaced by a new token and opens nothing."""
    browser = house.browser()
    browser.cookie_jar.update_cookies({SESSION_COOKIE: "f" * 64}, URL(house.url))
    assert await come_back(browser, await callback_of(house, browser)) == (302, True)
    cookie = browser.cookie_jar.filter_cookies(URL(house.url))[SESSION_COOKIE].value
    assert cookie != "f" * 64
    assert (await answer(house.browser(Cookie=f"{SESSION_COOKIE}={'f' * 64}"), "GET", "/api/me"))[0] == 401


async def test_every_cookie_is_out_of_a_scripts_reach(house: Building) -> None:
    """3.3: HttpOnly, SameSite=Lax, the whole path; the browser's own mark is gone afterwards."""
    browser = house.browser()
    async with browser.get("/auth/wecom", allow_redirects=False) as response:
        (begun,) = response.headers.getall("Set-Cookie")
    async with browser.get(await callback_of(house, browser), allow_redirects=False) as response:
        given = response.headers.getall("Set-Cookie")
    for header in (begun, *(one for one in given if "Max-Age=0" not in one)):
        words = {word.strip().lower() for word in header.split(";")}
        assert {"httponly", "samesite=lax", "path=/"} <= words
    assert any(one.startswith(BROWSER_COOKIE) and "Max-Age=0" in one for one in given)


async def test_over_https_cookies_are_secure(tmp_path, clock: Clock) -> None:
    """3.3.1: an office whose address is https never lends its cookies to plain http."""
    async with (
        building(new_sqlite(tmp_path / "house.db"), tmp_path, clock, scheme="https") as house,
        house.browser().get("/auth/wecom", allow_redirects=False) as response,
    ):
        assert "secure" in response.headers["Set-Cookie"].lower()
        assert "redirect_uri=https%3A%2F%2F" in response.headers["Location"]


async def test_an_owner_signs_in_by_the_mini_program(house: Building) -> None:
    """F1: the bearer opens the owner's own doors and no others; a code works once and is not guessed."""
    owner = await house.as_owner()
    assert await ok(owner, "GET", "/api/owner/notices") == {"notices": []}
    assert (await ok(owner, "GET", "/api/me"))["roles"] == ["owner"]
    for path in ("/api/phone/visits", "/api/console/tasks", "/api/console/audit"):
        assert (await answer(owner, "GET", path))[0] == 403
    status, body = await answer(house.browser(), "POST", "/api/owner/login", json={"js_code": "guessed"})
    assert status == 401, body
    assert await house.office.count(SignIn, SignIn.owner_id.is_not(None)) == 1


async def test_a_liaison_sees_his_departments_deadlines_and_no_visits(house: Building) -> None:
    """T4, F4: 联络员 by his post: the board that a reminder leads him to, the registers, no visits, no tasks."""
    browser = await house.as_member(LIAISON)
    assert (await ok(browser, "GET", "/api/me"))["roles"] == ["liaison"]
    assert [row["department"] for row in (await ok(browser, "GET", "/api/console/clock/board"))["departments"]]
    assert (await answer(browser, "GET", "/api/console/tasks"))[0] == 403
    assert (await answer(browser, "GET", "/api/phone/visits"))[0] == 403
    people = (await ok(browser, "GET", "/api/console/inspectors"))["rows"]
    assert {row["department"] for row in people} == {"市场监督管理局"}
