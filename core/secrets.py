"""Passwords and opaque tokens: made random, stored hashed, compared in constant time."""

from __future__ import annotations

import base64
import hashlib
import secrets
from functools import cache
from threading import BoundedSemaphore

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pwdlib import PasswordHash

_AT_ONCE = BoundedSemaphore(2)
"""argon2 takes ~0.4 s and 64 MB: capped, so that a storm of log-ins cannot starve the pages."""


def new_token() -> str:
    """A 256-bit opaque token, safe in a URL."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is stored of an opaque token. Random tokens need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str) -> str:
    """Argon2id hash of a password."""
    with _AT_ONCE:
        return _hasher().hash(password)


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether the password fits. Without a stored hash the same time is spent, so logins cannot be probed."""
    with _AT_ONCE:
        if password_hash is None:
            _hasher().verify(password, _decoy())
            return False
        return _hasher().verify(password, password_hash)


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _decoy() -> str:
    return _hasher().hash(secrets.token_hex(8))


class SealBrokenError(Exception):
    """What was sealed under a SECRET_KEY that is not among ours any more."""


class Seal:
    """Encrypts what must be read again, under SECRET_KEY: several keys, parted by commas, newest first.

    New values are sealed under the first; those of the others can still be opened.
    """

    def __init__(self, secret_key: str) -> None:
        keys = [key.strip() for key in secret_key.split(",") if key.strip()]
        self._box = MultiFernet([_fernet(key) for key in keys]) if keys else None

    @property
    def works(self) -> bool:
        """Whether there is a key."""
        return self._box is not None

    def close(self, text: str) -> str:
        """The sealed text. Raises SealBrokenError without a key."""
        if self._box is None:
            raise SealBrokenError("SECRET_KEY is not set")
        return self._box.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text again. Raises SealBrokenError."""
        if self._box is None:
            raise SealBrokenError("SECRET_KEY is not set")
        try:
            return self._box.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SealBrokenError("sealed under a SECRET_KEY that is no longer given") from error


@cache
def _fernet(key: str) -> Fernet:
    # The keys are long random strings (checked at start), so one round of a hash makes them 256 bits.
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"ondol/seal/" + key.encode()).digest()))
