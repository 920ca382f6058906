"""D11: the page in the bundle checks a draw in any browser, with no network, and agrees with verify.py on each case."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from app import verify
from inspection.draw.announcement import Mode
from inspection.draw.pools import Candidate, Pools
from services.drawing.stamps import request_for
from tests.drand import page_of
from tests.tsa import new_authority, reply
from tests.unit.draw import test_changes, test_lower
from tests.unit.draw.conftest import MODES, POOLS, SECRET, build, load
from tests.unit.draw.test_verify import TAMPERING

pytestmark = pytest.mark.browser

PAGE = Path(verify.__file__).with_suffix(".html")
MASTER_HEX = bytes(range(32)).hex().encode()
DONE = "() => !['', '正在校验……'].includes(document.getElementById('outcome').textContent)"
Files = dict[str, bytes]


@pytest.fixture
async def page(chromium: Browser):
    """The page as an auditor opens it: from the disk, with no network at all."""
    context = await chromium.new_context(offline=True)
    found = await context.new_page()
    asked: list[str] = []
    found.on("request", lambda request: asked.append(request.url))
    await found.goto(PAGE.as_uri())
    yield found
    await context.close()
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []


async def judged(page: Page, uploads: list[tuple[str, bytes]] | Path) -> tuple[str, list[str]]:
    """Give the page's verdict and its lines; of files, or of a folder that is chosen whole."""
    await page.evaluate("document.getElementById('outcome').textContent = ''")
    if isinstance(uploads, Path):
        await page.set_input_files("#folder", uploads)
    else:
        payloads = [{"name": name, "mimeType": "application/octet-stream", "buffer": data} for name, data in uploads]
        await page.set_input_files("#files", payloads)
    await page.wait_for_function(DONE)
    return await page.inner_text("#outcome"), await page.locator("#lines li").all_inner_texts()


def python_lines(files: Files) -> list[str]:
    report = verify.check(files)
    return [f"✓ {line}" for line in report.lines] + [f"✗ {where}：{what}" for where, what in report.findings]


