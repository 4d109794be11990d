"""The cheapest place for one job among the routes of a part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scheduling.board import WorkingRoute
from scheduling.problem import PlanningProblem


class Quote(NamedTuple):
    """What it costs (crossing included) to put a job on a route, before the stop `position` (from 0)."""

    cost: int
    route: WorkingRoute
    position: int


def quote_place(part: PlanningProblem, board: Sequence[WorkingRoute], name: str) -> Quote | None:
    """The cheapest feasible place within the rules of the border, or None."""
    job = part.job_index[name]
    work, stop = part.jobs[job], part.stops[job]
    best: Quote | None = None
    for route in board:
        if not part.may_serve(route.technician, job):
            continue
        extra = part.person_cost(route.technician, job)
        place = route.cheapest_place(work.location, stop, work.demand, extra=extra)
        if place is not None and (best is None or place[0] < best.cost):
            best = Quote(place[0], route, place[2])
    return best
