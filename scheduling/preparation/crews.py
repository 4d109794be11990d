"""Visits by two: which pair, and when, so that both begin at the same second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scheduling.board import WorkingRoute, board_sequences, open_board
from scheduling.plan import Sequences
from scheduling.preparation.prepare import CrewVisit, Prepared, companion_of
from scheduling.problem import Job, open_spans, stop_numbers

MOST_STARTS = 240
"""Moments that are tried for one visit; of more, every nth."""


@dataclass(frozen=True)
class CrewPlace:
    """The cheapest pair and moment for a job. `cost` is everything that both routes lose by it."""

    visit: CrewVisit
    cost: int
    sequences: dict[str, list[str]]
    """The routes with both stops in them."""


def find_crew(prepared: Prepared, sequences: Sequences, job: int) -> CrewPlace | None:
    """The cheapest place for a visit by two in these routes, which do not have it, or None.

    The moments tried are those at which somebody could be there behind one of his stops, the job's opening
    and its due time; at each the cheapest technician to lead and the cheapest other one to help. Of pairs
    whose best moment lies between these nothing is known.
    """
    board = open_board(prepared.problem, sequences)
    able = [_able(prepared, job, companion=companion) for companion in (False, True)]
    first, second = ([route for route in board if _shift_of(prepared, route) in of] for of in able)
    best: tuple[int, int, _Seat, _Seat] | None = None
    for start in _moments(prepared, board, job):
        leads = _seats(prepared, first, job, start, companion=False)
        helpers = _seats(prepared, second, job, start, companion=True) if leads else []
        for lead in leads:
            helper = next((seat for seat in helpers if seat.person != lead.person), None)
            if helper is not None and (best is None or (lead.cost + helper.cost, start) < best[:2]):
                best = lead.cost + helper.cost, start, lead, helper
    if best is None:
        return None
    cost, start, lead, helper = best
    visit = CrewVisit(lead.shift, helper.shift, start)
    return CrewPlace(visit, cost, _with_both(prepared, board, job, lead, helper))


def has_crew(prepared: Prepared, job: int) -> bool:
    """Whether any two technicians may do a job together, time and other work aside."""
    leads, helpers = (
        {prepared.shifts[shift][0] for shift in _able(prepared, job, companion=second)}
        for second in (False, True)
    )
    return bool(leads) and bool(helpers) and len(leads | helpers) > 1


@dataclass(frozen=True)
class _Seat:
    """One technician's best position for his half of a visit."""

    cost: int
    person: int
    shift: str
    position: int


def _seats(
    prepared: Prepared, routes: Sequence[WorkingRoute], job: int, start: int, *, companion: bool
) -> list[_Seat]:
    """Everybody's half of the visit at this moment, the cheapest first."""
    half = _half(prepared, job, start, companion=companion)
    stop = stop_numbers(half)
    found = []
    for route in routes:
        begins, _, limit, _ = route.shift
        if not begins <= start <= limit:
            continue
        shift = _shift_of(prepared, route)
        extra = prepared.pair_cost(shift, job, companion=companion)
        place = route.cheapest_place(half.location, stop, half.demand, extra=extra)
        if place is not None:
            found.append(_Seat(place[0], prepared.shifts[shift][0], shift, place[2]))
    return sorted(found, key=lambda seat: (seat.cost, seat.shift))


def _half(prepared: Prepared, job: int, start: int, *, companion: bool) -> Job:
    rich = prepared.rich
    work = replace(rich.plain.jobs[job], window=(start, start), windows=())
    return companion_of(work, rich.work[job].companion_skills) if companion else work


def _shift_of(prepared: Prepared, route: WorkingRoute) -> str:
    return prepared.problem.technicians[route.technician].id


def _able(prepared: Prepared, job: int, *, companion: bool) -> set[str]:
    """The prepared technicians who may do this half."""
    return {
        person.id
        for person in prepared.problem.technicians
        if prepared.coming(person.id, job, companion=companion).skills <= person.skills
        and not prepared.is_barred(person.id, job, companion=companion)
    }


def _moments(prepared: Prepared, board: Sequence[WorkingRoute], job: int) -> list[int]:
    work, rows = prepared.rich.plain.jobs[job], prepared.problem.rows
    spans = open_spans(work)
    wanted = {opens for opens, _ in spans} | ({work.due} if work.due is not None else set())
    for route in board:
        for place, ready in zip(route.places, route.ready, strict=False):
            wanted.add(ready + rows[place][work.location])
    moments = sorted(at for at in wanted if any(opens <= at <= closes for opens, closes in spans))
    return moments[:: -(-len(moments) // MOST_STARTS) or 1]


def _with_both(
    prepared: Prepared, board: Sequence[WorkingRoute], job: int, lead: _Seat, helper: _Seat
) -> dict[str, list[str]]:
    halves = prepared.rich.plain.jobs[job].id, prepared.seconds[job]
    sequences = board_sequences(board)
    for seat, half in zip((lead, helper), halves, strict=True):
        sequences[seat.shift].insert(seat.position, half)
    return sequences
