"""What a member writes, answered: every word of `inspection.phrases` is one service call with the asker's rights.

text -> understand -> Word -> handler(act, rest) -> Reply      nothing understood -> what can be asked, with guesses

Figures go to coordinators and approvers, an inspector hears of his own visits only; whoever may not ask is told so in
the service's own words. Nothing here is ever said to an owner: only members of the corp reach this.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from bot.replies import MOST_SELECTS, MOST_VOTES, Question, Reply
from inspection.actors import Role
from inspection.errors import ConflictError, ForbiddenError, NotFoundError
from inspection.phrases import Word, days_in, understand
from inspection.reasons import REPLACEMENT_REASONS
from inspection.tables.targets import STATUS_WORDS as TARGET_STATUS
from inspection.workdays import local_date
from models.store.states import STATUS_WORDS
from models.store.visits import OwnVisit
from services.act import Act
from services.drawing import replacements
from services.field import visits
from services.people import asking, leaves, whoami
from services.people.asking import Due
from services.results import approvals

SHOWN = 8
WEEKDAYS = "一二三四五六日"
TEACH = {
    Word.TASKS: "我还没办完的检查",
    Word.TODAY: "今天到期和逾期的事",
    Word.TOMORROW: "明天到期的事",
    Word.WEEK: "本周到期的事",
    Word.ACCEPT: "接受派给我的检查",
    Word.CHECK_IN: "到场签到（随后发送位置）",
    Word.RECUSE: "声明回避",
    Word.REPLACE: "申请更换本人",
    Word.LEAVE: "如：请假 3月5日到3月6日",
    Word.COMPANY: "如：查企业 惠民",
}
TEACH_HEADS = {
    Word.APPROVALS: "等我审批的结果",
    Word.PROGRESS: "各部门完成情况",
    Word.OVERDUE: "逾期的事项",
    Word.URGE: "催办逾期（可加部门名）",
}
NOT_FOR_CARD = frozenset({"in-person", "left"})
Handler = Callable[[Act, str], Awaitable[Reply]]


async def answer(act: Act, text: str) -> Reply:
    """Answer what a member wrote."""
    if not act.actor.roles:
        return Reply(text="您还没有岗位，暂时查不到任务。请联系联席会议办公室为您登记。")
    said = understand(text)
    if said.word is None:
        near = f"您是不是想说：{'、'.join(said.guesses)}？" if said.guesses else ""
        return Reply(text=f"没有听懂。{near}\n\n{_help(act)}")
    try:
        return await HANDLERS[said.word](act, said.rest)
    except ForbiddenError:
        return Reply(text=f"“{said.word.value}”由联席会议办公室或本部门审批人使用。\n\n{_help(act)}")


async def _tasks(act: Act, _rest: str) -> Reply:
    own = await asking.open_visits(act)
    if not own:
        waiting = await _waiting_line(act)
        return Reply(text=f"您没有未办完的检查。{waiting}")
    leaving = await asking.leaving(act)
    fresh = asking.unaccepted(own, leaving)
    lines = [_visit_line(one, leaves=one.visit.id in leaving) for one in own[:SHOWN]]
    hint = f"\n其中 {len(fresh)} 户待接受，发送“接受”一并办理。" if fresh else ""
    return Reply(text="\n".join([f"未办完的检查 {len(own)} 户：", *lines]) + _more(len(own)) + hint + _link(act, "/m/"))


async def _today(act: Act, _rest: str) -> Reply:
    today = local_date(act.now)
    rows = await asking.due_between(act, None, today)
    fresh = await asking.to_accept(act)
    hint = f"\n待您接受的检查 {len(fresh)} 户，发送“接受”一并办理。" if fresh else ""
    return Reply(
        text=_due_list(act, f"今天（{today.month}月{today.day}日）", rows, "今天没有到期或逾期的事项。") + hint
    )


async def _tomorrow(act: Act, _rest: str) -> Reply:
    day = local_date(act.now) + timedelta(days=1)
    rows = await asking.due_between(act, day, day)
    return Reply(text=_due_list(act, f"明天（{day.month}月{day.day}日）", rows, "明天没有到期的事项。"))


async def _week(act: Act, _rest: str) -> Reply:
    today = local_date(act.now)
    sunday = today + timedelta(days=6 - today.weekday())
    rows = await asking.due_between(act, today, sunday)
    return Reply(text=_due_list(act, f"本周（到{sunday.month}月{sunday.day}日）", rows, "本周没有到期的事项。"))


async def _overdue(act: Act, _rest: str) -> Reply:
    yesterday = local_date(act.now) - timedelta(days=1)
    rows = [one for one in await asking.due_between(act, None, yesterday) if not one.paused]
    return Reply(text=_due_list(act, "逾期", rows, "没有逾期的事项。"))


async def _progress(act: Act, _rest: str) -> Reply:
    if not act.actor.has(Role.COORDINATOR, Role.ADMIN, Role.APPROVER):
        own = await visits.list_visits(act)
        done = sum(one.part.status in asking.DONE for one, _ in own)
        return Reply(text=f"您参加的检查 {len(own)} 户，本部门已录入 {done} 户，未录入 {len(own) - done} 户。")
    rows = await asking.figures(act)
    lines = [
        f"· {one.department}\n应检查 {one.parts}　已录入 {one.entered}　已公示 {one.published}"
        + (f"\n逾期 {one.overdue}" if one.overdue else "")
        for one in rows
    ]
    parts, published = sum(one.parts for one in rows), sum(one.published for one in rows)
    overdue = sum(one.overdue for one in rows)
    head = f"完成率 {_share(published, parts)}，逾期 {overdue} 项\n（已公示 {published} / 应检查 {parts}）"
    return Reply(text="\n".join([head, *lines]) + _link(act, "/console/"))


async def _approvals(act: Act, _rest: str) -> Reply:
    if not act.actor.has(Role.APPROVER):
        raise ForbiddenError
    rows = await approvals.waiting(act)
    if not rows:
        return Reply(text="没有等您审批的结果。")
    lines = [
        f"· {one.case.target.name}（{one.case.visit.number}）" + (f" {one.due_on}前" if one.due_on else "")
        for one in rows[:SHOWN]
    ]
    return Reply(
        text="\n".join([f"等您审批 {len(rows)} 项：", *lines]) + _more(len(rows)) + _link(act, "/console/approvals")
    )


async def _urge(act: Act, rest: str) -> Reply:
    told = await asking.urge(act, rest)
    return Reply(text=f"已催办，发出 {told} 条提醒。" if told else "没有需要催办的逾期事项，或今天已经催办过。")


async def _company(act: Act, rest: str) -> Reply:
    if not rest:
        return Reply(text="请写明企业名称的一部分或统一社会信用代码，例如：查企业 惠民")
    count, rows = await asking.companies(act, rest)
    if not rows:
        return Reply(text=f"没有找到名称含“{rest[:20]}”的检查对象。名录中没有，或不在您的查询范围内。")
    lines = [
        f"· {one.name}\n{one.code}\n{TARGET_STATUS.get(one.status, one.status)}"
        + (f"　信用{one.credit_class}类" if one.credit_class else "")
        + f"\n{one.address or '登记信息未载明地址'}"
        for one in rows
    ]
    return Reply(text="\n".join(lines) + (f"\n…只显示前 {len(rows)} 户，请写得更全一些。" if count > len(rows) else ""))


async def _accept(act: Act, _rest: str) -> Reply:
    fresh = await asking.to_accept(act)
    if not fresh:
        return Reply(text="没有待接受的检查。")
    options = [(one.visit.id, one.target.name) for one in fresh[:MOST_VOTES]]
    rest = f"（先办 {MOST_VOTES} 户，共 {len(fresh)} 户）" if len(fresh) > MOST_VOTES else ""
    return Reply(
        question=Question(
            title="接受检查任务",
            text=f"勾选要接受的检查{rest}",
            action="accept-some",
            options=options,
            many=True,
            submit="接受",
        )
    )


async def _check_in(act: Act, _rest: str) -> Reply:
    own = await asking.visits_in_hand(act)
    if not own:
        return Reply(text="您没有已接受、未提交的检查，无须签到。")
    which = f"“{own[0].target.name}”" if len(own) == 1 else f"{len(own)} 户检查中的一户（随后请您选择）"
    return Reply(text=f"请点“＋”发送位置，收到后记为到场：{which}。")


async def _recuse(act: Act, rest: str) -> Reply:
    own = _named(await asking.open_visits(act), rest)
    if not own:
        return Reply(text="您没有未办完的检查。抽取之前的回避，请在手机页面“回避登记”中填写。" + _link(act, "/m/"))
    return Reply(
        question=Question(
            title="声明回避",
            text="您与哪一户有利害关系或其他依法应当回避的情形？由本部门审批人决定。",
            action="recuse",
            options=_options(own),
        )
    )


async def _replace(act: Act, rest: str) -> Reply:
    own = _named(await asking.open_visits(act), rest)
    if not own:
        return Reply(text="您没有可以申请更换的检查。")
    reasons = [(code, words) for code, words in REPLACEMENT_REASONS.items() if code not in NOT_FOR_CARD]
    return Reply(
        question=Question(
            title="申请更换",
            text="原则上不更换；请选择检查和理由，由审批人决定。",
            action="replace-why",
            options=_options(own)[:MOST_SELECTS],
            also=reasons,
            also_title="理由",
            submit="提出申请",
        )
    )


async def _leave(act: Act, rest: str) -> Reply:
    days = days_in(rest, local_date(act.now))
    if not days:
        return Reply(text="请写明起止日期，例如：请假 3月5日到3月6日。只请一天写一个日期即可。")
    asked = await leaves.ask(act, days[0], days[-1])
    period = f"{days[0]} 至 {days[-1]}"
    return Reply(
        text=f"已提交请假申请：{period}，同意后会通知您。" if asked else f"{period} 的请假已经申请过，请等待答复。"
    )


async def _in_words(act: Act, _rest: str) -> Reply:
    await whoami.prefer_words(act, wanted=True)
    return Reply(text="今后都用文字发给您，需要选择时回复序号即可。恢复卡片请发送“卡片版”。")


async def _in_cards(act: Act, _rest: str) -> Reply:
    await whoami.prefer_words(act, wanted=False)
    return Reply(text="今后用卡片发给您。微信里看不到卡片时，发送“文字版”。")


async def _help_answer(act: Act, _rest: str) -> Reply:
    return Reply(text=_help(act))


HANDLERS: dict[Word, Handler] = {
    Word.TASKS: _tasks,
    Word.TODAY: _today,
    Word.TOMORROW: _tomorrow,
    Word.WEEK: _week,
    Word.OVERDUE: _overdue,
    Word.PROGRESS: _progress,
    Word.APPROVALS: _approvals,
    Word.URGE: _urge,
    Word.COMPANY: _company,
    Word.ACCEPT: _accept,
    Word.CHECK_IN: _check_in,
    Word.RECUSE: _recuse,
    Word.REPLACE: _replace,
    Word.LEAVE: _leave,
    Word.IN_WORDS: _in_words,
    Word.IN_CARDS: _in_cards,
    Word.HELP: _help_answer,
}


async def accept_some(act: Act, visit_ids: str) -> Reply:
    """The vote's answer: accept each of these visits ("ID,ID")."""
    wanted = [one for one in visit_ids.split(",") if one]
    if not wanted:
        return Reply(word="没有勾选", text="没有勾选任何检查，任务没有变化。")
    gone = 0
    for one in wanted:
        try:
            await visits.accept(act, one)
        except NotFoundError:
            gone += 1  # replaced or voided since the card came
    text = f"其中 {gone} 户已不再由您检查。" if gone else ""
    return Reply(word=f"已接受{len(wanted) - gone}户", text=text)


