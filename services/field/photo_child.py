"""The child process that meets hostile bytes: reads a request, develops, answers, and again.

stdin: length + JSON header + original -> limits set anew -> `develop` | `check_signature_png` -> stdout: the same shape

JSON and plain bytes both ways, never pickle: a child that a crafted photo has taken over must not be able to run code
in the server by its answer. It has no secrets in its environment, can write no file and start no process.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from inspection.errors import SuichaError
from services.field.photos import Photo, PhotoLimits, Signature, Stamp, check_signature_png, develop

_LENGTHS = struct.Struct(">II")  # header bytes, body bytes
_MAX_HEADER, _MAX_BODY = 1 << 16, 1 << 26
_NICE = 5


def write_frame(stream: IO[bytes], header: dict[str, Any], body: bytes) -> None:
    """Write one message; OSError where the other side is gone."""
    head = json.dumps(header).encode()
    stream.write(_LENGTHS.pack(len(head), len(body)) + head)
    stream.write(body)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """Read one message; EOFError where the other side has ended, ValueError for what is no message."""
    head, body = _LENGTHS.unpack(_read(stream, _LENGTHS.size))
    if head > _MAX_HEADER or body > _MAX_BODY:
        raise ValueError("too long to be one of ours")
    header = json.loads(_read(stream, head))
    if not isinstance(header, dict):
        raise ValueError("a header is a JSON object")  # noqa: TRY004 - wrong bytes, not a wrong call
    return header, _read(stream, body)


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until the server closes its end, which its death does too: no child is left behind."""
    with suppress(EOFError, BrokenPipeError):
        while True:
            header, original = read_frame(requests)
            _limit_processor(header["cpu_seconds"])
            write_frame(answers, *_answer(header, original))


def _answer(header: dict[str, Any], original: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        done = _work(header, original)
    except SuichaError as error:
        return {"refused": error.code, "params": {key: str(value) for key, value in error.params.items()}}, b""
    except OSError as error:  # the font is gone: no fault of the photo, so no refusal
        return {"failed": str(error)}, b""
    facts = asdict(done)
    images = facts.pop("display"), facts.pop("thumb", b"")
    if isinstance(done, Photo):
        facts["taken_at"] = done.taken_at.isoformat() if done.taken_at else None
    return {"facts": facts, "display_bytes": len(images[0])}, b"".join(images)


def _work(header: dict[str, Any], original: bytes) -> Photo | Signature:
    if header["stamp"] is None:
        return check_signature_png(original)
    at = datetime.fromisoformat(header["stamp"].pop("at"))
    return develop(original, Stamp(at=at, **header["stamp"]), PhotoLimits(**header["limits"]), Path(header["font"]))


def _read(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _stand_back() -> None:
    """Let everybody go first who waits for an answer or for the database (ADR 0024)."""
    with suppress(OSError):
        os.nice(_NICE)
    # Where Linux shares the processor out by session, niceness counts within one; ours is a session of its own.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICE), "ascii")


def _limit_for_life(memory_bytes: int) -> None:
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NPROC, 0)


def _limit_processor(seconds: int) -> None:
    """Give this one photo its seconds: the kernel counts over the whole life of the process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _limit(what: int, value: int) -> None:
    # macOS knows some limits by name only; there the limits on bytes, pixels and time still hold.
    with suppress(ValueError, OSError):
        resource.setrlimit(what, (value, value))


if __name__ == "__main__":
    _stand_back()
    _limit_for_life(int(sys.argv[1]))
    write_frame(sys.stdout.buffer, {"ready": True}, b"")
    serve(sys.stdin.buffer, sys.stdout.buffer)
