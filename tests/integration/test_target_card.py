"""One target's card, and targets written down by hand with the rules of the import (B2-B6, B10; 单户录入)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from inspection.actors import SYSTEM
from inspection.errors import ConflictError, InvalidInputError, NotFoundError
from models.people import Department
from models.registers import Contact, ImportReport, Target
from services.registers import duties, target_card
from services.registers.duties import RuleOrder
from tests.office import COORDINATOR, DEREGISTERED_HOTEL, Office

LIAISON = "health14"
KETTLE = {"category": "产品", "name": "演示牌电热水壶", "maker": "演示电器厂", "model": "DS-15", "status": "在业"}


async def write(office: Office, cells: dict[str, str], code: str = "") -> str:
    async with office.act(COORDINATOR) as act:
        return await target_card.write(act, cells, code)


async def card(office: Office, code: str, who: str = COORDINATOR) -> dict[str, Any]:
    async with office.act(who) as act:
        return await target_card.card(act, code)


async def test_what_has_no_number_is_written_down_with_its_own_fields(office: Office) -> None:
    """B2, B5: a product by its own fields; once, for the same words are the same product."""
    code = await write(office, KETTLE)
    found = await card(office, code)
    assert (found["category_text"], found["identifier_text"]) == ("产品", "平台编号（没有登记号码）")
    assert {one["title"]: one["value"] for one in found["own"]}["生产单位"] == "演示电器厂"
    assert found["source"] == target_card.BY_HAND
    with pytest.raises(ConflictError, match="已经有了"):
        await write(office, KETTLE)
    with pytest.raises(InvalidInputError, match="信用风险分类"):
        await write(office, {**KETTLE, "model": "DS-16", "credit_class": "E"})
    with pytest.raises(InvalidInputError, match="不适用于产品"):
        await write(office, {**KETTLE, "model": "DS-16", "owner": "演示建设公司"})
    assert await office.count(Target, Target.category == "product") == 1


async def test_a_target_is_mended_and_stays_itself(office: Office) -> None:
    """B3-B6, N1: labels and class by hand; the report is kept; its number is its name and cannot be another's."""
    before = await card(office, DEREGISTERED_HOTEL)
    cells = {**before["cells"], "labels": "重点监管、投诉", "credit_class": "C", "phone": "13800000000", "person": ""}
    assert await write(office, cells, DEREGISTERED_HOTEL) == DEREGISTERED_HOTEL
    after = await card(office, DEREGISTERED_HOTEL)
    assert (after["labels"], after["credit_class"]) == (["投诉", "重点监管"], "C")
    assert (after["name"], after["status"], after["address"]) == (before["name"], before["status"], before["address"])
    assert "phone" not in after["cells"]  # whom to reach is told to nobody here
    assert await office.count(Contact) == 1
    assert await office.count(ImportReport, ImportReport.file_name == f"{target_card.BY_HAND}.csv") == 1
    await write(office, after["cells"], DEREGISTERED_HOTEL)  # the cells as they are change nothing
    assert (await card(office, DEREGISTERED_HOTEL))["cells"] == after["cells"]
    kettle = await write(office, KETTLE)
    for code, changes in ((kettle, {**KETTLE, "name": "另一个壶"}), (DEREGISTERED_HOTEL, {**KETTLE, "model": "X"})):
        with pytest.raises(ConflictError, match="另一个对象"):
            await write(office, changes, code)
    assert await office.all(select(Target.name).where(Target.category == "product")) == [KETTLE["name"]]
    with pytest.raises(NotFoundError):
        await write(office, KETTLE, "0" * 18)
    with pytest.raises(InvalidInputError, match="colour"):
        await write(office, {**KETTLE, "colour": "red"})


async def test_the_card_says_who_answers_and_who_may_know_of_checks(office: Office) -> None:
    """B10, M3: judged, claimed and decided; the year's checks are not for a department's liaison."""
    nobody = (await card(office, DEREGISTERED_HOTEL))["duty"]
    assert (nobody["judged"], nobody["department"]) == (False, "")
    async with office.act(SYSTEM) as act:
        department = await act.db.scalar(select(Department.id).where(Department.code == "health"))
        assert department
        order = RuleOrder(department_id=department, principle="governs", keywords=("住宿服务",), basis="条例")
        await duties.add_rule(act, order)
        await duties.run(act)
    found = await card(office, DEREGISTERED_HOTEL)
    assert found["duty"]["department"] == "卫生健康局"
    assert [one["why"] for one in found["duty"]["claims"]] == ["谁主管谁监管"]
    assert found["checks"]["counted"] == 0
    assert (await card(office, DEREGISTERED_HOTEL, LIAISON))["checks"] is None
    with pytest.raises(NotFoundError):
        await card(office, "0" * 18)
