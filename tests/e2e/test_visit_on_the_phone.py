"""The visit on a real phone screen, from the card in WeCom to the receipt, with the network gone in the middle."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import Any

import pytest
from PIL import ExifTags, Image
from playwright.async_api import Page, Response, Route, expect

from app.tour.story import VisitPlan
from models.tasks import Submission
from tests.e2e.backstage import Backstage
from tests.e2e.hands import SHOP, SIGN_COLOUR, WORDS, Hands, digest_of, spoken, tap_card
from tests.e2e.screens import Screens, assert_fits
from tests.e2e.screenshots import shoot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SPOKEN, PAPER = spoken(), b"%PDF-1.4\n% made up\n"
OWNER = "演示王五"
REASON = "负责人看过记录后称需请示上级，拒绝签字。"
NOTE = "后厨整洁，人员均佩戴健康证明。"


def busiest(visits: list[VisitPlan]) -> VisitPlan:
    """A visit of the leader who has the most to do, so that his list shows something."""
    load = Counter(userid for visit in visits for userid in visit.members)
    return max(visits, key=lambda visit: load[visit.leader])


async def visit_of(page: Page, visit: VisitPlan) -> Any:
    """What the server tells this phone of the visit."""
    return await (await page.request.get(f"/api/phone/visits/{visit.id}")).json()


async def hands_of(page: Page, visit: VisitPlan, office: Backstage) -> Hands:
    return Hands(page=page, target=visit.target_name, font=office.demo.parts.house.font)


async def ready_for_no_network(page: Page) -> None:
    """Wait until the page is kept on the phone."""
    await page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'")


async def test_from_the_card_to_the_receipt_with_the_network_cut(office: Backstage, screens: Screens) -> None:
    """G1-G11: the whole visit by hand; what is typed outlives the network and a reload; one submission arrives."""
    visit = busiest(await office.draw(12))
    phone = await screens.phone()
    steps: list[str] = []
    phone.on("response", lambda response: steps.append(_step(response)))
    page = await tap_card(phone, office, visit)
    _assert_signed_in_by_wecom(steps)
    hands = await hands_of(page, visit, office)
    await assert_fits(page)
    await hands.accept()
    seen = await visit_of(page, visit)
    questions = [(item, question) for item in seen["items"] for question in item["form"]["questions"]]
    first, key, *others = questions
    assert key[1]["key"]

    await hands.go("检查表")
    await hands.answer(*first, "yes")
    await hands.answer(*key, "no")
    await shoot(page, "phone-visit")
    await ready_for_no_network(page)

    await screens.cut(phone)
    await page.reload()
    await expect(page.get_by_text("当前没有网络。可以照常检查")).to_be_visible()
    await _assert_still_there(page)
    for item, question in others:
        await hands.answer(item, question, _good(question))
    await _conclude_and_sign(hands, await office.member_name(visit.leader))
    await expect(page.get_by_text("内容完整，可以提交")).to_be_visible()
    await assert_fits(page)
    await hands.submit()
    await expect(page.locator(".notice", has_text="联网后自动继续")).to_be_visible()
    assert await office.submissions(visit) == []

    async with page.expect_request("**/submissions") as sending:
        await screens.join(phone)
    sent: dict[str, Any] = json.loads((await sending.value).post_data or "")
    await page.wait_for_url("**/receipt")
    await expect(page.get_by_role("heading", name="已送达")).to_be_visible()
    await assert_fits(page)
    await shoot(page, "phone-receipt")
    sealed = await _the_only_submission(office, visit)
    await _assert_nothing_twice(page, office, visit, sent)
    await _assert_photos(page, office, visit, hands)
    await _assert_recordings(office, visit, sealed)
    answers = {(one["task_item_id"], one["question_id"]): one for one in sealed.manifest["answers"]}
    assert answers.keys() == {(item["task_item_id"], question["id"]) for item, question in questions}
    assert answers[key[0]["task_item_id"], key[1]["id"]]["comment"] == WORDS
    assert (sent["owner_signature"]["name"], sealed.manifest["note"]) == (OWNER, NOTE)

    await page.goto("/m/")
    await expect(page.get_by_role("link", name=visit.target_name)).to_be_visible()
    await assert_fits(page)
    await shoot(page, "phone-list")


async def test_an_owner_who_refuses_needs_two_inspectors(office: Backstage, screens: Screens) -> None:
    """G8, G9: without the owner's name two inspectors sign; a receipt lost on its way is asked for again."""
    visit = (await office.draw(1))[0]
    phone = await screens.phone()
    page = await tap_card(phone, office, visit)
    hands = await hands_of(page, visit, office)
    await hands.accept()
    seen = await visit_of(page, visit)
    await hands.go("检查表")
    for item in seen["items"]:
        for question in item["form"]["questions"]:
            await hands.answer(item, question, _good(question))
    await hands.go("结论")
    await page.get_by_role("checkbox", name=seen["result_codes"][0]["text"], exact=True).tap()
    await hands.go("签字")
    await page.get_by_role("radio", name="拒签或无法签字").tap()
    await page.get_by_label("原因").fill(REASON)
    own = next(one for one in seen["members"] if one["mine"])
    other = next(one for one in seen["members"] if one["department"] == own["department"] and not one["mine"])
    await hands.sign(f"{own['name']}签字")
    await expect(page.get_by_text("当事人未签字时须两名执法人员签字（还差 1 人）")).to_be_visible()
    await page.get_by_role("button", name="提交", exact=True).tap()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert await office.submissions(visit) == []

    await hands.sign(f"{other['name']}签字")
    lost = await _lose_the_first_receipt(page)
    with screens.losing_answers():
        await hands.submit()
        await page.wait_for_url("**/receipt")
    assert len(lost) == 2, "the phone asked once more after the receipt was lost"
    sealed = await _the_only_submission(office, visit)
    assert sealed.manifest["owner_signature"] == {"kind": "refused", "reason": REASON}
    assert {one["staff_no"] for one in sealed.manifest["inspector_signatures"]} == {own["staff_no"], other["staff_no"]}


