"""The judge of a finished plan: every rule read from the rich problem itself, every route timed anew.

Nothing of the preparation is used here: no prepared ids, no prices, no prohibitions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from scheduling.evaluator import Violation, time_route
from scheduling.preparation.model import RichProblem, WorkDay
from scheduling.preparation.rich_plan import DayRoute, RichPlan, Visit
from scheduling.problem import Job, Lunch, PlanningProblem, Technician, open_spans, stranger_cost


def judge_plan(rich: RichProblem, plan: RichPlan) -> list[Violation]:
    """Every broken rule of a plan, its times and its figures included; empty: it is sound."""
    found = [*_check_names(rich, plan)]
    if found:
        return found
    for route in plan.routes:
        for stop in route.stops:
            found += [Violation(code, route.technician, stop.job) for code in _stop_rules(rich, route, stop)]
        found += _check_times(rich, route)
        found += _check_order(rich, route)
    found += _check_crews(rich, plan)
    found += _check_prefixes(rich, plan)
    found += _check_stock(rich, plan)
    found += _check_calls(rich, plan)
    if not found and plan.parts != _figures(rich, plan):
        found.append(Violation("COST_DIFFERS"))
    return found


def _check_names(rich: RichProblem, plan: RichPlan) -> Iterable[Violation]:
    days = Counter((route.technician, route.day) for route in plan.routes)
    yield from (Violation("ROUTE_TWICE", name) for (name, _), count in days.items() if count > 1)
    for name, day in days:
        t = rich.plain.technician_index.get(name)
        if t is None or not 0 <= day < len(rich.days[t]) or rich.days[t][day] is None:
            yield Violation("NO_SUCH_DAY", name)
    visits = Counter(stop.job for route in plan.routes for stop in route.stops)
    left = Counter(unserved.job for unserved in plan.unserved)
    for name in {*visits, *left} - set(rich.plain.job_index):
        yield Violation("UNKNOWN_JOB", None, name)
    for job, rules in zip(rich.plain.jobs, rich.work, strict=True):
        if (visits[job.id], left[job.id]) not in ((rules.crew, 0), (0, 1)):
            yield Violation("NOT_ONCE", None, job.id)


def _stop_rules(rich: RichProblem, route: DayRoute, stop: Visit) -> Iterable[str]:
    t, j = rich.plain.technician_index[route.technician], rich.plain.job_index[stop.job]
    person, people, job, rules = rich.plain.technicians[t], rich.people[t], rich.plain.jobs[j], rich.work[j]
    if not any(a <= stop.start <= b for a, b in open_spans(job)):
        yield "OUTSIDE_WINDOW"
    if job.id in rich.under_way:
        return
    dated = {
        licence.skill
        for licence in people.licences
        if (licence.since is None or licence.since <= stop.start)
        and (licence.until is None or stop.start <= licence.until)
    }
    if not (rules.companion_skills if stop.companion else job.skills) <= person.skills | dated:
        yield "SKILL_MISSING"
    if not stop.companion and job.technician not in (None, person.id):
        yield "PIN_BROKEN"
    if person.id in rules.avoid:
        yield "AVOIDED"
    if rules.days is not None and route.day not in rules.days:
        yield "WRONG_DAY"


def _day(rich: RichProblem, route: DayRoute) -> WorkDay:
    day = rich.days[rich.plain.technician_index[route.technician]][route.day]
    assert day is not None, "_check_names has refused it"
    return day


def _check_times(rich: RichProblem, route: DayRoute) -> Iterable[Violation]:
    """Against the cheapest schedule of the same stops, calls being breaks that end by their deadline."""
    problem = _alone(rich, route)
    timed = time_route(problem, 0, range(len(route.stops)))
    if timed is None:
        yield Violation("NO_SCHEDULE", route.technician)
        return
    told = [(s.arrive, s.start, s.end) for s in route.stops]
    pauses = sorted(timed.breaks)
    mine = sorted((*route.breaks, *(call.start for call in route.calls if route.stops)))
    if [(s.arrive, s.start, s.end) for s in timed.stops] != told or timed.lunch_start != route.lunch_start:
        yield Violation("TIMES_DIFFER", route.technician)
    elif pauses != mine:
        yield Violation("BREAKS_DIFFER", route.technician)
    capacity = problem.technicians[0].capacity
    if capacity is not None and sum(job.demand for job in problem.jobs) > capacity:
        yield Violation("OVER_CAPACITY", route.technician)


def _alone(rich: RichProblem, route: DayRoute) -> PlanningProblem:
    """This route's technician and stops as a problem of their own."""
    person = rich.plain.technicians[rich.plain.technician_index[route.technician]]
    day = _day(rich, route)
    gaps = tuple(_gap(rich, call.job, day) for call in route.calls if route.stops)
    alone = Technician(
        id=person.id,
        start=person.start,
        end=person.end,
        shift=day.shift,
        max_overtime=person.max_overtime,
        overtime_cost=person.overtime_cost,
        lunch=day.lunch,
        capacity=person.capacity,
        breaks=(*day.breaks, *gaps),
    )
    jobs = tuple(_as_visited(rich, stop) for stop in route.stops)
    return PlanningProblem((alone,), jobs, rich.plain.matrix)


