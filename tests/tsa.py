"""openssl's own timestamp authority behind a local HTTP door, as an office's authority stands on the network.

open_authority(folder) -> root.pem, a signer for timeStamping -> POST -> `openssl ts -reply` -> answer
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

CONFIG = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = 演示时间戳机构
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[signer]
basicConstraints = CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = signer.pem
signer_key = signer.key
certs = root.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""
NEW = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 -config tsa.cnf -utf8"
ROOT = f"{NEW} -keyout root.key -out root.pem -subj /CN=demo-root -extensions ca"
SIGNER = f"{NEW} -keyout signer.key -out signer.pem -extensions signer -CA root.pem -CAkey root.key"


def openssl(folder: Path, words: str, data: bytes = b"") -> bytes:
    """Run openssl in a folder; what it writes."""
    done = subprocess.run(  # noqa: S603 the tests' own words
        ["openssl", *words.split()],  # noqa: S607
        cwd=folder,
        input=data,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def new_authority(folder: Path) -> Path:
    """Make root, signer and configuration in a folder; gives the root's PEM."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tsa.cnf").write_text(CONFIG, "utf-8")
    (folder / "serial").write_text("01")
    openssl(folder, ROOT)
    openssl(folder, SIGNER)
    return folder / "root.pem"


def reply(folder: Path, query: bytes) -> bytes:
    """Answer one request as the authority of this folder."""
    (folder / "query.tsq").write_bytes(query)
    openssl(folder, "ts -reply -queryfile query.tsq -out reply.tsr -config tsa.cnf -section here")
    return (folder / "reply.tsr").read_bytes()


@dataclass
class Authority:
    """A running authority; `answer` may be put in its place, `asked` are the requests it had."""

    folder: Path
    url: str = ""
    answer: Callable[[bytes], web.Response] | None = None
    asked: list[bytes] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        query = await request.read()
        assert request.content_type == "application/timestamp-query"
        self.asked.append(query)
        if self.answer is not None:
            return self.answer(query)
        made = await asyncio.to_thread(reply, self.folder, query)
        return web.Response(body=made, content_type="application/timestamp-reply")


@asynccontextmanager
async def open_authority(folder: Path) -> AsyncIterator[Authority]:
    """Open an authority's door on a free port."""
    await asyncio.to_thread(new_authority, folder)
    found = Authority(folder=folder)
    app = web.Application()
    app.router.add_post("/", found.serve)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield found
    await runner.cleanup()
