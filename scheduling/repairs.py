"""The smallest changes of a rule that would let a job in, each tried: what it needs, where, at what cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from scheduling.board import Place, WorkingRoute
from scheduling.plan import Params, Repair
from scheduling.problem import Job, PlanningProblem, Technician, open_spans, stop_numbers
from scheduling.shortfall import Missing, RouteProbe, Shortfall

MOST_OVERTIME_S = 3 * 3600
MOST_SHIFT_S = 6 * 3600
"""Beyond these, longer work or a moved window is no small change: it is another day."""

GENTLE_FIRST: Final = (
    "ACCEPT_COST",
    "BRING_FORWARD",
    "WIDEN_WINDOW",
    "EXTEND_SHIFT",
    "REPLACE_JOB",
    "UNPIN",
    "WITH_SKILL",
    "LEND",
)
"""The kinds of repair in the order in which they are offered."""


class RepairFinder:
    """The repairs for jobs that are on none of these routes."""

    def __init__(self, problem: PlanningProblem, board: Sequence[WorkingRoute]) -> None:
        self.problem = problem
        self.board = board
        self.under_way = {job for prefix in problem.prefixes for job in prefix}
        self._probes: dict[int, RouteProbe] = {}
        self._shorter: dict[tuple[int, int], RouteProbe | None] = {}

    def probe(self, technician: int) -> RouteProbe:
        """The technician's present route."""
        if technician not in self._probes:
            self._probes[technician] = RouteProbe(self.board[technician])
        return self._probes[technician]

    def cheapest_place(self, technician: int, job: int) -> Place | None:
        """The cheapest feasible insertion into the present route; skills and pins are not looked at."""
        work, stop = self.problem.jobs[job], self.problem.stops[job]
        extra, route = self.problem.person_cost(technician, job), self.board[technician]
        return route.cheapest_place(work.location, stop, work.demand, extra=extra, span=route.span_for(work))

    def has_room(self, technician: int, job: int) -> bool:
        """Whether the route's capacity takes the job."""
        capacity = self.problem.technicians[technician].capacity
        return capacity is None or self.board[technician].load + self.problem.jobs[job].demand <= capacity

    def measure(self, technician: int, job: int, *, fits_alone: bool = False) -> Shortfall:
        """What the job lacks in time on the present route; `fits_alone`: only whether it lacks any."""
        work, stop = self.problem.jobs[job], self.problem.stops[job]
        probe = self.probe(technician)
        if fits_alone:
            return Shortfall(fits=probe.fits(work.location, stop))
        return probe.measure(work.location, stop)

    def find_time(self, technician: int, job: int, missing: Shortfall) -> list[Repair]:
        """A window that closes later or opens earlier, longer overtime: for who may serve the job."""
        fixed = self._has_blocked_prefix(technician)
        lacks = [(code, lack) for code, lack in _by_code(missing) if not (fixed and code == "EXTEND_SHIFT")]
        found = (self._in_time(technician, job, code, lack) for code, lack in lacks)
        return [repair for repair in found if repair is not None]

    def find_permission(self, technician: int, job: int) -> Repair | None:
        """No pin, or more skills: for whom that alone keeps away and who has a place for the job."""
        work, person = self.problem.jobs[job], self.problem.technicians[technician]
        pinned = work.technician not in (None, person.id)
        missing = work.skills - person.skills
        if pinned == bool(missing) or not self._is_free_otherwise(technician, job):
            return None
        if missing and self._has_blocked_prefix(technician):
            return None
        place = self.cheapest_place(technician, job)
        if place is None:
            return None
        code, params = ("UNPIN", {}) if pinned else ("WITH_SKILL", {"skills": ", ".join(sorted(missing))})
        return self._tried(code, technician, place, params)

    def _is_free_otherwise(self, technician: int, job: int) -> bool:
        """Pin and skills aside, and without a price: whether the job could stand on the present route."""
        if job in self.under_way or self.problem.is_forbidden(technician, job):
            return False
        work, stop = self.problem.jobs[job], self.problem.stops[job]
        return self.has_room(technician, job) and self.probe(technician).fits(work.location, stop)

    def find_replacement(self, job: int, technicians: Iterable[int]) -> Repair | None:
        """The least worthy job, worth less than this one, whose place on one of these routes would do."""
        work, stop = self.problem.jobs[job], self.problem.stops[job]
        cheaper = sorted(
            (other.drop_cost, number, t)
            for t in technicians
            for number in self.board[t].jobs[self.board[t].locked :]
            if not (other := self.problem.jobs[number]).mandatory
            and (work.mandatory or other.drop_cost < work.drop_cost)
        )
        for worth, number, t in cheaper:
            probe = self._without(t, number)
            if probe is None or not probe.fits(work.location, stop):
                continue
            extra = self.problem.person_cost(t, job)
            span = probe.route.span_for(work)
            place = probe.route.cheapest_place(work.location, stop, work.demand, extra=extra, span=span)
            if place is not None:
                spared = self.board[t].cost - probe.route.cost
                params: Params = {"job": self.problem.jobs[number].id, "drop_cost": worth}
                return self._tried("REPLACE_JOB", t, (place[0] - spared + worth, *place[1:]), params)
        return None

    def accept_cost(self, technician: int, place: Place) -> Repair:
        """A place that there is, though a dear one."""
        return self._tried("ACCEPT_COST", technician, place, {})

    def _in_time(self, technician: int, job: int, code: str, missing: Missing) -> Repair | None:
        """Applied and timed anew by the labels, which know nothing of the tails it was measured by."""
        work, route = self.problem.jobs[job], self.board[technician]
        if missing.position not in route.span_for(work):
            return None
        stop, shift = self.problem.stops[job], route.shift
        if code == "EXTEND_SHIFT":
            shift = (*shift[:2], shift[2] + missing.seconds, shift[3])
        else:
            stop = stop_numbers(move_window(work, code, missing.seconds))
        extra = self.problem.person_cost(technician, job)
        place = route.place_at(missing.position, work.location, stop, extra=extra, shift=shift)
        return place and self._tried(code, technician, place, {"seconds": missing.seconds})

    def _has_blocked_prefix(self, technician: int) -> bool:
        """Something under way keeps no rule: who may do more would have to begin with it."""
        return self.board[technician].locked < len(self.problem.prefixes[technician])

    def _without(self, technician: int, job: int) -> RouteProbe | None:
        key = (technician, job)
        if key not in self._shorter:
            jobs = [other for other in self.board[technician].jobs if other != job]
            leads = any(self.problem.jobs[other].after == self.problem.jobs[job].id for other in jobs)
            route = WorkingRoute(self.problem, technician, jobs)
            self._shorter[key] = RouteProbe(route) if route.feasible and not leads else None
        return self._shorter[key]

    def _tried(self, code: str, technician: int, place: Place, params: Params) -> Repair:
        cost, _, position = place
        person = self.problem.technicians[technician].id
        return Repair(code, {**params, "cost": cost, "position": position + 1}, person, tried=True)