def _step(response: Response) -> str:
    return f"{response.status} {response.url.partition('?')[0]}"


def _assert_signed_in_by_wecom(steps: list[str]) -> None:
    """The way led over the sandbox's own pages: phone, our door, WeCom's authorize page, our callback."""
    way = ("302 /open", "302 /auth/wecom", "302 /connect/oauth2/authorize", "302 /auth/wecom/callback")
    found = [step.split("://")[0][:4] + "/" + step.split("/", 3)[3] for step in steps if step.startswith("302")]
    assert [one for one in found if one in way] == list(way), found


def _good(question: dict[str, Any]) -> str:
    return {"yesno": "yes", "number": "12", "text": "现场秩序正常。"}[question["kind"]]


async def _conclude_and_sign(hands: Hands, leader: str) -> None:
    """The result with words, measure, photo and note; the owner and the leader write their names on the glass."""
    page = hands.page
    await hands.go("结论")
    await page.get_by_role("checkbox", name="发现问题已责令改正").tap()
    await page.locator("#result-detail").fill(WORDS)
    await page.get_by_role("checkbox", name="违反本部门规定，责令改正").tap()
    await hands.take_photo(page.locator("#photos"))
    await hands.attach("录音", "a.wav", SPOKEN)
    await hands.attach("文件", "合同.pdf", PAPER)
    await page.locator("#photos .rows").get_by_role("button", name="播放").tap()
    await expect(page.locator("#photos audio")).to_have_js_property("duration", 0.5)  # it can be heard
    await assert_fits(page)
    await page.locator("#note").fill(NOTE)
    await hands.go("签字")
    await page.locator("#owner-name").fill(OWNER)
    await hands.sign("请当事人签字")
    await hands.sign(f"{leader}签字")


