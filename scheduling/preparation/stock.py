"""Parts on a van: what all jobs of a technician use together must be there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from scheduling.plan import Sequences
from scheduling.preparation.model import RichProblem
from scheduling.preparation.prepare import Prepared


def overdrawn_jobs(prepared: Prepared, sequences: Sequences) -> set[tuple[str, str]]:
    """(technician id, job id) of the jobs that a van's stock no longer serves, the least worthy ones.

    What is under way takes its parts first, then what must be done, then by worth.
    """
    rich = prepared.rich
    carried: dict[int, list[int]] = {}
    for shift, names in sequences.items():
        led = [prepared.jobs[name] for name in names if not prepared.is_companion(name)]
        carried.setdefault(prepared.shifts[shift][0], []).extend(led)
    return {
        (rich.plain.technicians[technician].id, rich.plain.jobs[job].id)
        for technician, jobs_of in carried.items()
        for job in _overdrawn(rich, technician, jobs_of)
    }


def _overdrawn(rich: RichProblem, technician: int, jobs: Iterable[int]) -> list[int]:
    stock = rich.people[technician].parts
    if stock is None:
        return []
    left = Counter(stock)

    def claim(job: int) -> tuple[bool, bool, int, int]:
        work = rich.plain.jobs[job]
        return work.id not in rich.under_way, not work.mandatory, -work.drop_cost, job

    over = []
    for job in sorted(jobs, key=claim):
        needed = rich.work[job].parts
        fits = all(left[part] >= count for part, count in needed.items())
        if fits or rich.plain.jobs[job].id in rich.under_way:
            left.subtract(needed)
        else:
            over.append(job)
    return over
