"""The clock's doors: the daily board, pauses and snoozes, the office's days, bulletin, forecast, calendar links."""

from __future__ import annotations

from datetime import date
from typing import Any

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from handlers.console import SEES_TASKS
from handlers.edge import Call, Routes, roles
from handlers.public import HEADERS, PAGES
from inspection.actors import Role
from inspection.deadlines import PauseReason
from inspection.errors import InvalidInputError
from inspection.workdays import local_date
from services.clock import appointments, boards, bulletins, calendars, feeds, forecast, nudges, pauses

DESK = roles(Role.COORDINATOR, Role.APPROVER, Role.LIAISON, Role.ADMIN)
OFFICE = roles(Role.COORDINATOR, Role.ADMIN)
STOPS = roles(Role.COORDINATOR, Role.APPROVER)
PRESSES = roles(Role.COORDINATOR, Role.APPROVER, Role.LIAISON)
LINKED = roles(Role.COORDINATOR, Role.APPROVER, Role.LIAISON, Role.INSPECTOR, Role.ADMIN)
INSPECTOR = roles(Role.INSPECTOR)
ICS = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
routes = Routes()


class Body(BaseModel):
    """A request's body; an unknown field is a mistake of the caller's and is said."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Body):
    """No fields."""


class PauseBody(Body):
    """Why a deadline is to stand still."""

    reason: PauseReason
    note: str = Field(max_length=1000)
    basis: str = Field(max_length=400)


class AppointmentBody(Body):
    """A time agreed upon with the owner, and what he is to have ready."""

    starts_at: AwareDatetime
    note: str = Field(default="", max_length=400)


class DayBody(Body):
    """Whether the office works on a day; null takes the office's word back."""

    day: date
    working: bool | None
    reason: str = Field(max_length=256)


class YearBody(Body):
    """Whether a year's days are entered in full."""

    year: int = Field(ge=2000, le=2200)
    known: bool


class LinkBody(Body):
    """Whose calendar: one's own or the whole department's."""

    department: bool = False


@routes.get("/api/console/clock/board", roles=DESK)
async def get_board(call: Call) -> Any:
    """The daily board."""
    return await boards.board(call.act)


@routes.get("/api/console/clock/kinds", roles=DESK)
async def get_kinds(call: Call) -> Any:
    """Every kind of deadline with its steps and ladder."""
    return {"rows": boards.kinds(call.act)}


@routes.post("/api/console/clock/set-right", roles=OFFICE, body=Nothing)
async def post_set_right(call: Call) -> Any:
    """Say that a clock that had run ahead is right now."""
    await boards.set_right(call.act)
    return await boards.health(call.act)


@routes.post("/api/console/clock/deadlines/{id}/pause", roles=STOPS, body=PauseBody)
async def post_pause(call: Call) -> Any:
    """Let a deadline stand still."""
    body: PauseBody = call.body
    made = await pauses.pause(call.act, call.path["id"], body.reason, body.note, body.basis)
    return {"began_on": made.began_on, "days_left": made.days_left}


@routes.post("/api/console/clock/deadlines/{id}/resume", roles=STOPS, body=Nothing)
async def post_resume(call: Call) -> Any:
    """Let a deadline go on."""
    return {"due_on": await pauses.resume(call.act, call.path["id"])}


@routes.post("/api/console/clock/deadlines/{id}/nudge", roles=PRESSES, body=Nothing)
async def post_nudge(call: Call) -> Any:
    """Press whoever has to do it."""
    return {"told": await nudges.nudge(call.act, call.path["id"])}


@routes.get("/api/phone/visits/{id}/appointment", roles=INSPECTOR)
async def get_appointment(call: Call) -> Any:
    """The agreed time of one of the caller's visits."""
    return await appointments.shown(call.act, call.path["id"])


@routes.post("/api/phone/visits/{id}/appointment", roles=INSPECTOR, body=AppointmentBody)
async def post_appointment(call: Call) -> Any:
    """Fix or move the time, as the leader."""
    body: AppointmentBody = call.body
    return await appointments.fix(call.act, call.path["id"], body.starts_at, body.note)


