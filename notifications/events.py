"""The facts that the outbox announces. `journey.py` says what follows each."""

from __future__ import annotations

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True)
class NoticeFailed(Event):
    """Somebody was not told by text, or nobody knows whether he was: a person must see to it.

    `told` is the notice's event (`EN_ROUTE`, …), `generation` which telling of it, `notice_id` None when not
    even a text could be written. `why`: `permanent`, `too_late`, `unclear`, `not_writable`, or what the
    carrier reported.
    """

    ticket_id: int
    told: str
    generation: int
    recipient: str
    why: str
    notice_id: int | None = None
