"""Who makes a plan, and why."""

from __future__ import annotations

from dataclasses import dataclass

from core.actor import Actor


@dataclass(frozen=True)
class Authorship:
    """Who publishes, why, and how the plan came about (`Plan.origin`)."""

    by: Actor
    origin: str
    reason: str | None = None
