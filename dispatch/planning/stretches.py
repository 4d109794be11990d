"""Shifts cut into the stretches in which a technician can be sent. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.spans import without
from dispatch.planning.board_shapes import BoardVisit, Busy, Lunch, Stretch, Window
from geo.schemas import Point
from workforce.schemas import ShiftInfo

LEAST_REST_S = 600
"""What work under way is expected to take at least, once its planned duration has run out."""

STANDBY = "standby"
"""The kind of a stretch of duty that is not a shift."""


@dataclass(frozen=True)
class Position:
    """Where a technician is today, and from when on he can go on: his last visit, or the one under way."""

    place: Point
    free_at: datetime


@dataclass(frozen=True)
class Crew:
    """What stretches need to know of a point's technicians, by technician id."""

    homes: Mapping[int, Point]
    names: Mapping[int, str]
    skills: Mapping[int, frozenset[str]]


def build_stretches(
    shifts: Iterable[ShiftInfo],
    *,
    crew: Crew,
    busy: Sequence[Busy],
    positions: Mapping[int, Position],
    bounds: Window,
    now: datetime,
    overtime_s: int,
) -> tuple[Stretch, ...]:
    """Stretches of one operating day, by technician and start.

    A shift is cut where the technician is booked elsewhere: the stretch before ends there in time, the one
    after begins there. On the running day nothing begins before `now`, and a technician who has worked
    begins where he is instead of at home.
    """
    by_technician: dict[int, list[Stretch]] = {}
    for shift in sorted(shifts, key=lambda s: (s.technician_id, s.start_at)):
        start, end = max(shift.start_at, bounds[0]), min(shift.end_at, bounds[1])
        if start >= end or shift.technician_id not in crew.homes:
            continue
        left_early = shift.left_early and end == shift.end_at
        stays_on = end == shift.end_at and shift.kind != STANDBY and not left_early
        whole = _whole_shift(shift, crew, (start, end), overtime_s if stays_on else 0)
        came_late = shift.came_late and start == shift.start_at
        whole = replace(whole, left_early=left_early, hard_end=left_early, came_late=came_late)
        pieces = _cut(whole, [b for b in busy if b.technician_id == shift.technician_id])
        pieces = _with_lunch(pieces, shift)
        if bounds[0] <= now < bounds[1]:
            position = positions.get(shift.technician_id)
            pieces = [moved for piece in pieces if (moved := _from_now(piece, position, now)) is not None]
        by_technician.setdefault(shift.technician_id, []).extend(pieces)
    return tuple(piece for pieces in by_technician.values() for piece in _numbered(pieces))


def standby_shifts(
    duties: Iterable[tuple[int, Window]], shifts: Sequence[ShiftInfo], *, point_id: int
) -> list[ShiftInfo]:
    """Duty (technician, span) as shifts of the kind `standby`, less the shifts he has anyway."""
    found = []
    for who, span in duties:
        pieces = without(span, [(s.start_at, s.end_at) for s in shifts if s.technician_id == who])
        found += [ShiftInfo(who, point_id, STANDBY, start, end, None, None, 0) for start, end in pieces]
    return found


def _whole_shift(shift: ShiftInfo, crew: Crew, span: Window, overtime_s: int) -> Stretch:
    who = shift.technician_id
    return Stretch(
        key=str(who),
        technician_id=who,
        name=crew.names.get(who, ""),
        start_at=span[0],
        end_at=span[1],
        start_place=crew.homes[who],
        end_place=crew.homes[who],
        skills=crew.skills.get(who, frozenset()),
        overtime_s=overtime_s,
        standby=shift.kind == STANDBY,
    )


def _cut(whole: Stretch, busy: list[Busy]) -> list[Stretch]:
    latest = whole.end_at + timedelta(seconds=whole.overtime_s)
    # What begins just where 05:00 cuts a night shift off ends it as well.
    before_end = (b for b in busy if b.start_at < latest or b.start_at == whole.end_at)
    blocks = sorted((b for b in before_end if b.end_at > whole.start_at), key=lambda b: b.start_at)
    pieces: list[Stretch] = []
    rest = whole
    for block in blocks:
        if block.start_at > rest.start_at:
            end = min(block.start_at, whole.end_at)
            pieces.append(
                replace(
                    rest,
                    end_at=end,
                    end_place=block.place,
                    overtime_s=0,
                    lunch=None,
                    hard_end=True,
                    left_early=rest.left_early and end == whole.end_at,
                )
            )
        rest = replace(rest, start_at=max(rest.start_at, block.end_at), start_place=block.place)
    if rest.start_at < rest.end_at:
        pieces.append(rest)
    return pieces


def _with_lunch(pieces: list[Stretch], shift: ShiftInfo) -> list[Stretch]:
    """Lunch goes into the first piece that has room for it; a second lunch would be a gift."""
    if not shift.lunch_s or shift.lunch_earliest is None or shift.lunch_latest is None:
        return pieces
    for k, piece in enumerate(pieces):
        begin = max(piece.start_at, shift.lunch_earliest)
        if begin <= shift.lunch_latest and begin + timedelta(seconds=shift.lunch_s) <= piece.end_at:
            lunch = Lunch(shift.lunch_earliest, shift.lunch_latest, shift.lunch_s)
            return [*pieces[:k], replace(piece, lunch=lunch), *pieces[k + 1 :]]
    return pieces


def _from_now(piece: Stretch, position: Position | None, now: datetime) -> Stretch | None:
    """What is left of a piece today; None when it is over and nothing under way runs into it."""
    last = piece.end_at + timedelta(seconds=piece.overtime_s)
    if position is not None and position.free_at >= piece.start_at:
        start = max(now, position.free_at)
        if start > last:
            return None
        piece = replace(piece, start_at=start, start_place=position.place, came_late=False)
    elif piece.start_at < now:
        if now >= piece.end_at:
            return None
        piece = replace(piece, start_at=now, came_late=False)
    if piece.start_at >= last:
        return None
    end = max(piece.end_at, piece.start_at)
    overtime = max(0, int((last - end).total_seconds()))
    lunch = piece.lunch if piece.lunch is not None and piece.lunch.latest >= piece.start_at else None
    return replace(piece, end_at=end, overtime_s=overtime, lunch=lunch)


def _numbered(pieces: list[Stretch]) -> list[Stretch]:
    """Keys `7`, `7.2`, …; overtime never runs into the same technician's next stretch."""
    numbered = []
    for k, piece in enumerate(pieces):
        key = piece.key if k == 0 else f"{piece.key}.{k + 1}"
        overtime = piece.overtime_s
        if k + 1 < len(pieces):
            gap = int((pieces[k + 1].start_at - piece.end_at).total_seconds())
            overtime = max(0, min(overtime, gap))
        numbered.append(replace(piece, key=key, overtime_s=overtime))
    return numbered


def rest_of(visit: BoardVisit, now: datetime) -> int:
    """Seconds that its work still takes; work under way takes a while, however long it has taken."""
    if visit.started_at is None:
        return visit.duration_s
    return max(LEAST_REST_S, visit.duration_s - int((now - visit.started_at).total_seconds()))


def under_way_order(visit: BoardVisit) -> tuple[bool, bool, datetime]:
    """What is being done comes before what was arrived at, and that before what is on the way."""
    since = visit.started_at or visit.arrived_at or visit.en_route_at or visit.received_at
    return visit.started_at is None, visit.arrived_at is None, since
