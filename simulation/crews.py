"""Who works when: shifts, absences and duty rotas around the day the world is seeded for. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from core.clock import operating_day_bounds
from simulation.bulk import Batch, Row
from simulation.shapes import (
    DAY,
    DAYS_AHEAD,
    DAYS_BEFORE,
    HOUR,
    SEED,
    CrewShift,
    PointSpec,
    StaffMember,
    TechnicianSpec,
)
from workforce.models import Absence, DutyRota, Shift

NIGHT_CREW_FROM = {"direct": 4, "designated": 6}
"""From this many technicians on a point has a night crew; the others have one on call."""
ABSENT_SHARE = 0.05
NEAR_DAYS = range(-2, 10)
"""Absences of all other days have a stream of their own, so that longer rotas leave these as they are."""
CALL_DESK_HOURS = (6, 14, 22)
ABSENCE_REASONS = ("연차", "병가", "교육", "가족 돌봄")

_HOURS = {"early": (7, 16), "day": (9, 18), "late": (12, 21), "night": (19, 32)}
"""From hour to hour of the date; past 24 is the next date."""
_LUNCH = {
    "early": (11 * HOUR, 13 * HOUR, HOUR),
    "day": (11 * HOUR + 1800, 13 * HOUR + 1800, HOUR),
    "late": (16 * HOUR, 18 * HOUR, 2700),
}
_FIVE = 5 * HOUR


def list_crew_shifts(technicians: Iterable[TechnicianSpec]) -> tuple[CrewShift, ...]:
    """Every shift of the seeded days, those that somebody misses marked; the same every time."""
    near, far = random.Random(SEED + 7), random.Random(SEED + 9)
    shifts = []
    for technician in technicians:
        for day in range(-DAYS_BEFORE, DAYS_AHEAD + 1):
            shift = _shift(technician, day)
            rng = near if day in NEAR_DAYS else far
            missed = rng.random() < ABSENT_SHARE and technician.pattern != "night"
            if shift is not None:
                shifts.append(replace(shift, absent=missed and day >= -1))
    return tuple(shifts)


def _shift(technician: TechnicianSpec, day: int) -> CrewShift | None:
    if technician.pattern == "night":
        if (day + technician.turn) % 2:
            return None
    elif (day + technician.turn) % 7 in (5, 6):
        return None
    opens, closes = _HOURS[technician.pattern]
    point_id, company_id = technician.point_id, technician.company_id
    if technician.other_point_id is not None and technician.other_company_id is not None and day % 2:
        point_id, company_id = technician.other_point_id, technician.other_company_id
    start = day * DAY + opens * HOUR - _FIVE
    lunch = _LUNCH.get(technician.pattern)
    return CrewShift(
        technician_id=technician.id,
        point_id=point_id,
        company_id=company_id,
        day=day,
        kind="night" if technician.pattern == "night" else "day",
        start=start,
        end=start + (closes - opens) * HOUR,
        lunch=(day * DAY + lunch[0] - _FIVE, day * DAY + lunch[1] - _FIVE, lunch[2]) if lunch else None,
    )


def add_shift_rows(batch: Batch, shifts: Iterable[CrewShift], *, base_day: date) -> None:
    """Shifts and absences as rows."""
    zero = operating_day_bounds(base_day)[0]
    rng = random.Random(SEED + 8)
    for shift in shifts:
        start, end = zero + timedelta(seconds=shift.start), zero + timedelta(seconds=shift.end)
        lunch = shift.lunch
        batch.add(
            Shift,
            technician_id=shift.technician_id,
            service_point_id=shift.point_id,
            company_id=shift.company_id,
            kind=shift.kind,
            start_at=start,
            end_at=end,
            lunch_earliest=zero + timedelta(seconds=lunch[0]) if lunch else None,
            lunch_latest=zero + timedelta(seconds=lunch[1]) if lunch else None,
            lunch_s=lunch[2] if lunch else 0,
        )
        if shift.absent:
            batch.add(
                Absence,
                technician_id=shift.technician_id,
                start_at=start,
                end_at=end,
                reason=rng.choice(ABSENCE_REASONS),
            )


def add_rota_rows(
    batch: Batch,
    *,
    base_day: date,
    points: dict[int, PointSpec],
    desks: dict[int, tuple[StaffMember, StaffMember]],
    call_desks: dict[int, tuple[StaffMember, ...]],
    chiefs: dict[int, StaffMember],
    technicians: Iterable[TechnicianSpec],
) -> None:
    """Every minute of the horizon for every point and for both call desks, without a gap."""
    crews: dict[int, list[TechnicianSpec]] = {}
    for technician in technicians:
        crews.setdefault(technician.point_id, []).append(technician)
    for point in points.values():
        substitute = _nearest_other(point, points.values())
        for row in _point_rota(crews[point.id], desks[point.id], base_day):
            batch.add(
                DutyRota,
                company_id=point.company_id,
                service_point_id=point.id,
                escalation_person_id=chiefs[point.company_id].id,
                substitute_point_id=substitute,
                **row,
            )
    for company_id, people in call_desks.items():
        for start, end, k in _pieces(base_day, CALL_DESK_HOURS):
            batch.add(
                DutyRota,
                company_id=company_id,
                start_at=start,
                end_at=end,
                desk_person_id=people[k % len(people)].id,
                escalation_person_id=chiefs[company_id].id,
            )


def _point_rota(
    crew: list[TechnicianSpec], desk: tuple[StaffMember, StaffMember], base_day: date
) -> Iterator[Row]:
    """By day one of the desk, from 18 to 9 the other and a technician, of the night crew or on call."""
    nights = [t for t in crew if t.pattern == "night"]
    for start, end, k in _pieces(base_day, (9, 18)):
        day, at_night = divmod(k, 2)
        duty = None
        if at_night:
            offset = day - DAYS_BEFORE
            on = [t for t in nights if (offset + t.turn) % 2 == 0]
            duty = (on or [crew[offset % len(crew)]])[0].id
        yield {
            "start_at": start,
            "end_at": end,
            "technician_id": duty,
            "desk_person_id": desk[(day + at_night) % 2].id,
        }


def _pieces(base_day: date, hours: tuple[int, ...]) -> Iterator[tuple[datetime, datetime, int]]:
    """The horizon cut at these hours of each date; the number says which piece since 05:00 of the first day.

    The first piece (05:00 to the first hour) belongs to what began the evening before: number -1.
    """
    first = operating_day_bounds(base_day - timedelta(days=DAYS_BEFORE))[0]
    last = operating_day_bounds(base_day + timedelta(days=DAYS_AHEAD))[1]
    midnight = first - timedelta(hours=5)
    start, k = first, -1
    for day in range(DAYS_BEFORE + DAYS_AHEAD + 2):
        for hour in hours:
            cut = min(midnight + timedelta(days=day, hours=hour), last)
            if cut > start:
                yield start, cut, k
                start = cut
            k += 1


def _nearest_other(point: PointSpec, points: Iterable[PointSpec]) -> int:
    others = (p for p in points if p.company_id == point.company_id and p.id != point.id)
    return min(
        others, key=lambda p: (p.place.lat - point.place.lat) ** 2 + (p.place.lon - point.place.lon) ** 2
    ).id


def desk_on_duty(desk: tuple[StaffMember, StaffMember], *, seconds: int) -> StaffMember:
    """Who sits at a point's desk, by seconds from 05:00 of the seeded day."""
    day, rest = divmod(seconds + _FIVE, DAY)
    if rest < 9 * HOUR:
        return desk[(day - 1 + DAYS_BEFORE + 1) % 2]
    return desk[(day + DAYS_BEFORE + (1 if rest >= 18 * HOUR else 0)) % 2]


def call_desk_on_duty(people: tuple[StaffMember, ...], *, seconds: int) -> StaffMember:
    """Who sits at a company's call desk, by seconds from 05:00 of the seeded day."""
    day, rest = divmod(seconds + _FIVE, DAY)
    piece = (day + DAYS_BEFORE) * 3 + (
        -1 if rest < 6 * HOUR else 0 if rest < 14 * HOUR else 1 if rest < 22 * HOUR else 2
    )
    return people[piece % len(people)]
