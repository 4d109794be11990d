"""A ticket's whole life as numbers: what happens, and when, wherever the clock stands. Pure data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Leg:
    """One going-there. Moments are seconds from 05:00 of the seeded day; `start` and `end` are planned."""

    technician_id: int
    point_id: int
    company_id: int
    day: int
    depart: int
    start: int
    end: int
    arrived: int
    started: int
    ended: int
    travel_s: int


@dataclass(frozen=True)
class Story:
    """One seeded ticket.

    Attributes:
        kind: `visit`, or how it went without one: `self_fixed by_phone cancelled triage unplanned map_pick`.
        received_tod: time of day, seconds after 05:00, at which the family calls.
        age_s: set for tickets that always came just now: seconds before now.
        agreed_s: from intake to the window the family accepts.
        contact_s: from intake to the technician's first talk with the family.
        outcome: `fixed`, `absent`, `parts`.
        window_s: start and end of the agreed window, seconds from 05:00 of the seeded day.
        happy: what came of the happy call: `good`, `no_answer` (so far), `tried_out`, `refused`,
            `overcharged`, `not_fixed` (a second visit follows), `open`.
    """

    no: int
    kind: str
    home_id: int
    point_id: int | None
    company_id: int
    symptom: str
    received_tod: int
    channel: str
    agreed_s: int
    contact_s: int
    missed_calls: int
    evidence: str
    payer: str
    by_requester: bool
    note: str
    error_meaning: str | None = None
    age_s: int | None = None
    leg: Leg | None = None
    second: Leg | None = None
    window: tuple[int, int] = (0, 0)
    second_window: tuple[int, int] = (0, 0)
    outcome: str = "fixed"
    lines: tuple[str, ...] = ()
    misuse: bool = False
    safety: bool = False
    offered: bool = False
    declined_by: int | None = None
    decline_words: str = ""
    escalated: bool = False
    acknowledges: bool = True
    happy: str = "good"
    happy_s: int = 0
    salt: int = 0
    """Small differences between tickets, 0-9999."""
