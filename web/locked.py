"""A browser that nobody used for a while: what is said then, and how scripts know it."""

from __future__ import annotations

from core.errors import UnauthorizedError

LOCKED_HEADER = "X-Ondol-Locked"
"""On every answer to a locked browser: its page then asks for the password in its place."""


class SessionLockedError(UnauthorizedError):
    """Nobody used this browser for a while: the password is asked for before anything else."""

    code = "session-locked"
