"""Which targets a rule finds, and the sub-libraries, claims and states that are filled by the database itself.

LibraryRule -> matching() -> WHERE -> INSERT ... SELECT: a million targets never pass through Python
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from inspection import regions
from models.libraries import DutyClaim, DutyDecision, DutyRule, DutyState, LibraryMember, Licence
from models.registers import Target

TWO_OR_MORE = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class LibraryRule:
    """What a sub-library holds (B6, B7): trade or words (either is enough); and region, class, label where given."""

    trades: tuple[str, ...] = ()  # GB/T 4754: a letter, or a letter and digits, as a prefix
    keywords: tuple[str, ...] = ()  # in name or business scope
    regions: tuple[str, ...] = ()  # GB/T 2260: each with all below it
    classes: tuple[str, ...] = ()  # credit classes
    labels: tuple[str, ...] = ()  # supervision labels, word for word

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> LibraryRule:
        """Read a library's `rule` column."""
        return cls(**{name: tuple(values) for name, values in data.items()})

    def as_data(self) -> dict[str, list[str]]:
        """The value of a library's `rule` column."""
        return {name: list(values) for name, values in asdict(self).items()}

    def is_empty(self) -> bool:
        """Tell whether the rule says nothing: then it would hold everybody."""
        return not any(asdict(self).values())


def matching(rule: LibraryRule) -> ColumnElement[bool]:
    """The condition under which a target is found by the rule."""
    parts = [
        either([*map(in_trade, rule.trades), *map(named, rule.keywords)]),
        either([in_region(one) for one in rule.regions]),
        Target.credit_class.in_(rule.classes) if rule.classes else None,
        either([labelled(one) for one in rule.labels]),
    ]
    return and_(*[one for one in parts if one is not None], Target.id.is_not(None))


def either(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool] | None:
    """Any of these, or nothing to ask where there are none."""
    return or_(*conditions) if conditions else None


def in_trade(code: str) -> ColumnElement[bool]:
    """Of a trade or one below it, as a range that the index answers."""
    return and_(Target.trade >= code, Target.trade < code + "~")


def in_region(code: str) -> ColumnElement[bool]:
    """In a region or one below it, as a range that the index answers."""
    first, behind = regions.bounds(code)
    return and_(Target.region_code >= first, Target.region_code < behind)


def named(word: str) -> ColumnElement[bool]:
    """With a word in name or business scope."""
    return or_(Target.name.contains(word, autoescape=True), Target.business_scope.contains(word, autoescape=True))


def labelled(label: str) -> ColumnElement[bool]:
    """With a label: JSON is compared as its text, whose letters may stand as they are or escaped."""
    text = cast(Target.labels, String)
    return or_(
        *[text.contains(one, autoescape=True) for one in {json.dumps(label), json.dumps(label, ensure_ascii=False)}]
    )


async def produce(db: AsyncSession, library_id: str, rule: LibraryRule) -> int:
    """Fill a sub-library anew with what its rule finds; what was put in by hand stays. Returns how many it holds."""
    mine = LibraryMember.library_id == library_id
    await db.execute(delete(LibraryMember).where(mine, LibraryMember.by_hand.is_(False)))
    kept = select(LibraryMember.target_id).where(mine)
    found = select(literal(library_id), Target.id, literal(value=False)).where(
        matching(rule), Target.id.not_in(kept), Target.status == "open"
    )
    await db.execute(insert(LibraryMember).from_select(["library_id", "target_id", "by_hand"], found))
    return await count_members(db, library_id)


async def count_members(db: AsyncSession, library_id: str) -> int:
    """How many targets a sub-library holds."""
    query = select(func.count()).select_from(LibraryMember).where(LibraryMember.library_id == library_id)
    return await db.scalar(query) or 0


