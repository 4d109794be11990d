"""Whom a point in need could borrow: the technicians of its neighbours whose time is worth least at home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.board import WorkingRoute
from scheduling.plan import Params, Repair
from scheduling.problem import PlanningProblem
from scheduling.region.model import Lending
from scheduling.region.rules import is_lendable, same_company
from scheduling.region.state import RegionState

LENDERS = 3
"""Neighbours whom a point in need asks in one round."""
ABSORBED = 4
"""The lender's others take over most of what is given back: a quarter of it at the most counts as lost."""


@dataclass(frozen=True)
class Trial:
    """One lending to be tried. `loss`: what the lender's jobs in that time are worth at the most."""

    lending: Lending
    pair: tuple[int, int]
    loss: int


def find_trials(state: RegionState, neighbours: Sequence[Sequence[int]]) -> list[Trial]:
    """Trials within the rules, the greatest need first; for each borrower those lenders who lose least."""
    region = state.region
    cost = region.rules.lending_cost
    short = [(state.left_out(p), p) for p in range(len(region.points))]
    found: list[Trial] = []
    for need, borrower in sorted(short, key=lambda item: (-item[0], item[1])):
        if need <= cost:
            continue
        offers = [_offers(state, lender, borrower) for lender in neighbours[borrower]]
        offers = [trials for trials in offers if trials and trials[-1].loss // ABSORBED <= need - cost]
        for trials in sorted(offers, key=lambda trials: trials[-1].loss)[:LENDERS]:
            found += trials
    return found


def find_loan(
    state: RegionState, part: PlanningProblem, board: Sequence[WorkingRoute], borrower: int, name: str
) -> Repair | None:
    """The cheapest neighbour's technician who could serve a job that is left out behind his own last one.

    Nothing is given back for it. `board` are the neighbours' routes of a part that has the job too. To apply
    the repair: a lending with its `kept`, and the job as the last of his route.
    """
    region = state.region
    number = part.job_index[name]
    work, stop = region.jobs[name], part.stops[number]
    if work.technician is not None or name in region.begun:
        return None
    found: list[tuple[int, str, int]] = []
    for route in board:
        person = part.technicians[route.technician]
        if not _may_lend(state, person.id, borrower) or not work.skills <= person.skills:
            continue
        if person.capacity is not None and route.load + work.demand > person.capacity:
            continue
        begins, ends, _, rate = route.shift
        kept = len(route.jobs)
        place = route.place_at(kept, part.jobs[number].location, stop, shift=(begins, ends, ends, rate))
        if place is not None:
            found.append((place[0] + region.rules.lending_cost, person.id, kept))
    if not found:
        return None
    cost, who, kept = min(found)
    params: Params = {
        "point": region.points[region.employer[who]].id,
        "kept": kept,
        "position": kept + 1,
        "cost": cost,
    }
    return Repair("LEND", params, who, tried=True)


def _may_lend(state: RegionState, technician: str, borrower: int) -> bool:
    """Whether this technician may still be lent there, having kept what is under way."""
    region = state.region
    lender = region.employer[technician]
    lent = sum(person.id in state.lendings for person in region.points[lender].technicians)
    begun = region.under_way.get(technician, ())
    return (
        same_company(region, lender, borrower)
        and lent < region.points[lender].most_lent
        and technician not in state.lendings
        and is_lendable(region, technician)
        and state.routes[technician][: len(begun)] == begun
    )


def _offers(state: RegionState, lender: int, borrower: int) -> list[Trial]:
    """The one whom the lender misses least, for the whole day (last) or the second half of it (first)."""
    region = state.region
    own = region.points[lender]
    lent = sum(person.id in state.lendings for person in own.technicians)
    if not same_company(region, lender, borrower) or lent >= own.most_lent:
        return []
    wanted = [region.jobs[name] for name in state.unserved(borrower)]
    wanted = [job for job in wanted if job.technician is None and job.id not in region.begun]
    best: list[Trial] = []
    for person in own.technicians:
        if person.id in state.lendings or not is_lendable(region, person.id):
            continue
        if not any(job.skills <= person.skills for job in wanted):
            continue
        trials = _trials_of(state, person.id, lender, borrower)
        if trials and (not best or trials[-1].loss < best[-1].loss):
            best = trials
    return best


def _trials_of(state: RegionState, technician: str, lender: int, borrower: int) -> list[Trial]:
    region = state.region
    route, begun = state.routes[technician], region.under_way.get(technician, ())
    later = [region.jobs[name] for name in route[len(begun) :]]
    if tuple(route[: len(begun)]) != begun or any(job.technician is not None for job in later):
        return []
    pair = (min(lender, borrower), max(lender, borrower))
    found = []
    for kept in sorted({len(begun), max(len(begun), (len(route) + 1) // 2)}, reverse=True):
        loss = sum(region.jobs[name].drop_cost for name in route[kept:] if region.home[name] != borrower)
        found.append(Trial(Lending(technician, region.points[borrower].id, kept), pair, loss))
    return found
