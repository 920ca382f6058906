"""Settings: one frozen object that mirrors config.example.toml, read once at start and handed down.

config.toml (or SUICHA_CONFIG) -> tomllib -> Settings, SUICHA__SECTION__KEY from the environment wins over the file
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from inspection.clock_rules import DEFAULT_DAYS, DEFAULT_LADDERS, DEFAULT_STEPS
from inspection.deadlines import DeadlineKind
from inspection.draw.drand import KEY_PATTERN
from inspection.errors import SuichaError
from inspection.ladders import parse_ladder
from inspection.retention import CLASSES

HexKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$")]
Factor = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)?$")]
Share = Annotated[str, StringConstraints(pattern=r"^(0(\.\d+)?|1(\.0+)?)$")]
MonthDay = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
HourMinute = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Class = Literal["years-10", "years-30", "permanent"]
StepDays = Annotated[int, Field(ge=1, le=60)]
WithinDays = Annotated[int, Field(ge=1, le=250)]
ENV_PREFIX = "SUICHA__"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Office(_Section):
    """The joint-inspection office that this installation serves."""

    name: str = "演示区双随机联席会议办公室"
    lead_code: str = Field(default="JB", pattern=r"^[A-Z0-9]{1,8}$")


class Server(_Section):
    """Where the server listens and what its address is to phones."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    origin: Url = "http://127.0.0.1:8080"
    max_upload_mb: int = Field(default=64, ge=1, le=1024)


class Storage(_Section):
    """Database and files."""

    database: str = Field(
        default="sqlite+aiosqlite:///var/suicha.db", pattern=r"^(sqlite\+aiosqlite|postgresql\+psycopg)://"
    )
    files: Path = Path("var/files")
    font: str = ""


class Bucket(_Section):
    """An S3-compatible bucket for the files, where one machine is not enough; an empty endpoint leaves it off."""

    endpoint: str = Field(default="", pattern=r"^(https?://[^/]+)?$")
    name: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$")
    prefix: str = Field(default="", pattern=r"^([0-9A-Za-z._-]+/?)*$")
    region: str = "us-east-1"
    access_key: str = ""
    secret_key: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Bucket:
        if self.endpoint and not (self.name and self.access_key and self.secret_key):
            raise ValueError("填写 endpoint 后，name、access_key、secret_key 都必须填写")
        return self


class Keys(_Section):
    """Secrets of this installation: 32 bytes each, as 64 hex digits."""

    field_keys: dict[Annotated[str, StringConstraints(pattern=r"^[0-9a-zA-Z]$")], HexKey]
    current: str = Field(default="1", pattern=r"^[0-9a-zA-Z]$")
    link_key: HexKey


class WeCom(_Section):
    """The office's own WeCom app."""

    api_base: Url = "https://qyapi.weixin.qq.com"
    oauth_base: Url = "https://open.weixin.qq.com"
    corp_id: str
    secret: str
    agent_id: int
    token: str = Field(pattern=r"^[0-9A-Za-z]{1,32}$")
    encoding_aes_key: str = Field(pattern=r"^[0-9A-Za-z]{43}$")
    timeout_s: float = Field(default=10.0, gt=0, le=15)
    accounts: int = Field(default=1000, ge=1)


class Sms(_Section):
    """The SMS gateway; an empty url leaves this channel off."""

    url: str = Field(default="", pattern=r"^(https?://.+)?$")
    secret: str = ""
    sign: str = Field(default="", max_length=20)
    timeout_s: float = Field(default=8.0, gt=0, le=15)


class Province(_Section):
    """The provincial platform (docs/exchange.md); an empty url leaves it off."""

    url: str = Field(default="", pattern=r"^(https?://.+[^/])?$")
    secret: str = ""
    timeout_s: float = Field(default=10.0, gt=0, le=60)


class Timestamp(_Section):
    """The timestamp authority of announcements (RFC 3161); an empty url leaves it off."""

    url: str = Field(default="", pattern=r"^(https?://.+)?$")
    roots: str = ""
    timeout_s: float = Field(default=10.0, gt=0, le=60)