async def drift(db: AsyncSession, library_id: str, rule: LibraryRule) -> dict[str, int]:
    """How far a sub-library is from what its rule finds today: targets that would come in, and go."""
    held = exists().where(LibraryMember.library_id == library_id, LibraryMember.target_id == Target.id)
    fits = and_(matching(rule), Target.status == "open")
    coming = await db.scalar(select(func.count()).select_from(Target).where(fits, ~held))
    going = (
        select(func.count())
        .select_from(LibraryMember)
        .join(Target, Target.id == LibraryMember.target_id)
        .where(LibraryMember.library_id == library_id, LibraryMember.by_hand.is_(False), ~fits)
    )
    return {"coming": coming or 0, "going": await db.scalar(going) or 0}


def page_of(library_id: str, after: str, limit: int) -> Select[Target, bool]:
    """A page of a sub-library's targets in the order of their codes, from behind the code `after`."""
    return (
        select(Target, LibraryMember.by_hand)
        .join(LibraryMember, LibraryMember.target_id == Target.id)
        .where(LibraryMember.library_id == library_id, Target.code > after)
        .order_by(Target.code)
        .limit(limit)
    )


async def keep_licences(db: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write licences as imports gave them: new ones in, known ones brought up to date unless written by hand."""
    insert_into = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    new = insert_into(Licence).values(list(rows))
    await db.execute(
        new.on_conflict_do_update(
            index_elements=["target_id", "name", "number"],
            set_={"issuer": new.excluded.issuer, "expires_on": new.excluded.expires_on},
            where=Licence.by_hand.is_(False),
        )
    )


# --- who answers for whom (B10) ---


def claimed_by(rule: DutyRule) -> ColumnElement[bool]:
    """The condition under which a rule makes its department answer for a target."""
    wanted = LibraryRule(trades=tuple(rule.trades), keywords=tuple(rule.keywords))
    parts = [matching(wanted)]
    if rule.region:
        parts.append(in_region(rule.region))
    if rule.licence:
        word = Licence.name.contains(rule.licence, autoescape=True)
        parts.append(exists().where(Licence.target_id == Target.id, word))
    return and_(*parts)


async def judge_duties(db: AsyncSession, rules: Iterable[DutyRule]) -> None:
    """Find for every target who answers for it: claims, then states, then the one department where there is one."""
    await db.execute(delete(DutyClaim))
    for rule in rules:
        claimed = exists().where(DutyClaim.target_id == Target.id, DutyClaim.department_id == rule.department_id)
        found = select(Target.id, literal(rule.department_id), literal(rule.id)).where(claimed_by(rule), ~claimed)
        await db.execute(insert(DutyClaim).from_select(["target_id", "department_id", "rule_id"], found))
    await db.execute(delete(DutyState))
    claims = (
        select(DutyClaim.target_id, func.count().label("n"), func.min(DutyClaim.department_id).label("one"))
        .group_by(DutyClaim.target_id)
        .subquery()
    )
    owners = func.coalesce(claims.c.n, 0)
    capped = func.min if db.get_bind().dialect.name == "sqlite" else func.least
    decided = exists().where(DutyDecision.target_id == Target.id)
    states = (
        select(Target.id, Target.code, capped(owners, TWO_OR_MORE))
        .outerjoin(claims, claims.c.target_id == Target.id)
        .where(~decided)
    )
    await db.execute(insert(DutyState).from_select(["target_id", "code", "owners"], states))
    settled = select(Target.id, Target.code, literal(1)).where(decided)
    await db.execute(insert(DutyState).from_select(["target_id", "code", "owners"], settled))
    await _write_owners(db)


async def _write_owners(db: AsyncSession) -> None:
    """Write the answer into the register; only rows that change are touched."""
    only = (
        select(func.min(DutyClaim.department_id))
        .where(DutyClaim.target_id == Target.id)
        .having(func.count() == 1)
        .correlate(Target)
        .scalar_subquery()
    )
    decided = (
        select(DutyDecision.department_id)
        .where(DutyDecision.target_id == Target.id)
        .correlate(Target)
        .scalar_subquery()
    )
    wanted = func.coalesce(decided, only)
    await db.execute(
        update(Target)
        .values(department_id=wanted)
        .where(Target.department_id.is_distinct_from(wanted))
        .execution_options(synchronize_session=False)
    )
