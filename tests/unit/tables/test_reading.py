"""B5, A2, C2: header by meaning, rows to values, rejections with row, field and reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.actors import Role
from inspection.cells import ItemClass, Level
from inspection.credit_code import compose
from inspection.errors import InvalidInputError
from inspection.tables import (
    InspectorKind,
    InspectorRow,
    ItemRow,
    PlanRow,
    Rejected,
    TargetRow,
    read_inspectors,
    read_items,
    read_plan,
    read_targets,
)

CODES = [compose("91379999", f"MA{number:06d}") for number in range(20)]
HEADER = ["企业名称", "统一社会信用代码", "注册日期", "企业类型", "经营范围", "所在省份", "地区", "注册地址"]


def line(code: str, name: str = "演示一号店", *, day: str = "2019-03-01") -> list[str]:
    return [name, code, day, "N/A", "食品销售，\n日用品", "演示省", "演示区", "演示路1号"]


def only(rows: list[list[str]]) -> TargetRow:
    (row,) = list(read_targets(rows))
    assert isinstance(row, TargetRow)
    return row


def refused(rows: list[list[str]]) -> list[tuple[int, str, str]]:
    return [(row.row, row.field, row.reason) for row in read_targets(rows) if isinstance(row, Rejected)]


def test_a_register_row_becomes_a_target() -> None:
    """B3, B4: every field in its place, N/A is nothing, a code in lower case is the same code."""
    target = only([HEADER, line(CODES[1].lower())])
    assert (target.row, target.credit_code, target.name, target.kind) == (2, CODES[1], "演示一号店", None)
    assert (target.registered_on, target.region, target.address) == (date(2019, 3, 1), "演示区", "演示路1号")
    assert target.business_scope == "食品销售，\n日用品"


def test_bare_numbers_are_days_of_the_workbook_and_a_bare_year_is_none() -> None:
    """B5: where days are counted from 1904, `42063` is 1 March 2019; `2019` is sent back as it was written."""
    days = {CODES[1]: "42063", CODES[2]: "2019", CODES[3]: "2019-03-01"}
    reading = read_targets([HEADER, *(line(code, day=day) for code, day in days.items())])
    reading.add_days(1_462)
    bare, year, said = reading
    assert isinstance(bare, TargetRow)
    assert isinstance(said, TargetRow)
    assert (bare.registered_on, said.registered_on) == (date(2019, 3, 1), date(2019, 3, 1))
    assert isinstance(year, Rejected)
    assert (year.field, year.value) == ("注册日期", "2019")


@given(st.permutations(range(len(HEADER))))
def test_columns_are_found_wherever_they_stand(order: list[int]) -> None:
    """B5: by name, not by position."""
    rows = [[row[place] for place in order] for row in (HEADER, line(CODES[2]))]
    target = only(rows)
    assert (target.credit_code, target.address, target.region) == (CODES[2], "演示路1号", "演示区")


def test_other_names_remarks_and_titles_above() -> None:
    """B5: title rows, other words for the same column, asterisks, remarks in brackets, full width."""
    rows = [
        ["检查对象名录库（２０２６年）", "", ""],
        ["", "", ""],
        ["＊单位名称（必填）", "社会信用代码：", "住所（经营场所）"],
        ["演示二号店", CODES[3], "演示路2号"],
    ]
    reading = read_targets(rows)
    assert (reading.header.row, reading.header.above, reading.header.unknown) == (
        3,
        ("检查对象名录库（２０２６年）",),
        (),
    )
    (target,) = list(reading)
    assert isinstance(target, TargetRow)
    assert (target.row, target.name, target.address) == (4, "演示二号店", "演示路2号")


def test_columns_nobody_reads_are_named() -> None:
    """B5: an ignored column is reported, 序号 is no news."""
    header = [*HEADER, "序号", "吉祥物"]
    assert read_targets([header]).header.unknown == ("所在省份", "吉祥物")


def test_the_better_name_wins_a_column() -> None:
    """B5: a file with both 企业名称 and 名称 means the first."""
    target = only([["名称", "企业名称", "统一社会信用代码"], ["别名", "演示三号店", CODES[4]]])
    assert target.name == "演示三号店"


def test_a_wrong_header_says_what_it_found_and_what_it_wants() -> None:
    """B5: at once, before any row."""
    with pytest.raises(InvalidInputError) as caught:
        read_targets([["姓名", "年龄"], ["甲一", "30"]])
    assert all(words in caught.value.sentence() for words in ("姓名、年龄", "统一社会信用代码", "企业名称"))
    with pytest.raises(InvalidInputError, match="没有内容"):
        read_targets([])


def test_rejections_name_row_field_and_reason_and_the_rest_goes_in() -> None:
    """B4, B5: a wrong code is rejected, the rest goes in."""
    wrong = CODES[5][:17] + ("0" if CODES[5][17] != "0" else "1")
    rows = [
        HEADER,
        line(CODES[0]),
        line(wrong),
        line(""),
        line(CODES[6], ""),
        line(CODES[7], day="2019-02-30"),
        line("9.13799990000001E+17"),
        line(CODES[8], "字" * 257),
        ["", "", "", "", "", "", "", ""],
        line(CODES[9]),
    ]
    found = refused(rows)
    assert [(row, field) for row, field, _ in found] == [
        (3, "统一社会信用代码"),
        (4, "统一社会信用代码"),
        (5, "企业名称"),
        (6, "注册日期"),
        (7, "统一社会信用代码"),
        (8, "企业名称"),
    ]
    assert all(reason for _, _, reason in found)
    assert [row.row for row in read_targets(rows) if isinstance(row, TargetRow)] == [2, 10]


def test_the_second_of_two_equal_codes_is_rejected() -> None:
    """B5: whatever its case."""
    assert refused([HEADER, line(CODES[1]), line(CODES[1].lower(), "演示二号店")]) == [
        (3, "统一社会信用代码", "与文件中前面的一行重复")
    ]


def test_rows_longer_and_shorter_than_the_header() -> None:
    """B5: a row with more cells than columns has lost its quotes; one with fewer lacks blank cells."""
    assert refused([HEADER, [*line(CODES[1]), "多"]])[0][2].startswith("这一行的格子比表头多")
    assert only([HEADER, [*line(CODES[1]), "", " "]]).credit_code == CODES[1]
    assert only([HEADER, line(CODES[1])[:3]]).address is None
    assert refused([HEADER, ["只有名称"]]) == [(2, "统一社会信用代码", "必填，不能为空")]


def test_a_header_printed_on_every_page_is_no_data() -> None:
    """B5: pages of a printed table."""
    assert refused([HEADER, line(CODES[1]), HEADER, line(CODES[2])]) == []


def test_reading_is_lazy() -> None:
    """B5: a province of targets is never in memory at once."""
    taken: list[int] = []

    def rows() -> Iterator[list[str]]:
        yield HEADER
        for number, code in enumerate(CODES):
            taken.append(number)
            yield line(code)

    reading = iter(read_targets(rows()))
    next(reading)
    assert taken == [0]


def test_status_class_and_personal_cells() -> None:
    """N1, B3: status and class in one word each; a telephone never stands in a report."""
    header = ["企业名称", "统一社会信用代码", "登记状态", "信用风险等级", "负责人", "联系电话"]
    target = only([header, ["演示店", CODES[1], "吊销，未注销", "ｂ类", "演示甲一", "１３８００００００８８"]])
    assert (target.status, target.credit_class, target.person, target.phone) == (
        "revoked",
        "B",
        "演示甲一",
        "13800000088",
    )
    (bad,) = list(read_targets([header, ["演示店", CODES[1], "存续", "A", "演示甲一", "1380000008899" * 6]]))
    assert isinstance(bad, Rejected)
    assert (bad.field, bad.value) == ("联系电话", "138****")
    assert [field for _, field, _ in refused([header, ["店", CODES[1], "很好", "", "", ""]])] == ["登记状态"]
    assert [field for _, field, _ in refused([header, ["店", CODES[1], "存续", "E", "", ""]])] == ["信用风险分类"]


PEOPLE = [
    "单位工号",
    "姓名",
    "部门/机构",
    "担任职务",
    "手机号",
    "企业微信账号",
    "执法证号",
    "有效期",
    "业务专长",
    "是否专家",
    "角色",
]


def person(**cells: str) -> InspectorRow | Rejected:
    full = {"单位工号": "M01", "姓名": "演示甲一", "部门/机构": "市场监管局", **cells}
    (row,) = list(read_inspectors([PEOPLE, [full.get(title, "") for title in PEOPLE]]))
    return row


def test_a_certified_inspector() -> None:
    """B11-B13: certificate, expiry and skills; skills sorted for the draw's file."""
    row = person(
        执法证号="演示0001", 有效期="长期", 业务专长="特种设备、食品", 企业微信账号="Market01", 手机号="13800000001"
    )
    assert isinstance(row, InspectorRow)
    assert (row.kind, row.certificate_expires, row.userid) == (InspectorKind.CERTIFIED, date(9999, 9, 9), "market01")
    assert row.skills == tuple(sorted(("特种设备", "食品"), key=str.encode))
    assert row.roles == frozenset({Role.INSPECTOR})