async def replace_why(act: Act, what: str) -> Reply:
    """Two selections' answer ("VISIT:REASON"): ask to be replaced, with the reason (E2)."""
    visit_id, _, reason = what.partition(":")
    if reason in NOT_FOR_CARD:
        raise ConflictError(what="更换申请", why="请选择一项理由。")
    await replacements.ask(act, visit_id, reason, "本人在聊天中提出。")
    return Reply(word="已申请更换")


async def leave(act: Act, what: str) -> Reply:
    """An approver's button: grant the leave that the card names."""
    await leaves.grant(act, what)
    return Reply(word="已同意请假")


def _help(act: Act) -> str:
    teach: dict[Word, str] = {}
    if act.actor.has(Role.INSPECTOR):
        teach |= TEACH
    if act.actor.has(Role.COORDINATOR, Role.ADMIN, Role.APPROVER):
        days = (Word.TODAY, Word.TOMORROW, Word.WEEK, Word.COMPANY)
        teach |= {word: TEACH[word] for word in days} | TEACH_HEADS
    lines = [f"{word.value}　{words}" for word, words in teach.items()]
    photos = ["照片、视频、语音、位置直接发来，即存入手头的检查。"] if act.actor.has(Role.INSPECTOR) else []
    return "\n".join(["可以这样问我：", *lines, *photos, "微信里看不到卡片时，发送“文字版”。"])


