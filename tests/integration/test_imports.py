"""What a file does to the registers (A4, B5, B11-B14, C1, M1), on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from app import samples
from inspection.actors import SYSTEM
from inspection.errors import InvalidInputError
from models.database import Database
from models.people import AuditEntry, Department, Grant, Inspector, Member
from models.registers import Contact, ImportReport, Item, PlanEntry, Target
from models.sheets import write_csv
from tests.conftest import Clock
from tests.office import Office, house_of, sample_csv
from tests.tables import new_sqlite

KINDS = ("targets", "inspectors", "items", "plan")
TABLES = (Target, Member, Inspector, Item, PlanEntry, Department, Grant, ImportReport, AuditEntry)


async def counts(office: Office) -> list[int]:
    return [await office.count(table) for table in TABLES]


def people(*changed: Sequence[str]) -> bytes:
    return write_csv(samples.INSPECTOR_HEADERS, changed)


def one(userid: str, **cells: str) -> list[str]:
    """A member's row of the samples with some cells changed, by header."""
    row = next(row for row in samples.sample_inspectors() if row[6] == userid)
    return [cells.get(header, cell) for header, cell in zip(samples.INSPECTOR_HEADERS, row, strict=True)]


async def test_the_same_file_again_changes_nothing(office: Office) -> None:
    """B5: all four kinds: everything unchanged, nothing added, the report itself aside."""
    for kind in KINDS:
        report = await office.import_file(kind, sample_csv(kind))
        assert (report["added"], report["changed"], report["rejected_count"]) == (0, 0, 0), kind
        assert report["unchanged"] == report["read"] > 0
        assert report["departments_added"] == []


async def test_one_changed_row_is_one_changed_row(office: Office) -> None:
    """B5: an address, a skill, a basis and a ratio: one row each is counted and written."""
    rows = samples.sample_targets()
    rows[0] = [*rows[0][:6], "演示市演示区新路9号", *rows[0][7:]]
    items, plan = samples.sample_items(), samples.sample_plan(2026)
    items[0][8], plan[1][3] = "《新的依据》", "30%"
    for kind, data in {
        "targets": write_csv(samples.TARGET_HEADERS, rows),
        "inspectors": people(one("market01", 业务专长="食品、计量"), one("market02")),
        "items": write_csv(samples.ITEM_HEADERS, items),
        "plan": write_csv(samples.PLAN_HEADERS, plan),
    }.items():
        report = await office.import_file(kind, data)
        assert (report["added"], report["changed"]) == (0, 1), kind
    assert await office.all(select(Target.address).where(Target.code == rows[0][1])) == ["演示市演示区新路9号"]
    assert await office.all(select(Inspector.skills).where(Inspector.staff_no == "MARKET01")) == [["计量", "食品"]]


async def test_a_wrong_row_stays_out_and_the_rest_goes_in(office: Office) -> None:
    """B5: row, field, value and reason of each; the counts add up."""
    good, bad, again = samples.sample_targets(303)[300:]
    bad = [*bad[:1], bad[1][:-1] + ("0" if bad[1][-1] != "0" else "1"), *bad[2:]]
    report = await office.import_file("targets", write_csv(samples.TARGET_HEADERS, [good, bad, good, again]))
    assert (report["read"], report["added"], report["rejected_count"]) == (4, 2, 2)
    assert [(line["row"], line["field"], line["value"]) for line in report["rejected"]] == [
        (3, "统一社会信用代码", bad[1]),
        (4, "统一社会信用代码", good[1]),
    ]
    assert all(line["reason"] for line in report["rejected"])
    assert await office.count(Target, Target.code == bad[1]) == 0


async def test_a_dry_run_counts_and_changes_nothing(office: Office) -> None:
    """B5: also a new department and a new member of it are gone afterwards; no report, no audit row."""
    before = await counts(office)
    rows = samples.sample_targets(310)
    report = await office.import_file("targets", write_csv(samples.TARGET_HEADERS, rows), dry_run=True)
    assert (report["added"], report["unchanged"], report["id"]) == (10, 300, None)
    new = one("market01", 工号="CULTURE01", 企业微信账号="culture01", 部门="文化和旅游局")
    report = await office.import_file("inspectors", people(new), dry_run=True)
    assert (report["added"], report["departments_added"]) == (1, ["文化和旅游局"])
    assert await counts(office) == before


async def test_names_of_departments_meet_by_meaning(office: Office) -> None:
    """B5: 市监局 and 市场监督管理局 are one; a name of nobody's is a new department, and the report says so."""
    known = await office.count(Department)
    report = await office.import_file("inspectors", people(one("market01", 部门="市监局")))
    assert report["unchanged"] == 1
    report = await office.import_file("inspectors", people(one("market01", 部门="文化和旅游局")))
    assert (report["changed"], report["departments_added"]) == (1, ["文化和旅游局"])
    assert await office.count(Department) == known + 1


