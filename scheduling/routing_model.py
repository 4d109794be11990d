"""One OR-Tools RoutingModel over a problem: lean operators, guided local search, native lunch breaks.

Why these settings: with breaks the default search schedules every candidate by CP-SAT (4-5 times the cost
after 3 s): that is off, and our evaluator re-times the result. The lean operator set and lambda 0.3 were the
best of those measured at 1, 5 and 20 s. The solve holds the GIL: call it in a child process.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from scheduling.evaluator import time_route, viable_prefix
from scheduling.plan import Sequences
from scheduling.problem import PlanningProblem

MANDATORY_PENALTY = 10**13
LAMBDA = 0.3
_OFF, _ON = 2, 3
_OPERATORS = frozenset(
    {
        "use_relocate",
        "use_exchange",
        "use_cross",
        "use_two_opt",
        "use_or_opt",
        "use_make_active",
        "use_make_inactive",
        "use_make_chain_inactive",
        "use_swap_active",
    }
)


@dataclass(frozen=True)
class SearchLimit:
    """When a search ends: wall seconds, and for repeatable runs a number of solutions.

    Guided local search draws nothing at random: `seed` shuffles how the model numbers its jobs. `stop` is
    asked all the time, and True ends the search.
    """

    seconds: float
    solutions: int | None = None
    seed: int = 1
    stop: Callable[[], bool] | None = None


def improve_sequences(
    problem: PlanningProblem, sequences: Sequences | None, limit: SearchLimit, *, parameters: Any = None
) -> dict[str, list[str]] | None:
    """Search from `sequences` (feasible, prefixes first) for better ones; from nothing when they are None.

    None when there is nothing to search or the solver found nothing. The caller re-times and judges.
    `parameters` (RoutingSearchParameters) replace the tuned ones, for measurements.
    """
    if limit.seconds <= 0:
        return None
    model = _Model(problem, sequences or {}, limit.seed)
    if not model.vehicles or not model.nodes:
        return None
    return model.solve(sequences, parameters or make_search_parameters(limit), limit.stop)


class _Model:
    """Nodes: the jobs that somebody can serve, then one node for each place where a shift begins or ends."""

    def __init__(self, problem: PlanningProblem, sequences: Sequences, seed: int) -> None:
        self.problem = problem
        self.prefixes = [viable_prefix(problem, t) for t in range(len(problem.technicians))]
        self.able = _find_able(problem, self.prefixes, sequences)
        self.vehicles = sorted({t for able in self.able.values() for t in able})
        self.nodes = [job for job, able in self.able.items() if able]
        if not self.vehicles or not self.nodes:
            return
        random.Random(seed).shuffle(self.nodes)  # noqa: S311 - a search order, not a secret
        self.node_of = {job: node for node, job in enumerate(self.nodes)}
        self.base = min(problem.shifts[t][0] for t in self.vehicles)
        self._open_model()
        self._add_costs()
        self._add_time()
        self._add_jobs()
        self._add_order()
        self._add_capacity()
        self._lock_prefixes()

    def solve(
        self, sequences: Sequences | None, parameters: Any, stop: Callable[[], bool] | None
    ) -> dict[str, list[str]] | None:
        """Warm start from `sequences`; a cold start without them or where the solver does not take them."""
        if stop is not None:
            self.routing.AddSearchMonitor(self.solver.CustomLimit(stop))
        self.routing.CloseModelWithParameters(parameters)
        start = None
        if sequences is not None:
            ignore_inactive = True
            start = self.routing.ReadAssignmentFromRoutes(self._index_routes(sequences), ignore_inactive)
        if start is None:
            solution = self.routing.SolveWithParameters(parameters)
        else:
            solution = self.routing.SolveFromAssignmentWithParameters(start, parameters)
        return None if solution is None else self._read(solution)

    def _index_routes(self, sequences: Sequences) -> list[list[int]]:
        routes = []
        for technician in self.vehicles:
            names = sequences.get(self.problem.technicians[technician].id, ())
            jobs = [self.problem.job_index[name] for name in names]
            routes.append(
                [self.manager.NodeToIndex(self.node_of[job]) for job in jobs if job in self.node_of]
            )
        return routes

    def _open_model(self) -> None:
        people = [self.problem.technicians[t] for t in self.vehicles]
        self.depots = sorted({person.start for person in people} | {person.end for person in people})
        depot_node = {place: len(self.nodes) + i for i, place in enumerate(self.depots)}
        self.manager = pywrapcp.RoutingIndexManager(
            len(self.nodes) + len(self.depots),
            len(people),
            [depot_node[person.start] for person in people],
            [depot_node[person.end] for person in people],
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.solver = self.routing.solver()

    def _add_costs(self) -> None:
        places = [self.problem.jobs[job].location for job in self.nodes] + self.depots
        travel = self.problem.matrix[places][:, places].astype("int64")
        # From depot to depot goes only an idle technician, who costs nothing and goes nowhere.
        travel[len(self.nodes) :, len(self.nodes) :] = 0
        self.durations = [self.problem.jobs[job].duration for job in self.nodes] + [0] * len(self.depots)
        self.routing.SetArcCostEvaluatorOfAllVehicles(self.routing.RegisterTransitMatrix(travel.tolist()))
        timed = travel.copy()
        for row, duration in enumerate(self.durations):
            timed[row, :] += duration
        self.time_callback = self.routing.RegisterTransitMatrix(timed.tolist())

    def _add_time(self) -> None:
        shifts = [self.problem.shifts[t] for t in self.vehicles]
        self.horizon = max(limit for _, _, limit, _ in shifts) - self.base
        self.routing.AddDimension(self.time_callback, self.horizon, self.horizon, False, "time")
        self.time = self.routing.GetDimensionOrDie("time")
        visit_times = [
            0 if self.routing.IsEnd(index) else self.durations[self.manager.IndexToNode(index)]
            for index in range(self.routing.Size() + len(self.vehicles))
        ]
        for vehicle, technician in enumerate(self.vehicles):
            start, normal_end, limit, rate = self.problem.shifts[technician]
            first, last = self.routing.Start(vehicle), self.routing.End(vehicle)
            self.time.CumulVar(first).SetValue(start - self.base)
            self.time.CumulVar(last).SetRange(start - self.base, limit - self.base)
            if rate and limit > normal_end:
                self.time.SetCumulVarSoftUpperBound(last, normal_end - self.base, rate)
            self._add_lunch(vehicle, technician, visit_times)

    def _add_lunch(self, vehicle: int, technician: int, visit_times: list[int]) -> None:
        pauses = []
        for k, (earliest, latest, duration) in enumerate(self.problem.pauses[technician]):
            # Before the shift's start it would satisfy the solver, not the rule: it begins within the day.
            opens = max(earliest, self.problem.shifts[technician][0]) - self.base
            pauses.append(
                self.solver.FixedDurationIntervalVar(
                    opens, max(opens, latest - self.base), duration, False, f"break{vehicle}.{k}"
                )
            )
        if pauses:
            self.time.SetBreakIntervalsOfVehicle(pauses, vehicle, visit_times)

    def _add_jobs(self) -> None:
        position = {technician: vehicle for vehicle, technician in enumerate(self.vehicles)}
        fixed = {job for prefix in self.prefixes for job in prefix}
        for node, job in enumerate(self.nodes):
            work = self.problem.jobs[job]
            opens, closes, _, due, rate, _, _, gaps = self.problem.stops[job]
            index = self.manager.NodeToIndex(node)
            able = [position[technician] for technician in self.able[job]]
            self.time.CumulVar(index).SetRange(
                max(0, opens - self.base), min(self.horizon, closes - self.base)
            )
            for shut, reopens in gaps:
                if self.base < reopens and shut < self.base + self.horizon:
                    self.time.CumulVar(index).RemoveInterval(
                        max(0, shut + 1 - self.base), reopens - 1 - self.base
                    )
            if rate and due < closes:
                # A due time before the horizon only adds a constant there: the slope is what steers.
                self.time.SetCumulVarSoftUpperBound(index, max(0, due - self.base), rate)
            if job not in fixed:
                penalty = work.drop_cost + (MANDATORY_PENALTY if work.mandatory else 0)
                self.routing.AddDisjunction([index], penalty)
            if len(able) < len(self.vehicles):
                # SetAllowedVehiclesForIndex refuses every Python sequence in 9.15.
                self.routing.VehicleVar(index).SetValues([*([] if job in fixed else [-1]), *able])

    def _add_order(self) -> None:
        for node, job in enumerate(self.nodes):
            leader = self.problem.leaders[job]
            if leader < 0:
                continue
            index = self.manager.NodeToIndex(node)
            active = self.routing.ActiveVar(index)
            if leader not in self.node_of:
                active.SetValue(0)
                continue
            before = self.manager.NodeToIndex(self.node_of[leader])
            person, earlier = self.routing.VehicleVar(index), self.routing.VehicleVar(before)
            self.solver.Add(active * (person - earlier) == 0)
            done = self.time.CumulVar(before) + self.durations[self.node_of[leader]]
            self.solver.Add(self.time.CumulVar(index) >= active * done)

    def _add_capacity(self) -> None:
        limits = [self.problem.technicians[t].capacity for t in self.vehicles]
        if all(limit is None for limit in limits):
            return
        demands = [self.problem.jobs[job].demand for job in self.nodes] + [0] * len(self.depots)
        total = sum(demands)
        self.routing.AddDimensionWithVehicleCapacity(
            self.routing.RegisterUnaryTransitVector(demands),
            0,
            [total if limit is None else limit for limit in limits],
            True,
            "load",
        )

    def _lock_prefixes(self) -> None:
        for vehicle, technician in enumerate(self.vehicles):
            index = self.routing.Start(vehicle)
            for job in self.prefixes[technician]:
                following = self.manager.NodeToIndex(self.node_of[job])
                self.routing.NextVar(index).SetValue(following)
                index = following

    def _read(self, solution: Any) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for vehicle, technician in enumerate(self.vehicles):
            names = []
            index = solution.Value(self.routing.NextVar(self.routing.Start(vehicle)))
            while not self.routing.IsEnd(index):
                names.append(self.problem.jobs[self.nodes[self.manager.IndexToNode(index)]].id)
                index = solution.Value(self.routing.NextVar(index))
            found[self.problem.technicians[technician].id] = names
        return found


def _find_able(
    problem: PlanningProblem, prefixes: list[tuple[int, ...]], sequences: Sequences
) -> dict[int, list[int]]:
    """Technicians who can serve each job behind their prefix, or do so now; a job under way has one."""
    now = {(technician, name) for technician, names in sequences.items() for name in names}
    held = {job: technician for technician, prefix in enumerate(prefixes) for job in prefix}
    blocked = {job for prefix in problem.prefixes for job in prefix} - held.keys()
    able: dict[int, list[int]] = {}
    for job in range(len(problem.jobs)):
        if job in held:
            able[job] = [held[job]]
        elif job not in blocked:
            able[job] = [
                technician
                for technician, prefix in enumerate(prefixes)
                if problem.may_serve(technician, job)
                and (
                    (problem.technicians[technician].id, problem.jobs[job].id) in now
                    or time_route(problem, technician, [*prefix, job]) is not None
                )
            ]
    return able


def make_search_parameters(limit: SearchLimit) -> Any:
    """The tuned settings as RoutingSearchParameters."""
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.guided_local_search_lambda_coefficient = LAMBDA
    parameters.disable_scheduling_beware_this_may_degrade_performance = True
    operators = parameters.local_search_operators
    for field in operators.DESCRIPTOR.fields:
        setattr(operators, field.name, _ON if field.name in _OPERATORS else _OFF)
    parameters.time_limit.FromMilliseconds(max(1, int(limit.seconds * 1000)))
    if limit.solutions is not None:
        parameters.solution_limit = limit.solutions
    return parameters
