"""The plan of a region while it is worked on: who serves what, who is lent where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from scheduling.evaluator import MANDATORY_WEIGHT
from scheduling.plan import Plan, Route
from scheduling.region.model import Lending, Region
from scheduling.region.rules import is_overflow


class RegionState:
    """Routes by technician, lendings, and the judge's schedule of every route.

    Every technician has one route and every job at most one server: nothing can be booked twice. `changes`
    counts what was taken over for each point. Not for two threads at once; reading is.
    """

    def __init__(self, region: Region) -> None:
        self.region = region
        self.routes: dict[str, tuple[str, ...]] = dict.fromkeys(region.technicians, ())
        self.lendings: dict[str, Lending] = {}
        self.timed: dict[str, Route] = {
            name: Route(name, (), None, 0, 0, 0, person.shift[0])
            for name, person in region.technicians.items()
        }
        self.server: dict[str, str] = {}
        self.changes = [0] * len(region.points)
        self._left = sum(_worth(region, job) for job in region.jobs)
        self._driven = 0
        self.crossed: dict[str, int] = {}

    @property
    def cost(self) -> int:
        """Of the whole plan; each mandatory job left out adds MANDATORY_WEIGHT."""
        rules = self.region.rules
        lent = len(self.lendings) * rules.lending_cost
        return self._driven + self._left + lent + sum(self.crossed.values()) * rules.overflow_cost

    @property
    def served(self) -> int:
        """How many jobs are on a route."""
        return len(self.server)

    def unserved(self, point: int) -> list[str]:
        """The jobs of a point that nobody serves, in the problem's order."""
        return [job.id for job in self.region.points[point].jobs if job.id not in self.server]

    def left_out(self, point: int) -> int:
        """What the jobs cost that nobody serves."""
        return sum(self.region.jobs[name].drop_cost for name in self.unserved(point))

    def overflow(self) -> list[tuple[str, str]]:
        """(job, technician) of every job that another point has taken over, in the region's order."""
        region = self.region
        return [
            (job, technician)
            for technician, route in self.routes.items()
            if technician in self.crossed
            for k, job in enumerate(route)
            if is_overflow(region, technician, k, job, self.lendings)
        ]

    def apply(self, plan: Plan, lendings: Mapping[str, Lending]) -> None:
        """Take over a judged plan of some technicians. A lent one without a job there comes home again."""
        for route in plan.routes:
            for job in self.routes[route.technician]:
                del self.server[job]
                self._left += _worth(self.region, job)
            self.lendings.pop(route.technician, None)
        for route in plan.routes:
            names = tuple(stop.job for stop in route.stops)
            lending = lendings.get(route.technician)
            if lending is not None and len(names) > lending.kept:
                self.lendings[route.technician] = lending
            self._take(route, names)

    def _take(self, route: Route, names: tuple[str, ...]) -> None:
        region, name = self.region, route.technician
        touched = {region.employer[name], *(region.home[job] for job in (*self.routes[name], *names))}
        if names != self.routes[name]:
            for point in touched:
                self.changes[point] += 1
        self.routes[name] = names
        for job in names:
            self.server[job] = name
            self._left -= _worth(region, job)
        # A part's plan counts crossing among what is moved; here it stands apart.
        crossed = sum(is_overflow(region, name, k, job, self.lendings) for k, job in enumerate(names))
        timed = replace(route, moved=route.moved - crossed * region.rules.overflow_cost)
        self._driven += timed.cost - self.timed[name].cost
        self.timed[name] = timed
        if crossed:
            self.crossed[name] = crossed
        else:
            self.crossed.pop(name, None)


def _worth(region: Region, job: str) -> int:
    work = region.jobs[job]
    return work.drop_cost + MANDATORY_WEIGHT * work.mandatory
