"""Sign-in through WeCom's OAuth, and for owners through the mini-program (ASVS 7, 10; wecom.md 2.6).

begin -> state kept, bound to the browser -> WeCom -> finish: state used up, userid known -> session
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspection.actors import Actor, DepartmentId, MemberId, Role
from inspection.errors import ForbiddenError, InvalidInputError
from models.people import Grant, Member, OauthState, Owner, SignIn
from services.act import Act

STATE_LIFE = timedelta(minutes=10)
SESSION_LIFE = timedelta(hours=12)
TOKEN_BYTES = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """A sign-in under way: `state` goes to WeCom, `browser` into a cookie of the browser that began it."""

    state: str
    browser: str


def hashed(token: str) -> str:
    """SHA-256 of a token: what the database keeps of it."""
    return hashlib.sha256(token.encode()).hexdigest()


async def begin(act: Act, next_path: str) -> Started:
    """Keep a single-use state for a browser; `next_path` must be a path of ours."""
    # A browser drops tabs and line breaks and takes "\\" for "/": what is left must not begin with "//".
    if not next_path.startswith("/") or next_path.startswith("//") or "\\" in next_path or not next_path.isprintable():
        raise InvalidInputError(what="登录后的页面", why="不是本站的页面。")
    started = Started(state=secrets.token_hex(TOKEN_BYTES), browser=secrets.token_hex(TOKEN_BYTES))
    act.db.add(
        OauthState(
            state_hash=hashed(started.state),
            browser_hash=hashed(started.browser),
            next_path=next_path[:512],
            expires_at=act.now + STATE_LIFE,
        )
    )
    return started


async def use_state(act: Act, state: str, browser: str) -> str:
    """Use the state up and return the page to go to; of 64 who try at once, one gets it."""
    row = (
        await act.db.execute(
            delete(OauthState)
            .where(OauthState.state_hash == hashed(state))
            .returning(OauthState.browser_hash, OauthState.next_path, OauthState.expires_at)
        )
    ).one_or_none()
    same = row is not None and hmac.compare_digest(row.browser_hash, hashed(browser))
    if row is None or not same or row.expires_at < act.now:
        raise InvalidInputError(what="登录", why="登录请求已失效或不是由本浏览器发起。")
    return str(row.next_path)


async def sign_in_member(act: Act, userid: str) -> str:
    """Open a session for the member with this WeCom userid; returns the token. Unknown or left: ForbiddenError."""
    member = await member_actor(act.db, Member.userid == userid.lower())
    if member is None:
        raise ForbiddenError
    # On record as the member's own act, though nobody was signed in when it began (L2).
    replace(act, actor=member).record("sign-in", f"member:{member.member_id}")
    return _open_session(act, member_id=member.member_id)


async def sign_in_owner(act: Act, openid: str) -> tuple[str, str]:
    """Open a session for the owner behind this openid (made known at the first time); returns (owner id, token)."""
    key = hmac.new(act.house.link_key, openid.encode(), hashlib.sha256).hexdigest()
    owner = await act.db.scalar(select(Owner).where(Owner.openid_hash == key))
    if owner is None:
        owner = Owner(openid_hash=key, openid=openid)
        act.db.add(owner)
        await act.db.flush()
    return owner.id, _open_session(act, owner_id=owner.id)


async def sign_out(act: Act, token: str) -> None:
    """Close the session of this token."""
    await act.db.execute(delete(SignIn).where(SignIn.token_hash == hashed(token)))


async def actor_of(db: AsyncSession, token: str, now: datetime, liaison_post: str = "") -> Actor | None:
    """Who holds this token; None for nobody, an expired session, or a member who has left.

    `liaison_post`: the post by which the office knows its departments' liaisons (F4).
    """
    if not token:
        return None
    session = await db.get(SignIn, hashed(token))
    if session is None or session.expires_at < now:
        return None
    if session.owner_id is not None:
        owner = MemberId(session.owner_id)
        return Actor(member_id=owner, department_id=DepartmentId(""), roles=frozenset({Role.OWNER}))
    return await member_actor(db, Member.id == session.member_id, liaison_post)


async def member_actor(db: AsyncSession, condition: object, liaison_post: str = "") -> Actor | None:
    """The active member that the condition finds, with his roles as of now: a role taken away is gone at once."""
    rows = (
        await db.execute(
            select(Member.id, Member.department_id, Member.post, Grant.role)
            .outerjoin(Grant, Grant.member_id == Member.id)
            .where(condition, Member.active)  # type: ignore[arg-type]
        )
    ).all()
    if not rows:
        return None
    by_post = {Role.LIAISON} if liaison_post and rows[0].post == liaison_post else set()
    return Actor(
        member_id=MemberId(rows[0].id),
        department_id=DepartmentId(rows[0].department_id),
        roles=frozenset(by_post | {Role(row.role) for row in rows if row.role}),
    )


def _open_session(act: Act, *, member_id: str | None = None, owner_id: str | None = None) -> str:
    token = secrets.token_hex(TOKEN_BYTES)
    act.db.add(
        SignIn(token_hash=hashed(token), member_id=member_id, owner_id=owner_id, expires_at=act.now + SESSION_LIFE)
    )
    return token
