"""In the small hours, too, somebody is at work: the last visit of the night takes longer. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simulation.shapes import HOUR
from simulation.story_shapes import Leg, Story


def still_at_work(stories: Sequence[Story], *, company_id: int, now: int) -> list[Story]:
    """The same stories, but that a technician of the maker is at work at `now` (seconds from 05:00).

    Where none is, the visit that ended last goes on for an hour; its technician is due nowhere else by then.
    """
    legs = [(story, story.leg) for story in stories if story.leg is not None and story.outcome == "fixed"]
    mine = [(story, leg) for story, leg in legs if story.company_id == company_id and story.second is None]
    if any(leg.started <= now < leg.ended for _story, leg in mine):
        return list(stories)
    until = now + HOUR
    over = sorted((leg.ended, story.no, leg) for story, leg in mine if leg.ended <= now)
    for _ended, no, leg in reversed(over):
        if not _is_due(stories, leg, until=until):
            return [replace(s, leg=replace(leg, ended=until)) if s.no == no else s for s in stories]
    return list(stories)


def _is_due(stories: Sequence[Story], leg: Leg, *, until: int) -> bool:
    """Whether its technician sets out to somebody else after it and before `until`."""
    others = (other for story in stories for other in (story.leg, story.second) if other is not None)
    return any(
        other.technician_id == leg.technician_id and leg.started < other.depart <= until for other in others
    )