def _as_visited(rich: RichProblem, stop: Visit) -> Job:
    job = rich.plain.jobs[rich.plain.job_index[stop.job]]
    job = replace(job, technician=None, skills=frozenset(), after=None)
    if stop.partner is not None:
        job = replace(job, window=(stop.start, stop.start), windows=())
    if stop.companion:
        job = replace(job, due=None, published=None, demand=0)
    return job


def _gap(rich: RichProblem, name: str, day: WorkDay) -> Lunch:
    call = rich.work[rich.plain.job_index[name]].call
    assert call is not None, "_check_calls refuses it"
    return Lunch(day.shift[0], call.by - call.duration, call.duration)


def _check_order(rich: RichProblem, route: DayRoute) -> Iterable[Violation]:
    names = [stop.job for stop in route.stops]
    for k, name in enumerate(names):
        after = rich.plain.jobs[rich.plain.job_index[name]].after
        if after is not None and name not in rich.under_way and after not in names[:k]:
            yield Violation("ORDER_BROKEN", route.technician, name)


def _check_crews(rich: RichProblem, plan: RichPlan) -> Iterable[Violation]:
    for job, rules in zip(rich.plain.jobs, rich.work, strict=True):
        both = [(r.technician, s) for r in plan.routes for s in r.stops if s.job == job.id]
        if rules.crew == 1:
            broken = any(stop.partner is not None or stop.companion for _, stop in both)
        else:
            names = [name for name, _ in both]
            broken = bool(both) and (
                len(set(names)) < 2
                or len({stop.start for _, stop in both}) > 1
                or [stop.partner for _, stop in both] != names[::-1]
                or sum(stop.companion for _, stop in both) != 1
            )
        if broken:
            yield Violation("CREW_BROKEN", None, job.id)


def _check_prefixes(rich: RichProblem, plan: RichPlan) -> Iterable[Violation]:
    """What is under way comes first on the first working day; behind it what cannot wait."""
    served = {stop.job for route in plan.routes for stop in route.stops}
    cases = {job.id for job, rules in zip(rich.plain.jobs, rich.work, strict=True) if rules.at_once}
    wanted = {prefix.technician: [n for n in prefix.jobs if n in served] for prefix in rich.plain.fixed}
    for route in plan.routes:
        days = rich.days[rich.plain.technician_index[route.technician]]
        is_first = all(day is None for day in days[: route.day])
        names = [stop.job for stop in route.stops]
        begun = wanted.get(route.technician, []) if is_first else []
        if names[: len(begun)] != begun or (not is_first and rich.under_way.intersection(names)):
            yield Violation("PREFIX_BROKEN", route.technician)
        rest = names[len(begun) :]
        first = next((k for k, name in enumerate(rest) if name not in cases), len(rest))
        yield from (Violation("CASE_WAITS", route.technician, name) for name in rest[first:] if name in cases)