def test_who_has_no_certificate_only_assists() -> None:
    """B14, 国办发〔2024〕54号: without a certificate nobody is certified, and an expert is one of his own kind."""
    plain, expert, approver = person(), person(是否专家="是", 执法证号="演示0002"), person(角色="审批人、联络员")
    assert isinstance(plain, InspectorRow)
    assert isinstance(expert, InspectorRow)
    assert isinstance(approver, InspectorRow)
    assert (plain.kind, expert.kind, approver.kind) == (InspectorKind.ASSISTANT, InspectorKind.EXPERT, None)
    assert (approver.roles, approver.liaison) == (frozenset({Role.APPROVER}), True)


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"执法证号": "演示0001"}, "执法证有效期至"),
        ({"手机号": "12345"}, "手机号"),
        ({"单位工号": "甲/一"}, "工号"),
        ({"单位工号": ""}, "工号"),
        ({"角色": "皇帝"}, "角色"),
        ({"执法证号": "1.1E+17", "有效期": "2029-12-31"}, "执法证号"),
        ({"企业微信账号": "a b/c"}, "企业微信账号"),
    ],
)
def test_members_that_cannot_be_taken(cells: dict[str, str], field: str) -> None:
    """B12, B13: each with the field to mend."""
    row = person(**cells)
    assert isinstance(row, Rejected)
    assert row.field == field


