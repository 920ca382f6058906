"""Pictures of the screens for the README and the docs, taken by the tests that just used them.

SUICHA_SCREENSHOTS=1 -> shoot(page, name) -> docs/images/NAME.png ; three of them -> compose_overview -> overview.png
"""

from __future__ import annotations

import os

from PIL import Image, ImageDraw, ImageFilter
from playwright.async_api import Page

from app.ground import REPOSITORY

IMAGES = REPOSITORY / "docs" / "images"
WANTED = os.environ.get("SUICHA_SCREENSHOTS") == "1"  # a normal run leaves the tree as it is
SETTLE_MS = 700  # toasts, ripples and progress bars come to rest
PASSING = ".van-toast, .el-message"  # said for a moment, over what the picture is about

WIDTH, HEIGHT, MARGIN = 1600, 700, 48
GROUND_TOP, GROUND_BOTTOM = (238, 242, 240), (221, 230, 228)
SHADOW, RIM = (24, 48, 52, 90), (27, 36, 38)


async def shoot(page: Page, name: str) -> None:
    """Keep what the page shows now as docs/images/NAME.png."""
    if not WANTED:
        return
    await page.wait_for_timeout(SETTLE_MS)
    IMAGES.mkdir(parents=True, exist_ok=True)
    await page.locator(PASSING).evaluate_all("all => all.forEach((one) => { one.style.visibility = 'hidden' })")
    await page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")


def compose_overview() -> None:
    """Lay phone, console and public page side by side on a soft ground."""
    names = ("phone-visit", "console-draw", "public-result")
    if not WANTED or not all((IMAGES / f"{name}.png").is_file() for name in names):
        return
    ground = _ground()
    phone, console, public = (Image.open(IMAGES / f"{name}.png").convert("RGB") for name in names)
    inner = HEIGHT - 2 * MARGIN
    held = _phone(_fit_height(phone, inner - 20))
    paper = _framed(_fit_width(public, 360, inner), 10)
    room = WIDTH - 4 * MARGIN - held.width - paper.width
    desk = _framed(_fit_width(console, room, inner), 10)
    left = MARGIN
    for piece in (held, desk, paper):
        _lay(ground, piece, (left, (HEIGHT - piece.height) // 2))
        left += piece.width + MARGIN
    ground.convert("RGB").save(IMAGES / "overview.png", optimize=True)


def _ground() -> Image.Image:
    """A plain ground, a little darker below."""
    shade = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
    return Image.composite(
        Image.new("RGB", (WIDTH, HEIGHT), GROUND_BOTTOM), Image.new("RGB", (WIDTH, HEIGHT), GROUND_TOP), shade
    ).convert("RGBA")


def _fit_height(picture: Image.Image, height: int) -> Image.Image:
    return picture.resize((round(picture.width * height / picture.height), height), Image.Resampling.LANCZOS)


def _fit_width(picture: Image.Image, width: int, most: int) -> Image.Image:
    """As wide as said; what is longer than `most` pixels is cut off below."""
    scaled = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    return scaled.crop((0, 0, width, min(scaled.height, most)))


def _phone(screen: Image.Image) -> Image.Image:
    """A telephone around its screen."""
    rim = 10
    body = Image.new("RGB", (screen.width + 2 * rim, screen.height + 2 * rim), RIM)
    body.paste(screen, (rim, rim), _rounded(screen.size, 26))
    return _framed(body, 36)


def _framed(picture: Image.Image, radius: int) -> Image.Image:
    framed = picture.convert("RGBA")
    framed.putalpha(_rounded(picture.size, radius))
    return framed


def _rounded(size: tuple[int, int], radius: int) -> Image.Image:
    """A mask with round corners, drawn large and scaled down so that they are smooth."""
    large = Image.new("L", (size[0] * 4, size[1] * 4), 0)
    ImageDraw.Draw(large).rounded_rectangle((0, 0, size[0] * 4 - 1, size[1] * 4 - 1), radius * 4, fill=255)
    return large.resize(size, Image.Resampling.LANCZOS)


def _lay(ground: Image.Image, piece: Image.Image, at: tuple[int, int]) -> None:
    """Lay a piece on the ground with its shadow."""
    shadow = Image.new("RGBA", ground.size, (0, 0, 0, 0))
    shadow.paste(SHADOW, (at[0], at[1] + 14), piece.getchannel("A"))
    ground.alpha_composite(shadow.filter(ImageFilter.GaussianBlur(18)))
    ground.alpha_composite(piece, at)
