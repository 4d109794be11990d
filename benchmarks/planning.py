"""Plans beside the peers': the same problems, the same processor seconds, one evaluator.

Held-out seeds: nothing was tuned on them. `python3 run.py bench planning`; a quick look with
`ONDOL_BENCH_SEEDS=1 ONDOL_BENCH_SHARE=0.2`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, thread_time

from benchmarks.instances import SCALE, read_instances
from benchmarks.peers import PEERS, judged_cost
from scheduling import (
    Ask,
    Job,
    PlanningProblem,
    QuoteBoard,
    evaluate_plan,
    insert_greedy,
    insert_job,
    rank_boards,
    rank_on,
    rank_windows,
)
from scheduling.engine import Effort, improve_routes
from scheduling.generate import generate_day, generate_routes, with_hard_due, with_kept_promises
from scheduling.plan import Sequences

SEEDS = int(os.environ.get("ONDOL_BENCH_SEEDS", "5"))
SHARE = float(os.environ.get("ONDOL_BENCH_SHARE", "1"))
FOLDER = os.environ.get("ONDOL_BENCH_INSTANCES")
INSTANCES = Path(FOLDER) if FOLDER else None
LONG_SECONDS = 60.0
"""Of the search that says how good a plan can be, where a row asks for it."""
MOST_OFF = 1.08
"""Beside the best plan known."""
INSTANCE_SECONDS = 30.0
"""For each hundred stops of a public instance."""
FIRST_SEED = 9_100
POINTS = 150
HOUR = 3600


@dataclass(frozen=True)
class Cell:
    """One row of the table: problems by seed, processor seconds, the peers, and what must be reached.

    `sounded`: a long search is made too, and a missed ratio stands beside that of the best plan known.
    """

    name: str
    make: Callable[[int], PlanningProblem]
    seconds: float
    peers: tuple[str, ...]
    must: tuple[tuple[str, float], ...] = ()
    sounded: bool = False


def _late_promises(seed: int) -> PlanningProblem:
    """A third of the families have a window agreed, wherever their due lies: much is late in every plan."""
    return generate_day(technicians=10, jobs=70, seed=seed, side_km=30 if seed % 2 else 60)


def _normal(seed: int) -> PlanningProblem:
    return with_kept_promises(_late_promises(seed))


def _normal_hard(seed: int) -> PlanningProblem:
    return with_hard_due(_normal(seed))


def _region(seed: int) -> PlanningProblem:
    day = generate_day(technicians=60, jobs=600, seed=seed, side_km=75)
    return with_hard_due(with_kept_promises(day), rules=False)


def _cold_snap(seed: int) -> PlanningProblem:
    return with_hard_due(with_kept_promises(generate_day(technicians=10, jobs=300, seed=seed)), rules=False)


def _routes(family: str, customers: int) -> Callable[[int], PlanningProblem]:
    return lambda seed: generate_routes(customers=customers, seed=seed, family=family)


THREE = ("PyVRP", "VROOM", "OR-Tools, tuned")
TWO = ("PyVRP", "VROOM")
FULL = ("VROOM", "VROOM, overtime", "OR-Tools, tutorial", "OR-Tools, tuned")
ROUTING = (("R1", 100), ("R2", 100), ("RC1", 200), ("C2", 200), ("R1", 400))
CELLS = (
    Cell("normal, hard", _normal_hard, 5, THREE, (("PyVRP", 0.97), ("VROOM", 0.98)), sounded=True),
    Cell("normal, hard, lunch", lambda s: with_hard_due(_normal(s), lunch=True), 5, THREE[1:]),
    Cell(
        "normal, full",
        _normal,
        5,
        FULL,
        (("OR-Tools, tutorial", 0.88), ("VROOM, overtime", 0.68)),
        sounded=True,
    ),
    Cell("late promises, hard", lambda s: with_hard_due(_late_promises(s)), 5, THREE),
    Cell("late promises, full", _late_promises, 5, FULL),
    Cell("cold snap, plain", _cold_snap, 5, THREE, (("PyVRP", 0.97), ("VROOM", 0.97))),
    Cell("region, plain", _region, 20, TWO, (("PyVRP", 0.75), ("VROOM", 0.75))),
    *(Cell(f"{family}, {size} stops", _routes(family, size), 20, TWO) for family, size in ROUTING),
)


WORKERS_CELLS = ("normal, hard", "normal, full", "cold snap, plain", "region, plain")


def bench_plan() -> int:
    """Print the tables; 1 when a figure that must be reached was missed."""
    print("Cost of our plan / the peer's, median (lowest-highest) of the seeds, equal processor seconds; our")
    print(
        "plan: jobs served, late minutes and travel kilometres at 25 km/h a technician, medians. Best known:"
    )
    print(f"our plan / the cheapest of all these and of a search of {LONG_SECONDS * SHARE:g} s\n")
    print("| day | s | " + " | ".join(PEERS) + " | best known | served | late min | km | must |")
    print("|---" * (len(PEERS) + 7) + "|")
    missed = [line for cell in CELLS for line in _measure(cell)]
    print()
    _print_instances()
    _print_workers()
    _print_requests()
    for line in missed:
        print(f"missed: {line}")
    return int(bool(missed))


def _measure(cell: Cell) -> list[str]:
    """Print one row; returns what was missed."""
    ratios: dict[str, list[float]] = {peer: [] for peer in cell.peers}
    least: dict[str, list[float]] = {peer: [] for peer in cell.peers}
    off, shapes = [], []
    seconds = cell.seconds * SHARE
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        problem = cell.make(seed)
        ours = _ours(problem, seconds, seed)
        shapes.append(_shape(problem, ours))
        cost = judged_cost(problem, ours)
        assert cost is not None, "our own plan breaks a rule"
        judged = {peer: judged_cost(problem, PEERS[peer](problem, seconds, seed)) for peer in cell.peers}
        theirs = {peer: max(1, found) for peer, found in judged.items() if found is not None}
        best = min(cost, _sounding(problem, seed) if cell.sounded else cost, *theirs.values())
        off.append(cost / max(1, best))
        for peer, found in theirs.items():
            ratios[peer].append(cost / found)
            least[peer].append(best / found)
    columns = [_spread(ratios.get(peer)) for peer in PEERS] + [_spread(off if cell.sounded else None)]
    served, late, kilometres = (median(values) for values in zip(*shapes, strict=True))
    jobs = len(problem.jobs)
    must = ", ".join(f"{peer} {limit:g}" for peer, limit in cell.must)
    columns += [f"{served:g}/{jobs}", f"{late:.0f}", f"{kilometres:.0f}", must]
    print(f"| {cell.name} | {seconds:g} | " + " | ".join(columns) + " |", flush=True)
    missed = [
        f"{cell.name}: {peer} {median(ratios[peer]):.3f}, must be {limit:g};"
        f" with the best plans known {median(least[peer]):.3f}"
        for peer, limit in cell.must
        if ratios[peer] and median(ratios[peer]) > limit
    ]
    if cell.sounded and median(off) > MOST_OFF:
        missed.append(f"{cell.name}: {median(off):.3f} of the best known, must be {MOST_OFF:g}")
    return missed


def _sounding(problem: PlanningProblem, seed: int) -> int:
    """What a long search with a seed of its own finds."""
    cost = judged_cost(problem, _ours(problem, LONG_SECONDS * SHARE, seed + 1))
    assert cost is not None, "our own plan breaks a rule"
    return cost


def _ours(problem: PlanningProblem, seconds: float, seed: int) -> Sequences:
    effort = Effort(thread_time() + seconds, seed=seed, processor_clock=True)
    return improve_routes(problem, [], effort)


def _shape(problem: PlanningProblem, sequences: Sequences) -> tuple[int, float, float]:
    """Jobs served, minutes late in all, kilometres a technician."""
    plan = evaluate_plan(problem, sequences)
    late = 0
    for route in plan.routes:
        for stop in route.stops:
            due = problem.jobs[problem.job_index[stop.job]].due
            late += 0 if due is None else max(0, stop.start - due)
    served = sum(len(route.stops) for route in plan.routes)
    return served, late / 60, plan.travel * 25 / HOUR / max(1, len(problem.technicians))


def _spread(values: list[float] | None) -> str:
    if values is None:
        return ""
    if not values:
        return "breaks a rule"
    return f"{median(values):.3f} ({min(values):.3f}-{max(values):.3f})"


def _print_instances() -> None:
    """Public instances, when a folder of them is named: cost / the best known."""
    if INSTANCES is None:
        return
    print("| instance | s | our cost | best known | / |\n|---|---|---|---|---|")
    for problem, best in read_instances(INSTANCES):
        seconds = INSTANCE_SECONDS * len(problem.jobs) / 100 * SHARE
        cost = judged_cost(problem, _ours(problem, seconds, FIRST_SEED))
        assert cost is not None, "our own plan breaks a rule"
        ours = cost / SCALE
        print(f"| {problem.name} | {seconds:g} | {ours:.1f} | {best:.1f} | {ours / best:.4f} |", flush=True)
    print()


def _print_workers() -> None:
    """Two threads beside one for the same wall seconds; how much of two cores they got stands beside it."""
    print("| two workers / one, equal wall seconds | s | cost | processor s, two | one |")
    print("|---|---|---|---|---|")
    for cell in CELLS:
        if cell.name not in WORKERS_CELLS:
            continue
        ratios, used = [], []
        for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
            problem = cell.make(seed)
            runs = [_on_the_wall(problem, cell.seconds * SHARE, seed, workers) for workers in (1, 2)]
            ratios.append(runs[1][0] / max(1, runs[0][0]))
            used.append((runs[1][1], runs[0][1]))
        two, one = (median(values) for values in zip(*used, strict=True))
        print(
            f"| {cell.name} | {cell.seconds * SHARE:g} | {_spread(ratios)} | {two:.1f} | {one:.1f} |",
            flush=True,
        )
    print()


def _on_the_wall(problem: PlanningProblem, seconds: float, seed: int, workers: int) -> tuple[int, float]:
    """Cost, and the processor seconds that the search got."""
    began = process_time()
    found = improve_routes(problem, [], Effort(perf_counter() + seconds, workers=workers, seed=seed))
    used = process_time() - began
    cost = judged_cost(problem, found)
    assert cost is not None, "our own plan breaks a rule"
    return cost, used


def _print_requests() -> None:
    """What a request costs in processor time: an insertion, and ten two-hour windows of a point or of all."""
    problem = _normal(FIRST_SEED)
    sequences = _ours(problem, 1.0, 1)
    windows = [(hour * HOUR, (hour + 2) * HOUR) for hour in range(8, 18)]
    board, country = QuoteBoard(problem, sequences), _country()
    asked: dict[str, Callable[[Job], object]] = {
        "one insertion": lambda job: insert_job(problem, sequences, job.id),
        "ten windows quoted, the board made anew": lambda job: rank_windows(problem, sequences, job, windows),
        "ten windows quoted on a board that is kept": lambda job: rank_on(Ask(board, job, windows)),
        f"ten windows quoted at {POINTS} points": lambda job: rank_boards(
            [Ask(point, replace(job, id="new"), windows) for point in country], most=10
        ),
    }
    print("| a request | p50 ms | p95 ms |\n|---|---|---|")
    for name, ask in asked.items():
        taken = sorted(_milliseconds(ask, job) for job in problem.jobs)
        print(f"| {name} | {median(taken):.2f} | {taken[len(taken) * 95 // 100]:.2f} |")
    print()


def _country() -> list[QuoteBoard]:
    days = (generate_day(technicians=10, jobs=70, seed=FIRST_SEED + k) for k in range(POINTS))
    return [QuoteBoard(day, insert_greedy(day).sequences) for day in days]


def _milliseconds(ask: Callable[[Job], object], job: Job) -> float:
    started = thread_time()
    ask(job)
    return (thread_time() - started) * 1000


if __name__ == "__main__":
    raise SystemExit(bench_plan())
