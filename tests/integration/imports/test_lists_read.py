"""A2, A5, A9: every column of an item list is kept, on both databases, down to the version that is in force."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from models.lists import ItemVersion
from models.registers import Item
from models.sheets import write_csv, write_xlsx
from tests.office import Office

PUBLIC_PAGE = [
    "编号", "抽查事项名称", "抽查子项", "抽查依据", "抽查主体", "抽查对象", "抽查比例", "抽查频次", "抽查方式",
    "检查人员要求", "公开方式", "备注",
]  # fmt: skip
ROW = [
    "JY-01", "演示校园饮水检查", "直饮机", "《演示办法》第三条", "教育部门", "中小学", "10%(20户)", "每年1次",
    "实地核查", "水质", "政府网站", "与卫生健康部门联合",
]  # fmt: skip


async def bodies(office: Office, name: str) -> list[dict[str, Any]]:
    return await office.all(
        select(ItemVersion.body)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(Item.name == name)
        .order_by(ItemVersion.number)
    )


async def test_every_column_of_a_public_list_is_kept(office: Office) -> None:
    """A2, A9: ratio, frequency, publication, sub-item, number and note as written; another ratio is a new version."""
    report = await office.import_file("items", write_csv(PUBLIC_PAGE, [ROW]))
    assert (report["added"], report["rejected"], report["unknown_columns"]) == (1, [], [])
    (body,) = await bodies(office, ROW[1])
    kept = ("code", "sub_item", "ratio", "frequency", "publication", "note", "skill")
    assert [body[name] for name in kept] == ["JY-01", "直饮机", "10%(20户)", "每年1次", "政府网站", ROW[11], "水质"]
    other = [*ROW[:6], "20%", *ROW[7:]]
    report = await office.import_file("items", write_csv(PUBLIC_PAGE, [other, [*other[:2], "桶装水", *other[3:]]]))
    assert (report["added"], report["changed"], report["unchanged"]) == (1, 1, 0)
    assert [one["ratio"] for one in await bodies(office, ROW[1])] == ["10%(20户)", "20%", "20%"]


async def test_a_departments_own_list_names_it_in_its_title(office: Office) -> None:
    """A2: the form of S3附件2 has no column for the department: it stands in the title, and nobody is guessed."""
    header = ["序号", "事项名称", "抽查依据", "抽查对象", "抽查内容", "抽查方式", "抽查频次", "联合抽查部门",
              "抽查情况及查处结果公开方式"]  # fmt: skip
    row = ["1", "演示教材检查", "《演示法》", "中小学", "教材目录", "书面检查", "1次/年", "市场监管部门", "网站公示"]
    for title in (["填报单位（盖章）：教育局"], ["填报单位(盖章)", "", "教育局"]):
        data = write_xlsx(["随机抽查事项清单"], [title, header, row])
        report = await office.import_file("items", data, "清单.xlsx")
        assert (report["read"], report["rejected"], report["departments_added"]) == (1, [], [])
    assert [one["publication"] for one in await bodies(office, row[1])] == ["网站公示"]
    report = await office.import_file("items", write_csv(header, [row]))
    assert [(one["field"], one["row"]) for one in report["rejected"]] == [("发起部门", 2)]