class BeaconSection(_Section):
    """The public source of randomness that is fetched by itself, such as drand; an empty url leaves it off."""

    name: str = Field(default="drand", min_length=1, max_length=64, pattern=r"^[^=\s\x00-\x1f]+$")
    url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    value_at: str = Field(default="randomness", min_length=1)
    round_at: str = "round"
    genesis: int = Field(default=1692803367, ge=0)
    period: int = Field(default=3, ge=1, le=86_400)
    public_key: str = Field(default="", pattern=f"^({KEY_PATTERN})?$")
    after_minutes: int = Field(default=15, ge=1, le=1440)
    timeout_s: float = Field(default=8.0, gt=0, le=60)


class WeChat(_Section):
    """The mini-program for owners; an empty appid leaves this channel off."""

    api_base: Url = "https://api.weixin.qq.com"
    appid: str = ""
    secret: str = ""
    template_visit: str = ""


class RulesSection(_Section):
    """The office's choices where the notices differ; ids as in the requirements."""

    publish_within_days: int = Field(default=20, ge=1, le=60)
    publish_counts_from: Literal["visit-ended", "result-confirmed", "task-finished"] = "visit-ended"
    accept_within_days: int = Field(default=2, ge=1, le=30)
    confirm_within_days: int = Field(default=5, ge=1, le=30)
    approve_within_days: int = Field(default=10, ge=1, le=30)
    yearly_visit_limit: int = Field(default=2, ge=1, le=99)
    small_pool: int = Field(default=10, ge=0)
    small_pool_at_least: int = Field(default=2, ge=0)
    confirm_libraries: bool = True
    general_ratio_cap: Share = "0.2"
    general_frequency_cap: int = Field(default=2, ge=0, le=99)
    key_items_share_cap: Share = "0.5"
    key_items_over: Literal["warn", "refuse"] = "warn"
    list_review_by: str = Field(default="", max_length=64)
    file_list_within_days: int = Field(default=10, ge=1, le=60)
    annual_plan_filed_by: MonthDay = "01-31"
    joint_plan_made_by: MonthDay = "12-31"
    joint_plan_filed_by: MonthDay = "01-31"
    special_plan_months_ahead: int = Field(default=1, ge=0, le=12)
    plan_adjustment_filed_within_days: int = Field(default=10, ge=1, le=60)
    plan_must_be_approved: bool = True
    special_plan_initiators: tuple[str, ...] = ("市场监管", "生态环境", "交通运输", "农业农村", "文化和旅游")
    rotation: bool = True
    replacement: Literal["next-in-order", "chosen"] = "next-in-order"
    proofs: bool = True
    drawn_list_public: Literal["by-task", "window-end"] = "by-task"
    notice_documents: tuple[str, ...] = ("营业执照", "相关许可证件", "与检查事项有关的台账和记录")
    unbound_notice_hours: int = Field(default=24, ge=0, le=720)
    ratings_at_least: int = Field(default=5, ge=2, le=1000)
    team_chats: bool = False
    approval_levels: tuple[str, ...] = Field(default=("",), min_length=1, max_length=5)
    area_code: str = Field(default="379999", pattern=r"^[0-9]{6}$")
    correction_signed_by: tuple[str, ...] = ("主要负责人",)
    class_ratio_factor: dict[Literal["A", "B", "C", "D"], Factor] = {"A": "0.5", "B": "1", "C": "2", "D": "4"}


class Retention(_Section):
    """How long which papers are kept: the classes of 国家档案局令第8号, by the office's own 保管期限表."""

    clean: Class = "years-10"
    finding: Class = "years-30"
    case: Class = "permanent"

    @model_validator(mode="after")
    def _the_graver_the_longer(self) -> Retention:
        order = [list(CLASSES).index(one) for one in (self.clean, self.finding, self.case)]
        if order != sorted(order):
            raise ValueError("问题越重保管越久：clean 不长于 finding，finding 不长于 case")
        return self


