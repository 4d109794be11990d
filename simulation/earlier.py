"""Last week's tickets, long done: the happy-call desk has asked about them, whatever weekday it is. Pure."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace

from core.dated import CompanyRules
from dispatch.open_visits import skills_of
from simulation.happenings import symptom_for
from simulation.shapes import SEED, CrewShift, HomeSpec, World
from simulation.stories import Stories, Writing, draw_story, drive_shift
from simulation.story_shapes import Story

EARLIER = 100
EARLIER_DAYS = range(-7, -2)
"""Back far enough that on any weekday most of the families have been rung."""
HAPPY = {"good": 82, "tried_out": 10, "refused": 4, "overcharged": 4}
BACK_DAY, AGAIN_DAY = -9, -5
"""Visited in vain, and again after the happy call: between them lies a working day on any weekday."""


def add_earlier(stories: Stories, *, world: World, rules: CompanyRules) -> Stories:
    """The same stories and, behind them, those of last week, from a stream of their own."""
    rng = random.Random(SEED + 2)
    w = Writing(world, rules, rng, _free_homes(world, stories, rng), list(stories.all), dict(stories.lunches))
    free = [s for s in world.shifts if s.kind == "day" and BACK_DAY <= s.day <= EARLIER_DAYS[-1]]
    rng.shuffle(free)
    for company_id in world.makers:
        _tell_reopened(w, [s for s in free if s.company_id == company_id], free)
    for shift in free:
        if len(w.stories) >= len(stories.all) + EARLIER:
            break
        if shift.day in EARLIER_DAYS:
            _tell_done(w, shift)
    return Stories(tuple(w.stories), w.lunches)


def _free_homes(world: World, stories: Stories, rng: random.Random) -> dict[int, list[HomeSpec]]:
    taken = {story.home_id for story in stories.all}
    pools: dict[int, list[HomeSpec]] = defaultdict(list)
    for home in world.homes.values():
        if home.id not in taken and home.plannable:
            pools[home.point_id].append(home)
    for pool in pools.values():
        rng.shuffle(pool)
    return pools


def _tell_done(w: Writing, shift: CrewShift) -> None:
    """One visit that did its work."""
    story = _draw(w, shift)
    if story is not None:
        happy = w.rng.choices(list(HAPPY), list(HAPPY.values()))[0]
        w.append(replace(story, happy=happy))


def _tell_reopened(w: Writing, shifts: list[CrewShift], free: list[CrewShift]) -> None:
    """One visit that helped for a day only, and another technician's after the family had said so."""
    for first in shifts:
        if first.day != BACK_DAY or not w.pools[first.point_id]:
            continue
        story = _draw(w, first)
        if story is None:
            continue
        for second in shifts:
            if _may_go_again(w, story, first, second):
                route = drive_shift(w, second, [story])
                if 0 in route.legs:
                    again = replace(story, second=route.legs[0], second_window=route.windows[0])
                    w.append(replace(again, happy="not_fixed"))
                    free.remove(second)
                    return
        w.pools[first.point_id].append(w.world.homes[story.home_id])


def _may_go_again(w: Writing, story: Story, first: CrewShift, second: CrewShift) -> bool:
    skills = w.world.technicians[second.technician_id].skills
    return (
        second.day == AGAIN_DAY
        and second.point_id == first.point_id
        and second.technician_id != first.technician_id
        and skills_of(w.rules, story.symptom) <= skills
    )


def _draw(w: Writing, shift: CrewShift) -> Story | None:
    """A home of the shift's point with its visit; None when none is left or the way is too far."""
    pool = w.pools[shift.point_id]
    if not pool:
        return None
    home = pool.pop()
    skills = w.world.technicians[shift.technician_id].skills
    story = draw_story(w, "visit", home, symptom_for(w.rng, skills, w.rules))
    route = drive_shift(w, shift, [story])
    if 0 not in route.legs:
        pool.insert(0, home)
        return None
    return replace(story, leg=route.legs[0], window=route.windows[0])
