"""The photo lab: hostile bytes meet a child that can be lost, never the server."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import struct
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from app.fonts import FONT_NAME, IN_PACKAGE, find_font
from inspection.errors import SuichaError, TooLargeError, UnavailableError
from services.field.photo_lab import LabLimits, PhotoLab
from services.field.photos import PhotoLimits, PhotoRefusedError, Stamp, check_signature_png, develop
from tests.unit.hostile import HOSTILE, encoded

ROOT = Path(__file__).parents[2]
FONT = find_font([ROOT / "var/fonts" / FONT_NAME, ROOT / "web/node_modules" / IN_PACKAGE])
STAMP = Stamp(at=datetime(2026, 11, 20, tzinfo=UTC), place="样例路1号", task="任务", target="对象", inspector="张样例")
PHOTO = encoded(Image.linear_gradient("L").resize((1200, 900)).convert("RGB"), "JPEG")
needs_proc = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest_asyncio.fixture
async def lab():
    lab = PhotoLab(FONT, children=1)
    yield lab
    await lab.close()


def framed(header: bytes) -> bytes:
    return struct.pack(">II", len(header), 0) + header


def proc(lab: PhotoLab, name: str) -> str:
    return Path(f"/proc/{pid(lab)}/{name}").read_text()


def seconds_of_work(lab: PhotoLab) -> float:
    """What the child has computed so far, user and system: no matter how busy the machine is."""
    user, system = proc(lab, "stat").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def pid(lab: PhotoLab) -> int:
    process = lab._children[0]._process
    assert process is not None
    return process.pid


async def test_the_child_gives_exactly_what_the_pipeline_gives(lab, tmp_path):
    """Issue 2 item 4: from bytes or from a file, value for value."""
    block = Image.Exif()
    block.get_ifd(0x8769)[0x9003] = "2026:11:20 14:31:58"
    block.get_ifd(0x8825).update({1: "N", 2: (36.0, 39.0, 54.0), 3: "E", 4: (117.0, 1.0, 13.0)})
    data = encoded(Image.new("RGB", (900, 1200), "teal"), "JPEG", exif=block)
    expected = develop(data, STAMP, PhotoLimits(), FONT)
    assert expected.taken_at
    assert expected.position
    assert await lab.develop(data, STAMP) == expected
    file = tmp_path / "original"
    file.write_bytes(data)
    assert await lab.develop(file, STAMP) == expected


async def test_signatures_go_the_same_way(lab):
    image = Image.new("L", (300, 100), 255)
    image.paste(0, (20, 40, 280, 46))
    data = encoded(image, "PNG")
    assert await lab.check_signature(data) == check_signature_png(data)
    with pytest.raises(PhotoRefusedError, match="空白"):
        await lab.check_signature(encoded(Image.new("L", (300, 100), 255), "PNG"))


@needs_proc
async def test_every_hostile_file_is_refused_by_one_living_child_under_300_mb(lab):
    """Reliability test 20: each within 2 s, the same sentence as in process, the child none the worse."""
    await lab.develop(PHOTO, STAMP)
    child = pid(lab)
    for make, sentence in HOSTILE.values():
        data = make()
        started = seconds_of_work(lab)
        with pytest.raises(SuichaError, match=sentence):
            await lab.develop(data, STAMP)
        assert seconds_of_work(lab) - started < 2
    assert pid(lab) == child
    status = dict(line.split(":", 1) for line in proc(lab, "status").splitlines())
    assert int(status["VmHWM"].split()[0]) < 300_000
    assert (await lab.develop(PHOTO, STAMP)).width == 1200


async def test_a_file_too_large_is_refused_without_reading_all_of_it(lab, tmp_path):
    file = tmp_path / "endless"
    with file.open("wb") as target:
        target.truncate(50_000_000_000)
    with pytest.raises(TooLargeError, match="20 MB"):
        await lab.develop(file, STAMP)


async def test_a_killed_child_is_replaced_and_the_photo_is_not_lost(lab):
    """The kernel may kill a child for another's sake: the next photo does not notice."""
    await lab.develop(PHOTO, STAMP)
    killed = pid(lab)
    os.kill(killed, signal.SIGKILL)
    assert (await lab.develop(PHOTO, STAMP)).width == 1200
    assert pid(lab) != killed


async def test_a_child_that_hangs_is_killed_in_time_and_replaced():
    lab = PhotoLab(FONT, children=1, lab=LabLimits(wall_seconds=0.5))
    try:
        await lab.develop(encoded(Image.new("RGB", (64, 64)), "PNG"), STAMP)
        hung = pid(lab)
        os.kill(hung, signal.SIGSTOP)
        with pytest.raises(PhotoRefusedError, match="处理时间"):
            await lab.develop(PHOTO, STAMP)
        assert (await lab.develop(encoded(Image.new("RGB", (64, 64)), "PNG"), STAMP)).width == 64
        assert pid(lab) != hung
    finally:
        await lab.close()


