"""What takes two coordinators: the others are asked in the chat, and who proposed it hears what was decided (D4).

propose -> ask(): a card to every other coordinator -> somebody decides -> settle(): cards closed, the proposer told
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from inspection.actors import Role
from inspection.notices import Button, Notice, NoticeKind
from models.people import Member
from models.store import deadlines as deadline_store
from services.act import Act
from services.people import cards
from services.people.notices import Letter, tell_many, tell_member


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """What one coordinator proposed: its key for ever, what it is about, and where it is decided."""

    key: str  # "swap/ID", "void/ID"
    what: str
    number: str  # of the visit or the draw: stands in the document number
    facts: tuple[tuple[str, str], ...]
    path: str
    department_id: str
    subject: str


async def ask(act: Act, proposal: Proposal, *buttons: Button) -> None:
    """Ask every coordinator but the actor; `buttons` decide it from the card, one more opens the page."""
    mine = (await act.db.get_one(Member, act.actor.member_id)).userid
    everybody = await deadline_store.holders(act.db, Role.COORDINATOR)
    notice = Notice(
        kind=NoticeKind.SECOND_ASKED,
        document_no=f"{proposal.number}-{proposal.key.rpartition('/')[2][-8:]}",
        title=f"{proposal.what}，请您决定",
        summary="须由另一位协调员决定，申请人本人不能同意。详情和依据请打开页面查看。",
        facts=proposal.facts,
        path=proposal.path,
        buttons=(*buttons, Button(path=proposal.path, text="查看并决定")),
    )
    await tell_many(
        act,
        [
            Letter(
                userid=userid,
                notice=notice,
                department_id=proposal.department_id,
                subject=proposal.subject,
                dedupe_key=f"{proposal.key}/{userid}",
            )
            for userid in sorted({one for some in everybody.values() for one in some} - {mine})
        ],
    )


async def settle(act: Act, proposal: Proposal, proposed_by: str, *, agreed: bool) -> None:
    """Close the cards of a proposal that the actor has decided, and tell who proposed it."""
    word = "已同意" if agreed else "未同意"
    await cards.close(act, word, keys=f"{proposal.key}/")
    userid = await act.db.scalar(select(Member.userid).where(Member.id == proposed_by, Member.active))
    if userid is None:
        return
    notice = Notice(
        kind=NoticeKind.SECOND_DECIDED,
        document_no=f"{proposal.number}-决定-{proposal.key.rpartition('/')[2][-8:]}",
        title=f"{proposal.what}：{word}",
        summary="由另一位协调员决定，已记入审计。",
        facts=proposal.facts,
        path=proposal.path,
    )
    await tell_member(
        act,
        userid,
        notice,
        department_id=proposal.department_id,
        subject=proposal.subject,
        dedupe_key=f"{proposal.key}/decided",
    )
