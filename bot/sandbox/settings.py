"""What a sandbox is told at its start: both sides' names and shared secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

PAGE_DIR = Path(__file__).resolve().parents[2] / "web" / "dist"

PROVINCE_SECRET = "made-up-province-secret"  # noqa: S105 of the sandbox, protects nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class SandboxSettings:
    """One corp with one app, and one mini-program. The secrets are made up and protect nothing."""

    corp_id: str
    secret: str = field(repr=False)
    agent_id: int
    token: str = field(repr=False)  # callback token, <= 32 letters and digits
    encoding_aes_key: str = field(repr=False)  # 43 characters, as WeCom's console shows it
    callback_url: str  # where pushes go; empty: nothing is pushed
    trusted_origin: str  # the only origin that OAuth sends people back to, e.g. http://127.0.0.1:8080
    mini_appid: str
    mini_secret: str = field(repr=False)
    province_secret: str = field(default=PROVINCE_SECRET, repr=False)
    sms_secret: str = field(default="made-up-sms-secret", repr=False)
    callback_timeout: float = 5.0  # seconds the receiver has for each try (WeCom 90930)
    page_dir: Path = PAGE_DIR
