"""The tickets of a winter day, told as far as three different hours."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from core.dated import Calendar, read_rules
from core.db import Database
from core.models import TimelineEntry
from dispatch.intake_rules import COLD_SYMPTOMS
from dispatch.models import Booking, Ticket, TicketClock, Visit
from dispatch.open_visits import skills_of
from dispatch.states import OPEN_VISIT_STATES
from notifications.models import Notice
from simulation.building import Built
from simulation.bulk import LOAD_ORDER, Batch, table_of
from simulation.day_rows import add_story_rows
from simulation.moments import FRESH_S, moments_of
from simulation.office import Office
from simulation.rolling import zero_of
from simulation.shapes import DAY, HOUR
from simulation.small_hours import still_at_work
from simulation.story_shapes import Leg, Story
from tests.simulation.conftest import SEEDED_AT

HOURS = (27.2, 11.0, 20.5)
"""03:10 of the next date, 11:00 and 20:30."""
STATUS_OF = {
    "en_route": "EN_ROUTE",
    "arrived": "ARRIVED",
    "in_progress": "IN_PROGRESS",
    "agreed": "APPOINTED",
}


@dataclass(frozen=True)
class Picture:
    """What the tables would hold at a moment."""

    now: datetime
    batch: Batch


def _legs(story: Story) -> list[Leg]:
    return [leg for leg in (story.leg, story.second) if leg is not None]


@pytest.fixture(scope="module", params=HOURS, ids=["03:12", "11:00", "20:30"])
def picture(request: pytest.FixtureRequest, built: Built, shared_database: Database) -> Picture:
    """Every fifth story as its rows at one of the hours."""
    now = zero_of(built.world) + timedelta(hours=request.param - 5)
    with shared_database.reading() as session:
        rules = {i: read_rules(session, company_id=i, at=now) for i in built.world.makers}
    office = Office(built.world, now, rules, {i: Calendar({}) for i in built.world.makers})
    batch = Batch({table_of(model).name: 1 for model in LOAD_ORDER})
    for story in built.stories.all[::5]:
        add_story_rows(batch, office, story, None)
    return Picture(now, batch)


def test_at_night_only_cold_homes_are_visited(built: Built) -> None:
    nights = [
        s for s in built.stories.all for leg in _legs(s) if leg.day >= 0 and leg.start % 86_400 > 17 * 3600
    ]
    assert nights and all(s.symptom in COLD_SYMPTOMS or s.safety for s in nights)


def test_somebody_is_at_work_at_every_hour(built: Built) -> None:
    maker = min(built.world.makers)
    for now in range(0, DAY, HOUR // 2):
        told = still_at_work(built.stories.all, company_id=maker, now=now)
        legs = [story.leg for story in told if story.leg is not None and story.company_id == maker]
        assert any(leg.started <= now < leg.ended for leg in legs), now
        assert sum(a is not b for a, b in zip(told, built.stories.all, strict=True)) <= 1


def test_the_day_has_its_size(built: Built) -> None:
    by_day = Counter(story.leg.day for story in built.stories.all if story.leg)
    assert by_day[-1] == 250
    assert by_day[0] == 1_980
    assert by_day[1] + by_day[2] >= 280
    seconds = sum(story.second is not None and story.second.day > 0 for story in built.stories.all)
    assert by_day[1] + by_day[2] + seconds == 480
    assert len({story.home_id for story in built.stories.all}) == len(built.stories.all)


def test_no_technician_is_in_two_places_and_every_visit_lies_in_his_shift(built: Built) -> None:
    legs: dict[int, list[Leg]] = {}
    for story in built.stories.all:
        for leg in _legs(story):
            legs.setdefault(leg.technician_id, []).append(leg)
    shifts: dict[int, list[tuple[int, int]]] = {}
    for shift in built.world.shifts:
        if not shift.absent:
            shifts.setdefault(shift.technician_id, []).append((shift.start, shift.end))
    for technician_id, own in legs.items():
        own.sort(key=lambda leg: leg.start)
        for leg in own:
            assert leg.depart <= leg.arrived <= leg.started < leg.ended <= leg.end
            assert any(start <= leg.depart and leg.end <= end for start, end in shifts[technician_id])
        for one, other in pairwise(own):
            assert one.end <= other.depart


def test_a_window_holds_the_start_and_the_technician_may_do_the_work(
    built: Built, shared_database: Database
) -> None:

    with shared_database.reading() as session:
        rules = read_rules(session, company_id=0, at=SEEDED_AT)
    for story in built.stories.all:
        for leg, window in ((story.leg, story.window), (story.second, story.second_window)):
            if leg is None:
                continue
            assert window[0] <= leg.start <= window[1]
            skills = built.world.technicians[leg.technician_id].skills
            assert skills_of(rules, story.symptom) <= skills
            assert not story.safety or "GAS_WORK" in skills


@pytest.mark.parametrize("hour", HOURS)
def test_only_who_has_just_called_still_waits(built: Built, hour: float) -> None:
    now = int((hour - 5) * 3600)
    for story in built.stories.all:
        moments = moments_of(story, now=now, designated=True)
        assert moments.received < now
        assert moments.received < moments.triaged < moments.planned <= moments.agreed <= moments.contacted
        if story.kind == "visit" and moments.contacted > now:
            assert now - moments.received < FRESH_S
        if story.leg is not None:
            assert moments.contacted < story.leg.depart


def test_intakes_move_by_whole_days_only(built: Built) -> None:
    """Whatever the hour, a family always calls at its own time of day."""
    at, later = 6 * 3600, 9 * 3600
    for story in built.stories.all:
        if story.age_s is not None or story.safety:
            continue
        one = moments_of(story, now=at, designated=False).received
        other = moments_of(story, now=later, designated=False).received
        assert (other - one) % 86_400 == 0


def test_states_fit_the_times(picture: Picture) -> None:
    now, batch = picture.now, picture.batch
    tickets = {row["id"]: row for row in batch.rows[Ticket]}
    booked = {row["visit_id"] for row in batch.rows[Booking]}
    newest: dict[int, dict[str, Any]] = {}
    for visit in batch.rows[Visit]:
        newest[visit["ticket_id"]] = visit
        facts = [visit.get(k) for k in ("en_route_at", "arrived_at", "started_at", "ended_at")]
        past = [fact for fact in facts if fact is not None]
        assert past == sorted(past)
        assert all(fact <= now for fact in past)
        is_open = visit["state"] in OPEN_VISIT_STATES and visit.get("technician_id") is not None
        assert (visit["id"] in booked) == is_open
        if visit["state"] in ("planned", "agreed") and is_open:
            assert visit["planned_start"] > now
    for ticket_id, visit in newest.items():
        status = tickets[ticket_id]["status"]
        if visit["state"] in STATUS_OF:
            assert status == STATUS_OF[visit["state"]]
        elif visit["state"] == "completed" and visit.get("hold_reason") is None:
            assert status in ("COMPLETED", "CLOSED")
    for model in (TimelineEntry, Notice):
        moments = [row["at" if model is TimelineEntry else "created_at"] for row in batch.rows[model]]
        assert max(moments) <= now
    states = Counter(visit["state"] for visit in batch.rows[Visit])
    assert states["completed"] and states["agreed"] and states["in_progress"] + states["en_route"]


def test_no_clock_runs_past_its_time(picture: Picture) -> None:
    now, batch = picture.now, picture.batch
    for clock in batch.rows[TicketClock]:
        if clock["state"] == "running":
            assert clock["due_at"] >= now
            assert clock["next_stage_at"] >= now
        if clock["kind"] == "contact" and clock["state"] == "running":
            assert now - clock["started_at"] < timedelta(seconds=FRESH_S)
        assert (clock["state"] == "breached") == (clock.get("breached_at") is not None)
    contact = Counter(c["state"] for c in batch.rows[TicketClock] if c["kind"] == "contact")
    assert contact["met"] / (contact["met"] + contact["breached"]) > 0.86


def test_the_timeline_of_a_ticket_is_in_the_order_of_time(picture: Picture) -> None:
    batch = picture.batch
    by_ticket: dict[int, list[dict[str, Any]]] = {}
    for row in batch.rows[TimelineEntry]:
        by_ticket.setdefault(row["subject_id"], []).append(row)
    for rows in by_ticket.values():
        assert [r["at"] for r in rows] == sorted(r["at"] for r in rows)
        assert rows[0]["what"] == "TicketFiled"
        assert {r["source"] for r in rows} == {"demo"}