def test_a_joint_item_as_cities_publish_it() -> None:
    """A5, A6: several partners in one cell, levels in more than one spelling."""
    header = ["抽查领域", "抽查事项", "检查对象", "发起部门", "配合部门", "抽查层级", "事项类别"]
    rows = [
        header,
        ["演示领域", "演示事项", "各类演示单位", "市场监管部门", "教育部门、卫生健康部门", "市级/县级", "重点"],
    ]
    (item,) = list(read_items([*rows]))
    assert isinstance(item, ItemRow)
    assert (item.lead, item.partners) == ("市场监管部门", ("教育部门", "卫生健康部门"))
    assert (item.level, item.item_class) == (frozenset({Level.CITY, Level.COUNTY}), ItemClass.KEY)
    assert [row.row for row in read_items([*rows, rows[1]]) if isinstance(row, Rejected)] == [3]


def test_the_form_of_s3() -> None:
    """A2: all columns of the published form, its owner above the table only."""
    header = [
        "序号",
        "事项名称",
        "抽查依据",
        "抽查对象",
        "抽查内容",
        "抽查方式",
        "抽查频次",
        "联合抽查部门",
        "抽查情况及查处结果公开方式",
    ]
    rows = [
        ["填报单位（盖章）：演示局"],
        header,
        ["1", "事项", "依据", "对象", "内容", "实地核查", "1次/年", "税务局", "网站"],
    ]
    reading = read_items(rows)
    (item,) = list(reading)
    assert isinstance(item, ItemRow)
    assert reading.header.unknown == ()
    assert (item.lead, item.basis, item.content, item.publication) == (None, "依据", "内容", "网站")
    assert item.frequency is not None
    assert item.frequency.times == 1


