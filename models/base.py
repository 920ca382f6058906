"""What every table shares: naming, ids, and the three column types of our own.

datetime (aware) -> UtcDateTime -> stored as UTC     -> read back aware, on SQLite too
personal data    -> Encrypted   -> AES-256-GCM bytes -> read back as text
value            -> Json        -> text              -> read back as the value
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import JSON, DateTime, LargeBinary, MetaData
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
NONCE_BYTES = 12


class Base(DeclarativeBase):
    """All tables; `Base.metadata` is what the migrations are held against."""

    metadata = MetaData(naming_convention=NAMING)


def here_only(dialect: str) -> Callable[..., bool]:
    """Give alembic's `include_object`: what one database alone has (`info={"only": ...}`) is not missed in another."""

    def belongs(item: Any, *_: object) -> bool:
        return bool(item.info.get("only", dialect) == dialect)

    return belongs


def new_id() -> str:
    """Return 32 hex digits: 48 bits of milliseconds, so that rows made together lie together, then 80 random bits."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"


def new_ids(count: int) -> list[str]:
    """Return so many ids that sort in the order given: behind the milliseconds stands the place of each."""
    now = time.time_ns() // 1_000_000
    return [f"{now:012x}{place:08x}{os.urandom(6).hex()}" for place in range(count)]


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time; SQLite would hand back a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 SQLAlchemy's signature
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time never reaches the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class FieldKeys:
    """The keys that personal data is encrypted under: one writes, all read, so that a key can be changed in steps."""

    def __init__(self) -> None:
        self._ciphers: dict[bytes, AESGCM] = {}
        self._current = b""

    def load(self, keys: dict[str, bytes], current: str) -> None:
        """Take the keys (32 bytes each, by a one-character id); `current` is the one that writes."""
        self._ciphers = {name.encode("ascii"): AESGCM(key) for name, key in keys.items()}
        self._current = current.encode("ascii")

    def seal(self, text: str, place: bytes) -> bytes:
        """Encrypt; `place` (table and column) binds the value to where it stands."""
        nonce = os.urandom(NONCE_BYTES)
        return self._current + nonce + self._ciphers[self._current].encrypt(nonce, text.encode(), place)

    def unseal(self, data: bytes, place: bytes) -> str:
        """Decrypt; raises `cryptography.exceptions.InvalidTag` for a value that was altered or moved."""
        return self._ciphers[data[:1]].decrypt(data[1 : 1 + NONCE_BYTES], data[1 + NONCE_BYTES :], place).decode()


KEYS = FieldKeys()


class Encrypted(TypeDecorator[str]):
    """Personal data (个人信息保护法; M1): names of natural persons, phone numbers, certificate numbers, openids."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        """`place` is "table.column", authenticated with every value."""
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002 SQLAlchemy's signature
        return None if value is None else KEYS.seal(value, self.place.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002 SQLAlchemy's signature
        return None if value is None else KEYS.unseal(bytes(value), self.place.encode())


type_map: dict[Any, Any] = {
    datetime: UtcDateTime(),
    dict[str, Any]: JSON(),
    list[str]: JSON(),
    list[dict[str, Any]]: JSON(),
    bytes: LargeBinary(),
}
Base.registry.update_type_annotation_map(type_map)
