"""The other solvers, each given the same problem and the same processor seconds; one evaluator judges all.

PyVRP and VROOM are installed by `run.py bench planning` alone (requirements-bench.lock). PyVRP is not asked
where there is lunch or lateness. VROOM is given the due time as a hard one; overtime, which it cannot price,
is forbidden to it, or free. Building a model is not counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import process_time
from typing import Any

import numpy as np

from scheduling import PlanningProblem, check_sequences, evaluate_plan
from scheduling.board import board_sequences, open_board
from scheduling.evaluator import plan_rank
from scheduling.plan import Sequences
from scheduling.routing_model import SearchLimit, improve_sequences

FORBIDDEN = 10_000_000
Peer = Callable[[PlanningProblem, float, int], "Sequences | None"]


def judged_cost(problem: PlanningProblem, sequences: Sequences | None) -> int | None:
    """What our evaluator says of these routes; None: they break a rule."""
    if sequences is None or check_sequences(problem, sequences):
        return None
    return plan_rank(problem, evaluate_plan(problem, sequences))


def solve_with_pyvrp(problem: PlanningProblem, seconds: float, seed: int) -> Sequences:
    """Jobs as optional clients with a prize; a profile of travel for each set of jobs that people may do."""
    import pyvrp

    locations = [pyvrp.Location(0, 0) for _ in range(len(problem.matrix))]
    depots = [pyvrp.Depot(location=k) for k in range(len(problem.matrix))]
    clients = [
        pyvrp.Client(
            location=job.location,
            delivery=[job.demand],
            service_duration=job.duration,
            tw_early=max(0, job.window[0]),
            tw_late=job.window[1],
            prize=job.drop_cost,
            required=False,
        )
        for job in problem.jobs
    ]
    kinds: dict[bytes, int] = {}
    profiles: list[np.ndarray[Any, Any]] = []
    vehicles = []
    for t, person in enumerate(problem.technicians):
        barred = np.array([not problem.may_serve(t, job) for job in range(len(problem.jobs))])
        profile = kinds.setdefault(barred.tobytes(), len(kinds))
        if profile == len(profiles):
            profiles.append(_without(problem, barred))
        vehicles.append(
            pyvrp.VehicleType(
                num_available=1,
                capacity=[10**9 if person.capacity is None else person.capacity],
                start_depot=person.start,
                end_depot=person.end,
                tw_early=person.shift[0],
                tw_late=person.shift[1],
                profile=profile,
                name=person.id,
            )
        )
    data = pyvrp.ProblemData(locations, clients, depots, vehicles, profiles, profiles)
    end = process_time() + seconds
    result = pyvrp.solve(data, lambda _cost: process_time() >= end, seed=seed, collect_stats=False)
    sequences: dict[str, list[str]] = {person.id: [] for person in problem.technicians}
    for route in result.best.routes():
        visits = [activity.idx for activity in route if activity.is_client()]
        sequences[problem.technicians[route.vehicle_type()].id] = [problem.jobs[k].id for k in visits]
    return sequences


def _without(problem: PlanningProblem, barred: Any) -> Any:
    """Travel with the places of barred jobs out of reach (each job has a place of its own)."""
    matrix = problem.matrix.astype(np.int64)
    for job in np.flatnonzero(barred):
        place = problem.jobs[job].location
        matrix[place, :] = matrix[:, place] = FORBIDDEN
        matrix[place, place] = 0
    return matrix


def solve_with_vroom(problem: PlanningProblem, seconds: float, seed: int) -> Sequences:  # noqa: ARG001 - as its peers are asked
    """Drop costs as priorities. It ends by itself: no seed and no time are its own."""
    import vroom

    names = sorted({skill for job in problem.jobs for skill in job.skills})
    skills = {name: k for k, name in enumerate(names)}
    pins = {person.id: len(names) + t for t, person in enumerate(problem.technicians)}
    given = vroom.Input()
    given.set_durations_matrix("car", problem.matrix.astype(np.uint32))
    dearest = max((job.drop_cost for job in problem.jobs), default=1) or 1
    for t, person in enumerate(problem.technicians):
        breaks = []
        if person.lunch is not None:
            window = vroom.TimeWindow(person.lunch.earliest, person.lunch.latest)
            breaks = [vroom.Break(t + 1, [window], person.lunch.duration)]
        given.add_vehicle(
            vroom.Vehicle(
                t + 1,
                start=person.start,
                end=person.end,
                capacity=[10**6 if person.capacity is None else person.capacity],
                skills={skills[name] for name in person.skills if name in skills} | {pins[person.id]},
                time_window=vroom.TimeWindow(*person.shift),
                breaks=breaks,
            )
        )
    for k, job in enumerate(problem.jobs):
        pin = set() if job.technician is None else {pins[job.technician]}
        closes = job.window[1] if job.due is None else max(job.window[0], min(job.window[1], job.due))
        given.add_job(
            vroom.Job(
                k + 1,
                job.location,
                default_service=job.duration,
                delivery=[job.demand],
                skills={skills[name] for name in job.skills} | pin,
                priority=max(1, round(100 * job.drop_cost / dearest)),
                time_windows=[vroom.TimeWindow(max(0, job.window[0]), closes)],
            )
        )
    routes = given.solve(exploration_level=5, nb_threads=1).routes
    sequences: dict[str, list[str]] = {person.id: [] for person in problem.technicians}
    for _, step in routes[routes["type"] == "job"].iterrows():
        technician = problem.technicians[int(step["vehicle_id"]) - 1]
        sequences[technician.id].append(problem.jobs[int(step["id"]) - 1].id)
    return sequences


def solve_with_vroom_overtime(problem: PlanningProblem, seconds: float, seed: int) -> Sequences:
    """The same with every shift as long as its overtime allows."""
    people = tuple(
        replace(person, shift=(person.shift[0], person.shift[1] + person.max_overtime))
        for person in problem.technicians
    )
    return solve_with_vroom(replace(problem, technicians=people), seconds, seed)


def solve_with_tutorial(problem: PlanningProblem, seconds: float, seed: int) -> Sequences:
    """OR-Tools with the settings that its guides show."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    parameters: Any = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    return _with_ortools(problem, seconds, seed, parameters)


def solve_with_tuned(problem: PlanningProblem, seconds: float, seed: int) -> Sequences:
    """OR-Tools alone as `--engine ortools` sets it, in one model."""
    return _with_ortools(problem, seconds, seed, None)


def _with_ortools(problem: PlanningProblem, seconds: float, seed: int, parameters: Any) -> Sequences:
    end = process_time() + seconds
    limit = SearchLimit(seconds * 50, None, seed, stop=lambda: process_time() >= end)
    if parameters is not None:
        parameters.time_limit.FromSeconds(int(seconds * 50) + 1)
    found = improve_sequences(problem, None, limit, parameters=parameters)
    return board_sequences(open_board(problem, found))


PEERS: dict[str, Peer] = {
    "PyVRP": solve_with_pyvrp,
    "VROOM": solve_with_vroom,
    "VROOM, overtime": solve_with_vroom_overtime,
    "OR-Tools, tutorial": solve_with_tutorial,
    "OR-Tools, tuned": solve_with_tuned,
}
