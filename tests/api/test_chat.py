"""The chat in the sandbox: commands, cards that follow what happens, things sent to a visit (issue 5)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.chat import HANDLERS
from inspection.actors import SYSTEM
from inspection.phrases import Word
from models.chat import Arrival, CardChange, ChatItem
from models.draws import Replacement
from models.libraries import Leave
from models.people import AuditEntry, Member
from models.registers import Target
from models.results import Deadline, Outbox
from models.tasks import Evidence, Visit, VisitMember
from tests.api.chat_play import Chat, jpeg
from tests.api.conftest import LIAISON, Building, ok
from tests.office import COORDINATOR


@pytest.fixture
def chat(house: Building) -> Chat:
    house.sandbox.state.connect(callback_url=f"{house.url}/wecom/callback", trusted_origin=house.url)
    return Chat(house)


def test_every_word_has_an_answer() -> None:
    assert HANDLERS.keys() == set(Word)


async def test_a_chat_is_enough_to_get_through_the_day(chat: Chat) -> None:
    """F3: what I have to do, accept all of it, what is due, arrive, evidence: without leaving the chat."""
    visits = await chat.drawn(ratio="0.1")
    leader = await chat.leader(visits[0])
    tasks = await chat.say(leader, "　我 的 任 务！")
    assert visits[0].number in tasks
    assert "待接受" in tasks
    assert "没有到期" in await chat.say(leader, "今天")
    assert "本周" in await chat.say(leader, "这周")
    assert await chat.say(leader, "接受") == "接受检查任务"
    vote = chat.card(leader, "接受检查任务")
    options = [one["id"] for one in vote.current_card()["checkbox"]["option_list"]]
    await chat.press(leader, vote, "accept-some", {"1": options})
    assert vote.replaced_by == f"已接受{len(options)}户"
    accepted = await chat.house.office.all(select(Visit.status).where(Visit.id == visits[0].id))
    assert accepted == ["accepted"]
    assert "发送位置" in await chat.say(leader, "签到")


async def test_help_for_what_is_not_understood(chat: Chat) -> None:
    """Issue 5: nothing is done, the help says what can be asked; whoever has no post learns nothing."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    leader = await chat.leader(visit)
    audit = await chat.house.office.count(AuditEntry)
    answer = await chat.say(leader, "老板说下午两点过去吧")
    assert "没有听懂" in answer
    assert "请假 3月5日" in answer
    assert "进度" not in answer  # not his to ask
    assert await chat.house.office.count(AuditEntry) == audit
    await chat.house.office.change(Member, Member.userid == LIAISON, post="")  # his post was all that he held
    assert "没有岗位" in await chat.say(LIAISON, "任务")


async def test_figures_are_for_those_who_may_have_them(chat: Chat) -> None:
    """K1, M1: a coordinator hears of all departments, an inspector of himself, and urges nobody."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    leader = await chat.leader(visit)
    office = await chat.say(COORDINATOR, "进度")
    assert "完成率 0%" in office
    assert office.count("应检查") > 3
    mine = await chat.say(leader, "进度")
    assert "应检查" not in mine
    assert mine.startswith("您参加的检查")
    assert "由联席会议办公室或本部门审批人使用" in await chat.say(leader, "催办")
    assert await chat.house.office.count(AuditEntry, AuditEntry.act == "urge") == 0


async def test_urging_tells_each_once_a_day(chat: Chat) -> None:
    """K2: what is overdue is told to those who hold it up, and a second time today to nobody."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    leader = await chat.leader(visit)
    async with chat.house.office.act(SYSTEM) as act:
        overdue = Deadline.kind == "accept-visit"
        await act.db.execute(update(Deadline).where(overdue).values(due_on=act.now.date().replace(day=1)))
    assert "逾期" in await chat.say(COORDINATOR, "谁没办")
    assert await chat.say(COORDINATOR, "催办 卫生") != "没有需要催办的逾期事项，或今天已经催办过。"
    assert any("催办" in str(one.message.content) for one in chat.from_app(leader))
    assert "今天已经催办过" in await chat.say(COORDINATOR, "催办 卫生")


async def test_companies_are_shown_within_the_askers_rights(chat: Chat) -> None:
    """M1, F2: the office searches the register; an inspector finds what he was drawn for and nothing else."""
    visits = await chat.drawn(ratio="0.1", announced=False)
    leader = await chat.leader(visits[0])
    async with chat.house.office.act(SYSTEM) as act:
        mine = await act.db.execute(
            select(Visit.target_id).join(VisitMember).join(Member).where(Member.userid == leader)
        )
        own = set(mine.scalars())
    (name,) = await chat.house.office.all(_name_of(visits[0].target_id))
    assert name in await chat.say(leader, f"查企业 {name}")
    (other,) = await chat.house.office.all(_others(own))
    assert "没有找到" in await chat.say(leader, f"查企业{other}")
    assert other in await chat.say(COORDINATOR, f"查 {other}")
    assert "请写明" in await chat.say(COORDINATOR, "查企业")


