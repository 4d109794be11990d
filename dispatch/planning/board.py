"""Loads a point's operating days into frozen boards: one query a kind, however many days are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from core.clock import operating_day, operating_day_bounds
from core.dated import CompanyRules, read_rules
from core.wall import across_the_company, outside_the_wall
from dispatch.planning.board_rows import (
    elsewhere_of,
    open_visits,
    point_days,
    technicians_settled,
)
from dispatch.planning.board_shapes import BoardVisit, Busy, DayBoard
from dispatch.planning.board_travel import reckon_with
from dispatch.planning.day_border import past_the_border, with_their_nights
from dispatch.planning.fairness import read_fairness
from dispatch.planning.phone_gaps import owed_calls
from dispatch.planning.plan_models import PointDay
from dispatch.planning.stretches import (
    LEAST_REST_S,
    Crew,
    Position,
    build_stretches,
    standby_shifts,
    under_way_order,
)
from dispatch.travel import place_at, read_drives, technician_home
from geo.schemas import Point
from workforce.duty import list_rota, list_shifts, standby_spans
from workforce.queries import get_point, get_technicians, qualifications_by_day
from workforce.schemas import PointInfo, ShiftInfo


def horizon(rules: CompanyRules, now: datetime) -> list[date]:
    """Today and the days that are planned beside it."""
    today = operating_day(now)
    return [today + timedelta(days=k) for k in range(rules.planning_days + 1)]


def planned_days(session: Session, *, point_id: int, now: datetime) -> list[date]:
    """Today and the days beside it, by the rules of the point's company."""
    point = get_point(session, point_id=point_id)
    return horizon(read_rules(session, company_id=point.company_id, at=now), now)


def load_board(session: Session, *, point_id: int, day: date, now: datetime) -> DayBoard:
    """One day of a point. Raises NotFoundError for an unknown point."""
    return load_boards(session, point_id=point_id, days=(day,), now=now)[0]


def load_horizon(
    session: Session, *, point_id: int, now: datetime, anew: int | None = None
) -> list[DayBoard]:
    """The boards of today and of every planned day after it. Raises NotFoundError for an unknown point."""
    days = planned_days(session, point_id=point_id, now=now)
    return load_boards(session, point_id=point_id, days=days, now=now, anew=anew)


def load_boards(
    session: Session, *, point_id: int, days: Sequence[date], now: datetime, anew: int | None = None
) -> list[DayBoard]:
    """The boards of several days of one point, in the order of `days`.

    Args:
        anew: the visit that is to be planned afresh: it holds nobody on the day after its own.
    """
    read = with_their_nights(days, now)
    with across_the_company(session):  # whose time is free shows from everybody's visits
        facts = _load_facts(session, point_id=point_id, days=read, now=now)
    boards = past_the_border([_board(facts, day, anew) for day in read], anew=anew)
    asked = {board.day: board for board in boards}
    return reckon_with(session, [asked[day] for day in days])


@dataclass(frozen=True)
class _Facts:
    """What was read once for all days."""

    point: PointInfo
    rules: CompanyRules
    now: datetime
    visits: list[BoardVisit]
    shifts: list[ShiftInfo]
    homes: dict[int, Point]
    names: dict[int, str]
    elsewhere: list[Busy]
    positions: dict[int, Position]
    rows: dict[date, PointDay]
    skills: dict[date, dict[int, frozenset[str]]]
    settled: dict[date, frozenset[int]]
    fair: dict[int, int]


def _load_facts(session: Session, *, point_id: int, days: Sequence[date], now: datetime) -> _Facts:
    point = get_point(session, point_id=point_id)
    rules = read_rules(session, company_id=point.company_id, at=now)
    here = place_at(point.lat, point.lon, point.area_code)
    span = operating_day_bounds(min(days))[0], operating_day_bounds(max(days))[1]
    today = operating_day_bounds(operating_day(now))[0]
    visits = [_missed(v, today) for v in open_visits(session, point=point, here=here, end=span[1])]
    shifts = list_shifts(session, point_id=point_id, start=span[0], end=span[1])
    rota = list_rota(session, company_id=point.company_id, point_id=point_id, start=span[0], end=span[1])
    shifts += standby_shifts(standby_spans(rota), shifts, point_id=point_id)
    crew_ids = {shift.technician_id for shift in shifts}
    known = crew_ids | {v.technician_id for v in visits if v.technician_id is not None}
    crew = get_technicians(session, technician_ids=known, company_id=point.company_id)
    homes = {i: technician_home(t, point) for i, t in crew.items()}
    own = {v.visit_id for v in visits}
    with outside_the_wall(session):  # who works for two makers has one day
        elsewhere = elsewhere_of(
            session,
            technician_ids=crew_ids,
            own=own,
            span=span,
            today=today,
            rest_until=now + timedelta(seconds=LEAST_REST_S) if operating_day(now) in days else None,
            here=here,
        )
    pause = timedelta(seconds=rules.route_change_pause_s)
    return _Facts(
        point=point,
        rules=rules,
        now=now,
        visits=visits,
        shifts=shifts,
        homes=homes,
        names={i: t.name for i, t in crew.items()},
        elsewhere=elsewhere.busy,
        positions=_positions(session, visits, elsewhere.last, homes, rules, now),
        rows=point_days(session, point_id=point_id, days=days),
        skills=qualifications_by_day(session, technician_ids=sorted(homes), days=days),
        settled=technicians_settled(session, point_id=point_id, days=days, since=now - pause),
        fair=read_fairness(session, point_id=point_id, rules=rules, now=now),
    )


