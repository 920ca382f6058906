"""B5: every register out and in again, CSV and XLSX, on both databases: nothing added, changed, vanished or refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from inspection.checklists import standard_form
from inspection.errors import InvalidInputError
from inspection.item_rules import ItemBody
from models.lists import ItemVersion
from models.people import AuditEntry, Department, Grant, Inspector, Member
from models.registers import Item, PlanEntry, Target
from models.sheets import open_sheet, write_csv
from models.store import lists as store
from services.planning import item_lists
from services.planning.item_lists import ItemOrder
from services.registers import exports
from tests.office import COORDINATOR, Office

KINDS = ("targets", "credit", "inspectors", "items", "plan")
TABLES = (Target, Member, Grant, Inspector, Item, ItemVersion, PlanEntry, Department)
KEYS = ("added", "changed", "vanished", "rejected_count")


async def out(office: Office, kind: str, form: str) -> bytes:
    async with office.act() as act:
        if form == "xlsx":
            return await exports.as_xlsx(act, kind)
        return b"".join([piece async for piece in exports.as_csv(act, kind)])


async def everything(office: Office) -> list[Any]:
    rows = []
    async with office.act() as act:
        for table in TABLES:
            columns = [one for one in table.__table__.columns if one.name != "digest"]  # of the file's own layout
            found = await act.db.execute(select(*columns).order_by(*table.__table__.primary_key))
            rows.append([tuple(row) for row in found.all()])
    return rows


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_out_and_in_again(office: Office, form: str) -> None:
    """B5: all five kinds; not one cell of any table differs, and a formula comes out disarmed and goes in as it was."""
    nasty = "=HYPERLINK(1)"
    await office.import_file("credit", write_csv(["统一社会信用代码", "信用风险分类"], await some_classes(office)))
    header = ["任务名称", "抽查事项", "抽查比例", "抽查频次", "起止时间", "发起部门", "配合部门"]
    row = [nasty, "+演示", "三级≥50%;二级≥30%", "每季度1次", "2026年3月-11月", "市监局", "卫健委、教育部门"]
    await office.import_file("plan", write_csv(header, [row]))
    before = await everything(office)
    for kind in KINDS:
        data = await out(office, kind, form)
        report = await office.import_file(kind, data, f"导出.{form}")
        assert report["read"] > 0, kind
        assert [report[key] for key in KEYS] == [0, 0, 0, 0], (kind, report["rejected"][:2], report["examples"])
        assert (report["unknown_columns"], report["departments_added"]) == ([], []), kind
        after = await everything(office)
        assert [one.__tablename__ for one, x, y in zip(TABLES, before, after, strict=True) if x != y] == [], kind
    assert nasty in {row[0] for row in open_sheet("计划", await out(office, "plan", form))}
    assert f"\r\n'{nasty}," in (await out(office, "plan", "csv")).decode("utf-8-sig")


async def some_classes(office: Office) -> list[list[str]]:
    codes = await office.all(select(Target.code).order_by(Target.code).limit(40))
    return [[code, "ABCD"[place % 4]] for place, code in enumerate(codes)]


async def test_a_list_changed_by_hand_comes_out_as_it_stands(office: Office) -> None:
    """A10, B5: an item renamed and one written by hand are exported, found again, and a mended cell is one version."""
    async with office.act() as act:
        joint = await store.joint_list(act.db)
        assert joint is not None
        (first, *_) = await store.in_force_on(act.db, date.max, joint.id)
        body = replace(ItemBody.from_data(first.body), name="改了名的演示检查", ratio="5%", level="市县(区)级")
        form = standard_form("别的表", "问题", "").as_data()
        order = ItemOrder(body=body, department_id=first.department_id, partner_ids=tuple(first.partner_ids), form=form)
        await item_lists.draft_change(act, joint.id, first.item_id, order)
        by_hand = ItemBody(name="手工填报的演示检查", item_class="一般", ratio="3%", frequency="1次/年", note="@备注")
        await item_lists.draft_items(act, joint.id, [ItemOrder(body=by_hand)])
        await item_lists.publish(act, joint.id, date(2026, 3, 2), "调整")
    before = await everything(office)
    data = await out(office, "items", "csv")
    report = await office.import_file("items", data)
    assert [report[key] for key in KEYS] == [0, 0, 0, 0], report["examples"]
    assert await everything(office) == before
    mended = data.decode("utf-8-sig").replace("5%", "8%")
    report = await office.import_file("items", mended.encode())
    assert (report["added"], report["changed"]) == (0, 1)
    assert report["examples"]["changed"][0]["name"] == "改了名的演示检查"
    query = select(ItemVersion).where(ItemVersion.item_id == first.item_id).order_by(ItemVersion.number)
    versions = await office.all(query)
    assert [(one.number, one.body["ratio"]) for one in versions][-2:] == [(2, "5%"), (3, "8%")]
    assert versions[-1].form == form  # the form that somebody made for it stays


async def test_members_go_out_on_record(office: Office) -> None:
    """M1, L2: the export of members is an act in the audit; the others are reading."""
    for kind in KINDS:
        await out(office, kind, "csv")
    assert await office.all(select(AuditEntry.subject).where(AuditEntry.act == "export")) == ["register:inspectors"]
    async with office.act(COORDINATOR) as act:
        with pytest.raises(InvalidInputError):
            await exports.as_xlsx(act, "dragons")


@pytest.mark.parametrize("kind", ["inspectors", "items", "plan"])
async def test_a_dry_run_names_what_would_change(office: Office, kind: str) -> None:
    """B5: which rows are new, and which cells of which rows differ; a member is named by his number alone."""
    rows = list(open_sheet("导出", await out(office, kind, "csv")))
    header, first = rows[0], rows[1]
    column = {"inspectors": "职务", "items": "抽查方式", "plan": "检查方式"}[kind]
    first[header.index(column)] = "网络监测"
    report = await office.import_file(kind, write_csv(header, [first]), dry_run=True)
    assert [report[key] for key in KEYS] == [0, 1, 0, 0]
    (example,) = report["examples"]["changed"]
    if kind == "inspectors":
        assert example == {"code": first[header.index("工号")], "name": ""}
    else:
        assert [one["after"] for one in example["fields"]] == ["网络监测"]
