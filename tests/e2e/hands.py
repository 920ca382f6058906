"""The inspector's hands on the glass: the card is tapped, answers are pressed, pictures are taken, names are written.

card -> OAuth -> Hands(page) -> accept -> answer every question -> result -> signatures -> submit
"""

from __future__ import annotations

import hashlib
import io
import math
import wave
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageDraw, ImageFont
from playwright.async_api import BrowserContext, Locator, Page, expect

from app.tour.story import VisitPlan
from tests.e2e.backstage import Backstage
from tests.e2e.screens import PATIENCE_MS, assert_fits
from tests.e2e.screenshots import shoot

LYING = 6  # EXIF: the camera was held upright, the sensor lies on its side
SHOP = (900, 1200)  # upright, in pixels
SIGN_COLOUR = (176, 52, 40)
WORDS = "进货台账缺少最近一周的记录，已当场责令补齐。"
Stroke = list[tuple[float, float]]


async def tap_card(phone: BrowserContext, office: Backstage, visit: VisitPlan, picture: str = "") -> Page:
    """Open the leader's chat on the sandbox's page and tap the card of this visit; gives the page that opens."""
    chat = await phone.new_page()
    await chat.goto(office.sandbox)
    await chat.get_by_label("找成员").fill(visit.leader)
    await chat.locator("aside button", has_text=(await office.member_name(visit.leader))).tap()
    card = chat.locator(".tcard", has_text="您被抽取为检查组组长").filter(has_text=visit.number)
    await expect(card.get_by_role("button", name="接受任务")).to_be_enabled()
    if picture:
        await shoot(chat, picture)
    async with phone.expect_page() as opening:
        await card.get_by_role("link").first.tap()
    page = await opening.value
    # Behind the path may stand WeCom's own #wechat_redirect, which redirects hand on.
    await page.wait_for_url(f"{office.origin}/m/visits/{visit.id}*")
    await expect(page.get_by_role("button", name="接受任务")).to_be_visible(timeout=PATIENCE_MS)
    return page


@dataclass(kw_only=True)
class Hands:
    """Somebody at work on one visit's page; `photos` are the pictures taken so far, as the camera made them."""

    page: Page
    target: str
    font: Path
    photos: list[bytes] = field(default_factory=list)
    signatures: int = 0

    async def accept(self) -> None:
        await self.page.get_by_role("button", name="接受任务").tap()
        await expect(self.page.get_by_role("button", name="填检查表")).to_be_visible()

    async def go(self, tab: str) -> None:
        """Go to a part of the page; nothing on it may be too wide."""
        await self.page.get_by_role("tab", name=tab).tap()
        await assert_fits(self.page)

    async def answer(self, item: Mapping[str, Any], question: Mapping[str, Any], value: str) -> None:
        """Answer one question, with words after a "no" and a photo where one is asked for."""
        card = await self._card(item, question)
        if question["kind"] == "yesno":
            await card.get_by_role("radio", name={"yes": "是", "no": "否"}[value], exact=True).tap()
        else:
            await card.get_by_label(question["text"]).fill(value)
        if value == "no":
            await card.get_by_label("说明").fill(WORDS)
        if question.get("photo_when") == "always" or (question.get("photo_when") == "no" and value == "no"):
            await self.take_photo(card)

    async def take_photo(self, card: Locator) -> None:
        """Press the camera and let it give a picture."""
        shown = card.locator(".picture img")
        before = await shown.count()
        data = storefront(self.target, self.font, len(self.photos))
        async with self.page.expect_file_chooser() as opening:
            await card.locator(".add input").tap()
        await (await opening.value).set_files({"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": data})
        await expect(shown).to_have_count(before + 1)
        self.photos.append(data)

    async def attach(self, kind: str, name: str, data: bytes) -> None:
        """Record or choose something that is heard or read; it is listed and can be played or opened."""
        rows = self.page.locator("#photos .rows li")
        before = await rows.count()
        await self.page.get_by_label(f"添加{kind}").set_input_files({"name": name, "mimeType": "", "buffer": data})
        await expect(rows).to_have_count(before + 1)
        await expect(rows.last).to_contain_text(kind)

    async def sign(self, button: str) -> None:
        """Press the button, write on the glass with a finger, confirm."""
        await self.page.get_by_role("button", name=button, exact=True).tap()
        glass = self.page.locator(".van-signature canvas")
        await expect(glass).to_be_visible()
        await self._write(glass)
        self.signatures += 1
        await self.page.get_by_role("button", name="确认签字").tap()
        await expect(glass).to_be_hidden()

    async def submit(self) -> None:
        """Press submit and say yes."""
        await self.page.get_by_role("button", name="提交", exact=True).tap()
        await self.page.get_by_role("dialog").get_by_role("button", name="提交").tap()

    async def _card(self, item: Mapping[str, Any], question: Mapping[str, Any]) -> Locator:
        card = self.page.locator(f"[id='q-{item['task_item_id']}-{question['id']}']")
        if not await card.is_visible():
            await self.page.locator(".van-collapse-item__title", has_text=item["name"]).tap()
        await expect(card).to_be_visible()
        return card

    async def _write(self, glass: Locator) -> None:
        """Draw strokes with a real finger: touches, as Chromium sends them to the page."""
        box = await glass.bounding_box()
        assert box is not None
        hand = await self.page.context.new_cdp_session(self.page)
        for stroke in STROKES:
            for number, (x, y) in enumerate(stroke):
                slant = 0.05 * self.signatures * (0.5 - y)  # no two people write the same
                at = {"x": box["x"] + (x + slant) * box["width"], "y": box["y"] + y * box["height"]}
                kind = "touchMove" if number else "touchStart"
                await hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
            await hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        await hand.detach()


