"""The owners: each signs in to the mini-program, binds his business by the code the leader tells him, and is told.

leader's page -> notice code ; wx.login code -> POST login -> token -> POST bind -> the held notice goes out
"""

from __future__ import annotations

from typing import Any

from app.tour.field import all_of
from app.tour.office import see_messages_off
from app.tour.people import TourError
from app.tour.stage import Stage
from app.tour.story import Story, VisitPlan


async def welcome_owners(story: Story, stage: Stage) -> None:
    """Let the owner of every drawn target bind it and receive his notice."""
    async with stage.step("被检查对象绑定并收到通知", f"{len(story.visits)} 名负责人") as note:
        held = (await see_messages_off(story)).get("held", 0)
        openids = await all_of(lambda visit: _bind(story, visit), story.visits)
        still_held = (await see_messages_off(story)).get("held", 0)
        received = await all_of(lambda openid: _messages(story, openid), openids)
        told = sum(map(len, received))  # those bound before this draw were told with it, and have nothing held
        story.checks["owners_told"] = told == held - still_held and still_held == story.outbox_before.get("held", 0)
        note(f"绑定 {len(openids)} 户，随即收到等待中的通知 {told} 份")


async def _bind(story: Story, visit: VisitPlan) -> str:
    code = (await story.cast.person(visit.leader).get(f"/api/phone/visits/{visit.id}")).get("notice_code")
    if not code:
        raise TourError(why=f"{visit.number} 的组长看不到通知编码。")
    phone, public = story.cast.sandbox, story.cast.public
    owner = await phone.post("/sandbox/api/owners", {"nickname": f"{visit.target_name[:12]}负责人"})
    here = f"/sandbox/api/owners/{owner['openid']}"
    await phone.post(f"{here}/subscribe", {"template_id": story.cast.places.template})
    js_code = (await phone.post(f"{here}/js-code"))["code"]
    token = (await public.post("/api/owner/login", {"js_code": js_code}))["token"]
    bound = await public.post("/api/owner/bind", {"notice_code": code}, token)
    if bound["target_code"] != visit.target_code:
        raise TourError(why=f"{visit.number} 的通知编码绑定到了别的对象。")
    return str(owner["openid"])


async def _messages(story: Story, openid: str) -> list[Any]:
    messages: list[Any] = (await story.cast.sandbox.get(f"/sandbox/api/owners/{openid}/messages"))["messages"]
    return messages
