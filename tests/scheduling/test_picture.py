"""The page of a plan: every job is on it, with the figures of the plan, and nothing from elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from scheduling import (
    FixedPrefix,
    Job,
    Lunch,
    Plan,
    PlanningProblem,
    Technician,
    evaluate_plan,
    explain_unserved,
    insert_greedy,
)
from scheduling.generate import generate_day
from scheduling.picture import render_page
from scheduling.picture.lanes import choose_hours, draw_lanes
from scheduling.picture.page import clock_words
from scheduling.picture.places import place_on_map


@pytest.fixture(scope="module")
def full_day() -> tuple[PlanningProblem, Plan]:
    problem = generate_day(technicians=4, jobs=40, seed=5)
    return problem, explain_unserved(problem, insert_greedy(problem))


def _problem(**changes: object) -> PlanningProblem:
    person = Technician("t1", 0, 0, (32_400, 64_800), 3_600, 3, Lunch(41_400, 46_800, 3_600))
    jobs = (
        Job("j<1>", 1, 1_800, (32_400, 61_200), 6_000, due=32_400, lateness_cost=1),
        Job("j2", 2, 1_800, (32_400, 61_200), 6_000, skills=frozenset({"GAS_WORK"})),
    )
    matrix = np.array([[0, 600, 900], [600, 0, 700], [900, 700, 0]], dtype=np.int32)
    return replace(PlanningProblem((person,), jobs, matrix, name="강남 & 서초"), **changes)  # type: ignore[arg-type]


def test_every_job_is_drawn_once_or_listed_as_left_out(
    full_day: tuple[PlanningProblem, Plan],
) -> None:
    problem, plan = full_day
    page = render_page(problem, plan)
    bars = re.findall(r"<title>(\S+) \d\d:\d\d–[^<]*가능한 시각", page)
    rows = re.findall(r'<tr>\s*<th scope="row">([^<]+)</th>', page)
    assert plan.unserved
    assert Counter(bars) + Counter(rows) == Counter(job.id for job in problem.jobs)
    assert f"{plan.cost:,}" in page and f"{len(bars)} / {len(problem.jobs)}" in page


def test_the_page_is_whole_and_asks_nobody_for_anything(full_day: tuple[PlanningProblem, Plan]) -> None:
    page = render_page(*full_day)
    assert not re.search(r"""(src|href)\s*=|url\(|@import|https?://""", page)
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(drawing)


def test_names_are_text_and_never_markup() -> None:
    problem = _problem()
    page = render_page(problem, evaluate_plan(problem, {"t1": ["j<1>"]}))
    assert "j&lt;1&gt;" in page and "j<1>" not in page
    assert "강남 &amp; 서초" in page


def test_a_lane_has_its_ways_lunch_lateness_and_what_is_under_way() -> None:
    problem = _problem(fixed=(FixedPrefix("t1", ("j<1>",)),))
    (lane,) = draw_lanes(problem, evaluate_plan(problem, {"t1": ["j<1>"]}))
    assert (lane.legs[0].start, lane.legs[0].end) == (32_400, 33_000)
    assert lane.late == 600 and lane.work[0].late == 600 and lane.work[0].fixed
    assert lane.lunch is not None and lane.lunch.end - lane.lunch.start == 3_600


def test_hours_hold_everything_and_stay_legible() -> None:
    problem = _problem(technicians=(replace(_problem().technicians[0], shift=(-7_200, 300_000)),))
    lanes = draw_lanes(problem, evaluate_plan(problem, {"t1": []}))
    hours = choose_hours(lanes)
    assert hours.span.start <= -7_200 and hours.span.end >= 300_000
    assert len(hours.marks) <= 22
    assert choose_hours(()).marks


def test_reasons_of_one_rule_stand_together_with_what_helps() -> None:
    problem = _problem(technicians=tuple(replace(_problem().technicians[0], id=f"t{n}") for n in range(9)))
    page = render_page(problem, explain_unserved(problem, evaluate_plan(problem, {"t0": ["j<1>"]})))
    assert page.count("필요한 자격(GAS_WORK)") == 1
    assert "자격(GAS_WORK)이 있는 기사를 배정하거나" in page


def test_words_come_from_the_readers_catalogue() -> None:
    problem = _problem()
    page = render_page(problem, evaluate_plan(problem, {}), translate=lambda _: "in English", language="en")
    assert '<html lang="en">' in page
    assert not re.search("[\uac00-\ud7a3]", page.replace("강남 &amp; 서초", "").split("</style>")[1])


def test_an_empty_problem_has_a_page_too() -> None:
    problem = PlanningProblem((), (), np.zeros((0, 0), dtype=np.int32))
    assert "기사가 없습니다." in render_page(problem, evaluate_plan(problem, {}))


def test_places_without_coordinates_lie_as_far_apart_as_their_travel_times() -> None:
    corners = np.array([(0, 0), (0, 300), (400, 0), (400, 300)], dtype=float)
    apart = np.linalg.norm(corners[:, None] - corners[None, :], axis=2)
    spots = place_on_map(apart.astype(np.int32), None, size=400)
    drawn = np.linalg.norm(spots[:, None] - spots[None, :], axis=2)
    assert np.allclose(drawn / drawn.max(), apart / apart.max(), atol=0.01)


def test_places_with_coordinates_have_north_up() -> None:
    seoul, busan = (37.57, 126.98), (35.18, 129.08)
    (north, south) = place_on_map(np.zeros((2, 2), dtype=np.int32), [seoul, busan], size=100)
    assert north[1] < south[1] and north[0] < south[0]


def test_hours_of_the_day_after_say_so() -> None:
    assert [clock_words(second) for second in (32_700, 90_000, -3_600)] == ["09:05", "01:00 +1", "23:00 -1"]
