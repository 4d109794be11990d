"""A region: service points with their technicians and jobs, travel on demand, and what may cross a border.

Places are numbers of the whole region; there is no matrix of all of them. Times and costs as in
`scheduling.problem`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scheduling.problem import FixedPrefix, Job, Technician
from scheduling.problem_checks import COST_LIMIT, ProblemError
from scheduling.problem_json import travel_from_points

Travel = Callable[[Sequence[int]], npt.NDArray[np.int32]]
"""Places in, the square matrix of travel seconds between them out (may be asymmetric)."""


class Kind(StrEnum):
    """Whose a service point is."""

    DIRECT = "direct"
    """The maker's own."""
    DESIGNATED = "designated"
    """A contracted shop: it takes no more of others' jobs than agreed."""


@dataclass(frozen=True)
class Point:
    """One service point's day. `start`, `end` and `location` are places of the region.

    `company` employs its technicians. `most_lent` of them may work for another point of the company on one
    day, and only those of `lendable` (None: all). `most_taken` jobs of other points may be taken over (None:
    no limit for a direct point, none at all for a designated one). Jobs of `staying` are promised
    to this point.
    """

    id: str
    technicians: tuple[Technician, ...]
    jobs: tuple[Job, ...]
    company: str = ""
    kind: Kind = Kind.DIRECT
    fixed: tuple[FixedPrefix, ...] = ()
    most_lent: int = 0
    lendable: frozenset[str] | None = None
    most_taken: int | None = None
    staying: frozenset[str] = frozenset()


@dataclass(frozen=True)
class BorderRules:
    """What crossing a border costs, and how far it may reach.

    `overflow_cost` for each job that another point takes over, `lending_cost` for each technician lent.
    Only the `neighbours` nearest points within `farthest` seconds are looked at.
    """

    overflow_cost: int = 1_800
    lending_cost: int = 7_200
    neighbours: int = 6
    farthest: int = 5_400


@dataclass(frozen=True)
class Lending:
    """A technician works for the point `to` after the first `kept` stops of the day; 0: the whole day."""

    technician: str
    to: str
    kept: int = 0


@dataclass(frozen=True, eq=False)
class Region:
    """Points that plan one horizon. `places` is how many there are; `travel` gives any part of their matrix.

    Raises ProblemError when an id repeats anywhere in the region or a rule's number is out of range; what a
    point's day must be is checked when its problem is built (`part.build_alone`).
    """

    points: tuple[Point, ...]
    places: int
    travel: Travel
    rules: BorderRules = BorderRules()
    name: str = ""

    def __post_init__(self) -> None:
        seen: dict[str, set[str]] = {"points": set(), "technicians": set(), "jobs": set()}
        for p, point in enumerate(self.points):
            _check_new(seen["points"], f"points[{p}].id", point.id)
            for k, person in enumerate(point.technicians):
                path = f"points[{p}].technicians[{k}]"
                _check_new(seen["technicians"], f"{path}.id", person.id)
                _check_place(f"{path}.start", person.start, self.places)
                _check_place(f"{path}.end", person.end, self.places)
            for k, job in enumerate(point.jobs):
                path = f"points[{p}].jobs[{k}]"
                _check_new(seen["jobs"], f"{path}.id", job.id)
                _check_place(f"{path}.location", job.location, self.places)
        for field in ("overflow_cost", "lending_cost", "neighbours", "farthest"):
            if not 0 <= getattr(self.rules, field) <= COST_LIMIT:
                raise ProblemError(f"rules.{field}", f"0 이상 {COST_LIMIT} 이하여야 합니다")

    @cached_property
    def point_index(self) -> dict[str, int]:
        """Position of each point id in `points`."""
        return {point.id: p for p, point in enumerate(self.points)}

    @cached_property
    def jobs(self) -> dict[str, Job]:
        """Every job by its id."""
        return {job.id: job for point in self.points for job in point.jobs}

    @cached_property
    def technicians(self) -> dict[str, Technician]:
        """Every technician by id."""
        return {person.id: person for point in self.points for person in point.technicians}

    @cached_property
    def home(self) -> dict[str, int]:
        """Position of the point to which each job belongs."""
        return {job.id: p for p, point in enumerate(self.points) for job in point.jobs}

    @cached_property
    def employer(self) -> dict[str, int]:
        """Position of the point to which each technician belongs."""
        return {person.id: p for p, point in enumerate(self.points) for person in point.technicians}

    @cached_property
    def under_way(self) -> dict[str, tuple[str, ...]]:
        """Jobs under way, in their order, for each technician who has any."""
        return {prefix.technician: prefix.jobs for point in self.points for prefix in point.fixed}

    @cached_property
    def ordered(self) -> frozenset[str]:
        """Every job that comes after another, and those they come after."""
        return frozenset(
            name for job in self.jobs.values() if job.after is not None for name in (job.id, job.after)
        )

    @cached_property
    def begun(self) -> frozenset[str]:
        """Every job under way."""
        return frozenset(job for jobs in self.under_way.values() for job in jobs)


def travel_by_points(places: Sequence[tuple[float, float]], *, detour: float, speed_kmh: float) -> Travel:
    """Travel between (lat, lon) places in degrees, reckoned when it is asked for."""
    return lambda wanted: travel_from_points([places[k] for k in wanted], detour=detour, speed_kmh=speed_kmh)


def travel_by_matrix(matrix: npt.NDArray[np.int32]) -> Travel:
    """Travel from a matrix that is there: for small regions."""
    return lambda wanted: np.ascontiguousarray(matrix[np.ix_(wanted, wanted)])


def _check_new(seen: set[str], path: str, name: str) -> None:
    if name in seen:
        raise ProblemError(path, f"'{name}' 이름이 두 번 나옵니다")
    seen.add(name)


def _check_place(path: str, place: int, places: int) -> None:
    if not 0 <= place < places:
        raise ProblemError(path, f"0 이상 {places - 1} 이하여야 합니다")
