"""An S3 server in this process: moto's, with a bucket called `evidence`."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from moto.server import ThreadedMotoServer


@contextmanager
def bucket_server() -> Iterator[str]:
    """Run it on a free port; gives its address."""
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        host, port = running.get_host_and_port()
        empty(f"http://{host}:{port}")
        yield f"http://{host}:{port}"
    finally:
        running.stop()


def empty(server: str) -> None:
    """Begin with an empty bucket again."""
    for method, path in (("POST", "moto-api/reset"), ("PUT", "evidence")):
        urllib.request.urlopen(urllib.request.Request(f"{server}/{path}", method=method)).close()  # noqa: S310 ours


def keys_in(server: str) -> list[str]:
    """Names of what lies in it (the first thousand)."""
    with urllib.request.urlopen(f"{server}/evidence?list-type=2") as answer:  # noqa: S310 ours
        return [part.split("</Key>")[0] for part in answer.read().decode().split("<Key>")[1:]]
