"""Who acts: the one value that every access function and service asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NewType

MemberId = NewType("MemberId", str)
DepartmentId = NewType("DepartmentId", str)


class Role(Enum):
    """A post in the work (T4); one member may hold several."""

    COORDINATOR = "coordinator"  # 联席会议办公室协调员: all departments of the office
    APPROVER = "approver"  # 部门分管负责人: approves his own department's part
    LIAISON = "liaison"  # 部门联络员, by his post (F4): writes what his head signs, presses for deadlines
    INSPECTOR = "inspector"  # 执法检查人员: his own visits
    OBSERVER = "observer"  # 监督员: sees the draw, changes nothing but his own seed value
    ADMIN = "admin"  # 系统管理员: settings and the demo clock, no business acts
    OWNER = "owner"  # 被检查对象: its own notices, through the mini-program


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Somebody signed in (or the system itself, or the public)."""

    member_id: MemberId
    department_id: DepartmentId
    roles: frozenset[Role]

    def has(self, *roles: Role) -> bool:
        """Tell whether the actor holds at least one of these roles."""
        return not self.roles.isdisjoint(roles)


PUBLIC = Actor(member_id=MemberId("public"), department_id=DepartmentId(""), roles=frozenset())
SYSTEM = Actor(member_id=MemberId("system"), department_id=DepartmentId(""), roles=frozenset())
