"""Published results on their way to the provincial platform: both databases, the sandbox's platform (T1, T2, H5)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.province import ProvinceClient, ProvinceCourier, ProvinceSettings
from bot.sandbox import Fault, FaultKind, RunningSandbox, SandboxSettings, start_sandbox
from bot.sandbox.platform import Platform
from inspection.errors import ConflictError, ForbiddenError, NotFoundError
from models.database import Database
from services.results import province, publications
from tests.conftest import Clock
from tests.integration.visits_play import Play, house_of


@dataclass
class Scene:
    """A play whose results go to a sandbox's platform."""

    play: Play
    sandbox: RunningSandbox
    courier: ProvinceCourier
    client: ProvinceClient

    @property
    def platform(self) -> Platform:
        return self.sandbox.state.province

    async def publish(self) -> None:
        async with self.play.act("coordinator") as act:
            await publications.publish_task(act, self.play.scene.task.id)

    async def rows(self, who: str = "coordinator") -> list[dict[str, Any]]:
        async with self.play.act(who) as act:
            return (await province.queue(act, ""))["rows"]

    async def compare(self) -> dict[str, Any]:
        theirs = await self.client.records()
        async with self.play.act("coordinator") as act:
            return await province.compare(act, theirs)

    def fault(self, kind: FaultKind, times: int = 1, path: str = "/province/") -> None:
        self.sandbox.state.faults.add(Fault(kind=kind, times=times, path=path))


@pytest_asyncio.fixture
async def scene(database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Scene]:
    settings = SandboxSettings(
        corp_id="ww1", secret="x", agent_id=1, token="t", encoding_aes_key="A" * 43, callback_url="",
        trusted_origin="", mini_appid="wx1", mini_secret="x", province_secret="made up",
    )  # fmt: skip
    sandbox = await start_sandbox(settings, "127.0.0.1", 0, clock)
    client = ProvinceClient(ProvinceSettings(url=f"{sandbox.base_url}/province", secret="made up", timeout_s=5))
    house = replace(house_of(tmp_path / "blobs"), province=True)
    play = await Play(database, house, clock).begin()
    await play.confirmed()
    for code in ("lead", "partner"):
        await play.approve(code)
    courier = ProvinceCourier(database=database, client=client, clock=clock)
    yield Scene(play=play, sandbox=sandbox, courier=courier, client=client)
    await client.close()
    await sandbox.close()


async def test_what_is_published_is_there_once_with_a_receipt(scene: Scene) -> None:
    """T1, H5: nobody types anything twice; the record says what the public page says, and no more (M2)."""
    assert await scene.courier.work() == 0
    await scene.publish()
    await scene.publish()
    assert await scene.courier.work() == 2
    assert await scene.courier.work() == 0
    rows = await scene.rows()
    assert {(one["status"], one["attempts"], bool(one["receipt"])) for one in rows} == {("accepted", 1, True)}
    [record] = [one["record"] for key, one in scene.platform.records.items() if key.endswith("-lead/v1")]
    assert (record["target_name"], record["check_type"]) == (scene.play.scene.target.name, "不定向")
    assert record["details"] == [{"seqno": 1, "item": "演示区市场监督管理局事项", "result": "未发现问题"}]
    assert "演示人员" not in json.dumps(record, ensure_ascii=False)
    assert len(await scene.rows("partner-approver")) == 1  # its own part alone


async def test_a_lost_answer_is_asked_about_and_never_sent_blindly(scene: Scene) -> None:
    """T1: an unknown outcome is a state of its own; whichever side lost it, the platform has each record once."""
    scene.fault(FaultKind.LOST_ANSWER, path="/province/records")
    scene.fault(FaultKind.RESET, path="/province/records")
    await scene.publish()
    await scene.courier.work()
    assert [one["status"] for one in await scene.rows()] == ["unknown", "unknown"]
    assert len(scene.platform.records) == 1  # of the other nothing arrived
    posts = scene.sandbox.state.counters["/province/records"]
    scene.play.clock.advance(minutes=1)
    await scene.courier.work()
    assert {one["status"] for one in await scene.rows()} == {"accepted"}
    assert scene.sandbox.state.counters["/province/records"] == posts + 1  # only what was not there
    assert len(scene.platform.records) == 2