def zipped(files: Files, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("name", MODES)
async def test_the_vectors_pass_with_the_same_words(page, name):
    """D11: hashes, seed, counts and Merkle root in every line are those that Python computes."""
    files = load(name)
    verdict, lines = await judged(page, list(files.items()))
    assert verdict.startswith("通过")
    assert lines == python_lines(files)
    assert any("默克尔根" in line for line in lines)


async def test_a_zip_with_the_checkers_in_it_passes(page):
    """D11: what the console exports is dropped on the page as it is, packed or stored."""
    files = build() | {"check/verify.py": b"#", "check/verify.html": b"<!doctype html>"}
    for compression in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        verdict, lines = await judged(page, [("抽取包.zip", zipped(files, compression))])
        assert verdict.startswith("通过")
        assert lines == python_lines(files)


async def test_a_timestamp_is_read_alike(page, tmp_path):
    """D4, D11: the hour of a timestamp, somebody else's timestamp and no timestamp at all: page and program agree."""
    files = build()
    new_authority(tmp_path)
    own, other = (reply(tmp_path, request_for(data).as_bytes()) for data in (files["announcement.json"], b"other"))
    for stamp, verdict in ((own, "通过"), (other, "不通过"), (own[:-40], "不通过"), (b"none", "不通过")):
        told, lines = await judged(page, list((files | {"announcement.tsr": stamp}).items()))
        assert told.startswith(verdict)
        assert lines == python_lines(files | {"announcement.tsr": stamp})


async def test_a_public_round_is_judged_alike(page):
    """D2, D11: the round's own page, none, another round's, a forged one, a round that was out before the freeze."""
    value = page_of(7)["randomness"]
    told = {
        "source": "彩票", "url": "https://example/7", "round": 7, "at": "2026-11-20T10:00:00+08:00",
        "value_at": "randomness", "round_at": "round", "genesis": 1795139820, "period": 30,
    }  # fmt: skip
    values = {"server": SECRET, "监督员": "31445", "彩票": value}
    files = build(values=values, further={"beacon": told})
    early = build(values=values, further={"beacon": {**told, "at": "2026-11-20T09:00:00+08:00", "genesis": 1795136220}})
    for case in (
        files | {"beacon.json": json.dumps(page_of(7)).encode()},
        files,
        files | {"beacon.json": json.dumps(page_of(8)).encode()},
        files | {"beacon.json": json.dumps({**page_of(7), "round": 8}).encode()},
        files | {"beacon.json": json.dumps({**page_of(7), "signature": "zz"}).encode()},
        early,
    ):
        verdict, lines = await judged(page, list(case.items()))
        assert verdict.startswith("通过") == (not verify.check(case).findings)
        assert lines == python_lines(case)
        assert "公开随机源" in "".join(lines) or verdict == "不通过"


async def test_odd_characters_are_ordered_and_hashed_alike(page):
    """D4: ids beyond the basic plane sort by their bytes, which is not how a browser compares texts."""
    ids = ["\uff5e", "\U0002000b", "\U0001f600", "é", "\ue000", "z", "T\ufeff"]
    pools = Pools(
        candidates=tuple(Candidate(id=one, stratum="层", tickets=3) for one in ids), inspectors=POOLS.inspectors
    )
    files = build(pools, quotas={"层": 3}) | {"master.hex": MASTER_HEX}
    verdict, lines = await judged(page, list(files.items()))
    assert verdict.startswith("通过")
    assert lines == python_lines(files)


@pytest.mark.timeout(300)
async def test_every_kind_of_tampering_is_found_by_both_at_the_same_place(page):
    """D4, E5, D11: page and program find the same first fault, and say the same of it."""
    files = build()
    for case, (change, _, _) in TAMPERING.items():
        tampered = change(files)
        expected = python_lines(tampered)[-1]
        verdict, lines = await judged(page, list(tampered.items()))
        assert verdict == "不通过", case
        place = expected.split("应为 {")[0]
        place = place.split("（")[0] if "文件格式" in place else place
        assert lines[-1].startswith(place), case


async def test_draws_dispatched_down_and_their_record_are_recomputed_alike(page):
    """D6, E1-E5, D11: parts and changes as verify.py finds them: the true ones, and each that was tampered with."""
    whole = test_lower.dispatched(build)
    entries = test_changes.entries_of(whole)
    true = test_changes.recorded(whole, entries)
    verdict, lines = await judged(page, [("抽取包.zip", zipped(true))])
    assert verdict.startswith("通过")
    assert lines == python_lines(true)
    cases = [change(whole) for change, _, _ in test_lower.TAMPERED.values()]
    for place, change, _ in test_changes.TAMPERED.values():
        changed = [change(one) if number == place else one for number, one in enumerate(entries)]
        cases.append(test_changes.recorded(whole, changed))
    cases.append(true | {"record.jsonl": true["record.jsonl"].replace(b'"number":2', b'"number":2,"number":2')})
    cases.append(true | {"record.jsonl": true["record.jsonl"][:-1]})
    for files in cases:
        verdict, lines = await judged(page, [("抽取包.zip", zipped(files))])
        assert verdict == "不通过"
        assert lines[:-1] == python_lines(files)[:-1]
        assert lines[-1].split("应为")[0] == python_lines(files)[-1].split("应为")[0]


async def test_an_unpacked_bundle_is_chosen_as_a_folder(page, tmp_path):
    """D6, D11: the lists of the parts lie in folders of their own; loose files lack them and are said to, by name."""
    files = test_lower.dispatched(build)
    folder = tmp_path / "unpacked"
    for name, data in (files | {"check/verify.py": b"#"}).items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    verdict, lines = await judged(page, folder)
    assert verdict.startswith("通过")
    assert lines == python_lines(verify.read_bundle(folder)) == python_lines(files)
    part = next(name for name in files if name.startswith("lower/"))
    (folder / part).unlink()
    verdict, lines = await judged(page, folder)
    assert verdict == "不通过"
    assert lines == python_lines(verify.read_bundle(folder))
    assert lines[-1] == f"✗ {part}：文件缺失"

    loose = [(name.rpartition("/")[2], data) for name, data in files.items()]
    top = [(name, data) for name, data in files.items() if "/" not in name]
    for uploads, words in (
        (top, f"✗ {part}：文件缺失"),
        (loose, "选中的文件里有不止一个 inspectors.tsv，分不清各在哪个文件夹"),
        ([("照片.jpg", b"x")], "没有选中抽取包的文件（例如 announcement.json）"),
    ):
        verdict, lines = await judged(page, uploads)
        assert not verdict.startswith("通过")
        assert words in "\n".join([verdict, *lines])


async def test_a_folder_dropped_on_the_page_is_not_taken_for_a_file(page, tmp_path):
    """D11: the page says how a folder is chosen; a ZIP dropped on it is checked."""
    box = await page.locator("#drop").bounding_box()
    cdp = await page.context.new_cdp_session(page)
    (tmp_path / "bundle.zip").write_bytes(zipped(build()))
    for dropped, words in ((tmp_path, "选择整个文件夹"), (tmp_path / "bundle.zip", "通过")):
        await page.evaluate("document.getElementById('outcome').textContent = ''")
        there = {"x": box["x"] + 9, "y": box["y"] + 9}
        data = {"items": [], "files": [str(dropped)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            await cdp.send("Input.dispatchDragEvent", {"type": kind, **there, "data": data})
        await page.wait_for_function(DONE)
        assert words in await page.inner_text("#outcome")


@pytest.mark.parametrize("mode", list(Mode))
async def test_a_swapped_result_is_found_in_every_mode(page, mode):
    """D11: the seed of one draw does not carry the result of another."""
    one, other = build(mode=mode), build(mode=mode, values={"server": "5a" * 32, "监督员": "1", "彩票": "2"})
    verdict, lines = await judged(page, list((one | {"result.json": other["result.json"]}).items()))
    assert verdict == "不通过"
    assert "result.json" in lines[-1]


async def test_hostile_and_broken_zips_are_not_opened(page):
    """D11: names that leave the folder, damaged members and foreign files are refused in one sentence."""
    stored = zipped(build(), zipfile.ZIP_STORED)
    for data, words in (
        (zipped(build() | {"../x": b"x"}), "不安全"),
        (stored.replace(b"yearly-limit", b"yearly-limiT", 1), "已损坏"),
        (b"no zip at all", "不是 ZIP"),
        (stored[:-1000], "无法校验"),
        (zipped(build(), zipfile.ZIP_LZMA), "压缩方法"),
    ):
        verdict, lines = await judged(page, [("bundle.zip", data)])
        assert verdict.startswith("无法校验")
        assert words in verdict
        assert lines == []
