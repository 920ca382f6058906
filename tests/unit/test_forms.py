"""Forms as data: conditions, tables, points, and the spreadsheet that offices edit (A13, G5, G13)."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from inspection.checklists import (
    Answer,
    Column,
    Condition,
    Form,
    Question,
    QuestionKind,
    check_answers,
    form_faults,
    score_of,
    value_text,
)
from inspection.checklists.sheet import HEADERS, form_rows, read_form
from inspection.errors import InvalidInputError, SuichaError
from services.planning.standard_forms import StandardFormMissingError, form_in, form_xlsx, standard, standard_forms

CASES = json.loads(Path(__file__).with_name("form_cases.json").read_text(encoding="utf-8"))
FORM = Form.from_data(CASES["form"])
GOODS = Question(
    id="goods",
    text="抽查的食品",
    kind=QuestionKind.TABLE,
    columns=(
        Column(id="name", text="品名", required=True),
        Column(id="weight", text="重量", kind=QuestionKind.NUMBER, unit="kg"),
        Column(id="until", text="保质期至", kind=QuestionKind.DATE),
        Column(id="papers", text="票证", kind=QuestionKind.CHOICE, options=("齐全", "不齐全")),
    ),
)
TABLE = Form(version="1", title="表", questions=(GOODS,))


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: json.dumps(case["answers"], ensure_ascii=False))
def test_what_appears_and_what_it_is_worth(case: dict[str, Any]) -> None:
    """G5, G13: the phone's rules are held to the same cases (web/tests/phone/form.test.ts)."""
    answers = case["answers"]
    assert [one.id for one in FORM.shown(answers)] == case["shown"]
    score = score_of(FORM, answers)
    found = score and [float(score.got), float(score.possible), float(score.percent), score.grade]
    assert found == case["score"]


def whys(value: Any, form: Form = TABLE) -> list[str]:
    return [one.why for one in check_answers(form, [Answer(question_id=form.questions[0].id, value=value)])]


def test_only_what_appears_is_demanded() -> None:
    """G13: a question that the answers hide demands nothing; what stands there from before is not read."""
    answers = {"kind": "餐馆", "licence": "yes", "samples": "nonsense"}
    given = [Answer(question_id=name, value=value) for name, value in answers.items()]
    assert check_answers(FORM, given) == []
    canteen = [replace(given[0], value="食堂"), *given[1:]]
    assert [str(one) for one in check_answers(FORM, canteen)] == ["留样：只能回答是、否或不适用。"]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([{"name": "米", "weight": "2.5", "until": "2026-03-02", "papers": "齐全"}], []),
        ([{"name": "米"}, {"name": "面", "weight": 3}], []),
        ([], ["还没有回答。"]),
        ("米", ["应为表格。"]),
        ([{"weight": "3"}], ["第 1 行“品名”还没有填写。"]),
        ([{"name": "米"}, {"name": "面", "weight": "三"}], ["第 2 行“重量”应为数字。"]),
        ([{"name": "米", "until": "明年"}], ["第 1 行“保质期至”应为日期，如 2026-03-02。"]),
        ([{"name": "米", "papers": "都有"}], ["第 1 行“票证”不在可选范围内。"]),
        ([{"name": "米", "price": "3"}], ["第 1 行没有“price”这一列。"]),
        ([{"name": "米"}] * 201, ["表格超过 200 行。"]),
    ],
)
def test_a_table_is_checked_cell_by_cell(value: Any, why: list[str]) -> None:
    assert whys(value) == why


def test_a_line_is_no_answer_to_another_kind_of_question() -> None:
    text = Form(version="1", title="表", questions=(Question(id="t", text="情况", kind=QuestionKind.TEXT),))
    assert whys([{"name": "米"}], text) == ["只能有一个回答。"]
    assert value_text(GOODS, [{"name": "米", "weight": 3}]) == "品名 米，重量 3kg，保质期至 —，票证 —"
    assert value_text(GOODS, []) == "未填写"


def test_the_answer_that_demands_words_or_a_photo_may_be_any() -> None:
    """G13: not only "no"."""
    choice = Question(
        id="c", text="状态", kind=QuestionKind.CHOICE, options=("好", "坏"), photo_when="坏", comment_when="坏"
    )
    form = Form(version="1", title="表", questions=(choice,))
    assert whys("好", form) == []
    assert whys("坏", form) == ["需要至少一张照片。", "回答“坏”时需要写明情况。"]


# --- the spreadsheet ---