PLAN = [
    "任务名称",
    "抽查事项",
    "抽查对象范围",
    "抽查比例",
    "抽查频次",
    "起止时间",
    "发起部门",
    "配合部门",
    "抽查检查模式",
]


def entry(name: str, period: str, quota: str = "10%(20户)") -> list[str]:
    return [name, "演示事项", "演示单位", quota, "1次/年", period, "市场监督管理局", "教育局、公安局", "县抽县查"]


def test_a_plan_line() -> None:
    """C1, C2: quota, frequency, window, departments and mode as values."""
    (row,) = list(read_plan([PLAN, entry("演示抽查", "2026年1月-11月")]))
    assert isinstance(row, PlanRow)
    assert (row.quota[0].count, row.period) == (20, (date(2026, 1, 1), date(2026, 11, 30)))
    assert (row.lead, row.partners) == ("市场监督管理局", ("教育局", "公安局"))
    assert row.mode is not None
    assert row.mode.drawn_by is Level.COUNTY


@pytest.mark.parametrize(
    ("rows", "year"),
    [
        ([["2026年度联合抽查计划"], PLAN, entry("甲", "3月-12月")], None),
        ([PLAN, entry("甲", "3月-12月"), entry("乙", "2026年1月-11月")], None),
        ([PLAN, entry("甲", "3月-12月")], 2026),
    ],
    ids=["title", "other rows", "argument"],
)
def test_the_year_of_a_plan(rows: list[list[str]], year: int | None) -> None:
    """C2: `3月-12月` is of the year the plan names, wherever it names it."""
    first = next(iter(read_plan(rows, year)))
    assert isinstance(first, PlanRow)
    assert first.period == (date(2026, 3, 1), date(2026, 12, 31))


def test_no_year_is_guessed() -> None:
    """C2: rows of two years, or of none, do not tell a third one's."""
    rows = [PLAN, entry("甲", "3月-12月"), entry("乙", "2026年1月-11月"), entry("丙", "2025年1月-11月")]
    found = [row for row in read_plan(rows) if isinstance(row, Rejected)]
    assert [(row.row, row.field) for row in found] == [(2, "起止时间")]
    assert "没有写年份" in found[0].reason


def test_quota_from_other_columns() -> None:
    """C1: ratio and frequency in one cell, or a number of its own; a line without any quota is refused."""
    title = ["任务名称", "抽查比例及频次", "抽查数量", "起止时间", "发起部门"]
    first, second, third = read_plan(
        [
            title,
            ["甲", "10%，2次/年", "", "2026年", "税务局"],
            ["乙", "", "20", "2026年", "税务局"],
            ["丙", "", "", "2026年", "税务局"],
        ]
    )
    assert isinstance(first, PlanRow)
    assert isinstance(second, PlanRow)
    assert isinstance(third, Rejected)
    assert first.frequency is not None
    assert (str(first.quota[0].ratio), first.frequency.times, second.quota[0].count) == ("0.1", 2, 20)
    assert third.field == "抽查比例"


@given(st.lists(st.lists(st.text(max_size=8), max_size=9), max_size=6))
def test_no_row_however_hostile_breaks_the_reading(rows: list[list[str]]) -> None:
    """B5: every row that says anything becomes a value or a rejection."""
    spoken = [row for row in rows if any(cell.strip() for cell in row) and row != HEADER]
    assert len(list(read_targets([HEADER, *rows]))) == len(spoken)
    assert all(isinstance(row, Rejected) for row in read_plan([PLAN, *rows]))
