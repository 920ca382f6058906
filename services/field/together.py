"""Several inspectors of one department at one form: what each typed is kept, what differs is shown and chosen.

The conclusion is weighed as the answers are (services.field.conclusions).

phone: entries, each over the versions it was typed over -> kept -> what stands at every question, by whom and when
two stand and differ -> nobody hands the part in before somebody has chosen; the choice is in the visit's chain
what comes after the part was handed in is kept beside it, says so in the chain, and changes nothing
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from inspection.checklists import Problem, form_of
from inspection.errors import ConflictError, InvalidInputError
from inspection.versions import Version, content, in_conflict, standing, version_id
from models.field import TypedAnswer
from models.store import evidence as evidence_store
from models.store import parts as part_store
from models.store import typed as store
from models.store import visits as visit_store
from models.store.parts import NOT_DONE
from models.store.states import insert_ignore
from models.tasks import Submission
from services.act import Act
from services.field import chain, conclusions, other_items
from services.field.manifests import AddedEntry, AnswerEntry, Manifest

VersionId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Where = tuple[str, str]  # task item, question
MOST_VERSIONS = 20_000  # of one part: nobody types as many by hand


class Entry(AnswerEntry):
    """An answer as it was typed on a phone; blank, where what stood there was taken away."""

    over: tuple[VersionId, ...] = Field(default=(), max_length=64)
    typed_at: datetime | None = None


class AnswersDifferError(ConflictError):
    """同组人员有 {count} 处填写的内容不同，还没有选定。"""

    code: ClassVar[str] = "answers-differ"
    action: ClassVar[str] = "请返回修改，在检查表和结论中逐处选定后再提交；两人填写的内容都已保留。"


async def share(act: Act, visit_id: str, entries: Sequence[Entry], added: Sequence[AddedEntry] = ()) -> dict[str, Any]:
    """Keep what the actor typed for his department's part, and tell what stands at each question.

    `added`: items that he added on the spot. Twice is harmless. Raises NotFoundError (not his visit),
    InvalidInputError (no question of his department's), and what `other_items.add` raises.
    """
    await visit_store.lock(act.db, visit_id)
    own = await visit_store.own_visit(act.db, act.actor, visit_id)
    if own.part.status in NOT_DONE:  # later they are no longer asked for; what was typed at the others is still kept
        await other_items.add(act, own, added)
    forms = await _forms(act, own)
    asked = {(item.id, question.id) for item, form in forms for question in form.questions}
    asked |= {(conclusions.PLACE, one) for one in await _concluded(act, own, forms)}
    if any((one.task_item_id, one.question_id) not in asked for one in entries):
        raise InvalidInputError(what="检查表", why="含有不属于本部门的检查事项或问题，请刷新页面。")
    sent = await _standing_submission(act, own)
    before = await _versions(act, own, sent)
    if sum(len(one) for one in before.values()) + len(entries) > MOST_VERSIONS:
        raise InvalidInputError(what="检查表", why="这次检查的修改次数过多，请直接提交。")
    kept = [await _keep(act, own, before[one.task_item_id, one.question_id], one) for one in entries]
    after = await _versions(act, own, sent) if entries else before
    places = dict.fromkeys((one.task_item_id, one.question_id) for one in entries)
    await _tell_chain(act, own, before, after, places, fresh={one for one, new in kept if new})
    photos = {digest for one in entries for digest in one.photos}
    there = await evidence_store.kinds(act.db, visit_id, photos) if photos else {}
    return {
        "kept": [one for one, _ in kept],
        "answers": await _arrived(act, visit_id, await _shown(act, after)),
        "missing": sorted(photos - there.keys()),
        "closed": own.part.status not in NOT_DONE,
        "items": [item.id for item, _ in forms],
    }


async def refuse_differing(act: Act, own: visit_store.OwnVisit, manifest: Manifest) -> None:
    """Let nobody hand in over what a colleague typed and nobody has weighed; AnswersDifferError."""
    found = await _versions(act, own, None)
    if not found:
        return
    said = {
        (one.task_item_id, one.question_id): content(one.value, one.comment, one.photos) for one in manifest.answers
    }
    values = {where: one.get("value") for where, one in said.items()}
    after = own.part.status == "returned"
    sent = await _standing_submission(act, own) if after else None
    forms = await _forms(act, own)
    places = [
        ((item.id, question.id), question.text)
        for item, form in forms
        for question in form.shown({key: value for (one, key), value in values.items() if one == item.id})
    ]
    names = {item.id: item.name for item, _ in forms}
    concluded = conclusions.said(manifest.model_dump(mode="json"))
    said |= {(conclusions.PLACE, name): content(value) for name, value in concluded.items()}
    places += [((conclusions.PLACE, name), conclusions.text_of(name, names)) for name in concluded]
    differing = []
    for where, text in places:
        # What was weighed in an earlier submission, sent back since, is not weighed again.
        heads = [one for one in standing(found[where]) if sent is None or one.received_at > sent.received_at]
        if any(one.member_id != act.actor.member_id and one.content != said.get(where, {}) for one in heads):
            differing.append(Problem(where=text, why="同组人员填写的内容不同。"))
    if differing:
        raise AnswersDifferError(
            what="检查表",
            why="同组人员填写的内容不同。",
            count=len(differing),
            problems=[str(one) for one in differing],
        )


async def _keep(act: Act, own: visit_store.OwnVisit, known: Sequence[Version], entry: Entry) -> tuple[str, bool]:
    said = content(entry.value, entry.comment, entry.photos)
    over = sorted({one.id for one in known} & set(entry.over))
    where = (own.part.id, entry.task_item_id, entry.question_id)
    name = version_id(where, act.actor.member_id, said, over)
    new = await insert_ignore(
        act.db,
        TypedAnswer,
        id=name,
        part_id=own.part.id,
        task_item_id=entry.task_item_id,
        question_id=entry.question_id,
        member_id=act.actor.member_id,
        content=said,
        over=over,
        typed_at=entry.typed_at if entry.typed_at and entry.typed_at.tzinfo else None,
        received_at=act.now,
    )
    return name, new


async def _tell_chain(
    act: Act,
    own: visit_store.OwnVisit,
    before: Mapping[Where, Sequence[Version]],
    after: Mapping[Where, Sequence[Version]],
    places: Iterable[Where],
    *,
    fresh: set[str],
) -> None:
    """Write down what two typed differently, what was chosen, and what came too late; nothing of what was answered."""
    visit, late = own.visit, own.part.status not in NOT_DONE
    for where in places:
        if where[0] == conclusions.PLACE and not conclusions.weighed(where[1]):
            continue
        new = [one.id for one in after[where] if one.id in fresh]
        if not new:
            continue
        was, stands = standing(before[where]), standing(after[where])
        told = {"part": own.part.id, "item": where[0], "question": where[1]}
        if late and in_conflict(stands):
            await chain.append(act, visit.id, visit.number, "answer-late", **told, versions=new)
        elif not late and in_conflict(stands) and {one.id for one in stands} != {one.id for one in was}:
            await chain.append(
                act, visit.id, visit.number, "answers-differ", **told, versions=[one.id for one in stands]
            )
        elif not late and in_conflict(was) and not in_conflict(stands):
            of = [one.id for one in was]
            await chain.append(act, visit.id, visit.number, "answer-chosen", **told, of=of, chosen=stands[0].id)
            act.record("answer-chosen", f"part:{own.part.id}", visit=visit.number, question=where[1])


async def _shown(act: Act, found: Mapping[Where, Sequence[Version]]) -> list[dict[str, Any]]:
    names = await store.names(act.db, {one.member_id for versions in found.values() for one in versions})
    return [
        {
            "task_item_id": item,
            "question_id": question,
            "versions": [
                {
                    "id": one.id,
                    "value": one.content.get("value", ""),
                    "comment": one.content.get("comment", ""),
                    "photos": one.content.get("photos", []),
                    "by": names.get(one.member_id, ""),
                    "mine": one.member_id == act.actor.member_id,
                    "typed_at": one.typed_at or one.received_at,
                }
                for one in standing(versions)
            ],
        }
        for (item, question), versions in found.items()
        if versions
    ]


async def _arrived(act: Act, visit_id: str, shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave a colleague's photos, recordings and signatures out that are not here yet: they are nothing to look at."""
    theirs = [
        version
        for one in shown
        if one["task_item_id"] == conclusions.PLACE and not conclusions.weighed(one["question_id"])
        for version in one["versions"]
        if not version["mine"]
    ]
    there = await evidence_store.kinds(act.db, visit_id, {digest for one in theirs for digest in one["photos"]})
    for version in theirs:
        version["photos"] = [digest for digest in version["photos"] if digest in there]
        if version["value"] not in {"", *version["photos"]}:
            version["value"] = ""
    return shown


async def _versions(act: Act, own: visit_store.OwnVisit, sent: Submission | None) -> defaultdict[Where, list[Version]]:
    """Every version by question; what was handed in stands typed over all that had come before it."""
    found: defaultdict[Where, list[Version]] = defaultdict(list)
    for row in await store.of_part(act.db, own.part.id):
        found[row.task_item_id, row.question_id].append(
            Version(
                id=row.id,
                member_id=row.member_id,
                content=row.content,
                over=tuple(row.over),
                typed_at=row.typed_at,
                received_at=row.received_at,
            )
        )
    if sent is not None:
        _hand_in(found, sent)
    return found


def _hand_in(found: defaultdict[Where, list[Version]], sent: Submission) -> None:
    said = {
        (entry["task_item_id"], entry["question_id"]): content(entry["value"], entry["comment"], entry["photos"])
        for entry in sent.manifest["answers"]
    }
    said |= {(conclusions.PLACE, name): content(value) for name, value in conclusions.said(sent.manifest).items()}
    for where, words in said.items():
        handed_in = Version(
            id=sent.id,
            member_id=sent.member_id,
            content=words,
            over=tuple(one.id for one in found[where] if one.received_at <= sent.received_at),
            received_at=sent.received_at,
        )
        found[where] = sorted([*found[where], handed_in], key=lambda one: one.received_at)


async def _standing_submission(act: Act, own: visit_store.OwnVisit) -> Submission | None:
    return await part_store.submission(act.db, own.part.submission_id) if own.part.submission_id else None


async def _forms(act: Act, own: visit_store.OwnVisit) -> list[tuple[Any, Any]]:
    found = await visit_store.items(act.db, own.task.id, own.part.department_id, own.visit)
    return [(item, form_of(item.form, item.name, words, item.basis)) for item, words in found]


async def _concluded(act: Act, own: visit_store.OwnVisit, forms: Sequence[tuple[Any, Any]]) -> set[str]:
    group = await visit_store.group(act.db, own.visit.id)
    return conclusions.names([item.id for item, _ in forms], [one.staff_no for one in group])
