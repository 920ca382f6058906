"""What a person hears of his deadlines: urgent ones at once, the rest in one message a working morning (K2).

reminders that wait + snoozes that wake -> morning -> one message a person -> DigestLine rows
due today, first day overdue            -> tell    -> one message a person a tick, held back at night
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from inspection.deadlines import KINDS, DeadlineKind
from inspection.ladders import place_of
from inspection.notices import Button, Notice, NoticeKind
from inspection.stages import stage_text
from inspection.workdays import SHANGHAI, local_date
from models.results import Deadline
from models.store import deadlines as store
from models.store import snoozes
from services.act import Act
from services.clock.audiences import Audience, audience_of
from services.clock.calendars import Moved, calendar_of
from services.clock.quiet import is_quiet, not_before
from services.people.notices import Letter, tell_many

SHOWN = 6  # a card shows no more
LATE_WORDS = "含系统停运期间应发而补发的提醒"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A step of a deadline that somebody is to hear of; `only`: one person alone, who had put it off."""

    row: Deadline
    stage: str
    late: bool
    only: str = ""


async def morning_due(act: Act, digested_on: date | None) -> bool:
    """Tell whether this day's digest is still to be made: a working day, its hour has come."""
    now = act.now.astimezone(SHANGHAI)
    if digested_on == now.date() or not (await calendar_of(act)).is_working(now.date()):
        return False
    rules = act.house.clock
    return now.time() >= rules.digest_at and not is_quiet(act, act.now)


async def morning(act: Act) -> int:
    """Tell everybody of what waits, one message each; return how many messages. Done once a day by the clock."""
    today = local_date(act.now)
    asleep = await snoozes.asleep(act.db)
    lines = [Line(row=row, stage=stage, late=late) for row, stage, late in _newest(await store.waiting(act.db))]
    for snoozed, row in await snoozes.waking(act.db, today):
        lines.append(Line(row=row, stage=await _stage_now(act, row), late=False, only=snoozed.userid))
    sent = await tell(act, lines, urgent=False, asleep=asleep)
    await store.told_all(act.db)
    await snoozes.wake(act.db, today)
    return sent


async def tell(
    act: Act, lines: Sequence[Line], *, urgent: bool, asleep: frozenset[tuple[str, str]] = frozenset()
) -> int:
    """Tell of these lines, one message a person; `asleep`: (deadline id, userid) who want to hear of it later."""
    audience = await audience_of(act, [line.row for line in lines])
    by_person: dict[str, list[Line]] = {}
    for line in lines:
        whom = [line.only] if line.only else audience.of(line.row, line.stage)
        for userid in whom:
            if line.only or (line.row.id, userid) not in asleep:
                by_person.setdefault(userid, []).append(line)
    await snoozes.keep_lines(act.db, local_date(act.now), _kept(by_person))
    letters = [_letter(act, userid, _in_order(some), audience, urgent=urgent) for userid, some in by_person.items()]
    return await tell_many(act, letters) if letters else 0


async def tell_moved(act: Act, moved: Sequence[Moved]) -> int:
    """Tell whoever has to do it that a deadline's day is another, or is certain now; one message a person."""
    audience = await audience_of(act, [one.row for one in moved])
    by_person: dict[str, list[Moved]] = {}
    for one in moved:
        # As at the first step: whoever has to do it, not those above him.
        for userid in audience.of(one.row, "-99"):
            by_person.setdefault(userid, []).append(one)
    letters = [_moved_letter(act, userid, some, audience) for userid, some in by_person.items()]
    return await tell_many(act, letters) if letters else 0


def _newest(rows: Iterable[tuple[Deadline, str, bool]]) -> list[tuple[Deadline, str, bool]]:
    """Of a deadline whose steps have piled up over a weekend, the newest alone."""
    found: dict[str, tuple[Deadline, str, bool]] = {}
    for row, stage, late in rows:
        known = found.get(row.id)
        if known is None or place_of(stage) > place_of(known[1]):
            found[row.id] = row, stage, late
    return list(found.values())


async def _stage_now(act: Act, row: Deadline) -> str:
    """Where a deadline stands today, whether or not that is one of its steps."""
    calendar, today = await calendar_of(act), local_date(act.now)
    step = timedelta(days=1 if today <= row.due_on else -1)
    count, day = 0, today
    while day != row.due_on:
        day += step
        count += calendar.is_working(day if step.days > 0 else day - step)
    return f"-{count}" if step.days > 0 and count else f"+{count}" if count else "0"


def _kept(by_person: dict[str, list[Line]]) -> list[dict[str, object]]:
    return [
        {"userid": userid, "deadline_id": line.row.id, "stage": line.stage, "late": line.late}
        for userid, some in by_person.items()
        for line in some
    ]


