"""Forms as values, and as the JSON data that tasks keep and phones read (A10, A13).

Question (kind, limits, when it appears, what it demands) ; Form = questions in order <-> data
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

Row = Mapping[str, str | int | float | None]  # one line of a table question, by column id
Value = str | int | float | Sequence[Row] | None  # what is answered to one question
MAX_QUESTIONS, MAX_QUESTION_TEXT, LEAST_OPTIONS = 200, 300, 2


class QuestionKind(Enum):
    """How a question is answered; the value stands in stored forms."""

    YESNO = "yesno"  # "yes", "no" or "na"
    CHOICE = "choice"  # one of the options
    NUMBER = "number"  # within min and max
    TEXT = "text"  # free words
    DATE = "date"  # YYYY-MM-DD
    TABLE = "table"  # rows of the question's columns


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """A question appears only if an earlier one is answered so: one of the values, none of them, at least, at most."""

    question: str
    is_: str = "in"  # "in", "not", "least", "most"
    values: tuple[str, ...]

    def holds(self, value: Value) -> bool:
        """Whether it holds for the earlier question's answer; never for a blank, whatever it says."""
        if value is None or value == "" or not isinstance(value, str | int | float):
            return False
        if self.is_ in ("in", "not"):
            return (str(value) in self.values) is (self.is_ == "in")
        try:
            number, limit = Decimal(str(value).strip()), Decimal(self.values[0])
        except InvalidOperation:
            return False
        return number >= limit if self.is_ == "least" else number <= limit

    def as_data(self) -> dict[str, Any]:
        """The condition as JSON data."""
        return {"question": self.question, "is": self.is_, "values": list(self.values)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Condition:
        """The inverse of `as_data`; KeyError or ValueError for what is no condition."""
        if data["is"] not in ("in", "not", "least", "most") or not data["values"]:
            raise ValueError(f"no condition: {data['is']}")
        return cls(question=data["question"], is_=data["is"], values=tuple(str(one) for one in data["values"]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of a table question: a text, number, date or choice."""

    id: str
    text: str
    kind: QuestionKind = QuestionKind.TEXT
    options: tuple[str, ...] = ()
    unit: str = ""
    required: bool = False

    def as_data(self) -> dict[str, Any]:
        """The column as JSON data; what is not said is left out."""
        data: dict[str, Any] = {"id": self.id, "text": self.text, "kind": self.kind.value, "required": self.required}
        return {
            **data,
            **({"options": list(self.options)} if self.options else {}),
            **({"unit": self.unit} if self.unit else {}),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Column:
        """The inverse of `as_data`."""
        return cls(**{**data, "kind": QuestionKind(data["kind"]), "options": tuple(data.get("options", ()))})


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One line of a form; `key` marks a ★ line, on which the item's result stands."""

    id: str
    text: str
    kind: QuestionKind
    section: str = ""  # heading under which it stands
    options: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    unit: str = ""
    min: Decimal | None = None
    max: Decimal | None = None
    required: bool = True
    key: bool = False
    points: Decimal | None = None  # worth of a "yes"; None: not scored
    basis: str = ""
    photo_when: str = ""  # "always", or the answer with which a photo is required, such as "no"
    comment_when: str = ""  # the answer with which words are required, such as "no"
    shown_if: tuple[Condition, ...] = ()  # all must hold; none: always shown

    def as_data(self) -> dict[str, Any]:
        """The question as JSON data; what is not said is left out."""
        words = {"section": self.section, "unit": self.unit, "basis": self.basis}
        words |= {"photo_when": self.photo_when, "comment_when": self.comment_when}
        numbers = {"min": self.min, "max": self.max, "points": self.points}
        return {
            "id": self.id,
            "text": self.text,
            "kind": self.kind.value,
            "required": self.required,
            "key": self.key,
            **({"options": list(self.options)} if self.options else {}),
            **({"columns": [one.as_data() for one in self.columns]} if self.columns else {}),
            **({"shown_if": [one.as_data() for one in self.shown_if]} if self.shown_if else {}),
            **{name: word for name, word in words.items() if word},
            **{name: json_number(number) for name, number in numbers.items() if number is not None},
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Question:
        """The inverse of `as_data`; KeyError or ValueError for what is no question."""
        return cls(
            **{
                **data,
                "kind": QuestionKind(data["kind"]),
                "options": tuple(data.get("options", ())),
                "columns": tuple(Column.from_data(one) for one in data.get("columns", ())),
                "shown_if": tuple(Condition.from_data(one) for one in data.get("shown_if", ())),
                **{name: _decimal(data.get(name)) for name in ("min", "max", "points")},
            }
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """The form of an item, as it was when the task was made (A10)."""

    version: str
    title: str
    questions: tuple[Question, ...]
    source: str = ""  # the published standard it was made from
    grades: tuple[tuple[str, Decimal], ...] = ()  # names with the least per cent of points, best first

    def as_data(self) -> dict[str, Any]:
        """The form as JSON data (contract FORM)."""
        return {
            "version": self.version,
            "title": self.title,
            **({"source": self.source} if self.source else {}),
            **({"grades": [[name, json_number(least)] for name, least in self.grades]} if self.grades else {}),
            "questions": [question.as_data() for question in self.questions],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Form:
        """The inverse of `as_data`."""
        return cls(
            version=data["version"],
            title=data["title"],
            questions=tuple(Question.from_data(question) for question in data["questions"]),
            source=data.get("source", ""),
            grades=tuple((name, Decimal(str(least))) for name, least in data.get("grades", ())),
        )

    def shown(self, values: Mapping[str, Value]) -> list[Question]:
        """Give the questions that appear with these answers; one that does not appear counts as blank for others."""
        seen: dict[str, Value] = {}
        found = []
        for question in self.questions:
            if all(one.holds(seen.get(one.question)) for one in question.shown_if):
                found.append(question)
                seen[question.id] = values.get(question.id)
        return found


def form_faults(form: Form) -> list[str]:
    """Say in Chinese what keeps a form from being used, question by question; empty if it can be (A13)."""
    faults = []
    if not form.title.strip():
        faults.append("检查表没有名称。")
    if not 0 < len(form.questions) <= MAX_QUESTIONS:
        faults.append(f"应有 1 至 {MAX_QUESTIONS} 个问题。")
    earlier: set[str] = set()
    for place, question in enumerate(form.questions, 1):
        faults += [f"第 {place} 个问题{why}" for why in _question_faults(question, earlier)]
        earlier.add(question.id)
    return faults


def _question_faults(question: Question, earlier: set[str]) -> list[str]:
    kind, options = question.kind, {one.strip() for one in question.options}
    said = {"yes", "no", "na"} if kind is QuestionKind.YESNO else set(question.options)
    checks = {
        f"的内容应为 1 至 {MAX_QUESTION_TEXT} 字。": not 0 < len(question.text.strip()) <= MAX_QUESTION_TEXT,
        f"的题号“{question.id}”为空或与前面的重复。": not question.id or question.id in earlier,
        "至少要有 2 个不同的选项。": kind is QuestionKind.CHOICE and (len(options) < LEAST_OPTIONS or "" in options),
        "是表格，至少要有一列，列号不能重复。": kind is QuestionKind.TABLE and not _good_columns(question.columns),
        "的分值只能用于是否题，且应大于 0。": question.points is not None
        and (kind is not QuestionKind.YESNO or question.points <= 0),
        "的最小值大于最大值。": question.min is not None and question.max is not None and question.min > question.max,
        "的拍照或说明要求不在可选范围内。": question.photo_when not in said | {"", "always"}
        or question.comment_when not in said | {""},
        "的显示条件只能指向它前面的问题。": any(one.question not in earlier for one in question.shown_if),
    }
    return [why for why, wrong in checks.items() if wrong]


def _good_columns(columns: Sequence[Column]) -> bool:
    ids = {one.id for one in columns}
    kinds = {QuestionKind.TEXT, QuestionKind.NUMBER, QuestionKind.DATE, QuestionKind.CHOICE}
    return bool(ids) and len(ids) == len(columns) and all(one.kind in kinds and one.text.strip() for one in columns)


def json_number(number: Decimal) -> int | float:
    """A decimal as JSON writes it."""
    return int(number) if number == number.to_integral_value() else float(number)


def _decimal(number: str | float | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))
