"""What a web process has: made once in `main.py`, read by every route."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol

from fastapi import Request
from sqlmodel import Session

from core.actor import Role
from core.db import Database
from core.secrets import Seal
from core.settings import Settings
from web.live_hub import LiveHub
from web.looks import Looks
from web.makers import Makers
from web.pace import Pace
from web.readiness import Readiness
from workforce.tries import TryLimits


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


LOOKS_AT_ONCE = 2
"""Of a process that writes nothing else: PostgreSQL works for it, too, and gives way to nobody."""


@dataclass(frozen=True)
class WebContext:
    """The pieces that routes need."""

    settings: Settings
    database: Database
    clock: Callable[[], datetime]
    live: LiveHub
    demo_logins: Callable[[Session], Sequence[DemoLogin]] = no_demo_logins
    """The demo's own alone; nothing is known of them elsewhere."""
    pace: Pace = field(default_factory=Pace)
    makers: Makers = field(default_factory=Makers)
    looks_alone: bool = False
    """Whether this is the process that writes open pages' looks for the others (`web/looks_apart.py`)."""

    @cached_property
    def looks(self) -> Looks:
        """What open pages ask by themselves; beside people's own requests a third of the threads at most."""
        return Looks(at_once=LOOKS_AT_ONCE if self.looks_alone else max(1, self.settings.web_threads // 3))

    @property
    def seal(self) -> Seal:
        """What authenticators are sealed under."""
        return Seal(self.settings.seal_key)

    @property
    def try_limits(self) -> TryLimits:
        """How many wrong tries are free, and what the next ones cost."""
        of = self.settings
        return TryLimits(
            free=of.login_free_tries,
            free_of_address=of.login_free_tries_address,
            pause_s=of.login_pause_s,
            longest_s=of.login_pause_longest_s,
        )

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
