"""The facts that the workforce announces. `journey.py` says what follows each."""

from __future__ import annotations

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True)
class CapacityChanged(Event):
    """What a point's plans rest on is another: who works there and when, licences, where it is, its limit.

    `first_day`, `last_day`: the operating days it touches, ISO dates.
    """

    service_point_id: int
    first_day: str
    last_day: str