def smallest(repairs: Iterable[Repair]) -> tuple[Repair, ...]:
    """Of each kind the one that changes least, the gentle kinds first."""
    best: dict[str, Repair] = {}
    for repair in repairs:
        known = best.get(repair.code)
        if known is None or _size(repair) < _size(known):
            best[repair.code] = repair
    return tuple(best[code] for code in GENTLE_FIRST if code in best)


def least_seconds(repairs: Iterable[Repair]) -> Repair | None:
    """The one that moves a time least."""
    return min(repairs, key=_size, default=None)


def move_window(job: Job, code: str, seconds: int) -> Job:
    """The job with all of its windows closing later (WIDEN_WINDOW) or opening earlier (BRING_FORWARD)."""
    (opens, closes), spans = job.window, open_spans(job) if job.windows else []
    if code == "WIDEN_WINDOW":
        windows = tuple((begins, ends + seconds) for begins, ends in spans)
        return replace(job, window=(opens, closes + seconds), windows=windows)
    windows = tuple((begins - seconds, ends) for begins, ends in spans)
    return replace(job, window=(opens - seconds, closes), windows=windows)


def apply_repair(
    problem: PlanningProblem, sequences: dict[str, list[str]], job: str, repair: Repair
) -> tuple[PlanningProblem, dict[str, list[str]]]:
    """The problem with that one rule changed, and the routes with the job in: what `tried` promises.

    Raises ValueError for advice, and for what only a region can do.
    """
    if not repair.tried or repair.technician is None or repair.code == "LEND":
        raise ValueError(repair.code)
    number, t = problem.job_index[job], problem.technician_index[repair.technician]
    work, person = problem.jobs[number], problem.technicians[t]
    routes = {name: list(jobs) for name, jobs in sequences.items()}
    own = routes.setdefault(person.id, [])
    if repair.code == "REPLACE_JOB":
        own.remove(str(repair.params["job"]))
    own.insert(int(repair.params["position"]) - 1, job)
    changed_work, changed_person = _changed(work, person, repair)
    jobs = tuple(changed_work if k == number else other for k, other in enumerate(problem.jobs))
    people = tuple(changed_person if k == t else other for k, other in enumerate(problem.technicians))
    return replace(problem, jobs=jobs, technicians=people), routes


def _changed(work: Job, person: Technician, repair: Repair) -> tuple[Job, Technician]:
    seconds = int(repair.params.get("seconds", 0))
    if repair.code == "EXTEND_SHIFT":
        return work, replace(person, max_overtime=person.max_overtime + seconds)
    if repair.code in ("WIDEN_WINDOW", "BRING_FORWARD"):
        return move_window(work, repair.code, seconds), person
    if repair.code == "UNPIN":
        return replace(work, technician=None), person
    if repair.code == "WITH_SKILL":
        return work, replace(person, skills=person.skills | work.skills)
    return work, person


def _by_code(missing: Shortfall) -> list[tuple[str, Missing]]:
    named = (
        ("BRING_FORWARD", missing.earlier, MOST_SHIFT_S),
        ("WIDEN_WINDOW", missing.later, MOST_SHIFT_S),
        ("EXTEND_SHIFT", missing.overtime, MOST_OVERTIME_S),
    )
    return [(code, lack) for code, lack, most in named if lack is not None and lack.seconds <= most]


def _size(repair: Repair) -> tuple[int, ...]:
    """What makes a repair smaller than another one of its kind."""
    params = repair.params
    skills = str(params.get("skills", "")).count(",")
    worth = int(params.get("drop_cost", 0)) if repair.code == "REPLACE_JOB" else 0
    return int(params.get("seconds", 0)), skills, worth, int(params["cost"])
