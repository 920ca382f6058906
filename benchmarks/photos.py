"""Issue 7, "Speed": one photo against the bare Pillow pipeline, and 200 phones that send three photos each at once.

ratio_pipeline    photos a second of the bare pipeline (threads, all cores) over those of the product's lab (children,
                  all cores), the same 12-megapixel JPEGs; runs take turns, the median counts
rush_refused      of 200 phones' 600 photos, sent at once by tus to a server like the product's, how many were not kept
rush_peak_mb      the most memory of that server and its children, each at its own peak, added up
rush_other_p99_ms what 99 of 100 other requests (lists, visits, acceptances; 20 a second) took meanwhile
script_kb         what the phone's page loads of scripts before the camera is there, gzipped
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from PIL import ExifTags, Image, ImageDraw, ImageFont

from app.fonts import FONT_NAME, find_font
from app.ground import REPOSITORY
from benchmarks import publish_fill
from benchmarks.machine import POSTGRES, log, machine, median, timed
from benchmarks.publish_fill import Filled
from models.base import KEYS
from models.database import Database, run_sync_write
from models.people import Department
from models.schema import Base
from services.field.photo_lab import PhotoLab
from services.field.photos import Photo, Stamp

RUNS, PHOTOS, PHONES, EACH, SECONDS = 5, 16, 200, 3, 10.0
LYING = 6  # EXIF: the camera was held upright
FONT = REPOSITORY / "var" / "fonts" / FONT_NAME
STAMP = Stamp(
    at=datetime(2026, 3, 2, 1, tzinfo=UTC), place="演示路1号 （36.65123, 117.12000，误差约 12 米）",
    task="演示抽查任务 演示抽查〔2026〕1号-0001", target="演示东区晨光食品销售有限公司", inspector="演示部门 演示人员",
)  # fmt: skip
_DISPLAY, _THUMB = (1600, 1200), (320, 240)
_NAME = f"suicha_bench_photos_{os.getpid()}"


def run(rows: int = 0, runs: int = RUNS, phones: int = PHONES) -> dict[str, Any]:
    """Measure both; the database and all files of the rush are gone afterwards. No rows are asked for here."""
    del rows
    KEYS.load({"1": bytes(32)}, "1")
    photo = camera_photo()
    return {
        "photo_mb": round(len(photo) / 1e6, 2),
        **asyncio.run(pipeline(photo, runs)),
        **_rush(photo, phones),
        "script_kb": script_kb(REPOSITORY / "web" / "dist"),
        "machine": machine(),
    }


def camera_photo() -> bytes:
    """A 12-megapixel JPEG as a phone makes it: fine detail everywhere, lying on its side, with EXIF."""
    sensor = Image.effect_noise((1000, 750), 60).resize((4000, 3000), Image.Resampling.BICUBIC)
    slope = Image.linear_gradient("L").resize(sensor.size)
    picture = Image.merge("RGB", (sensor, slope, Image.blend(sensor, slope, 0.4)))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = LYING
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:03:02 09:00:00"
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=90, exif=exif)
    return encoded.getvalue()


def bare(original: bytes, font: ImageFont.FreeTypeFont) -> bytes:
    """The reference: Pillow alone with `draft()`, nothing checked (performance.md, Photos)."""
    hashlib.sha256(original).hexdigest()
    with Image.open(io.BytesIO(original)) as image:
        image.draft("RGB", _DISPLAY)
        small = image.resize(_DISPLAY, Image.Resampling.BILINEAR, reducing_gap=2.0)
        turned = image.getexif().get(ExifTags.Base.Orientation) == LYING
    picture = small.transpose(Image.Transpose.ROTATE_270) if turned else small
    ImageDraw.Draw(picture).text((20, 20), STAMP.target, font=font, fill="white")
    thumb = picture.resize(_THUMB[::-1], Image.Resampling.BOX, reducing_gap=1.0)
    display = io.BytesIO()
    picture.save(display, "JPEG", quality=85)
    thumb.save(io.BytesIO(), "JPEG", quality=80)
    return display.getvalue()


async def pipeline(photo: bytes, runs: int) -> dict[str, Any]:
    """Many photos on all cores: the bare pipeline and the lab, in turns."""
    font_file = find_font([FONT])
    fonts = [ImageFont.truetype(font_file, 36)] * PHOTOS
    lab, cores = PhotoLab(font_file), os.cpu_count() or 1
    loop = asyncio.get_running_loop()
    references, products = [], []
    try:
        with ThreadPoolExecutor(cores) as pool:
            await _developed(lab, photo, cores)  # the children start
            for _ in range(runs):
                references.append(await asyncio.to_thread(timed, lambda: [*pool.map(bare, [photo] * PHOTOS, fonts)]))
                began = loop.time()
                await _developed(lab, photo, PHOTOS)
                products.append(loop.time() - began)
                log(f"bare {references[-1]:.2f} s, product {products[-1]:.2f} s")
    finally:
        await lab.close()
    ratios = [product / reference for product, reference in zip(products, references, strict=True)]
    return {
        "bare_ms": round(median(references) * 1000 / PHOTOS, 1),
        "product_ms": round(median(products) * 1000 / PHOTOS, 1),
        "ratio_pipeline": median(ratios),
        "ratio_pipeline_runs": [round(one, 3) for one in ratios],
    }


def script_kb(dist: Path) -> float:
    """Gzipped scripts that the phone's page loads, those that its scripts import included."""
    waiting, seen = re.findall(r"/assets/([\w.-]+\.js)", (dist / "phone.html").read_text("utf-8")), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += re.findall(r"\./([\w.-]+\.js)", (dist / "assets" / name).read_text("utf-8"))
    return round(sum(len(gzip.compress((dist / "assets" / name).read_bytes(), 9)) for name in seen) / 1000, 1)


