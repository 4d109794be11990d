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
    about_visit_id: int | None = None
    """The visit that the reason speaks of; None: it holds for every visit that changes with the plan.

    What a person says of one family must not stand in the timelines of others whose times move with it.
    """

    def reason_for(self, visit_id: int) -> str | None:
        """The reason as far as it concerns a visit."""
        return self.reason if self.about_visit_id in (None, visit_id) else None
