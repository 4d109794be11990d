"""A winter day's tickets: who calls when, what is wrong, how it goes on. A pure function of the seed."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from core.dated import CompanyRules
from dispatch.intake_rules import COLD_SYMPTOMS
from dispatch.open_visits import duration_of, skills_of
from dispatch.travel import planning_moment, travel_model
from geo.travel_times import KnownTimes
from simulation.demand import Demand
from simulation.happenings import (
    channel,
    contact_delay,
    cost_lines,
    error_meaning,
    note_words,
    received_time,
    symptom_for,
)
from simulation.routes import Driven, Stop, drive
from simulation.shapes import DAY, HOUR, SEED, CrewShift, HomeSpec, World
from simulation.story_shapes import Leg, Story

ABSENT_SHARE, PARTS_SHARE = 0.055, 0.05
SAFETY_EVERY_S = 900
"""Looked at so often, some safety case is under way, as long as anybody is."""
OFFERED = 12
ESCALATED = 6
DECLINED_SHARE = 0.04
DECLINE_WORDS = ("오늘은 일손이 모자랍니다", "그 기종의 부품이 없습니다", "")
"""An empty word: the point kept silent."""
SHOP_NOTE = "가게 보일러를 새것으로 바꾸고 싶어요"
FRESH = ("triage", "unplanned", "map_pick")


@dataclass(frozen=True)
class Stories:
    """All tickets by number, and the lunches of the shifts that have work."""

    all: tuple[Story, ...]
    lunches: dict[tuple[int, int], int]
    """(technician, day) -> seconds from 05:00 of the seeded day."""


@dataclass
class Writing:
    """What grows while stories are written."""

    world: World
    rules: CompanyRules
    rng: random.Random
    pools: dict[int, list[HomeSpec]]
    stories: list[Story] = field(default_factory=list)
    lunches: dict[tuple[int, int], int] = field(default_factory=dict)
    again: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """By point: indexes of stories that need a second visit."""

    def append(self, story: Story) -> None:
        """Keep a story under the next number."""
        self.stories.append(replace(story, no=len(self.stories)))


def write_stories(world: World, *, demand: Demand, rules: CompanyRules) -> Stories:
    """Every ticket of the seeded day; `rules` are the national ones, so that the result never changes."""
    rng = random.Random(SEED + 1)
    pools: dict[int, list[HomeSpec]] = defaultdict(list)
    for home in world.homes.values():
        pools[home.point_id].append(home)
    for pool in pools.values():
        rng.shuffle(pool)
    writing = Writing(world, rules, rng, pools)
    for kind, point_id in demand.extras:
        _write_extra(writing, kind, point_id)
    for day in (0, -1, 1, 2):
        for shift, count in demand.jobs.items():
            if shift.day == day and count:
                _write_shift(writing, shift, count)
    _mark_offered(writing)
    _mark_safety(writing)
    _mark_escalated(writing)
    return Stories(tuple(writing.stories), writing.lunches)


def _write_extra(w: Writing, kind: str, point_id: int) -> None:
    home = _take_home(w, point_id, vague=kind == "map_pick")
    if home is None:
        return
    symptom = "INSTALL" if kind == "unplanned" else w.rng.choice(("CONTROLLER", "NO_HEAT", "POWER"))
    if kind == "cancelled":
        symptom = "NOISE"
    story = draw_story(w, kind, home, symptom)
    if kind == "unplanned":
        story = replace(story, note=SHOP_NOTE)
    age = w.rng.randint(60, 900) if kind in FRESH else None
    w.append(replace(story, age_s=age, point_id=None if kind == "map_pick" else point_id))


def _take_home(w: Writing, point_id: int, *, vague: bool) -> HomeSpec | None:
    pool = w.pools[point_id]
    index = next((i for i, home in enumerate(pool) if home.plannable is not vague), None)
    return None if index is None else pool.pop(index)


def _write_shift(w: Writing, shift: CrewShift, count: int) -> None:
    jobs = _second_visits(w, shift, count)
    homes = _cluster(w, shift.point_id, count - len(jobs))
    skills = w.world.technicians[shift.technician_id].skills
    drawn = [symptom_for(w.rng, skills, w.rules) for _ in homes]
    if shift.kind == "night":  # nobody is visited at night for a noise
        drawn = [symptom if symptom in COLD_SYMPTOMS else "NO_HEAT" for symptom in drawn]
    new = [draw_story(w, "visit", home, symptom) for home, symptom in zip(homes, drawn, strict=True)]
    stories = [*(w.stories[i] for i in jobs), *new]
    route = drive_shift(w, shift, stories)
    if route.lunch_start is not None:
        w.lunches[shift.technician_id, shift.day] = route.lunch_start
    for k, leg in sorted(route.legs.items()):
        window = route.windows[k]
        if k < len(jobs):
            w.stories[jobs[k]] = replace(stories[k], second=leg, second_window=window)
        else:
            _keep_visit(w, replace(stories[k], leg=leg, window=window), shift)


def drive_shift(w: Writing, shift: CrewShift, stories: Sequence[Story]) -> Driven:
    """The stories' homes as a route of the shift."""
    technician = w.world.technicians[shift.technician_id]
    return drive(
        shift,
        home=technician.home._replace(area=w.world.points[shift.point_id].place.area),
        stops=[Stop(w.world.homes[s.home_id].place, duration_of(w.rules, s.symptom)) for s in stories],
        maker=w.world.makers[shift.company_id],
        at=planning_moment(w.world.base_day),
        times=KnownTimes(travel_model(w.rules)),
        rng=w.rng,
    )


