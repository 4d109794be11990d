"""What a web process has: made once in `main.py`, read by every route."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from fastapi import Request
from sqlmodel import Session

from core.actor import Role
from core.db import Database
from core.settings import Settings
from web.live_hub import LiveHub
from web.readiness import Readiness


class DemoLogin(Protocol):
    """A log-in that the demo gives away."""

    @property
    def login(self) -> str: ...
    @property
    def password(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def maker(self) -> str: ...


def no_demo_logins(_session: Session) -> Sequence[DemoLogin]:
    """What every installation but the demo has."""
    return ()


@dataclass(frozen=True)
class WebContext:
    """The pieces that routes need."""

    settings: Settings
    database: Database
    clock: Callable[[], datetime]
    live: LiveHub
    demo_logins: Callable[[Session], Sequence[DemoLogin]] = no_demo_logins
    """The demo's own alone; nothing is known of them elsewhere."""

    @cached_property
    def readiness(self) -> Readiness:
        """Whether this process can do its work."""
        return Readiness(self.settings, self.database.engine)


def context_of(request: Request) -> WebContext:
    """The process's context."""
    context: WebContext = request.app.state.ondol
    return context


def caller_address(request: Request) -> str:
    """Where a request comes from, for the timeline and the access log."""
    return request.client.host if request.client else "unknown"
