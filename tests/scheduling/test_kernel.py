"""The kernel beside the judge: the same costs to the unit, the same cheapest places, no memory trodden on."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scheduling import PlanningProblem, evaluate_plan
from scheduling.evaluator import time_route
from scheduling.generate import generate_day, generate_routes
from scheduling.kernel.arrays import MANDATORY_WORTH
from scheduling.kernel.binding import KernelSearch
from scheduling.kernel.build import KernelMissingError, build_kernel, find_compiler, kernel_path

ROOT = Path(__file__).resolve().parents[2]
Tiny = Callable[..., PlanningProblem]
PEOPLE = 3


def worth(problem: PlanningProblem, job: int) -> int:
    return problem.jobs[job].drop_cost + MANDATORY_WORTH * problem.jobs[job].mandatory


def judged(problem: PlanningProblem, technician: int, jobs: list[int]) -> int | None:
    """Travel, lateness and overtime of one route by the evaluator; None: not allowed."""
    capacity = problem.technicians[technician].capacity
    if capacity is not None and sum(problem.jobs[job].demand for job in jobs) > capacity:
        return None
    timed = time_route(problem, technician, jobs)
    return None if timed is None else timed.cost


def draw_route(problem: PlanningProblem, rng: random.Random) -> tuple[int, list[int], list[int]]:
    """A technician, a route of jobs that he may serve, and the rest of those jobs."""
    technician = rng.randrange(PEOPLE)
    able = [job for job in range(len(problem.jobs)) if problem.may_serve(technician, job)]
    rng.shuffle(able)
    length = rng.randint(0, min(9, len(able)))
    return technician, able[:length], able[length:]


def problems(tiny_problem: Tiny, seed: int) -> PlanningProblem:
    if seed % 3 == 0:
        return generate_day(technicians=PEOPLE, jobs=12, seed=seed)
    return tiny_problem(seed, jobs=1 + seed % 9, technicians=PEOPLE, rich=seed % 3 == 1)


def test_route_costs_are_the_judges(tiny_problem: Tiny) -> None:
    fitting = 0
    for seed in range(900):
        problem, rng = problems(tiny_problem, seed), random.Random(seed)
        search = KernelSearch(problem, seed=seed)
        for _ in range(6):
            technician, jobs, _ = draw_route(problem, rng)
            routes: list[list[int]] = [[] for _ in range(PEOPLE)]
            routes[technician] = jobs
            expected = judged(problem, technician, jobs)
            left = sum(worth(problem, job) for job in range(len(problem.jobs)) if job not in jobs)
            assert search.load_routes(routes) == (None if expected is None else expected + left)
            fitting += bool(jobs) and expected is not None
        search.close()
    assert fitting > 1_000


def test_cheapest_places_are_the_judges(tiny_problem: Tiny) -> None:
    found = 0
    for seed in range(400):
        problem, rng = problems(tiny_problem, seed), random.Random(seed)
        search = KernelSearch(problem, seed=seed)
        technician, jobs, others = draw_route(problem, rng)
        before = judged(problem, technician, jobs)
        if before is not None:
            search.load_routes([jobs if t == technician else [] for t in range(PEOPLE)])
            for job in others:
                trials = [
                    judged(problem, technician, [*jobs[:k], job, *jobs[k:]]) for k in range(len(jobs) + 1)
                ]
                added = min((cost - before for cost in trials if cost is not None), default=None)
                place = search.cheapest_place(technician, job)
                assert (None if place is None else place[0]) == added
                if place is not None and added is not None:
                    assert search.cheapest_place(technician, job, below=added) is None
                    assert search.cheapest_place(technician, job, below=added + 1) == place
                    found += 1
        search.close()
    assert found > 300


@pytest.mark.parametrize("seed", range(8))
def test_the_running_cost_is_the_judges(tiny_problem: Tiny, seed: int) -> None:
    problem = tiny_problem(seed + 1000, jobs=8, technicians=PEOPLE, prefix=seed % 2 == 0, rich=seed % 4 > 1)
    search = KernelSearch(problem, seed=seed)
    search.load_routes(search.prefixes)
    for _ in range(20):
        search.run(steps=100, temperature=5.0, pool_share=0.1)
        routes = search.best_routes()
        plan = evaluate_plan(
            problem,
            {p.id: [problem.jobs[j].id for j in r] for p, r in zip(problem.technicians, routes, strict=True)},
        )
        mandatory = sum(problem.jobs[problem.job_index[left.job]].mandatory for left in plan.unserved)
        assert search.best_cost == plan.cost + mandatory * MANDATORY_WORTH
        assert search.best_cost <= search.cost
    search.close()


def test_columns_cost_what_the_judge_says() -> None:
    problem = generate_day(technicians=5, jobs=35, seed=3)
    search = KernelSearch(problem, seed=1)
    search.fill(1)
    search.run(steps=5_000, temperature=200.0, pool_share=0.2)
    columns = search.columns(500)
    assert len(columns) > 50
    for column in columns:
        assert judged(problem, column.technician, list(column.jobs)) == column.cost
    search.close()


def test_people_who_are_alike_are_one_choice() -> None:
    problem = generate_routes(customers=20, seed=1)
    search = KernelSearch(problem, seed=1)
    assert set(search.twins) == {0}
    search.fill(1)
    assert sum(map(len, search.best_routes())) == 20
    search.close()


def test_the_kernel_is_built_once_and_refused_in_one_line(tmp_path: Path) -> None:
    path = build_kernel(tmp_path)
    assert path == kernel_path(tmp_path)
    assert build_kernel(tmp_path, ("false",)) == path
    path.unlink()
    with pytest.raises(KernelMissingError, match="--engine ortools"):
        build_kernel(tmp_path, ("false",))
    assert list(tmp_path.iterdir()) == []


SANITISED = """
import ctypes, sys
sys.path.insert(0, sys.argv[1])
from scheduling.kernel import binding
binding.build_kernel = lambda: sys.argv[2]
from scheduling.generate import generate_day, generate_routes
from dataclasses import replace
day = generate_day(technicians=4, jobs=40, seed=1)
pinned = [replace(job, after=f"j{k}") if k % 3 else job for k, job in enumerate(day.jobs)]
for problem in (day, replace(day, jobs=tuple(pinned)), generate_routes(customers=30, seed=2)):
    search = binding.KernelSearch(problem, seed=1)
    for order in range(7):
        search.load_routes(search.prefixes)
        search.fill(order)
    search.run(steps=3_000, temperature=300.0, pool_share=0.3)
    search.return_to_best()
    assert search.columns(50)
    search.close()