def _second_visits(w: Writing, shift: CrewShift, count: int) -> list[int]:
    """Homes that must be visited again, which this technician may serve."""
    if shift.day < 1:
        return []
    skills = w.world.technicians[shift.technician_id].skills
    open_ones = w.again[shift.point_id]
    fitting = [i for i in open_ones if skills_of(w.rules, w.stories[i].symptom) <= skills][:count]
    for index in fitting:
        open_ones.remove(index)
    return fitting


def _cluster(w: Writing, point_id: int, count: int) -> list[HomeSpec]:
    """A home and those nearest to it: a shift does not cross the city for each job."""
    pool = w.pools[point_id]
    if not pool or count < 1:
        return []
    first = next((home for home in pool if home.plannable), None)
    if first is None:
        return []
    near = sorted(
        (home for home in pool if home.plannable),
        key=lambda h: (h.place.lat - first.place.lat) ** 2 + (h.place.lon - first.place.lon) ** 2,
    )[:count]
    for home in near:
        pool.remove(home)
    return near


def _keep_visit(w: Writing, story: Story, shift: CrewShift) -> None:
    rng, leg = w.rng, story.leg
    assert leg is not None
    night = shift.kind == "night"
    if night:  # who is sent at night has called not long before
        story = replace(story, received_tod=(leg.depart - rng.randint(3000, 9000)) % DAY)
    draw = rng.random()
    if shift.day <= 0 and draw < ABSENT_SHARE:
        story = replace(story, outcome="absent")
    elif shift.day <= 0 and draw < ABSENT_SHARE + PARTS_SHARE and story.symptom != "INSPECTION":
        story = replace(story, outcome="parts")
    elif w.world.points[leg.point_id].kind == "designated" and rng.random() < DECLINED_SHARE:
        story = replace(
            story, declined_by=_neighbour(w, leg.point_id), decline_words=rng.choice(DECLINE_WORDS)
        )
    if shift.day == 0 and story.outcome != "fixed":
        w.again[leg.point_id].append(len(w.stories))
    w.append(story)


def _neighbour(w: Writing, point_id: int) -> int:
    here = w.world.points[point_id]
    others = [p for p in w.world.points.values() if p.company_id == here.company_id and p.id != point_id]
    return min(
        others, key=lambda p: (p.place.lat - here.place.lat) ** 2 + (p.place.lon - here.place.lon) ** 2
    ).id