def _check_stock(rich: RichProblem, plan: RichPlan) -> Iterable[Violation]:
    """What is under way takes its parts as far as there are any; the rest must do for all others."""
    for person, people in zip(rich.plain.technicians, rich.people, strict=True):
        if people.parts is None:
            continue
        under_way, used = Counter[str](), Counter[str]()
        for stop in _led(plan, person.id):
            of = under_way if stop.job in rich.under_way else used
            of.update(rich.work[rich.plain.job_index[stop.job]].parts)
        left = Counter(people.parts) - under_way
        if any(count > left[part] for part, count in used.items()):
            yield Violation("PART_MISSING", person.id)


def _led(plan: RichPlan, technician: str) -> Sequence[Visit]:
    """A technician's stops on all days, those left out at which he is the second."""
    own = (route for route in plan.routes if route.technician == technician)
    return [stop for route in own for stop in route.stops if not stop.companion]


def _check_calls(rich: RichProblem, plan: RichPlan) -> Iterable[Violation]:
    placed = Counter(call.job for route in plan.routes for call in route.calls)
    placed.update(plan.missed_calls)
    for name in set(placed) - {job.id for job, r in zip(rich.plain.jobs, rich.work, strict=True) if r.call}:
        yield Violation("UNKNOWN_CALL", None, name)
    for route in plan.routes:
        for call in route.calls:
            if rich.work[rich.plain.job_index[call.job]].call is None:
                return
            wanted = rich.work[rich.plain.job_index[call.job]].call
            assert wanted is not None
            if not _day(rich, route).shift[0] <= call.start <= wanted.by - wanted.duration:
                yield Violation("CALL_LATE", route.technician, call.job)
    for person in rich.plain.technicians:
        t = rich.plain.technician_index[person.id]
        for stop in _led(plan, person.id):
            wanted = rich.work[rich.plain.job_index[stop.job]].call
            if wanted is None:
                continue
            latest = wanted.by - wanted.duration
            came = next(r.day for r in plan.routes if r.technician == person.id and stop in r.stops)
            begins = [day.shift[0] for day in rich.days[t][: came + 1] if day is not None]
            if placed[stop.job] != int(any(begin <= latest for begin in begins)):
                yield Violation("CALL_FORGOTTEN", person.id, stop.job)


def _figures(rich: RichProblem, plan: RichPlan) -> dict[str, int]:
    """What the cost is made of, from the routes alone."""
    figures = dict.fromkeys(plan.parts, 0)
    served = set()
    for route in plan.routes:
        timed = time_route(_alone(rich, route), 0, range(len(route.stops)))
        assert timed is not None, "_check_times has timed it"
        figures["travel"] += timed.travel
        figures["overtime"] += timed.overtime
        figures["lateness"] += timed.lateness
        for stop in route.stops:
            j = rich.plain.job_index[stop.job]
            job, rules = rich.plain.jobs[j], rich.work[j]
            served.add(stop.job)
            wish = rules.prefer.get(route.technician, 0) + rules.waiting_cost * route.day
            figures["wishes"] += wish
            published = None if stop.companion else job.published
            if published is not None:
                person = rich.plain.technicians[rich.plain.technician_index[route.technician]]
                figures["moved"] += max(0, stop.start - published.start) * published.time_cost
                figures["moved"] += stranger_cost(person, job)
    figures["dropped"] = sum(job.drop_cost for job in rich.plain.jobs if job.id not in served)
    calls = (rich.work[rich.plain.job_index[name]].call for name in plan.missed_calls)
    figures["missed"] = sum(call.cost for call in calls if call is not None)
    return figures
