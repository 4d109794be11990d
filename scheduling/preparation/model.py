"""A problem with rules that the engine does not know: what stands beside each technician and each job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from scheduling.preparation.checks import check_rules
from scheduling.problem import Lunch, PlanningProblem, Window


@dataclass(frozen=True)
class WorkDay:
    """One day of a technician: a shift, its lunch and breaks of its own."""

    shift: Window
    lunch: Lunch | None = None
    breaks: tuple[Lunch, ...] = ()


@dataclass(frozen=True)
class Licence:
    """A skill held from `since` on, and until `until` at the latest (seconds; None: no end)."""

    skill: str
    since: int | None = None
    until: int | None = None

    def covers(self, first: int, last: int) -> bool:
        """Whether it holds at every moment from `first` to `last`."""
        return (self.since is None or self.since <= first) and (self.until is None or last <= self.until)


@dataclass(frozen=True)
class Call:
    """The technician who is to come telephones before `by`, `duration` seconds standing still; a call that is
    missed costs `cost`."""

    by: int
    duration: int
    cost: int


@dataclass(frozen=True)
class TechnicianRules:
    """`days`: the working days in order, None where he is off; empty: the technician's own shift alone.

    `licences` are skills beside those without dates. `parts` is what the van carries; None: nobody knows.
    """

    days: tuple[WorkDay | None, ...] = ()
    licences: tuple[Licence, ...] = ()
    parts: Mapping[str, int] | None = None


@dataclass(frozen=True)
class JobRules:
    """`prefer`: what it costs that a technician (by id) comes, below 0: its worth. `avoid`: who must not.

    `days`: numbers of the days on which it may be done (None: all); each day of waiting costs `waiting_cost`.
    `parts` are used up. `crew` 2: a second technician with `companion_skills` is there all the time.
    `at_once`: next on the route of whoever can be there first.
    """

    prefer: Mapping[str, int] = field(default_factory=dict)
    avoid: frozenset[str] = frozenset()
    days: tuple[int, ...] | None = None
    waiting_cost: int = 0
    parts: Mapping[str, int] = field(default_factory=dict)
    crew: int = 1
    companion_skills: frozenset[str] = frozenset()
    at_once: bool = False
    call: Call | None = None


@dataclass(frozen=True, eq=False)
class RichProblem:
    """`plain` with the rules of each of its technicians (`people`) and jobs (`work`), in their order.

    Raises ProblemError with the field's path.
    """

    plain: PlanningProblem
    people: tuple[TechnicianRules, ...]
    work: tuple[JobRules, ...]

    def __post_init__(self) -> None:
        check_rules(self)

    @property
    def is_plain(self) -> bool:
        """Whether there is no rule to prepare."""
        return all(rules == TechnicianRules() for rules in self.people) and all(
            rules == JobRules() for rules in self.work
        )

    @cached_property
    def days(self) -> tuple[tuple[WorkDay | None, ...], ...]:
        """Each technician's days."""
        return tuple(
            rules.days or (WorkDay(person.shift, person.lunch, person.breaks),)
            for rules, person in zip(self.people, self.plain.technicians, strict=True)
        )

    @cached_property
    def under_way(self) -> frozenset[str]:
        """Ids of the jobs under way."""
        return frozenset(name for prefix in self.plain.fixed for name in prefix.jobs)

    def wish_cost(self, job: int, technician: int, day: int) -> int:
        """What the family's wish and the days of waiting cost when this technician comes on this day; may be
        below 0."""
        rules = self.work[job]
        return rules.prefer.get(self.plain.technicians[technician].id, 0) + rules.waiting_cost * day


def work_day_of(rich: RichProblem, technician: int, day: int) -> WorkDay:
    """One day on which a technician works."""
    work_day = rich.days[technician][day]
    assert work_day is not None, "nobody is asked for on a day off"
    return work_day
