"""A rich problem planned: the search on the prepared one, and between its parts what depends on the plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter

from scheduling.board import board_sequences, open_board
from scheduling.engine import Effort, improve_routes
from scheduling.evaluator import evaluate_plan
from scheduling.explain import explain_unserved
from scheduling.plan import Plan, Sequences
from scheduling.planner import SearchOptions, closing_seconds, search_plan, solve
from scheduling.preparation.calls import gaps_for
from scheduling.preparation.crews import find_crew
from scheduling.preparation.model import RichProblem
from scheduling.preparation.prepare import Prepared, Settled, prepare, settle
from scheduling.preparation.rich_plan import RichPlan, restore, rich_rank
from scheduling.preparation.stock import overdrawn_jobs
from scheduling.problem import PlanningProblem, keep_order

PARTS = (0.5, 0.3, 0.2)
"""Shares of the time; after each, visits by two, vans and gaps are settled anew."""
SEARCH_SHARE = 0.85
"""Of each share, what the search gets; the rest is for settling."""


def solve_rich(rich: RichProblem, *, seconds: float, options: SearchOptions | None = None) -> RichPlan:
    """The best plan found in `seconds` of wall time, with the reasons of what is left out.

    Where nothing depends on the plan (visits by two, parts that several jobs share, calls) it is one search.
    What is settled between two searches stays in the next one; the best plan of all is given. With
    `iterations` the same seed gives the same plan, time permitting.
    """
    options = options or SearchOptions()
    started = perf_counter()
    prepared = prepare(rich)
    if not _depends_on_plan(rich):
        return restore(prepared, solve(prepared.problem, seconds=seconds, options=options))
    until = started + seconds - closing_seconds(prepared.problem, seconds)
    hand = best = _first_hand(prepared, until)
    for k, share in enumerate(PARTS):
        now = perf_counter()
        if now >= until or (options.cancelled is not None and options.cancelled()):
            break
        search_until = now + (until - now) * share / sum(PARTS[k:]) * SEARCH_SHARE
        hand = _searched(hand, search_until, until, _part_of(options, share))
        best = min(best, hand, key=_rank)
    plan = explain_unserved(best.prepared.problem, best.plan)
    return replace(restore(best.prepared, plan), seconds=perf_counter() - started)


@dataclass(frozen=True, eq=False)
class _Hand:
    """Sound routes of a prepared problem, with all that is settled for them."""

    prepared: Prepared
    sequences: Sequences

    @cached_property
    def plan(self) -> Plan:
        return evaluate_plan(self.prepared.problem, self.sequences)


def _rank(hand: _Hand) -> int:
    return rich_rank(hand.prepared, restore(hand.prepared, hand.plan))


def _depends_on_plan(rich: RichProblem) -> bool:
    shared = any(rules.parts is not None for rules in rich.people) and any(r.parts for r in rich.work)
    return shared or any(rules.crew > 1 or rules.call is not None for rules in rich.work)


def _part_of(options: SearchOptions, share: float) -> SearchOptions:
    steps = options.iterations
    return options if steps is None else replace(options, iterations=max(1, round(steps * share)))


def _first_hand(prepared: Prepared, until: float) -> _Hand:
    """What must be done, then the visits by two, then the rest by greedy insertion."""
    problem = prepared.problem
    first = {name for prefix in problem.fixed for name in prefix.jobs}
    must = (job for job in problem.jobs if job.mandatory or job.id in first)
    musts = replace(problem, jobs=tuple(keep_order(must, first)))
    begun = board_sequences(open_board(musts, None))
    hand = _with_crews(_sound(prepared, _fill(musts, begun)), until)
    return _settled(_filled(hand))


def _searched(hand: _Hand, search_until: float, until: float, options: SearchOptions) -> _Hand:
    problem = hand.prepared.problem
    found = search_plan(problem, until=search_until, options=options, initial=hand.sequences)
    return _settled(_with_crews(_sound(hand.prepared, found.sequences), until))


def _settled(hand: _Hand) -> _Hand:
    return _with_gaps(_within_stock(hand))


def _sound(prepared: Prepared, sequences: Sequences) -> _Hand:
    """Routes with a schedule; a visit by two of which one half found no place is taken off."""
    while True:
        kept = board_sequences(open_board(prepared.problem, sequences))
        there = {name for names in kept.values() for name in names}
        crews = {
            job: visit
            for job, visit in prepared.settled.crews.items()
            if all(name in there for name, number in prepared.jobs.items() if _is(prepared, number, job))
        }
        if len(crews) == len(prepared.settled.crews):
            return _Hand(prepared, kept)
        prepared = settle(prepared, replace(prepared.settled, crews=crews))
        sequences = kept


def _is(prepared: Prepared, number: int, job: str) -> bool:
    return prepared.rich.plain.jobs[number].id == job


def _filled(hand: _Hand) -> _Hand:
    return _Hand(hand.prepared, _fill(hand.prepared.problem, hand.sequences))


def _fill(problem: PlanningProblem, sequences: Sequences) -> dict[str, list[str]]:
    """No worse than these sound routes, by the kernel's greedy insertion alone."""
    return improve_routes(problem, [sequences], Effort(until=perf_counter()))


def _resettled(hand: _Hand, settled: Settled, sequences: Sequences | None = None) -> _Hand:
    prepared = settle(hand.prepared, settled)
    return _sound(prepared, hand.sequences if sequences is None else sequences)


def _with_crews(hand: _Hand, until: float) -> _Hand:
    """Each visit by two where it costs least in these routes, or nowhere where that costs less; as far as
    time allows, what must be done and the worthiest first."""
    rich = hand.prepared.rich
    crews = [k for k, rules in enumerate(rich.work) if rules.crew > 1]
    crews.sort(key=lambda k: (not rich.plain.jobs[k].mandatory, -rich.plain.jobs[k].drop_cost, k))
    for job in crews:
        if perf_counter() >= until:
            break
        name, settled = rich.plain.jobs[job].id, hand.prepared.settled
        others = {other: visit for other, visit in settled.crews.items() if other != name}
        without = _resettled(hand, replace(settled, crews=others))
        options = [hand]
        place = find_crew(without.prepared, without.sequences, job)
        if place is not None:
            crewed = replace(settled, crews={**others, name: place.visit})
            options.append(_resettled(without, crewed, place.sequences))
        if name in settled.crews:
            options.append(_filled(without))
        hand = min(options, key=_rank)
    return hand


def _within_stock(hand: _Hand) -> _Hand:
    """Who has used up a part leaves the least worthy jobs to others. Each time round there are more such
    pairs, so it ends."""
    while over := overdrawn_jobs(hand.prepared, hand.sequences):
        settled = hand.prepared.settled
        lost = {job for _, job in over}
        settled = replace(
            settled,
            used_up=settled.used_up | over,
            crews={job: visit for job, visit in settled.crews.items() if job not in lost},
        )
        hand = _filled(_resettled(hand, settled))
    return hand


def _with_gaps(hand: _Hand) -> _Hand:
    """The gaps for the calls of these very routes."""
    bare = settle(hand.prepared, replace(hand.prepared.settled, gaps={}))
    gaps = gaps_for(bare, hand.sequences)
    return _resettled(hand, replace(hand.prepared.settled, gaps=gaps))
