"""Choosing the final routes: CP-SAT takes, from all good routes seen, the set that costs least.

This is how what several searches have found is merged: every job once or left out, every technician once.
The model is given to CP-SAT's own interface; OR-Tools' modelling layer imports pandas (1.5 s).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import Any

from scheduling.kernel.arrays import MANDATORY_WORTH
from scheduling.kernel.binding import Column
from scheduling.problem import PlanningProblem

Routes = list[list[int]]
ASK_SECONDS = 0.05


def choose_routes(
    problem: PlanningProblem,
    columns: Sequence[Column],
    *,
    twins: Sequence[int],
    present: Routes,
    effort: float,
    seconds: float,
    seed: int = 1,
    stopped: Callable[[], bool] | None = None,
) -> Routes | None:
    """Routes by technician, or None when CP-SAT found none in time.

    `present` is a plan made of such columns, from which it starts. `effort` is deterministic time (about
    seconds of one thread), so that runs repeat; `seconds` of wall time is the emergency brake; `stopped` is
    asked all the time, and True ends the choice with what there is.
    """
    sat = load_selection()
    kinds = Counter(twins)
    locked = {t for t in range(len(present)) if problem.prefixes[t] and twins[t] == t}
    model = sat.CpModelProto()
    chosen_now = {(twins[t], frozenset(route)) for t, route in enumerate(present) if route}
    by_job: list[list[int]] = [[] for _ in problem.jobs]
    by_kind: dict[int, list[int]] = {kind: [] for kind in kinds}
    hint: list[int] = []
    for k, column in enumerate(columns):
        _add_choice(model, column.cost)
        hint.append((column.technician, frozenset(column.jobs)) in chosen_now)
        by_kind[column.technician].append(k)
        for job in column.jobs:
            by_job[job].append(k)
    served = {job for route in present for job in route}
    for job, choices in enumerate(by_job):
        work = problem.jobs[job]
        absent = _add_choice(model, work.drop_cost + MANDATORY_WORTH * work.mandatory)
        hint.append(job not in served)
        model.constraints.add().exactly_one.literals.extend([*choices, absent])
    for kind, choices in by_kind.items():
        if kind in locked and present[kind]:
            # What is under way is in each of his columns: he cannot be without one.
            model.constraints.add().exactly_one.literals.extend(choices)
        elif kinds[kind] == 1:
            model.constraints.add().at_most_one.literals.extend(choices)
        elif choices:
            several = model.constraints.add().linear
            several.vars.extend(choices)
            several.coeffs.extend([1] * len(choices))
            several.domain.extend([0, kinds[kind]])
    model.solution_hint.vars.extend(range(len(hint)))
    model.solution_hint.values.extend([int(value) for value in hint])
    parameters = sat.SatParameters()
    parameters.num_workers = 1
    parameters.random_seed = seed % 2**30
    parameters.max_deterministic_time = effort
    parameters.max_time_in_seconds = seconds
    solution = _solve(sat, model, parameters, stopped)
    if solution is None:
        return None
    return _read_routes(columns, solution, twins)


def load_selection() -> Any:
    """CP-SAT's own interface; a request that only inserts never pays for it."""
    from ortools.sat.python import cp_model_helper

    return cp_model_helper


def _add_choice(model: Any, cost: int) -> int:
    number = len(model.variables)
    model.variables.add().domain.extend([0, 1])
    model.objective.vars.append(number)
    model.objective.coeffs.append(cost)
    return number


def _solve(sat: Any, model: Any, parameters: Any, stopped: Callable[[], bool] | None) -> list[int] | None:
    solver = sat.SolveWrapper()
    solver.set_parameters(parameters)
    done = Event()

    def stop_when_asked() -> None:
        while stopped is not None and not done.wait(ASK_SECONDS):
            if stopped():
                solver.stop_search()
                return

    asking = Thread(target=stop_when_asked, daemon=True)
    if stopped is not None:
        asking.start()
    response = solver.solve(model)
    done.set()
    if stopped is not None:
        asking.join()
    if response.status not in (sat.CpSolverStatus.OPTIMAL, sat.CpSolverStatus.FEASIBLE):
        return None
    return list(response.solution)


def _read_routes(columns: Sequence[Column], solution: Sequence[int], twins: Sequence[int]) -> Routes:
    free: dict[int, list[int]] = {}
    for technician in reversed(range(len(twins))):
        free.setdefault(twins[technician], []).append(technician)
    routes: Routes = [[] for _ in twins]
    for k, column in enumerate(columns):
        if solution[k]:
            routes[free[column.technician].pop()] = list(column.jobs)
    return routes