@routes.post("/api/phone/visits/{id}/appointment/cancel", roles=INSPECTOR, body=Nothing)
async def post_appointment_cancel(call: Call) -> Any:
    """Take the agreed time back, as the leader."""
    return await appointments.cancel(call.act, call.path["id"])


@routes.get("/api/phone/visits/{id}/appointment.ics", roles=INSPECTOR)
async def get_invitation(call: Call) -> web.Response:
    """The agreed time as an invitation."""
    data = await appointments.invitation(call.act, call.path["id"])
    return web.Response(body=data, content_type="text/calendar", charset="utf-8", headers=ICS)


@routes.post("/api/clock/deadlines/{id}/snooze", roles="signed-in", body=Nothing)
async def post_snooze(call: Call) -> Any:
    """Put off one's own reminders until the next working morning."""
    return {"until": await pauses.snooze(call.act, call.path["id"])}


@routes.get("/api/console/clock/calendar", roles=DESK)
async def get_calendar(call: Call) -> Any:
    """The office's own days."""
    return await calendars.shown(call.act)


@routes.post("/api/console/clock/calendar/days", roles=OFFICE, body=DayBody)
async def post_day(call: Call) -> Any:
    """Say that the office works or rests on a day."""
    body: DayBody = call.body
    await calendars.set_day(call.act, body.day, working=body.working, reason=body.reason)
    return await calendars.shown(call.act)


@routes.post("/api/console/clock/calendar/years", roles=OFFICE, body=YearBody)
async def post_year(call: Call) -> Any:
    """Say that a year's days are entered in full."""
    body: YearBody = call.body
    await calendars.announce_year(call.act, body.year, known=body.known)
    return await calendars.shown(call.act)


@routes.get("/api/console/clock/bulletin", roles=DESK)
async def get_bulletin(call: Call) -> Any:
    """The weekly bulletin of the week that `day` lies in."""
    return await bulletins.bulletin(call.act, _day(call))


@routes.get("/print/bulletin", roles=DESK)
async def get_printed_bulletin(call: Call) -> web.Response:
    """The weekly bulletin as a page to be printed and stamped."""
    values = await bulletins.bulletin(call.act, _day(call))
    values |= {"office": call.edge.house.office_name, "today": local_date(call.act.now)}
    text = PAGES.get_template("bulletin.html").render(values)
    return web.Response(text=text, content_type="text/html", headers=HEADERS)


@routes.get("/api/console/clock/forecast", roles=DESK)
async def get_forecast(call: Call) -> Any:
    """The plan's year ahead: entries, load by department and week, weeks that will break."""
    year = call.number("year", local_date(call.act.now).year, at_least=2000, at_most=2200)
    return await forecast.forecast(call.act, year)


@routes.get("/api/console/clock/tasks/{id}/load", roles=SEES_TASKS)
async def get_task_load(call: Call) -> Any:
    """The weeks of a task before its draw, with the plan's other visits in them."""
    return await forecast.around_task(
        call.act, call.path["id"], call.number("visits", 0, at_least=0, at_most=10_000_000)
    )


@routes.get("/api/clock/links", roles=LINKED)
async def get_links(call: Call) -> Any:
    """Which calendar links there are."""
    return await feeds.links(call.act)


@routes.post("/api/clock/links", roles=LINKED, body=LinkBody)
async def post_link(call: Call) -> Any:
    """Make a calendar link; it is shown this once."""
    return {"url": await feeds.make_link(call.act, whole_department=call.body.department)}


@routes.post("/api/clock/links/revoke", roles=LINKED, body=LinkBody)
async def post_revoke(call: Call) -> Any:
    """End a calendar link."""
    return {"revoked": await feeds.revoke_link(call.act, whole_department=call.body.department)}


@routes.get("/public/calendars/{token}", roles="public")
async def get_feed(call: Call) -> web.Response:
    """The calendar of a private link."""
    data = await feeds.feed(call.act, call.path["token"])
    return web.Response(body=data, content_type="text/calendar", charset="utf-8", headers=ICS)


def _day(call: Call) -> date:
    try:
        return date.fromisoformat(call.query("day") or local_date(call.act.now).isoformat())
    except ValueError:
        raise InvalidInputError(what="参数 day", why="应当是 2026-03-02 这样的日期。") from None
