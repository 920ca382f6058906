"""A form as a table that offices edit in a spreadsheet, read and written (A13); column names of XLSForm are understood.

rows (表名, 版本, 标准来源, 等级 above; then one row a question) -> read_form -> Form, or why not, row by row
Form -> form_rows -> the same table

A table question's columns are the rows that follow it, numbered with its own number and a dot: staff, staff.name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from inspection.cells import plain, unreadable
from inspection.checklists.form import Column, Condition, Form, Question, QuestionKind, form_faults
from inspection.errors import InvalidInputError
from inspection.tables.header import Column as TableColumn
from inspection.tables.reading import Reading, Rejected, Shape, limited

_KINDS = {
    QuestionKind.YESNO: ("是否", "是否题", "yesno", "select_one yes_no", "select_one yesno", "判断"),
    QuestionKind.CHOICE: ("单选", "单选题", "choice", "select_one"),
    QuestionKind.NUMBER: ("数字", "数值", "number", "integer", "decimal"),
    QuestionKind.TEXT: ("文字", "文本", "text"),
    QuestionKind.DATE: ("日期", "date"),
    QuestionKind.TABLE: ("表格", "table", "begin_repeat", "begin repeat"),
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words}
_ANSWERS = {"是": "yes", "否": "no", "不适用": "na", "不涉及": "na"}
_WORDS = {"yes": "是", "no": "否", "na": "不适用"}
_TRUE, _FALSE = {"是", "yes", "true", "1", "★", "√", "必答"}, {"否", "no", "false", "0", "×"}
_ALWAYS = {"总是", "必须", "都要", "always"}
_META = {"表名": "title", "检查表": "title", "版本": "version", "标准来源": "source", "等级": "grades"}
_TEST = re.compile(r"\$?\{?(?P<id>[^\s=≠!<>≥≤{}]+)\}?\s*(?P<is>!=|>=|<=|=|≠|≥|≤)\s*(?P<values>.+)")
_GRADE = re.compile(r"(?P<name>[^≥>=;；]+?)\s*(?:≥|>=)\s*(?P<least>\d{1,3}(?:\.\d)?)%?")
_IS = {"=": "in", "≠": "not", "!=": "not", "≥": "least", ">=": "least", "≤": "most", "<=": "most"}
_SIGN = {"in": "=", "not": "≠", "least": "≥", "most": "≤"}


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionRow:
    """A row of the table as read."""

    row: int
    raw: Sequence[str]
    id: str
    text: str
    kind: QuestionKind
    section: str = ""
    options: tuple[str, ...] = ()
    unit: str = ""
    min: Decimal | None = None
    max: Decimal | None = None
    required: bool = True
    key: bool = False
    points: Decimal | None = None
    basis: str = ""
    photo_when: str = ""
    comment_when: str = ""
    shown_if: tuple[Condition, ...] = ()

    def question(self) -> Question:
        """The row as a question."""
        said = {name: getattr(self, name) for name in Question.__dataclass_fields__ if name != "columns"}
        return Question(**said)

    def column(self, table: str) -> Column:
        """The row as a column of the table question `table`."""
        number = self.id.removeprefix(f"{table}.")
        return Column(
            id=number, text=self.text, kind=self.kind, options=self.options, unit=self.unit, required=self.required
        )


def _kind(words: str) -> QuestionKind:
    found = _KIND_OF.get(plain(words).lower())
    if found is None:
        raise unreadable("应为是否、单选、数字、文字、日期或表格")
    return found


def _flag(words: str) -> bool:
    word = plain(words).lower()
    if word not in _TRUE | _FALSE:
        raise unreadable("应为是或否")
    return word in _TRUE


def _number(words: str) -> Decimal:
    try:
        number = Decimal(plain(words))
    except InvalidOperation:
        raise unreadable("应为数字") from None
    if not number.is_finite():
        raise unreadable("应为数字")
    return number


def _options(words: str) -> tuple[str, ...]:
    return tuple(part for one in re.split(r"[;；|\n]", words) if (part := one.strip()))


def _when(words: str) -> str:
    word = words.strip().strip("“”\"'").removeprefix("答").strip("“”\"'")
    return "always" if word in _ALWAYS else _ANSWERS.get(word, word)


def _conditions(words: str) -> tuple[Condition, ...]:
    found = []
    for part in re.split(r"[;；]|且|\band\b", words):
        match = _TEST.fullmatch(part.strip())
        if match is None:
            raise unreadable("应写成 题号=回答，如 licence=否；多个条件用“且”连接")
        values = tuple(_ANSWERS.get(one, one) for one in (v.strip(" '\"“”") for v in match["values"].split("/")) if one)
        test = _IS[match["is"]]
        if not values or (test in ("least", "most") and (len(values) > 1 or not _is_number(values[0]))):
            raise unreadable("应写成 题号=回答；≥ 和 ≤ 后面应为一个数字")
        found.append(Condition(question=match["id"], is_=test, values=values))
    return tuple(found)


_COLUMNS = (
    TableColumn(field="id", title="题号", names=("编号", "序号", "name"), parse=limited(64), required=True),
    TableColumn(
        field="text",
        title="问题",
        names=("检查内容", "检查要点", "题目", "label"),
        parse=limited(1000),
        required=True,
    ),
    TableColumn(field="kind", title="类型", names=("题型", "type"), parse=_kind, required=True),
    TableColumn(field="section", title="分组", names=("检查项目", "类别", "group"), parse=limited(100)),
    TableColumn(field="options", title="选项", names=("choices",), parse=_options),
    TableColumn(field="unit", title="单位", names=("unit",), parse=limited(16)),
    TableColumn(field="min", title="最小值", names=("最小", "min"), parse=_number),
    TableColumn(field="max", title="最大值", names=("最大", "max"), parse=_number),
    TableColumn(field="required", title="必答", names=("required",), parse=_flag),
    TableColumn(field="key", title="关键项", names=("重点项", "key"), parse=_flag),
    TableColumn(field="points", title="分值", names=("分数", "points"), parse=_number),
    TableColumn(field="basis", title="依据", names=("检查依据", "法律依据", "hint"), parse=limited(2000)),
    TableColumn(field="photo_when", title="须拍照", names=("拍照", "photo"), parse=_when),
    TableColumn(field="comment_when", title="须说明", names=("说明", "comment"), parse=_when),
    TableColumn(field="shown_if", title="显示条件", names=("relevant",), parse=_conditions),
)
HEADERS = tuple(column.title for column in _COLUMNS)


def read_form(rows: Iterable[Sequence[str]], title: str = "") -> tuple[Form | None, list[Rejected]]:
    """Read a form; `title` is taken where the table says none. Any rejected row: no form, a form is whole or nothing.

    InvalidInputError: no header, or what is wrong with the form as a whole, in Chinese.
    """
    said: dict[str, str] = {}
    reading = Reading(_noting(rows, said), _SHAPE)
    read = list(reading)
    rejected = [one for one in read if isinstance(one, Rejected)]
    if rejected:
        return None, rejected
    form = Form(
        version=said.get("version", "") or "1",
        title=said.get("title", "") or title,
        questions=_assembled([one for one in read if isinstance(one, QuestionRow)]),
        source=said.get("source", ""),
        grades=_grades(said.get("grades", "")),
    )
    if faults := form_faults(form):
        more = f"（另有 {len(faults) - 1} 处）" if len(faults) > 1 else ""
        raise InvalidInputError(what="检查表", why=faults[0].rstrip("。") + more + "。")
    return form, []


def form_rows(form: Form) -> list[list[str]]:
    """Give the table of a form, head and all; `read_form` reads it back as it was."""
    head = [["表名", form.title], ["版本", form.version]]
    head += [["标准来源", form.source]] if form.source else []
    head += [["等级", "；".join(f"{name}≥{least}" for name, least in form.grades)]] if form.grades else []
    rows = [*head, list(HEADERS)]
    for question in form.questions:
        rows.append(_question_row(question))
        rows += [_column_row(question, column) for column in question.columns]
    return rows


def _noting(rows: Iterable[Sequence[str]], said: dict[str, str]) -> Iterator[Sequence[str]]:
    """Pass the rows on and note what the lines above the header say of the form."""
    for row in rows:
        words = [cell.strip() for cell in row if cell.strip()]
        if len(words) == 2 and (name := _META.get(plain(words[0]).rstrip(":："))):  # noqa: PLR2004 - name and value
            said.setdefault(name, words[1])
        yield row


def _assembled(rows: Sequence[QuestionRow]) -> tuple[Question, ...]:
    found: list[Question] = []
    for row in rows:
        table, dot, _ = row.id.partition(".")
        if not dot:
            found.append(row.question())
        elif found and found[-1].id == table and found[-1].kind is QuestionKind.TABLE:
            found[-1] = replace(found[-1], columns=(*found[-1].columns, row.column(table)))
        else:
            raise InvalidInputError(
                what="检查表", why=f"第 {row.row} 行“{row.id}”是表格的列，应紧跟在表格题“{table}”后面"
            )
    return tuple(found)


def _grades(words: str) -> tuple[tuple[str, Decimal], ...]:
    found = []
    for part in _options(words):
        match = _GRADE.fullmatch(part)
        if match is None:
            raise InvalidInputError(what="等级", why="应写成 A≥90；B≥75；C≥60")
        found.append((match["name"].strip(), Decimal(match["least"])))
    return tuple(sorted(found, key=lambda one: -one[1]))


def _question_row(question: Question) -> list[str]:
    return [
        question.id,
        question.text,
        _KINDS[question.kind][0],
        question.section,
        "；".join(question.options),
        question.unit,
        *(_digits(number) for number in (question.min, question.max)),
        "是" if question.required else "否",
        "是" if question.key else "",
        _digits(question.points),
        question.basis,
        *(_said_when(when) for when in (question.photo_when, question.comment_when)),
        " 且 ".join(_said(condition) for condition in question.shown_if),
    ]


def _column_row(question: Question, column: Column) -> list[str]:
    row = [
        f"{question.id}.{column.id}",
        column.text,
        _KINDS[column.kind][0],
        "",
        "；".join(column.options),
        column.unit,
    ]
    return [*row, "", "", "是" if column.required else "否", *[""] * 6]


def _said(condition: Condition) -> str:
    values = "/".join(_WORDS.get(one, one) for one in condition.values)
    return f"{condition.question}{_SIGN[condition.is_]}{values}"


def _said_when(when: str) -> str:
    return "总是" if when == "always" else _WORDS.get(when, when)


def _digits(number: Decimal | None) -> str:
    return "" if number is None else f"{number:f}"


def _is_number(words: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", words) is not None


_SHAPE = Shape(
    columns=_COLUMNS,
    build=QuestionRow,
    identity=lambda row: row.id,
    identity_title="题号",
)