def _name_of(target_id: str) -> Any:
    return select(Target.name).where(Target.id == target_id)


def _others(own: set[str]) -> Any:
    return select(Target.name).where(Target.id.not_in(own)).limit(1)


async def test_asking_to_be_replaced_names_the_reason(chat: Chat) -> None:
    """E2: visit and reason on one card; the approver's card comes, and dies for all approvers once one has decided."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    leader = await chat.leader(visit)
    assert await chat.say(leader, "我去不了，换人") == "申请更换"
    card = chat.card(leader, "申请更换")
    await chat.press(leader, card, "replace-why", {"1": [visit.id], "2": ["health"]})
    (row,) = await chat.house.office.all(select(Replacement))
    assert (row.visit_id, row.reason) == (visit.id, "health")
    assert card.replaced_by == "已申请更换"
    told = await chat.house.office.all(
        select(Outbox.recipient).where(Outbox.dedupe_key.startswith("replacement-asked/"))
    )
    first = chat.card(told[0], "申请更换，请审批")
    await chat.press(told[0], first, f"approve-replacement:{row.id}")
    assert {chat.card(one, "申请更换，请审批").live_keys() for one in told} == {()}
    assigned = [one for one in chat.from_app(leader) if "组长" in str(one.message.content) and one.message.recalled]
    assert len(assigned) == 1  # the one who left holds no card of a visit that is not his


async def test_accepting_all_leaves_out_what_was_asked_to_leave(chat: Chat) -> None:
    """E5: whoever declared a conflict does not accept that visit with all the others; it is said to be undecided."""
    visits = await chat.drawn(ratio="1")
    leader, own = await _with_two(chat, visits)
    await chat.press(leader, chat.card(leader, own[0].number), f"recuse:{own[0].id}")
    assert "更换待审批" in await chat.say(leader, "任务")
    assert "待您接受" in await chat.say(leader, "今天")
    await chat.say(leader, "接受")
    options = chat.card(leader, "接受检查任务").current_card()["checkbox"]["option_list"]
    offered = {one["id"] for one in options}
    assert own[1].id in offered
    assert own[0].id not in offered


async def test_accepting_on_the_page_settles_the_card(chat: Chat) -> None:
    """D8: the leader accepts on the phone page; his card shows it, the other members' cards stay theirs."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    (leader, _), (other, _), *_ = await chat.people(visit)
    card, others = chat.card(leader, visit.number), chat.card(other, visit.number)
    assert card.live_keys()
    await ok(await chat.house.as_member(leader), "POST", f"/api/phone/visits/{visit.id}/accept", json={})
    await chat.settle()
    assert (card.replaced_by, card.live_keys()) == ("已接受", ())
    assert others.live_keys()
    assert await chat.house.office.all(select(CardChange.status)) == ["done"]


async def test_a_card_pressed_in_the_chat_is_changed_once(chat: Chat) -> None:
    """One-shot codes: the pressed card is changed by its own code, and nobody spends the other."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    leader = await chat.leader(visit)
    card = chat.card(leader, visit.number)
    await chat.press(leader, card, f"accept:{visit.id}")
    assert card.replaced_by == "已接受"
    assert await chat.house.office.all(select(CardChange.outcome)) == ["pressed"]


async def test_cards_older_than_three_days_are_given_up(chat: Chat) -> None:
    """72 h: too late to change a card is a definite end, not a loop."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    leader = await chat.leader(visit)
    chat.house.office.clock.advance(hours=73)
    await ok(await chat.house.as_member(leader), "POST", f"/api/phone/visits/{visit.id}/accept", json={})
    await chat.settle()
    assert await chat.house.office.all(select(CardChange.outcome)) == ["too-old"]
    assert await chat.house.parts.errands.work() == 0


async def test_photos_go_to_the_only_visit_in_hand(chat: Chat) -> None:
    """G10: the bytes as they came, by their digest, with a receipt that names visit and digest; twice is once."""
    (visit, *_) = await chat.drawn(ratio="0.1", team_size=2)
    leader = await chat.leader(visit)
    await chat.send_photo(leader, jpeg())
    assert "没有存入任何检查" in chat.from_app(leader)[-1].message.content["content"]
    await chat.press(leader, chat.card(leader, visit.number), f"accept:{visit.id}")
    for _ in range(2):
        await chat.send_photo(leader, jpeg())
    digest = hashlib.sha256(jpeg()).hexdigest()
    receipt = chat.from_app(leader)[-1].message.content["content"]
    assert visit.number in receipt
    assert digest[:12] in receipt
    (row,) = await chat.house.office.all(select(Evidence))
    assert (row.digest, row.kind, row.visit_id) == (digest, "photo", visit.id)
    assert row.thumb_digest
    assert await chat.house.parts.house.blobs.get(row.digest) == jpeg()


