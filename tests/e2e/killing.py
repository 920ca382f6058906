"""A phone whose browser is killed: the same folder on the disk, a new process, the same cookie.

KilledPhone.open() -> page ; kill_page() -> its renderer is dead ; kill_browser() -> all is dead ; open() again
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Error, Page, Playwright

from tests.e2e.screens import HERE, PATIENCE_MS, PHONE

RENDERERS = 4  # tried for one page


@dataclass(kw_only=True)
class KilledPhone:
    """A real Chromium with its storage in `folder`; `script` runs in each of its pages, which may call `told`."""

    playwright: Playwright
    chromium: str
    switches: list[str]
    folder: Path
    base: str
    script: str
    told: Any
    context: BrowserContext | None = None
    cookies: Any = None

    async def open(self, path: str) -> Page:
        """Open a page; a browser is started where none lives."""
        if self.context is None:
            self.context = await self.playwright.chromium.launch_persistent_context(
                self.folder, executable_path=self.chromium, args=self.switches, base_url=self.base, locale="zh-CN",
                timezone_id="Asia/Shanghai", viewport=PHONE, is_mobile=True, has_touch=True, geolocation=HERE,
                permissions=["geolocation"],
            )  # fmt: skip
            self.context.set_default_timeout(PATIENCE_MS)
            await self.context.expose_function("told", self.told)
            await self.context.add_init_script(self.script)
            if self.cookies:
                # Chromium writes cookies twice a minute; without ours each death would lead over the sign-in page.
                await self.context.add_cookies(self.cookies)
        for _ in range(RENDERERS):
            # The browser may still hand out a renderer in reserve that was killed with the others.
            with suppress(Error):
                page = await self.context.new_page()
                await page.goto(path)
                return page
        raise AssertionError(f"no page opens after {RENDERERS} renderers")

    async def remember(self) -> None:
        """Keep the cookie of who is signed in now."""
        if self.context:
            self.cookies = await self.context.cookies()

    async def kill_page(self, page: Page) -> None:
        """Kill every renderer of this browser, at once and without a word."""
        for pid in _below(self._browser()):
            if b"--type=renderer" in _command(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        with suppress(Error):
            await page.close()

    async def kill_browser(self) -> None:
        """Kill the browser, at once and without a word; its children die of it."""
        os.kill(self._browser(), signal.SIGKILL)
        await self.close()

    async def close(self) -> None:
        """Put away what is left."""
        context, self.context = self.context, None
        if context:
            with suppress(Error):
                await context.close()

    def _browser(self) -> int:
        """The browser's own process: the one that was told of our folder and is nobody's renderer or helper."""
        mine = [pid for pid in _below(os.getpid()) if str(self.folder).encode() in _command(pid)]
        return next(pid for pid in mine if b"--type=" not in _command(pid))


def _below(pid: int) -> list[int]:
    """All processes that a process has started, and those have started."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                words = (entry / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
                parents.setdefault(int(words[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
