"""Who drives cannot telephone: his route leaves a gap before the desk takes a call of his over. Pure.

A gap is kept where it costs no more than the call is worth; else, and where the technician is not at work,
the desk calls as it always does (`dispatch/clocks.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.clock import operating_day
from core.dated import CompanyRules
from dispatch.planning.board_shapes import BoardVisit, DayBoard, OwedCall, Stretch
from dispatch.planning.stretches import rest_of, under_way_order
from scheduling.preparation.calls import gaps_of_route, with_breaks
from scheduling.preparation.model import Call
from scheduling.problem import PlanningProblem


@dataclass(frozen=True)
class Gap:
    """Between `since` and `by` (the board's seconds) a technician stands still for the family of a visit."""

    visit_id: int
    since: int
    by: int


@dataclass(frozen=True)
class Calling:
    """A problem whose technicians stand still for calls: of each the visits they are for, in their order."""

    problem: PlanningProblem
    calls: Mapping[str, tuple[int, ...]]


def owed_calls(
    visits: Iterable[BoardVisit], *, rules: CompanyRules, now: datetime, anew: int | None
) -> tuple[OwedCall, ...]:
    """The calls of today's and tomorrow's visits that their technicians owe from now on, `anew` apart.

    A danger is no such call: he sets out at once. A tentative plan has told nobody.
    """
    days = operating_day(now), operating_day(now) + timedelta(days=1)
    desk_before = timedelta(seconds=rules.contact_limit_s - rules.contact_hand_over_after_s)
    found = []
    for visit in visits:
        who, start, due = visit.technician_id, visit.planned_start, visit.contact_due_at
        if who is None or start is None or due is None or visit.visit_id == anew:
            continue
        silent = visit.state == "planned" and visit.window is None
        if silent and visit.accepted and not visit.safety and operating_day(start) in days:
            later = operating_day(start) == days[1]
            found.append(OwedCall(visit.visit_id, who, due - desk_before, later))
    return tuple(sorted(found, key=lambda call: (call.by, call.visit_id)))


def gaps_wished(
    board: DayBoard, *, anew: int | None = None, untouched: Iterable[BoardVisit] = ()
) -> dict[str, list[Gap]]:
    """The gaps that are wished for, the earliest call first, by stretch.

    Who stands still now calls before he sets out, and who is not at work does not call at all: none ends
    after his shift. Who is at a home calls when he is done there, who is on the way when he arrives; but
    nobody stands still before he is at a danger.

    Args:
        anew: the visit that is planned afresh: nobody owes its call.
        untouched: visits that stay where they are, whatever comes before them.
    """
    here = {visit.visit_id for visit in board.visits}
    to_a_danger = {v.technician_id for v in board.visits if v.safety and v.arrived_at is None}
    driving_on = to_a_danger | {visit.technician_id for visit in untouched}
    wished: dict[str, list[Gap]] = {}
    for call in board.calls:
        if call.visit_id == anew or call.technician_id in driving_on:
            continue
        stretch = _stretch_for(board, call)
        if stretch is None or not (call.later or call.visit_id in here):
            continue
        since, by = _free_from(board, stretch), min(call.by, stretch.end_at)
        if since > board.now and since + timedelta(seconds=board.rules.call_gap_s) <= by:
            found = Gap(call.visit_id, board.seconds(since), board.seconds(by))
            wished.setdefault(stretch.key, []).append(found)
    return wished


def with_gaps(
    problem: PlanningProblem,
    sequences: Mapping[str, Sequence[str]],
    wished: Mapping[str, Sequence[Gap]],
    rules: CompanyRules,
) -> Calling:
    """The problem with each gap that its technician's present route can have."""
    kept: dict[str, tuple[int, ...]] = {}
    for key, gaps in wished.items():
        jobs = [problem.job_index[name] for name in sequences.get(key, ())]
        technician = problem.technician_index[key]
        for gap in gaps if jobs else ():  # who goes nowhere does not drive
            call = Call(gap.by, rules.call_gap_s, rules.call_gap_worth)
            changed = _with_lunch_after(problem, technician, gap.since)
            found = gaps_of_route(changed, technician, jobs, [call], since=gap.since)
            if found:
                breaks = (*problem.technicians[technician].breaks, *found)
                problem = with_breaks(changed, technician, breaks)
                kept[key] = (*kept.get(key, ()), gap.visit_id)
    return Calling(problem, kept)


def _stretch_for(board: DayBoard, call: OwedCall) -> Stretch | None:
    """The stretch in which he calls: the last that begins early enough; None: the desk calls for him."""
    if not board.is_at_work(call.technician_id):
        return None
    latest = call.by - timedelta(seconds=board.rules.call_gap_s)
    own = [s for s in board.stretches if s.technician_id == call.technician_id and not s.standby]
    return next((s for s in reversed(own) if s.start_at <= latest), None)


def _free_from(board: DayBoard, stretch: Stretch) -> datetime:
    """When he stands still first: behind the work that he is at now."""
    under_way = (v for v in board.visits if v.under_way and v.technician_id == stretch.technician_id)
    at_a_home = min((v for v in under_way if v.arrived_at is not None), key=under_way_order, default=None)
    if at_a_home is None:
        return stretch.start_at
    return stretch.start_at + timedelta(seconds=rest_of(at_a_home, board.now))


def _with_lunch_after(problem: PlanningProblem, technician: int, since: int) -> PlanningProblem:
    """Breaks are taken in the order of their earliest moments: lunch must not come first for its own."""
    lunch = problem.technicians[technician].lunch
    if lunch is None or not lunch.earliest < since <= lunch.latest:
        return problem
    people = list(problem.technicians)
    people[technician] = replace(people[technician], lunch=replace(lunch, earliest=since))
    return replace(problem, technicians=tuple(people))
