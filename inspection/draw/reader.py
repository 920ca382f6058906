"""Typed reading of the announcement's JSON: each question names a key; a wrong answer is refused with its path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from inspection.draw.refusals import AnnouncementError
from inspection.draw.text import is_hex

if TYPE_CHECKING:
    from collections.abc import Iterator

Choice = TypeVar("Choice", bound=Enum)


@dataclass(frozen=True, slots=True)
class Reader:
    """A JSON object at the path `where`; every method raises AnnouncementError if the answer is not of its type."""

    where: str
    values: Mapping[str, object]

    def text(self, key: str, *, filled: bool = False) -> str:
        """Give a text, not blank if `filled`."""
        value = self.values.get(key)
        if not isinstance(value, str):
            raise self.refuse(key, "必须是文字")
        if filled and not value.strip():
            raise self.refuse(key, "不能为空")
        return value

    def count(self, key: str) -> int:
        """Give a whole number from 0 up; JSON's true and 1.0 are none."""
        value = self.values.get(key)
        if type(value) is not int or value < 0:
            raise self.refuse(key, "必须是不小于 0 的整数")
        return value

    def counts(self) -> dict[str, int]:
        """Give the whole object as counts by name."""
        return {key: self.count(key) for key in self.values}

    def hex(self, key: str) -> str:
        """Give a digest of 64 lower-case hex digits."""
        value = self.values.get(key)
        if not is_hex(value):
            raise self.refuse(key, "必须是 64 位小写十六进制")
        return str(value)

    def member(self, key: str, choices: type[Choice]) -> Choice:
        """Give the enum member whose value stands under `key`."""
        for choice in choices:
            if choice.value == self.values.get(key):
                return choice
        raise self.refuse(key, "只能是" + "、".join(str(choice.value) for choice in choices))

    def list(self, key: str) -> list[object]:
        """Give a JSON array as it is."""
        value = self.values.get(key)
        if not isinstance(value, list):
            raise self.refuse(key, "必须是列表")
        return value

    def inner(self, key: str) -> Reader:
        """Give the object under `key`."""
        return self._object(key, self.values.get(key))

    def each(self, key: str) -> Iterator[Reader]:
        """Give the objects of the array under `key`, in order."""
        for number, value in enumerate(self.list(key), 1):
            yield self._object(f"{key}[{number}]", value)

    def refuse(self, key: str, why: str) -> AnnouncementError:
        """Make the error for `key`, with the whole path to it."""
        return AnnouncementError(where=f"{self.where}{key}", why=why)

    def _object(self, key: str, value: object) -> Reader:
        if not isinstance(value, dict):
            raise self.refuse(key, "必须是 JSON 对象")
        return Reader(f"{self.where}{key}.", value)
