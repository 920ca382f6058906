"""Time passes: the clock goes on day by day past a deadline that one visit misses, and who is late is reminded.

late visit -> clock + 1 day (reminders go out) ... until the first working day after its last -> made after all
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

from app.tour.field import all_of
from app.tour.office import cards_of, see_messages_off
from app.tour.stage import Stage
from app.tour.story import Story
from inspection.workdays import SHANGHAI

# A message of one deadline names its step; a digest counts what stands where.
WORDS = {"before": ("：还剩", "即将到期 "), "on": ("：今天到期", "今天到期 "), "after": ("：已逾期", "逾期 ")}
STAGES = {"before": "到期前", "on": "到期当天", "after": "逾期后"}
NINE = time(9)
MOST_DAYS = 40  # window and holidays together; a fence against a clock that stands


async def let_time_pass(story: Story, stage: Stage) -> None:
    """Move the clock day by day until a reminder says that the late visit has missed its last day."""
    async with stage.step("时钟逐日前进，催办到期事项", "系统") as note:
        last = await _last_day(story)
        days = 0
        while days < MOST_DAYS:
            moved = await story.desk.post("/api/demo/clock", {"to": await _next_morning(story)})
            days += 1
            await see_messages_off(story)
            if _day_of(moved["now"]) > last and moved["reminders"]:
                break
        note(f"前进 {days} 天，到 {moved['now'][:10]}；{story.late.number} 应于 {last} 前完成，故意未做")
        overview = await story.desk.get("/api/console/overview")
        story.checks["overdue_is_seen"] = overview["counts"]["overdue"] >= 1
        note(f"工作台显示逾期事项 {overview['counts']['overdue']} 项")


async def _next_morning(story: Story) -> str:
    """Nine o'clock of the next day: the digest is out by then, and nothing is held back for the night."""
    now = datetime.fromisoformat((await story.desk.get("/api/me"))["now"]).astimezone(SHANGHAI)
    return datetime.combine(now.date() + timedelta(days=1), NINE, SHANGHAI).isoformat()


async def _last_day(story: Story) -> date:
    task = await story.desk.get(f"/api/console/tasks/{story.task_id}")
    return date.fromisoformat(task["ends_on"])


def _day_of(moment: str) -> date:
    return datetime.fromisoformat(moment).astimezone(SHANGHAI).date()


async def count_messages(story: Story, stage: Stage) -> None:
    """Count what the outbox says it sent and what the phones say they have; look for the reminders among them."""
    async with stage.step("核对全部消息", story.desk.name) as note:
        counts = await see_messages_off(story)
        cards = await _everything_shown(story)
        owners = (await story.cast.sandbox.get("/sandbox/api/owners"))["owners"]
        shown = len(cards) + sum(one["messages"] for one in owners)
        reminders = _reminders(cards)
        before, shown = story.outbox_before, shown - story.shown_before
        sent = sum(count - before.get(status, 0) for status, count in counts.items() if status != "held")
        accepted = counts.get("accepted", 0) - before.get("accepted", 0)
        story.numbers |= {
            "messages_sent": sent,
            "messages_delivered": shown,
            "reminders_sent": reminders["messages"] - story.reminders_before,
        }
        story.checks["all_delivered"] = sent == accepted == shown
        story.checks["reminders"] = all(reminders[name] for name in WORDS)
        note(f"发件箱 {counts}；手机上新收到 {shown} 条")
        note("催办：" + "，".join(f"{STAGES[name]} {reminders[name]} 条" for name in WORDS))


async def count_before(story: Story) -> None:
    """Remember what was sent and shown before the tour began, in an office that has worked already."""
    story.outbox_before = await see_messages_off(story)
    cards = await _everything_shown(story)
    owners = (await story.cast.sandbox.get("/sandbox/api/owners"))["owners"]
    story.shown_before = len(cards) + sum(one["messages"] for one in owners)
    story.reminders_before = _reminders(cards)["messages"]


def _reminders(cards: list[dict[str, Any]]) -> Counter[str]:
    """Count the messages that remind of something, and by step those that speak of it."""
    counts: Counter[str] = Counter()
    for card in cards:
        steps = [name for name, words in WORDS.items() if any(word in card["title"] for word in words)]
        counts.update([*steps, *(["messages"] if steps else [])])
    return counts


async def _everything_shown(story: Story) -> list[dict[str, Any]]:
    members = (await story.cast.sandbox.get("/sandbox/api/state"))["members"]
    chats = await all_of(lambda one: cards_of(story, one["userid"]), members)
    return [card for chat in chats for card in chat]
