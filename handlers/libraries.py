"""Sub-libraries, confirmations, responsibility, licences and regions over HTTP (B6-B10)."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from handlers.console import OFFICE, READERS, SEES_TASKS, SIGNERS, WRITERS, Body, Empty
from handlers.edge import Call, Routes
from inspection.errors import InvalidInputError
from models.store.libraries import LibraryRule
from services.registers import confirmations, duties, libraries, regions

routes = Routes()


class RuleBody(Body):
    """What a sub-library holds; trade or words is enough, everything else must fit as well."""

    trades: list[str] = Field(default=[], max_length=50)
    keywords: list[str] = Field(default=[], max_length=50)
    regions: list[str] = Field(default=[], max_length=50)
    classes: list[str] = Field(default=[], max_length=4)
    labels: list[str] = Field(default=[], max_length=50)

    def value(self) -> LibraryRule:
        """The rule as services know it."""
        return LibraryRule(
            trades=tuple(self.trades),
            keywords=tuple(self.keywords),
            regions=tuple(self.regions),
            classes=tuple(self.classes),
            labels=tuple(self.labels),
        )


class LibraryBody(Body):
    """A new sub-library."""

    name: str = Field(min_length=1, max_length=128)
    department_id: str = ""
    item_id: str | None = None
    shared: bool = False
    rule: RuleBody


class ChangeBody(Body):
    """Another rule for a sub-library."""

    rule: RuleBody


class MendBody(Body):
    """A target that comes in by hand, or goes."""

    code: str = Field(min_length=1, max_length=18)
    keep: bool


class ConfirmBody(Body):
    """How many targets were looked at."""

    members: int = Field(ge=0)


class WordBody(Body):
    """Which library of one's department is confirmed for which task."""

    task_id: str
    kind: Literal["targets", "inspectors"]


class DutyBody(Body):
    """A rule of responsibility."""

    department_id: str
    principle: Literal["approves", "governs"]
    trades: list[str] = Field(default=[], max_length=50)
    keywords: list[str] = Field(default=[], max_length=50)
    licence: str = Field(default="", max_length=128)
    region: str = Field(default="", max_length=6)
    basis: str = Field(default="", max_length=1000)


class SettleBody(Body):
    """Who answers for a target, decided by the office."""

    code: str = Field(min_length=1, max_length=18)
    department_id: str
    reason: str = Field(min_length=1, max_length=500)


class LicenceBody(Body):
    """A licence written down by hand; without an end it is long-term."""

    code: str = Field(min_length=1, max_length=18)
    name: str = Field(min_length=1, max_length=128)
    number: str = Field(min_length=1, max_length=64)
    issuer: str = Field(default="", max_length=128)
    issued_on: date | None = None
    expires_on: date | None = None


class RegionBody(Body):
    """The office's name for a region."""

    code: str = Field(max_length=6)
    name: str = Field(min_length=1, max_length=64)


@routes.get("/api/console/libraries", roles=READERS)
async def get_libraries(call: Call) -> Any:
    """The sub-libraries that the caller may look at."""
    return {"rows": await libraries.library_rows(call.act)}


@routes.post("/api/console/libraries", roles=WRITERS, body=LibraryBody)
async def post_library(call: Call) -> Any:
    """Make a sub-library and produce it (B6, B7)."""
    body: LibraryBody = call.body
    order = libraries.LibraryOrder(
        name=body.name.strip(),
        rule=body.rule.value(),
        department_id=body.department_id,
        item_id=body.item_id,
        shared=body.shared,
    )
    return _library(await libraries.make_library(call.act, order))


@routes.get("/api/console/libraries/one/{id}", roles=READERS)
async def get_library(call: Call) -> Any:
    """A page of a sub-library's targets."""
    return await libraries.library_page(call.act, call.path["id"], call.query("after"))


@routes.post("/api/console/libraries/one/{id}/rule", roles=WRITERS, body=ChangeBody)
async def post_library_rule(call: Call) -> Any:
    """Give a sub-library another rule; it is to be confirmed again."""
    body: ChangeBody = call.body
    return _library(await libraries.change_library(call.act, call.path["id"], body.rule.value()))


@routes.post("/api/console/libraries/one/{id}/produce", roles=WRITERS, body=Empty)
async def post_produce(call: Call) -> Any:
    """Produce a sub-library anew (B9)."""
    return _library(await libraries.produce(call.act, call.path["id"]))


