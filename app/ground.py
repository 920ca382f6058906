"""What the house stands on, from the settings: keys, database, files, rules and what services are handed.

Settings -> keys, Database, Blobs, ClockRules -> House     (`app.house` hangs the bot and the doors on it)
"""

from __future__ import annotations

from datetime import time
from pathlib import Path

from app.fonts import FONT_NAME, find_font
from app.settings import Settings
from inspection.clock_rules import ClockRules
from inspection.draw.beacon import Beacon
from inspection.retention import Terms
from inspection.workdays import official_calendar
from models.base import KEYS
from models.blobs import Blobs, LocalBlobs
from models.bucket import BucketBlobs, BucketSettings
from models.database import Database
from models.erasing import BucketEraser, Eraser, LocalEraser
from models.spool import Spool
from services.act import House, Rules
from services.field.photo_lab import PhotoLab

REPOSITORY = Path(__file__).resolve().parents[1]


def load_keys(settings: Settings) -> None:
    """Make the field keys known, before anything is read from the database."""
    KEYS.load({name: bytes.fromhex(key) for name, key in settings.keys.field_keys.items()}, settings.keys.current)


def open_database(settings: Settings) -> Database:
    """Open the database that the settings name; SQLite's folder is made."""
    url = settings.storage.database
    if url.startswith("sqlite"):
        Path(url.split("///", 1)[1]).parent.mkdir(parents=True, exist_ok=True)
    return Database(url)


def open_blobs(settings: Settings) -> Blobs:
    """The store of files that the settings name."""
    return BucketBlobs(_bucket(settings)) if settings.bucket.endpoint else LocalBlobs(settings.storage.files)


def open_eraser(settings: Settings) -> Eraser:
    """What removes files of the same store: for the destroyer alone."""
    return BucketEraser(_bucket(settings)) if settings.bucket.endpoint else LocalEraser(settings.storage.files)


def _bucket(settings: Settings) -> BucketSettings:
    bucket = settings.bucket
    return BucketSettings(
        endpoint=bucket.endpoint,
        bucket=bucket.name,
        prefix=bucket.prefix,
        region=bucket.region,
        access_key=bucket.access_key,
        secret_key=bucket.secret_key,
    )


def build_house(settings: Settings) -> House:
    """What services are handed."""
    font = find_font(
        [Path(settings.storage.font) if settings.storage.font else None, REPOSITORY / "var" / "fonts" / FONT_NAME]
    )
    rules, kept = settings.rules.model_dump(), settings.retention
    return House(
        office_name=settings.office.name,
        lead_code=settings.office.lead_code,
        origin=settings.server.origin,
        blobs=open_blobs(settings),
        spool=Spool(settings.storage.files / "arriving"),
        calendar=official_calendar(),
        rules=Rules(**rules),
        terms=Terms(clean=kept.clean, finding=kept.finding, case=kept.case),
        clock=clock_rules(settings),
        has_sms=bool(settings.sms.url),
        link_key=bytes.fromhex(settings.keys.link_key),
        photo_lab=PhotoLab(font),
        font=font,
        province=bool(settings.province.url),
        timestamps=bool(settings.timestamp.url),
        beacon=_beacon(settings),
    )


def clock_rules(settings: Settings) -> ClockRules:
    """What the settings say of reminding, hours read as times."""
    values = settings.clock.model_dump()
    hours = {name: time.fromisoformat(values[name]) for name in ("digest_at", "quiet_from", "quiet_until")}
    return ClockRules(**{**values, **hours})


def _beacon(settings: Settings) -> Beacon | None:
    said = settings.beacon
    if not said.url:
        return None
    return Beacon(
        name=said.name,
        url=said.url,
        value_at=said.value_at,
        round_at=said.round_at,
        genesis=said.genesis,
        period=said.period,
        after_minutes=said.after_minutes,
        public_key=said.public_key,
    )
