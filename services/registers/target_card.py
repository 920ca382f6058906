"""One target: everything that the register knows of it, and written down or mended by hand (B2-B6, B10, 单户录入).

card(code) -> its kind's own fields, who answers for it, licences, sub-libraries, checks of the year
write(cells) -> a table of one row -> the import's own reading, comparison and writing -> the target's code

A row written by hand is read exactly as a row of a file is: the same rules, the same report, the same refusals.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from sqlalchemy import or_, select

from inspection.actors import Role
from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from inspection.policy import CLASSES
from inspection.tables.categories import CATEGORIES, EXTRA_FIELDS
from inspection.tables.targets import COLUMNS, STATUS_WORDS
from inspection.workdays import local_date
from models.libraries import DutyDecision, DutyState, Library, LibraryMember
from models.registers import Target
from models.sheets import write_csv
from models.store import tasks as store
from services.act import Act
from services.imports import read_file, run_import
from services.registers import duties, ledger
from services.registers.exports import NOTES, PERSONAL, cells_of
from services.registers.search import shown

WHAT = "这个检查对象"
BY_HAND = "单户录入"  # the list that such targets belong to
IDENTIFIERS = {"credit_code": "统一社会信用代码", "registration": "注册号", "made": "平台编号（没有登记号码）"}
_NOTES = {**NOTES, "kind": "按登记机关的写法，如 有限责任公司"}
_CHOICES = {"status": tuple(STATUS_WORDS.values()), "credit_class": CLASSES}
_TITLES = {column.field: column.title for column in COLUMNS}


def forms() -> dict[str, Any]:
    """Which cells there are to fill in: those of every target and those of each kind alone, with a note each."""
    common = [column for column in COLUMNS if column.field not in EXTRA_FIELDS and column.field != "category"]
    return {
        "common": [_field(column.field) for column in common],
        "kinds": [
            {"word": one.word, "numbered": one.numbered, "fields": [_field(key) for key in one.extra]}
            for one in CATEGORIES.values()
        ],
    }


def _field(name: str) -> dict[str, Any]:
    choices = list(_CHOICES.get(name, ()))
    return {"field": name, "title": _TITLES[name], "note": _NOTES.get(name, ""), "choices": choices}


async def card(act: Act, code: str) -> dict[str, Any]:
    """One target with all that is known of it; NotFoundError."""
    row = await _target(act, code)
    kind = CATEGORIES.get(row.category)
    return {
        **shown(row),
        "identifier_text": IDENTIFIERS.get(row.identifier_kind, ""),
        "registered_on": row.registered_on,
        "business_scope": row.business_scope,
        "source": row.source,
        "own": [{**_field(key), "value": row.extra.get(key, "")} for key in (kind.extra if kind else ())],
        "duty": await _duty(act, row),
        "licences": (await duties.licences(act, row.code, None, ""))["rows"],
        "libraries": await _libraries(act, row),
        "checks": await _checks(act, row),
        "cells": {name: value for name, value in cells_of(row).items() if name not in PERSONAL},
        "can": {"edit": act.actor.has(Role.COORDINATOR)},
    }


async def _target(act: Act, code: str) -> Target:
    row = await act.db.scalar(select(Target).where(Target.code == code))
    if row is None:
        raise NotFoundError(what=WHAT)
    return row


async def _duty(act: Act, row: Target) -> dict[str, Any]:
    """Who answers for a target, and by what: the office's decision, the rules, or nobody yet (B10)."""
    names = await store.departments(act.db)
    decided = await act.db.get(DutyDecision, row.id)
    return {
        "judged": await act.db.get(DutyState, row.id) is not None,
        "department": names[row.department_id].name if row.department_id in names else "",
        "decided": decided.reason if decided else "",
        "claims": await duties.claims_of(act, row.id),
    }


async def _libraries(act: Act, row: Target) -> list[dict[str, Any]]:
    """The sub-libraries that hold it, as far as the actor may look at them."""
    query = select(Library.name, Library.status).join(LibraryMember, LibraryMember.library_id == Library.id)
    query = query.where(LibraryMember.target_id == row.id).order_by(Library.name)
    if not act.actor.has(Role.COORDINATOR, Role.ADMIN):
        query = query.where(or_(Library.shared, Library.department_id == act.actor.department_id))
    return [{"name": name, "confirmed": status == "confirmed"} for name, status in (await act.db.execute(query)).all()]


async def _checks(act: Act, row: Target) -> dict[str, Any] | None:
    """This year's checks, for those who may read the ledger: a visit to come is not everybody's to know (M3)."""
    if not act.actor.has(Role.COORDINATOR, Role.APPROVER, Role.ADMIN):
        return None
    return await ledger.of_target(act, row.code, local_date(act.now).year)


async def write(act: Act, cells: Mapping[str, str], code: str) -> str:
    """Write a target down (`code` ""), or mend the one of this code; gives its code.

    `cells` by field of the import's columns, as words. Raises InvalidInputError with the column and what is wrong with
    it, ConflictError for a new one that is there already and for a mended one that would become another.
    """
    if code:
        await _target(act, code)
    unknown = set(cells) - set(_TITLES)
    if unknown:
        raise InvalidInputError(what="检查对象的栏目", why=f"没有 {'、'.join(sorted(unknown))}。")
    # A person or telephone that is left empty leaves what is there.
    given = {name: words for name, words in cells.items() if words.strip() or name not in PERSONAL}
    data = write_csv([_TITLES[name] for name in given], [list(given.values())])
    file = await asyncio.to_thread(read_file, "targets", f"{BY_HAND}.csv", data)
    report = await run_import(act, file, source=BY_HAND)
    if report.rejected:
        wrong = report.rejected[0]
        raise InvalidInputError(what=wrong.field or "检查对象", why=wrong.reason)
    added = report.data["examples"]["added"]
    if code and added:
        raise ConflictError(what=WHAT, why="号码（没有号码的，名称和规格等）是它的标识，改了就是另一个对象；请新增。")
    if not code and not added:
        raise ConflictError(what=WHAT, why="名录库里已经有了，请打开它修改。")
    return code or str(added[0]["code"])
