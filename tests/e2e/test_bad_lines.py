"""Bad lines and a full phone, in real Chromium: each request lost on its way there and on its way back, and no room."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from playwright.async_api import BrowserContext, CDPSession, Page, Route, expect

from app.tour.story import VisitPlan
from tests.e2e.backstage import Backstage
from tests.e2e.hands import Hands, digest_of, tap_card
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.screenshots import shoot
from tests.e2e.test_visit_on_the_phone import REASON, _good, hands_of, visit_of

pytestmark = [pytest.mark.browser, pytest.mark.hard, pytest.mark.timeout(900)]
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}  # bytes a second
SLOWER_PROCESSOR, USABLE_S = 4, 2.0
ATTEMPTS = 60
PAPER = b"%PDF-1.4\n% made up\n" + bytes(200_000)  # more than goes along with the beginning of an upload


async def test_the_network_is_cut_at_every_step(office: Backstage, screens: Screens) -> None:
    """G10, G11: each request of a submission is lost on its way there and on its way back; one record, all files."""
    page, hands, visit = await _begun(office, screens)
    with screens.losing_answers():
        await page.route("**/answers", lambda route: route.abort())  # files go with the submission, none before it
        await _filled(page, hands, visit)
    lost: Counter[str] = Counter()

    async def lose(route: Route) -> None:
        step = f"{route.request.method} {_plain(route.request.url)}"
        lost[step] += 1
        if lost[step] == 1:
            await route.abort("connectionreset")
        elif lost[step] == 2:
            await route.fetch()  # the server has it; its answer goes nowhere
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route("**/api/**", lose)
    with screens.losing_answers():
        await hands.submit()
        await expect(page.locator(".notice", has_text="联网后自动继续")).to_be_visible()
        for _ in range(ATTEMPTS):
            if page.url.endswith("/receipt"):
                break
            await page.evaluate("dispatchEvent(new Event('online'))")  # what the phone says when a line is back
            await page.wait_for_timeout(500)
        await page.wait_for_url("**/receipt")
    await page.unroute_all(behavior="wait")
    steps = {"GET /api/me", "POST …/manifests", "POST …/uploads", "PATCH …/uploads/…", "POST …/submissions"}
    assert steps <= {one for one, times in lost.items() if times > 1}, lost
    await expect(page.get_by_role("heading", name="已送达")).to_be_visible()
    sealed = await office.submissions(visit)
    assert len(sealed) == 1
    told = sealed[0].manifest
    photos = {digest_of(one) for one in hands.photos}
    signatures = {one["digest"] for one in told["inspector_signatures"]}
    assert {*told["photos"], *(one for answer in told["answers"] for one in answer["photos"])} == photos
    assert {one.digest for one in await office.evidence(visit)} == photos | signatures | {digest_of(PAPER)}


async def test_a_full_phone_says_so_and_keeps_what_it_had(office: Backstage, screens: Screens) -> None:
    """Issue 7, offline: what no longer fits is said in a sentence at once; what was saved before is still there."""
    page, hands, visit = await _begun(office, screens)
    first = (await visit_of(page, visit))["items"][0]
    await hands.go("检查表")
    await hands.answer(first, first["form"]["questions"][0], "yes")
    said = page.locator(".bar [role=status]")
    await expect(said).to_contain_text("已保存在本机")
    devtools = await page.context.new_cdp_session(page)
    await _room(devtools, office.origin, 1)
    await hands.go("结论")
    full = said.filter(has_text="手机存储已满，最后的修改没有保存。请清理空间后再改一次")
    for turn in range(ATTEMPTS):  # Chromium asks for its room anew every half minute only
        await page.locator("#note").fill(f"没有空间了{turn}")
        with suppress(AssertionError):
            await expect(full).to_be_visible(timeout=1000)
            break
    await expect(full).to_be_visible()
    await assert_fits(page)
    await shoot(page, "phone-full")
    await _room(devtools, office.origin, None)
    await page.locator("#note").fill("有空间了")
    await expect(said).to_contain_text("已保存在本机")
    await page.reload()
    await expect(page.locator(".question").first.get_by_role("radio", name="是", exact=True)).to_be_checked()
    await expect(page.locator("#note")).to_have_value("有空间了")


async def test_the_list_is_usable_in_two_seconds_on_a_slow_line(office: Backstage, screens: Screens) -> None:
    """Issue 7, speed: 1.6 Mbit/s, 150 ms, a processor four times slower, nothing in the cache (on a quiet machine)."""
    page, _, visit = await _begun(office, screens)
    cookies: Any = await page.context.cookies()
    took = [await _cold(await screens.phone(), cookies, visit) for _ in range(5)]
    print(f"usable after {sorted(took)} s")  # noqa: T201 a figure to keep
    assert sorted(took)[2] < USABLE_S


async def _cold(phone: BrowserContext, cookies: Any, visit: VisitPlan) -> float:
    """Seconds from the first byte asked for until the visit can be tapped."""
    await phone.add_cookies(cookies)
    page = await phone.new_page()
    devtools = await phone.new_cdp_session(page)
    await devtools.send("Network.enable")
    await devtools.send("Network.emulateNetworkConditions", SLOW)
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
    await page.add_init_script(
        """
      const there = (name) => [...document.querySelectorAll('a')].some((one) => one.textContent.includes(name))
      new MutationObserver(() => { if (!self.usable && there('NAME')) self.usable = performance.now() })
        .observe(document, { subtree: true, childList: true, characterData: true })
    """.replace("NAME", visit.target_name)
    )
    await page.goto("/m/", wait_until="commit")
    await expect(page.get_by_role("link", name=visit.target_name)).to_be_visible()
    found = await page.evaluate("self.usable / 1000")
    await phone.close()
    return float(found)


async def _begun(office: Backstage, screens: Screens) -> tuple[Page, Hands, VisitPlan]:
    visit = (await office.draw(1))[0]
    page = await tap_card(await screens.phone(), office, visit)
    hands = await hands_of(page, visit, office)
    await hands.accept()
    return page, hands, visit


async def _filled(page: Page, hands: Hands, visit: VisitPlan) -> None:
    """Answer everything, one photo, two signatures; the owner does not sign, so that nobody else is needed."""
    seen = await visit_of(page, visit)
    await hands.go("检查表")
    for item in seen["items"]:
        for question in item["form"]["questions"]:
            await hands.answer(item, question, _good(question))
    await hands.go("结论")
    await page.get_by_role("checkbox", name=seen["result_codes"][0]["text"], exact=True).tap()
    await hands.take_photo(page.locator("#photos"))
    await hands.attach("文件", "合同.pdf", PAPER)
    await hands.go("签字")
    await page.get_by_role("radio", name="拒签或无法签字").tap()
    await page.get_by_label("原因").fill(REASON)
    own = next(one for one in seen["members"] if one["mine"])
    other = next(one for one in seen["members"] if one["department"] == own["department"] and not one["mine"])
    for one in (own, other):
        await hands.sign(f"{one['name']}签字")


async def _room(devtools: CDPSession, origin: str, size: int | None) -> None:
    """Let the browser have so many bytes for this site; None: as many as there are."""
    await devtools.send(
        "Storage.overrideQuotaForOrigin", {"origin": origin} | ({} if size is None else {"quotaSize": size})
    )


def _plain(url: str) -> str:
    path = "/" + url.split("/", 3)[3].partition("?")[0]
    return re.sub(r"/[0-9a-f]{32}(?=/|$)|/[0-9a-f-]{36}(?=/|$)", "/…", path).replace("/api/phone/visits/…", "…")
