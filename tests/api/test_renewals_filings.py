"""Renewed certificates from the phone to the library, and one-off filings, over real HTTP (B11, S5, S6)."""

from __future__ import annotations

import hashlib
from datetime import date

from sqlalchemy import select

from models.libraries import CertificateRenewal
from models.people import Department, Inspector, Member
from tests.api.conftest import LIAISON, Building, answer, ok
from tests.integration.visits_play import photo_bytes
from tests.office import COORDINATOR

PHONE, DESK, FILINGS = "/api/phone/certificates", "/api/console/certificate-renewals", "/api/console/filings"
NEW = {"certificate_id": "", "number": "演示370099", "expires_on": "2031-03-01"}


async def inspector_of(house: Building, department: str = "market") -> tuple[str, str]:
    """(userid, staff number) of a certified inspector of this department."""
    query = select(Member.userid).join(Inspector, Inspector.member_id == Member.id)
    query = query.join(Department, Department.id == Inspector.department_id)
    found = await house.office.all(
        query.where(Department.code == department, Inspector.kind == "certified").order_by(Member.userid).limit(1)
    )
    [number] = await house.office.all(
        select(Inspector.staff_no).join(Member, Member.id == Inspector.member_id).where(Member.userid == found[0])
    )
    return found[0], number


async def test_a_renewed_certificate_goes_from_the_phone_to_the_library(house: Building) -> None:
    """B11: with a photo, confirmed by the liaison of the department; no other department sees it."""
    userid, staff_no = await inspector_of(house)
    phone, liaison = await house.as_member(userid), await house.as_member(LIAISON)
    asked = (await ok(phone, "POST", f"{PHONE}/renewals", json=NEW))["id"]
    picture = photo_bytes("certificate")
    digest = hashlib.sha256(picture).hexdigest()
    await ok(phone, "PUT", f"{PHONE}/renewals/{asked}/photo/{digest}", data=picture)
    assert (await answer(phone, "PUT", f"{PHONE}/renewals/{asked}/photo/{'0' * 64}", data=picture))[0] >= 400
    other, _ = await inspector_of(house, "health")
    stranger = await house.as_member(other)
    assert (await answer(stranger, "PUT", f"{PHONE}/renewals/{asked}/photo/{digest}", data=picture))[0] == 404
    [row] = (await ok(liaison, "GET", DESK))["rows"]
    assert (row["staff_no"], row["expires_on"], row["photo"]) == (staff_no, "2031-03-01", True)
    status, seen = await answer(liaison, "GET", f"{DESK}/{asked}/photo")
    assert (status, seen[:2]) == (200, b"\xff\xd8")
    health = await house.as_member("health13")
    assert (await ok(health, "GET", DESK))["rows"] == []
    decision = {"confirmed": True, "reason": ""}
    assert (await answer(health, "POST", f"{DESK}/{asked}/decide", json=decision))[0] == 404
    assert (await answer(phone, "GET", DESK))[0] == 403
    assert (await ok(liaison, "POST", f"{DESK}/{asked}/decide", json=decision))["status"] == "confirmed"
    assert (await answer(liaison, "POST", f"{DESK}/{asked}/decide", json=decision))[0] == 409
    expires = select(Inspector.certificate_expires).where(Inspector.staff_no == staff_no)
    assert await house.office.all(expires) == [date(2031, 3, 1)]
    [shown, *_] = (await ok(phone, "GET", PHONE))["rows"]
    assert (shown["expires_on"], shown["renewal"]["status"]) == ("2031-03-01", "confirmed")
    assert NEW["number"] not in str(shown)


