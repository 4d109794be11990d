"""Passwords and opaque tokens: made random, stored hashed, compared in constant time."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from threading import BoundedSemaphore

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
