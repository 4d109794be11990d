"""Whom a point in need could borrow: the technicians of its neighbours whose time is worth least at home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