async def _developed(lab: PhotoLab, photo: bytes, count: int) -> list[Photo]:
    return await asyncio.gather(*(lab.develop(photo, STAMP) for _ in range(count)))


def _rush(photo: bytes, phones: int) -> dict[str, Any]:
    with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3) as admin:
        admin.execute(f'CREATE DATABASE "{_NAME}"')
        try:
            url = POSTGRES.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://") + f"/{_NAME}"
            filled = asyncio.run(_filled(url, phones))
            with tempfile.TemporaryDirectory(dir=REPOSITORY / "var") as folder:
                Path(folder, "photo.jpg").write_bytes(photo)
                return _measured(url, folder, filled, phones)
        finally:
            admin.execute(f'DROP DATABASE "{_NAME}" WITH (FORCE)')


def _measured(url: str, folder: str, filled: Filled, phones: int) -> dict[str, Any]:
    given = json.dumps({"tokens": filled.tokens, "visits": filled.visits})
    with _server(url, folder) as (base, pid):
        alone = _heard(_child("publish_play", "phones", base, str(SECONDS)), given)
        rush = _child("photos_play", "rush", base, f"{folder}/photo.jpg", str(EACH))
        _say(rush, given)
        others: list[float] = []
        while rush.poll() is None:
            others += _heard(_child("publish_play", "phones", base, str(SECONDS)), given)
        told = json.loads(rush.stdout.read() if rush.stdout else "")
        peak = _peak_mb(pid)
    log(f"rush: {told}, peak {peak:.0f} MB")
    return {
        "rush_photos": phones * EACH,
        "rush_refused": phones * EACH - told["kept"],
        "rush_seconds": told["seconds"],
        "rush_slowest_s": told["slowest"],
        "rush_peak_mb": round(peak),
        "rush_other_p99_ms": _p99(others),
        "alone_p99_ms": _p99(alone),
    }


async def _filled(url: str, count: int) -> Filled:
    database = Database(url)
    try:
        await run_sync_write(database, Base.metadata.create_all)
        async with database.write() as db:
            department = Department(code="BENCH", name="演示部门")
            db.add(department)
            await db.flush()
            return await publish_fill.phones(db, department.id, count, 1)
    finally:
        await database.close()


def _peak_mb(pid: int) -> float:
    """The peaks of a process and its children, added up (proc(5), VmHWM): never less than what they held at once."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    tasks = {child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()}
    peaks = 0
    for one in {str(pid), *children, *tasks}:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{one}/status").read_text().splitlines())
        peaks += int(status["VmHWM"].split()[0])
    return peaks / 1000


def _p99(took: Sequence[float]) -> float:
    return round(sorted(took)[int(len(took) * 0.99) - 1], 1)


@contextmanager
def _server(url: str, folder: str) -> Iterator[tuple[str, int]]:
    child = _child("photos_play", "server", url, folder)
    try:
        if child.stdout is None:
            raise RuntimeError("the server has no output")
        yield child.stdout.readline().strip(), child.pid
    finally:
        child.communicate()


def _heard(child: subprocess.Popen[str], lines: str) -> Any:
    said, _ = child.communicate(f"{lines}\n")
    if child.returncode:
        raise RuntimeError("a process of the benchmark failed")
    return json.loads(said)


def _say(child: subprocess.Popen[str], lines: str) -> None:
    if child.stdin is None:
        raise RuntimeError("the process has no input")
    child.stdin.write(f"{lines}\n")
    child.stdin.flush()


def _child(module: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 our own modules
        [sys.executable, "-m", f"benchmarks.{module}", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
