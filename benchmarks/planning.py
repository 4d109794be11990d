"""A point's day (10 technicians, 70 tickets): greedy, OR-Tools by the tutorials, and our planner."""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from scheduling import PlanningProblem, evaluate_plan, insert_greedy, insert_job, rank_windows, solve
from scheduling.board import board_sequences, open_board
from scheduling.generate import generate_day
from scheduling.routing_model import SearchLimit, improve_sequences

SECONDS = 5.0
SEEDS = (211, 212, 213)
HOUR = 3600


def bench_plan(seconds: float = SECONDS, seeds: tuple[int, ...] = SEEDS) -> int:
    """Print the table; 1 when our plan was ever worse than greedy insertion, else 0."""
    print(f"A point's day, {seconds:g} s wall, one process; cost: one unit is one second of travel\n")
    print("| day | greedy | OR-Tools, tutorial | ours | ours / tutorial | greedy ms | insert ms | quote ms |")
    print("|---|---|---|---|---|---|---|---|")
    worse = 0
    for seed in seeds:
        problem = generate_day(technicians=10, jobs=70, seed=seed)
        started = perf_counter()
        greedy = insert_greedy(problem)
        greedy_ms = (perf_counter() - started) * 1000
        tutorial = _tutorial_cost(problem, seconds)
        ours = solve(problem, seconds=seconds)
        worse += ours.cost > greedy.cost
        insert_ms, quote_ms = _request_times(problem, ours.sequences)
        print(
            f"| {problem.name} | {greedy.cost:,} | {tutorial:,} | {ours.cost:,} | {ours.cost / tutorial:.2f} "
            f"| {greedy_ms:.0f} | {insert_ms:.2f} | {quote_ms:.2f} |"
        )
    return 1 if worse else 0


def _tutorial_cost(problem: PlanningProblem, seconds: float) -> int:
    """The same model with the settings that OR-Tools' guides show."""
    parameters: Any = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(int(seconds * 1000))
    found = improve_sequences(problem, None, SearchLimit(seconds), parameters=parameters)
    return evaluate_plan(problem, board_sequences(open_board(problem, found))).cost


def _request_times(problem: PlanningProblem, sequences: dict[str, list[str]]) -> tuple[float, float]:
    """Median milliseconds of one insertion, and of ranking ten two-hour windows."""
    windows = [(hour * HOUR, (hour + 2) * HOUR) for hour in range(8, 18)]
    inserts, quotes = [], []
    for job in problem.jobs[:30]:
        started = perf_counter()
        insert_job(problem, sequences, job.id)
        inserts.append((perf_counter() - started) * 1000)
        started = perf_counter()
        rank_windows(problem, sequences, job, windows)
        quotes.append((perf_counter() - started) * 1000)
    return median(inserts), median(quotes)


if __name__ == "__main__":
    raise SystemExit(bench_plan())
