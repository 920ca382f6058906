"""B3-B6, B9, N1: files against the register, on both databases: added, changed, unchanged, vanished, rejected."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from inspection.actors import SYSTEM
from inspection.credit_code import compose
from inspection.errors import InvalidInputError, NotFoundError
from models.database import Database
from models.registers import Contact, ImportRejects, Target
from models.sheets import open_sheet, write_csv, write_xlsx
from services.act import Act
from services.imports import read_file, rejects_of, run_import
from services.registers import exports, search
from tests.conftest import Clock
from tests.office import house_of

CODES = [compose("91379999", f"MA{number:06d}") for number in range(40)]
HEADER = ["统一社会信用代码", "企业名称", "注册地址", "登记状态", "行业代码", "监管标签", "法定代表人", "联系电话"]
KEYS = ("read", "added", "changed", "unchanged", "vanished", "rejected_count")


def always(_number: int) -> bool:
    return True


def never(_number: int) -> bool:
    return False


class Desk:
    """Somebody who imports, one transaction a file."""

    def __init__(self, database: Database, clock: Clock, folder: Path) -> None:
        self.database, self.clock, self.house = database, clock, house_of(folder)

    @asynccontextmanager
    async def act(self) -> AsyncIterator[Act]:
        async with self.database.write() as db:
            yield Act(db=db, actor=SYSTEM, now=self.clock(), house=self.house)

    async def send(self, data: bytes | Path, kind: str = "targets", **how: Any) -> dict[str, Any]:
        async with self.act() as act:
            file = await asyncio.to_thread(read_file, kind, "名录.csv", data)
            return (await run_import(act, file, **how)).as_data()

    async def counts(self, data: bytes | Path, kind: str = "targets", **how: Any) -> tuple[int, ...]:
        report = await self.send(data, kind, **how)
        return tuple(report[key] for key in KEYS)

    async def rows(self, query: Any) -> list[Any]:
        async with self.database.read() as db:
            return list((await db.execute(query)).all())


@pytest.fixture
def desk(database: Database, clock: Clock, tmp_path: Path) -> Desk:
    return Desk(database, clock, tmp_path)


def line(number: int, **changed: str) -> list[str]:
    cells = [CODES[number], f"演示{number}号店", f"演示路{number}号", "存续", "F5212", "重点"]
    people = [f"演示甲{number}", f"138000000{number:02d}"]
    values = dict(zip(HEADER, [*cells, *people], strict=True))
    return [{**values, **changed}[title] for title in HEADER]


def table(*rows: list[str], header: list[str] = HEADER) -> bytes:
    return write_csv(header, rows)


async def test_added_unchanged_changed_vanished(desk: Desk) -> None:
    """B9: the four counts, and nothing is ever deleted."""
    assert await desk.counts(table(*map(line, range(10)))) == (10, 10, 0, 0, 0, 0)
    assert await desk.counts(table(*map(line, range(10)))) == (10, 0, 0, 10, 0, 0)
    second = table(line(0, 注册地址="新址"), *map(line, range(1, 8)), line(20))
    report = await desk.send(second)
    assert tuple(report[key] for key in KEYS) == (9, 1, 1, 7, 2, 0)
    assert report["examples"]["changed"] == [
        {
            "code": CODES[0],
            "name": "演示0号店",
            "fields": [{"field": "address", "before": "演示路0号", "after": "新址"}],
        }
    ]
    assert [one["code"] for one in report["examples"]["vanished"]] == sorted([CODES[8], CODES[9]])
    assert len(await desk.rows(select(Target.id))) == 11


async def test_what_vanished_belongs_to_a_list(desk: Desk) -> None:
    """B9: another list misses nothing of the first; a target keeps the list that brought it."""
    await desk.send(table(*map(line, range(4))), source="甲名录")
    assert await desk.counts(table(*map(line, range(3, 6))), source="乙名录") == (3, 2, 0, 1, 0, 0)
    assert await desk.counts(table(line(0)), source="甲名录") == (1, 0, 0, 1, 3, 0)
    assert await desk.counts(table(line(4)), source="乙名录") == (1, 0, 0, 1, 1, 0)


async def test_another_layout_of_the_same_facts_changes_nothing(desk: Desk) -> None:
    """B5: columns in another order, fewer of them, dates and codes written otherwise: compared by value."""
    await desk.send(table(*map(line, range(3))))
    fewer = table(*[[f"演示{n}号店", CODES[n].lower()] for n in range(3)], header=["名称", "信用代码"])
    assert await desk.counts(fewer) == (3, 0, 0, 3, 0, 0)
    assert await desk.counts(write_xlsx(HEADER[::-1], [line(n)[::-1] for n in range(3)])) == (3, 0, 0, 3, 0, 0)
    ((address,),) = await desk.rows(select(Target.address).where(Target.code == CODES[1]))
    assert address == "演示路1号"


async def test_people_are_encrypted_and_their_change_counts(desk: Desk) -> None:
    """B3, M1: another telephone is a change; on the disk it cannot be read."""
    await desk.send(table(line(1)))
    assert await desk.counts(table(line(1, 联系电话="13800000099"))) == (1, 0, 1, 0, 0, 0)
    ((name, phone),) = await desk.rows(select(Contact.name, Contact.phone))
    assert (name, phone) == ("演示甲1", "13800000099")
    ((sealed,),) = await desk.rows(text("SELECT phone FROM contacts"))
    assert b"13800000099" not in bytes(sealed)


async def test_a_dry_run_tells_and_changes_nothing(desk: Desk) -> None:
    """B5: what would change, by name and field; afterwards the real run finds the same."""
    await desk.send(table(line(1)))
    other = table(line(1, 登记状态="注销"), line(2))
    dry = await desk.send(other, dry_run=True)
    assert await desk.rows(select(Target.code, Target.status)) == [(CODES[1], "open")]
    real = await desk.send(other)
    assert [dry[key] for key in KEYS] == [real[key] for key in KEYS] == [2, 1, 1, 0, 0, 0]
    assert dry["examples"] == real["examples"]


async def test_rejects_are_mended_and_imported_again(desk: Desk) -> None:
    """B5: the file has every wrong row as it stood, with its reason; mended it goes in, and nothing vanishes by it."""
    wrong = table(
        line(1), line(2, 登记状态="不明"), line(3, 行业代码="A52"), line(4, 企业名称="=HYPERLINK(1)", 联系电话="138")
    )
    report = await desk.send(wrong)
    assert tuple(report[key] for key in KEYS) == (4, 2, 0, 0, 0, 2)
    async with desk.act() as act:
        name, data = await rejects_of(act, report["id"])
    assert name == "名录-未导入.csv"
    header, *rows = list(open_sheet(name, data))
    assert (header, [row[0] for row in rows]) == ([*HEADER, "未导入原因"], [CODES[2], CODES[3]])
    assert rows[0][-1].startswith("登记状态：看不懂登记状态“不明”")
    mended = write_csv(header, [[cell.replace("不明", "存续").replace("A52", "F52") for cell in row] for row in rows])
    assert await desk.counts(mended) == (2, 2, 0, 0, 0, 0)


async def test_rejects_are_sealed_and_forgotten(desk: Desk, clock: Clock) -> None:
    """M1: rejected rows may hold telephones: encrypted, gone after 30 days, and no spreadsheet runs them."""
    report = await desk.send(table(line(1, 登记状态="不明", 企业名称="=1+1")))
    ((sealed,),) = await desk.rows(text("SELECT data FROM import_rejects"))
    assert bytes(sealed)[:1] == b"1"
    async with desk.act() as act:
        _, data = await rejects_of(act, report["id"])
    assert ",'=1+1," in data.decode("utf-8-sig")
    clock.advance(days=31)
    async with desk.act() as act:
        with pytest.raises(NotFoundError):
            await rejects_of(act, report["id"])
    await desk.send(table(line(2)))
    assert await desk.rows(select(ImportRejects.report_id)) == []


async def test_exports_import_again_unchanged(desk: Desk) -> None:
    """B5: CSV and XLSX of a register with every kind of target, formulas and labels in it."""
    await desk.send(
        table(line(1, 企业名称="=1+1", 监管标签="投诉、重点"), line(2, 企业名称="'=2"), line(3, 登记状态="迁出"))
    )
    others = [["产品", "演示饼干", "演示厂", "1234567890123"], ["个体工商户", "演示摊", "", "37999900000001"]]
    number = "1234567890123"
    await desk.send(
        write_csv(["检查对象类别", "名称", "生产单位", "注册号"], [[*others[0][:3], ""], [*others[1][:3], number]])
    )
    before = await desk.rows(select(Target.code, Target.name, Target.labels, Target.extra).order_by(Target.code))
    async with desk.act() as act:
        made = [b"".join([one async for one in exports.as_csv(act, "targets")]), await exports.as_xlsx(act, "targets")]
    for data in made:
        assert await desk.counts(data) == (5, 0, 0, 5, 0, 0)
    assert before == await desk.rows(
        select(Target.code, Target.name, Target.labels, Target.extra).order_by(Target.code)
    )


@pytest.mark.parametrize("kind", ["targets", "credit", "inspectors", "items", "plan"])
async def test_templates_are_empty_files_of_their_kind(desk: Desk, kind: str) -> None:
    """B5: a template has every column, required ones are marked, and an empty one imports as nothing."""
    assert (await desk.counts(exports.template(kind), kind))[:2] == (0, 0)
    with pytest.raises(InvalidInputError):
        exports.template("dragons")


async def test_credit_classes_in_bulk(desk: Desk) -> None:
    """N1, N3: changed by code; who is not in the register is rejected and not made; the register's file keeps them."""
    await desk.send(table(*map(line, range(3))))
    classes = write_csv(["统一社会信用代码", "信用风险分类"], [[CODES[0], "D"], [CODES[1], "a类"], [CODES[30], "B"]])
    assert await desk.counts(classes, "credit") == (3, 0, 2, 0, 0, 1)
    assert await desk.counts(classes, "credit") == (3, 0, 0, 2, 0, 1)
    assert await desk.counts(table(*map(line, range(3)))) == (3, 0, 0, 3, 0, 0)
    rows = await desk.rows(select(Target.credit_class).order_by(Target.code))
    assert sorted(one for (one,) in rows) == ["", "A", "D"]


