"""A push service on a loopback port, and a phone that can open what is sent to it."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI, Request, Response

from notifications.web_push import to_base64url
from tests.serving import serving


@dataclass
class Phone:
    """A browser's side of a subscription: its address at the service, and the keys that stay on it."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"0123456789abcdef"

    @property
    def form(self) -> dict[str, str]:
        """As the page posts it."""
        return {
            "endpoint": self.endpoint,
            "p256dh": to_base64url(self._point),
            "auth": to_base64url(self.auth),
        }

    def open(self, body: bytes) -> dict[str, Any]:
        """Unseal (RFC 8291) with this phone's key alone."""
        salt, (_size, length) = body[:16], struct.unpack("!IB", body[16:21])
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        shared = self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        )
        secret = _derive(shared, self.auth, b"WebPush: info\x00" + self._point + sender, 32)
        key = _derive(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = _derive(secret, salt, b"Content-Encoding: nonce\x00", 12)
        plain = AESGCM(key).decrypt(nonce, sealed, None)
        opened: dict[str, Any] = json.loads(plain.rstrip(b"\x02"))
        return opened

    @property
    def _point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


@dataclass
class PushMaker:
    """What a browser maker runs. `answers`: statuses to give next, 201 after those."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    pushes: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def phone(self, name: str) -> Phone:
        """A new subscription."""
        return Phone(f"{self.url}/send/{name}")


@contextmanager
def running_push_maker() -> Iterator[PushMaker]:
    """Answers 201, or what it is told to; refuses what RFC 8030 and 8188 would refuse."""
    made = PushMaker()
    app = FastAPI()

    @app.post("/send/{name}")
    async def take(name: str, request: Request) -> Response:
        wanted = {"content-encoding": "aes128gcm", "urgency": "high"}
        if any(request.headers.get(key) != value for key, value in wanted.items()):
            return Response(status_code=400)
        if not request.headers.get("ttl", "").isdigit():
            return Response(status_code=400)
        if not request.headers.get("authorization", "").startswith("vapid t="):
            return Response(status_code=401)
        status = made.answers.pop(0) if made.answers else 201
        if status == 201:
            made.pushes.append((name, await request.body(), dict(request.headers)))
        return Response(status_code=status, headers={"Location": f"/message/{len(made.pushes)}"})

    with serving(app) as url:
        made.url = url
        yield made