def _line(*corners: tuple[float, float]) -> Stroke:
    """Points along the corners, a little shaky as a hand is."""
    steps, points = 8, []
    for (x0, y0), (x1, y1) in pairwise(corners):
        for step in range(steps + 1):
            share = step / steps
            shake = 0.006 * math.sin(7 * share * math.pi)
            points.append((x0 + (x1 - x0) * share, y0 + (y1 - y0) * share + shake))
    return points


# 王 and 五, a made-up name
STROKES = [
    _line((0.17, 0.30), (0.43, 0.27)),
    _line((0.19, 0.49), (0.41, 0.47)),
    _line((0.30, 0.29), (0.31, 0.70)),
    _line((0.14, 0.71), (0.46, 0.68)),
    _line((0.57, 0.29), (0.83, 0.27)),
    _line((0.69, 0.29), (0.64, 0.69)),
    _line((0.58, 0.47), (0.79, 0.46), (0.77, 0.69)),
    _line((0.53, 0.71), (0.88, 0.69)),
]


def storefront(name: str, font: Path, number: int) -> bytes:
    """Give the JPEG of a made-up shop front as a phone makes it: lying on its side, with EXIF saying so."""
    width, height = SHOP
    upright = Image.new("RGB", SHOP, (201, 196, 186))
    pen = ImageDraw.Draw(upright)
    pen.rectangle((0, 0, width, height // 3), fill=SIGN_COLOUR)
    pen.text((width / 2, height / 6), name[-9:], font=ImageFont.truetype(font, 88), fill=(250, 236, 200), anchor="mm")
    for left in (70, 330, 590):
        pen.rectangle((left, 470, left + 220, 1000), fill=(96 + 12 * number, 122, 136), outline=(70, 66, 60), width=10)
        pen.line((left + 30, 560 + 40 * number, left + 180, 500), fill=(190, 208, 214), width=8)
    pen.rectangle((0, 1000, width, height), fill=(140, 134, 126))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = LYING
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"{datetime.now():%Y:%m:%d %H:%M:%S}"  # noqa: DTZ005 cameras know no zone
    encoded = io.BytesIO()
    upright.transpose(Image.Transpose.ROTATE_90).save(encoded, "JPEG", quality=85, exif=exif)
    return encoded.getvalue()


def spoken() -> bytes:
    """Half a second of silence as a recorder writes it (WAV)."""
    encoded = io.BytesIO()
    with wave.open(encoded, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(8000)
        recording.writeframes(bytes(8000))
    return encoded.getvalue()


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
