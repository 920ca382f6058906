"""The tour in a house of its own: a temporary folder, two free ports, everything thrown away but the bundle.

folder -> demo settings -> open_demo (only the office's people) -> play -> folder/house removed
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from app.demo import demo_settings, free_port, open_demo
from app.tour.people import Places
from app.tour.play import Outcome, play
from app.tour.stage import Stage


async def tour_alone(stage: Stage, register: Path | None = None, keep: Path | None = None) -> Outcome:
    """Play the tour on servers of its own; with `keep` the house stays there to be looked at, else only the bundle."""
    folder = await asyncio.to_thread(_folder, keep)
    house = folder / "house"
    settings = demo_settings(house, free_port(), free_port())
    try:
        async with open_demo(settings, whole=False) as demo:
            stage.say(f"服务器 {demo.origin}　企业微信沙箱 {demo.sandbox.base_url}　文件夹 {folder}")
            places = Places(origin=demo.origin, sandbox=demo.sandbox.base_url, template=settings.wechat.template_visit)
            return await play(places, stage, folder, register)
    finally:
        if keep is None:
            await asyncio.to_thread(shutil.rmtree, house, ignore_errors=True)


def _folder(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="suicha-tour-"))
    keep.mkdir(parents=True, exist_ok=True)
    return keep.resolve()