async def test_a_file_that_breaks_in_the_middle_changes_nothing(desk: Desk) -> None:
    """B5: an unbalanced quote in the last of many blocks undoes every block before it; the index is there."""
    rows = [[compose("91379999", f"MB{n:06d}"), f"演示{n}号店"] for n in range(15_000)]
    data = write_csv(["统一社会信用代码", "企业名称"], rows) + b'"'
    with pytest.raises(InvalidInputError, match="引号"):
        await desk.send(data)
    assert await desk.rows(select(Target.id)) == []
    catalogue = "sqlite_master WHERE name" if desk.database.is_sqlite else "pg_indexes WHERE indexname"
    found = await desk.rows(text(f"SELECT 1 FROM {catalogue} = 'ix_targets_filter'"))  # noqa: S608
    assert found == [(1,)]


async def test_many_blocks_twice_with_progress(desk: Desk, tmp_path: Path) -> None:
    """B9: more rows than a block and a dozen of them; progress rises to the end; the loop turns meanwhile."""
    rows = [[compose("91379999", f"MB{n:06d}"), f"演示{n}号店"] for n in range(15_000)]
    path = tmp_path / "many.csv"
    path.write_bytes(write_csv(["统一社会信用代码", "企业名称"], rows))
    heard: list[tuple[int, int]] = []
    assert await desk.counts(path, progress=lambda done, of, _rows: heard.append((done, of))) == (
        15_000,
        15_000,
        0,
        0,
        0,
        0,
    )
    assert heard == sorted(heard)
    assert heard[-1] == (path.stat().st_size, path.stat().st_size)
    changed = [row if n % 5_000 else [row[0], "改名店"] for n, row in enumerate(rows)]
    path.write_bytes(write_csv(["统一社会信用代码", "企业名称"], [*changed, changed[7]]))
    assert await desk.counts(path) == (15_001, 0, 3, 14_997, 0, 1)


