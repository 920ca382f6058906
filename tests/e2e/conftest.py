"""Real Chromium before the real office, both on free loopback ports in the test's own event loop."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from app.server import DIST
from tests.e2e.backstage import Backstage, open_backstage
from tests.e2e.screens import Screens
from tests.e2e.screenshots import compose_overview

NO_CHROMIUM = "no chromium on this machine: the browser tests are LEFT OUT"
NOT_BUILT = "the pages are not built: run `make setup` (or `cd web && ../.ci/node npm run build`) first"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Debian's Chromium; left out loudly where there is none, a failure in CI."""
    found = shutil.which("chromium")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_CHROMIUM)
    return found


@pytest.fixture(scope="session", autouse=True)
def _built_pages() -> Iterator[None]:
    """The tests look at what `make setup` builds; afterwards the README's picture is put together."""
    if not all((DIST / name).is_file() for name in ("phone.html", "console.html", "sandbox.html", "sw.js")):
        pytest.fail(NOT_BUILT)
    yield
    compose_overview()


@pytest_asyncio.fixture
async def chromium(chromium_path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=SWITCHES)
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[Backstage]:
    """The demo office with all its made-up registers, nothing drawn yet."""
    async with open_backstage(tmp_path / "office") as found:
        yield found


@pytest_asyncio.fixture
async def screens(chromium: Browser, office: Backstage) -> AsyncIterator[Screens]:
    """Screens that may talk to the office and its sandbox only; what went wrong on them fails the test."""
    found = Screens(chromium, (office.origin, office.sandbox))
    yield found
    await found.close()
    assert found.wrong == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly, at the very end, that no browser was there."""
    if any(NO_CHROMIUM in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(NO_CHROMIUM, red=True, bold=True)
