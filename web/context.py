"""What a web process has: made once in `main.py`, read by every route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from core.db import Database
from core.settings import Settings
from web.live_hub import LiveHub


@dataclass(frozen=True)
class WebContext:
    """The pieces that routes need."""

    settings: Settings
    database: Database
    clock: Callable[[], datetime]
    live: LiveHub


def context_of(request: Request) -> WebContext:
    """The process's context."""
    context: WebContext = request.app.state.ondol
    return context


def caller_address(request: Request) -> str:
    """Where a request comes from, for the timeline and the access log."""
    return request.client.host if request.client else "unknown"