def _in_order(lines: Sequence[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (line.row.due_on, line.row.kind, line.row.id))


def _letter(act: Act, userid: str, lines: Sequence[Line], audience: Audience, *, urgent: bool) -> Letter:
    day = local_date(act.now)
    mark = hashlib.sha256("".join(f"{one.row.id}{one.stage}" for one in lines).encode()).hexdigest()[:12]
    first = lines[0].row
    notice = _one(lines[0], userid, audience, mark) if len(lines) == 1 else _many(lines, userid, audience, mark, day)
    return Letter(
        userid=userid,
        notice=notice,
        department_id=first.department_id,
        subject=first.subject if len(lines) == 1 else f"digest:{day}",
        dedupe_key=f"{'urgent' if urgent else 'digest'}/{day}/{userid}" + (f"/{mark}" if urgent else ""),
        not_before=not_before(act),
    )


def _one(line: Line, userid: str, audience: Audience, mark: str) -> Notice:
    row, subject = line.row, audience.subjects[line.row.subject]
    text, overdue = DeadlineKind(row.kind).text, line.stage.startswith("+")
    facts = (
        (subject.words[0], subject.visit_number),
        (subject.words[1], subject.target_name),
        ("截止日期", f"{row.due_on:%Y-%m-%d}{'（暂定）' if row.provisional else ''}"),
        *((("说明", "本提醒因系统停运补发"),) if line.late else ()),
    )
    return Notice(
        kind=NoticeKind.REMINDER,
        document_no=f"{subject.visit_number}-{row.kind}-{row.due_on:%m%d}{line.stage}-{mark[:4]}",
        title=f"{text}：{stage_text(line.stage)}",
        summary=f"请尽快{text}，并说明逾期原因。" if overdue else f"请在截止日期前{text}。",
        facts=facts,
        path=audience.path_for(row, userid),
        buttons=_buttons(line, userid, audience),
        urgent=overdue or line.stage == "0",
    )


def _buttons(line: Line, userid: str, audience: Audience) -> tuple[Button, ...]:
    """What settles it: from the card where a card can (D8), else the page; and later where there still is a later."""
    subject = audience.subjects[line.row.subject]
    at_once = line.row.kind == DeadlineKind.ACCEPT.value and audience.is_in_group(line.row, userid)
    accept = (Button(key=f"accept:{subject.visit_id}", text="接受任务"),) if at_once else ()
    later = (Button(key=f"snooze:{line.row.id}", text="下个工作日再提醒"),) if _may_wait(line) else ()
    return (*accept, *audience.open_button(line.row, userid), *later)


def _may_wait(line: Line) -> bool:
    return place_of(line.stage) < -1  # the next working day is still before the due day


def _many(lines: Sequence[Line], userid: str, audience: Audience, mark: str, day: date) -> Notice:
    counts = [
        ("逾期", sum(one.stage.startswith("+") for one in lines)),
        ("今天到期", sum(one.stage == "0" for one in lines)),
        ("即将到期", sum(one.stage.startswith("-") for one in lines)),
    ]
    shown = [(_label(one), _words(one, audience)) for one in lines[:SHOWN]]
    more = f"另有 {len(lines) - SHOWN} 项，请打开页面查看。" if len(lines) > SHOWN else ""
    late = LATE_WORDS + "。" if any(one.late for one in lines) else ""
    path = _common_path(lines, userid, audience)
    parts = [f"{words} {count}" for words, count in counts if count]
    later = (Button(key=f"snooze:{day}", text="下个工作日再提醒"),) if any(map(_may_wait, lines)) else ()
    return Notice(
        kind=NoticeKind.DIGEST,
        document_no=f"待办-{day:%Y%m%d}-{mark}",
        title=f"待办 {len(lines)} 项：{'，'.join(parts)}",
        summary=f"请按截止日期先后办理。{more}{late}",
        facts=tuple(shown),
        path=path,
        buttons=(Button(text="去办理", path=path), *later),
        urgent=counts[0][1] + counts[1][1] > 0,
    )


def _label(line: Line) -> str:
    """Five characters: when."""
    return f"逾期{line.stage[1:]}日" if line.stage.startswith("+") else f"{line.row.due_on:%m-%d}"


def _words(line: Line, audience: Audience) -> str:
    subject = audience.subjects[line.row.subject]
    return f"{KINDS[DeadlineKind(line.row.kind)].short} {subject.target_name}"


def _common_path(lines: Sequence[Line], userid: str, audience: Audience) -> str:
    """The page on which they all can be opened: the phone's list of visits, else the desk's board."""
    paths = {audience.path_for(line.row, userid) for line in lines}
    if len(paths) == 1:
        return paths.pop()
    return "/m/" if all(path.startswith("/m/") for path in paths) else "/console/clock"


def _moved_letter(act: Act, userid: str, moved: Sequence[Moved], audience: Audience) -> Letter:
    day = local_date(act.now)
    mark = hashlib.sha256("".join(f"{one.row.id}{one.row.due_on}" for one in moved).encode()).hexdigest()[:12]
    facts = tuple((f"{one.row.due_on:%m-%d}", _moved_words(one, audience)) for one in moved[:SHOWN])
    notice = Notice(
        kind=NoticeKind.DEADLINE_MOVED,
        document_no=f"期限-{day:%Y%m%d}-{mark}",
        title=f"工作日历有变化，{len(moved)} 项期限已重新计算",
        summary="节假日安排已公布或本单位工作日有调整，请以新的截止日期为准。",
        facts=facts,
        path=_common_path([Line(row=one.row, stage="0", late=False) for one in moved], userid, audience),
    )
    return Letter(
        userid=userid,
        notice=notice,
        department_id=moved[0].row.department_id,
        subject=f"calendar:{moved[0].row.calendar}",
        dedupe_key=f"moved/{day}/{userid}/{mark}",
        not_before=not_before(act),
    )


def _moved_words(one: Moved, audience: Audience) -> str:
    name = audience.subjects[one.row.subject].target_name
    if one.before == one.row.due_on:
        return f"{'仍为暂定' if one.row.provisional else '已确定'} {name}"
    return f"原 {one.before:%m-%d} {name}"