async def test_a_series_is_asked_about_once(chat: Chat) -> None:
    """Issue 5: several visits in hand: one card for the series, the rest of the half hour follows it."""
    visits = await chat.drawn(ratio="1")
    leader, own = await _with_two(chat, visits)
    for one in own:
        await chat.press(leader, chat.card(leader, one.number), f"accept:{one.id}")
    before = len(chat.from_app(leader))
    for colour in (10, 20, 30):
        await chat.send_photo(leader, jpeg(colour))
    assert len(chat.from_app(leader)) == before + 1
    assert await chat.house.office.all(select(ChatItem.status)) == ["asking"] * 3
    card = chat.card(leader, "属于哪一户")
    await chat.press(leader, card, "keep", {})
    assert "没有选择" in chat.from_app(leader)[-1].message.content["content"]
    assert await chat.house.office.all(select(ChatItem.status)) == ["asking"] * 3
    await chat.press(leader, card, "keep", {"1": [own[1].id]})
    assert card.replaced_by == "已归入"
    assert set(await chat.house.office.all(select(Evidence.visit_id))) == {own[1].id}
    assert await chat.house.office.count(Evidence) == 3
    await chat.send_photo(leader, jpeg(40))
    assert await chat.house.office.count(Evidence, Evidence.visit_id == own[1].id) == 4
    chat.house.office.clock.advance(minutes=31)
    await chat.send_photo(leader, jpeg(50))
    assert await chat.house.office.count(ChatItem, ChatItem.status == "asking") == 1


async def _with_two(chat: Chat, visits: list[Visit]) -> tuple[str, list[Visit]]:
    """Somebody of two visits, and these."""
    found: dict[str, list[Visit]] = {}
    for visit in visits:
        for userid, _ in await chat.people(visit):
            found.setdefault(userid, []).append(visit)
            if len(found[userid]) == 2:
                return userid, found[userid]
    raise LookupError


async def test_an_unanswered_question_is_asked_again(chat: Chat) -> None:
    """Issue 5: a new series half an hour later is not swallowed because the last question was never answered."""
    visits = await chat.drawn(ratio="1")
    leader, own = await _with_two(chat, visits)
    for one in own:
        await chat.press(leader, chat.card(leader, one.number), f"accept:{one.id}")
    await chat.send_photo(leader, jpeg())
    before = len(chat.from_app(leader))
    chat.house.office.clock.advance(minutes=31)
    await chat.send_photo(leader, jpeg(10))
    assert len(chat.from_app(leader)) == before + 1
    await chat.say(leader, "1")
    assert await chat.house.office.count(Evidence) == 2


async def test_the_plug_in_is_a_chat_too(chat: Chat) -> None:
    """Issue 5, text fallback: 微信插件 shows no cards: all in words, chosen by number, until cards are wanted."""
    visits = await chat.drawn(ratio="1")
    leader, _ = await _with_two(chat, visits)
    assert "今后都用文字" in await chat.say(leader, "我看不到卡片")
    assert await chat.house.office.all(select(Member.userid).where(Member.wants_text)) == [leader]
    told = await chat.say(leader, "接受")
    assert "回复“全部”" in told
    assert "没有第 99 项" in await chat.say(leader, "99")
    assert (await chat.say(leader, "全部")).startswith("已接受")
    await chat.send_photo(leader, jpeg())
    asked = chat.from_app(leader)[-1].message.content["content"]
    assert "请回复序号" in asked
    chosen = next(line for line in asked.splitlines() if line.startswith("2　"))
    assert "归入" in await chat.say(leader, "2")
    (visit_id,) = await chat.house.office.all(select(Evidence.visit_id))
    (name,) = await chat.house.office.all(select(Target.name).join(Visit).where(Visit.id == visit_id))
    assert name in chosen
    assert "归入检查，或已过期" in await chat.say(leader, "2")  # said twice is kept once
    assert await chat.house.office.count(Evidence) == 1
    assert "申请更换" in await chat.say(leader, "更换")
    assert (await chat.say(leader, "1 1")).startswith("已申请更换")
    assert await chat.house.office.count(Replacement) == 1
    assert "卡片" in await chat.say(leader, "卡片版")
    assert await chat.say(leader, "回避") == "声明回避"
    chat.card(leader, "声明回避")


