"""The public search: results by a target's name, its code, or their own number, the newest first (H5, H6).

words -> a code or a number: its index
      -> a name: the newest `WINDOW` results through an index that holds their names, until enough are found
                 -> too few there: the word is rare, and the index of its characters (models.grams) finds all it has

A frequent word has its newest results among the newest of all; a rare one has few altogether. So neither the one nor
the other is ever read through or sorted in full. SQLite has no index of characters: its window is the whole index.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models import grams
from models.results import Publication

WINDOW = 20_000  # a word that fewer than one in a thousand of these names have is rare
COUNTED = 200  # found and counted as far as this: more is more than anybody pages through
CODE_LENGTH = 18
_ORDER = (Publication.published_at.desc(), Publication.id.desc())


async def search(db: AsyncSession, words: str, page: int, page_size: int) -> tuple[int, Sequence[dict[str, Any]]]:
    """(how many, at most `COUNTED` + 1; what the results of this page say), the newest first."""
    words = words.strip()
    exact, total = _exact(words), 0
    found: Sequence[str] = ()
    if exact is not None:
        query = select(Publication.id).where(exact).order_by(*_ORDER).limit(COUNTED + 1)
        found = (await db.scalars(query)).all()
        total = len(found)
    if not found:
        total, found = await _by_name(db, words, page * page_size)
    ids = found[(page - 1) * page_size : page * page_size]
    rows = await db.execute(select(Publication.id, Publication.body).where(Publication.id.in_(ids)))
    bodies = {row.id: row.body for row in rows}
    return total, [bodies[one] for one in ids]


async def _by_name(db: AsyncSession, words: str, needed: int) -> tuple[int, Sequence[str]]:
    """How many results' targets have the words in their names, and the ids of the newest, at least `needed`."""
    pieces = [] if db.get_bind().dialect.name == "sqlite" else grams.wanted(words)
    newest = select(Publication.id, Publication.target_name).order_by(*_ORDER)
    if pieces:
        newest = newest.limit(WINDOW)
    window = newest.subquery()
    hits = select(window.c.id).where(_contains(window.c.target_name, words)).limit(COUNTED + 1)
    found = (await db.scalars(hits)).all()
    if len(found) > COUNTED or not pieces:
        return len(found), found
    if len(found) >= needed:
        return await db.scalar(
            select(func.count()).select_from(_rare(words, pieces).limit(COUNTED + 1).subquery())
        ) or 0, found
    # MATERIALIZED: else the planner may walk all results by date, in the hope of meeting these soon.
    rare = _rare(words, pieces).cte("rare").prefix_with("MATERIALIZED", dialect="postgresql")
    query = select(rare.c.id).order_by(rare.c.published_at.desc(), rare.c.id.desc()).limit(COUNTED + 1)
    found = (await db.scalars(query)).all()
    return len(found), found


def _rare(words: str, pieces: Sequence[str]) -> Select[str, datetime]:
    having = (Publication.grams.contains(pieces), _contains(Publication.target_name, words))
    return select(Publication.id, Publication.published_at).where(*having)


def _exact(words: str) -> ColumnElement[bool] | None:
    """Words that can be a code or a result's number; None: a name."""
    if len(words) == CODE_LENGTH and words.isascii() and words.isalnum():
        return Publication.target_code == words.upper()
    return Publication.number == words if "-" in words else None


def _contains(name: Any, words: str) -> ColumnElement[bool]:
    cased = words.lower() != words.upper()
    found: ColumnElement[bool] = (
        name.icontains(words, autoescape=True) if cased else name.contains(words, autoescape=True)
    )
    return found
