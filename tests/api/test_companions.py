"""Who else stands on a visit's papers: entrusted departments (D9) and experts (B14), on every page and paper of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from inspection.actors import SYSTEM
from models.draws import Shortfall
from models.people import Department
from models.tasks import Draw, Task
from services.results.bodies import around
from tests.api.chat_play import Chat
from tests.api.conftest import Building, answer, ok
from tests.api.test_owner_pages import bound
from tests.office import COORDINATOR

BODY = {"department": "fire", "authority": "省消防救援总队", "to": "市消防救援支队", "document": "消委〔2026〕3号"}
BY = "受省消防救援总队委托，由市消防救援支队实施检查（消委〔2026〕3号）"


@pytest.fixture
def chat(house: Building) -> Chat:
    house.sandbox.state.connect(callback_url=f"{house.url}/wecom/callback", trusted_origin=house.url)
    return Chat(house)


async def test_entrustment_and_experts_stand_on_page_and_paper(chat: Chat) -> None:
    """D9, B14: written once at the desk; then on phone, owner's page, notice, its proof, minutes and result alike."""
    office = chat.house.office
    (visit, *_) = await chat.drawn(ratio="0.1")
    (fire,) = await office.all(select(Department).where(Department.code == "fire"))
    words = f"{fire.name}：{BY}"
    async with office.act(SYSTEM) as act:
        act.db.add(Shortfall(visit_id=visit.id, department_id=fire.id, missing=1))
    desk, at = await chat.house.as_member(COORDINATOR), f"/api/console/visits/{visit.id}"
    expert, *_ = (await ok(desk, "GET", f"{at}/experts"))["rows"]
    body = {"staff_no": expert["staff_no"]}
    assert (await answer(desk, "POST", f"{at}/experts", json=body))[0] == 409, "an expert takes nobody's place"
    assert (await answer(desk, "POST", f"{at}/entrust", json={**BODY, "authority": " "}))[0] == 422
    await ok(desk, "POST", f"{at}/entrust", json=BODY)
    await ok(desk, "POST", f"{at}/experts", json=body)
    assert expert not in (await ok(desk, "GET", f"{at}/experts"))["rows"]
    phone = await chat.house.as_member(await chat.leader(visit))
    own = await ok(phone, "GET", f"/api/phone/visits/{visit.id}")
    assert (own["entrusted"], [one["name"] for one in own["experts"]]) == ([words], [expert["name"]])
    assert expert["staff_no"] not in {one["staff_no"] for one in own["members"]}, "he neither counts nor signs"
    owner = await bound(chat, visit)
    told = await ok(owner, "GET", f"/api/owner/visits/{visit.id}")
    assert (told["entrusted"], len(told["experts"])) == ([words], 1)
    page = (await answer(chat.house.browser(), "GET", f"/public/notices/{visit.notice_code}"))[1].decode()
    assert words in page
    assert expert["name"] in page
    (number,) = await office.all(select(Draw.number))
    for browser, path in (
        (owner, f"/api/owner/visits/{visit.id}/notice.pdf"),
        (desk, f"/api/console/draws/{number}/minutes.pdf"),
    ):
        status, data = await answer(browser, "GET", path)
        assert (status, data[:5]) == (200, b"%PDF-")
    async with office.act(SYSTEM) as act:
        shared = await around(act, await act.db.get_one(Task, visit.task_id), {}, number)
    assert shared.entrusted == {visit.id: [words]}