def draw_story(w: Writing, kind: str, home: HomeSpec, symptom: str) -> Story:
    """Who called, how, and what came of it, drawn from the stream; without a visit yet."""
    rng = w.rng
    tod = received_time(rng)
    contact = contact_delay(rng)
    at_intake = contact > 600 and rng.random() < 0.75
    payer = "requester" if home.requester and rng.random() < 0.6 else "resident"
    if home.landlord is not None and rng.random() < 0.6:
        payer = "payer"
    return Story(
        no=-1,
        kind=kind,
        home_id=home.id,
        point_id=home.point_id,
        company_id=home.company_id,
        symptom=symptom,
        received_tod=tod,
        channel=channel(rng),
        agreed_s=rng.randint(200, 560) if at_intake else contact,
        contact_s=contact,
        missed_calls=rng.choices((0, 1, 2), (75, 18, 7))[0],
        evidence=rng.choices(("TELEPHONY", "SELF_REPORT", "FAMILY"), (60, 37, 3))[0],
        payer=payer,
        by_requester=home.requester is not None and rng.random() < 0.9,
        note=note_words(rng, symptom),
        error_meaning=error_meaning(rng, symptom),
        lines=cost_lines(rng, symptom),
        misuse=rng.random() < 0.02,
        acknowledges=rng.random() < 0.93,
        happy=rng.choices(("good", "no_answer", "open"), (58, 10, 32))[0],
        happy_s=rng.randint(5 * HOUR + 600, 12 * HOUR),
        salt=rng.randrange(10_000),
    )


def _mark_offered(w: Writing) -> None:
    """Some of tomorrow's tickets wait for a designated desk right now, two of them in 강남."""
    waiting = [
        i
        for i, s in enumerate(w.stories)
        if s.leg is not None and s.leg.day == 1 and w.world.points[s.leg.point_id].kind == "designated"
    ]
    gangnam = [i for i in waiting if w.world.points[_leg(w.stories[i]).point_id].code == "gangnam"]
    chosen = [*gangnam[:2], *w.rng.sample(waiting, min(OFFERED, len(waiting)))]
    for index in dict.fromkeys(chosen):
        w.stories[index] = replace(
            w.stories[index], offered=True, declined_by=None, age_s=w.rng.randint(15, 120)
        )


def _mark_safety(w: Writing) -> None:
    """A chain of safety cases through the day, by technicians who may do gas work."""
    fit = [
        (story.leg.depart, story.leg.ended, i)
        for i, story in enumerate(w.stories)
        if story.leg is not None
        and story.leg.day == 0
        and story.outcome == "fixed"
        and duration_of(w.rules, story.symptom) == duration_of(w.rules, "GAS_SMELL")
        and "GAS_WORK" in w.world.technicians[story.leg.technician_id].skills
    ]
    covered = 0
    for moment in range(0, DAY, SAFETY_EVERY_S):
        under_way = [(ended, i) for depart, ended, i in fit if depart <= moment < ended]
        if moment >= covered and under_way:
            covered, index = max(under_way)
            w.stories[index] = replace(w.stories[index], safety=True, declined_by=None)


def _mark_escalated(w: Writing) -> None:
    today = [i for i, s in enumerate(w.stories) if s.leg is not None and s.leg.day >= 0 and not s.safety]
    for index in w.rng.sample(today, ESCALATED):
        w.stories[index] = replace(w.stories[index], escalated=True)


def _leg(story: Story) -> Leg:
    assert story.leg is not None
    return story.leg


def day_of(base_day: date, offset: int) -> date:
    """The operating day so many days from the seeded one."""
    return base_day + timedelta(days=offset)


__all__: Sequence[str] = ("Stories", "Writing", "day_of", "draw_story", "drive_shift", "write_stories")
