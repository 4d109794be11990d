"""What a push service is sent: a message sealed for one device (RFC 8291), and who sends it (RFC 8292).

Pure: bytes in, bytes out. Written on `cryptography` and `joserfc`, which the house has anyway; the libraries
for it bring two HTTP clients of their own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

CURVE = ec.SECP256R1()
KEY_BYTES = 32
POINT_BYTES = 65
"""An uncompressed point of P-256."""
AUTH_BYTES = 16
SALT_BYTES = 16
RECORD_BYTES = 4096
"""The one record of the message; a push service need not take more."""
LONGEST_MESSAGE = RECORD_BYTES - 16 - 1 - SALT_BYTES - 4 - 1 - POINT_BYTES
"""Bytes of plain text: less the tag, the delimiter and the header."""
TOKEN_LIFE = timedelta(hours=12)
"""A push service takes a token for 24 hours at most; its clock and ours may differ."""


class BadKeyError(ValueError):
    """Not a key of P-256, or not base64url."""


@dataclass(frozen=True)
class DeviceKeys:
    """What a browser gave for sealing: its public point (65 bytes) and a shared secret (16 bytes)."""

    public: bytes
    auth: bytes

    @classmethod
    def read(cls, *, public: str, auth: str) -> DeviceKeys:
        """From base64url. Raises `BadKeyError`."""
        keys = cls(from_base64url(public), from_base64url(auth))
        if len(keys.public) != POINT_BYTES or len(keys.auth) != AUTH_BYTES:
            raise BadKeyError("a device's key has 65 bytes and its secret 16")
        keys.point()
        return keys

    def point(self) -> ec.EllipticCurvePublicKey:
        """The public key. Raises `BadKeyError`."""
        try:
            return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, self.public)
        except ValueError as error:
            raise BadKeyError("the device's key is no point of P-256") from error


def seal(
    message: bytes,
    *,
    device: DeviceKeys,
    own: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body of a push (`Content-Encoding: aes128gcm`) that this device alone can read.

    Args:
        own, salt: made anew for each message; given in tests alone.

    Raises:
        ValueError: the message is longer than `LONGEST_MESSAGE` bytes.
    """
    if len(message) > LONGEST_MESSAGE:
        raise ValueError(f"a push carries {LONGEST_MESSAGE} bytes, not {len(message)}")
    own = own or ec.generate_private_key(CURVE)
    salt = salt or os.urandom(SALT_BYTES)
    own_point = _encoded(own.public_key())
    shared = own.exchange(ec.ECDH(), device.point())
    key_info = b"WebPush: info\x00" + device.public + own_point
    secret = _derive(shared, salt=device.auth, info=key_info, length=32)
    key = _derive(secret, salt=salt, info=b"Content-Encoding: aes128gcm\x00", length=16)
    nonce = _derive(secret, salt=salt, info=b"Content-Encoding: nonce\x00", length=12)
    header = salt + struct.pack("!IB", RECORD_BYTES, len(own_point)) + own_point
    return header + AESGCM(key).encrypt(nonce, message + b"\x02", None)


@dataclass(frozen=True)
class Sender:
    """Who sends: the installation's key pair, and where a push service may write (`mailto:` or `https:`)."""

    private_key: str
    contact: str

    @classmethod
    def derived_from(cls, secret: str, *, contact: str) -> Sender:
        """A key that follows from a secret: the demo's, which has nothing to keep."""
        number = int.from_bytes(hashlib.sha512(secret.encode()).digest()) % (2**255) + 1
        return cls(to_base64url(number.to_bytes(KEY_BYTES)), contact)

    @cached_property
    def key(self) -> ec.EllipticCurvePrivateKey:
        """The private key. Raises `BadKeyError`."""
        raw = from_base64url(self.private_key)
        if len(raw) != KEY_BYTES:
            raise BadKeyError("the sender's private key has 32 bytes")
        try:
            return ec.derive_private_key(int.from_bytes(raw), CURVE)
        except ValueError as error:
            raise BadKeyError("the sender's private key is none of P-256") from error

    @property
    def public_key(self) -> str:
        """base64url, as a page hands it to `pushManager.subscribe`."""
        return to_base64url(_encoded(self.key.public_key()))

    def authorization(self, endpoint: str, *, now: datetime) -> str:
        """The header for one push service."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + TOKEN_LIFE).timestamp()),
            "sub": self.contact,
        }
        token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, self._jwk)
        return f"vapid t={token}, k={self.public_key}"

    @cached_property
    def _jwk(self) -> ECKey:
        public = _encoded(self.key.public_key())
        return ECKey.import_key(
            {
                "kty": "EC",
                "crv": "P-256",
                "x": to_base64url(public[1:33]),
                "y": to_base64url(public[33:]),
                "d": self.private_key,
            }
        )


def new_private_key() -> str:
    """A sender's key as `VAPID_PRIVATE_KEY` takes it."""
    made = ec.generate_private_key(CURVE).private_numbers().private_value
    return to_base64url(made.to_bytes(KEY_BYTES))


def to_base64url(raw: bytes) -> str:
    """Without padding, as the Web's keys are written."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """With or without padding. Raises `BadKeyError`."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKeyError("not base64url") from error


def _encoded(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
