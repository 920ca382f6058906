"""A person's word on which items a plan's entry is about, where the tables only have words (C7).

coverage suggests -> the office says yes -> name_items -> the entry names its items; nothing of the plan changes
"""

from __future__ import annotations

from collections.abc import Sequence

from inspection.actors import Role
from inspection.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from models.store import lists as list_store
from models.store import plans as store
from services.act import Act
from services.planning.coverage import matched_items
from services.planning.plan_changes import adopt_imported
from services.planning.plans import keep_revision

REASON = "对应抽查事项"


async def name_items(act: Act, entry_id: str, item_ids: Sequence[str]) -> list[str]:
    """Add items to those an entry is about; what its words say for certain stays with it. Gives all of them.

    The plan says the same as before, only exactly: it is not filed anew. The office alone, on a plan that stands.
    """
    if not act.actor.has(Role.COORDINATOR):
        raise ForbiddenError
    if not item_ids:
        raise InvalidInputError(what="抽查事项", why="至少选择一项。")
    if await store.unplaced(act.db):
        await adopt_imported(act)
    found = await store.entry(act.db, act.actor, entry_id)
    if found.line is None or not found.settled:
        raise ConflictError(what="计划条目", why="尚未通过审批或已经取消，请在计划中修改。")
    if not (await list_store.ever_listed(act.db)).issuperset(item_ids):
        raise NotFoundError(what="所选的抽查事项（清单之外的事项不得列入计划）")
    found.line.item_ids = list(dict.fromkeys([*await matched_items(act, found), *item_ids]))
    await act.db.flush()
    await keep_revision(act, found, REASON)
    act.record("plan-items", f"entry:{entry_id}", items=len(found.line.item_ids))
    return found.line.item_ids