async def _waiting_line(act: Act) -> str:
    if not act.actor.has(Role.APPROVER):
        return ""
    count = len(await approvals.waiting(act))
    return f"等您审批的结果 {count} 项，发送“审批”查看。" if count else ""


def _visit_line(one: OwnVisit, *, leaves: bool) -> str:
    state = STATUS_WORDS[one.visit.status] if one.member.accepted_at else "待您接受"
    state = "更换待审批" if leaves else state
    leads = "组长" if one.member.leads else "组员"
    end = one.task.ends_on
    return f"· {one.target.name}\n{one.visit.number}\n{leads}　{state}　{end.month}月{end.day}日前"


def _due_list(act: Act, head: str, rows: Sequence[Due], nothing: str) -> str:
    if not rows:
        return nothing
    today = local_date(act.now)
    lines = []
    for one in rows[:SHOWN]:
        late = (today - one.due_on).days
        state = "（计时暂停）" if one.paused else f"，已逾期 {late} 天" if late > 0 else ""
        whose = f"　{one.department}" if act.actor.has(*asking.OFFICE) else ""
        day = f"{one.due_on.month}月{one.due_on.day}日（周{WEEKDAYS[one.due_on.weekday()]}）"
        lines.append(f"· {one.text}：{one.about}\n{day}{state}{whose}")
    return "\n".join([f"{head} {len(rows)} 项：", *lines]) + _more(len(rows))


def _named(own: Sequence[OwnVisit], words: str) -> list[OwnVisit]:
    found = [one for one in own if words and (words in one.target.name or words in one.visit.number)]
    return found or list(own)


def _options(own: Sequence[OwnVisit]) -> list[tuple[str, str]]:
    return [(one.visit.id, one.target.name) for one in own]


def _more(count: int) -> str:
    return f"\n…另有 {count - SHOWN} 项，请打开页面查看。" if count > SHOWN else ""


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%" if whole else "—"


def _link(act: Act, path: str) -> str:
    return f"\n{act.house.origin}{path}"