@routes.post("/api/console/libraries/one/{id}/mend", roles=WRITERS, body=MendBody)
async def post_mend(call: Call) -> Any:
    """Put a target in by hand, or take one out."""
    body: MendBody = call.body
    return _library(await libraries.mend(call.act, call.path["id"], body.code, keep=body.keep))


@routes.post("/api/console/libraries/one/{id}/confirm", roles=SIGNERS, body=ConfirmBody)
async def post_confirm_library(call: Call) -> Any:
    """Confirm a sub-library: from now on it may be drawn from (B7)."""
    body: ConfirmBody = call.body
    return _library(await libraries.confirm(call.act, call.path["id"], body.members))


def _library(row: Any) -> dict[str, Any]:
    return {"id": row.id, "status": row.status, "members": row.members}


@routes.get("/api/console/libraries/confirmations", roles=SEES_TASKS)
async def get_confirmations(call: Call) -> Any:
    """Both libraries of every department of a task: confirmed or not, and what changed (B8)."""
    return await confirmations.states(call.act, call.query("task_id"))


@routes.post("/api/console/libraries/confirmations", roles=SIGNERS, body=WordBody)
async def post_confirmation(call: Call) -> Any:
    """Answer for one library of one's own department, for one task (B8)."""
    body: WordBody = call.body
    row = await confirmations.confirm(call.act, body.task_id, body.kind)
    return {"rows": row.rows, "changed": row.changed, "confirmed_at": row.confirmed_at}


@routes.get("/api/console/libraries/duties", roles=READERS)
async def get_duties(call: Call) -> Any:
    """The rules of responsibility and how many targets have nobody, one, two (B10)."""
    return await duties.overview(call.act)


@routes.post("/api/console/libraries/duties/rules", roles=OFFICE, body=DutyBody)
async def post_duty_rule(call: Call) -> Any:
    """Write a rule of responsibility down."""
    body: DutyBody = call.body
    order = duties.RuleOrder(
        department_id=body.department_id,
        principle=body.principle,
        trades=tuple(body.trades),
        keywords=tuple(body.keywords),
        licence=body.licence,
        region=body.region,
        basis=body.basis,
    )
    return {"id": (await duties.add_rule(call.act, order)).id}


@routes.post("/api/console/libraries/duties/rules/{id}/drop", roles=OFFICE, body=Empty)
async def post_duty_drop(call: Call) -> Any:
    """Take a rule of responsibility away."""
    await duties.drop_rule(call.act, call.path["id"])


@routes.post("/api/console/libraries/duties/run", roles=OFFICE, body=Empty)
async def post_duty_run(call: Call) -> Any:
    """Judge the whole register by the rules."""
    return await duties.run(call.act)


@routes.post("/api/console/libraries/duties/settle", roles=OFFICE, body=SettleBody)
async def post_duty_settle(call: Call) -> Any:
    """Decide who answers for one target."""
    body: SettleBody = call.body
    await duties.settle(call.act, body.code, body.department_id, body.reason.strip())


@routes.get("/api/console/libraries/duties/{what}", roles=READERS)
async def get_duty_report(call: Call) -> Any:
    """A page of the targets that nobody answers for, or two."""
    return await duties.report(call.act, call.path["what"], call.query("after"))


@routes.get("/api/console/libraries/licences", roles=READERS)
async def get_licences(call: Call) -> Any:
    """A target's licences, or those that end by a day."""
    return await duties.licences(call.act, call.query("code"), day_of(call, "until"), call.query("after"))


@routes.post("/api/console/libraries/licences", roles=WRITERS, body=LicenceBody)
async def post_licence(call: Call) -> Any:
    """Write a licence down."""
    body: LicenceBody = call.body
    return {"id": (await duties.add_licence(call.act, duties.NewLicence(**body.model_dump()))).id}


@routes.get("/api/console/libraries/regions", roles=READERS)
async def get_regions(call: Call) -> Any:
    """The region tree as far as there are targets or names (GB/T 2260)."""
    return {"rows": await regions.region_rows(call.act)}


@routes.post("/api/console/libraries/regions", roles=OFFICE, body=RegionBody)
async def post_region(call: Call) -> Any:
    """Name a region."""
    body: RegionBody = call.body
    await regions.name_region(call.act, body.code, body.name.strip())


def day_of(call: Call, name: str) -> date | None:
    """A day of the query string; None where there is none. Raises InvalidInputError."""
    words = call.query(name)
    try:
        return date.fromisoformat(words) if words else None
    except ValueError:
        raise InvalidInputError(what=f"参数 {name}", why="应当写成 2026-03-02 这样的日期。") from None