@pytest.mark.parametrize("code", standard_forms())
def test_the_standard_forms_are_whole_and_come_back_from_excel(code: str) -> None:
    """A13: made from national standards, each with basis, ★ items and its source; edited in Excel and read back."""
    form = standard(code)
    assert form_faults(form) == []
    assert "《" in form.source
    assert len(form.questions) >= 25
    assert sum(one.key for one in form.questions) >= 4
    assert sum(bool(one.basis) for one in form.questions) > len(form.questions) / 2
    assert form_in("表.xlsx", form_xlsx(form)) == form
    assert Form.from_data(json.loads(json.dumps(form.as_data()))) == form


def test_six_fields_of_law_have_their_form() -> None:
    """Issue 7: food sales, catering and school canteen, special equipment, hotels, filling stations, after-school."""
    assert len(standard_forms()) == 6
    canteen = {one.id for one in standard("catering").shown({"kind": "学校食堂"})}
    assert canteen - {one.id for one in standard("catering").shown({"kind": "社会餐饮"})} >= {"samples", "head"}
    with pytest.raises(StandardFormMissingError, match="没有编号为“mining”的检查表范本"):
        standard("mining")


def table(*rows: list[str], head: list[list[str]] | None = None) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([*(head if head is not None else [["表名", "样表"]]), list(HEADERS), *rows])
    return out.getvalue().encode()


def row(number: str, text: str, kind: str, **cells: str) -> list[str]:
    said = {"题号": number, "问题": text, "类型": kind, **cells}
    return [said.get(name, "") for name in HEADERS]


def test_what_an_office_writes_is_read_by_meaning() -> None:
    """A13: Chinese words, full width, XLSForm's words and headers."""
    own = form_in(
        "表.csv",
        table(
            row("a", "许可是否有效？", "是否题", 必答="是", 关键项="★", 分值="６", 须拍照="总是", 须说明="答“否”"),
            row("b", "类别", "单选", 选项="食堂；餐馆", 显示条件="a=否/不适用"),
            row("c", "人数", "数字", 最小值="0", 单位="人", 必答="否", 显示条件="b≠食堂 且 a=否"),
            row("d", "台账", "表格"),
            row("d.name", "品名", "文字", 必答="是"),
            head=[["表名", "样表"], ["版本", "3"], ["等级", "优≥90；良≥75"]],
        ),
    )
    assert (own.title, own.version, own.grades) == ("样表", "3", (("优", Decimal(90)), ("良", Decimal(75))))
    first, second, third, fourth = own.questions
    assert (first.points, first.key, first.photo_when, first.comment_when) == (Decimal(6), True, "always", "no")
    assert second.shown_if == (Condition(question="a", values=("no", "na")),)
    assert [one.is_ for one in third.shown_if] == ["not", "in"]
    assert (third.required, third.min, third.unit) == (False, Decimal(0), "人")
    assert fourth.columns == (Column(id="name", text="品名", required=True),)
    english = [
        ["name", "label", "type", "relevant"],
        ["a", "Valid?", "yesno", ""],
        ["b", "How many?", "integer", "${a} = 'no'"],
    ]
    form, rejected = read_form(english, "题名")
    assert (rejected, form and form.title) == ([], "题名")
    assert form
    assert form.questions[1].shown_if == (Condition(question="a", values=("no",)),)
    assert read_form(form_rows(own)) == (own, [])


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([row("a", "许可", "歌曲")], "第 3 行“类型”：应为是否、单选、数字、文字、日期或表格"),
        ([row("a", "许可", "是否", 必答="也许")], "应为是或否"),
        ([row("a", "许可", "是否", 分值="六")], "应为数字"),
        ([row("a", "许可", "是否"), row("a", "许可", "是否")], "重复"),
        ([row("a", "类别", "单选", 选项="食堂")], "至少要有 2 个不同的选项"),
        ([row("a", "类别", "文字", 显示条件="b=是")], "显示条件只能指向它前面的问题"),
        ([row("a", "类别", "文字", 显示条件="随便")], "题号=回答"),
        ([row("a", "人数", "数字"), row("b", "层", "文字", 显示条件="a≥许多")], "一个数字"),
        ([row("a.b", "品名", "文字")], "应紧跟在表格题“a”后面"),
        ([row("a", "台账", "表格")], "至少要有一列"),
        ([row("a", "人数", "数字", 最小值="3", 最大值="2")], "最小值大于最大值"),
        ([row("a", "人数", "数字", 分值="3")], "分值只能用于是否题"),
        ([], "1 至 200"),
    ],
)
def test_a_form_is_taken_whole_or_not_at_all(rows: list[list[str]], word: str) -> None:
    """A13: one sentence that names the row and what to write."""
    with pytest.raises(InvalidInputError) as refusal:
        form_in("表.csv", table(*rows))
    assert word in str(refusal.value.sentence())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04broken", b"\x00\x01\x02", "没有表头\n".encode()])
def test_what_is_no_table_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(SuichaError) as refusal:
        form_in("表.xlsx", data)
    assert refusal.value.sentence()
