"""What may cross a border between service points: each rule one function, listed in docs/planning.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scheduling.region.model import Kind, Lending, Point, Region

Routes = Mapping[str, Sequence[str]]
Lendings = Mapping[str, Lending]


def may_leave(region: Region, job: str) -> bool:
    """A job may go to another point: no pin to a person or an order, not promised to its point, not begun."""
    return (
        region.jobs[job].technician is None
        and job not in region.ordered
        and job not in region.points[region.home[job]].staying
        and job not in region.begun
    )


def taking_limit(point: Point) -> int | None:
    """How many jobs of others this point may take over; None: as many as it can serve."""
    if point.most_taken is not None:
        return point.most_taken
    return None if point.kind is Kind.DIRECT else 0


def same_company(region: Region, lender: int, borrower: int) -> bool:
    """Technicians are lent between points of one company only: hiring out to another is not ours to do."""
    return lender != borrower and region.points[lender].company == region.points[borrower].company


def is_lendable(region: Region, technician: str) -> bool:
    """The technician is among those whom the point lends."""
    lendable = region.points[region.employer[technician]].lendable
    return lendable is None or technician in lendable


def keeps_begun(region: Region, lending: Lending, route: Sequence[str]) -> bool:
    """What is under way is finished for the own point before the technician leaves."""
    begun = region.under_way.get(lending.technician, ())
    return tuple(route[: len(begun)]) == begun and len(begun) <= lending.kept <= len(route)


def works_for_one(region: Region, lending: Lending, route: Sequence[str]) -> bool:
    """While lent, only jobs of the borrowing point are served, and none pinned to somebody else."""
    return all(
        region.points[region.home[job]].id == lending.to and region.jobs[job].technician is None
        for job in route[lending.kept :]
    )


def is_qualified(region: Region, lending: Lending, route: Sequence[str]) -> bool:
    """The lent technician has the qualifications of every job there."""
    skills = region.technicians[lending.technician].skills
    return all(region.jobs[job].skills <= skills for job in route[lending.kept :])


def within_shift(region: Region, technician: str, finish: int) -> bool:
    """Nobody works overtime on a day on which he is lent. `finish` is the arrival at the day's end."""
    return finish <= region.technicians[technician].shift[1]


def within_lending_limit(region: Region, point: int, lendings: Lendings) -> bool:
    """No more technicians of a point are lent than it allows."""
    lent = sum(region.employer[technician] == point for technician in lendings)
    return lent <= region.points[point].most_lent


def is_overflow(region: Region, technician: str, position: int, job: str, lendings: Lendings) -> bool:
    """The job is served by another point: not its own technician, nor one lent to it at that hour."""
    if region.home[job] == region.employer[technician]:
        return False
    lending = lendings.get(technician)
    return lending is None or position < lending.kept


def within_taking_limit(region: Region, point: int, taken: int) -> bool:
    """No more jobs of others are taken over than the point may take."""
    limit = taking_limit(region.points[point])
    return limit is None or taken <= limit
