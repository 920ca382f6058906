"""The other end of WeCom's callback encryption, written apart from the SDK so that the two test each other.

plain -> rand16 + length + plain + corp id -> PKCS#7 to 32 -> AES-256-CBC -> base64 -> sha1 over the sorted four

Source: developer.work.weixin.qq.com 91144 (加解密方案).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32  # WeCom pads to 32, not to AES's own 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Sealed:
    """One encrypted text with the query that goes beside it."""

    encrypt: str
    query: dict[str, str]


class CallbackCipher:
    """Seals texts for one receiver. `encoding_aes_key`: the 43 characters of WeCom's console."""

    def __init__(self, token: str, encoding_aes_key: str, receive_id: str) -> None:
        key = base64.b64decode(encoding_aes_key + "=")
        self._token = token
        self._receive_id = receive_id.encode()
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16]))

    def seal(self, plain: str, timestamp: int) -> Sealed:
        """Encrypt and sign with a fresh random head and nonce; `timestamp` in seconds."""
        body = plain.encode()
        framed = secrets.token_bytes(16) + struct.pack(">I", len(body)) + body + self._receive_id
        padding = BLOCK - len(framed) % BLOCK
        encryptor = self._cipher.encryptor()
        secret = encryptor.update(framed + bytes([padding]) * padding) + encryptor.finalize()
        encrypt = base64.b64encode(secret).decode()
        nonce = str(secrets.randbelow(10**10)).zfill(10)
        query = {
            "msg_signature": self._sign(str(timestamp), nonce, encrypt),
            "timestamp": str(timestamp),
            "nonce": nonce,
        }
        return Sealed(encrypt=encrypt, query=query)

    def _sign(self, *parts: str) -> str:
        return hashlib.sha1("".join(sorted((self._token, *parts))).encode()).hexdigest()  # noqa: S324  (WeCom's choice)
