"""The corp's address book: departments as a tree, members in them, every change told to whoever listens.

page_office -> add | change | remove -> tell(change_contact ...) ; message/send -> resolve(receivers) -> who gets it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bot.sandbox.errors import RefusedError
from inspection.errors import ConflictError, InvalidInputError, NotFoundError

ROOT = 1
NO_SUCH_USER = 60111
NO_SUCH_DEPARTMENT = 60003
EVERYBODY = "@all"


@dataclass(frozen=True, kw_only=True, slots=True)
class Department:
    """One department; the root has id 1 and parent 0."""

    id: int
    name: str
    parentid: int = ROOT
    order: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One member, seen by the app. `licensed`: has a licence for the base interfaces."""

    userid: str
    name: str
    department: tuple[int, ...] = (ROOT,)
    position: str = ""
    licensed: bool = True

    def shown(self) -> dict[str, object]:
        """Show it as user/get does (mobile numbers are no longer shown to own apps since 2022)."""
        return {
            "userid": self.userid,
            "name": self.name,
            "department": list(self.department),
            "main_department": self.department[0],
            "position": self.position,
            "status": 1,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Receivers:
    """Whom a send reaches, and whom not, ids lower-cased as WeCom answers them."""

    members: tuple[Member, ...]
    invalid_users: tuple[str, ...]
    invalid_parties: tuple[str, ...]
    invalid_tags: tuple[str, ...]
    unlicensed: tuple[str, ...]


class Contacts:
    """Members by lower-cased userid: WeCom does not tell ZhangSan from zhangsan."""

    def __init__(self, corp_name: str, tell: Callable[..., None]) -> None:
        self._tell = tell
        self._members: dict[str, Member] = {}
        self._departments = {ROOT: Department(id=ROOT, name=corp_name, parentid=0)}

    def find(self, userid: str) -> Member | None:
        """Return a member, whatever the case of the id."""
        return self._members.get(userid.lower())

    def get(self, userid: str) -> Member:
        """Return a member or refuse with 60111, as user/get does."""
        member = self.find(userid)
        if member is None:
            raise RefusedError(NO_SUCH_USER, "userid not found")
        return member

    def members(self, department: int | None = None, *, deep: bool = False) -> list[Member]:
        """List members: all, or those of a department, with its sub-departments if `deep`."""
        if department is None:
            return list(self._members.values())
        if department not in self._departments:
            raise RefusedError(NO_SUCH_DEPARTMENT, "department not found")
        wanted = {row.id for row in self.departments(department)} if deep else {department}
        return [member for member in self._members.values() if not wanted.isdisjoint(member.department)]

    def departments(self, top: int = ROOT) -> list[Department]:
        """List a department and all below it, parents first."""
        if top not in self._departments:
            raise RefusedError(NO_SUCH_DEPARTMENT, "department not found")
        found = [self._departments[top]]
        for parent in found:
            found.extend(row for row in self._departments.values() if row.parentid == parent.id)
        return found

    def add(self, member: Member, *, quiet: bool = False) -> None:
        """Take in a new member and push create_user and subscribe (`quiet`: push nothing, for seeding)."""
        if self.find(member.userid) is not None:
            raise ConflictError(what="成员", why="这个账号已经存在")
        self._check(member)
        self._members[member.userid.lower()] = member
        if not quiet:
            self._tell("create_user", member)

    def change(self, userid: str, changes: dict[str, object]) -> Member:
        """Change a member's name, department, position or licence and push update_user."""
        old = self._existing(userid)
        member = replace(old, **changes)  # type: ignore[arg-type]  # the page's door checked names and types
        self._check(member)
        self._members[userid.lower()] = member
        self._tell("update_user", member)
        return member

    def remove(self, userid: str) -> None:
        """Let a member go and push delete_user."""
        member = self._existing(userid)
        del self._members[userid.lower()]
        self._tell("delete_user", member)

    def add_department(self, department: Department, *, quiet: bool = False) -> None:
        """Take in a department and push create_party."""
        if department.id in self._departments:
            raise ConflictError(what="部门", why="这个编号已经存在")
        if department.parentid not in self._departments:
            raise InvalidInputError(what="上级部门", why="不存在")
        self._departments[department.id] = department
        if not quiet:
            self._tell("create_party", department)

    def remove_department(self, department_id: int) -> None:
        """Close a department that is empty and push delete_party."""
        department = self._departments.get(department_id)
        if department is None:
            raise NotFoundError(what="部门")
        if department_id == ROOT or len(self.departments(department_id)) > 1 or self.members(department_id):
            raise ConflictError(what="部门", why="还有成员或下级部门")
        del self._departments[department_id]
        self._tell("delete_party", department)

    def resolve(self, users: list[str], parties: list[str], tags: list[str]) -> Receivers:
        """Find out who a message goes to; nobody twice. Tags are not kept, so every tag is invalid."""
        found: dict[str, Member] = {}
        bad_users, bad_parties, unlicensed = [], [], []
        for name in users:
            member = self.find(name)
            if name == EVERYBODY:
                found.update(_by_id(self._members.values()))
            elif member is None:
                bad_users.append(name.lower())
            else:
                found[member.userid] = member
        for party in parties:
            if party.isdecimal() and int(party) in self._departments:
                found.update(_by_id(self.members(int(party), deep=True)))
            else:
                bad_parties.append(party)
        unlicensed = [member.userid.lower() for member in found.values() if not member.licensed]
        return Receivers(
            members=tuple(member for member in found.values() if member.licensed),
            invalid_users=tuple(dict.fromkeys(bad_users)),
            invalid_parties=tuple(bad_parties),
            invalid_tags=tuple(tags),
            unlicensed=tuple(unlicensed),
        )

    def _existing(self, userid: str) -> Member:
        member = self.find(userid)
        if member is None:
            raise NotFoundError(what="成员")
        return member

    def _check(self, member: Member) -> None:
        if not member.userid or "|" in member.userid or not member.name:
            raise InvalidInputError(what="成员", why="账号和姓名不能为空，账号不能含有“|”")
        if not member.department or not self._departments.keys() >= set(member.department):
            raise InvalidInputError(what="成员", why="部门不存在")


def _by_id(members: Iterable[Member]) -> dict[str, Member]:
    return {member.userid: member for member in members}