async def test_a_renewal_that_is_declined_says_why_and_may_come_again(house: Building) -> None:
    """B11: a reason is needed; who asks anew replaces what waits; a day that is past or earlier is refused."""
    userid, _ = await inspector_of(house)
    phone, head = await house.as_member(userid), await house.as_member("market13")
    for wrong in ("2026-03-02", "2020-01-01"):
        assert (await answer(phone, "POST", f"{PHONE}/renewals", json={**NEW, "expires_on": wrong}))[0] == 422
    await ok(phone, "POST", f"{PHONE}/renewals", json=NEW)
    again = (await ok(phone, "POST", f"{PHONE}/renewals", json=NEW))["id"]
    assert await house.office.count(CertificateRenewal) == 1
    assert (await answer(head, "POST", f"{DESK}/{again}/decide", json={"confirmed": False}))[0] == 422
    declined = {"confirmed": False, "reason": "照片看不清有效期"}
    assert (await ok(head, "POST", f"{DESK}/{again}/decide", json=declined))["status"] == "declined"
    [shown, *_] = (await ok(phone, "GET", PHONE))["rows"]
    assert shown["renewal"]["reason"] == "照片看不清有效期"
    assert (await ok(phone, "POST", f"{PHONE}/renewals", json=NEW))["id"] != again


async def test_nobody_confirms_his_own_certificate(house: Building) -> None:
    """B11, T4: a head who is an inspector himself needs another one."""
    userid, _ = await inspector_of(house)
    phone = await house.as_member(userid)
    asked = (await ok(phone, "POST", f"{PHONE}/renewals", json=NEW))["id"]
    await house.office.change(Member, Member.userid == userid, post="联络员")
    both = await house.as_member(userid)
    [row] = (await ok(both, "GET", DESK))["rows"]
    assert not row["can_decide"]
    assert (await answer(both, "POST", f"{DESK}/{asked}/decide", json={"confirmed": True}))[0] == 403


async def test_a_filing_is_entered_once_and_written_off_by_its_department(house: Building) -> None:
    """S5, S6: the notice's usual matters are offered; one row a department, the same again is nothing new."""
    office, liaison = await house.as_member(COORDINATOR), await house.as_member(LIAISON)
    seen = await ok(office, "GET", FILINGS)
    usual = next(one for one in seen["usual"] if one["due_on"] == "2026-04-25")
    names = [one["id"] for one in seen["departments"]][:3]
    [market] = await house.office.all(select(Department.id).where(Department.code == "market"))
    body = {
        "title": usual["title"],
        "basis": usual["source"],
        "recipient": usual["recipient"],
        "due_on": usual["due_on"],
        "department_ids": [*{*names, market}],
    }
    assert (await ok(office, "POST", FILINGS, json=body))["made"] == len(body["department_ids"])
    assert (await ok(office, "POST", FILINGS, json=body))["made"] == 0
    assert (await answer(liaison, "POST", FILINGS, json=body))[0] == 403
    assert (await answer(office, "POST", FILINGS, json={**body, "due_on": "2026-01-01"}))[0] == 422
    [own] = (await ok(liaison, "GET", FILINGS))["rows"]
    assert own["can_do"]
    assert not own["can_drop"]
    rows = (await ok(office, "GET", FILINGS))["rows"]
    foreign = next(row["id"] for row in rows if row["id"] != own["id"])
    done = {"done_on": "2026-03-02", "document_no": "市监备〔2026〕3号"}
    assert (await answer(liaison, "POST", f"{FILINGS}/{foreign}/done", json=done))[0] == 404
    assert (await answer(liaison, "POST", f"{FILINGS}/{own['id']}/done", json={"done_on": "2026-03-03"}))[0] == 422
    assert (await ok(liaison, "POST", f"{FILINGS}/{own['id']}/done", json=done))["status"] == "done"
    assert (await answer(liaison, "POST", f"{FILINGS}/{own['id']}/done", json=done))[0] == 409
    assert (await ok(office, "POST", f"{FILINGS}/{foreign}/drop", json={"reason": "文件已废止"}))["status"] == "dropped"
    board = await ok(office, "GET", "/api/console/clock/board")
    left = [row for row in board["rows"] if row["number"] == usual["title"]]
    assert len(left) == len(body["department_ids"]) - 2
