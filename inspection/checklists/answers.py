"""Answers to a form: whether they are good ones, what they are worth, how people read them (G5, G13).

Form + answers -> check_answers -> problems, each naming its question; none: the form is filled
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from inspection.checklists.form import Column, Form, Question, QuestionKind, Value

MAX_TEXT = 2000
MAX_ROWS = 200  # of a table
_NOT_APPLICABLE = "na"
_YESNO = {"yes": "是", "no": "否", _NOT_APPLICABLE: "不适用"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What was answered to one question; `photos` are digests."""

    question_id: str
    value: Value
    comment: str = ""
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """What is wrong with a filled form: where (a question's text, a field's name) and why."""

    where: str
    why: str

    def __str__(self) -> str:
        """where：why"""
        return f"{self.where}：{self.why}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """Points of a scored form: got of what could be had without "not applicable"; per cent with one decimal."""

    got: Decimal
    possible: Decimal
    percent: Decimal
    grade: str  # "" below the least grade, or where the form has none


def check_answers(form: Form, answers: Sequence[Answer], *, complete: bool = True) -> list[Problem]:
    """Check answers against their form; `complete` False: blanks are lawful, there was nothing to look at (G12).

    A question that does not appear with these answers demands nothing, and what was once written there is not read.
    """
    given = {answer.question_id: answer for answer in answers}
    known = {question.id for question in form.questions}
    problems = [Problem(where=form.title, why=f"没有问题“{one}”。") for one in given if one not in known]
    if len(given) < len(answers):
        problems.append(Problem(where=form.title, why="同一问题回答了两次。"))
    for question in form.shown({one: answer.value for one, answer in given.items()}):
        problems += _check(question, given.get(question.id), complete=complete)
    return problems


def score_of(form: Form, values: Mapping[str, Value]) -> Score | None:
    """Give the points of these answers; None where the form is not scored or nothing of it was answered yet."""
    answered = [
        (one.points, values.get(one.id) == "yes")
        for one in form.shown(values)
        if one.points is not None and values.get(one.id) in ("yes", "no")
    ]
    possible = sum((points for points, _ in answered), Decimal(0))
    if not possible:
        return None
    got = sum((points for points, good in answered if good), Decimal(0))
    percent = (got * 100 / possible).quantize(Decimal("0.1"), ROUND_HALF_UP)
    grade = next((name for name, least in form.grades if percent >= least), "")
    return Score(got=got, possible=possible, percent=percent, grade=grade)


def value_text(question: Question, value: Value) -> str:
    """An answer in words for people."""
    if value is None or value in ("", []):
        return "未填写"
    if not isinstance(value, str | int | float):
        rows = ("，".join(_cell_text(one, row.get(one.id)) for one in question.columns) for row in value)
        return "；".join(rows)
    if question.kind is QuestionKind.YESNO:
        return _YESNO.get(str(value), str(value))
    return f"{value}{question.unit}"


def _cell_text(column: Column, value: str | float | None) -> str:
    return f"{column.text} {'—' if value in (None, '') else value}{column.unit if value not in (None, '') else ''}"


def _check(question: Question, answer: Answer | None, *, complete: bool) -> list[Problem]:
    if answer is None or answer.value is None or answer.value in ("", []):
        missing = question.required and complete
        return [Problem(where=question.text, why="还没有回答。")] if missing else []
    whys = [_value_fault(question, answer.value)]
    applies = answer.value != _NOT_APPLICABLE
    if not answer.photos and applies and question.photo_when in ("always", answer.value):
        whys.append("需要至少一张照片。")
    if question.comment_when == answer.value and not answer.comment.strip():
        whys.append(f"回答“{value_text(question, answer.value)}”时需要写明情况。")
    if len(answer.comment) > MAX_TEXT:
        whys.append(f"说明超过 {MAX_TEXT} 字。")
    return [Problem(where=question.text, why=why) for why in whys if why]


def _value_fault(question: Question, value: Value) -> str:
    if question.kind is QuestionKind.TABLE:
        return _table_fault(question, value)
    if not isinstance(value, str | int | float):
        return "只能有一个回答。"
    return _scalar_fault(question, value)


def _scalar_fault(question: Question | Column, value: str | float) -> str:
    match question.kind:
        case QuestionKind.YESNO:
            return "" if value in _YESNO else "只能回答是、否或不适用。"
        case QuestionKind.CHOICE:
            return "" if value in question.options else "不在可选范围内。"
        case QuestionKind.NUMBER:
            return _number_fault(question, value)
        case QuestionKind.DATE:
            return "" if _is_date(value) else "应为日期，如 2026-03-02。"
    return "" if isinstance(value, str) and len(value) <= MAX_TEXT else f"应为不超过 {MAX_TEXT} 字的文字。"


def _table_fault(question: Question, value: Value) -> str:
    if isinstance(value, str | int | float) or value is None:
        return "应为表格。"
    if len(value) > MAX_ROWS:
        return f"表格超过 {MAX_ROWS} 行。"
    known = {one.id for one in question.columns}
    for place, row in enumerate(value, 1):
        if unknown := row.keys() - known:
            return f"第 {place} 行没有“{min(unknown)}”这一列。"
        for column in question.columns:
            cell = row.get(column.id)
            blank = cell is None or cell == ""
            fault = ("还没有填写。" if column.required else "") if blank else _scalar_fault(column, cell)  # type: ignore[arg-type]
            if fault:
                return f"第 {place} 行“{column.text}”{fault}"
    return ""


def _number_fault(question: Question | Column, value: str | float) -> str:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return "应为数字。"
    if isinstance(value, bool) or not number.is_finite():
        return "应为数字。"
    if isinstance(question, Column):
        return ""
    if question.min is not None and number < question.min:
        return f"不能小于 {question.min}{question.unit}。"
    if question.max is not None and number > question.max:
        return f"不能大于 {question.max}{question.unit}。"
    return ""


def _is_date(value: str | float) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
