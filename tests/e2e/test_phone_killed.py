"""The page is killed while somebody types: every answer that was shown as saved is there afterwards (I1, G3)."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Error, Locator, Page, async_playwright, expect

from tests.e2e.backstage import Backstage
from tests.e2e.conftest import SWITCHES
from tests.e2e.killing import KilledPhone

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
CHOICES = ("是", "否", "不适用")
WHOLE = 5  # each fifth death is the whole browser's, the others are its renderers'
MOST_KEYS, LONGEST_S = 8, 0.06
State = tuple[str, str]  # which answer is pressed, which words stand behind it

# Tells what stands on the glass at the very moment when the page says that it is saved.
WATCH = """
  const standing = () => {
    const card = document.querySelector('.question'), said = document.querySelector('.bar [role=status]')
    if (!card || !said?.textContent.startsWith('已保存在本机')) return
    const pressed = card.querySelector('[role=radio][aria-checked=true]')
    void told([pressed?.textContent.trim() ?? '', card.querySelector('textarea')?.value ?? ''])
  }
  new MutationObserver(standing).observe(document, { subtree: true, childList: true, characterData: true })
"""


@pytest.mark.parametrize(
    "kills", [3, pytest.param(500, marks=[pytest.mark.hard, pytest.mark.timeout(7200)])], ids=["few", "many"]
)
async def test_no_saved_answer_is_lost(office: Backstage, chromium_path: str, tmp_path: Path, kills: int) -> None:
    """I1: what the page called saved is there after each of so many deaths, and nothing that nobody entered."""
    visit = (await office.draw(1))[0]
    chance = random.Random(kills)  # noqa: S311 made-up accidents, no secret
    saved: list[State] = []
    path = f"/m/visits/{visit.id}"
    async with async_playwright() as playwright:
        phone = KilledPhone(
            playwright=playwright, chromium=chromium_path, switches=SWITCHES, folder=tmp_path / "phone",
            base=office.origin, script=WATCH, told=lambda state: saved.append((state[0], state[1])),
        )  # fmt: skip
        page = await phone.open(path)
        await page.get_by_role("link", name=await office.member_name(visit.leader), exact=True).tap()
        await page.get_by_role("button", name="接受任务").tap()
        await page.get_by_role("tab", name="检查表").tap()
        await (await _card(page)).get_by_role("radio", name="否", exact=True).tap()
        await phone.remember()
        entered, shown = [("否", "")], 0
        for death in range(kills):
            shown += await _one_death(phone, page, entered, saved, chance, whole=death % WHOLE == 0)
            page = await phone.open(path)
            found = await _state(await _card(page))
            assert found in entered, f"death {death}: {found} was never entered"
            told = entered.index(saved[-1]) if saved else 0
            assert entered.index(found) >= told, f"death {death}: {saved[-1]} was shown as saved, found {found}"
            entered[:], saved[:] = [found], []
        await phone.close()
    assert shown > kills, "hardly anything was ever shown as saved: nothing was tried"


async def _one_death(
    phone: KilledPhone, page: Page, entered: list[State], saved: list[State], chance: random.Random, *, whole: bool
) -> int:
    """Type until the page dies somewhere among the keys; gives how often something was shown as saved."""
    enough = asyncio.Event()
    keys = asyncio.create_task(_type(await _card(page), entered, chance, enough))
    waits = asyncio.create_task(enough.wait())
    await asyncio.wait({keys, waits}, return_when=asyncio.FIRST_COMPLETED)
    if keys.done():
        await keys  # says why nobody could type
    await asyncio.sleep(chance.uniform(0, LONGEST_S))  # somewhere between two keys
    if whole:
        await phone.kill_browser()
    else:
        await phone.kill_page(page)
    keys.cancel()
    with suppress(asyncio.CancelledError, Error):
        await keys
    return len(saved)


async def _type(card: Locator, entered: list[State], chance: random.Random, enough: asyncio.Event) -> None:
    """Press answers and type words, each noted before it is done; never the same state twice."""
    pressed, _ = entered[-1]
    words = card.get_by_label("说明")
    text = f"{chance.randrange(10**8):08d}"
    entered.append((pressed, text))
    await words.fill(text)
    last = chance.randint(len(text) + 1, len(text) + MOST_KEYS)
    while True:
        if chance.random() < 0.2:
            pressed = chance.choice([one for one in CHOICES if one != pressed])
            entered.append((pressed, text))
            await card.get_by_role("radio", name=pressed, exact=True).tap()
            await words.focus()
        text += chance.choice("一二三四五六七八九十")
        entered.append((pressed, text))
        if len(text) == last:
            enough.set()
        await words.press_sequentially(text[-1])


async def _card(page: Page) -> Locator:
    card, item = page.locator(".question").first, page.locator(".van-collapse-item__title").first
    await page.get_by_role("tab", name="检查表").tap()
    await expect(item).to_be_visible()
    if await item.get_attribute("aria-expanded") != "true":
        await item.tap()
    await expect(card).to_be_visible()
    return card


async def _state(card: Locator) -> State:
    pressed: Any = await card.get_by_role("radio", checked=True).text_content()
    return pressed.strip(), await card.get_by_label("说明").input_value()
