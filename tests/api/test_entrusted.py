"""委托执法 (D9): a place that nobody fits, entrusted to a department of the platform that names who goes and enters."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from sqlalchemy import select

from app import verify
from inspection.draw.announcement import Mode
from inspection.draw.record import RECORD
from models.people import Department, Grant, Inspector, Member
from models.results import Outbox
from models.tasks import Draw
from tests.api.chat_play import Chat
from tests.api.conftest import Building, answer, ok
from tests.api.test_owner_pages import bound
from tests.office import COORDINATOR

ENTRUSTED = "生态环境局"
WORDS = {"department": "fire", "authority": "省消防救援总队", "to": ENTRUSTED, "document": "消委〔2026〕3号"}


@pytest.fixture
def chat(house: Building) -> Chat:
    house.sandbox.state.connect(callback_url=f"{house.url}/wecom/callback", trusted_origin=house.url)
    return Chat(house)


async def head_of(chat: Chat, name: str) -> str:
    query = (
        select(Member.userid)
        .join(Grant, Grant.member_id == Member.id)
        .join(Department, Department.id == Member.department_id)
    )
    (userid, *_) = await chat.house.office.all(query.where(Department.name == name, Grant.role == "approver"))
    return str(userid)


async def test_the_entrusted_department_names_its_people_and_they_hold_the_form(chat: Chat) -> None:
    """D9, E5, H3: asked in the chat; named by its own head alone; it stands on every page and in the record."""
    office, house = chat.house.office, chat.house
    (visit, *_) = await chat.drawn(ratio="0.1", mode=Mode.TARGETS)  # every place is open
    desk, at = await house.as_member(COORDINATOR), f"/api/console/visits/{visit.id}"
    for wrong in ({"to": "消防救援大队"}, {"department": "education"}, {"document": " "}):
        assert (await answer(desk, "POST", f"{at}/entrust", json={**WORDS, **wrong}))[0] in {409, 422}
    await ok(desk, "POST", f"{at}/entrust", json=WORDS)
    userid = await head_of(chat, ENTRUSTED)
    assert userid in await office.all(select(Outbox.recipient).where(Outbox.kind == "entrusted"))
    head, other = await house.as_member(userid), await house.as_member(await head_of(chat, "消防救援大队"))
    (row,) = (await ok(head, "GET", "/api/console/changes"))["entrusted"]
    assert (row["visit"], row["missing"], row["decide"]) == (visit.id, 2, True)
    (told,) = (await ok(desk, "GET", "/api/console/changes"))["entrusted"]
    assert told["decide"] is False
    assert (await ok(other, "GET", "/api/console/changes"))["entrusted"] == []
    rows = (await ok(head, "GET", f"{at}/entrusted/fire"))["rows"]
    choices = [one["staff_no"] for one in rows]
    assert not any(one["skilled"] for one in rows), "no fire skill there: shown, and for the document to answer"
    assert (await answer(other, "GET", f"{at}/entrusted/fire"))[0] == 404
    assert choices
    assert all(one.startswith("ECOLOGY") for one in choices)

    def body(*people: str) -> dict[str, Any]:
        return {"department": "fire", "staff_numbers": [*people]}

    two = choices[:2]
    for who, some, status in (
        (other, two, 404),
        (desk, two, 403),
        (head, two[:1], 422),
        (head, [two[0], two[0]], 422),
        (head, [two[0], "FIRE01"], 422),
    ):
        assert (await answer(who, "POST", f"{at}/entrusted", json=body(*some)))[0] == status
    await ok(head, "POST", f"{at}/entrusted", json=body(*two))
    assert (await answer(head, "POST", f"{at}/entrusted", json=body(*two)))[0] == 409
    fill = {"department": "fire", "evidence": "已有人员"}
    assert (await answer(desk, "POST", f"{at}/fill", json=fill))[0] == 409, "entrusted, not to be filled beside it"

    (member, *_) = await office.all(
        select(Member.userid).join(Inspector, Inspector.member_id == Member.id).where(Inspector.staff_no == two[0])
    )
    phone = await house.as_member(member)
    own = await ok(phone, "GET", f"/api/phone/visits/{visit.id}")
    assert "消防" in "".join(one["name"] for one in own["items"]), "the form of the department that entrusts"
    words = f"消防救援大队：受省消防救援总队委托，由{ENTRUSTED}实施检查（消委〔2026〕3号）"
    assert own["entrusted"] == [words], "it stays on the page when the place is no longer open"
    seen = await ok(await bound(chat, visit), "GET", f"/api/owner/visits/{visit.id}")
    assert seen["entrusted"] == [words]
    assert {one["department"] for one in seen["people"]} == {f"消防救援大队（{ENTRUSTED}受委托）"}, "as his badge says"
    await ok(phone, "POST", f"/api/phone/visits/{visit.id}/accept", json={})
    (number,) = await office.all(select(Draw.number))
    packed = zipfile.ZipFile(io.BytesIO((await answer(desk, "GET", f"/api/console/draws/{number}/bundle"))[1]))
    assert packed.read(RECORD).count(b'"kind":"entrusted"') == 2
    assert verify.check({name: packed.read(name) for name in packed.namelist()}).findings == []
