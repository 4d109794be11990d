"""A rich problem as one that the engine knows: a technician for each day, a price for each pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from scheduling.evaluator import time_route, viable_prefix
from scheduling.preparation.bars import Coming, find_bar
from scheduling.preparation.model import RichProblem, work_day_of
from scheduling.problem import (
    FORBIDDEN,
    FixedPrefix,
    Job,
    Lunch,
    PlanningProblem,
    Published,
    Technician,
    stranger_cost,
)


@dataclass(frozen=True)
class CrewVisit:
    """Two technicians of the prepared problem (by id) begin a job at the same second."""

    lead: str
    companion: str
    start: int


@dataclass(frozen=True)
class Settled:
    """What a plan in hand has settled, and the next search keeps: visits by two (job id -> visit), the pairs
    (technician id, job id) for which a van's parts do not suffice, and gaps for calls (prepared technician's
    id -> breaks)."""

    crews: Mapping[str, CrewVisit] = field(default_factory=dict)
    used_up: frozenset[tuple[str, str]] = frozenset()
    gaps: Mapping[str, tuple[Lunch, ...]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A problem for the engine with the way back.

    `shifts`: the technician (position) and day behind each prepared technician's id. `jobs`: the job
    (position) behind each prepared job's id; a visit by two stands there twice, one by nobody not at all.
    `priced`: each job as one technician does it; `seconds`: the ids of second halves, by job (position).
    """

    rich: RichProblem
    settled: Settled
    problem: PlanningProblem
    shifts: Mapping[str, tuple[int, int]]
    jobs: Mapping[str, int]
    priced: tuple[Job, ...]
    seconds: tuple[str, ...]

    def coming(self, shift: str, job: int, *, companion: bool = False) -> Coming:
        """A prepared technician at a job."""
        return Coming(self.rich, job, *self.shifts[shift], companion=companion)

    def is_barred(self, shift: str, job: int, *, companion: bool = False) -> bool:
        """Whether a rule of the job, or an empty van, keeps him away; nothing ends what is under way."""
        if self.rich.plain.jobs[job].id in self.rich.under_way:
            return False
        coming = self.coming(shift, job, companion=companion)
        return (coming.person.id, coming.work.id) in self.settled.used_up or find_bar(coming) is not None

    def pair_cost(self, shift: str, job: int, *, companion: bool = False) -> int:
        """What it costs that he comes, travel and time aside; below 0: what it is worth."""
        wish = self.rich.wish_cost(job, *self.shifts[shift])
        return wish if companion else wish + self.stranger_cost(shift, job)

    def stranger_cost(self, shift: str, job: int) -> int:
        """What it costs that somebody else comes than in the published plan."""
        plain = self.rich.plain
        return stranger_cost(plain.technicians[self.shifts[shift][0]], plain.jobs[job])

    def is_companion(self, name: str) -> bool:
        """Whether a prepared job is the second half of a visit by two."""
        return name != self.rich.plain.jobs[self.jobs[name]].id


def prepare(rich: RichProblem) -> Prepared:
    """The problem with nothing settled, cases that cannot wait on top of the routes."""
    shifts = _shift_names(rich)
    people = tuple(_on_day(rich, name, *of) for name, of in shifts.items())
    taken = set(rich.plain.job_index)
    seconds = tuple(_unused(f"{job.id}&", taken) for job in rich.plain.jobs)
    nobody = replace(rich.plain, technicians=people, jobs=(), fixed=())
    bare = Prepared(rich, Settled(), nobody, shifts, {}, (), seconds)
    priced = tuple(_priced(bare, number) for number in range(len(rich.work)))
    under_way = tuple(_prefixes(rich, shifts))
    whole = _with_cases(rich, replace(nobody, jobs=priced, fixed=under_way))
    return settle(replace(bare, problem=whole, priced=priced), bare.settled)


def settle(prepared: Prepared, settled: Settled) -> Prepared:
    """The same with this settled, and nothing that was settled before."""
    rich = prepared.rich
    jobs: dict[str, int] = {}
    work: list[Job] = []
    for number in range(len(rich.work)):
        for made in _jobs_of(prepared, number, settled):
            jobs[made.id] = number
            work.append(made)
    people = tuple(
        replace(_on_day(rich, name, *of), breaks=_breaks_of(rich, name, *of, settled))
        for name, of in prepared.shifts.items()
    )
    problem = replace(prepared.problem, technicians=people, jobs=tuple(work))
    problem.__dict__["rows"] = prepared.problem.rows  # the cached lists of the same matrix
    return replace(prepared, settled=settled, problem=problem, jobs=jobs)


def _shift_names(rich: RichProblem) -> dict[str, tuple[int, int]]:
    """A technician with one working day keeps his id."""
    names: dict[str, tuple[int, int]] = {}
    taken = set(rich.plain.technician_index)
    for t, person in enumerate(rich.plain.technicians):
        days = [k for k, day in enumerate(rich.days[t]) if day is not None]
        for k in days:
            name = person.id if len(days) == 1 else _unused(f"{person.id}@{k}", taken)
            names[name] = (t, k)
    return names


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "'"
    taken.add(name)
    return name