from scheduling import Ask, QuoteBoard, insert_greedy, rank_boards
days = [generate_day(technicians=4, jobs=40, seed=seed) for seed in (1, 2)]
boards = [QuoteBoard(day, insert_greedy(day).sequences) for day in days]
windows = [(hour * 3600, (hour + 2) * 3600) for hour in range(8, 18)]
boards.append(QuoteBoard(generate_day(technicians=2, jobs=0, seed=1)))
found = []
for job in days[0].jobs:
    asks = [Ask(board, job, windows[: 2 + 4 * at], location=min(at, 1)) for at, board in enumerate(boards)]
    found += rank_boards(asks, most=9)
assert {offer.ask for offer in found} == {0, 1, 2}
del asks, boards
empty = binding.KernelSearch(generate_day(technicians=1, jobs=0, seed=1), seed=1)
empty.run(steps=10, temperature=1.0)
empty.close()
print("sound")
"""


def test_no_undefined_behaviour(tmp_path: Path) -> None:
    """The same search under the compiler's address and undefined-behaviour checks."""
    compiler = find_compiler()
    assert compiler is not None
    path = tmp_path / "checked.so"
    flags = ["-std=c11", "-O1", "-g", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror"]
    checks = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    sources = map(str, sorted((ROOT / "scheduling" / "kernel").glob("*.c")))
    subprocess.run([*compiler, *flags, *checks, "-o", str(path), *sources, "-lm"], check=True)
    runtime = subprocess.run(
        [*compiler, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    done = subprocess.run(
        [sys.executable, "-c", SANITISED, str(ROOT), str(path)],
        env={"LD_PRELOAD": runtime, "ASAN_OPTIONS": "detect_leaks=0", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "sound\n", done.stderr[-2000:]
