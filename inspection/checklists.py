"""Inspection forms and what a good answer is (A13, G5, G13).

item (name, content, basis) -> standard_form -> Form <-> data (JSON of the contract)
Form + answers -> check_answers -> problems, each naming its question; none: the form is filled
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

STANDARD_VERSION = "standard-1"
MAX_TEXT = 2000
MOST_QUESTIONS, LONGEST_QUESTION, LEAST_OPTIONS = 100, 300, 2
_NOT_APPLICABLE = "na"


class QuestionKind(Enum):
    """How a question is answered; the value stands in stored forms."""

    YESNO = "yesno"  # "yes", "no" or "na"
    CHOICE = "choice"  # one of the options
    NUMBER = "number"  # within min and max
    TEXT = "text"  # free words
    DATE = "date"  # YYYY-MM-DD


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One line of a form; `key` marks a ★ line, on which the item's result stands."""

    id: str
    text: str
    kind: QuestionKind
    options: tuple[str, ...] = ()
    unit: str = ""
    min: Decimal | None = None
    max: Decimal | None = None
    required: bool = True
    key: bool = False
    basis: str = ""
    photo_when: str = ""  # "always", or "no": a photo is required when the answer is "no"
    comment_when: str = ""  # "no": words are required when the answer is "no"

    def as_data(self) -> dict[str, Any]:
        """The question as JSON data; what is not said is left out."""
        words = {"unit": self.unit, "basis": self.basis, "photo_when": self.photo_when}
        words["comment_when"] = self.comment_when
        limits = {"min": self.min, "max": self.max}
        return {
            "id": self.id,
            "text": self.text,
            "kind": self.kind.value,
            "required": self.required,
            "key": self.key,
            **({"options": list(self.options)} if self.options else {}),
            **{name: word for name, word in words.items() if word},
            **{name: _json_number(limit) for name, limit in limits.items() if limit is not None},
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Question:
        """The inverse of `as_data`; KeyError or ValueError for what is no question."""
        return cls(
            **{
                **data,
                "kind": QuestionKind(data["kind"]),
                "options": tuple(data.get("options", ())),
                "min": None if data.get("min") is None else Decimal(str(data["min"])),
                "max": None if data.get("max") is None else Decimal(str(data["max"])),
            }
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """The form of an item, as it was when the task was made (A10)."""

    version: str
    title: str
    questions: tuple[Question, ...]

    def as_data(self) -> dict[str, Any]:
        """The form as JSON data (contract FORM)."""
        return {
            "version": self.version,
            "title": self.title,
            "questions": [question.as_data() for question in self.questions],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Form:
        """The inverse of `as_data`."""
        questions = tuple(Question.from_data(question) for question in data["questions"])
        return cls(version=data["version"], title=data["title"], questions=questions)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What was answered to one question; `photos` are digests."""

    question_id: str
    value: str | int | float | None
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


def standard_form(item_name: str, content: str = "", basis: str = "") -> Form:
    """Give the form for an item that brings none of its own: what any department looks at, around the item's text."""
    yes_no = QuestionKind.YESNO
    asked = (content or item_name).strip().rstrip("。；;")
    return Form(
        version=STANDARD_VERSION,
        title=item_name,
        questions=(
            Question(
                id="licence",
                text="营业执照及相关许可（备案）证件是否齐全、有效并按规定公示？",
                kind=yes_no,
                comment_when="no",
            ),
            Question(
                id="matter",
                text=f"{asked}？" if "是否" in asked else f"{asked}：是否符合规定？",
                kind=yes_no,
                key=True,
                basis=basis,
                photo_when="always",
                comment_when="no",
            ),
            Question(
                id="records",
                text="台账、票据、合同等记录是否真实、完整并按期保存？",
                kind=yes_no,
                comment_when="no",
            ),
            Question(
                id="earlier",
                text="以往检查发现的问题是否已整改到位？（没有的选“不适用”）",
                kind=yes_no,
                comment_when="no",
            ),
            Question(
                id="staff",
                text="现场从业人员数",
                kind=QuestionKind.NUMBER,
                unit="人",
                min=Decimal(0),
                max=Decimal(100_000),
                required=False,
            ),
            Question(id="notes", text="其他需要记录的情况", kind=QuestionKind.TEXT, required=False),
        ),
    )


def form_of(data: Mapping[str, Any], item_name: str, content: str = "", basis: str = "") -> Form:
    """The item's own form, or the standard one where `data` is empty."""
    return Form.from_data(data) if data else standard_form(item_name, content, basis)


def form_fault(form: Form) -> str:
    """Say what is wrong with a form that somebody wrote, naming the question; empty if nothing is (A13)."""
    if not 1 <= len(form.questions) <= MOST_QUESTIONS:
        return f"应有 1 至 {MOST_QUESTIONS} 个问题。"
    if len({one.id for one in form.questions}) != len(form.questions):
        return "问题编号不能重复。"
    faults = (_question_fault(one, place) for place, one in enumerate(form.questions, start=1))
    return next((fault for fault in faults if fault), "")


def _question_fault(question: Question, place: int) -> str:
    where = f"第 {place} 个问题"
    if not question.id or not question.text.strip() or len(question.text) > LONGEST_QUESTION:
        return f"{where}的内容应为 1 至 {LONGEST_QUESTION} 字。"
    options = [one.strip() for one in question.options]
    if question.kind is QuestionKind.CHOICE and (len(set(options)) < LEAST_OPTIONS or not all(options)):
        return f"{where}至少要有 {LEAST_OPTIONS} 个不同的选项。"
    if question.min is not None and question.max is not None and question.min > question.max:
        return f"{where}的最小值大于最大值。"
    if question.photo_when not in {"", "always", "no"} or question.comment_when not in {"", "no"}:
        return f"{where}的拍照或说明要求不在可选范围内。"
    return ""


def check_answers(form: Form, answers: Sequence[Answer], *, complete: bool = True) -> list[Problem]:
    """Check answers against their form; `complete` False: blanks are lawful, there was nothing to look at (G12)."""
    given = {answer.question_id: answer for answer in answers}
    known = {question.id for question in form.questions}
    problems = [Problem(where=form.title, why=f"没有问题“{one}”。") for one in given if one not in known]
    if len(given) < len(answers):
        problems.append(Problem(where=form.title, why="同一问题回答了两次。"))
    for question in form.questions:
        problems += _check(question, given.get(question.id), complete=complete)
    return problems


def value_text(question: Question, value: str | float | None) -> str:
    """An answer in words for people."""
    if value is None or value == "":
        return "未填写"
    if question.kind is QuestionKind.YESNO:
        return {"yes": "是", "no": "否", _NOT_APPLICABLE: "不适用"}.get(str(value), str(value))
    return f"{value}{question.unit}"


def _check(question: Question, answer: Answer | None, *, complete: bool) -> list[Problem]:
    if answer is None or answer.value is None or answer.value == "":
        missing = question.required and complete
        return [Problem(where=question.text, why="还没有回答。")] if missing else []
    whys = [_value_fault(question, answer.value)]
    no, applies = answer.value == "no", answer.value != _NOT_APPLICABLE
    if not answer.photos and ((question.photo_when == "always" and applies) or (question.photo_when == "no" and no)):
        whys.append("需要至少一张照片。")
    if question.comment_when == "no" and no and not answer.comment.strip():
        whys.append("回答“否”时需要写明情况。")
    if len(answer.comment) > MAX_TEXT:
        whys.append(f"说明超过 {MAX_TEXT} 字。")
    return [Problem(where=question.text, why=why) for why in whys if why]


def _value_fault(question: Question, value: str | float) -> str:
    match question.kind:
        case QuestionKind.YESNO:
            return "" if value in ("yes", "no", _NOT_APPLICABLE) else "只能回答是、否或不适用。"
        case QuestionKind.CHOICE:
            return "" if value in question.options else "不在可选范围内。"
        case QuestionKind.NUMBER:
            return _number_fault(question, value)
        case QuestionKind.TEXT:
            return "" if isinstance(value, str) and len(value) <= MAX_TEXT else f"应为不超过 {MAX_TEXT} 字的文字。"
        case QuestionKind.DATE:
            return "" if _is_date(value) else "应为日期，如 2026-03-02。"


def _number_fault(question: Question, value: str | float) -> str:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return "应为数字。"
    if isinstance(value, bool) or not number.is_finite():
        return "应为数字。"
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


def _json_number(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
