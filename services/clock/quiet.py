"""The hours in which nothing is sent: what is written then goes out when they end."""

from __future__ import annotations

from datetime import datetime, timedelta

from inspection.workdays import SHANGHAI, local_date
from services.act import Act
from services.clock.calendars import calendar_of


def not_before(act: Act) -> datetime:
    """When a message may go out: now, or where it is night at the end of the quiet hours."""
    if not is_quiet(act, act.now):
        return act.now
    now, rules = act.now.astimezone(SHANGHAI), act.house.clock
    ends = datetime.combine(now.date(), rules.quiet_until, SHANGHAI)
    return ends if ends > now else ends + timedelta(days=1)


async def only_urgent(act: Act) -> bool:
    """Tell whether only urgent messages go out at this moment: at night, and on days on which the office rests."""
    return is_quiet(act, act.now) or not (await calendar_of(act)).is_working(local_date(act.now))


def is_quiet(act: Act, at: datetime) -> bool:
    """Tell whether nothing is sent at this hour."""
    rules, hour = act.house.clock, at.astimezone(SHANGHAI).time()
    if rules.quiet_from <= rules.quiet_until:
        return rules.quiet_from <= hour < rules.quiet_until
    return hour >= rules.quiet_from or hour < rules.quiet_until
