"""What a phone submits, as a checked value, and the bytes that seal it (G5, G7-G9, G13).

JSON of the contract -> Manifest (shape and limits) -> sealed (canonical JSON) -> SHA-256
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from inspection.checklists import MAX_ROWS, MAX_TEXT, Answer
from inspection.other_items import MAX_MATTER, MAX_REASON, MOST
from inspection.outcomes import MAX_DETAIL

DigestText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Code = Annotated[str, StringConstraints(min_length=1, max_length=32)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Cell = Annotated[str, StringConstraints(max_length=MAX_TEXT)] | int | float | None
Row = Annotated[dict[Id, Cell], Field(max_length=32)]
_MANY = 500
_LATER = ("from_chat", "recordings", "item_results", "added_items", "off_list")


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AnswerEntry(_Value):
    """The answer to one question of one item."""

    task_item_id: Id
    question_id: Id
    value: str | int | float | Annotated[tuple[Row, ...], Field(max_length=MAX_ROWS)] | None = None
    comment: str = Field(default="", max_length=MAX_TEXT)
    photos: tuple[DigestText, ...] = Field(default=(), max_length=_MANY)

    def answer(self) -> Answer:
        """The entry as the rules know it."""
        return Answer(question_id=self.question_id, value=self.value, comment=self.comment, photos=self.photos)


class OwnerSigned(_Value):
    """The target's side signed the record (G7)."""

    kind: Literal["signed"]
    name: str = Field(min_length=1, max_length=64)
    digest: DigestText


class OwnerRefused(_Value):
    """The target's side did not sign; the inspectors note why and sign (G8)."""

    kind: Literal["refused"]
    reason: str = Field(min_length=1, max_length=MAX_TEXT)


class InspectorSignature(_Value):
    """One inspector's signature (G9)."""

    staff_no: Id
    digest: DigestText


class ItemResult(_Value):
    """What one item came to, by codes of the department's own results and 未发现问题."""

    task_item_id: Id
    results: tuple[Code, ...] = Field(min_length=1, max_length=32)


class AddedEntry(_Value):
    """An item that the department added on the spot, by its id on the list, and why (A3)."""

    item_id: Id
    reason: Annotated[str, StringConstraints(min_length=1, max_length=MAX_REASON, strip_whitespace=True)]


class OffList(_Value):
    """What was met on the spot and stands on no list: not inspected, a clue (O1)."""

    matter: Annotated[str, StringConstraints(min_length=1, max_length=MAX_MATTER, strip_whitespace=True)]
    content: Annotated[str, StringConstraints(max_length=MAX_TEXT, strip_whitespace=True)] = ""


class Device(_Value):
    """What the phone says of itself."""

    ua: str = Field(default="", max_length=512)
    saved_at: datetime | None = None


class Manifest(_Value):
    """One department's part of a visit, whole; `submission_id` is made on the phone and kept until the receipt."""

    submission_id: Uuid
    answers: tuple[AnswerEntry, ...] = Field(default=(), max_length=_MANY)
    photos: tuple[DigestText, ...] = Field(default=(), max_length=_MANY)
    recordings: tuple[DigestText, ...] = Field(default=(), max_length=_MANY)  # voice, video, papers
    results: tuple[Code, ...] = Field(default=(), max_length=32)
    item_results: tuple[ItemResult, ...] = Field(default=(), max_length=_MANY)  # where several items differ
    result_detail: str = Field(default="", max_length=MAX_DETAIL)
    measures: tuple[Code, ...] = Field(default=(), max_length=32)
    note: str = Field(default="", max_length=MAX_DETAIL)
    owner_signature: Annotated[OwnerSigned | OwnerRefused, Field(discriminator="kind")] | None = None
    inspector_signatures: tuple[InspectorSignature, ...] = Field(default=(), max_length=32)
    # What the phone added; the server seals what all phones of the department have added.
    added_items: tuple[AddedEntry, ...] = Field(default=(), max_length=MOST)
    off_list: tuple[OffList, ...] = Field(default=(), max_length=MOST)
    device: Device = Device()
    # What the department's people sent into the visit from the chat; the server names it when it seals, no phone does.
    from_chat: tuple[DigestText, ...] = Field(default=(), max_length=_MANY)

    def pictures(self) -> tuple[str, ...]:
        """The digests of all photos, each once, in order."""
        return tuple(dict.fromkeys([*self.photos, *(one for answer in self.answers for one in answer.photos)]))

    def signatures(self) -> tuple[str, ...]:
        """The digests of all signatures, each once, in order."""
        owner = [self.owner_signature.digest] if isinstance(self.owner_signature, OwnerSigned) else []
        return tuple(dict.fromkeys([*owner, *(one.digest for one in self.inspector_signatures)]))

    def evidence(self) -> tuple[str, ...]:
        """The digests of all files that the manifest speaks of."""
        return tuple(dict.fromkeys([*self.pictures(), *self.signatures(), *self.recordings, *self.from_chat]))

    def sealed(self) -> bytes:
        """The manifest as canonical JSON: sorted keys, no spaces, UTF-8; the same content gives the same bytes."""
        # What older phones do not send is left out, so that their manifests seal as they always did.
        later = {name for name in _LATER if not getattr(self, name)}
        data = self.model_dump(mode="json", exclude=later)
        return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()

    def without_names(self) -> dict[str, Any]:
        """What may stand in a readable column (M1): the signer's name stays in the sealed bytes alone."""
        data = self.model_dump(mode="json")
        if isinstance(self.owner_signature, OwnerSigned):
            data["owner_signature"]["name"] = ""
        return data
