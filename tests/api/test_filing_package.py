"""The papers of a filing over real HTTP: on paper in duplicate, electronically, with proof of publication (L3)."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import Any

import aiohttp
import openpyxl
from sqlalchemy import select

from models.people import AuditEntry
from tests.api.conftest import Building, answer, ok
from tests.office import COORDINATOR

ITEM = {"name": "公共场所空气质量检查", "item_class": "一般", "ratio": "5%", "frequency": "1次/年", "basis": "条例"}
HEALTH, INSPECTOR = "health13", "health01"


async def published(browser: aiohttp.ClientSession, name: str, valid_from: str) -> str:
    """A department's list, published from that day on; gives the change."""
    made = await ok(browser, "POST", "/api/console/lists", json={"name": name, "kind": "department"})
    await ok(browser, "POST", f"/api/console/lists/{made['id']}/items", json={"items": [ITEM]})
    order = {"valid_from": valid_from, "reason": "新增"}
    return (await ok(browser, "POST", f"/api/console/lists/{made['id']}/publish", json=order))["change_id"]


def taken_apart(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def sheet(data: bytes) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True))


async def test_a_department_hands_in_paper_files_and_proof(each_house: Building) -> None:
    """L3, A11, M1: two copies for the seal, the tables, the public page with its hash; who took people out is noted."""
    health, office = await each_house.as_member(HEALTH), await each_house.as_member(COORDINATOR)
    change = await published(health, "卫生健康局抽查事项清单", "2026-03-02")
    path = f"/api/console/list-changes/{change}/package"
    for browser in (health, office):
        files = taken_apart(await ok(browser, "POST", path, json={}))
    for line in files.pop("SHA256SUMS").decode().splitlines():
        digest, name = line.split("  ", 1)
        assert hashlib.sha256(files[name]).hexdigest() == digest
    by_name = {name.rsplit("/", 1)[1]: data for name, data in files.items()}
    for name in ("随机抽查事项清单.pdf", "网站公开证明.pdf"):
        assert by_name[name].startswith(b"%PDF")
        assert b"pdfaid" in by_name[name]
    assert sheet(by_name["随机抽查事项清单.xlsx"])[1][1] == ITEM["name"]
    head, *staff = sheet(by_name["执法检查人员名录.xlsx"])
    assert ("手机号" in head, {row[2] for row in staff}, len(staff)) == (False, {"卫生健康局"}, 15)
    public = await ok(each_house.browser(), "GET", "/public/items")
    assert by_name["公开页面.html"] == public
    assert ITEM["name"].encode() in public
    assert by_name["检查对象名录.csv"].decode("utf-8-sig").count("\n") == 301
    async with each_house.office.act(COORDINATOR) as act:
        acts = [row.act for row in await act.db.scalars(select(AuditEntry).where(AuditEntry.act == "list-package"))]
        assert len(acts) == 2


async def test_who_may_not_and_what_is_not_public_yet(each_house: Building) -> None:
    """L3, M1: not another department, not an inspector, not before anybody can read it on the web."""
    health = await each_house.as_member(HEALTH)
    later = await published(health, "卫生健康局明年清单", "2026-12-01")
    path = f"/api/console/list-changes/{later}/package"
    assert (await answer(health, "POST", path, json={}))[0] == 409
    assert (await answer(health, "POST", "/api/console/list-changes/x/package", json={}))[0] == 404
    for who in ("market13", INSPECTOR):
        assert (await answer(await each_house.as_member(who), "POST", path, json={}))[0] == 403
