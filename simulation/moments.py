"""When the steps of a story happened or will happen, seen from one moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.shapes import DAY
from simulation.story_shapes import Leg, Story

FRESH_S = 2_400
"""Only who called within this time may still wait for the first talk: no storm of breaches."""
LEAD_S = 3_000
"""A family calls at least this long before the technician sets out."""
ABSENCE_WAIT_S = 630


@dataclass(frozen=True)
class Moments:
    """Seconds from 05:00 of the seeded day; a step counts when it is not after `now`.

    `asked_again` is the desk's call after a visit that came to nothing.
    """

    now: int
    received: int
    triaged: int
    placed: int
    accepted: int
    planned: int
    agreed: int
    contacted: int
    ended: int | None
    asked_again: int | None
    safety: bool

    def is_past(self, moment: int | None) -> bool:
        """Whether it has happened."""
        return moment is not None and moment <= self.now


def moments_of(story: Story, *, now: int, designated: bool) -> Moments:
    """The moments of a story; `now` in seconds from 05:00 of the seeded day.

    Intake is the latest moment with the story's time of day that lies before now and before the visit, so a
    later start finds it moved by whole days.
    """
    leg = story.leg
    safety = story.safety and leg is not None and now >= leg.depart - _safety_lead(story)
    received = _received(story, now=now, safety=safety)
    hurried = safety or story.offered
    triaged = received + (4 if hurried else 60 + story.salt % 140)
    placed = triaged + 2
    accepted = placed + (0 if safety or not designated else 15 + story.salt % 190)
    if story.offered:
        accepted = now + DAY
    planned = placed + 3
    spoken = _contact(story, received=received, now=now, safety=safety)
    contacted = max(spoken, min(accepted, received + 400) + 25, planned + 25)
    agreed = contacted if safety else max(planned + 20, min(received + story.agreed_s, contacted))
    ended = _ended(story, leg)
    again = None if ended is None or story.outcome == "fixed" else ended + 900 + story.salt % 1_500
    return Moments(
        now=now,
        received=received,
        triaged=triaged,
        placed=placed,
        accepted=accepted,
        planned=planned,
        agreed=agreed,
        contacted=contacted,
        ended=ended,
        asked_again=again,
        safety=safety,
    )


def _received(story: Story, *, now: int, safety: bool) -> int:
    leg = story.leg
    if story.age_s is not None:
        return now - story.age_s
    if safety and leg is not None:
        return leg.depart - _safety_lead(story)
    latest = now - 1
    if leg is not None:
        latest = min(latest, leg.depart - LEAD_S)
    elif story.kind != "visit":
        latest = now - 2 * FRESH_S  # how it went is known by now
    return latest - (latest - story.received_tod) % DAY


def _safety_lead(story: Story) -> int:
    return 300 + story.salt % 200


def _contact(story: Story, *, received: int, now: int, safety: bool) -> int:
    if safety:
        return received + 90 + story.salt % 60
    delay = story.contact_s
    if story.leg is not None:
        delay = min(delay, story.leg.depart - received - 300)
    if received + delay > now and now - received >= FRESH_S:
        delay = FRESH_S - 60 - story.salt % 300
    return received + delay


def _ended(story: Story, leg: Leg | None) -> int | None:
    if leg is None:
        return None
    if story.outcome == "absent":
        return leg.arrived + ABSENCE_WAIT_S + story.salt % 240
    return leg.ended