async def test_one_account_is_one_person(office: Office) -> None:
    """B11: a second staff number for an account is a rejected row, and the rest of the file goes in."""
    rows = (one("market01", 工号="MARKET99"), one("market02", 业务专长="食品、计量"))
    report = await office.import_file("inspectors", people(*rows))
    assert [(line["row"], line["field"], line["value"]) for line in report["rejected"]] == [
        (2, "企业微信账号", "market01")
    ]
    assert "MARKET01" in report["rejected"][0]["reason"]
    assert report["changed"] == 1


async def test_roles_are_exactly_those_of_the_file(office: Office) -> None:
    """T4: a role that the file no longer gives is taken away; who leaves is inactive at once."""
    member = (await office.all(select(Member.id).where(Member.userid == "market13")))[0]
    await office.import_file("inspectors", people(one("market13", 角色="监督员"), one("market01", 状态="离职")))
    assert await office.all(select(Grant.role).where(Grant.member_id == member)) == ["observer"]
    assert await office.all(select(Member.userid).where(~Member.active)) == ["market01"]


async def test_the_certified_need_their_certificate(office: Office) -> None:
    """B11: no number or no date: rejected, with the certificate number never shown in full (M1)."""
    report = await office.import_file(
        "inspectors", people(one("market01", 执法证号=""), one("market02", 执法证有效期至="明年"), one("market03"))
    )
    assert (report["rejected_count"], report["unchanged"]) == (2, 1)
    long = "演示证号" + "9" * 400
    report = await office.import_file("inspectors", people(one("market04", 执法证号=long, 执法证有效期至="")))
    assert long not in str(report)


async def test_contacts_are_kept_and_changed(office: Office) -> None:
    """B3: whom to reach comes with the register, and a newer file's word stands."""
    headers = [*samples.TARGET_HEADERS, "法定代表人", "联系电话"]
    row = samples.sample_targets(1)[0]
    for name, phone in (("演示业主甲", "13800000001"), ("演示业主乙", "13800000002")):
        await office.import_file("targets", write_csv(headers, [[*row, name, phone]]))
        (found,) = await office.all(select(Contact))
        assert (found.name, found.phone) == (name, phone)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_without_the_header_is_refused(office: Office, kind: str) -> None:
    """A4: another kind's file, or a kind that there is not, changes nothing."""
    before = await counts(office)
    with pytest.raises(InvalidInputError):
        await office.import_file(kind, write_csv(("甲", "乙"), [["1", "2"]]))
    with pytest.raises(InvalidInputError, match="导入类型"):
        await office.import_file("nothing", sample_csv(kind))
    assert await counts(office) == before


async def test_an_import_is_on_record(office: Office) -> None:
    """L2: which file, by digest, with its counts; the rejected rows in the report."""
    before = await office.count(AuditEntry, AuditEntry.act == "import")
    report = await office.import_file("plan", sample_csv("plan"))
    (row,) = await office.all(select(ImportReport).where(ImportReport.id == report["id"]))
    assert row.report["unchanged"] == report["unchanged"]
    assert await office.count(AuditEntry, AuditEntry.act == "import") == before + 1


async def test_no_personal_data_lies_open_on_the_disk(tmp_path: Path, clock: Clock) -> None:
    """M1: names, telephones and certificate numbers of every member and contact: in no byte of database or WAL."""
    database = Database(new_sqlite(tmp_path / "plain.db"))
    office = Office(database=database, house=house_of(tmp_path / "blobs"), clock=clock)
    await office.import_samples()
    headers = [*samples.TARGET_HEADERS, "法定代表人", "联系电话"]
    contact = [*samples.sample_targets(1)[0], "演示业主甲", "13800009999"]
    await office.import_file("targets", write_csv(headers, [contact]))
    rejected = people(one("market04", 手机号="1380000x304"), one("market05", 执法证有效期至="看不懂"))
    assert (await office.import_file("inspectors", rejected))["rejected_count"] == 2
    secrets = {cell for row in samples.sample_inspectors() for cell in (row[1], row[5], row[7]) if cell}
    secrets |= {"演示业主甲", "13800009999", "1380000x304"}
    on_disk = all_bytes(tmp_path)
    assert len(secrets) > 150
    assert len(on_disk) > 100_000
    assert [one for one in sorted(secrets) if one.encode() in on_disk] == []
    async with office.act(SYSTEM) as act:  # and they are all there for who may read them
        names = set(await act.db.scalars(select(Member.name)))
    assert {row[1] for row in samples.sample_inspectors()} == names
    await database.close()


def all_bytes(folder: Path) -> bytes:
    """Database, WAL and blobs: all that is ever left on the disk."""
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
