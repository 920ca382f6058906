"""The app's menu and the group chats of joint teams, against the sandbox (issue 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from app.menu import MenuRefusedError, make_menu, menu_of
from bot.sandbox import Fault, FaultKind
from bot.tokens import Answer
from inspection.phrases import understand
from models.chat import TeamChat
from models.people import AuditEntry
from services.people import team_chats
from tests.api.chat_play import Chat
from tests.api.conftest import Building, building, furnish
from tests.conftest import Clock
from tests.tables import new_sqlite


@pytest_asyncio.fixture
async def talkative(tmp_path: Path, clock: Clock) -> AsyncIterator[Chat]:
    """A house whose settings want team chats."""
    async with building(new_sqlite(tmp_path / "house.db"), tmp_path, clock) as found:
        rules = replace(found.office.house.rules, team_chats=True)
        found.office = replace(found.office, house=replace(found.office.house, rules=rules))
        yield Chat(await furnish(found))


async def test_the_menu_says_words_that_the_chat_understands(house: Building) -> None:
    """F3: made by one command; each entry is a word of the chat or a page of ours, and a tap is answered."""
    house.sandbox.state.connect(callback_url=f"{house.url}/wecom/callback", trusted_origin=house.url)
    await make_menu(house.parts.wecom, house.parts.house.origin)
    entries = [inner for button in house.sandbox.state.menu.buttons for inner in button.get("sub_button") or [button]]
    words = [one["key"].removeprefix("say:") for one in entries if one["type"] == "click"]
    assert all(understand(word).word is not None for word in words)
    assert all(one["url"].startswith(house.parts.house.origin) for one in entries if one["type"] == "view")
    chat = Chat(house)
    (visit, *_) = await chat.drawn(ratio="0.1")
    leader = await chat.leader(visit)
    house.sandbox.state.act(leader, "click", "say:任务")
    await chat.settle()
    assert visit.number in chat.from_app(leader)[-1].message.content["content"]


async def test_a_menu_that_is_refused_says_so(house: Building) -> None:
    house.sandbox.state.menu.create = lambda _body: (_ for _ in ()).throw(KeyError)  # type: ignore[method-assign]
    with pytest.raises(MenuRefusedError):
        await make_menu(house.parts.wecom, "http://x")
    assert len(menu_of("http://x")["button"]) == 3


async def test_each_joint_team_has_its_chat_with_the_leader_as_owner(talkative: Chat) -> None:
    """Issue 5: made once after the draw, the whole team in it, the first word says what it is about."""
    visits = await talkative.drawn(ratio="0.1")
    made = talkative.house.sandbox.state.team_chats.chats
    assert set(made) == {visit.id for visit in visits}
    for visit in visits:
        group = await talkative.people(visit)
        assert made[visit.id].owner == group[0][0]
        assert set(made[visit.id].members) == {userid for userid, _ in group}
        assert visit.number in made[visit.id].messages[0]["content"]["content"]
    assert await talkative.house.parts.errands.work() == 0


async def test_the_first_word_outlives_a_killed_process_and_is_never_said_twice(
    talkative: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 5, none lost, none doubled: killed before the word left, it is said; killed on its way, never again."""
    wecom, errands, office = talkative.house.parts.wecom, talkative.house.parts.errands, talkative.house.office
    send, begin, killed = wecom.send_to_chat, team_chats.begin_saying, []

    async def die_before(*args: Any) -> bool:
        if not killed:
            killed.append("before it left")
            raise RuntimeError
        return await begin(*args)

    async def die_on_the_way(*args: Any) -> Answer:
        answer = await send(*args)
        if len(killed) == 1:
            killed.append("on its way")
            raise RuntimeError
        return answer

    monkeypatch.setattr(team_chats, "begin_saying", die_before)
    monkeypatch.setattr(wecom, "send_to_chat", die_on_the_way)
    visits = await talkative.drawn(ratio="0.2")
    assert len(visits) >= 2
    for _ in range(3):
        await errands.work()
    assert killed == ["before it left", "on its way"]
    made = talkative.house.sandbox.state.team_chats.chats
    assert {len(made[visit.id].messages) for visit in visits} == {1}
    assert Counter(row.status for row in await office.all(select(TeamChat))) == {"made": len(visits) - 1, "saying": 1}
    office.clock.advance(minutes=2)
    await errands.work()
    outcomes = Counter(row.outcome for row in await office.all(select(TeamChat).where(TeamChat.status == "made")))
    assert outcomes == {"": len(visits) - 1, "word-unknown": 1}
    assert {len(made[visit.id].messages) for visit in visits} == {1}
    assert await office.count(AuditEntry, AuditEntry.act == "team-chat") == len(visits)


async def test_a_first_word_that_was_not_taken_is_said_later(talkative: Chat) -> None:
    """Wecom.md 2.8: 45009: nothing was taken; the chat is made once, its word comes when the window is over."""
    state, office = talkative.house.sandbox.state, talkative.house.office
    state.faults.add(Fault(kind=FaultKind.RATE_LIMITED, path="/cgi-bin/appchat/send", times=1))
    visits = await talkative.drawn(ratio="0.1")
    waiting = await office.all(select(TeamChat).where(TeamChat.status == "unsaid"))
    assert [(row.attempts, row.outcome) for row in waiting] == [(1, "45009")]
    office.clock.advance(minutes=2)
    await talkative.house.parts.errands.work()
    assert {row.status for row in await office.all(select(TeamChat))} == {"made"}
    assert {len(state.team_chats.chats[visit.id].messages) for visit in visits} == {1}


async def test_a_chat_that_wecom_refuses_ends_definitely(talkative: Chat) -> None:
    """The failure story: a member whom the app does not see; row and audit say so, the cards went out anyway."""
    state = talkative.house.sandbox.state
    for one in list(state.contacts.members())[::2]:
        state.contacts.remove(one.userid)
    visits = await talkative.drawn(ratio="0.1")
    rows = await talkative.house.office.all(select(TeamChat))
    assert len(rows) == len(visits)
    assert {row.status for row in rows} <= {"made", "failed"}
    failed = [row for row in rows if row.status == "failed"]
    assert failed
    assert {row.outcome for row in failed} == {"86001"}
    assert await talkative.house.office.count(AuditEntry, AuditEntry.act == "team-chat-failed") == len(failed)


async def test_no_chat_where_the_office_does_not_want_one(house: Building) -> None:
    chat = Chat(house)
    await chat.drawn(ratio="0.1")
    assert await house.office.count(TeamChat) == 0
    assert house.sandbox.state.team_chats.chats == {}
