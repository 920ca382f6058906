"""What an enterprise proves its wish with that an inspector stay away (E5, M1): over HTTP, for one pair of eyes."""

from __future__ import annotations

import hashlib

import pytest

from models.draws import RecusalRequest
from tests.api.chat_play import Chat
from tests.api.conftest import Building, answer, ok
from tests.api.test_owner_pages import bound
from tests.api.test_replacing import HEALTH_HEAD
from tests.office import COORDINATOR

PAPER = b"%PDF-1.4 made-up family register"
ODD = b"MZ a program"


@pytest.fixture
def chat(house: Building) -> Chat:
    house.sandbox.state.connect(callback_url=f"{house.url}/wecom/callback", trusted_origin=house.url)
    return Chat(house)


async def test_it_is_bound_to_who_stored_it_and_seen_by_who_decides_alone(chat: Chat) -> None:
    """E5, M1: a hash opens nothing; not the office, not another head, nor the enterprise: the one who decides."""
    visit, other, *_ = await chat.drawn(ratio="0.2")
    house, digest = chat.house, hashlib.sha256(PAPER).hexdigest()
    owner = await bound(chat, visit)
    files = f"/api/owner/visits/{visit.id}/recusals/files"
    people = (await ok(owner, "GET", f"/api/owner/visits/{visit.id}"))["people"]
    (lead,) = [one["id"] for one in people if one["leads"]]
    wish = {"person": lead, "ground": "kinship", "words": "系表兄弟", "evidence": [digest]}
    asking = f"/api/owner/visits/{visit.id}/recusals"
    assert (await answer(owner, "POST", asking, json=wish))[0] == 422, "nothing was stored yet"
    for path, data, status in (
        (f"{files}/{digest}", ODD, 422),
        (f"{files}/{hashlib.sha256(ODD).hexdigest()}", ODD, 422),
        (f"/api/owner/visits/{other.id}/recusals/files/{digest}", PAPER, 404),
    ):
        assert (await answer(owner, "PUT", path, data=data))[0] == status
    head = await house.as_member(HEALTH_HEAD)
    assert (await answer(head, "PUT", f"{files}/{digest}", data=PAPER))[0] == 403, "who decides brings no proof"
    await house.office.house.blobs.put(PAPER)  # it is there, yet it is not his
    assert (await answer(owner, "POST", asking, json=wish))[0] == 422
    await ok(owner, "PUT", f"{files}/{digest}", data=PAPER)
    assert (await answer(owner, "POST", asking, json={**wish, "evidence": [digest] * 6}))[0] == 422, "five at most"
    await ok(owner, "POST", asking, json=wish)

    (row,) = (await ok(owner, "GET", f"/api/owner/visits/{visit.id}"))["recusals"]
    assert row["evidence"] == 1
    (seen,) = (await ok(head, "GET", "/api/console/changes"))["requests"]
    assert seen["evidence"] == [digest]
    path = f"/api/console/recusal-requests/{seen['id']}/evidence"
    assert (await answer(head, "GET", f"{path}/{digest}"))[1] == PAPER
    assert (await answer(head, "GET", f"{path}/{'0' * 64}"))[0] == 404
    desk = await house.as_member(COORDINATOR)
    (told,) = (await ok(desk, "GET", "/api/console/changes"))["requests"]
    assert told["evidence"] == []
    for who, status in ((desk, 403), (owner, 403), (await house.as_member("fire13"), 404), (house.browser(), 401)):
        assert (await answer(who, "GET", f"{path}/{digest}"))[0] == status
    assert await house.office.count(RecusalRequest) == 1
