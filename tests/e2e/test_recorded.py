"""Voice and video recorded on the page, with Chromium's own microphone and camera of tones and moving pictures."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, async_playwright, expect

from services.field import recordings
from tests.e2e.backstage import Backstage
from tests.e2e.conftest import SWITCHES
from tests.e2e.hands import Hands, digest_of, tap_card
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.screenshots import shoot
from tests.e2e.test_bad_lines import _filled
from tests.e2e.test_visit_on_the_phone import hands_of

pytestmark = [pytest.mark.browser, pytest.mark.hard, pytest.mark.timeout(300)]
FAKE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
KINDS = (("录音", "voice", "audio"), ("录像", "video", "video"))


@pytest_asyncio.fixture
async def filming(chromium_path: str, office: Backstage) -> AsyncIterator[Screens]:
    """Screens with a microphone and a camera that may be used."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=[*SWITCHES, *FAKE])
        found = Screens(browser, (office.origin, office.sandbox))
        yield found
        await found.close()
        await browser.close()
        assert found.wrong == []


async def test_what_is_recorded_on_the_page_is_sealed_and_plays(office: Backstage, filming: Screens) -> None:
    """G10, G11: recorded without leaving the form, heard and seen at once, sealed, and played again by the server."""
    visit = (await office.draw(1))[0]
    page = await tap_card(await filming.phone(), office, visit)
    hands = await hands_of(page, visit, office)
    await hands.accept()
    await hands.go("结论")
    for number, (name, _, tag) in enumerate(KINDS):
        await _record(hands, name)
        row = page.locator("#photos .rows li").nth(number)
        await expect(row).to_contain_text(name)
        await _assert_plays(page, row, tag)
    await assert_fits(page)
    await _filled(page, hands, visit)
    await hands.submit()
    await page.wait_for_url("**/receipt")
    [sealed] = await office.submissions(visit)
    kept = {one.digest: one.kind for one in await office.evidence(visit) if one.kind in {"voice", "video"}}
    assert sorted(kept.values()) == ["video", "voice"]
    assert kept.keys() <= set(sealed.manifest["recordings"])
    for digest, kind in kept.items():
        data = await office.blob(digest)
        assert digest_of(data) == digest
        assert recordings.media_type(kind, data[: recordings.LOOK]).startswith(
            {"voice": "audio", "video": "video"}[kind]
        )
    await page.get_by_role("button", name="查看这次检查").tap()
    await hands.go("结论")
    for number, (_, _, tag) in enumerate(KINDS):  # no longer on the phone: the server plays it
        await _assert_plays(page, page.locator("#photos .rows li").nth(number), tag)


async def test_closed_is_not_kept_and_a_refused_camera_is_said(office: Backstage, filming: Screens) -> None:
    """Issue 7: closing the sheet keeps nothing and lets the camera go; without leave there is a sentence."""
    visit = (await office.draw(1))[0]
    phone = await filming.phone()
    page = await tap_card(phone, office, visit)
    hands = await hands_of(page, visit, office)
    await hands.accept()
    await hands.go("结论")
    await page.evaluate(WATCH_TRACKS)
    await page.get_by_role("button", name="现场录像").tap()
    await expect(page.get_by_role("timer")).not_to_have_text("00:00")
    await page.locator(".van-popup__close-icon:visible").tap()
    await expect(page.get_by_role("timer")).to_be_hidden()
    await page.wait_for_function(
        "() => self.tracks.length === 2 && self.tracks.every((one) => one.readyState === 'ended')"
    )
    await page.evaluate(REFUSED)
    await page.get_by_role("button", name="现场录音").tap()
    await expect(page.get_by_role("alert").filter(has_text="不能使用麦克风")).to_be_visible()
    await expect(page.locator("#photos .rows li")).to_have_count(0)


REFUSED = """() => {
  navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError') }
}"""
# Remembers every track that the page was given.
WATCH_TRACKS = """() => {
  self.tracks = []
  const own = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  navigator.mediaDevices.getUserMedia = async (what) => {
    const stream = await own(what)
    self.tracks.push(...stream.getTracks())
    return stream
  }
}"""


async def _record(hands: Hands, name: str) -> None:
    """Press, wait until two seconds are on the clock, stop."""
    page = hands.page
    rows = page.locator("#photos .rows li")
    before = await rows.count()
    await page.get_by_role("button", name=f"现场{name}").tap()
    clock = page.get_by_role("timer")
    await expect(clock).to_have_text("00:02")
    await assert_fits(page)
    await shoot(page, f"phone-record-{name}")
    await page.get_by_role("button", name="停止并保存").tap()
    await expect(rows).to_have_count(before + 1)


async def _assert_plays(page: Page, row: Locator, tag: str) -> None:
    """The time of what is played goes on, and a film has pictures."""
    await row.get_by_role("button", name="播放").tap()
    medium = row.locator(tag)
    await expect(medium).to_be_visible()
    await medium.evaluate("one => { one.muted = true; return one.play() }")
    await expect(medium).not_to_have_js_property("currentTime", 0)
    assert (await medium.evaluate("one => one.videoWidth ?? 0") > 0) is (tag == "video")
    await row.get_by_role("button", name="收起").tap()