async def test_a_card_answered_in_words_shows_it(chat: Chat) -> None:
    """Issue 5: who rather writes the number than presses: the card's buttons become the word all the same."""
    visits = await chat.drawn(ratio="1")
    leader, own = await _with_two(chat, visits)
    for one in own:
        await chat.press(leader, chat.card(leader, one.number), f"accept:{one.id}")
    await chat.send_photo(leader, jpeg())
    card = chat.card(leader, "属于哪一户")
    await chat.say(leader, "第2个")
    await chat.settle()
    assert (card.replaced_by, card.live_keys()) == ("已归入", ())
    chat.house.office.clock.advance(hours=13)
    assert "没有听懂" in await chat.say(leader, "1")  # a question of yesterday is no longer answered


async def test_nobody_sends_into_anothers_visit(chat: Chat) -> None:
    """M1: a card's key with a visit that is not the sender's stores nothing."""
    visits = await chat.drawn(ratio="1")
    leader, own = await _with_two(chat, visits)
    for one in own:
        await chat.press(leader, chat.card(leader, one.number), f"accept:{one.id}")
    await chat.send_photo(leader, jpeg())
    groups = [(one, dict(await chat.people(one))) for one in visits]
    others = next(one for one, group in groups if leader not in group)
    card = chat.card(leader, "属于哪一户")
    box = {"question_key": "1", "mode": 0, "option_list": [{"id": others.id, "text": "x"}]}
    card.card = {**card.message.content, "checkbox": box}
    await chat.press(leader, card, "keep", {"1": [others.id]})
    assert await chat.house.office.count(Evidence) == 0
    assert await chat.house.office.all(select(ChatItem.status)) == ["asking"]


async def test_what_is_no_photo_and_what_wecom_forgot_is_said_plainly(chat: Chat) -> None:
    """G10: a refused format and an expired medium end definitely, with a word to the sender."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    leader = await chat.leader(visit)
    await chat.press(leader, chat.card(leader, visit.number), f"accept:{visit.id}")
    await chat.send_photo(leader, b"\xff\xd8\xff" + b"no picture at all" * 20)
    assert "未存入" in chat.from_app(leader)[-1].message.content["content"]
    await chat.send_photo(leader, b"#!AMR\n" + bytes(400), "voice")
    assert "校验值" in chat.from_app(leader)[-1].message.content["content"]
    state = chat.house.sandbox.state
    state.say_media(leader, state.media.put("image", "x", jpeg()), "/nowhere")
    await chat.house.sandbox.settled()
    state.media._shelf.clear()
    await chat.settle()
    assert "重新发送" in chat.from_app(leader)[-1].message.content["content"]
    statuses = await chat.house.office.all(select(ChatItem.status).order_by(ChatItem.received_at, ChatItem.id))
    assert sorted(statuses) == ["expired", "kept", "refused"]
    assert await chat.house.office.all(select(Evidence.kind)) == ["voice"]


async def test_a_place_is_an_arrival_once(chat: Chat) -> None:
    """签到: the first place stands; the second is said to be the second."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    leader = await chat.leader(visit)
    await chat.press(leader, chat.card(leader, visit.number), f"accept:{visit.id}")
    await chat.send_place(leader, "演示路1号")
    assert "已签到" in chat.from_app(leader)[-1].message.content["content"]
    await chat.send_place(leader, "别处")
    assert "以第一次为准" in chat.from_app(leader)[-1].message.content["content"]
    (row,) = await chat.house.office.all(select(Arrival))
    assert (row.visit_id, row.place["label"]) == (visit.id, "演示路1号")


async def test_leave_is_asked_and_granted_in_the_chat(chat: Chat) -> None:
    """D7: the days stand once an approver says so, his colleague's card dies, the asker hears of it."""
    (visit, *_) = await chat.drawn(ratio="0.1")
    leader = await chat.leader(visit)
    assert "写明起止日期" in await chat.say(leader, "我想请个假")
    assert "已提交请假申请：2026-03-05 至 2026-03-06" in await chat.say(leader, "请假 3月5日到3月6日")
    deciders = await chat.house.office.all(select(Outbox.recipient).where(Outbox.kind == "leave-asked"))
    assert deciders
    assert leader not in deciders
    card = chat.card(deciders[0], "申请请假")
    await chat.press(deciders[0], card, next(iter(card.live_keys())))
    await chat.settle()
    (leave,) = await chat.house.office.all(select(Leave))
    assert (str(leave.starts_on), str(leave.ends_on)) == ("2026-03-05", "2026-03-06")
    assert {chat.card(one, "申请请假").live_keys() for one in deciders} == {()}
    assert "请假已获同意" in str(chat.from_app(leader)[-1].message.content)
