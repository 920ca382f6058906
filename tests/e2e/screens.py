"""The screens that people hold: a phone, a desk, anybody's; each watched for errors, strangers and sideways scrolling.

Chromium -> Screens.phone() | desk() -> pages -> at the end: no error said, no request to a stranger, nothing too wide
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, ViewportSize, WebError

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 800}
HERE = {"latitude": 36.65123, "longitude": 117.01234, "accuracy": 12.0}  # the made-up district
PATIENCE_MS = 30_000
LOCAL = ("data:", "blob:")


class Screens:
    """Opens screens and remembers everything that should not have happened on any of them."""

    def __init__(self, browser: Browser, origins: Iterable[str]) -> None:
        """`origins` are the only servers that a page may talk to; addresses without a server are the first one's."""
        self._browser = browser
        self._base, *_ = origins = tuple(origins)
        self._origins = {urlsplit(one).netloc for one in origins}
        self._contexts: list[BrowserContext] = []
        self._cut = False
        self._refusals: set[int] = set()
        self.wrong: list[str] = []

    async def phone(self) -> BrowserContext:
        """A telephone of 390 x 844 with a glass to touch, which knows where it is."""
        return await self._open(
            viewport=PHONE,
            device_scale_factor=2,
            is_mobile=True,
            has_touch=True,
            geolocation=HERE,
            permissions=["geolocation"],
        )

    async def desk(self) -> BrowserContext:
        """A browser window on a desk."""
        return await self._open(viewport=DESK, device_scale_factor=1.5, accept_downloads=True)

    async def _open(self, **what: Any) -> BrowserContext:
        context = await self._browser.new_context(
            base_url=self._base, locale="zh-CN", timezone_id="Asia/Shanghai", **what
        )
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._heard)
        context.on("weberror", self._failed)
        context.on("request", self._asked)
        self._contexts.append(context)
        return context

    async def cut(self, context: BrowserContext) -> None:
        """Cut the network of this screen; what cannot be loaded from now on is no error of the page."""
        self._cut = True
        await context.set_offline(offline=True)

    async def join(self, context: BrowserContext) -> None:
        """Give the network back."""
        await context.set_offline(offline=False)
        self._cut = False

    def expect_refusals(self, status: int) -> None:
        """From now on the server may refuse with this status: the test reads the sentence that the page shows."""
        self._refusals.add(status)

    @contextmanager
    def losing_answers(self) -> Iterator[None]:
        """Let requests be lost on their way for a while, as on a bad line."""
        self._cut = True
        yield
        self._cut = False

    async def close(self) -> None:
        """Put everything away."""
        for context in self._contexts:
            await context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        place = message.location.get("url", "")
        if message.type != "error" or self._expected(message.text, place):
            return
        self.wrong.append(f"{message.type}: {message.text} ({place})")

    def _expected(self, text: str, place: str) -> bool:
        """Chromium itself writes a line for a 401 (how a page learns that nobody is signed in) and for a cut line."""
        signed_out = "401 (Unauthorized)" in text and urlsplit(place).path in {"/api/me", "/api/phone/visits"}
        refused = any(f"status of {status} " in text for status in self._refusals)
        return signed_out or refused or (self._cut and "net::ERR_" in text)

    def _failed(self, error: WebError) -> None:
        self.wrong.append(f"pageerror: {error.error}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(LOCAL) and urlsplit(request.url).netloc not in self._origins:
            self.wrong.append(f"a stranger was asked: {request.url}")


async def assert_fits(page: Page) -> None:
    """Nothing is wider than the screen: nobody scrolls sideways on a phone."""
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert page.viewport_size is not None
    assert width <= page.viewport_size["width"], f"{page.url} is {width} px wide"