def test_the_kernel_ends_a_child_that_computes_too_long():
    """4.2 item 5: the seconds are counted for this photo, by the kernel, whatever the decoder does."""
    endless = "from services.field.photo_child import _limit_processor as limit\nlimit(0)\nwhile True: pass"
    done = subprocess.run([sys.executable, "-c", endless], env={"PYTHONPATH": str(ROOT)}, timeout=30, check=False)  # noqa: S603
    assert done.returncode == -signal.SIGXCPU


async def test_a_photo_that_used_up_its_seconds_is_named_so_and_not_tried_again(lab, monkeypatch, tmp_path):
    (tmp_path / "ready").write_bytes(framed(b'{"ready": true}'))
    impostor = tmp_path / "impostor"
    impostor.write_text(f"#!/bin/sh\necho start >>'{tmp_path}/starts'\ncat '{tmp_path}/ready'\nread x\nkill -XCPU $$\n")
    impostor.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(impostor))
    with pytest.raises(PhotoRefusedError, match="处理时间"):
        await lab.develop(b"first line\n" + PHOTO, STAMP)
    assert (tmp_path / "starts").read_text() == "start\n"


async def test_memory_is_bounded_and_the_lab_lives_on():
    """4.2 item 5: a picture that needs more than the child may have is refused; others are taken."""
    lab = PhotoLab(FONT, children=1, lab=LabLimits(memory_bytes=250_000_000))
    try:
        with pytest.raises(PhotoRefusedError, match="无法解码"):
            await lab.develop(encoded(Image.new("RGB", (7000, 7000)), "PNG"), STAMP)
        assert (await lab.develop(PHOTO, STAMP)).width == 1200
    finally:
        await lab.close()


@pytest.mark.parametrize("program", ["false", "no-such-program"])
async def test_a_child_that_cannot_start_is_not_the_photos_fault(lab, monkeypatch, program):
    monkeypatch.setattr(sys, "executable", shutil.which(program) or program)
    with pytest.raises(UnavailableError, match="照片处理"):
        await lab.develop(PHOTO, STAMP)
    monkeypatch.undo()
    assert (await lab.develop(PHOTO, STAMP)).width == 1200


async def test_a_font_that_went_away_is_not_the_photos_fault(tmp_path):
    lab = PhotoLab(tmp_path / "gone.ttf", children=1)
    try:
        with pytest.raises(UnavailableError, match="照片处理"):
            await lab.develop(PHOTO, STAMP)
    finally:
        await lab.close()


@pytest.mark.parametrize(
    "answer",
    [
        framed(b"{}"),
        framed(b"[1]"),
        framed(b"[" * 60_000),
        framed(b'{"facts": {"taken_at": 7}, "display_bytes": 1}'),
        framed(b'{"refused": "no-such-code", "params": {}}'),
        framed(b'{"refused": "photo-refused", "params": {"other": 1}}'),
        b"\xff" * 4096,
        b"",
    ],
)
async def test_a_child_taken_over_can_only_spoil_its_own_photo(lab, monkeypatch, tmp_path, answer):
    """Answers are data, never code: whatever comes back, the server sees a refusal."""
    (tmp_path / "answer").write_bytes(framed(b'{"ready": true}') + answer)
    impostor = tmp_path / "impostor"
    impostor.write_text(f"#!/bin/sh\ncat '{tmp_path}/answer'\nexec cat >/dev/null\n")
    impostor.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(impostor))
    lab._children[0]._limits = LabLimits(wall_seconds=0.5)
    with pytest.raises(PhotoRefusedError):
        await lab.develop(PHOTO, STAMP)


async def test_the_loop_goes_on_while_photos_are_developed(lab):
    """Issue 7: never on the event loop."""
    work = asyncio.gather(*(lab.develop(PHOTO, STAMP) for _ in range(4)))
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    assert len(await work) == 4
    assert turns > 100


@needs_proc
async def test_the_child_has_no_secrets_and_few_rights(lab, monkeypatch):
    """A decoder taken over finds no key in its environment, may write no file and start no process."""
    monkeypatch.setenv("SUICHA_MASTER_KEY", "canary")
    await lab.develop(PHOTO, STAMP)
    assert "canary" not in proc(lab, "environ")
    limits = proc(lab, "limits")
    for name in ("Max file size", "Max processes", "Max core file size"):
        assert [line.removeprefix(name).split()[0] for line in limits.splitlines() if line.startswith(name)] == ["0"]


async def test_close_leaves_no_child_and_takes_no_photo():
    lab = PhotoLab(FONT, children=2)
    await asyncio.gather(lab.develop(PHOTO, STAMP), lab.develop(PHOTO, STAMP))
    left = [child._process.pid for child in lab._children if child._process]
    assert left
    await lab.close()
    for gone in left:
        with pytest.raises(ProcessLookupError):
            os.kill(gone, 0)
    with pytest.raises(RuntimeError):
        await lab.develop(PHOTO, STAMP)
