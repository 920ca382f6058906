"""The review that a list passes before it is published, where the office's rules name who reviews (S7).

departments draft -> the office collects and hands in -> opinion -> item_lists.publish with its day and number
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from inspection.actors import Actor
from inspection.errors import InvalidInputError
from inspection.workdays import local_date
from models.lists import ItemList, ListChange
from models.store import lists as store
from services.act import Act


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """An opinion on a list's drafts: when it was given, and under which number."""

    on: date
    number: str


def publisher(act: Act) -> Callable[[Actor, ItemList], bool]:
    """What tells who publishes a list: whoever signs it, or, with a review in between, the office."""
    return store.collects if act.house.rules.list_review_by else store.signs


def checked(act: Act, review: Review | None) -> Review | None:
    """The opinion that a publication stands on; none where nobody reviews. Raises InvalidInputError."""
    by = act.house.rules.list_review_by
    if not by:
        return None
    if review is None or not review.number.strip():
        raise InvalidInputError(what="审查意见", why=f"清单公布前须经{by}审查，请填写审查日期和文号。")
    if review.on > local_date(act.now):
        raise InvalidInputError(what="审查日期", why="不能晚于今天。")
    return review


def note(act: Act, change: ListChange, review: Review | None) -> None:
    """Write on a change who reviewed it."""
    if review is not None:
        change.reviewed_by = act.house.rules.list_review_by
        change.reviewed_on, change.review_number = review.on, review.number.strip()