class ClockSection(_Section):
    """When and by which steps people are reminded; kinds as in `inspection.deadlines.DeadlineKind`."""

    digest_at: HourMinute = "08:30"
    quiet_from: HourMinute = "20:00"
    quiet_until: HourMinute = "08:00"
    overdue_days: int = Field(default=30, ge=0, le=365)
    liaison_post: str = "联络员"
    visits_a_week: int = Field(default=3, ge=1, le=50)
    days: dict[str, WithinDays] = dict(DEFAULT_DAYS)
    steps: dict[str, tuple[StepDays, ...]] = dict(DEFAULT_STEPS)
    ladders: dict[str, tuple[str, ...]] = dict(DEFAULT_LADDERS)

    @field_validator("days", "steps", "ladders")
    @classmethod
    def _kinds_are_known(cls, value: dict[str, Any]) -> dict[str, Any]:
        unknown = value.keys() - {kind.value for kind in DeadlineKind}
        if unknown:
            raise ValueError(f"没有这种期限：{'、'.join(sorted(unknown))}")
        return value

    @field_validator("ladders")
    @classmethod
    def _ladders_can_be_read(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for kind, words in value.items():
            try:
                parse_ladder(words)
            except ValueError as error:
                raise ValueError(f"{kind} 的催办阶梯应当写成 inspector、leader、liaison@0、office@+1 这样") from error
        return value


class Demo(_Section):
    """The demo office: a sandbox beside the server and a clock that may be moved. Never in real use."""

    enabled: bool = False
    sandbox_port: int = Field(default=8081, ge=0, le=65535)
    folder: Path = Path("var/demo")


class Settings(_Section):
    """Everything that config.example.toml names."""

    office: Office = Office()
    server: Server = Server()
    storage: Storage = Storage()
    bucket: Bucket = Bucket()
    keys: Keys
    wecom: WeCom
    wechat: WeChat = WeChat()
    sms: Sms = Sms()
    province: Province = Province()
    timestamp: Timestamp = Timestamp()
    beacon: BeaconSection = BeaconSection()
    rules: RulesSection = RulesSection()
    retention: Retention = Retention()
    clock: ClockSection = ClockSection()
    demo: Demo = Demo()


class ConfigError(SuichaError):
    """配置文件 {file} 有误：{mistakes}"""

    code = "config"
    action = "请对照 config.example.toml 修改后再启动，数据没有变化。"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """One mistake in the file: where (line from 1, 0 if a key is missing altogether), which key, why."""

    line: int
    key: str
    reason: str

    def __str__(self) -> str:
        """第 n 行 section.key：reason."""
        where = f"第 {self.line} 行 " if self.line else ""
        return f"{where}{self.key}：{self.reason}"


def load_settings(path: Path, environ: dict[str, str] | None = None) -> Settings:
    """Read and check the file; ConfigError names every mistake with its line."""
    text = path.read_text("utf-8") if path.exists() else ""
    settings, mistakes = check_settings(text, dict(os.environ) if environ is None else environ)
    if settings is None:
        raise ConfigError(file=path.name, mistakes="；".join(map(str, mistakes)))
    return settings


def check_settings(text: str, environ: dict[str, str]) -> tuple[Settings | None, list[Mistake]]:
    """Check a configuration's text; returns the settings, or every mistake with its line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        return None, [Mistake(line=int(line.group(1)) if line else 0, key="TOML", reason=f"语法错误（{error}）")]
    try:
        return Settings.model_validate(_with_environment(data, environ)), []
    except ValidationError as error:
        return None, [_mistake(text, item) for item in error.errors()]


def _with_environment(data: dict[str, Any], environ: dict[str, str]) -> dict[str, Any]:
    merged = {section: dict(values) for section, values in data.items() if isinstance(values, dict)}
    merged |= {key: value for key, value in data.items() if not isinstance(value, dict)}
    for name, value in environ.items():
        section, _, key = name.removeprefix(ENV_PREFIX).lower().partition("__")
        if name.startswith(ENV_PREFIX) and key:
            merged.setdefault(section, {})[key] = value
    return merged


REASONS = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这个配置项，可能拼写有误",
    "int_parsing": "应当是整数",
    "int_type": "应当是整数",
    "float_parsing": "应当是数字",
    "bool_parsing": "应当是 true 或 false",
    "string_type": "应当是文字（加引号）",
}


def _mistake(text: str, error: Any) -> Mistake:
    path = [str(part) for part in error["loc"]]
    reason = REASONS.get(error["type"], f"不符合要求（{error['msg']}）")
    return Mistake(line=_line_of(text, path), key=".".join(path), reason=reason)


def _line_of(text: str, path: list[str]) -> int:
    """Find the line of a key by reading the file as a person does: its section's header first, then the key.

    Of a key inside a table of one line, that line.
    """
    section, found = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[([^\]]+)\]", line)
        if header:
            section = header.group(1).strip()
            found = number if section == path[0] else found
        key = re.match(r"\s*([\w\"-]+)\s*=", line)
        here = [*section.split("."), key.group(1).strip('"')] if key else []
        if here and here == path[: len(here)]:
            return number
    return found