async def test_pages_by_every_filter(desk: Desk) -> None:
    """B6: region and trade trees, class, status, category, name, code; pages by key and by number agree."""
    header = ["统一社会信用代码", "企业名称", "行政区划代码", "行业代码", "信用风险分类", "登记状态"]
    rows = [[compose("91379999", f"MC{n:06d}"), f"演示{'餐饮' if n % 7 == 0 else '旅馆'}{n}店",
             f"3701{n % 3:02d}", "F5212" if n % 2 else "H6210", "ABCD"[n % 4], "存续" if n % 5 else "注销"]
            for n in range(300)]  # fmt: skip
    await desk.send(write_csv(header, rows))
    asked: list[tuple[dict[str, str], Any]] = [
        ({}, always),
        ({"region": "3701"}, always),
        ({"region": "山东"}, always),
        ({"region": "370102"}, lambda n: n % 3 == 2),
        ({"trade": "F52"}, lambda n: n % 2 == 1),
        ({"trade": "h"}, lambda n: n % 2 == 0),
        ({"q": "餐饮"}, lambda n: n % 7 == 0),
        ({"q": "%"}, never),
        ({"credit_class": "d", "status": "deregistered"}, lambda n: n % 4 == 3 and n % 5 == 0),
        ({"q": rows[17][0][:17].lower()}, lambda n: n == 17),
        ({"q": "9137"}, always),
        ({"q": "17"}, lambda n: "17" in str(n)),
        ({"category": "enterprise", "region": "370100", "trade": "H6210"}, lambda n: n % 6 == 0),
    ]
    async with desk.act() as act:
        for some, holds in asked:
            wanted, codes, after = search.TargetFilter(**some), [], ""
            while True:
                page = await search.targets(act, wanted, after=after)
                codes += [one["code"] for one in page["rows"]]
                after = page["next"]
                if not after:
                    break
            expected = {row[0] for n, row in enumerate(rows) if holds(n)}
            assert (set(codes), len(codes), page["total"]) == (expected, len(expected), len(expected)), some
            second = await search.targets(act, wanted, page=2)
            assert [one["code"] for one in second["rows"]] == codes[50:100], some
        with pytest.raises(InvalidInputError):
            await search.targets(act, search.TargetFilter(status="frozen"))
