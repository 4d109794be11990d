"""Who must not come to a job on a day: a function for each rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scheduling.plan import Params
from scheduling.preparation.model import JobRules, Licence, RichProblem, WorkDay, work_day_of
from scheduling.problem import Job, Technician


@dataclass(frozen=True)
class Coming:
    """A technician (position) on one of his days at a job (position); `companion`: as the second of two."""

    rich: RichProblem
    job: int
    technician: int
    day: int
    companion: bool = False

    @property
    def work(self) -> Job:
        """The job."""
        return self.rich.plain.jobs[self.job]

    @property
    def rules(self) -> JobRules:
        """The job's rules."""
        return self.rich.work[self.job]

    @property
    def person(self) -> Technician:
        """The technician."""
        return self.rich.plain.technicians[self.technician]

    @property
    def work_day(self) -> WorkDay:
        """His day."""
        return work_day_of(self.rich, self.technician, self.day)

    @property
    def skills(self) -> frozenset[str]:
        """What is asked of him."""
        return self.rules.companion_skills if self.companion else self.work.skills


def is_pinned_elsewhere(coming: Coming) -> bool:
    """The job is somebody else's; who goes with him is free."""
    return not coming.companion and coming.work.technician not in (None, coming.person.id)


def is_avoided(coming: Coming) -> bool:
    """The family does not want him."""
    return coming.person.id in coming.rules.avoid


def is_on_another_day(coming: Coming) -> bool:
    """The job is not done on this day."""
    return coming.rules.days is not None and coming.day not in coming.rules.days


def lacks_licence(coming: Coming) -> bool:
    """A licence with dates does not hold at every moment at which he might begin the job on this day."""
    return bool(missing_licences(coming))


def lacks_part(coming: Coming) -> bool:
    """The van is known not to carry what the job alone needs; the companion brings nothing."""
    return not coming.companion and bool(missing_parts(coming))


BARS: tuple[tuple[str, Callable[[Coming], bool]], ...] = (
    ("PINNED_ELSEWHERE", is_pinned_elsewhere),
    ("AVOIDED", is_avoided),
    ("OTHER_DAY_ONLY", is_on_another_day),
    ("LICENCE_ENDS", lacks_licence),
    ("PART_MISSING", lacks_part),
)


def find_bar(coming: Coming) -> str | None:
    """The first rule that keeps him away."""
    return next((code for code, bars in BARS if bars(coming)), None)


def bar_params(code: str, coming: Coming) -> Params:
    """The words of that rule's reason."""
    if code == "PINNED_ELSEWHERE":
        return {"pinned": str(coming.work.technician)}
    if code == "LICENCE_ENDS":
        return {"skills": ", ".join(missing_licences(coming))}
    if code == "PART_MISSING":
        return {"parts": ", ".join(missing_parts(coming))}
    return {}


def missing_licences(coming: Coming) -> list[str]:
    """Skills asked for that he has by dated licences alone, which do not cover the job's time on this day."""
    shift, window = coming.work_day.shift, coming.work.window
    first = max(shift[0], window[0])
    last = max(first, min(shift[1] + coming.person.max_overtime, window[1]))
    licences = coming.rich.people[coming.technician].licences
    dated = {licence.skill for licence in licences}
    return [
        skill
        for skill in sorted(coming.skills & dated - coming.person.skills)
        if not holds_throughout((of for of in licences if of.skill == skill), first, last)
    ]


def holds_throughout(licences: Iterable[Licence], first: int, last: int) -> bool:
    """Whether licences of one skill, one after another, hold at every second from `first` to `last`."""
    for licence in sorted(licences, key=lambda of: (of.since is not None, of.since or 0)):
        if licence.since is not None and licence.since > first:
            return False
        if licence.until is None or licence.until >= last:
            return True
        first = max(first, licence.until + 1)
    return False


def missing_parts(coming: Coming) -> list[str]:
    """Parts of which the job needs more than the van carries."""
    stock = coming.rich.people[coming.technician].parts
    if stock is None:
        return []
    return [part for part, count in sorted(coming.rules.parts.items()) if stock.get(part, 0) < count]
