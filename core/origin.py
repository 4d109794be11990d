"""Which request something goes back to: kept with every change and on every line of the log it caused.

So an operator goes from the number that a person reads out ("문의 번호") to the log, and from a line of a
ticket's timeline to the request behind it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from structlog.contextvars import bound_contextvars

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_TAKEN_AS_GIVEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


def new_request_id() -> str:
    """Twelve letters and digits: short enough to be read out on the telephone."""
    return secrets.token_hex(6)


def is_request_id(given: str) -> bool:
    """Whether another program's id may be taken over: 8 to 64 letters, digits, `.`, `_`, `-`."""
    return _TAKEN_AS_GIVEN.fullmatch(given) is not None


def current_request_id() -> str | None:
    """The request that is being answered, or whose consequences are being worked off; None for timers."""
    return _request_id.get()


@contextmanager
def caused_by(request_id: str | None) -> Iterator[None]:
    """What happens in here goes back to this request."""
    token = _request_id.set(request_id)
    try:
        with bound_contextvars(**({"request_id": request_id} if request_id else {})):
            yield
    finally:
        _request_id.reset(token)