async def test_busy_is_tried_again_and_a_wrong_secret_waits_for_a_person(scene: Scene) -> None:
    """T1: busy, 502, no JSON, no connection: nothing is lost, nothing is hammered."""
    await scene.publish()
    scene.fault(FaultKind.BUSY, times=2, path="/province/records")
    await scene.courier.work()
    assert {(one["status"], one["attempts"]) for one in await scene.rows()} == {("waiting", 1)}
    assert await scene.courier.work() == 0  # not before its time
    scene.play.clock.advance(minutes=1)
    scene.fault(FaultKind.BAD_GATEWAY, times=2)
    await scene.courier.work()
    assert {one["status"] for one in await scene.rows()} == {"unknown"}
    scene.platform.secret = "another"
    scene.play.clock.advance(minutes=1)
    await scene.courier.work()
    assert {"核对" in one["error"] for one in await scene.rows()} == {True}
    scene.platform.secret = "made up"
    scene.play.clock.advance(minutes=11)
    await scene.courier.work()
    assert {one["status"] for one in await scene.rows()} == {"accepted"}


async def test_what_is_refused_waits_for_a_person_who_may_send_it_again(scene: Scene) -> None:
    """T1: another content under a known key; retry by the department or the office, never of what was accepted."""
    await scene.publish()
    keys = [one["key"] for one in await scene.rows()]
    for key in keys:
        scene.platform.records[key] = {"key": key, "digest": "0" * 64, "receipt": "X", "record": {}}
    await scene.courier.work()
    [row] = await scene.rows("partner-approver")
    assert (row["status"], row["error"], row["can_retry"]) == ("refused", "同一编号已有不同内容", True)
    async with scene.play.act("lead-approver") as act:
        with pytest.raises(NotFoundError):
            await province.retry(act, row["id"])
    del scene.platform.records[row["key"]]
    async with scene.play.act("partner-approver") as act:
        await province.retry(act, row["id"])
    await scene.courier.work()
    [row] = await scene.rows("partner-approver")
    assert row["status"] == "accepted"
    async with scene.play.act("partner-approver") as act:
        with pytest.raises(ConflictError):
            await province.retry(act, row["id"])


async def test_a_comparison_finds_what_either_side_lost(scene: Scene) -> None:
    """T1: missing there is sent again, differing is for a person, a lost receipt is taken, theirs alone is shown."""
    await scene.publish()
    await scene.courier.work()
    assert (await scene.compare())["missing_count"] == 0
    first, second = sorted(scene.platform.records)
    receipt = scene.platform.records[first]["receipt"]
    del scene.platform.records[first]
    scene.platform.records[second] = {**scene.platform.records[second], "digest": "0" * 64}
    scene.platform.records["别处/v1"] = {"key": "别处/v1", "digest": "1" * 64, "receipt": "Y", "record": {}}
    found = await scene.compare()
    assert (found["missing"], found["differing"], found["extra"]) == ([first], [second], ["别处/v1"])
    await scene.courier.work()
    assert {one["key"]: one["status"] for one in await scene.rows()} == {first: "accepted", second: "refused"}
    assert scene.platform.records[first]["receipt"] != receipt or len(scene.platform.records) == 3
    async with scene.play.act("lead-approver") as act:
        with pytest.raises(ForbiddenError):
            await province.compare(act, {})


async def test_without_a_platform_nothing_waits_and_the_table_is_there_all_the_same(scene: Scene) -> None:
    """T1, 2.4: an office that uploads by hand gets the platform's columns, an item a row."""
    scene.play.house = replace(scene.play.house, province=False)
    await scene.publish()
    assert await scene.rows() == []
    async with scene.play.act("coordinator") as act:
        lines = (await province.table(act, "2026-03", "csv")).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("公示编号,版本,抽查计划编号,抽查计划名称,抽查任务编号")
    assert len(lines) == 3
    assert lines[1].endswith(",1,演示区市场监督管理局事项,未发现问题")
