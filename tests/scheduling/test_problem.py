"""Reading problems: what is good comes back unchanged, what is bad is named by its path."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

from scheduling import (
    PlanningProblem,
    ProblemError,
    insert_greedy,
    parse_problem,
    parse_sequences,
    plan_to_json,
    problem_to_json,
    travel_from_points,
)
from scheduling.generate import generate_day, with_prefixes

EXAMPLE: dict[str, Any] = {
    "format": "ondol-problem/1",
    "name": "…",
    "travel": {"matrix": [[0, 600, 300], [610, 0, 420], [310, 400, 0]]},
    "technicians": [
        {
            "id": "t1",
            "start": 2,
            "end": 2,
            "shift": [32400, 64800],
            "max_overtime": 3600,
            "overtime_cost": 3,
            "lunch": {"earliest": 41400, "latest": 46800, "duration": 3600},
            "skills": ["GAS_WORK"],
            "capacity": None,
        }
    ],
    "jobs": [
        {
            "id": "j1",
            "location": 0,
            "duration": 1800,
            "window": [32400, 43200],
            "due": 36000,
            "lateness_cost": 10,
            "drop_cost": 80000,
            "mandatory": False,
            "skills": ["GAS_WORK"],
            "technician": None,
            "demand": 0,
        },
        {
            "id": "j2",
            "location": 1,
            "duration": 2400,
            "window": [32400, 61200],
            "due": None,
            "lateness_cost": 0,
            "drop_cost": 6000,
        },
    ],
    "fixed": [{"technician": "t1", "jobs": ["j2"]}],
}


def test_the_contract_example_is_planned() -> None:
    problem = parse_problem(EXAMPLE)
    plan = insert_greedy(problem)
    assert plan.sequences == {"t1": ["j2", "j1"]}
    assert plan.travel == 400 + 610 + 300
    body = plan_to_json(plan)
    assert body["cost"] == body["travel"] + body["overtime"] + body["lateness"] + body["dropped"]
    assert parse_sequences(json.loads(json.dumps(body))) == plan.sequences


def test_round_trip() -> None:
    day = generate_day(technicians=3, jobs=9, seed=1)
    problem = with_prefixes(day, insert_greedy(day).sequences)
    again = parse_problem(json.loads(json.dumps(problem_to_json(problem))))
    assert problem_to_json(again) == problem_to_json(problem)


BAD: list[tuple[str, Any, str]] = [
    ("format", "ondol-problem/2", "format"),
    ("technicians", None, "technicians"),
    ("technicians", {}, "technicians"),
    ("travel.matrix", [[0, 1], [1, 0], [1, 2]], "travel.matrix[0]"),
    ("travel.matrix.1.2", -1, "travel.matrix[1][2]"),
    ("travel.matrix.1.2", 1.5, "travel.matrix[1][2]"),
    ("travel.matrix.1.2", True, "travel.matrix[1][2]"),
    ("travel.matrix.1.2", 10**12, "travel.matrix[1][2]"),
    ("travel", {"points": [[37, 127]], "detour": 0, "speed_kmh": 20}, "travel.detour"),
    ("travel", {"points": [[37, 127]], "detour": 1}, "travel.speed_kmh"),
    ("travel", {"points": [[37, 527]], "detour": 1, "speed_kmh": 20}, "travel.points[0]"),
    ("travel", {"points": [[37, float("nan")]], "detour": 1, "speed_kmh": 20}, "travel.points[0]"),
    ("technicians.0.start", 3, "technicians[0].start"),
    ("technicians.0.shift", [2, 1], "technicians[0].shift"),
    ("technicians.0.shift", [2], "technicians[0].shift"),
    ("technicians.0.lunch.latest", 1, "technicians[0].lunch"),
    ("technicians.0.lunch.duration", None, "technicians[0].lunch.duration"),
    ("technicians.0.skills", "GAS", "technicians[0].skills"),
    ("technicians.0.capacity", -1, "technicians[0].capacity"),
    ("jobs.0", 7, "jobs[0]"),
    ("jobs.1.id", "j1", "jobs[1].id"),
    ("jobs.0.id", "", "jobs[0].id"),
    ("jobs.0.id", 5, "jobs[0].id"),
    ("jobs.0.location", 9, "jobs[0].location"),
    ("jobs.0.location", -1, "jobs[0].location"),
    ("jobs.0.duration", "30", "jobs[0].duration"),
    ("jobs.0.window", [5, 4], "jobs[0].window"),
    ("jobs.0.drop_cost", None, "jobs[0].drop_cost"),
    ("jobs.0.drop_cost", 10**15, "jobs[0].drop_cost"),
    ("jobs.0.mandatory", 1, "jobs[0].mandatory"),
    ("jobs.0.mandatory", "yes", "jobs[0].mandatory"),
    ("jobs.0.technician", "t9", "jobs[0].technician"),
    ("fixed.0.technician", "t9", "fixed[0].technician"),
    ("fixed.0.jobs", ["j1", "j1"], "fixed[0].jobs[1]"),
    ("fixed.0.jobs", ["j9"], "fixed[0].jobs[0]"),
    ("fixed", [{"technician": "t1", "jobs": []}, {"technician": "t1", "jobs": []}], "fixed[1].technician"),
]


@pytest.mark.parametrize(("where", "value", "path"), BAD)
def test_malformed_problems_are_named_by_path(where: str, value: object, path: str) -> None:
    data = copy.deepcopy(EXAMPLE)
    target: Any = data
    *parents, last = where.split(".")
    for key in parents:
        target = target[int(key) if key.isdigit() else key]
    target[int(last) if last.isdigit() else last] = value
    with pytest.raises(ProblemError) as caught:
        parse_problem(data)
    assert caught.value.path == path
    assert "\n" not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize("data", [None, [], "x", 3, {}])
def test_what_is_no_problem_at_all(data: object) -> None:
    with pytest.raises(ProblemError):
        parse_problem(data)


def test_a_job_under_way_with_another_technician_than_pinned() -> None:
    data = copy.deepcopy(EXAMPLE)
    data["technicians"].append({**data["technicians"][0], "id": "t2"})
    data["jobs"][1]["technician"] = "t2"
    with pytest.raises(ProblemError, match=r"fixed\[0\].jobs\[0\]"):
        parse_problem(data)


def test_travel_from_points_is_great_circle_with_detour() -> None:
    matrix = travel_from_points([(37.0, 127.0), (38.0, 127.0)], detour=1.5, speed_kmh=60.0)
    assert matrix.tolist() == [[0, 10008], [10008, 0]]


def test_a_matrix_must_be_square_whole_numbers() -> None:
    with pytest.raises(ProblemError, match=r"travel\.matrix"):
        PlanningProblem((), (), np.zeros((2, 3), dtype=np.int32))
    with pytest.raises(ProblemError, match=r"travel\.matrix"):
        PlanningProblem((), (), np.zeros((2, 2), dtype=np.float64))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data", [None, {"format": "ondol-plan/1"}, {"format": "ondol-plan/1", "routes": [{"stops": 1}]}]
)
def test_plans_that_cannot_be_read(data: object) -> None:
    with pytest.raises(ProblemError):
        parse_sequences(data)