def _on_day(rich: RichProblem, name: str, technician: int, day: int) -> Technician:
    person = rich.plain.technicians[technician]
    work_day = work_day_of(rich, technician, day)
    skills = person.skills | {licence.skill for licence in rich.people[technician].licences}
    return replace(
        person,
        id=name,
        shift=work_day.shift,
        lunch=work_day.lunch,
        breaks=work_day.breaks,
        skills=skills,
    )


def _breaks_of(
    rich: RichProblem, name: str, technician: int, day: int, settled: Settled
) -> tuple[Lunch, ...]:
    return (*work_day_of(rich, technician, day).breaks, *settled.gaps.get(name, ()))


def _jobs_of(prepared: Prepared, number: int, settled: Settled) -> Iterable[Job]:
    job, rules = prepared.rich.plain.jobs[number], prepared.rich.work[number]
    if rules.crew == 1:
        yield _within_stock(prepared, number, settled)
        return
    visit = settled.crews.get(job.id)
    if visit is None:
        return
    fixed = replace(job, window=(visit.start, visit.start), windows=(), mandatory=True)
    yield replace(fixed, technician=visit.lead, published=_published(job))
    second = companion_of(fixed, rules.companion_skills)
    yield replace(second, id=prepared.seconds[number], technician=visit.companion)


def _within_stock(prepared: Prepared, number: int, settled: Settled) -> Job:
    """The priced job, forbidden to those whose vans have no part left for it."""
    job, people = prepared.priced[number], prepared.rich.plain.technicians
    lacking = {name for name, of in settled.used_up if of == job.id}
    if not lacking or job.id in prepared.rich.under_way:
        return job
    barred = [shift for shift, (t, _) in prepared.shifts.items() if people[t].id in lacking]
    return replace(job, visit_costs={**job.visit_costs, **dict.fromkeys(barred, FORBIDDEN)})


def companion_of(job: Job, skills: frozenset[str]) -> Job:
    """The same span for the second of a crew: what is owed for the job is owed once, by the first."""
    return replace(job, skills=skills, due=None, lateness_cost=0, demand=0, published=None, technician=None)


def _priced(prepared: Prepared, number: int) -> Job:
    """The job with a price, or a prohibition, for each prepared technician.

    What is worth something there costs nothing; everything else, leaving it out too, costs so much more.
    """
    job = prepared.rich.plain.jobs[number]
    costs = {shift: prepared.pair_cost(shift, number) for shift in prepared.shifts}
    worth = min((0, *costs.values()))
    prices = {
        shift: FORBIDDEN if prepared.is_barred(shift, number) else cost - worth
        for shift, cost in costs.items()
    }
    return replace(
        job,
        technician=None,
        published=_published(job),
        drop_cost=job.drop_cost - worth,
        visit_costs={shift: price for shift, price in prices.items() if price},
    )


def _published(job: Job) -> Published | None:
    """Who came stands in the prices; that he comes later stays."""
    return job.published and replace(job.published, person_cost=0)


def _prefixes(rich: RichProblem, shifts: Mapping[str, tuple[int, int]]) -> Iterable[FixedPrefix]:
    """What is under way belongs to the first working day."""
    first: dict[int, str] = {}
    for name, (technician, _) in shifts.items():
        first.setdefault(technician, name)
    for prefix in rich.plain.fixed:
        yield replace(prefix, technician=first[rich.plain.technician_index[prefix.technician]])


def _with_cases(rich: RichProblem, problem: PlanningProblem) -> PlanningProblem:
    """Each case that cannot wait is next on the route of whoever is there first; the worthiest case first."""
    cases = [k for k, rules in enumerate(rich.work) if rules.at_once]
    for number in sorted(cases, key=lambda k: (-rich.plain.jobs[k].drop_cost, k)):
        problem = _send_first(problem, rich.plain.jobs[number].id)
    return problem


def _send_first(problem: PlanningProblem, name: str) -> PlanningProblem:
    job = problem.job_index[name]
    found = []
    for technician, person in enumerate(problem.technicians):
        if problem.may_serve(technician, job):
            begun = viable_prefix(problem, technician)
            load = sum(problem.jobs[k].demand for k in (*begun, job))
            route = time_route(problem, technician, (*begun, job))
            if route is not None and (person.capacity is None or load <= person.capacity):
                found.append((route.stops[-1].arrive, technician))
    return _behind_prefix(problem, problem.technicians[min(found)[1]].id, name) if found else problem


def _behind_prefix(problem: PlanningProblem, technician: str, name: str) -> PlanningProblem:
    before = {prefix.technician: prefix for prefix in problem.fixed}
    kept = before.pop(technician, FixedPrefix(technician, ()))
    longer = replace(kept, jobs=(*kept.jobs, name))
    return replace(problem, fixed=(*before.values(), longer))