async def _assert_still_there(page: Page) -> None:
    """What was entered before the network went is shown, words and photo."""
    first, key = page.locator(".question").nth(0), page.locator(".question").nth(1)
    await expect(first.get_by_role("radio", name="是")).to_have_attribute("aria-checked", "true")
    await expect(key.get_by_role("radio", name="否")).to_have_attribute("aria-checked", "true")
    await expect(key.get_by_label("说明")).to_have_value(WORDS)
    await expect(key.locator(".picture img")).to_have_count(1)


async def _the_only_submission(office: Backstage, visit: VisitPlan) -> Submission:
    found = await office.submissions(visit)
    assert len(found) == 1
    return found[0]


async def _assert_nothing_twice(page: Page, office: Backstage, visit: VisitPlan, sent: dict[str, Any]) -> None:
    """A reload shows the receipt again; the form is locked; the same manifest sent again gets the same receipt."""
    await page.reload()
    await expect(page.get_by_text(sent["submission_id"])).to_be_visible()
    again = await page.request.post(f"/api/phone/visits/{visit.id}/submissions", data=sent)
    assert again.ok, await again.text()
    await expect(page.get_by_text((await again.json())["manifest_digest"])).to_be_visible()
    await page.get_by_role("link", name="查看这次检查").or_(page.get_by_role("button", name="查看这次检查")).tap()
    await page.get_by_role("tab", name="签字").tap()
    await expect(page.get_by_text("已送达", exact=False).first).to_be_visible()
    await expect(page.get_by_role("button", name="提交", exact=True)).to_have_count(0)
    assert len(await office.submissions(visit)) == 1


async def _assert_recordings(office: Backstage, visit: VisitPlan, sealed: Submission) -> None:
    """G10: what was said and what was handed over is evidence too, byte for byte, and sealed with the rest."""
    kept = {one.digest: one.kind for one in await office.evidence(visit) if one.kind not in {"photo", "signature"}}
    assert kept == {digest_of(SPOKEN): "voice", digest_of(PAPER): "file"}
    assert sealed.manifest["recordings"] == [digest_of(SPOKEN), digest_of(PAPER)]


async def _assert_photos(page: Page, office: Backstage, visit: VisitPlan, hands: Hands) -> None:
    """G6, G10: the originals are kept byte for byte; the copies stand upright with a dark band of words below."""
    kept = {one.digest: one for one in await office.evidence(visit) if one.kind == "photo"}
    assert kept.keys() == {digest_of(data) for data in hands.photos}
    for data in hands.photos:
        row = kept[digest_of(data)]
        assert await office.blob(row.digest) == data
        assert row.place["lat"] == pytest.approx(36.65123)
        answer = await page.request.get(f"/api/phone/evidence/{row.digest}/display?visit={visit.id}")
        _assert_upright_with_words(await answer.body())


def _assert_upright_with_words(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as opened:
        assert ExifTags.Base.Orientation not in opened.getexif()
        picture = opened.convert("RGB")
    assert picture.size == SHOP
    width, height = picture.size
    corner = picture.crop((20, 20, 60, 60)).resize((1, 1)).tobytes()
    assert all(abs(one - two) < 16 for one, two in zip(corner, SIGN_COLOUR, strict=True))
    band = picture.crop((0, round(height * 0.92), width, height)).convert("L")
    dark = sum(band.histogram()[:90]) / (band.width * band.height)
    light = sum(band.histogram()[200:]) / (band.width * band.height)
    assert dark > 0.5
    assert 0.005 < light < 0.4


async def _lose_the_first_receipt(page: Page) -> list[str]:
    """Let the server have the manifest, but lose its answer once; gives what was sent."""
    sent: list[str] = []

    async def lose(route: Route) -> None:
        sent.append(route.request.post_data or "")
        if len(sent) == 1:
            await route.fetch()
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route("**/submissions", lose)
    return sent