def _board(facts: _Facts, day: date, anew: int | None) -> DayBoard:
    bounds, row = operating_day_bounds(day), facts.rows.get(day)
    members = [v for v in facts.visits if _belongs(v, day, facts.now)]
    mine = {anew, *(v.visit_id for v in members)}
    neighbours = [_as_busy(v) for v in facts.visits if v.visit_id not in mine and v.planned]
    busy = [b for b in (*facts.elsewhere, *neighbours) if b.start_at <= bounds[1] and b.end_at > bounds[0]]
    return DayBoard(
        company_id=facts.point.company_id,
        point_id=facts.point.id,
        point_name=facts.point.name,
        day=day,
        version=row.version if row else 0,
        plan_id=row.plan_id if row else None,
        now=facts.now,
        rules=facts.rules,
        stretches=build_stretches(
            facts.shifts,
            crew=Crew(facts.homes, facts.names, facts.skills[day]),
            busy=busy,
            positions=facts.positions,
            bounds=bounds,
            now=facts.now,
            overtime_s=facts.rules.max_overtime_s,
        ),
        visits=tuple(members),
        waiting=tuple(v for v in facts.visits if not v.planned and v.window is None and not v.under_way),
        settled=facts.settled[day],
        calls=owed_calls(facts.visits, rules=facts.rules, now=facts.now, anew=anew)
        if day == operating_day(facts.now)
        else (),
        fair=facts.fair,
        daily_limit=facts.point.daily_limit,
        names=facts.names,
    )


def _missed(visit: BoardVisit, today: datetime) -> BoardVisit:
    """A visit of an earlier day that never began waits for a new time; its old promise is past."""
    if visit.under_way:
        return visit
    if visit.window is not None and visit.window[1] < today:
        visit = replace(visit, window=None)
    if visit.planned_start is not None and visit.planned_start < today:
        return replace(visit, technician_id=None, planned_start=None, planned_end=None, pinned_time=False)
    return visit


def _belongs(visit: BoardVisit, day: date, now: datetime) -> bool:
    """Under way: today. Planned: by its time. Agreed but without a time: by what is left of its window."""
    if visit.under_way:
        return day == operating_day(now)
    if visit.planned_start is not None:
        return operating_day(visit.planned_start) == day
    today = operating_day_bounds(operating_day(now))[0]
    return visit.window is not None and operating_day(max(visit.window[0], today)) == day


def _as_busy(visit: BoardVisit) -> Busy:
    assert visit.technician_id is not None and visit.planned_start is not None
    end = visit.planned_end or visit.planned_start + timedelta(seconds=visit.duration_s)
    return Busy(visit.technician_id, visit.planned_start, end, visit.place)


def _positions(
    session: Session,
    visits: Sequence[BoardVisit],
    last: dict[int, Position],
    homes: dict[int, Point],
    rules: CompanyRules,
    now: datetime,
) -> dict[int, Position]:
    """Where each technician is: at his last finished visit, or at the first of those under way."""
    positions = dict(last)
    for visit in sorted((v for v in visits if v.under_way), key=under_way_order, reverse=True):
        who = visit.technician_id
        if who is None or who not in homes:
            continue
        arrival = visit.started_at or visit.arrived_at
        if arrival is None and visit.en_route_at is not None:
            before = last[who].place if who in last else homes[who]
            (leg,) = read_drives(session, [(before, visit.place)], day=operating_day(now), rules=rules)
            arrival = visit.en_route_at + timedelta(seconds=leg.seconds)
        positions[who] = Position(visit.place, max(now, arrival or now))
    return positions
